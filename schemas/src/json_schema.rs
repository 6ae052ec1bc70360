//! JSON Schemas (draft 2020-12) of what Holdfast writes, for those who read it with other tools.
//!
//! They describe what *this version writes*, and so are closed: no property beyond those listed. A reader is more
//! tolerant: it passes over properties, and keeps whole operations, that it does not know. The files in
//! `schemas/json` are these texts; `make schemas` writes them, and a test fails where they are stale.

use schemars::{
    JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, transform::transform_subschemas,
};
use serde_json::{Map, Value, json};

use crate::{
    change::SCHEMA_VERSION,
    identity::OperationId,
    operation::{DocumentKind, Operation},
    reference::ReferenceChange,
};

/// One schema, as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFile {
    /// The file's name.
    pub name: &'static str,
    /// Its text: pretty JSON that ends with a line feed.
    pub text: String,
}

const OPERATION: &str = "operation.schema.json";
const DOCUMENT: &str = "document.schema.json";
const REFERENCE_CHANGE: &str = "reference-change.schema.json";

/// Every schema.
#[must_use]
pub fn schema_files() -> Vec<SchemaFile> {
    vec![
        file(OPERATION, typed::<Operation>(OPERATION)),
        file(DOCUMENT, document()),
        file(REFERENCE_CHANGE, typed::<ReferenceChange>(REFERENCE_CHANGE)),
    ]
}

fn file(name: &'static str, mut schema: Value) -> SchemaFile {
    // One text, whether or not another crate of the build turned on `serde_json/preserve_order`.
    schema.sort_all_objects();
    // The alternate form is indented.
    let text = format!("{schema:#}\n");
    SchemaFile { name, text }
}

/// A schema's identifier: a name, not an address. A reference from one file to another is resolved against it.
fn identifier(name: &str) -> String {
    format!("https://holdfast.invalid/schemas/{SCHEMA_VERSION}/{name}")
}

fn typed<T: JsonSchema>(name: &str) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with_transform(close)
        .with_transform(drop_formats);
    let mut schema = SchemaGenerator::from(settings)
        .into_root_schema_for::<T>()
        .to_value();
    if let Value::Object(root) = &mut schema {
        root.insert("$id".to_owned(), json!(identifier(name)));
    }
    schema
}

/// Lists properties as complete.
fn close(schema: &mut Schema) {
    if let Some(object) = schema.as_object_mut()
        && object.get("type") == Some(&json!("object"))
        && !object.contains_key("additionalProperties")
    {
        object.insert("additionalProperties".to_owned(), json!(false));
    }
    transform_subschemas(&mut close, schema);
}

/// Drops `format`: what it says of numbers (`int64`) is no format of the standard, and validators refuse names that
/// they do not know. Texts have a pattern.
fn drop_formats(schema: &mut Schema) {
    schema.remove("format");
    transform_subschemas(&mut drop_formats, schema);
}

/// A document as any Automerge tool shows it: flat, two fixed keys, and one key for each operation, whose value is the
/// operation as JSON text.
fn document() -> Value {
    let kinds: Vec<&str> = DocumentKind::ALL.iter().map(|kind| kind.name()).collect();
    let operation_id = SchemaGenerator::from(SchemaSettings::draft2020_12())
        .into_root_schema_for::<OperationId>()
        .to_value();
    let mut operations = Map::new();
    operations.insert(
        operation_key_pattern(&operation_id),
        json!({
            "description": "One operation, as JSON text. The key is `op/` and the operation's own id.",
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": { "$ref": OPERATION },
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": identifier(DOCUMENT),
        "title": "Document",
        "description": "The root of a document: an order, a return, a till session or a stock paper.",
        "type": "object",
        "properties": {
            "kind": { "description": "Which kind of document it is.", "type": "string", "enum": kinds },
            "schema": {
                "description": "The version of this schema.",
                "type": "string",
                "const": SCHEMA_VERSION.to_string(),
            },
        },
        "patternProperties": operations,
        "required": ["kind", "schema"],
        "additionalProperties": false,
    })
}

/// The pattern of an operation's key, from that of its id.
fn operation_key_pattern(operation_id: &Value) -> String {
    let pattern = operation_id["pattern"]
        .as_str()
        .expect("an operation id is a text with a pattern");
    format!("^op/{}", pattern.trim_start_matches('^'))
}
