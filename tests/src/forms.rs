//! Representations of a document, for comparison: what Automerge does in general, and what we write and read.

use std::collections::HashMap;

use automerge::{
    ActorId, AutoCommit, Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, hydrate,
    transaction::{CommitOptions, Transactable},
};
use holdfast_schemas::{
    change::recognise,
    document::Document,
    operation::{Operation, Recorded, parse_operation, write_operation},
};
use serde_json::Value;

use crate::example;

/// One way to hold the operations of a document in an Automerge document.
pub trait Form {
    /// What it is called.
    const NAME: &'static str;
    /// A document in memory, to which something can be appended.
    type Opened;

    /// The change that begins a document with these operations.
    fn write(operations: &[Operation]) -> Vec<u8>;
    /// The operations of such a change.
    fn read(change: &[u8]) -> Vec<Operation>;
    /// A document in memory.
    fn open(change: &[u8]) -> Self::Opened;
    /// The change that appends one operation.
    fn append(opened: &mut Self::Opened, operation: &Operation) -> Vec<u8>;
    /// The operations of a saved document.
    fn load(file: &[u8]) -> Vec<Operation>;

    /// A saved document.
    fn save(change: &[u8]) -> Vec<u8> {
        apply(change).save()
    }

    /// How many operations of Automerge's the change is made of.
    fn automerge_operations(change: &[u8]) -> usize {
        automerge::Change::from_bytes(change.to_vec())
            .expect("a change")
            .len()
    }
}

/// Every field an Automerge object or value, each put by itself.
pub struct SpelledPuts;

/// The same, all put in one batch.
pub struct SpelledBatch;

/// Each operation one JSON text, through Automerge.
pub struct JsonStrings;

/// Each operation its JSON as bytes, through Automerge.
pub struct JsonBytes;

/// Each operation one JSON text, through our own encoder and recogniser.
pub struct Own;

impl Form for SpelledPuts {
    const NAME: &'static str = "every field spelled out, put by put";
    type Opened = AutoCommit;

    fn write(operations: &[Operation]) -> Vec<u8> {
        let mut document = begin();
        for (counter, operation) in (3_u64..).zip(operations) {
            put_value(&mut document, &ROOT, key(counter), &json_of(operation));
        }
        commit(&mut document)
    }

    fn read(change: &[u8]) -> Vec<Operation> {
        read_spelled(&apply(change))
    }

    fn open(change: &[u8]) -> AutoCommit {
        open_automerge(change)
    }

    fn append(opened: &mut AutoCommit, operation: &Operation) -> Vec<u8> {
        put_value(opened, &ROOT, key(1000), &json_of(operation));
        commit(opened)
    }

    fn load(file: &[u8]) -> Vec<Operation> {
        read_spelled(&Automerge::load(file).expect("a document"))
    }
}

impl Form for SpelledBatch {
    const NAME: &'static str = "every field spelled out, in one batch";
    type Opened = AutoCommit;

    fn write(operations: &[Operation]) -> Vec<u8> {
        let mut root = HashMap::from([
            ("kind".to_owned(), hydrate::Value::scalar("order")),
            ("schema".to_owned(), hydrate::Value::scalar("1")),
        ]);
        for (counter, operation) in (3_u64..).zip(operations) {
            root.insert(key(counter), hydrated(&json_of(operation)));
        }
        let mut document = AutoCommit::new().with_actor(actor());
        document
            .init_root_from_hydrate(&root.into())
            .expect("an empty document");
        commit(&mut document)
    }

    fn read(change: &[u8]) -> Vec<Operation> {
        SpelledPuts::read(change)
    }

    fn open(change: &[u8]) -> AutoCommit {
        SpelledPuts::open(change)
    }

    fn append(opened: &mut AutoCommit, operation: &Operation) -> Vec<u8> {
        opened
            .batch_create_object(&ROOT, key(1000), &hydrated(&json_of(operation)), false)
            .expect("a new key");
        commit(opened)
    }

    fn load(file: &[u8]) -> Vec<Operation> {
        SpelledPuts::load(file)
    }
}

impl Form for JsonStrings {
    const NAME: &'static str = "JSON strings, through Automerge";
    type Opened = AutoCommit;

    fn write(operations: &[Operation]) -> Vec<u8> {
        write_flat(operations, ScalarValue::from)
    }

    fn read(change: &[u8]) -> Vec<Operation> {
        read_flat(&apply(change))
    }

