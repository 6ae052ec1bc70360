//! Own changes on their way up, and other tills' logs that the server asked for.

use std::collections::VecDeque;

use super::{Effect, LogRead, OwnLog, effects::Effects};
use crate::{
    identity::{LogId, LogPosition},
    log::LogHead,
    planted::{self, Planted},
    wire::{LogWant, Push, PushAck, PushOutcome, Refuse, limits::PUSH_FRAMES_IN_FLIGHT_MAX},
};

/// How often the server may make a till go back within one connection. More is a server that never gets anywhere.
const REWINDS_MAX: u32 = 64;

/// One log on its way.
#[derive(Debug)]
struct Lane {
    log: LogId,
    own: bool,
    /// The end of what the till has.
    end: LogPosition,
    /// Up to where it was sent.
    sent: LogPosition,
    /// Up to where it is acknowledged.
    durable: LogPosition,
    /// Counts what makes the frames in flight void, to tell them from those that are sent after it.
    round: u32,
}

#[derive(Debug)]
struct InFlight {
    log: LogId,
    end: LogPosition,
    round: u32,
}

/// The push side of one connection. Frames are answered in their order; after a rewind a log is sent again from where
/// the server has it.
#[derive(Debug, Default)]
pub(super) struct Pusher {
    online: bool,
    lanes: Vec<Lane>,
    reading: Option<(LogId, LogPosition)>,
    in_flight: VecDeque<InFlight>,
    rewinds: u32,
    quarantined: u64,
}

impl Pusher {
    /// A connection opens: forgets all but what the store says.
    pub(super) fn load(&mut self, logs: &[OwnLog]) {
        *self = Self {
            quarantined: self.quarantined,
            ..Self::default()
        };
        self.lanes = logs
            .iter()
            .map(|own| Lane {
                log: own.head.log,
                own: true,
                end: own.head.position,
                sent: own.acknowledged,
                durable: own.acknowledged,
                round: 0,
            })
            .collect();
    }

    /// The server's epoch is another: nothing is acknowledged any more.
    pub(super) fn forget_acknowledged(&mut self) {
        for lane in &mut self.lanes {
            lane.sent = LogPosition::START;
            lane.durable = LogPosition::START;
        }
    }

    /// The handshake is done: what the server has durable is known for the logs of the hello.
    pub(super) fn start(&mut self, durable: &[LogHead], effects: &mut Effects) {
        for head in durable {
            let Some(lane) = self.lane(head.log) else {
                continue;
            };
            // Also where the server has less than it once acknowledged: what it lost is sent again.
            lane.sent = head.position;
            if lane.durable < head.position {
                lane.durable = head.position.min(lane.end);
                effects.emit(Effect::StoreAcknowledged {
                    log: head.log,
                    position: lane.durable,
                });
            }
        }
        self.online = true;
        self.pump(effects);
    }

    /// The connection is gone.
    pub(super) fn stop(&mut self) {
        self.online = false;
        self.reading = None;
        self.in_flight.clear();
        self.lanes.retain(|lane| lane.own);
    }

    /// The till wrote an entry.
    pub(super) fn committed(&mut self, head: LogHead, effects: &mut Effects) {
        match self.lane(head.log) {
            Some(lane) => lane.end = lane.end.max(head.position),
            None => self.lanes.push(Lane {
                log: head.log,
                own: true,
                end: head.position,
                sent: LogPosition::START,
                durable: LogPosition::START,
                round: 0,
            }),
        }
        self.pump(effects);
    }

    /// The server lacks the end of another till's log.
    pub(super) fn wanted(&mut self, want: LogWant, end: LogPosition, effects: &mut Effects) {
        if self.lane(want.log).is_none() {
            self.lanes.push(Lane {
                log: want.log,
                own: false,
                end,
                sent: want.after,
                durable: want.after,
                round: 0,
            });
        }
        self.pump(effects);
    }

