//! Documents as several tills write them, by our own writer, and as Automerge reads them.

use std::collections::BTreeMap;

use automerge::{AutoCommit, ReadDoc, ScalarValue, Value};
use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{DocumentId, LogId, NodeNumber, OperationId},
    operation::{DocumentKind, Operation, Recorded},
};

use super::{OperationGenerator, Random};

/// How many tills write to a document.
const AUTHORS: usize = 3;
/// The most operations of a change: a large basket is some dozens of them.
const OPERATIONS_MAX: usize = 24;
/// The most changes that a document gets.
const CHANGES_MAX: usize = 8;

/// A change as it was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its operations.
    pub operations: Vec<Operation>,
}

/// The changes of one document, in an order in which each comes after what it depends on.
#[derive(Debug, Clone)]
pub struct History {
    /// The changes.
    pub changes: Vec<Written>,
}

impl History {
    /// Draws a document that several tills write to, at once and after each other.
    ///
    /// # Panics
    /// Where our writer refuses what the schema allows.
    pub fn draw(generator: &OperationGenerator, random: &mut Random) -> Self {
        let kind = *random.pick(&DocumentKind::ALL);
        let id = DocumentId::from_bytes(random.bytes());
        let logs: [LogId; AUTHORS] = std::array::from_fn(|_| {
            let node = u32::try_from(1 + random.below(1_000)).expect("small");
            LogId::new(NodeNumber::new(node).expect("in range"), random.bytes())
        });
        let mut copies: [Document; AUTHORS] = std::array::from_fn(|_| Document::new(id));
        let mut changes: Vec<Written> = Vec::new();
        for nth in 0..=random.below(CHANGES_MAX) {
            let author = if nth == 0 { 0 } else { random.below(AUTHORS) };
            // Everybody has the beginning; of the rest a till may lack some.
            if nth > 0 && (copies[author].is_empty() || random.one_in(2)) {
                for change in &changes {
                    copies[author].insert(recognise(&change.bytes).expect("our own"));
                }
            }
            // Small changes are as likely as large ones.
            let most = OPERATIONS_MAX >> random.below(4);
            let count = 1 + random.below(most);
            let operations: Vec<_> = (0..count)
                .map(|_| generator.operation(kind, random))
                .collect();
            let appended = copies[author]
                .append(logs[author], &operations)
                .expect("our writer writes what the schema allows");
            copies[author].insert(appended.change);
            changes.push(Written {
                bytes: appended.bytes,
                operations,
            });
        }
        Self { changes }
    }

    /// Every change is recognised as what was written, and Automerge reads the same operations from them all.
    ///
    /// # Panics
    /// Where that is not so.
    pub fn assert_read_alike(&self) {
        let mut ours = BTreeMap::new();
        let mut theirs = AutoCommit::new();
        for written in &self.changes {
            let change = recognise(&written.bytes).expect("our own is recognised");
            let read = change.operations().iter().map(|read| &read.recorded);
            let known = written.operations.iter().cloned().map(Box::new);
            assert!(read.eq(&known.map(Recorded::Known).collect::<Vec<_>>()));
            for operation in change.operations() {
                ours.insert(operation.id, operation.json.to_string());
            }
            let change = automerge::Change::from_bytes(written.bytes.clone()).expect("a change");
            theirs.apply_changes([change]).expect("Automerge takes it");
        }
        assert_eq!(ours, operations_by_automerge(&theirs));
    }
}

/// What Automerge reads as operations: by their key, which must be the id of the put.
pub(super) fn operations_by_automerge(document: &AutoCommit) -> BTreeMap<OperationId, String> {
    let keys = document.keys(automerge::ROOT);
    keys.filter_map(|key| {
        let id: OperationId = key.strip_prefix("op/")?.parse().expect("an operation id");
        match document.get(automerge::ROOT, &key).expect("a key") {
            Some((Value::Scalar(value), put)) => {
                assert_eq!(put.to_string(), id.to_string(), "the key is the put's id");
                let ScalarValue::Str(json) = value.as_ref() else {
                    panic!("{key} holds {value:?}");
                };
                Some((id, json.to_string()))
            }
            other => panic!("{key} holds {other:?}"),
        }
    })
    .collect()
}
