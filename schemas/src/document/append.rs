//! Appending to a document: which change holds new operations of this process.

use std::num::NonZeroU64;

use super::{Document, OPERATIONS_PER_DOCUMENT_MAX};
use crate::{
    change::{
        COUNTER_MAX, Change, ChangeBase, ChangeDraft, DEPS_PER_CHANGE_MAX, DocumentStart,
        DraftError, write_change,
    },
    identity::{ChangeHash, LogId},
    operation::{DocumentKind, Operation, OperationError, write_operation},
};

/// A change that was written for a document, and is not in it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The change chunk.
    pub bytes: Vec<u8>,
    /// What [`crate::change::recognise`] reads from it.
    pub change: Change,
}

/// Why operations can't be appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// An operation of another kind of document.
    #[error("an operation {name} can't happen to a document of kind {}", kind.map_or("unknown", DocumentKind::name))]
    OtherKind {
        /// The operation.
        name: &'static str,
        /// The document's kind; `None` for one of a later version.
        kind: Option<DocumentKind>,
    },
    /// More than [`OPERATIONS_PER_DOCUMENT_MAX`].
    #[error(
        "a document would have {0} operations; at most {OPERATIONS_PER_DOCUMENT_MAX} are allowed"
    )]
    DocumentFull(usize),
    /// An operation is too long.
    #[error("an operation can't be written")]
    Operation(#[source] OperationError),
    /// A change is over a limit.
    #[error("the change can't be written")]
    Draft(#[from] DraftError),
}

impl Document {
    /// Writes one change of `log` that appends these operations after all that is known; the document itself stays as it
    /// is. To an empty document it is the first change, which says the kind.
    ///
    /// # Errors
    /// [`AppendError`]: the document is of another kind, or something is over a limit.
    pub fn append(&self, log: LogId, operations: &[Operation]) -> Result<Appended, AppendError> {
        let kind = self.kind_to_append(operations)?;
        let count = self.operation_count() + operations.len();
        if count > OPERATIONS_PER_DOCUMENT_MAX {
            return Err(AppendError::DocumentFull(count));
        }
        let texts = operations
            .iter()
            .map(write_operation)
            .collect::<Result<Vec<_>, _>>()
            .map_err(AppendError::Operation)?;
        let deps = self.deps_of_next(log);
        let base = match kind {
            Some(kind) if self.is_empty() => ChangeBase::Nothing(DocumentStart::new(kind)),
            Some(_) | None => ChangeBase::Changes {
                deps: &deps,
                sequence: self.next_sequence(log),
                first_counter: self.next_counter()?,
            },
        };
        let draft = ChangeDraft {
            log,
            base,
            operations: &texts,
        };
        let written = write_change(&draft)?;
        let change = Change::of_written(&draft, &written, operations);
        Ok(Appended {
            bytes: written.bytes,
            change,
        })
    }

    /// The kind of document that all the operations can happen to; it must be this one's, where that is known.
    fn kind_to_append(
        &self,
        operations: &[Operation],
    ) -> Result<Option<DocumentKind>, AppendError> {
        let kind = match self.start() {
            Some(_) => self.kind(),
            None => operations.first().map(|operation| operation.body.kind()),
        };
        match operations
            .iter()
            .find(|operation| Some(operation.body.kind()) != kind)
        {
            Some(other) => Err(AppendError::OtherKind {
                name: other.body.name(),
                kind,
            }),
            None => Ok(kind),
        }
    }

    /// What the next change of a log depends on: the heads, and the log's own last change, as Automerge has it too. Where
    /// there are more heads than a change may name, the first of them: each further change leaves fewer.
    pub(crate) fn deps_of_next(&self, log: LogId) -> Vec<ChangeHash> {
        let mut deps: Vec<_> = self.heads().take(DEPS_PER_CHANGE_MAX - 1).collect();
        deps.extend(self.logs.get(&log).map(|(_, hash)| *hash));
        deps.sort_unstable();
        deps.dedup();
        deps
    }

    fn next_sequence(&self, log: LogId) -> NonZeroU64 {
        self.logs
            .get(&log)
            .map_or(NonZeroU64::MIN, |(sequence, _)| sequence.saturating_add(1))
    }

    fn next_counter(&self) -> Result<NonZeroU64, DraftError> {
        NonZeroU64::new(self.last_counter + 1)
            .filter(|counter| counter.get() <= COUNTER_MAX)
            .ok_or(DraftError::CountersUsedUp)
    }
}
