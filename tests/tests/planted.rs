//! A simulation that can't fail proves nothing: `make controls` builds bugs in, one at a time, and fails where one is not
//! found. Here is what holds of that command itself, and of its table in `docs/controls.md`.
#![forbid(unsafe_code)]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use holdfast_schemas::planted::Planted;
use holdfast_tests::faults::{
    Outcome, Report,
    controls::{CONTROL_SEEDS_MAX, ControlError, Start, find, measured},
};

/// A program in place of the simulation, whose runs all end so.
fn always(folder: &Path, outcome: &Outcome) -> PathBuf {
    let program = folder.join("always");
    let outcome = serde_json::to_string(outcome).expect("plain data");
    fs::write(&program, format!("#!/bin/sh\necho '{outcome}'\n")).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("made a program");
    program
}

#[test]
fn a_bug_with_which_every_seed_holds_is_not_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = always(folder.path(), &Outcome::Held(Report::default()));
    let found = find(&program, Planted::RoundedByOne, Start::Measured);
    assert!(matches!(
        found,
        Err(ControlError::NotFound(Planted::RoundedByOne))
    ));
}

#[test]
fn a_seed_that_fails_without_the_bug_too_has_not_found_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let outcome = Outcome::Broken {
        finding: "whatever is built in".to_owned(),
        trace: String::new(),
    };
    let found = find(
        &always(folder.path(), &outcome),
        Planted::RoundedByOne,
        Start::Zero,
    );
    assert!(matches!(
        found,
        Err(ControlError::FailsAnyway { seed: 0, .. })
    ));
}

/// The others are found by `make controls`, which CI runs too.
#[cfg(feature = "planted")]
#[test]
fn what_is_not_rounded_as_the_cashier_reckons_is_found() {
    let simulate = Path::new(env!("CARGO_BIN_EXE_simulate"));
    let found = find(simulate, Planted::RoundedByOne, Start::Measured).expect("found");
    assert!(found.check().ends_with("another sum"), "{}", found.finding);
}

#[test]
fn every_bug_that_can_be_built_in_is_in_the_table_with_the_seed_that_finds_it() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/controls.md");
    let page = fs::read_to_string(page).expect("the page");
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.strip_suffix('`')?;
        Some((name.to_owned(), cells.next()?.to_owned()))
    });
    let all = Planted::ALL.iter().map(|planted| {
        let seed = measured(*planted);
        assert!(seed < CONTROL_SEEDS_MAX, "{planted:?} is found late");
        (format!("{planted:?}"), seed.to_string())
    });
    assert_eq!(
        rows.collect::<BTreeMap<_, _>>(),
        all.collect::<BTreeMap<_, _>>()
    );
}
