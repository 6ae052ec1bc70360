//! `docs/security.md` is held to the code: its attacks to their tests, its limits to their constants.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Files that hold nothing but attacks, by the beginning of their names.
const ATTACK_FILES: &[&str] = &["hostile", "recogniser"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file of the product and its tests: its name and text.
fn rust_files() -> Vec<(String, String)> {
    let mut waiting: Vec<PathBuf> = ["schemas", "node", "sync-server", "tests"]
        .iter()
        .flat_map(|folder| ["src", "tests"].map(|part| root().join(folder).join(part)))
        .collect();
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            files.push((name, fs::read_to_string(&path).expect("UTF-8")));
        }
    }
    files
}

/// The names of the tests in a file.
fn tests(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(str::trim);
    let mut found = BTreeSet::new();
    let mut is_test = false;
    for line in lines {
        is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        let name = line
            .strip_prefix("async ")
            .unwrap_or(line)
            .strip_prefix("fn ");
        if let Some((name, _)) = name.and_then(|name| name.split_once('('))
            && std::mem::take(&mut is_test)
        {
            found.insert(name.to_owned());
        }
    }
    found
}

/// The rows of the table below a heading, as their cells.
fn table(heading: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("docs/security.md")).expect("the page");
    let section = text
        .split("\n## ")
        .find(|section| section.starts_with(heading));
    let rows = section.expect("the section").lines();
    rows.filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .skip(1)
        .map(|line| line.split(" | ").map(str::to_owned).collect())
        .collect()
}

/// What stands in backquotes.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_attack_has_a_test_and_every_attack_test_stands_in_the_table() {
    let files = rust_files();
    let all: BTreeSet<String> = files.iter().flat_map(|(_, text)| tests(text)).collect();
    let rows = table("Attacks");
    assert!(rows.len() > 40, "the table is found: {}", rows.len());
    let mut named = BTreeSet::new();
    for row in &rows {
        let [attack, place, answer, test] = row.as_slice() else {
            panic!("a row has four cells: {row:?}");
        };
        assert!(
            ![attack, place, answer].iter().any(|cell| cell.is_empty()),
            "{row:?}"
        );
        let tests = quoted(test);
        assert!(!tests.is_empty(), "{attack} has no test");
        for test in &tests {
            assert!(all.contains(test), "{test} of {attack:?} is nowhere");
        }
        named.extend(tests);
    }
    let text = fs::read_to_string(root().join("docs/security.md")).expect("the page");
    let anywhere = quoted(&text);
    let attacks = files
        .iter()
        .filter(|(name, _)| ATTACK_FILES.iter().any(|begin| name.starts_with(begin)));
    for (file, text) in attacks {
        for test in tests(text) {
            let is_named = named.contains(&test) || anywhere.contains(&test);
            assert!(
                is_named,
                "{test} of {file} does not stand in docs/security.md"
            );
        }
    }
}

#[test]
fn the_limits_are_those_of_the_code() {
    let files = rust_files();
    let rows = table("Limits");
    assert!(rows.len() > 20, "the table is found: {}", rows.len());
    for row in &rows {
        let [name, value, _] = row.as_slice() else {
            panic!("a row has three cells: {row:?}");
        };
        let (name, value) = (name.replace('`', ""), value.replace('`', ""));
        let is_there = files.iter().flat_map(|(_, text)| text.lines()).any(|line| {
            let line = line.trim();
            line.contains(&format!("const {name}: ")) && line.ends_with(&format!(" = {value};"))
        });
        assert!(is_there, "{name} is not {value}");
    }
}
