//! Changes: the unit that is written, shipped, hashed and merged; an Automerge change chunk of one narrow shape.
//!
//! A change puts strings under new root keys of a document, and does nothing else: `kind` and `schema` where it begins
//! the document, then `op/<operation id>` for each operation, whose value is one JSON text. The operation id in the key
//! is the Automerge id of the very put that writes it, so no key can ever be put twice and no put has a predecessor.
//!
//! [`write_change`] writes exactly the bytes that Automerge 0.12 writes for the same puts (time 0, no message), and
//! [`recognise`] reads exactly those bytes: whatever is longer than it may be, compressed, spelled otherwise or of
//! another shape is refused before anything is allocated for it. Nothing here is a general decoder, so nothing here can
//! be made to work hard by a stranger's bytes. Automerge itself is the oracle of this module's tests.
//!
//! Format: <https://automerge.org/automerge-binary-format-spec/>.

mod columns;
mod cursor;
mod leb128;
#[cfg(test)]
pub(crate) mod oracle;
mod reader;
mod refusal;
mod start;
#[cfg(test)]
mod tests;
mod writer;

use std::num::NonZeroU64;

pub use reader::{recognise, recognise_counting};
pub use refusal::ChangeRefusal;
pub use start::{DocumentStart, RecordedKind, SCHEMA_VERSION};
pub use writer::{ChangeBase, ChangeDraft, DraftError, WrittenChange, write_change};

use sha2::{Digest, Sha256};

use crate::{
    identity::{ChangeHash, LogId, OperationId},
    operation::{Operation, Recorded},
};

/// The most bytes that a change chunk may have.
pub const CHANGE_BYTES_MAX: usize = 1024 * 1024;

/// The most operations that a change may hold: a whole sale is one change.
pub const OPERATIONS_PER_CHANGE_MAX: usize = 4096;

/// The most changes that a change may directly depend on: how many logs may have written to a document at once.
pub const DEPS_PER_CHANGE_MAX: usize = 64;

/// The largest Lamport counter: Automerge's own limit.
pub const COUNTER_MAX: u64 = u32::MAX as u64;

/// The largest sequence number of a log's changes in one document: no more of them than counters.
pub const SEQUENCE_MAX: u64 = COUNTER_MAX;

/// How many bytes of a chunk its hash leaves out: four that every chunk begins with, and the checksum.
const CHUNK_UNHASHED_BYTES: usize = 8;

/// The hash that a chunk of any shape has. A log's chain goes on over what nobody recognises, at both ends alike.
#[must_use]
pub fn hash_of_any(chunk: &[u8]) -> ChangeHash {
    let hashed = chunk.get(CHUNK_UNHASHED_BYTES..).unwrap_or_default();
    ChangeHash::from_bytes(Sha256::digest(hashed).into())
}

/// A change whose bytes were recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    hash: ChangeHash,
    log: LogId,
    sequence: NonZeroU64,
    deps: Vec<ChangeHash>,
    start: Option<DocumentStart>,
    operations: Vec<ChangeOperation>,
    last_counter: NonZeroU64,
}

/// One operation of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeOperation {
    /// Its id: log and Lamport counter.
    pub id: OperationId,
    /// Its JSON text, byte for byte.
    pub json: Box<str>,
    /// What the text says to this version.
    pub recorded: Recorded,
}

impl Change {
    /// The SHA-256 that is its identity, as Automerge defines it.
    #[must_use]
    pub fn hash(&self) -> ChangeHash {
        self.hash
    }

    /// The log whose process wrote it.
    #[must_use]
    pub fn log(&self) -> LogId {
        self.log
    }

    /// The how many-th change of this log to this document it is, from 1.
    #[must_use]
    pub fn sequence(&self) -> NonZeroU64 {
        self.sequence
    }

    /// The changes that its author had seen last, ascending; none exactly where it begins the document.
    #[must_use]
    pub fn deps(&self) -> &[ChangeHash] {
        &self.deps
    }

    /// The kind of document that it begins; `None` where it goes on with one.
    #[must_use]
    pub fn start(&self) -> Option<&DocumentStart> {
        self.start.as_ref()
    }

    /// Its operations, by ascending counter; at least one.
    #[must_use]
    pub fn operations(&self) -> &[ChangeOperation] {
        &self.operations
    }

    /// The Lamport counter that it begins with: one more than any that its author had seen.
    #[must_use]
    pub fn first_counter(&self) -> NonZeroU64 {
        match (&self.start, self.operations.first()) {
            (None, Some(operation)) => operation.id.counter(),
            (Some(_), _) | (None, None) => NonZeroU64::MIN,
        }
    }

    /// The Lamport counter of its last operation.
    #[must_use]
    pub fn last_counter(&self) -> NonZeroU64 {
        self.last_counter
    }

    /// Its operations, given away.
    pub(crate) fn into_operations(self) -> Vec<ChangeOperation> {
        self.operations
    }

    /// What [`recognise`] would read from a change that was just written, without reading it.
    pub(crate) fn of_written<Text: AsRef<str>>(
        draft: &ChangeDraft<'_, Text>,
        written: &WrittenChange,
        operations: &[Operation],
    ) -> Self {
        let (deps, sequence, start) = match &draft.base {
            ChangeBase::Nothing(start) => (Vec::new(), NonZeroU64::MIN, Some(start.clone())),
            ChangeBase::Changes { deps, sequence, .. } => {
                let mut deps = deps.to_vec();
                deps.sort_unstable();
                (deps, *sequence, None)
            }
        };
        let counters = written.first_operation.counter().get()..;
        let operations = counters
            .zip(draft.operations)
            .zip(operations)
            .filter_map(|((counter, json), operation)| {
                Some(ChangeOperation {
                    id: OperationId::new(NonZeroU64::new(counter)?, draft.log),
                    json: json.as_ref().into(),
                    recorded: Recorded::Known(Box::new(operation.clone())),
                })
            })
            .collect();
        Self {
            hash: written.hash,
            log: draft.log,
            sequence,
            deps,
            start,
            operations,
            last_counter: written.last_counter,
        }
    }
}
