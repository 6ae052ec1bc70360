//! The server's end of the sync: one session for each connection.

mod effects;
mod feed;
mod handshake;
mod ingest;
mod io;
mod repair;

pub use io::*;

use self::{
    effects::Effects,
    feed::{FeedSender, ReferenceSender},
    ingest::Ingester,
    repair::Comparer,
};
use super::asks::{Arrived, Asks};
use crate::{
    log::LogHead,
    time::Timestamp,
    wire::{
        Answer, AskId, Hello, LogWant, LogWants, Message, Pong, Push, Refuse,
        limits::{HANDSHAKE_TIMEOUT_MS, IDLE_TIMEOUT_MS, OFFER_LOGS_MAX},
    },
};

/// The server's machine for one connection of one till, which its certificate already named.
///
/// [`crate::sync`] says how it is driven; each [`Effect`] says what it asks of the driver.
#[derive(Debug)]
pub struct ServerSession {
    identity: ServerIdentity,
    peer: PeerIdentity,
    effects: Effects,
    phase: Phase,
    /// When the till said something last; the connection's begin before that.
    heard_at: Timestamp,
    feed: FeedSender,
    reference: ReferenceSender,
    ingester: Ingester,
    comparer: Comparer,
    asks: Asks,
    comparing_offer: Option<Vec<LogHead>>,
    signing: bool,
}

#[derive(Debug)]
enum Phase {
    /// Waits for the hello.
    Greeting,
    /// The hello is compared with the store.
    Checking {
        hello: Box<Hello>,
    },
    Online,
    /// Ends when what is being stored is stored.
    Ending(Refuse),
    Closed,
}

impl ServerSession {
    /// A session with a till that just connected.
    #[must_use]
    pub fn new(identity: ServerIdentity, peer: PeerIdentity, now: Timestamp) -> Self {
        Self {
            identity,
            peer,
            effects: Effects::default(),
            phase: Phase::Greeting,
            heard_at: now,
            feed: FeedSender::default(),
            reference: ReferenceSender::default(),
            ingester: Ingester::default(),
            comparer: Comparer::default(),
            asks: Asks::default(),
            comparing_offer: None,
            signing: false,
        }
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> &PeerIdentity {
        &self.peer
    }

    /// Whether the handshake is done and the session goes on.
    #[must_use]
    pub fn is_online(&self) -> bool {
        matches!(self.phase, Phase::Online)
    }

    /// What the session wants done next.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.poll()
    }

