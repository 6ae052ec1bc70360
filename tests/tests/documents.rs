//! What the documents tell people to type exists: make's targets, programs, files that are linked.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::MetadataCommand;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Markdown file of the repository, from its root.
fn documents() -> Vec<PathBuf> {
    let mut waiting = vec![root()];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let skipped = ["target", "node_modules", ".git"];
            if !skipped.iter().any(|folder| path.ends_with(folder)) {
                let entries = fs::read_dir(&path).expect("a folder");
                waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    assert!(found.len() > 2, "the documents are found");
    found
}

/// The words after each occurrence of `command`, where it begins a line of code or stands in backquotes.
fn arguments_of<'text>(text: &'text str, command: &str) -> Vec<&'text str> {
    let is_start = |before: &str| {
        let before = before.trim_end_matches("$ ");
        before.is_empty() || before.ends_with(['\n', '\t', '`', '@'])
    };
    text.match_indices(command)
        .filter(|(at, _)| is_start(&text[..*at]))
        .map(|(at, _)| {
            text[at + command.len()..]
                .split(['\n', '`', '#'])
                .next()
                .unwrap_or("")
        })
        .collect()
}

fn make_targets() -> BTreeSet<String> {
    read("Makefile")
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(target, _)| target.to_owned())
        .filter(|target| {
            target
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '-')
        })
        .collect()
}

#[test]
fn every_make_command_exists() {
    let targets = make_targets();
    for expected in [
        "build",
        "clean",
        "help",
        "lint",
        "run",
        "schemas",
        "setup",
        "test",
        "test-long",
    ] {
        assert!(targets.contains(expected), "make {expected} is promised");
    }
    for document in documents() {
        let text = fs::read_to_string(&document).expect("UTF-8");
        for arguments in arguments_of(&text, "make ") {
            let target = arguments
                .split_whitespace()
                .find(|word| !word.contains('='));
            assert!(
                target.is_none_or(|target| targets.contains(target)),
                "{}: make {arguments}",
                document.display()
            );
        }
    }
}

#[test]
fn every_target_of_make_is_listed_and_phony() {
    let makefile = read("Makefile");
    let phony: BTreeSet<String> = makefile
        .lines()
        .find_map(|line| line.strip_prefix(".PHONY: "))
        .expect("a line of phony targets")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    assert_eq!(make_targets(), phony);
    for target in phony {
        let described = makefile
            .lines()
            .any(|line| line.starts_with(&format!("{target}: ## ")));
        assert!(described, "`make help` says what {target} does");
    }
}

#[test]
fn every_program_that_is_named_exists() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let targets: BTreeSet<&str> = metadata
        .packages
        .iter()
        .flat_map(|package| &package.targets)
        .map(|target| target.name.as_str())
        .collect();
    let packages: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut texts = vec![read("Makefile")];
    texts.extend(
        documents()
            .iter()
            .map(|path| fs::read_to_string(path).expect("UTF-8")),
    );
    for arguments in texts.iter().flat_map(|text| arguments_of(text, "cargo ")) {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        for pair in words.windows(2) {
            match pair[0] {
                "-p" => assert!(packages.contains(pair[1]), "cargo {arguments}"),
                "--bin" | "--example" => assert!(targets.contains(pair[1]), "cargo {arguments}"),
                _ => {}
            }
        }
    }
}

#[test]
fn every_file_that_is_linked_exists() {
    for document in documents() {
        let text = fs::read_to_string(&document).expect("UTF-8");
        let folder = document.parent().expect("a folder");
        for (at, _) in text.match_indices("](") {
            let link = text[at + 2..].split([')', '#', ' ']).next().unwrap_or("");
            let is_file = !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:");
            assert!(
                !is_file || folder.join(link).exists(),
                "{}: {link}",
                document.display()
            );
        }
    }
}

#[test]
fn the_scripts_of_continuous_integration_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    for script in [".ci/run", ".ci/setup"] {
        let mode = fs::metadata(root().join(script))
            .expect(script)
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111, "{script}");
        assert!(
            read(script).starts_with("#!/usr/bin/env bash\n"),
            "{script}"
        );
    }
}
