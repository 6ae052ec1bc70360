//! A small shop: a till without a server, products, and three people. All of it is plainly example data.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version, password_hash::SaltString};
use holdfast_node::{
    Node,
    desk::{
        Credential, DeskCommand, DeskDone, DeskHandle, DeskRefusal, DeskView, DocumentFigures,
        ScanDone,
    },
    settings::Settings,
    store::TillIdentity,
};
use holdfast_schemas::{
    gtin::Gtin,
    identity::{
        BadgeCode, NodeNumber, PriceListVersion, ReasonCode, Sku, StoreId, TaxCode, TenantId,
        UserId,
    },
    operation::{CashCounted, LineKind},
    reference::{Gtins, Product, ReferenceRecord, StoreSettings, TaxRates},
    staff::{PersonName, Pin, PinHash, StaffRole, User, UserStores},
    text_value::Description,
    value::{Measure, MinorUnits},
    wire::{ReferencePage, ReferenceText},
};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const CASHIER: (&str, &str) = ("101", "2580");
pub(crate) const SUPERVISOR: (&str, &str) = ("7", "7319");
pub(crate) const MANAGER: (&str, &str) = ("1", "9042");
pub(crate) const BADGE: [u8; 10] = [7; 10];

/// A till that runs.
pub(crate) struct Shop {
    node: Node,
    pub(crate) desk: DeskHandle,
    pub(crate) settings: Settings,
    folder: TempDir,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::start(Settings::for_data_dir(folder.path()), folder)
    }

    fn start(settings: Settings, folder: TempDir) -> Self {
        let node = Node::start_alone(&settings, &till(), &reference()).expect("a till");
        Self {
            desk: node.desk(),
            node,
            settings,
            folder,
        }
    }

    /// Ends the till wherever it is, and starts it again on the same file.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            node,
            desk,
            settings,
            folder,
        } = self;
        drop(desk);
        node.stop().await;
        Self::start(settings, folder)
    }

    pub(crate) fn view(&self) -> Arc<DeskView> {
        self.desk.watch().latest()
    }

    pub(crate) async fn tell(&self, command: DeskCommand) -> DeskDone {
        self.desk.tell(command).await.expect("nothing forbids it")
    }

    pub(crate) async fn refused(&self, command: DeskCommand) -> DeskRefusal {
        let refusal = self.desk.tell(command).await.expect_err("refused");
        assert!(refusal.what_to_do().ends_with('.'));
        refusal
    }

    pub(crate) async fn sign_on(&self, who: (&str, &str)) {
        self.tell(DeskCommand::SignOn(pin(who))).await;
    }

    /// The cashier signs on and opens the till.
    pub(crate) async fn begin(&self) {
        self.sign_on(CASHIER).await;
        let float = counted(10_000);
        self.tell(DeskCommand::OpenSession { float }).await;
    }

    pub(crate) async fn scan(&self, code: &str) -> ScanDone {
        let DeskDone::Scanned(done) = self.tell(scan(code)).await else {
            panic!("a scan did something else");
        };
        done
    }

    pub(crate) async fn pay_cash(&self, tendered: i64) -> DocumentFigures {
        let DeskDone::Sold(figures) = self.tell(cash(tendered)).await else {
            panic!("something is left to pay");
        };
        figures
    }
}

pub(crate) fn till() -> TillIdentity {
    TillIdentity {
        tenant: TenantId::new("example").expect("a tenant"),
        store: StoreId::new("leeds").expect("a store"),
        node: NodeNumber::new(12).expect("a node"),
    }
}

pub(crate) fn scan(code: &str) -> DeskCommand {
    DeskCommand::Scan {
        code: code.into(),
        quantity: None,
        discontinued_accepted: false,
    }
}

pub(crate) fn cash(tendered: i64) -> DeskCommand {
    DeskCommand::TakeCash {
        tendered_minor: MinorUnits::new(tendered),
    }
}

pub(crate) fn counted(minor: i64) -> CashCounted {
    CashCounted {
        counted_minor: MinorUnits::new(minor),
        denominations: Vec::new(),
    }
}

