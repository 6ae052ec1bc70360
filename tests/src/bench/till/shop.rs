//! A shop as large as they get: a till's file with many products and orders, and one cashier.

use std::{
    fs,
    path::{Path, PathBuf},
};

use holdfast_node::{
    Node,
    desk::{Credential, DeskCommand, DeskHandle},
    engine::Engine,
    settings::Settings,
};
use holdfast_schemas::{
    gtin::Gtin,
    identity::{PriceListVersion, Sku, TaxCode},
    operation::{CashCounted, LineKind},
    reference::{Gtins, Product, ReferenceRecord},
    text_value::Description,
    value::{Measure, MinorUnits},
    wire::{ReferencePage, ReferenceText, limits::REFERENCE_RECORDS_MAX},
};

use crate::{
    bench::{Bench, large},
    counter,
};

/// How many products a large shop has.
pub(super) const PRODUCTS: usize = 300_000;
/// How many orders its till has in its file.
pub(super) const ORDERS: usize = 100_000;
/// How many of each are enough where their number is not measured.
pub(super) const SMALL_PRODUCTS: usize = 100;
/// See [`SMALL_PRODUCTS`].
pub(super) const SMALL_ORDERS: usize = 50;

/// A till that runs, with nobody signed on.
pub(super) struct Shop {
    node: Node,
    pub(super) desk: DeskHandle,
}

impl Shop {
    pub(super) fn start(folder: &Path) -> Self {
        let settings = Settings::for_data_dir(folder);
        let till = large::identity();
        let nothing = page(PriceListVersion::default(), &[]);
        let node = Node::start_alone(&settings, &till, &nothing).expect("a till");
        Self {
            desk: node.desk(),
            node,
        }
    }

    pub(super) async fn stop(self) {
        drop(self.desk);
        self.node.stop().await;
    }

    /// The cashier signs on, and opens a session where none is open.
    pub(super) async fn sign_on(&self) {
        let badge = Credential::Badge(counter::badge());
        let signed = self.desk.tell(DeskCommand::SignOn(badge)).await;
        signed.expect("a known badge");
        if self.desk.watch().latest().session.is_none() {
            let float = CashCounted {
                counted_minor: MinorUnits::new(10_000),
                denominations: Vec::new(),
            };
            let opened = self.desk.tell(DeskCommand::OpenSession { float }).await;
            opened.expect("no session is open");
        }
    }
}

/// The folder of a large shop, made where it is not kept from an earlier run.
pub(super) fn large(bench: &Bench) -> PathBuf {
    let products = bench.size(PRODUCTS, SMALL_PRODUCTS);
    let orders = bench.size(ORDERS, SMALL_ORDERS);
    let folder = bench.kept().join(format!("shop-{products}-{orders}"));
    if folder.is_dir() && large::engine(&folder).view().is_ok() {
        return folder;
    }
    drop(fs::remove_dir_all(&folder));
    let making = folder.with_extension("new");
    drop(fs::remove_dir_all(&making));
    fs::create_dir(&making).expect("a new folder");
    make(&making, products, orders);
    fs::rename(&making, &folder).expect("renamed");
    folder
}

/// Makes a till's file with so many products and orders in this folder.
pub(super) fn make(folder: &Path, products: usize, orders: usize) {
    let mut engine = large::engine(folder);
    let till = engine.till().store.clone();
    put(&mut engine, &counter::people_and_settings(&till));
    let numbers: Vec<usize> = (0..products).collect();
    for some in numbers.chunks(REFERENCE_RECORDS_MAX) {
        let records: Vec<ReferenceRecord> = some.iter().map(|number| product(*number)).collect();
        put(&mut engine, &records);
    }
    if orders > 0 {
        large::fill(&mut engine, orders);
    }
}

fn put(engine: &mut Engine, records: &[ReferenceRecord]) {
    let version = engine.store().reference_version().expect("read");
    let page = page(version, records);
    engine.apply_reference_page(&page).expect("applied");
}

fn page(after: PriceListVersion, records: &[ReferenceRecord]) -> ReferencePage {
    let through = PriceListVersion::new(after.get() + 1);
    let text = |record: &ReferenceRecord| {
        let json = serde_json::to_string(record).expect("JSON");
        ReferenceText::new(json).expect("a short record")
    };
    ReferencePage {
        after,
        through,
        end: through,
        records: records.iter().map(text).collect(),
    }
}

fn product(number: usize) -> ReferenceRecord {
    let price = 1 + number % 90;
    ReferenceRecord::ProductPut(Box::new(Product {
        sku: Sku::new(format!("P{number:06}")).expect("a stock code"),
        gtins: Gtins::new([gtin(number)]).expect("one"),
        description: Description::new(format!("Example product {number}")).expect("a text"),
        kind: LineKind::Goods,
        department: None,
        tax_class: TaxCode::new("standard").expect("a tax class"),
        price: format!("{price}.95").parse().expect("a price"),
        measure: Measure::Each,
        minimum_age: None,
        discontinued: false,
    }))
}

/// A product's barcode, of 13 digits; its last one is the one of ten that fits.
fn gtin(number: usize) -> Gtin {
    (0..10)
        .find_map(|digit| format!("400{number:09}{digit}").parse().ok())
        .expect("one of ten check digits fits")
}

/// The scan of a product.
pub(super) fn scan(number: usize) -> DeskCommand {
    let gtin = gtin(number).to_string();
    DeskCommand::Scan {
        code: gtin.trim_start_matches('0').into(),
        quantity: None,
        discontinued_accepted: false,
    }
}
