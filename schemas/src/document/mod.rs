//! A document: the set of operations of the changes that are known of it.
//!
//! Merging is set union, so it commutes, associates and repeats for free: whatever the order in which changes arrive, and
//! however often, the document is the same. What the operations mean is said by the folds over them, never here.

mod append;
pub mod automerge;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU64,
};

pub use append::{AppendError, Appended};

use crate::{
    change::{Change, DocumentStart},
    identity::{ChangeHash, DocumentId, LogId, OperationId},
    operation::{DocumentKind, Recorded},
};

/// The most operations that a document may be given; appending is refused beyond it. What others appended at once is
/// still merged.
pub const OPERATIONS_PER_DOCUMENT_MAX: usize = 16_384;

/// What is known of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    id: DocumentId,
    changes: BTreeSet<ChangeHash>,
    /// Every change that a known change depends on, known itself or not.
    deps: BTreeSet<ChangeHash>,
    starts: BTreeMap<OperationOrigin, DocumentStart>,
    operations: BTreeMap<OperationId, (ChangeHash, Recorded)>,
    /// The last change of each log.
    logs: BTreeMap<LogId, (NonZeroU64, ChangeHash)>,
    last_counter: u64,
}

/// Where a start stands: its log, then its change. The first one counts.
type OperationOrigin = (LogId, ChangeHash);

impl Document {
    /// A document of which nothing is known yet.
    #[must_use]
    pub fn new(id: DocumentId) -> Self {
        Self {
            id,
            changes: BTreeSet::new(),
            deps: BTreeSet::new(),
            starts: BTreeMap::new(),
            operations: BTreeMap::new(),
            logs: BTreeMap::new(),
            last_counter: 0,
        }
    }

    /// The document that these changes make up, in whatever order.
    #[must_use]
    pub fn from_changes(id: DocumentId, changes: impl IntoIterator<Item = Change>) -> Self {
        let mut document = Self::new(id);
        for change in changes {
            document.insert(change);
        }
        document
    }

    /// Adds a change; `false` where it was there already.
    ///
    /// Should two changes claim one operation id, which only a forged or forked log can bring about, then that of the
    /// smaller hash counts, whichever came first.
    pub fn insert(&mut self, change: Change) -> bool {
        let hash = change.hash();
        if !self.changes.insert(hash) {
            return false;
        }
        let log = change.log();
        self.deps.extend(change.deps());
        if let Some(start) = change.start() {
            self.starts.insert((log, hash), start.clone());
        }
        self.last_counter = self.last_counter.max(change.last_counter().get());
        let last = (change.sequence(), hash);
        let newest = self.logs.entry(log).or_insert(last);
        *newest = last.max(*newest);
        for operation in change.into_operations() {
            let claimed = self.operations.get(&operation.id);
            if claimed.is_none_or(|(claimant, _)| hash < *claimant) {
                self.operations
                    .insert(operation.id, (hash, operation.recorded));
            }
        }
        true
    }

    /// The document's key.
    #[must_use]
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// What its first change says of it; `None` as long as that change is missing.
    #[must_use]
    pub fn start(&self) -> Option<&DocumentStart> {
        self.starts.first_key_value().map(|(_, start)| start)
    }

    /// Its kind; `None` as long as its first change is missing, or where this version doesn't know the kind.
    #[must_use]
    pub fn kind(&self) -> Option<DocumentKind> {
        self.start().and_then(|start| start.kind.known())
    }

    /// Its operations in the order in which they are folded: by counter, then by log.
    pub fn operations(&self) -> impl DoubleEndedIterator<Item = (OperationId, &Recorded)> + Clone {
        self.operations
            .iter()
            .map(|(id, (_, recorded))| (*id, recorded))
    }

    /// One operation.
    #[must_use]
    pub fn operation(&self, id: OperationId) -> Option<&Recorded> {
        self.operations.get(&id).map(|(_, recorded)| recorded)
    }

    /// How many operations it has.
    #[must_use]
    pub fn operation_count(&self) -> usize {
        self.operations.len()
    }

    /// Whether nothing is known of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The hashes of its changes, ascending.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = ChangeHash> {
        self.changes.iter().copied()
    }

    /// Whether it has this change.
    #[must_use]
    pub fn contains(&self, change: ChangeHash) -> bool {
        self.changes.contains(&change)
    }

    /// The changes that no other known change depends on, ascending.
    pub fn heads(&self) -> impl Iterator<Item = ChangeHash> {
        self.changes.difference(&self.deps).copied()
    }

    /// The changes that are depended on and not known, ascending. They never stop a fold.
    pub fn missing_deps(&self) -> impl Iterator<Item = ChangeHash> {
        self.deps.difference(&self.changes).copied()
    }

    /// The largest Lamport counter of any operation; 0 for none.
    #[must_use]
    pub fn last_counter(&self) -> u64 {
        self.last_counter
    }

    /// The logs that wrote to it, with the number of the last change of each.
    pub fn logs(&self) -> impl Iterator<Item = (LogId, NonZeroU64)> {
        self.logs
            .iter()
            .map(|(log, (sequence, _))| (*log, *sequence))
    }
}
