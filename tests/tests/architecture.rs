//! The arrows between the crates, what the core may depend on, and licences: read from `cargo metadata`.
//!
//! ```text
//! ui ──► node ──► schemas ◄── sync-server            tests ──► everything but ui        nobody ──► ui, tests
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::LazyLock,
};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Every crate of the workspace, and those of it that it uses, exactly.
const ARROWS: &[(&str, &[&str])] = &[
    ("holdfast-schemas", &[]),
    ("holdfast-node", &["holdfast-schemas"]),
    ("holdfast-server", &["holdfast-schemas"]),
    ("holdfast-till", &["holdfast-node", "holdfast-schemas"]),
    (
        "holdfast-tests",
        &["holdfast-node", "holdfast-schemas", "holdfast-server"],
    ),
];

/// All that the core may use directly, and what for.
const CORE_MAY_USE: &[(&str, &str)] = &[
    (
        "automerge",
        "export, history and the oracle of our change codec",
    ),
    (
        "rust_decimal",
        "quantities, unit prices and rates without floats",
    ),
    ("schemars", "JSON Schemas from the types"),
    ("serde", "the types' JSON form"),
    ("serde_json", "operations and control messages as JSON"),
    ("sha2", "hashes of changes and chains"),
    ("thiserror", "errors"),
    (
        "unicode-normalization",
        "names that are found however they are typed",
    ),
    ("zstd", "compressed frames"),
];

/// What may be nowhere below the core, since it is I/O, a clock, a runtime or a source of randomness.
const NEVER_BELOW_CORE: &[&str] = &[
    "async-std",
    "axum",
    "chrono",
    "futures-executor",
    "hyper",
    "jiff",
    "libsqlite3-sys",
    "mio",
    "quinn",
    "quinn-proto",
    "quinn-udp",
    "reqwest",
    "ring",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "ureq",
];

/// Sources of randomness, which only Automerge may bring (it draws an actor where none is given; we always give one).
const RANDOM_BY_AUTOMERGE_ONLY: &[&str] = &["getrandom", "rand", "uuid"];

/// The feature that builds bugs in for the simulation to find, and what has it.
const PLANTED: &str = "planted";
const MAY_PLANT: &[&str] = &["holdfast-schemas", "holdfast-node", "holdfast-server"];

static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .expect("cargo metadata")
});

fn workspace() -> BTreeMap<&'static str, &'static Package> {
    METADATA
        .workspace_packages()
        .into_iter()
        .map(|package| (package.name.as_str(), package))
        .collect()
}

/// The names of all packages that are built into one, itself included, without what only `pruned` brings.
///
/// Of `cargo tree`, since `cargo metadata` also lists optional dependencies that nobody turned on.
fn all_below(name: &str, pruned: Option<&str>) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}", "--package", name])
        .args(pruned.into_iter().flat_map(|pruned| ["--prune", pruned]))
        .current_dir(&METADATA.workspace_root)
        .output()
        .expect("cargo tree");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let names: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    assert!(
        names.contains(name),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    names
}

#[test]
fn the_arrows_between_crates_are_as_drawn() {
    let workspace = workspace();
    let drawn: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(workspace.keys().copied().collect::<BTreeSet<_>>(), drawn);
    for (name, may_use) in ARROWS {
        // Tests' and build scripts' dependencies are arrows too.
        let uses: BTreeSet<&str> = workspace[name]
            .dependencies
            .iter()
            .map(|dependency| dependency.name.as_str())
            .filter(|dependency| drawn.contains(dependency))
            .collect();
        let may_use: BTreeSet<&str> = may_use.iter().copied().collect();
        assert_eq!(uses, may_use, "{name}: left: its arrows; right: as drawn");
    }
}

#[test]
fn the_core_uses_only_what_is_on_its_list() {
    let uses: BTreeSet<&str> = workspace()["holdfast-schemas"]
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.as_str())
        .collect();
    let may_use: BTreeSet<&str> = CORE_MAY_USE.iter().map(|(name, _)| *name).collect();
    assert_eq!(uses, may_use, "left: in use; right: on the list");
}

#[test]
fn nothing_below_the_core_does_io_or_reads_a_clock() {
    let all = all_below("holdfast-schemas", None);
    assert!(all.contains("automerge"), "the tree was read: {all:?}");
    for never in NEVER_BELOW_CORE {
        assert!(!all.contains(*never), "{never} is below the core");
    }
    let without_automerge = all_below("holdfast-schemas", Some("automerge"));
    for random in RANDOM_BY_AUTOMERGE_ONLY {
        assert!(
            !without_automerge.contains(*random),
            "{random} is below the core, and not by way of Automerge"
        );
    }
}

#[test]
fn only_the_till_may_depend_on_slint() {
    for name in workspace()
        .into_keys()
        .filter(|name| *name != "holdfast-till")
    {
        let all = all_below(name, None);
        let slint: Vec<&String> = all.iter().filter(|below| below.contains("slint")).collect();
        assert!(slint.is_empty(), "{name}: {slint:?}");
    }
    assert!(
        all_below("holdfast-till", None).contains("slint"),
        "the tree was read"
    );
}

#[test]
fn bugs_are_built_in_for_tests_only() {
    for (name, package) in workspace() {
        let turns_on: Vec<&str> = package
            .features
            .get(PLANTED)
            .map_or_else(Vec::new, |on| on.iter().map(String::as_str).collect());
        let expected: Vec<String> = match name {
            "holdfast-schemas" | "holdfast-till" => Vec::new(),
            "holdfast-tests" => MAY_PLANT
                .iter()
                .map(|of| format!("{of}/{PLANTED}"))
                .collect(),
            _ => vec![format!("holdfast-schemas/{PLANTED}")],
        };
        assert_eq!(turns_on, expected, "{name}");
        assert!(
            !package.features.contains_key("default"),
            "{name} turns on a feature by itself"
        );
        for dependency in &package.dependencies {
            assert!(
                !dependency.features.iter().any(|feature| feature == PLANTED),
                "{name} has {} with bugs in it",
                dependency.name
            );
        }
    }
    // What is shipped, and what a user runs, is built without.
    let root = METADATA.workspace_root.as_std_path();
    for file in ["Makefile", ".ci/run", ".ci/setup"] {
        let text = std::fs::read_to_string(root.join(file)).expect(file);
        // The simulation's own build, which ends in the folder of the tests, is the one that must have them.
        let builds = text
            .lines()
            .filter(|line| line.contains("cargo build") || line.contains("cargo run"))
            .filter(|line| !line.starts_with("SIMULATE = "));
        for line in builds {
            assert!(
                !line.to_lowercase().contains(PLANTED) && !line.contains("all-features"),
                "{file}: {line}"
            );
        }
    }
}

#[test]
fn every_crate_has_its_licence() {
    for (name, crate_) in workspace() {
        let expected = match name {
            "holdfast-till" => "GPL-3.0-only",
            _ => "MIT OR Apache-2.0",
        };
        assert_eq!(crate_.license.as_deref(), Some(expected), "{name}");
        assert_eq!(
            crate_.publish.as_deref(),
            Some(&[][..]),
            "{name} is not published"
        );
    }
    let root = METADATA.workspace_root.as_std_path();
    for (file, first_words) in [
        ("LICENSE-MIT", "MIT License"),
        ("LICENSE-APACHE", "Apache License"),
        ("ui/LICENSE", "GNU GENERAL PUBLIC LICENSE"),
    ] {
        let text = std::fs::read_to_string(root.join(file)).expect(file);
        assert!(text.trim_start().starts_with(first_words), "{file}");
    }
}