    fn open(change: &[u8]) -> AutoCommit {
        open_automerge(change)
    }

    fn append(opened: &mut AutoCommit, operation: &Operation) -> Vec<u8> {
        opened
            .put(ROOT, key(1000), text_of(operation))
            .expect("a new key");
        commit(opened)
    }

    fn load(file: &[u8]) -> Vec<Operation> {
        read_flat(&Automerge::load(file).expect("a document"))
    }
}

impl Form for JsonBytes {
    const NAME: &'static str = "JSON as bytes, through Automerge";
    type Opened = AutoCommit;

    fn write(operations: &[Operation]) -> Vec<u8> {
        write_flat(operations, |text| ScalarValue::Bytes(text.into_bytes()))
    }

    fn read(change: &[u8]) -> Vec<Operation> {
        read_flat(&apply(change))
    }

    fn open(change: &[u8]) -> AutoCommit {
        open_automerge(change)
    }

    fn append(opened: &mut AutoCommit, operation: &Operation) -> Vec<u8> {
        let bytes = ScalarValue::Bytes(text_of(operation).into_bytes());
        opened.put(ROOT, key(1000), bytes).expect("a new key");
        commit(opened)
    }

    fn load(file: &[u8]) -> Vec<Operation> {
        read_flat(&Automerge::load(file).expect("a document"))
    }
}

impl Form for Own {
    const NAME: &'static str = "JSON strings, own encoder and recogniser";
    type Opened = Document;

    fn write(operations: &[Operation]) -> Vec<u8> {
        let document = Document::new(example::document(1));
        document
            .append(example::log(1), operations)
            .expect("within the limits")
            .bytes
    }

    fn read(change: &[u8]) -> Vec<Operation> {
        let change = recognise(change).expect("a change of ours");
        change
            .operations()
            .iter()
            .map(|operation| known(&operation.recorded))
            .collect()
    }

    fn open(change: &[u8]) -> Document {
        let change = recognise(change).expect("a change of ours");
        Document::from_changes(example::document(1), [change])
    }

    fn append(opened: &mut Document, operation: &Operation) -> Vec<u8> {
        let operations = std::slice::from_ref(operation);
        let appended = opened
            .append(example::log(1), operations)
            .expect("within the limits");
        opened.insert(appended.change);
        appended.bytes
    }

    /// We keep raw changes, not files: to load a document is to recognise its changes and to fill the set.
    fn load(file: &[u8]) -> Vec<Operation> {
        let document = Self::open(file);
        document
            .operations()
            .map(|(_, recorded)| known(recorded))
            .collect()
    }

    fn save(change: &[u8]) -> Vec<u8> {
        change.to_vec()
    }
}

fn actor() -> ActorId {
    ActorId::from(example::log(1).as_bytes().as_slice())
}

fn key(counter: u64) -> String {
    format!("op/{counter}@{}", example::log(1))
}

fn begin() -> AutoCommit {
    let mut document = AutoCommit::new().with_actor(actor());
    document.put(ROOT, "kind", "order").expect("a new key");
    document.put(ROOT, "schema", "1").expect("a new key");
    document
}

fn commit(document: &mut AutoCommit) -> Vec<u8> {
    document.commit_with(CommitOptions::default().with_time(0));
    let change = document
        .get_last_local_change()
        .expect("a change was just made");
    change.raw_bytes().to_vec()
}

fn apply(change: &[u8]) -> Automerge {
    let change = automerge::Change::from_bytes(change.to_vec()).expect("a change");
    let mut document = Automerge::new();
    document.apply_changes([change]).expect("a first change");
    document
}

fn open_automerge(change: &[u8]) -> AutoCommit {
    let change = automerge::Change::from_bytes(change.to_vec()).expect("a change");
    let mut document = AutoCommit::new().with_actor(actor());
    document.apply_changes([change]).expect("a first change");
    document
}

fn text_of(operation: &Operation) -> String {
    write_operation(operation).expect("a short operation")
}

fn json_of(operation: &Operation) -> Value {
    serde_json::to_value(operation).expect("an operation is JSON")
}

fn known(recorded: &Recorded) -> Operation {
    match recorded {
        Recorded::Known(operation) => operation.as_ref().clone(),
        Recorded::Unknown { name, .. } => panic!("{name} is known"),
    }
}