pub(crate) fn reason() -> ReasonCode {
    ReasonCode::new("example").expect("a reason")
}

pub(crate) fn user(number: &str) -> UserId {
    UserId::new(number).expect("a user")
}

pub(crate) fn pin((number, digits): (&str, &str)) -> Credential {
    Credential::Pin {
        user: user(number),
        pin: Pin::typed(digits).expect("a PIN"),
    }
}

pub(crate) fn badge() -> BadgeCode {
    BadgeCode::from_random(BADGE)
}

/// With the least costs that a hash may have: these tests are not about time.
fn hash(digits: &str) -> PinHash {
    let params = Params::new(8, 1, 1, None).expect("costs");
    let salt = SaltString::encode_b64(b"example's salt").expect("a salt");
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hashed = argon
        .hash_password(digits.as_bytes(), &salt)
        .expect("a hash");
    PinHash::new(&hashed.to_string()).expect("a PHC string")
}

fn person((number, digits): (&str, &str), called: &str, role: StaffRole) -> ReferenceRecord {
    ReferenceRecord::UserPut(Box::new(User {
        user: user(number),
        called: PersonName::new(called).expect("a name"),
        role,
        stores: UserStores::All,
        pin: Some(hash(digits)),
        badge: (role == StaffRole::Supervisor).then(|| badge().hash()),
        language: None,
        disabled: false,
    }))
}

pub(crate) const MUG: &str = "4006381333931";

fn product(sku: &str, gtin: Option<&str>, text: &str, price: &str) -> Product {
    let gtins = gtin.map(|gtin| gtin.parse::<Gtin>().expect("a GTIN"));
    Product {
        sku: Sku::new(sku).expect("a stock code"),
        gtins: Gtins::new(gtins).expect("one"),
        description: Description::new(text).expect("a text"),
        kind: LineKind::Goods,
        department: None,
        tax_class: TaxCode::new("standard").expect("a tax class"),
        price: price.parse().expect("a price"),
        measure: Measure::Each,
        minimum_age: None,
        discontinued: false,
    }
}

pub(crate) fn reference() -> ReferencePage {
    let rate = "20".parse().expect("a rate");
    let settings = StoreSettings {
        tax_rates: TaxRates::new([(TaxCode::new("standard").expect("a class"), rate)])
            .expect("one"),
        ..StoreSettings::default()
    };
    let mut cheese = product("CHEESE", None, "Mountain cheese", "12.99");
    cheese.measure = Measure::Kilogram;
    let records = [
        ReferenceRecord::SettingsPut {
            store: till().store,
            settings: Box::new(settings),
        },
        person(CASHIER, "Ada Example", StaffRole::Cashier),
        person(SUPERVISOR, "Bob Example", StaffRole::Supervisor),
        person(MANAGER, "Cy Example", StaffRole::Manager),
        ReferenceRecord::ProductPut(Box::new(product(
            "MUG-1",
            Some(MUG),
            "Enamel mug, blue",
            "5.45",
        ))),
        ReferenceRecord::ProductPut(Box::new(product("TEA", None, "Crème tea", "2.50"))),
        ReferenceRecord::ProductPut(Box::new(product("MUG-2", None, "Enamel mug, red", "5.95"))),
        ReferenceRecord::ProductPut(Box::new(cheese)),
        ReferenceRecord::ProductPut(Box::new(product("GIFT", None, "Gift wrapping", "0"))),
        ReferenceRecord::ProductPut(Box::new(product("CHAI", None, "हिंदी चाय", "1.50"))),
    ];
    page(0, &records)
}

/// What headquarters says after a version.
pub(crate) fn page(after: u64, records: &[ReferenceRecord]) -> ReferencePage {
    let text = |record: &ReferenceRecord| {
        let json = serde_json::to_string(record).expect("JSON");
        ReferenceText::new(json).expect("a short record")
    };
    ReferencePage {
        after: PriceListVersion::new(after),
        through: PriceListVersion::new(after + 1),
        end: PriceListVersion::new(after + 1),
        records: records.iter().map(text).collect(),
    }
}
