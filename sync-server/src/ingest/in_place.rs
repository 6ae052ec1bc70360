//! Whether a change stands in its document where its author's own writer would have put it.
//!
//! Documents are folded by counter, so a change whose counter is too low would come before what it was written after,
//! and one that is far too high would use up the counters of everybody else. The order of a log's changes in a document
//! must be without gaps for Automerge to read it. A till that keeps to its own writer never fails here; what fails is
//! put aside, whole and with its reason.
//!
//! # What is not there yet
//!
//! A change may name changes that the server does not have: those of a disk that was lost, or that come later after the
//! server was restored from a backup, or that are in quarantine. It is taken all the same. Money that changed hands is
//! a fact and counts now, folds do not need what is missing, and what was lost would keep the fact out for ever. Only
//! the bound on counters is wider then ([`COUNTERS_AHEAD_MAX`]): what is missing can account for no more.

use std::num::NonZeroU64;

use holdfast_schemas::{
    document::OPERATIONS_PER_DOCUMENT_MAX,
    identity::{ChangeHash, DocumentId, LogId, LogPosition},
};

use super::apply::{LogTables, Place};
use crate::store::{QuarantineReason, RecognisedChange, StoreError};

/// How far the counters of a change may be ahead of all that the server knows of the document, where it names changes
/// that the server does not have: as many as an author may give to a document.
const COUNTERS_AHEAD_MAX: u64 = OPERATIONS_PER_DOCUMENT_MAX as u64;

/// What the server's log holds of one document, looked at from one place of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// How many changes of the place's log to the document are at places before it, those in quarantine with them.
    pub(crate) of_log: u64,
    /// The last counter of the newest of these that was accepted.
    pub(crate) last_of_log: Option<NonZeroU64>,
    /// Every accepted change of the document with its last counter.
    pub(crate) changes: Vec<(ChangeHash, NonZeroU64)>,
}

impl Known {
    /// Counts in an accepted change.
    pub(crate) fn accept(
        &mut self,
        place: &Place,
        log: LogId,
        position: LogPosition,
        change: (ChangeHash, NonZeroU64),
    ) {
        if log == place.log && position < place.position {
            self.of_log += 1;
            self.last_of_log = self.last_of_log.max(Some(change.1));
        }
        self.changes.push(change);
    }
}

/// Why a change is not where it should be; none where it is.
pub(super) fn out_of_place(
    tables: &impl LogTables,
    place: &Place,
    document: DocumentId,
    change: &RecognisedChange,
) -> Result<Option<QuarantineReason>, StoreError> {
    let known = tables.known(document, place)?;
    if change.sequence.get() != known.of_log + 1 {
        return Ok(Some(QuarantineReason::SequenceOutOfPlace));
    }
    let fits = counters_fit(change, &known);
    Ok((!fits).then_some(QuarantineReason::CounterOutOfPlace))
}

/// The first counter is greater than the last one of every change that its author had seen, and follows without a gap
/// on what the document had. That is not held against the named changes alone: an author names at most so many of what
/// it has seen, and one of another log that it did not name may be ahead of them.
fn counters_fit(change: &RecognisedChange, known: &Known) -> bool {
    let first = change.first_counter.get();
    let seen = || {
        known
            .changes
            .iter()
            .filter(|(hash, _)| change.deps.contains(hash))
    };
    let after_seen = seen()
        .map(|(_, last)| last.get())
        .chain(known.last_of_log.map(NonZeroU64::get))
        .all(|last| last < first);
    let newest = known.changes.iter().map(|(_, last)| last.get()).max();
    let next = newest.unwrap_or(0) + 1;
    let is_missing = seen().count() < change.deps.len();
    let first_max = if is_missing {
        next + COUNTERS_AHEAD_MAX
    } else {
        next
    };
    after_seen && first <= first_max
}
