//! A till's end of the sync.

mod effects;
mod handshake;
mod io;
mod offer;
mod pull;
mod push;
mod repair;
mod rights;

pub use io::*;

use self::{
    effects::Effects, offer::Offerer, pull::Puller, push::Pusher, repair::Repairer, rights::Rights,
};
use super::{
    asks::{Arrived, Asks},
    backoff::Backoff,
};
use crate::{
    time::Timestamp,
    wire::{
        Answer, AskId, Message, Ping, Question, Refuse, RenewCertificate, ServerEpoch,
        limits::{IDLE_TIMEOUT_MS, KEEP_ALIVE_MS, REFUSED_RETRY_MS, REPAIR_INTERVAL_MS},
    },
};

/// A till's sync machine. It lives as long as the process and goes through many connections.
///
/// [`crate::sync`] says how it is driven; each [`Effect`] says what it asks of the driver.
#[derive(Debug)]
pub struct TillSync {
    identity: TillIdentity,
    effects: Effects,
    phase: Phase,
    backoff: Backoff,
    pusher: Pusher,
    puller: Puller,
    offerer: Offerer,
    /// Whether a new epoch's offer is not done yet: it begins again with the next connection.
    offer_due: bool,
    repairer: Repairer,
    asks: Asks,
    rights: Rights,
    renewing: bool,
    repair_due: Timestamp,
    data_as_of: Option<Timestamp>,
}

/// Where the connection stands.
#[derive(Debug)]
enum Phase {
    Waiting {
        until: Timestamp,
        refused: Option<Refuse>,
    },
    Connecting,
    Greeting {
        until: Timestamp,
        epoch: Option<ServerEpoch>,
        state: TillState,
    },
    Online {
        since: Timestamp,
        heard_at: Timestamp,
        pinged: bool,
    },
    /// A disconnect is under way. With a reason where the server refused.
    Closing {
        refused: Option<Refuse>,
    },
    Frozen(Fork),
}

impl TillSync {
    /// A machine that wants to connect at once. `seed` draws the jitter of its waits.
    #[must_use]
    pub fn new(identity: TillIdentity, seed: u64, now: Timestamp) -> Self {
        let mut effects = Effects::default();
        let mut backoff = Backoff::new(seed);
        effects.emit(Effect::Connect);
        Self {
            identity,
            effects,
            phase: Phase::Connecting,
            repair_due: now.plus_milliseconds(backoff.between(KEEP_ALIVE_MS, REPAIR_INTERVAL_MS)),
            backoff,
            pusher: Pusher::default(),
            puller: Puller::default(),
            offerer: Offerer::default(),
            offer_due: false,
            repairer: Repairer::default(),
            asks: Asks::default(),
            rights: Rights::default(),
            renewing: false,
            data_as_of: None,
        }
    }

