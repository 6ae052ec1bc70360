//! Writes a change in the one canonical way.

use std::num::NonZeroU64;

use sha2::{Digest, Sha256};

use super::{
    CHANGE_BYTES_MAX, COUNTER_MAX, DEPS_PER_CHANGE_MAX, DocumentStart, OPERATIONS_PER_CHANGE_MAX,
    SEQUENCE_MAX,
    columns::{Puts, START_KEYS, last_counter},
    leb128::{Sink, write_length, write_signed, write_unsigned},
};
use crate::identity::{ChangeHash, LogId, OperationId};

/// What every chunk begins with.
pub(super) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// The chunk type of a plain change.
pub(super) const CHUNK_CHANGE: u8 = 1;

/// What a change is written after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeBase<'a> {
    /// Nothing: it begins the document. Its sequence is 1, and its counters start at 1, for `kind`.
    Nothing(DocumentStart),
    /// Changes of the same document.
    Changes {
        /// The last of them, one at least, in any order.
        deps: &'a [ChangeHash],
        /// The how many-th change of this log to the document it is.
        sequence: NonZeroU64,
        /// The counter of its first operation: one over the largest of the document.
        first_counter: NonZeroU64,
    },
}

/// A change that is to be written.
#[derive(Debug, Clone)]
pub struct ChangeDraft<'a, Text> {
    /// The log that it will be in.
    pub log: LogId,
    /// What it comes after.
    pub base: ChangeBase<'a>,
    /// The JSON text of each operation, as [`crate::operation::write_operation`] gives it.
    pub operations: &'a [Text],
}

/// A change as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenChange {
    /// The change chunk.
    pub bytes: Vec<u8>,
    /// Its hash.
    pub hash: ChangeHash,
    /// The id of its first operation; the others follow without a gap.
    pub first_operation: OperationId,
    /// The counter of its last operation.
    pub last_counter: NonZeroU64,
}

/// Why a change can't be written: it would be refused by every reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// No operation, or more than [`OPERATIONS_PER_CHANGE_MAX`].
    #[error("a change has {0} operations; 1 to {OPERATIONS_PER_CHANGE_MAX} are allowed")]
    OperationCount(usize),
    /// No dependency, or more than [`DEPS_PER_CHANGE_MAX`].
    #[error("a change comes after {0} changes; 1 to {DEPS_PER_CHANGE_MAX} are allowed")]
    DepCount(usize),
    /// The document has used up its counters.
    #[error("a counter would be over {COUNTER_MAX}")]
    CountersUsedUp,
    /// More than [`CHANGE_BYTES_MAX`].
    #[error("a change would have {bytes} bytes; at most {CHANGE_BYTES_MAX} are allowed")]
    TooLong {
        /// How many it would have.
        bytes: usize,
    },
}

/// Writes a change: byte for byte what Automerge 0.12 writes for the same puts at time 0 without a message.
///
/// # Errors
/// [`DraftError`] where the change would be over a limit.
pub fn write_change<Text: AsRef<str>>(
    draft: &ChangeDraft<'_, Text>,
) -> Result<WrittenChange, DraftError> {
    let count = draft.operations.len();
    if !(1..=OPERATIONS_PER_CHANGE_MAX).contains(&count) {
        return Err(DraftError::OperationCount(count));
    }
    let schema;
    let (deps, sequence, first_counter, start) = match &draft.base {
        ChangeBase::Nothing(start) => {
            schema = start.schema.to_string();
            (Vec::new(), 1, 1, Some([start.kind.name(), &schema]))
        }
        ChangeBase::Changes {
            deps,
            sequence,
            first_counter,
        } => (ascending(deps)?, sequence.get(), first_counter.get(), None),
    };
    let mut values: Vec<&str> = start.iter().flatten().copied().collect();
    values.extend(draft.operations.iter().map(AsRef::as_ref));
    let last_counter = last_counter(first_counter, values.len())
        .filter(|_| sequence <= SEQUENCE_MAX)
        .and_then(NonZeroU64::new)
        .ok_or(DraftError::CountersUsedUp)?;
    let before_operations = if start.is_some() {
        START_KEYS.len() as u64
    } else {
        0
    };
    let first_operation = NonZeroU64::MIN.saturating_add(first_counter - 1 + before_operations);
    let puts = Puts {
        log: draft.log,
        first_counter,
        starts: start.is_some(),
        values,
    };
    let mut body = Vec::new();
    write_body(&mut body, &deps, sequence, &puts);
    let (bytes, hash) = write_chunk(&body);
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(DraftError::TooLong { bytes: bytes.len() });
    }
    Ok(WrittenChange {
        bytes,
        hash,
        first_operation: OperationId::new(first_operation, draft.log),
        last_counter,
    })
}

fn ascending(deps: &[ChangeHash]) -> Result<Vec<ChangeHash>, DraftError> {
    let mut deps = deps.to_vec();
    deps.sort_unstable();
    deps.dedup();
    if (1..=DEPS_PER_CHANGE_MAX).contains(&deps.len()) {
        Ok(deps)
    } else {
        Err(DraftError::DepCount(deps.len()))
    }
}

/// Appends all of a change chunk that follows its header.
pub(super) fn write_body(out: &mut impl Sink, deps: &[ChangeHash], sequence: u64, puts: &Puts<'_>) {
    write_length(out, deps.len());
    for dep in deps {
        out.put(dep.as_bytes());
    }
    write_length(out, puts.log.as_bytes().len());
    out.put(puts.log.as_bytes());
    write_unsigned(out, sequence);
    write_unsigned(out, puts.first_counter);
    // Time 0, no message, no other actors: times are data of operations.
    write_signed(out, 0);
    write_length(out, 0);
    write_length(out, 0);
    puts.write(out);
}

/// Puts the header before a change's body: magic, the first bytes of the hash, chunk type, length.
fn write_chunk(body: &[u8]) -> (Vec<u8>, ChangeHash) {
    let hash = hash_chunk(body);
    let mut bytes = Vec::with_capacity(body.len() + 16);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&hash.as_bytes()[..4]);
    bytes.push(CHUNK_CHANGE);
    write_length(&mut bytes, body.len());
    bytes.extend_from_slice(body);
    (bytes, hash)
}

/// The hash of a change, over its chunk type, its length and its body.
pub(super) fn hash_chunk(body: &[u8]) -> ChangeHash {
    let mut head = vec![CHUNK_CHANGE];
    write_length(&mut head, body.len());
    let mut hasher = Sha256::new();
    hasher.update(&head);
    hasher.update(body);
    ChangeHash::from_bytes(hasher.finalize().into())
}
