//! Logs, the feed and quarantine: how far the file is with the server, and what it can prove.

use holdfast_schemas::{
    identity::{ChangeHash, LogId, LogPosition},
    log::{LogEntry, LogHead},
    wire::{Buckets, FeedPosition},
};

use crate::store::{LogState, Quarantined, Store, StoreError, SyncPosition, log, sync};

impl Store {
    /// What came and could not be taken, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn quarantine(&self, changes_max: usize) -> Result<Vec<Quarantined>, StoreError> {
        self.read(|transaction| sync::quarantine(transaction, changes_max))
    }

    /// How far the file is with the server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sync_position(&self) -> Result<SyncPosition, StoreError> {
        self.read(sync::position)
    }

    /// The till's newest logs, newest first: what the hello says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_logs(&self, logs_max: usize) -> Result<Vec<LogState>, StoreError> {
        self.read(|transaction| log::newest(transaction, true, logs_max))
    }

    /// The till's logs of which the server does not have everything yet, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unacknowledged_logs(&self, logs_max: usize) -> Result<Vec<LogState>, StoreError> {
        self.read(|transaction| log::unacknowledged(transaction, logs_max))
    }

    /// Other tills' logs after one of them, ascending, each at its newest signed head up to which it is here without
    /// gaps. Never the server's own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn provable_heads(
        &self,
        after: Option<LogId>,
        logs_max: usize,
    ) -> Result<Vec<LogHead>, StoreError> {
        self.read(|transaction| log::provable_heads(transaction, after, logs_max))
    }

    /// The log of this till that has two histories, and where they differ; the till is frozen then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn fork(&self) -> Result<Option<(LogId, LogPosition)>, StoreError> {
        self.read(log::fork)
    }

    /// What the file knows of one log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn log_state(&self, log: LogId) -> Result<Option<LogState>, StoreError> {
        self.read(|transaction| log::state(transaction, log))
    }

    /// A page of a log after a position: at most so many entries and bytes of changes, but one entry at least, if
    /// there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn entries_after(
        &self,
        log: LogId,
        after: LogPosition,
        entries_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        self.read(|transaction| log::entries_after(transaction, log, after, entries_max, bytes_max))
    }

    /// Those of these changes that are here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn entries_by_hash(&self, hashes: &[ChangeHash]) -> Result<Vec<LogEntry>, StoreError> {
        self.read(|transaction| {
            let found = hashes
                .iter()
                .filter_map(|hash| log::entry_by_hash(transaction, hash).transpose());
            found.collect()
        })
    }

    /// Those of these changes that are not here, or not known to be of the feed yet: what a repair asks for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn missing(&self, hashes: &[ChangeHash]) -> Result<Vec<ChangeHash>, StoreError> {
        self.read(|transaction| {
            let mut missing = Vec::new();
            for hash in hashes {
                if !log::holds_repaired(transaction, hash)? {
                    missing.push(*hash);
                }
            }
            Ok(missing)
        })
    }

    /// The feed's cursor, and the digest of what others wrote up to there, without orders that were only looked up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn digest(&self) -> Result<(FeedPosition, Buckets), StoreError> {
        self.read(|transaction| Ok((sync::position(transaction)?.feed, log::digest(transaction)?)))
    }
}
