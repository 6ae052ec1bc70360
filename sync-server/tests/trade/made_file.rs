//! The file of what is made from the log: it is of no worth of its own, and never of another log.

use std::{fs, path::Path};

use holdfast_server::{
    project,
    store::{
        CursorName, EntryNumber, LogStore, Upkeep,
        sqlite::{SqliteStore, made_beside},
    },
};

use super::{
    dump,
    shop::{Company, database, epoch, tenant},
};

/// A server whose rows are made.
fn trading(folder: &tempfile::TempDir, products: &[&str]) -> SqliteStore {
    let server = database(folder);
    let mut company = Company::found(&server);
    for product in products {
        company.sell(0, product, 2, Some("web:1"));
    }
    company.bring_all(&server);
    project::rebuild(&server).expect("a rebuild");
    server
}

fn again(file: &Path) -> SqliteStore {
    SqliteStore::open(file).expect("the same file")
}

fn projected(server: &SqliteStore) -> EntryNumber {
    server.cursor(CursorName::Project).expect("a cursor")
}

#[test]
fn what_was_made_from_the_log_may_be_deleted_and_is_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = trading(&folder, &["TEA", "MUG", "TEA"]);
    let (before, end) = (dump::rows(&server), server.log_end().expect("an end"));
    drop(server);
    let file = folder.path().join("server.db");
    fs::remove_file(made_beside(file.clone())).expect("it is a file of its own");

    let server = again(&file);
    assert_eq!(projected(&server), EntryNumber::START);
    assert_eq!(server.log_end().expect("an end"), end);
    while project::step(&server).expect("a step").moved {}
    assert_eq!(dump::rows(&server), before);
}

#[test]
fn what_was_made_from_another_log_is_thrown_away_and_made_again() {
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let server = trading(&one, &["TEA", "MUG", "TEA"]);
    let expected = dump::rows(&server);
    drop(server);
    // As many entries, all of them others; and fewer.
    for products in [["MUG", "TEA", "MUG"].as_slice(), &["MUG"]] {
        let file = other.path().join("server.db");
        drop(trading(&other, products));
        let [from, to] = [&other, &one].map(|of| made_beside(of.path().join("server.db")));
        fs::copy(from, to).expect("copied");
        for file in [made_beside(file.clone()), file] {
            fs::remove_file(file).expect("removed");
        }

        let server = again(&one.path().join("server.db"));
        assert_eq!(projected(&server), EntryNumber::START);
        while project::step(&server).expect("a step").moved {}
        assert_eq!(dump::rows(&server), expected);
        assert_eq!(server.check().expect("a check"), []);
    }
}

#[test]
fn rows_of_a_log_that_lost_its_end_are_thrown_away() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(trading(&folder, &["TEA"]));
    let file = folder.path().join("server.db");
    fs::remove_file(&file).expect("removed");
    let empty = SqliteStore::create(&file, &tenant(), epoch()).expect("a new file");
    assert_eq!(projected(&empty), EntryNumber::START);
    assert!(!project::step(&empty).expect("a step").moved);
}

#[test]
fn stock_that_is_not_the_sum_of_its_movements_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = trading(&folder, &["TEA", "MUG"]);
    assert_eq!(server.check().expect("a check"), []);
    let made = made_beside(folder.path().join("server.db"));
    let made = rusqlite::Connection::open_with_flags(made, rusqlite::OpenFlags::default())
        .expect("the file");
    let changed = made.execute(
        "UPDATE stock_row SET thousandths = thousandths + 1 WHERE product = 'TEA'",
        [],
    );
    assert_eq!(changed.expect("changed"), 1);
    let findings = server.check().expect("a check");
    let details: Vec<_> = findings.iter().map(|found| found.detail.as_str()).collect();
    assert_eq!(
        details,
        ["that of product TEA at store north is not the sum of its movements"]
    );
}
