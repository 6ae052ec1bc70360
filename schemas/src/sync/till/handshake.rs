//! Hello and welcome, from the till's side.

use super::{Effect, Fork, OwnLog, Phase, TillState, TillSync};
use crate::{
    log::LogHead,
    time::Timestamp,
    wire::{
        Hello, Message, Refuse, Welcome,
        limits::{HANDSHAKE_TIMEOUT_MS, HELLO_LOGS_MAX},
    },
};

impl TillSync {
    /// The connection stands: says hello with what the store has.
    pub(super) fn connected(&mut self, state: TillState, now: Timestamp) {
        if !matches!(self.phase, Phase::Connecting) {
            return;
        }
        self.pusher.load(&state.logs);
        self.puller.load(state.feed, state.reference);
        self.rights.load(&state.rights);
        self.effects.send(Box::new(Hello {
            tenant: self.identity.tenant.clone(),
            store: self.identity.store.clone(),
            node: self.identity.node,
            epoch: state.epoch,
            versions: self.identity.dialect.versions,
            capabilities: self.identity.dialect.capabilities.clone(),
            logs: logs_to_list(&state.logs),
            feed: state.feed,
            reference: state.reference,
            rights: self.rights.claims(),
        }));
        self.phase = Phase::Greeting {
            until: now.plus_milliseconds(HANDSHAKE_TIMEOUT_MS),
            epoch: state.epoch,
            state,
        };
    }

    /// The server's first word.
    pub(super) fn greeted(&mut self, message: Message, now: Timestamp) -> Result<(), Refuse> {
        if let Message::Welcome(welcome) = message {
            return self.welcomed(&welcome, now);
        }
        if let Message::Refuse(reason) = message {
            self.refused(reason);
            return Ok(());
        }
        Err(Refuse::Protocol)
    }

    fn welcomed(&mut self, welcome: &Welcome, now: Timestamp) -> Result<(), Refuse> {
        let Phase::Greeting { epoch, state, .. } = &self.phase else {
            return Err(Refuse::Protocol);
        };
        let ours = self.identity.dialect.versions;
        if welcome.version < ours.oldest || welcome.version > ours.newest {
            return Err(Refuse::Version { versions: ours });
        }
        if let Some(fork) = fork_of(state, &welcome.logs) {
            self.effects.send(Refuse::Fork {
                log: fork.log,
                position: fork.position,
            });
            self.freeze(fork);
            return Ok(());
        }
        self.rights.lost(&welcome.rights_lost, &mut self.effects);
        let new_epoch = *epoch != Some(welcome.epoch);
        let list_was_cut = epoch.is_some() && state.logs.len() >= HELLO_LOGS_MAX;
        if new_epoch {
            self.effects.emit(Effect::BeginEpoch {
                epoch: welcome.epoch,
                durable: welcome.logs.clone(),
            });
            self.offer_due = true;
            if list_was_cut {
                // The store listed only the newest of the logs that the epoch before had acknowledged. Of those beyond
                // the list nothing is acknowledged any more: the next hello has them.
                self.backoff.reset();
                self.close(None);
                return Ok(());
            }
            self.pusher.forget_acknowledged();
            self.puller.forget_cursors();
        }
        self.phase = Phase::Online {
            since: now,
            heard_at: now,
            pinged: false,
        };
        self.pusher.start(&welcome.logs, &mut self.effects);
        self.puller.start(welcome.feed_end, &mut self.effects);
        if self.offer_due {
            self.offerer.start(&mut self.effects);
        }
        self.note_completeness(now);
        self.settle_rights(now);
        Ok(())
    }
}

/// Logs with something to push first, in the store's order; then the newest.
fn logs_to_list(logs: &[OwnLog]) -> Vec<LogHead> {
    let (outstanding, done): (Vec<&OwnLog>, Vec<&OwnLog>) = logs
        .iter()
        .partition(|own| own.acknowledged < own.head.position);
    outstanding
        .into_iter()
        .chain(done.into_iter().rev())
        .take(HELLO_LOGS_MAX)
        .map(|own| own.head)
        .collect()
}

/// The server compared what the till claims. What is left for the till: the same position with another chain hash, and
/// a log that this very process writes and of which the server has more than the process wrote.
fn fork_of(state: &TillState, durable: &[LogHead]) -> Option<Fork> {
    durable.iter().find_map(|theirs| {
        let own = state.logs.iter().find(|own| own.head.log == theirs.log)?;
        let differs = own.head.position == theirs.position && own.head.chain != theirs.chain;
        let overtaken = state.current == Some(theirs.log) && theirs.position > own.head.position;
        (differs || overtaken).then_some(Fork {
            log: theirs.log,
            position: own.head.position,
        })
    })
}
