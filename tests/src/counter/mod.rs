//! A counter: one till without a server, with a printer and a card terminal that are none, and what is sold there.

mod day;
mod kills;

use std::{net::SocketAddr, path::Path};

use holdfast_node::{
    Node, StartError,
    settings::{Settings, Source, Value},
    store::TillIdentity,
};
use holdfast_schemas::{
    identity::{BadgeCode, NodeNumber, PriceListVersion, Sku, StoreId, TaxCode, TenantId, UserId},
    operation::LineKind,
    reference::{Gtins, Product, ReferenceRecord, StoreSettings},
    staff::{PersonName, StaffRole, User, UserStores},
    text_value::Description,
    value::Measure,
    wire::{ReferencePage, ReferenceText},
};

pub use day::{Shown, trade_until_killed};
pub use kills::{KillReport, kill_and_check};

/// What is sold: stock codes and prices in minor units.
pub const PRODUCTS: [(&str, i64); 4] = [("MUG", 5_45), ("TEA", 2_50), ("JAM", 3_10), ("BAG", 10)];

/// The badge of the one cashier.
#[must_use]
pub fn badge() -> BadgeCode {
    BadgeCode::from_random(*b"an example")
}

/// Which till it is.
#[must_use]
pub fn till() -> TillIdentity {
    TillIdentity {
        tenant: TenantId::new("example").expect("a tenant"),
        store: StoreId::new("counter").expect("a store"),
        node: NodeNumber::new(5).expect("a node"),
    }
}

/// The reference data: the cashier, who may do everything, and the products.
#[must_use]
pub fn reference() -> ReferencePage {
    let products = PRODUCTS.into_iter().map(product);
    let records = people_and_settings(&till().store);
    let text = |record: ReferenceRecord| {
        let json = serde_json::to_string(&record).expect("JSON");
        ReferenceText::new(json).expect("a short record")
    };
    ReferencePage {
        after: PriceListVersion::default(),
        through: PriceListVersion::new(1),
        end: PriceListVersion::new(1),
        records: records.into_iter().chain(products).map(text).collect(),
    }
}

/// The cashier, and a store's settings.
#[must_use]
pub fn people_and_settings(store: &StoreId) -> [ReferenceRecord; 2] {
    let cashier = User {
        user: UserId::new("101").expect("a user"),
        called: PersonName::new("Ada Example").expect("a name"),
        role: StaffRole::Manager,
        stores: UserStores::All,
        pin: None,
        badge: Some(badge().hash()),
        language: None,
        disabled: false,
    };
    let settings = ReferenceRecord::SettingsPut {
        store: store.clone(),
        settings: Box::new(StoreSettings::default()),
    };
    [settings, ReferenceRecord::UserPut(Box::new(cashier))]
}

fn product((sku, price): (&str, i64)) -> ReferenceRecord {
    ReferenceRecord::ProductPut(Box::new(Product {
        sku: Sku::new(sku).expect("a stock code"),
        gtins: Gtins::default(),
        description: Description::new(sku).expect("a text"),
        kind: LineKind::Goods,
        department: None,
        tax_class: TaxCode::new("standard").expect("a tax class"),
        price: format!("{}.{:02}", price / 100, price % 100)
            .parse()
            .expect("a price"),
        measure: Measure::Each,
        minimum_age: None,
        discontinued: false,
    }))
}

/// The settings of a till in this folder, with these devices.
#[must_use]
pub fn settings(
    folder: &Path,
    terminal: Option<SocketAddr>,
    printer: Option<SocketAddr>,
) -> Settings {
    let source = Source::Default;
    let mut settings = Settings::for_data_dir(folder);
    settings.terminal_address = terminal.map(|address| Value {
        value: address.to_string().parse().expect("an address"),
        source: source.clone(),
    });
    settings.printer_address = printer.map(|address| Value {
        value: format!("tcp:{address}").parse().expect("an address"),
        source,
    });
    settings
}

/// Starts the till.
///
/// # Errors
/// [`StartError`].
pub fn start(settings: &Settings) -> Result<Node, StartError> {
    Node::start_alone(settings, &till(), &reference())
}
