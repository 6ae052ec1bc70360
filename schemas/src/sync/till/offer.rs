//! After a new epoch: the logs of other nodes, tills and the server itself, offered to a server that may have lost them.

use super::{Effect, effects::Effects};
use crate::{
    identity::{LogId, LogPosition, NodeNumber},
    log::LogHead,
    wire::{LogOffer, LogWant, LogWants, Refuse, limits::OFFER_LOGS_MAX},
};

/// The offering of one connection, a page at a time.
#[derive(Debug, Default)]
pub(super) enum Offerer {
    #[default]
    Idle,
    /// The store reads a page of heads.
    Reading,
    /// The server looks at it.
    Offered(Vec<LogHead>),
}

impl Offerer {
    /// Begins from the first log, unless an offer is under way.
    pub(super) fn start(&mut self, effects: &mut Effects) {
        if matches!(self, Self::Idle) {
            *self = Self::Reading;
            effects.emit(Effect::ReadForeignHeads { after: None });
        }
    }

    /// Whether no offer is under way.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    pub(super) fn read(&mut self, mut heads: Vec<LogHead>, own: NodeNumber, effects: &mut Effects) {
        if !matches!(self, Self::Reading) {
            return;
        }
        heads.truncate(OFFER_LOGS_MAX);
        heads.retain(|head| head.log.node() != own);
        if heads.is_empty() {
            *self = Self::Idle;
            return;
        }
        effects.send(LogOffer {
            heads: heads.clone(),
        });
        *self = Self::Offered(heads);
    }

    /// The server's answer: what to push, each up to the position that was offered.
    pub(super) fn wants(
        &mut self,
        wants: LogWants,
        effects: &mut Effects,
    ) -> Result<Vec<(LogWant, LogPosition)>, Refuse> {
        let Self::Offered(heads) = std::mem::take(self) else {
            return Err(Refuse::Protocol);
        };
        let pushes = wants
            .wants
            .into_iter()
            .map(|want| {
                let offered = heads.iter().find(|head| head.log == want.log);
                offered
                    .map(|head| (want, head.position))
                    .ok_or(Refuse::Protocol)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let last: Option<LogId> = heads.last().map(|head| head.log);
        *self = Self::Reading;
        effects.emit(Effect::ReadForeignHeads { after: last });
        Ok(pushes)
    }
}
