//! What the sync driver needs of the file: T3, a new epoch, own stretches of a log, and freezing.

use holdfast_schemas::{
    identity::{LogId, LogPosition},
    log::{HeadSigner, LogHead, SignedHead, chain},
    planted::{self, Planted},
    sync::till::{LogRead, LogStretch, OwnLog, TillState},
    wire::{
        ServerEpoch,
        limits::{FRAME_CHANGES_MAX, HELLO_LOGS_MAX, PAGE_BYTES_TARGET},
    },
};
use rusqlite::Transaction;

use super::Engine;
use crate::store::{LogState, StoreError, log, reference, rights, sync, unsent};

/// The most own logs with something unsent that one hello lists. A log is one run of the software.
const UNACKNOWLEDGED_LOGS_MAX: usize = 4096;

impl Engine {
    /// What the hello says, read in one go.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sync_state(&self) -> Result<TillState, StoreError> {
        self.store().read(|transaction| {
            let position = sync::position(transaction)?;
            let mut logs = log::unacknowledged(transaction, UNACKNOWLEDGED_LOGS_MAX)?;
            for newest in log::newest(transaction, true, HELLO_LOGS_MAX)?
                .into_iter()
                .rev()
            {
                if !logs.iter().any(|known| known.head.log == newest.head.log) {
                    logs.push(newest);
                }
            }
            Ok(TillState {
                epoch: position.epoch,
                feed: position.feed,
                reference: reference::version(transaction)?,
                current: log::state(transaction, self.log())?.map(|state| state.head.log),
                logs: logs.iter().map(own_log).collect(),
                rights: rights::of_till(transaction)?,
            })
        })
    }

    /// T3: the server of the present epoch has a log durable up to here. Never goes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn acknowledge(&mut self, log: LogId, position: LogPosition) -> Result<(), StoreError> {
        let transaction = self.store_mut().begin()?;
        unsent::acknowledge(&transaction, log, position)?;
        transaction.commit()?;
        Ok(())
    }

    /// Begins a server's epoch: the feed and the reference data from their beginning, and of own logs nothing is
    /// acknowledged but what the server says it has. All data stay.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_epoch(
        &mut self,
        epoch: ServerEpoch,
        durable: &[LogHead],
    ) -> Result<(), StoreError> {
        let transaction = self.store_mut().begin()?;
        sync::put_epoch(&transaction, epoch)?;
        reference::restart(&transaction)?;
        if !planted::is(Planted::AcknowledgedKeptOverEpoch) {
            log::forget_acknowledged(&transaction)?;
        }
        log::forget_fed(&transaction)?;
        for head in durable {
            if let Some(state) = log::state(&transaction, head.log)? {
                let both = head.position.min(state.head.position);
                log::raise_acknowledged(&transaction, head.log, both)?;
            }
        }
        unsent::recount(&transaction)?;
        transaction.commit()?;
        Ok(())
    }

    /// Freezes the till, durably: one of its logs has two histories. It sells nothing until a person has looked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn freeze(&mut self, log: LogId, position: LogPosition) -> Result<(), StoreError> {
        let transaction = self.store_mut().begin()?;
        log::put_fork(&transaction, log, position)?;
        transaction.commit()?;
        Ok(())
    }

    /// A stretch of a log to send, with the head that proves it: signed now for an own log; for another till's log it
    /// ends at the first signed head that was kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read_log(
        &self,
        log: LogId,
        after: LogPosition,
        signer: &impl HeadSigner,
    ) -> Result<LogRead, StoreError> {
        let tenant = &self.till().tenant;
        let stretch = self.store().read(|transaction| {
            let Some(state) = log::state(transaction, log)? else {
                return Ok::<_, StoreError>(None);
            };
            if !state.own {
                return foreign_stretch(transaction, &state, after);
            }
            let entries = log::entries_after(
                transaction,
                log,
                after,
                FRAME_CHANGES_MAX,
                PAGE_BYTES_TARGET,
            )?;
            let Some(last) = entries.last().map(|entry| entry.position) else {
                return Ok(None);
            };
            let head = head_at(transaction, &state, last)?;
            Ok(head.map(|head| LogStretch {
                entries,
                head: SignedHead::sign(head, tenant, signer),
            }))
        })?;
        Ok(LogRead {
            log,
            after,
            stretch,
        })
    }
}

fn own_log(state: &LogState) -> OwnLog {
    OwnLog {
        head: state.head,
        acknowledged: state.acknowledged,
    }
}

fn foreign_stretch(
    transaction: &Transaction<'_>,
    state: &LogState,
    after: LogPosition,
) -> Result<Option<LogStretch>, StoreError> {
    let log = state.head.log;
    let Some(head) = log::signed_head_after(transaction, log, after)? else {
        return Ok(None);
    };
    if head.head.position > state.head.position {
        return Ok(None);
    }
    let mut entries = log::entries_after(
        transaction,
        log,
        after,
        FRAME_CHANGES_MAX,
        PAGE_BYTES_TARGET,
    )?;
    entries.retain(|entry| entry.position <= head.head.position);
    let whole = entries.last().map(|entry| entry.position) == Some(head.head.position);
    Ok(whole.then_some(LogStretch { entries, head }))
}

/// The head of a log as it was at a position that is here without gaps.
pub(super) fn head_at(
    transaction: &Transaction<'_>,
    state: &LogState,
    position: LogPosition,
) -> Result<Option<LogHead>, StoreError> {
    if position == state.head.position {
        return Ok(Some(state.head));
    }
    if position > state.head.position {
        return Ok(None);
    }
    let log = state.head.log;
    let mut head = match log::last_chain(transaction, log, position)? {
        Some((position, chain)) => LogHead {
            log,
            position,
            chain,
        },
        None => LogHead::start(log),
    };
    // What came out of order was stored without its chain.
    for link in log::links_between(transaction, log, head.position, position)? {
        head.chain = chain(head.chain, link.position, link.document, link.hash);
        head.position = link.position;
    }
    Ok((head.position == position).then_some(head))
}
