//! Filling a feed page, for every engine alike.

use std::collections::BTreeMap;

use holdfast_schemas::{
    identity::{LogId, LogPosition, NodeNumber},
    log::{LogEntry, SignedHead},
    wire::{FeedPage, FeedPosition},
};

use super::FeedLimits;

/// A page that is being filled with the entries of a feed, in order.
pub(super) struct FeedPageBuilder<'a> {
    reader: NodeNumber,
    held: &'a BTreeMap<LogId, LogPosition>,
    page: FeedPage,
    limits: FeedLimits,
    bytes: u64,
}

impl<'a> FeedPageBuilder<'a> {
    /// `held`: what the reader is known to hold of each log.
    pub(super) fn new(
        reader: NodeNumber,
        held: &'a BTreeMap<LogId, LogPosition>,
        after: FeedPosition,
        end: FeedPosition,
        limits: FeedLimits,
    ) -> Self {
        Self {
            reader,
            held,
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

    /// Moves past the next entry if the reader is known to hold it, or if it is another node's and set aside in
    /// quarantine; else it is to be added.
    pub(super) fn pass_over(&mut self, log: LogId, position: LogPosition, aside: bool) -> bool {
        let holds = self.held.get(&log).is_some_and(|up_to| position <= *up_to);
        let passes = holds || (aside && log.node() != self.reader);
        if passes {
            self.page.through = self.page.through.next();
        }
        passes
    }

    pub(super) fn add(&mut self, entry: LogEntry, head: Option<SignedHead>) {
        self.page.through = self.page.through.next();
        self.bytes += entry.change.len() as u64;
        self.page.entries.push(entry);
        self.page.heads.extend(head);
    }

    pub(super) fn finish(self) -> FeedPage {
        self.page
    }
}
