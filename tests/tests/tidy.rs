//! House rules that no compiler checks.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The most lines of one Rust file. A file that reaches it has two subjects: split it.
const FILE_LINES_MAX: usize = 700;

/// Words that no Rust file may hold, and what to do instead.
const NEVER: &[(&str, &str)] = &[
    (concat!("TO", "DO"), "do it, or open an issue"),
    (concat!("FIX", "ME"), "do it, or open an issue"),
    (concat!("#[al", "low("), "use #[expect(…, reason = \"…\")]"),
    (
        concat!("#![al", "low("),
        "use #![expect(…, reason = \"…\")]",
    ),
    (concat!("#[ig", "nore"), "a test runs, or is deleted"),
    (concat!("thread::", "sleep"), "wait for an event"),
];

/// What the core's sources may not name: it is pure.
const NEVER_IN_CORE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "HashMap",
    "HashSet",
    "Instant",
    "SystemTime",
    "println!",
];

/// What of the product may name Automerge: the bridge to it, and the core's tests, which take it as their oracle.
const MAY_NAME_AUTOMERGE: &[&str] = &[
    "schemas/src/change/oracle.rs",
    "schemas/src/change/tests.rs",
    "schemas/src/document/automerge.rs",
    "schemas/src/document/tests.rs",
];

/// The crates that are shipped, by their roots: nothing in them can allow itself what these forbid. But for the till's
/// library: what Slint's compiler writes allows itself what it needs, so there the workspace's lints alone deny it.
const SHIPPED_ROOTS: &[&str] = &[
    "node/src/lib.rs",
    "node/src/main.rs",
    "schemas/src/lib.rs",
    "sync-server/src/lib.rs",
    "sync-server/src/main.rs",
    "ui/src/main.rs",
];

/// Where C calls the simulation, and so the only modules that may do what the compiler can't check.
const MAY_BE_UNSAFE: &[&str] = &["tests/src/faults/randomness.rs", "tests/src/faults/vfs.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file of the workspace, by its path from the root, with its text.
fn rust_files() -> Vec<(String, String)> {
    let mut waiting: Vec<PathBuf> = ["schemas", "node", "sync-server", "ui", "tests"]
        .iter()
        .map(|folder| root().join(folder))
        .collect();
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            if !path.ends_with("node_modules") && !path.ends_with("fuzz/target") {
                let entries = fs::read_dir(&path).expect("a folder");
                waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).expect("below the root");
            let text = fs::read_to_string(&path).expect("UTF-8");
            files.push((name.display().to_string(), text));
        }
    }
    files.sort();
    assert!(files.len() > 40, "the files are found: {}", files.len());
    files
}

#[test]
fn no_file_is_too_long() {
    for (name, text) in rust_files() {
        let lines = text.lines().count();
        assert!(
            lines <= FILE_LINES_MAX,
            "{name} has {lines} lines: split it"
        );
    }
}

#[test]
fn no_file_holds_what_has_no_place_here() {
    for (name, text) in rust_files() {
        for (word, instead) in NEVER {
            assert!(!text.contains(word), "{name} holds {word:?}: {instead}");
        }
    }
}

#[test]
fn two_modules_of_the_simulation_are_unsafe_and_say_why() {
    let exception = concat!("un", "safe_code");
    for (name, text) in rust_files() {
        let forbids = text.contains(&format!("#![forbid({exception})]"));
        assert!(forbids || !SHIPPED_ROOTS.contains(&name.as_str()), "{name}");
        let excepts = text.contains(&format!("{exception},\n    reason = "));
        let allowed = MAY_BE_UNSAFE.contains(&name.as_str());
        assert_eq!(excepts, allowed, "{name}");
        let uses = text.contains(concat!("un", "safe {"));
        assert!(allowed || !uses, "{name} needs no such block");
    }
}

#[test]
fn the_core_names_no_io_and_no_clock() {
    for (name, text) in rust_files() {
        for word in NEVER_IN_CORE {
            assert!(
                !name.starts_with("schemas/src/") || !text.contains(word),
                "{name} names {word}: the core is pure"
            );
        }
    }
}

#[test]
fn one_module_names_automerge() {
    for (name, text) in rust_files() {
        let is_harness = name.starts_with("tests/");
        assert!(
            is_harness
                || !text.contains("automerge::")
                || MAY_NAME_AUTOMERGE.contains(&name.as_str()),
            "{name} names automerge: go through the document module's bridge"
        );
    }
}

#[test]
fn every_crate_takes_the_workspaces_lints() {
    for folder in ["schemas", "node", "sync-server", "ui", "tests"] {
        let manifest = root().join(folder).join("Cargo.toml");
        let text = fs::read_to_string(&manifest).expect("a manifest");
        assert!(text.contains("[lints]\nworkspace = true\n"), "{folder}");
    }
}
