//! Documents that we export are opened by the Automerge of another language, from npm, and the other way round.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use holdfast_schemas::{
    change::recognise,
    document::{Document, automerge},
    identity::ChangeHash,
    operation::{Operation, Recorded},
};
use holdfast_tests::example;
use serde::Deserialize;

/// What the script says of one document.
#[derive(Deserialize)]
struct Opened {
    heads: BTreeSet<ChangeHash>,
    kind: String,
    schema: String,
    operations: BTreeMap<String, String>,
    /// A change in hexadecimal that the script appended.
    appended: String,
}

/// A document and its raw changes.
struct Exported {
    document: Document,
    changes: Vec<Vec<u8>>,
}

impl Exported {
    fn new(index: u32) -> Self {
        let document = Document::new(example::document(index));
        let mut exported = Self {
            document,
            changes: Vec::new(),
        };
        exported.append(&[(1, &example::carry_out_order(index))]);
        exported
    }

    /// Several authors append at once: none sees what the others do.
    fn append(&mut self, authors: &[(u32, &[Operation])]) {
        let before = self.document.clone();
        for (author, operations) in authors {
            let appended = before
                .append(example::log(*author), operations)
                .expect("within the limits");
            self.document.insert(appended.change);
            self.changes.push(appended.bytes);
        }
    }

    fn file(&self) -> Vec<u8> {
        automerge::save(self.changes.iter().map(Vec::as_slice)).expect("changes of ours")
    }
}

/// The folder of the script, with its packages installed.
fn script_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("js");
    // Tests run at the same time, and only one of them may install.
    let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("npm.lock"))
        .expect("the target folder can be written to");
    lock.lock().expect("a lock file can be locked");
    if !folder.join("node_modules/@automerge/automerge").exists() {
        let status = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .status()
            .expect("npm is installed");
        assert!(
            status.success(),
            "npm ci installs what package-lock.json names"
        );
    }
    folder
}

/// Runs the script over the files.
fn run(files: &[PathBuf]) -> Output {
    Command::new("node")
        .arg("open-documents.mjs")
        .args(files)
        .current_dir(script_folder())
        .output()
        .expect("node is installed")
}

/// Writes the documents as files, in a folder that goes with its handle.
fn write(all: &[Exported]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = all.iter().enumerate().map(|(index, exported)| {
        let path = folder.path().join(format!("{index}.automerge"));
        std::fs::write(&path, exported.file()).expect("the folder can be written to");
        path
    });
    let files = files.collect();
    (folder, files)
}

/// Opens the documents with JavaScript.
fn open(all: &[Exported]) -> Vec<Opened> {
    let (_folder, files) = write(all);
    let output = run(&files);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the script accepts every document: {errors}"
    );
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    let pairs = (0..hexadecimal.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

#[test]
fn javascript_opens_what_we_export_and_we_recognise_what_it_appends() {
    let mut merged = Exported::new(2);
    let claims: Vec<_> = (1..4)
        .map(|index| [example::reference_claimed(index)])
        .collect();
    merged.append(&[(1, &claims[0]), (2, &claims[1]), (3, &claims[2])]);
    let mut forked = Exported::new(3);
    forked.append(&[(2, &claims[0]), (3, &claims[1])]);
    merged.append(&[(2, &claims[2])]);
    let all = [Exported::new(1), merged, forked];

    let opened = open(&all);
    assert_eq!(opened.len(), all.len());
    for (opened, exported) in opened.iter().zip(all) {
        let mut document = exported.document;
        assert_eq!(opened.heads, document.heads().collect());
        assert_eq!(
            (opened.kind.as_str(), opened.schema.as_str()),
            ("order", "1")
        );
        let ours: BTreeMap<_, _> = exported
            .changes
            .iter()
            .flat_map(|bytes| recognise(bytes).unwrap().operations().to_vec())
            .map(|operation| (format!("op/{}", operation.id), operation.json.into_string()))
            .collect();
        assert_eq!(opened.operations, ours);

        let theirs = recognise(&bytes_of(&opened.appended)).expect("a change of our shape");
        assert!(document.insert(theirs.clone()));
        assert_eq!(document.heads().collect::<Vec<_>>(), [theirs.hash()]);
        assert_eq!(document.missing_deps().count(), 0);
        let last = document.operations().next_back();
        assert!(matches!(last, Some((_, Recorded::Unknown { name, .. })) if &**name == "later"));
    }
}

/// The schemas are closed, so the script would notice an operation that they don't describe.
#[test]
fn an_operation_that_the_schemas_do_not_describe_is_noticed() {
    let mut exported = Exported::new(1);
    let appended = open(std::slice::from_ref(&exported)).remove(0).appended;
    exported.changes.push(bytes_of(&appended));
    let (_folder, files) = write(&[exported]);
    let output = run(&files);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("op/"));
}
