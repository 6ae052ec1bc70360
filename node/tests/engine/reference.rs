//! Reference data: pages and versions, and a price list that is never loaded.

use holdfast_schemas::{
    gtin::Gtin,
    identity::{PriceListVersion, TaxCode},
    operation::LineKind,
    reference::{Gtins, Product, ReferenceRecord, StoreSettings},
    text_value::Description,
    value::{Currency, Measure},
    wire::{ReferencePage, ReferenceText, ServerEpoch},
};

use crate::support::{Till, edit, sku, store};

/// The GTIN-13 of the example product with this number, with its check digit.
fn gtin(number: u32) -> Gtin {
    let digits = format!("50{number:010}");
    let sum: u32 = digits
        .bytes()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
        .parse()
        .expect("a GTIN")
}

fn product(number: u32, price: &str) -> ReferenceRecord {
    ReferenceRecord::ProductPut(Box::new(Product {
        sku: sku(&format!("P{number:06}")),
        gtins: Gtins::new([gtin(number)]).expect("one"),
        description: Description::new(format!("Example product {number}")).expect("a text"),
        kind: LineKind::Goods,
        department: None,
        tax_class: TaxCode::new("standard").expect("a tax class"),
        price: price.parse().expect("a price"),
        measure: Measure::Each,
        minimum_age: None,
        discontinued: false,
    }))
}

fn page(after: u64, records: &[ReferenceRecord]) -> ReferencePage {
    let through = PriceListVersion::new(after + records.len() as u64);
    ReferencePage {
        after: PriceListVersion::new(after),
        through,
        end: through,
        records: records
            .iter()
            .map(|record| {
                let json = serde_json::to_string(record).expect("JSON");
                ReferenceText::new(json).expect("short")
            })
            .collect(),
    }
}

/// Copies the product of the first page 299,998 times, with stock codes and barcodes of its own each.
const FILL: &str = "
    WITH RECURSIVE copy (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM copy WHERE number < 299998)
    INSERT INTO product (sku, record)
    SELECT printf('P%06d', copy.number), replace(record, 'P000000', printf('P%06d', copy.number))
    FROM copy JOIN product ON sku = 'P000000';
    INSERT INTO product_gtin (gtin, sku)
    SELECT CAST(substr(sku, 2) AS INTEGER), sku FROM product WHERE sku > 'P000000';";

#[test]
fn a_scan_finds_its_price_among_three_hundred_thousand_products() {
    let mut till = Till::new(1);
    let first = page(0, &[product(0, "2.50")]);
    till.engine.apply_reference_page(&first).expect("a page");
    let mut till = till.restart_on(|directory| edit(directory, FILL));
    let last = page(1, &[product(299_999, "3.10")]);
    till.engine.apply_reference_page(&last).expect("a page");

    let till = till.restart();
    let file = till.engine.store();
    assert_eq!(file.product_count().expect("a count"), 300_000);
    let scanned = file
        .product_by_gtin(gtin(299_999))
        .expect("readable")
        .expect("found");
    assert_eq!(scanned.sku, sku("P299999"));
    assert_eq!(Ok(scanned.price), "3.10".parse());
    let typed = file.product(&sku("P000123")).expect("readable");
    assert_eq!(Ok(typed.expect("found").price), "2.50".parse());
}

#[test]
fn a_barcode_goes_to_the_product_that_names_it_last() {
    let mut till = Till::new(1);
    let ReferenceRecord::ProductPut(mut second) = product(2, "3.00") else {
        panic!("a product was made");
    };
    second.gtins = Gtins::new([gtin(1)]).expect("one");
    let records = [product(1, "2.50"), ReferenceRecord::ProductPut(second)];
    till.engine
        .apply_reference_page(&page(0, &records))
        .expect("a page");
    let file = till.engine.store();
    let found = file
        .product_by_gtin(gtin(1))
        .expect("readable")
        .expect("found");
    assert_eq!(found.sku, sku("P000002"));

    let gone = ReferenceRecord::ProductRemoved {
        sku: sku("P000002"),
    };
    till.engine
        .apply_reference_page(&page(2, &[gone]))
        .expect("a page");
    let file = till.engine.store();
    assert_eq!(file.product_by_gtin(gtin(1)).expect("readable"), None);
    assert_eq!(file.product(&sku("P000002")).expect("readable"), None);
    assert!(file.product(&sku("P000001")).expect("readable").is_some());
}

#[test]
fn settings_apply_to_the_next_session_and_an_unknown_record_is_passed_over() {
    let mut till = Till::new(1);
    let settings = ReferenceRecord::SettingsPut {
        store: store(),
        settings: Box::new(StoreSettings {
            currency: Currency::EUR,
            ..StoreSettings::default()
        }),
    };
    let mut page = page(0, &[settings]);
    page.records
        .push(ReferenceText::new("{\"loyalty_put\":{}}").expect("short"));
    assert_eq!(till.engine.apply_reference_page(&page).expect("a page"), 1);
    till.open_session();
    let session = till.engine.view().expect("a view").session.expect("open");
    assert_eq!(session.currency, Currency::EUR);
}

#[test]
fn a_new_epoch_asks_for_the_reference_data_again_and_keeps_what_is_there() {
    let mut till = Till::new(1);
    till.engine
        .apply_reference_page(&page(0, &[product(1, "2.50")]))
        .expect("a page");
    till.engine
        .begin_epoch(ServerEpoch::from_bytes([7; 16]), &[])
        .expect("an epoch");
    let state = till.engine.sync_state().expect("a state");
    assert_eq!(state.reference, PriceListVersion::default());
    assert!(
        till.engine
            .store()
            .product(&sku("P000001"))
            .expect("readable")
            .is_some()
    );
}
