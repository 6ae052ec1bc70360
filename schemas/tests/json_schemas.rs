//! The JSON Schemas that are committed are those that the types give.

use std::{collections::BTreeSet, fs, path::Path};

use holdfast_schemas::json_schema::schema_files;

#[test]
fn the_committed_schemas_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("json");
    for file in schema_files() {
        let committed = fs::read_to_string(folder.join(file.name)).unwrap_or_default();
        assert!(
            committed == file.text,
            "schemas/json/{} is stale: run `make schemas` and commit what it writes",
            file.name
        );
    }
    let committed: BTreeSet<String> = fs::read_dir(&folder)
        .expect("the folder of schemas")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    let written = schema_files().into_iter().map(|file| file.name.to_owned());
    assert_eq!(committed, written.collect(), "a file that no type gives");
}
