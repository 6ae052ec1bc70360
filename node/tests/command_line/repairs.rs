//! The commands that carry over, back up, restore, and get out of a damaged file what was not sent.

use std::path::Path;

use holdfast_node::exit_code;

use crate::{answer, enrol, failure, text, till, trade_file};

#[test]
fn what_was_not_sent_is_exported_and_taken_in_again() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    answer(folder.path(), &["session", "open", "--float", "10000"]);
    answer(
        folder.path(),
        &["session", "paid-in", "500", "--reason", "change"],
    );

    let exported = answer(folder.path(), &["store", "export", "unsent"]);
    assert_eq!(
        (&exported["entries"], &exported["logs"]),
        (&2.into(), &2.into())
    );
    assert_eq!(
        failure(folder.path(), &["store", "export", "unsent"]),
        exit_code::ALREADY_EXISTS
    );
    let known = answer(folder.path(), &["store", "import", "unsent"]);
    assert_eq!((&known["new"], &known["known"]), (&0.into(), &2.into()));

    std::fs::remove_file(folder.path().join("till.sqlite")).expect("removed");
    let new = answer(folder.path(), &["store", "import", "unsent"]);
    assert_eq!((&new["new"], &new["quarantined"]), (&2.into(), &0.into()));
    // The server never had it: what came from the file is still to be sent.
    assert_eq!(
        answer(folder.path(), &["sync", "status"])["pending"]["entries"],
        2
    );
    assert_eq!(
        answer(folder.path(), &["session", "show"])["session"]["figures"]["paid_in_minor"],
        500
    );

    std::fs::write(folder.path().join("unsent"), "something else").expect("written");
    assert_eq!(
        failure(folder.path(), &["store", "import", "unsent"]),
        exit_code::REFUSED
    );
}

#[test]
fn a_backup_is_taken_back_only_when_told() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    answer(folder.path(), &["session", "open", "--float", "10000"]);
    answer(folder.path(), &["store", "backup", "copy"]);
    assert_eq!(
        failure(folder.path(), &["store", "backup", "copy"]),
        exit_code::ALREADY_EXISTS
    );
    answer(
        folder.path(),
        &["session", "paid-in", "500", "--reason", "change"],
    );

    let refused = till(folder.path(), &["store", "restore", "copy"]);
    assert_eq!(
        refused.status.code(),
        Some(i32::from(exit_code::ALREADY_EXISTS))
    );
    assert!(text(&refused.stderr).contains("Give --replace"));
    let restored = answer(folder.path(), &["store", "restore", "copy", "--replace"]);
    let figures = answer(folder.path(), &["session", "show"]);
    assert_eq!(figures["session"]["figures"]["paid_in_minor"], 0);

    // What was there is kept, and is a backup like any other.
    let kept = restored["replaced"].as_str().expect("kept aside");
    answer(folder.path(), &["store", "restore", kept, "--replace"]);
    let figures = answer(folder.path(), &["session", "show"]);
    assert_eq!(figures["session"]["figures"]["paid_in_minor"], 500);
}

/// Overwrites pages of the till's file, from 1.
fn damage(folder: &Path, pages: std::ops::RangeInclusive<usize>) {
    let path = folder.join("till.sqlite");
    let mut bytes = std::fs::read(&path).expect("the till's file");
    bytes[(pages.start() - 1) * 4096..pages.end() * 4096].fill(0x5a);
    std::fs::write(&path, bytes).expect("written");
}

#[test]
fn what_was_not_sent_comes_out_of_a_damaged_file() {
    for pages in [3..=3, 8..=8] {
        let folder = tempfile::tempdir().expect("a folder");
        enrol(folder.path());
        trade_file(folder.path());
        answer(folder.path(), &["replay", "--input", "trade.csv"]);
        let written = answer(folder.path(), &["sync", "status"])["pending"]["entries"].clone();
        damage(folder.path(), pages.clone());

        // Whoever only looks is told; whoever writes next gets a new file, and goes on.
        let checked = till(folder.path(), &["store", "check"]);
        assert_eq!(checked.status.code(), Some(i32::from(exit_code::DAMAGED)));
        assert!(text(&checked.stdout).contains("damage: "), "{pages:?}");
        let opened = till(folder.path(), &["session", "open", "--float", "100"]);
        assert!(
            opened.status.success(),
            "{pages:?}: {}",
            text(&opened.stderr)
        );
        let said = text(&opened.stderr);
        assert!(said.contains("store export unsent.hfx --from"), "{said}");
        assert!(answer(folder.path(), &["store", "check"])["findings"] == serde_json::json!([]));

        let status = answer(folder.path(), &["sync", "status"]);
        let [damaged] = &status["set_aside"].as_array().expect("a list")[..] else {
            panic!("{pages:?}: {status}");
        };
        let damaged = damaged.as_str().expect("a path");
        let shown = till(folder.path(), &["sync", "status"]);
        let advice = format!("`holdfast-node store export unsent.hfx --from {damaged}` here");
        assert!(text(&shown.stdout).contains(&advice));

        let export = ["store", "export", "unsent.hfx", "--from", damaged];
        let exported = answer(folder.path(), &export);
        assert_eq!(exported["entries"], written, "{pages:?}: {exported}");
        assert_eq!(exported["missing"], serde_json::json!([]));
        let imported = answer(folder.path(), &["store", "import", "unsent.hfx"]);
        assert_eq!(imported["new"], written);
        let orders = answer(folder.path(), &["order", "list"]);
        assert_eq!(orders["orders"].as_array().expect("orders").len(), 4);
    }
}

#[test]
fn what_is_missing_in_a_damaged_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    trade_file(folder.path());
    answer(folder.path(), &["replay", "--input", "trade.csv"]);
    let whole = answer(folder.path(), &["store", "export", "whole.hfx"]);
    let path = folder.path().join("till.sqlite");
    let last = std::fs::metadata(&path).expect("a file").len() / 4096;
    // All but what says how far each log goes.
    damage(folder.path(), 4..=usize::try_from(last).expect("small"));
    let export = ["store", "export", "unsent.hfx", "--from", "till.sqlite"];
    let exported = till(folder.path(), &export);
    assert_eq!(exported.status.code(), Some(i32::from(exit_code::DAMAGED)));
    let log = "missing: 1 to ";
    assert!(
        text(&exported.stdout).contains(log),
        "{}",
        text(&exported.stdout)
    );
    assert!(whole["entries"].as_u64() > Some(0));
}

#[test]
#[cfg(unix)]
fn what_a_till_keeps_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let above = tempfile::tempdir().expect("a folder");
    let folder = above.path().join("till");
    assert!(
        till(above.path(), &["init", "--data-dir", "till"])
            .status
            .success()
    );
    enrol(&folder);
    answer(&folder, &["session", "open", "--float", "100"]);
    answer(&folder, &["store", "backup", "copy"]);
    answer(&folder, &["store", "export", "unsent.hfx"]);
    answer(&folder, &["store", "restore", "copy", "--replace"]);
    let mode = |path: &Path| {
        let metadata = std::fs::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(&folder), 0o700);
    for file in ["till.sqlite", "till.sqlite.lock", "copy", "unsent.hfx"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    enrol(folder.path());
    std::fs::write(folder.path().join("till.sqlite"), "").expect("written");
    let empty = failure(folder.path(), &["order", "list"]);
    assert_eq!(empty, exit_code::NOT_FOUND);
    answer(folder.path(), &["session", "open", "--float", "100"]);
    answer(folder.path(), &["order", "list"]);
}
