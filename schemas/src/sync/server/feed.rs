//! Feed and reference data on their way down: one page for each pull, as soon as there is something.

use std::collections::BTreeMap;

use super::{Effect, effects::Effects};
use crate::{
    identity::{LogId, LogPosition, PriceListVersion},
    time::Timestamp,
    wire::{
        FeedPage, FeedPosition, Pong, ReferencePage, Refuse,
        limits::{FEED_SILENCE_MAX, HELD_LOGS_MAX},
    },
};

/// The feed of one connection.
#[derive(Debug, Default)]
pub(super) struct FeedSender {
    end: FeedPosition,
    /// Where the till's pull asks from; none while no pull waits.
    pulled: Option<FeedPosition>,
    /// Up to where the feed was looked through for that pull.
    scanned: FeedPosition,
    reading: bool,
    /// Whether the till was told since its pull that there is nothing more.
    told: bool,
    /// What the till is known to hold: nothing of it is sent.
    held: BTreeMap<LogId, LogPosition>,
}

impl FeedSender {
    pub(super) fn start(&mut self, end: FeedPosition) {
        self.end = end;
    }

    /// The till has this log without gaps up to here.
    pub(super) fn holds(&mut self, log: LogId, position: LogPosition) {
        if self.held.len() < HELD_LOGS_MAX || self.held.contains_key(&log) {
            let held = self.held.entry(log).or_default();
            *held = position.max(*held);
        }
    }

    pub(super) fn pull(
        &mut self,
        after: FeedPosition,
        now: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), Refuse> {
        if self.pulled.is_some() {
            return Err(Refuse::Protocol);
        }
        self.pulled = Some(after);
        self.scanned = after;
        self.told = false;
        self.pump(now, effects);
        Ok(())
    }

    pub(super) fn grew(&mut self, end: FeedPosition, now: Timestamp, effects: &mut Effects) {
        self.end = self.end.max(end);
        self.pump(now, effects);
    }

    pub(super) fn read(&mut self, page: FeedPage, now: Timestamp, effects: &mut Effects) {
        if !std::mem::take(&mut self.reading) || page.after != self.scanned {
            return;
        }
        let Some(after) = self.pulled else {
            return;
        };
        if page.through <= page.after {
            // The store has less than was announced: a feed that is read from a snapshot a moment old.
            self.end = page.after;
        } else {
            self.end = self.end.max(page.end);
            self.scanned = page.through;
        }
        let silent = self.scanned.get().saturating_sub(after.get());
        if page.entries.is_empty() && silent < FEED_SILENCE_MAX {
            self.pump(now, effects);
            return;
        }
        self.pulled = None;
        effects.send(FeedPage {
            after,
            through: self.scanned,
            end: self.end.max(self.scanned),
            ..page
        });
    }

    /// Whether the till waits, and there is nothing for it.
    pub(super) fn is_complete(&self) -> bool {
        self.pulled.is_some() && !self.reading && self.scanned >= self.end
    }

    fn pump(&mut self, now: Timestamp, effects: &mut Effects) {
        if self.pulled.is_some() && !self.reading && self.scanned < self.end {
            self.reading = true;
            effects.emit(Effect::ReadFeed {
                after: self.scanned,
                held: self.held.iter().map(|(log, to)| (*log, *to)).collect(),
            });
        } else if self.is_complete() && !self.told {
            self.told = true;
            effects.send(Pong {
                complete: true,
                now,
            });
        }
    }
}

/// The reference data of one connection.
#[derive(Debug, Default)]
pub(super) struct ReferenceSender {
    end: PriceListVersion,
    pulled: Option<PriceListVersion>,
    reading: bool,
}

impl ReferenceSender {
    pub(super) fn start(&mut self, end: PriceListVersion) {
        self.end = end;
    }

    pub(super) fn pull(
        &mut self,
        after: PriceListVersion,
        effects: &mut Effects,
    ) -> Result<(), Refuse> {
        if self.pulled.is_some() {
            return Err(Refuse::Protocol);
        }
        self.pulled = Some(after);
        self.pump(effects);
        Ok(())
    }

    pub(super) fn grew(&mut self, end: PriceListVersion, effects: &mut Effects) {
        self.end = self.end.max(end);
        self.pump(effects);
    }

    pub(super) fn read(&mut self, page: ReferencePage, effects: &mut Effects) {
        if !std::mem::take(&mut self.reading) || self.pulled != Some(page.after) {
            return;
        }
        if page.through <= page.after {
            self.end = page.after;
            return;
        }
        self.pulled = None;
        effects.send(page);
    }

    fn pump(&mut self, effects: &mut Effects) {
        if let Some(after) = self.pulled
            && !self.reading
            && after < self.end
        {
            self.reading = true;
            effects.emit(Effect::ReadReference { after });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::NodeNumber;

    /// Found by an attack: each log that a till named was remembered, for as long as its connection lived.
    #[test]
    fn a_till_that_sends_logs_without_end_is_remembered_up_to_a_bound() {
        let mut sender = FeedSender::default();
        let log = |number: usize| {
            let mut random = [0; 12];
            random[..8].copy_from_slice(&number.to_le_bytes());
            LogId::new(NodeNumber::new(7).expect("in range"), random)
        };
        let position = |number| LogPosition::new(number).expect("in range");
        for number in 0..2 * HELD_LOGS_MAX {
            sender.holds(log(number), position(1));
        }
        assert_eq!(sender.held.len(), HELD_LOGS_MAX);
        sender.holds(log(0), position(9));
        assert_eq!(sender.held[&log(0)], position(9), "known ones still rise");
    }
}