    /// When to hand in [`Input::Woke`], if nothing else happens before. `None`: the session waits for the driver.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Greeting | Phase::Checking { .. } => {
                Some(self.heard_at.plus_milliseconds(HANDSHAKE_TIMEOUT_MS))
            }
            Phase::Online => {
                let idle = self.heard_at.plus_milliseconds(IDLE_TIMEOUT_MS);
                Some(self.asks.next_wake().map_or(idle, |ask| ask.min(idle)))
            }
            Phase::Ending(_) | Phase::Closed => None,
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, input: Input, now: Timestamp) {
        if matches!(self.phase, Phase::Closed) {
            return;
        }
        if let Err(reason) = self.try_handle(input, now) {
            self.close(Some(reason));
        }
        if let Phase::Ending(reason) = &self.phase
            && self.ingester.is_idle()
        {
            let reason = reason.clone();
            self.close(Some(reason));
        }
    }

    fn try_handle(&mut self, input: Input, now: Timestamp) -> Result<(), Refuse> {
        let effects = &mut self.effects;
        match input {
            Input::Received(message) => {
                self.heard_at = now;
                return self.received(message, now);
            }
            // A hello is short: who is slow with it is not who it should be.
            Input::Heard => {
                if matches!(self.phase, Phase::Online) {
                    self.heard_at = now;
                }
            }
            Input::Disconnected => self.close(None),
            Input::LogsRead {
                logs,
                feed_end,
                reference_end,
                rights_lost,
            } => {
                return self.logs_read(&logs, feed_end, reference_end, rights_lost, now);
            }
            Input::Ingested(ingested) => {
                return self.ingester.ingested(ingested, self.peer.node, effects);
            }
            Input::OfferCompared(wants) => self.offer_compared(wants),
            Input::FeedRead(page) => self.feed.read(page, now, effects),
            Input::FeedGrew { end } => self.feed.grew(end, now, effects),
            Input::ReferenceRead(page) => self.reference.read(page, effects),
            Input::ReferenceGrew { end } => self.reference.grew(end, effects),
            Input::DigestRead(buckets) => self.comparer.digest_read(buckets, effects),
            Input::HashesRead { hashes, complete } => {
                self.comparer.hashes_read(hashes, complete, effects);
            }
            Input::ChangesRead(entries) => self.comparer.changes_read(entries, effects),
            Input::Ask { id, question } => self.ask(id, question, now),
            Input::Answer { id, answer } => {
                if let Some(message) = self.asks.answer(id, answer) {
                    effects.send(message);
                }
            }
            Input::CertificateSigned(renewal) => {
                if std::mem::take(&mut self.signing) {
                    effects.send(renewal);
                }
            }
            Input::End(reason) => self.phase = Phase::Ending(reason),
            Input::Woke => return self.woke(now),
        }
        Ok(())
    }

    fn received(&mut self, message: Message, now: Timestamp) -> Result<(), Refuse> {
        match (&self.phase, message) {
            (Phase::Greeting, Message::Hello(hello)) => self.greet(hello),
            (_, Message::Refuse(_)) => {
                self.close(None);
                Ok(())
            }
            (Phase::Greeting | Phase::Checking { .. }, _) => Err(Refuse::Protocol),
            (Phase::Online, message) => self.received_online(message, now),
            // What arrives now is not acknowledged, and so comes again.
            (Phase::Ending(_) | Phase::Closed, _) => Ok(()),
        }
    }

    fn received_online(&mut self, message: Message, now: Timestamp) -> Result<(), Refuse> {
        let effects = &mut self.effects;
        match message {
            Message::Push(push) => self.push(push),
            Message::LogOffer(offer) => {
                if self.comparing_offer.is_some() || offer.heads.len() > OFFER_LOGS_MAX {
                    return Err(Refuse::Protocol);
                }
                effects.emit(Effect::CompareOffer {
                    heads: offer.heads.clone(),
                });
                self.comparing_offer = Some(offer.heads);
                Ok(())
            }
            Message::PullFeed(pull) => self.feed.pull(pull.after, now, effects),
            Message::PullReference(pull) => self.reference.pull(pull.after, effects),
            Message::PullDigest(pull) => self.comparer.pull_digest(pull, effects),
            Message::PullHashes(pull) => self.comparer.pull_hashes(pull, effects),
            Message::PullChanges(pull) => self.comparer.pull_changes(pull, effects),
            Message::Ask(ask) => {
                match self.asks.arrived(ask, now) {
                    Arrived::Pass(ask) => effects.emit(Effect::Asked {
                        id: ask.id,
                        question: ask.question,
                    }),
                    Arrived::Reply(message) => effects.send(message),
                    Arrived::TooMany => return Err(Refuse::Protocol),
                }
                Ok(())
            }
            Message::AskAnswer(answer) => {
                if self.asks.settle(answer.id) {
                    effects.emit(Effect::Answered {
                        id: answer.id,
                        answer: answer.answer,
                    });
                }
                Ok(())
            }
            Message::RenewCertificate(renew) => {
                if std::mem::replace(&mut self.signing, true) {
                    return Err(Refuse::Protocol);
                }
                effects.emit(Effect::SignCertificate {
                    request: renew.request,
                });
                Ok(())
            }
            Message::Ping(_) => {
                let complete = self.feed.is_complete();
                effects.send(Pong { complete, now });
                Ok(())
            }
            Message::Hello(_)
            | Message::Welcome(_)
            | Message::Refuse(_)
            | Message::PushAck(_)
            | Message::LogWants(_)
            | Message::FeedPage(_)
            | Message::ReferencePage(_)
            | Message::DigestAnswer(_)
            | Message::HashesAnswer(_)
            | Message::RepairPage(_)
            | Message::OrderFound(_)
            | Message::CertificateRenewal(_)
            | Message::Pong(_) => Err(Refuse::Protocol),
        }
    }

    fn push(&mut self, push: Push) -> Result<(), Refuse> {
        let LogHead { log, position, .. } = push.head.head;
        self.ingester.push(push, &mut self.effects)?;
        // What the till wrote, the till has. What it brings of others it gets again with the feed: only so it knows, and
        // says in its digests, that the feed has it.
        if log.node() == self.peer.node {
            self.feed.holds(log, position);
        }
        Ok(())
    }

    fn offer_compared(&mut self, mut wants: Vec<LogWant>) {
        if let Some(heads) = self.comparing_offer.take() {
            wants.retain(|want| heads.iter().any(|head| head.log == want.log));
            self.effects.send(LogWants { wants });
        }
    }

    fn ask(&mut self, id: AskId, question: crate::wire::Question, now: Timestamp) {
        let message = if self.is_online() {
            self.asks.ask(id, question, now)
        } else {
            None
        };
        match message {
            Some(message) => self.effects.send(message),
            None => self.not_reachable(id),
        }
    }

    fn not_reachable(&mut self, id: AskId) {
        self.effects.emit(Effect::Answered {
            id,
            answer: Answer::NotReachable { data_as_of: None },
        });
    }

    fn woke(&mut self, now: Timestamp) -> Result<(), Refuse> {
        let silence_ms = now.milliseconds_since(self.heard_at);
        let silence_ms_max = if self.is_online() {
            IDLE_TIMEOUT_MS
        } else {
            HANDSHAKE_TIMEOUT_MS
        };
        if silence_ms >= silence_ms_max {
            return Err(Refuse::Idle);
        }
        for id in self.asks.expire(now) {
            self.not_reachable(id);
        }
        Ok(())
    }

    /// Says why, where the other end does not know, and closes.
    fn close(&mut self, reason: Option<Refuse>) {
        if let Some(reason) = reason {
            self.effects.send(reason);
        }
        self.phase = Phase::Closed;
        self.effects.emit(Effect::Close);
        for id in self.asks.clear() {
            self.not_reachable(id);
        }
    }
}