    /// What the machine wants done next.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.poll()
    }

    /// When to hand in [`Input::Woke`], if nothing else happens before. `None`: the machine waits for the driver.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Waiting { until, .. } | Phase::Greeting { until, .. } => Some(*until),
            Phase::Online {
                heard_at, pinged, ..
            } => {
                let silence = if *pinged {
                    IDLE_TIMEOUT_MS
                } else {
                    KEEP_ALIVE_MS
                };
                let silent = heard_at.plus_milliseconds(silence);
                let due = silent.min(self.repair_due);
                Some(self.asks.next_wake().map_or(due, |ask| ask.min(due)))
            }
            Phase::Connecting | Phase::Closing { .. } | Phase::Frozen(_) => None,
        }
    }

    /// Where things stand, for people.
    #[must_use]
    pub fn status(&self) -> SyncStatus {
        let link = match &self.phase {
            Phase::Waiting {
                until,
                refused: Some(reason),
            } => Link::Refused {
                reason: reason.clone(),
                until: *until,
            },
            Phase::Waiting { until, .. } => Link::Waiting { until: *until },
            Phase::Connecting | Phase::Closing { .. } => Link::Connecting,
            Phase::Greeting { .. } => Link::Greeting,
            Phase::Online { .. } => Link::Online,
            Phase::Frozen(fork) => Link::Frozen(*fork),
        };
        SyncStatus {
            link,
            data_as_of: self.data_as_of,
            feed_behind: self.puller.feed_behind(),
            unacknowledged: self.pusher.unacknowledged(),
            quarantined: self.pusher.quarantined(),
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, input: Input, now: Timestamp) {
        match input {
            Input::RightsRead(rights) => self.rights.load(&rights),
            Input::Connected(state) => self.connected(state, now),
            Input::ConnectFailed => self.connect_failed(now),
            Input::Disconnected => self.disconnected(now),
            Input::Received(message) => self.received(message, now),
            Input::Heard => self.heard(now),
            Input::Committed(head) => self.pusher.committed(head, &mut self.effects),
            Input::LogRead(read) => self.pusher.read(read, &mut self.effects),
            Input::FeedPageApplied { through } => {
                self.puller.feed_applied(through, &mut self.effects);
                self.note_completeness(now);
            }
            Input::ReferencePageApplied { through } => {
                self.puller.reference_applied(through, &mut self.effects);
            }
            Input::ForeignHeadsRead(heads) => {
                self.offerer
                    .read(heads, self.identity.node, &mut self.effects);
                self.note_offered();
            }
            Input::DigestRead { through, buckets } => {
                self.repairer
                    .digest_read(through, buckets, &mut self.effects);
            }
            Input::MissingFound(missing) => {
                let outcome = self.repairer.missing(missing, &mut self.effects);
                self.compared(outcome);
            }
            Input::RepairApplied => self.repairer.applied(&mut self.effects),
            Input::Ask { id, question } => self.ask(id, &question, now),
            Input::Answer { id, answer } => {
                self.rights.told(id, &answer);
                if let Some(message) = self.asks.answer(id, answer) {
                    self.effects.send(message);
                }
                self.settle_rights(now);
            }
            Input::RenewCertificate { request } => {
                if self.is_online() && !self.renewing {
                    self.renewing = true;
                    self.effects.send(RenewCertificate { request });
                }
            }
            Input::CompareNow => self.compare(now),
            Input::Woke => self.woke(now),
        }
    }

    fn is_online(&self) -> bool {
        matches!(self.phase, Phase::Online { .. })
    }

    fn heard(&mut self, now: Timestamp) {
        if let Phase::Online {
            heard_at, pinged, ..
        } = &mut self.phase
        {
            (*heard_at, *pinged) = (now, false);
        }
    }

    fn received(&mut self, message: Message, now: Timestamp) {
        let result = match &mut self.phase {
            Phase::Greeting { .. } => self.greeted(message, now),
            Phase::Online {
                since,
                heard_at,
                pinged,
            } => {
                (*heard_at, *pinged) = (now, false);
                if now.milliseconds_since(*since) >= KEEP_ALIVE_MS {
                    self.backoff.reset();
                }
                self.received_online(message, now)
            }
            // Late words of a connection that is being closed.
            Phase::Waiting { .. }
            | Phase::Connecting
            | Phase::Closing { .. }
            | Phase::Frozen(_) => Ok(()),
        };
        if let Err(reason) = result {
            self.abort(reason);
        }
    }

    fn received_online(&mut self, message: Message, now: Timestamp) -> Result<(), Refuse> {
        match message {
            Message::Refuse(reason) => self.refused(reason),
            Message::PushAck(ack) => {
                self.pusher.acknowledged(ack, &mut self.effects)?;
                self.note_offered();
            }
            Message::LogWants(wants) => {
                for (want, end) in self.offerer.wants(wants, &mut self.effects)? {
                    self.pusher.wanted(want, end, &mut self.effects);
                }
            }
            Message::FeedPage(page) => self.puller.feed_page(page, &mut self.effects)?,
            Message::ReferencePage(page) => {
                self.puller.reference_page(page, &mut self.effects)?;
            }
            Message::DigestAnswer(answer) => {
                let outcome = self.repairer.digest(&answer, &mut self.effects)?;
                self.compared(outcome);
            }
            Message::HashesAnswer(answer) => {
                let outcome = self.repairer.hashes(answer, &mut self.effects)?;
                self.compared(outcome);
            }
            Message::RepairPage(page) => {
                let outcome = self.repairer.page(page, &mut self.effects)?;
                self.compared(outcome);
            }
            Message::Ask(ask) => match self.asks.arrived(ask, now) {
                Arrived::Pass(ask) => {
                    self.rights.asked(ask.id, &ask.question);
                    self.effects.emit(Effect::Asked {
                        id: ask.id,
                        question: ask.question,
                    });
                }
                Arrived::Reply(message) => self.effects.send(message),
                Arrived::TooMany => return Err(Refuse::Protocol),
            },
            Message::AskAnswer(answer) => {
                if self.asks.settle(answer.id) {
                    self.answered(answer.id, answer.answer);
                    self.settle_rights(now);
                }
            }
            Message::OrderFound(found) => {
                if self.asks.settle(found.id) {
                    self.answered(found.id, Answer::Found(found.found));
                }
            }
            Message::CertificateRenewal(renewal) => {
                if !std::mem::take(&mut self.renewing) {
                    return Err(Refuse::Protocol);
                }
                self.effects.emit(Effect::CertificateRenewed(renewal));
            }
            Message::Pong(pong) => {
                if pong.complete {
                    self.puller.complete();
                }
                self.note_completeness(now);
            }
            Message::Hello(_)
            | Message::Welcome(_)
            | Message::Push(_)
            | Message::LogOffer(_)
            | Message::PullFeed(_)
            | Message::PullReference(_)
            | Message::PullDigest(_)
            | Message::PullHashes(_)
            | Message::PullChanges(_)
            | Message::RenewCertificate(_)
            | Message::Ping(_) => return Err(Refuse::Protocol),
        }
        Ok(())
    }

    fn ask(&mut self, id: AskId, question: &Question, now: Timestamp) {
        if let Some(answer) = self.rights.asks(question, &mut self.effects) {
            self.effects.emit(Effect::Answered { id, answer });
        } else if !self.send_ask(id, question, now) {
            self.not_reachable(id);
        }
    }

    fn send_ask(&mut self, id: AskId, question: &Question, now: Timestamp) -> bool {
        if !self.is_online() {
            return false;
        }
        let Some(message) = self.asks.ask(id, question.clone(), now) else {
            return false;
        };
        self.rights.sent(id, question);
        self.effects.send(message);
        true
    }

    /// Tells the server of a right that was given up, where it does not know yet.
    fn settle_rights(&mut self, now: Timestamp) {
        if self.is_online()
            && let Some((id, question)) = self.rights.owed()
        {
            // Where too many questions wait, the next answer gives room.
            self.send_ask(id, &question, now);
        }
    }

    fn answered(&mut self, id: AskId, answer: Answer) {
        if self.rights.answered(id, &answer, &mut self.effects) {
            self.effects.emit(Effect::Answered { id, answer });
        }
    }

    fn not_reachable(&mut self, id: AskId) {
        let data_as_of = self.data_as_of;
        self.answered(id, Answer::NotReachable { data_as_of });
    }

    fn note_completeness(&mut self, now: Timestamp) {
        if self.is_online() && self.puller.is_complete() {
            self.data_as_of = Some(now);
        }
    }

    fn note_offered(&mut self) {
        if self.is_online() && self.offerer.is_idle() && self.pusher.is_done_with_others() {
            self.offer_due = false;
        }
    }

    fn compare(&mut self, now: Timestamp) {
        if self.is_online() {
            self.repair_due = now.plus_milliseconds(REPAIR_INTERVAL_MS);
            self.repairer.start(&mut self.effects);
        }
    }

    fn compared(&mut self, outcome: Option<Comparison>) {
        let Some(comparison) = outcome else {
            return;
        };
        if comparison.buckets > 0 && comparison.missing == 0 {
            self.offerer.start(&mut self.effects);
        }
        self.effects.emit(Effect::Compared(comparison));
    }

    fn woke(&mut self, now: Timestamp) {
        if self.next_wake().is_none_or(|wake| wake > now) {
            return;
        }
        match &mut self.phase {
            Phase::Waiting { .. } => {
                self.phase = Phase::Connecting;
                self.effects.emit(Effect::Connect);
            }
            Phase::Greeting { .. } => self.abort(Refuse::Idle),
            Phase::Online {
                heard_at, pinged, ..
            } => {
                let silence_ms = now.milliseconds_since(*heard_at);
                if silence_ms >= IDLE_TIMEOUT_MS {
                    self.abort(Refuse::Idle);
                    return;
                }
                if silence_ms >= KEEP_ALIVE_MS && !*pinged {
                    *pinged = true;
                    self.effects.send(Ping {});
                }
                for id in self.asks.expire(now) {
                    self.not_reachable(id);
                }
                self.settle_rights(now);
                if self.repair_due <= now {
                    self.compare(now);
                }
            }
            Phase::Connecting | Phase::Closing { .. } | Phase::Frozen(_) => {}
        }
    }

    /// Says why, and closes.
    fn abort(&mut self, reason: Refuse) {
        self.effects.send(reason);
        self.close(None);
    }

    fn close(&mut self, refused: Option<Refuse>) {
        self.drop_connection();
        self.phase = Phase::Closing { refused };
        self.effects.emit(Effect::Disconnect);
    }

    fn refused(&mut self, reason: Refuse) {
        if let Refuse::Fork { log, position } = reason
            && log.node() == self.identity.node
        {
            self.freeze(Fork { log, position });
        } else {
            self.close((!reason.is_passing()).then_some(reason));
        }
    }

    fn freeze(&mut self, fork: Fork) {
        self.drop_connection();
        self.effects.emit(Effect::Freeze(fork));
        self.effects.emit(Effect::Disconnect);
        self.phase = Phase::Frozen(fork);
    }

    fn connect_failed(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Connecting) {
            self.wait(None, now);
        }
    }

    fn disconnected(&mut self, now: Timestamp) {
        let refused = match &mut self.phase {
            Phase::Closing { refused } => refused.take(),
            // A line that breaks says nothing against the server, so a short wait will do. Where the two ended it
            // themselves, only a connection that lasted makes the waits short again: a server that is busy, or a
            // message that one of them can't stand, may be there after each welcome.
            Phase::Online { .. } => {
                self.backoff.reset();
                None
            }
            Phase::Connecting | Phase::Greeting { .. } => None,
            Phase::Waiting { .. } | Phase::Frozen(_) => return,
        };
        self.drop_connection();
        self.wait(refused, now);
    }

    fn wait(&mut self, refused: Option<Refuse>, now: Timestamp) {
        let wait_ms = match refused {
            Some(_) => self.backoff.between(REFUSED_RETRY_MS / 2, REFUSED_RETRY_MS),
            None => self.backoff.next_wait_ms(),
        };
        self.phase = Phase::Waiting {
            until: now.plus_milliseconds(wait_ms),
            refused,
        };
    }

    /// Forgets all that belongs to the connection.
    fn drop_connection(&mut self) {
        self.pusher.stop();
        self.puller.stop();
        self.offerer = Offerer::default();
        self.repairer = Repairer::default();
        self.renewing = false;
        for id in self.asks.clear() {
            self.not_reachable(id);
        }
        self.rights.stop();
    }
}