    /// The store read a stretch.
    pub(super) fn read(&mut self, read: LogRead, effects: &mut Effects) {
        if self.reading != Some((read.log, read.after)) {
            return;
        }
        self.reading = None;
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.log == read.log) else {
            return;
        };
        match read.stretch {
            Some(stretch) if lane.sent == read.after => {
                let end = stretch.head.head.position;
                lane.sent = end;
                lane.end = lane.end.max(end);
                self.in_flight.push_back(InFlight {
                    log: read.log,
                    end,
                    round: lane.round,
                });
                effects.send(Push {
                    after: read.after,
                    entries: stretch.entries,
                    head: stretch.head,
                });
            }
            // A rewind came while it was read: read again from there.
            Some(_) => {}
            None => lane.end = lane.sent,
        }
        self.pump(effects);
    }

    /// The server answered the oldest frame in flight.
    pub(super) fn acknowledged(
        &mut self,
        ack: PushAck,
        effects: &mut Effects,
    ) -> Result<(), Refuse> {
        let frame = self.in_flight.pop_front().ok_or(Refuse::Protocol)?;
        if frame.log != ack.log {
            return Err(Refuse::Protocol);
        }
        let lane = self.lane(ack.log).ok_or(Refuse::Protocol)?;
        match ack.outcome {
            PushOutcome::Stored { durable, .. } if durable < frame.end => {
                return Err(Refuse::Protocol);
            }
            PushOutcome::Stored {
                durable,
                quarantined,
            } => {
                lane.sent = lane.sent.max(durable);
                let durable = if planted::is(Planted::AcknowledgedTooFar) {
                    lane.end
                } else {
                    durable
                };
                if lane.durable < durable {
                    lane.durable = durable;
                    if lane.own {
                        effects.emit(Effect::StoreAcknowledged {
                            log: ack.log,
                            position: durable,
                        });
                    }
                }
                self.quarantined = self.quarantined.saturating_add(u64::from(quarantined));
            }
            PushOutcome::Rewind { durable } if frame.round == lane.round => {
                lane.round += 1;
                lane.sent = durable;
                self.rewinds += 1;
            }
            // Sent before the rewind that another frame caused.
            PushOutcome::Rewind { .. } => {}
            PushOutcome::NotTaken if lane.own => return Err(Refuse::Protocol),
            // What is in flight behind it will not fit either: its rewinds are passed over.
            PushOutcome::NotTaken => {
                lane.round += 1;
                lane.end = lane.sent;
            }
        }
        if self.rewinds > REWINDS_MAX {
            return Err(Refuse::Protocol);
        }
        self.pump(effects);
        Ok(())
    }

    /// How many own entries are not acknowledged.
    pub(super) fn unacknowledged(&self) -> u64 {
        self.lanes
            .iter()
            .filter(|lane| lane.own)
            .map(|lane| lane.end.get().saturating_sub(lane.durable.get()))
            .sum()
    }

    /// Whether nothing of other tills' logs is still to be sent or answered.
    pub(super) fn is_done_with_others(&self) -> bool {
        let mut others = self.lanes.iter().filter(|lane| !lane.own);
        others.all(|lane| {
            lane.sent >= lane.end && self.in_flight.iter().all(|frame| frame.log != lane.log)
        })
    }

    pub(super) fn quarantined(&self) -> u64 {
        self.quarantined
    }

    fn lane(&mut self, log: LogId) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.log == log)
    }

    /// Reads the next stretch, if there is one and it may be sent. Own logs first, as they were loaded: oldest first.
    fn pump(&mut self, effects: &mut Effects) {
        if !self.online
            || self.reading.is_some()
            || self.in_flight.len() >= PUSH_FRAMES_IN_FLIGHT_MAX
        {
            return;
        }
        let next = self
            .lanes
            .iter()
            .filter(|lane| lane.sent < lane.end)
            .min_by_key(|lane| !lane.own);
        if let Some(lane) = next {
            let (log, after) = (lane.log, lane.sent);
            self.reading = Some((log, after));
            effects.emit(Effect::ReadLog { log, after });
        }
    }
}
