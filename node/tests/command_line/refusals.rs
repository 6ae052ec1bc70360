//! What a till says when it says no: what, and what to do.

use std::path::Path;

use holdfast_node::{
    engine::Engine, exit_code, node::store_place, random::SeededRandom, store::Store,
};
use holdfast_schemas::{
    identity::{PriceListVersion, Sku, TaxCode},
    operation::LineKind,
    reference::{Product, ReferenceRecord},
    text_value::Description,
    time::Timestamp,
    value::Measure,
    wire::{ReferencePage, ReferenceText},
};
use serde_json::Value;

use crate::{answer, enrol, text, till, trade_file};

/// Runs a command that must be refused, and gives what it says as text and as JSON.
fn refused(folder: &Path, arguments: &[&str]) -> (String, Value) {
    let shown = till(folder, arguments);
    let again = till(folder, &[arguments, &["--output", "json"]].concat());
    for output in [&shown, &again] {
        assert_eq!(
            output.status.code(),
            Some(i32::from(exit_code::REFUSED)),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
    let json: Value = serde_json::from_slice(&again.stderr).expect("JSON");
    (text(&shown.stderr).to_owned(), json["error"].clone())
}

#[test]
fn a_refusal_is_said_once_with_its_currency_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    enrol(folder);
    let date = ["--business-date", "2026-03-02"];
    answer(
        folder,
        &[&["session", "open", "--float", "10000"], &date[..]].concat(),
    );
    let (shown, json) = refused(folder, &["session", "close"]);
    assert_eq!(
        shown,
        "error: the drawer was not counted\n  Count the drawer (session count), then close.\n"
    );
    assert_eq!(json["name"], "not_counted");
    assert_eq!(json["message"], "the drawer was not counted");
    assert_eq!(json["causes"], serde_json::json!([]));
    assert_eq!(
        json["what_to_do"],
        "Count the drawer (session count), then close."
    );

    answer(folder, &["session", "count", "9000"]);
    let (shown, _) = refused(folder, &["session", "close"]);
    assert!(
        shown.contains("over or short by -10.00 GBP, and no reason is given"),
        "{shown}"
    );
    assert!(shown.contains("session close --reason"), "{shown}");

    let (shown, json) = refused(folder, &["session", "open", "--float", "0"]);
    assert!(
        shown.contains("the session of 2026-03-02 is open at this till"),
        "{shown}"
    );
    assert!(shown.contains("session count, session close"), "{shown}");
    assert_eq!(json["name"], "session_open");
    // A replay that was killed left its session open.
    trade_file(folder);
    let replay = till(folder, &["replay", "--input", "trade.csv"]);
    assert!(text(&replay.stderr).contains("session count, session close"));
}

#[test]
fn more_than_the_drawer_holds_does_not_come_out_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    answer(folder.path(), &["session", "open", "--float", "10000"]);
    answer(
        folder.path(),
        &["session", "paid-in", "500", "--reason", "change"],
    );
    let out = |minor| ["session", "paid-out", minor, "--reason", "safe"];
    let (shown, _) = refused(folder.path(), &out("10501"));
    assert!(
        shown.contains("the drawer holds 105.00 GBP as far as is known here; 105.01 GBP can't"),
        "{shown}"
    );
    answer(folder.path(), &out("10500"));
}

#[test]
fn stock_of_a_product_that_is_not_on_the_list_moves_only_where_there_is_no_list() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    let movement = |sku, change| {
        let kind = ["--kind", "received", "--reason", "delivery"];
        [&["stock", "move", sku, change], &kind[..]].concat()
    };
    answer(folder.path(), &movement("NOSUCH", "50"));
    give_price_list(folder.path());
    let (shown, _) = refused(folder.path(), &movement("NOSUCH", "50"));
    assert!(shown.contains("NOSUCH is not on the price list"), "{shown}");
    let (shown, _) = refused(folder.path(), &movement("MUG", "2 kg"));
    assert!(
        shown.contains("MUG is counted in pieces, not in kilograms"),
        "{shown}"
    );
    answer(folder.path(), &movement("MUG", "2"));
}

/// As a till gets it from its server.
fn give_price_list(folder: &Path) {
    let now = Timestamp::from_milliseconds(1);
    let store = Store::open(&store_place(folder), now)
        .expect("a file")
        .store;
    let mut engine = Engine::new(store, &mut SeededRandom::new(1)).expect("an engine");
    let mug = Product {
        sku: Sku::new("MUG").expect("a stock code"),
        gtins: Default::default(),
        description: Description::new("EXAMPLE MUG").expect("a text"),
        kind: LineKind::Goods,
        department: None,
        tax_class: TaxCode::new("standard").expect("a tax class"),
        price: "4.50".parse().expect("a price"),
        measure: Measure::Each,
        minimum_age: None,
        discontinued: false,
    };
    let json = serde_json::to_string(&ReferenceRecord::ProductPut(Box::new(mug))).expect("JSON");
    let page = ReferencePage {
        after: PriceListVersion::new(0),
        through: PriceListVersion::new(1),
        end: PriceListVersion::new(1),
        records: vec![ReferenceText::new(json).expect("short")],
    };
    engine.apply_reference_page(&page).expect("taken");
}

#[test]
fn where_all_fits_no_misfit_is_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    answer(folder.path(), &["session", "open", "--float", "0"]);
    assert_eq!(
        answer(folder.path(), &["misfit", "list"])["misfits"],
        serde_json::json!([])
    );
    let shown = till(folder.path(), &["misfit", "list"]);
    assert_eq!(text(&shown.stdout), "all fits\n");
}
