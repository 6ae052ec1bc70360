//! Pushed frames: a few at once, each answered in its order.

use std::collections::VecDeque;

use super::{Effect, Ingested, effects::Effects};
use crate::{
    identity::{LogId, NodeNumber},
    wire::{Push, PushAck, PushOutcome, Refuse, limits::PUSH_FRAMES_IN_FLIGHT_MAX},
};

/// The frames of one connection that are being stored.
#[derive(Debug, Default)]
pub(super) struct Ingester {
    logs: VecDeque<LogId>,
}

impl Ingester {
    pub(super) fn push(&mut self, push: Push, effects: &mut Effects) -> Result<(), Refuse> {
        if self.logs.len() >= PUSH_FRAMES_IN_FLIGHT_MAX || !push.is_gapless() {
            return Err(Refuse::Protocol);
        }
        self.logs.push_back(push.log());
        effects.emit(Effect::Ingest(push));
        Ok(())
    }

    /// Answers the oldest frame. A log of the peer's own that is not what it should be ends the session; another
    /// till's is merely not taken, since the peer can't help it.
    pub(super) fn ingested(
        &mut self,
        ingested: Ingested,
        peer: NodeNumber,
        effects: &mut Effects,
    ) -> Result<(), Refuse> {
        let Some(log) = self.logs.pop_front() else {
            return Ok(());
        };
        let own = log.node() == peer;
        let outcome = match ingested {
            Ingested::Stored {
                durable,
                quarantined,
            } => PushOutcome::Stored {
                durable,
                quarantined,
            },
            Ingested::Gap { durable } => PushOutcome::Rewind { durable },
            Ingested::Fork { position } if own => return Err(Refuse::Fork { log, position }),
            Ingested::Unproved if own => return Err(Refuse::Unproved { log }),
            Ingested::Fork { .. } | Ingested::Unproved => PushOutcome::NotTaken,
        };
        effects.send(PushAck { log, outcome });
        Ok(())
    }

    pub(super) fn is_idle(&self) -> bool {
        self.logs.is_empty()
    }
}
