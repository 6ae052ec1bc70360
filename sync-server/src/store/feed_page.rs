//! Filling a feed page, for every engine alike.

use std::collections::BTreeMap;

use holdfast_schemas::{
    identity::{LogId, LogPosition},
    log::SignedHead,
    wire::{FeedPage, FeedPosition},
};

use super::{FeedLimits, StoredEntry};

/// A page that is being filled with the entries of a feed, in order.
pub(super) struct FeedPageBuilder {
    page: FeedPage,
    limits: FeedLimits,
    bytes: u64,
}

impl FeedPageBuilder {
    pub(super) fn new(after: FeedPosition, end: FeedPosition, limits: FeedLimits) -> Self {
        Self {
            page: FeedPage {
                after,
                through: after,
                end,
                entries: Vec::new(),
                heads: Vec::new(),
            },
            limits,
            bytes: 0,
        }
    }

    /// Whether no further entry may be looked at.
    pub(super) fn is_full(&self) -> bool {
        let entries = u32::try_from(self.page.entries.len()).unwrap_or(u32::MAX);
        entries >= self.limits.entries_max.max(1)
            || self.bytes >= self.limits.bytes_target.max(1)
            || self.page.through.get() - self.page.after.get() >= self.limits.looked_at_max.max(1)
    }

    /// Moves past the next entry if the reader is known to hold it; else it is to be added.
    pub(super) fn pass_over(
        &mut self,
        held: &BTreeMap<LogId, LogPosition>,
        log: LogId,
        position: LogPosition,
    ) -> bool {
        let holds = held.get(&log).is_some_and(|up_to| position <= *up_to);
        if holds {
            self.page.through = self.page.through.next();
        }
        holds
    }

    pub(super) fn add(&mut self, entry: StoredEntry, head: Option<SignedHead>) {
        self.page.through = self.page.through.next();
        self.bytes += entry.bytes.len() as u64;
        self.page.entries.push(entry.into());
        self.page.heads.extend(head);
    }

    pub(super) fn finish(self) -> FeedPage {
        self.page
    }
}