fn write_flat(operations: &[Operation], value: impl Fn(String) -> ScalarValue) -> Vec<u8> {
    let mut document = begin();
    for (counter, operation) in (3_u64..).zip(operations) {
        document
            .put(ROOT, key(counter), value(text_of(operation)))
            .expect("a new key");
    }
    commit(&mut document)
}

/// The operations under the root keys, in the order of their counters.
fn read_flat(document: &Automerge) -> Vec<Operation> {
    let mut operations: Vec<_> = document
        .map_range(ROOT, ..)
        .filter_map(|item| {
            let counter: u64 = item
                .key
                .strip_prefix("op/")?
                .split_once('@')?
                .0
                .parse()
                .ok()?;
            let value = item.value.into_value();
            let text = text_in(value.as_scalar()?)?;
            Some((
                counter,
                known(&parse_operation(text).expect("an operation")),
            ))
        })
        .collect();
    operations.sort_by_key(|(counter, _)| *counter);
    operations
        .into_iter()
        .map(|(_, operation)| operation)
        .collect()
}

fn text_in(scalar: &ScalarValue) -> Option<&str> {
    match scalar {
        ScalarValue::Str(text) => Some(text),
        ScalarValue::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        ScalarValue::Int(_)
        | ScalarValue::Uint(_)
        | ScalarValue::F64(_)
        | ScalarValue::Counter(_)
        | ScalarValue::Timestamp(_)
        | ScalarValue::Boolean(_)
        | ScalarValue::Unknown { .. }
        | ScalarValue::Null => None,
    }
}

fn read_spelled(document: &Automerge) -> Vec<Operation> {
    let hydrate::Value::Map(root) = document.hydrate(None) else {
        panic!("the root is a map");
    };
    let mut operations: Vec<(u64, Operation)> = root
        .iter()
        .filter_map(|(key, value)| {
            let counter = key.strip_prefix("op/")?.split_once('@')?.0.parse().ok()?;
            let json = json_from(&value.value);
            Some((counter, serde_json::from_value(json).expect("an operation")))
        })
        .collect();
    operations.sort_by_key(|(counter, _)| *counter);
    operations
        .into_iter()
        .map(|(_, operation)| operation)
        .collect()
}

fn scalar_of(json: &Value) -> ScalarValue {
    match json {
        Value::Bool(value) => ScalarValue::Boolean(*value),
        Value::Number(value) => ScalarValue::Int(value.as_i64().expect("no float anywhere")),
        Value::String(value) => ScalarValue::Str(value.into()),
        Value::Null | Value::Array(_) | Value::Object(_) => ScalarValue::Null,
    }
}

fn put_value(document: &mut AutoCommit, object: &ObjId, key: String, json: &Value) {
    match json {
        Value::Object(fields) => {
            let child = document
                .put_object(object, key, ObjType::Map)
                .expect("a new key");
            for (name, field) in fields {
                put_value(document, &child, name.clone(), field);
            }
        }
        Value::Array(items) => {
            let list = document
                .put_object(object, key, ObjType::List)
                .expect("a new key");
            for (index, item) in items.iter().enumerate() {
                let child = document
                    .insert_object(&list, index, ObjType::Map)
                    .expect("an index");
                for (name, field) in item.as_object().expect("lists hold objects") {
                    put_value(document, &child, name.clone(), field);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            document
                .put(object, key, scalar_of(json))
                .expect("a new key");
        }
    }
}

fn hydrated(json: &Value) -> hydrate::Value {
    match json {
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields: HashMap<_, _> = fields
                .map(|(name, field)| (name.clone(), hydrated(field)))
                .collect();
            hydrate::Value::Map(fields.into())
        }
        Value::Array(items) => {
            hydrate::Value::List(items.iter().map(hydrated).collect::<Vec<_>>().into())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            hydrate::Value::Scalar(scalar_of(json))
        }
    }
}

fn json_from(value: &hydrate::Value) -> Value {
    match value {
        hydrate::Value::Map(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), json_from(&field.value)))
            .collect(),
        hydrate::Value::List(items) => items.iter().map(|item| json_from(&item.value)).collect(),
        hydrate::Value::Text(text) => Value::String(text.to_string()),
        hydrate::Value::Scalar(ScalarValue::Str(text)) => Value::String(text.to_string()),
        hydrate::Value::Scalar(ScalarValue::Int(number)) => Value::from(*number),
        hydrate::Value::Scalar(ScalarValue::Boolean(value)) => Value::Bool(*value),
        hydrate::Value::Scalar(_) => Value::Null,
    }
}
