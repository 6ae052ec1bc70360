//! What the sync machine wants of the till's file, one call each.

use std::sync::Arc;

use holdfast_schemas::{
    identity::{ChangeHash, LogId, LogPosition, NodeNumber},
    log::{LogEntry, LogHead},
    sync::till::{Fork, Input, TillState},
    wire::{FeedPage, HeldRight, ReferencePage, Right, ServerEpoch, limits::OFFER_LOGS_MAX},
};

use crate::{
    engine::{Origin, Trouble, Yielded},
    enrol::TillSigner,
    handle::{CallError, NodeHandle},
    store::{Store, StoreError},
};

/// The engine is gone, or the file failed: the driver stops, and begins anew from what the file holds.
pub(super) type StorageError = CallError<StoreError>;

/// The till's file, as the driver uses it. What a method stores is durable when it returns.
pub(super) struct Storage {
    pub(super) handle: NodeHandle,
    pub(super) signer: Arc<TillSigner>,
}

impl Storage {
    pub(super) async fn state(&self) -> Result<TillState, StorageError> {
        self.handle.engine(|engine, _| engine.sync_state()).await
    }

    /// The head of a log of this file.
    pub(super) async fn head(&self, log: LogId) -> Result<Option<LogHead>, StorageError> {
        let state = self.handle.query(move |store| store.log_state(log)).await?;
        Ok(state.map(|state| state.head))
    }

    pub(super) async fn begin_epoch(
        &self,
        epoch: ServerEpoch,
        durable: Vec<LogHead>,
    ) -> Result<(), StorageError> {
        self.handle
            .engine(move |engine, _| engine.begin_epoch(epoch, &durable))
            .await
    }

    pub(super) async fn acknowledge(
        &self,
        log: LogId,
        position: LogPosition,
    ) -> Result<(), StorageError> {
        self.handle
            .engine(move |engine, _| engine.acknowledge(log, position))
            .await
    }

    pub(super) async fn read_log(
        &self,
        log: LogId,
        after: LogPosition,
    ) -> Result<Input, StorageError> {
        let signer = Arc::clone(&self.signer);
        self.handle
            .engine(move |engine, _| engine.read_log(log, after, signer.as_ref()))
            .await
            .map(Input::LogRead)
    }

    pub(super) async fn apply_feed_page(&self, page: FeedPage) -> Result<Input, StorageError> {
        let through = page.through;
        let applied = self
            .handle
            .engine(move |engine, now| engine.apply_feed_page(&page, now))
            .await?;
        warn_of_quarantine(applied.quarantined);
        Ok(Input::FeedPageApplied { through })
    }

    pub(super) async fn apply_reference_page(
        &self,
        page: ReferencePage,
    ) -> Result<Input, StorageError> {
        let through = page.through;
        self.handle
            .engine(move |engine, _| engine.apply_reference_page(&page))
            .await?;
        Ok(Input::ReferencePageApplied { through })
    }

    pub(super) async fn foreign_heads(&self, after: Option<LogId>) -> Result<Input, StorageError> {
        self.handle
            .query(move |store| store.provable_heads(after, OFFER_LOGS_MAX))
            .await
            .map(Input::ForeignHeadsRead)
    }

    pub(super) async fn digest(&self) -> Result<Input, StorageError> {
        let (through, buckets) = self.handle.query(Store::digest).await?;
        Ok(Input::DigestRead { through, buckets })
    }

    pub(super) async fn missing(&self, hashes: Vec<ChangeHash>) -> Result<Input, StorageError> {
        self.handle
            .query(move |store| store.missing(&hashes))
            .await
            .map(Input::MissingFound)
    }

    /// Takes entries that did not come by the feed.
    pub(super) async fn apply_entries(
        &self,
        entries: Vec<LogEntry>,
        origin: Origin,
    ) -> Result<(), StorageError> {
        let applied = self
            .handle
            .engine(move |engine, now| engine.apply_entries(&entries, origin, now))
            .await?;
        warn_of_quarantine(applied.quarantined);
        Ok(())
    }

    pub(super) async fn rights(&self) -> Result<Input, StorageError> {
        self.handle
            .engine(|engine, _| engine.rights())
            .await
            .map(Input::RightsRead)
    }

    pub(super) async fn keep_right(&self, held: HeldRight) -> Result<(), StorageError> {
        self.handle
            .engine(move |engine, _| engine.keep_right(&held))
            .await
    }

    pub(super) async fn give_up_right(
        &self,
        right: Right,
        to: Option<NodeNumber>,
    ) -> Result<(), StorageError> {
        self.handle
            .engine(move |engine, _| engine.give_up_right(&right, to))
            .await
    }

    pub(super) async fn yield_right(&self, right: Right) -> Result<Yielded, StorageError> {
        self.handle
            .engine(move |engine, _| engine.yield_right(&right))
            .await
    }

    pub(super) async fn forget_rights(&self, settled: Vec<Right>) -> Result<(), StorageError> {
        self.handle
            .engine(move |engine, _| engine.forget_rights(&settled))
            .await
    }

    pub(super) async fn note_trouble(&self, trouble: Option<Trouble>) -> Result<(), StorageError> {
        self.handle
            .engine(move |engine, now| engine.note_trouble(trouble, now))
            .await
    }

    pub(super) async fn freeze(&self, fork: Fork) -> Result<(), StorageError> {
        self.handle
            .engine(move |engine, _| engine.freeze(fork.log, fork.position))
            .await
    }
}

fn warn_of_quarantine(changes: usize) {
    if changes > 0 {
        tracing::warn!(
            changes,
            "changes came that can't be taken; they are in quarantine"
        );
    }
}
