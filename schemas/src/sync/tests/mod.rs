//! Both machines together, in virtual time: a till and a server in one process, each message through the codec, over
//! stores in memory. Nothing is random but a seed.

mod asks;
mod disks;
mod epochs;
mod feed;
mod give_back;
mod handshake;
mod push;
mod repair;
mod rights;
mod time;

use std::collections::VecDeque;

use self::disks::{ServerDisk, TillDisk, log_of, node, tenant};
use super::{
    server::{self, PeerIdentity, ServerIdentity, ServerSession},
    till::{self, Comparison, Fork, TillIdentity, TillSync},
};
use crate::{
    identity::{LogId, LogPosition},
    testing::store,
    time::Timestamp,
    wire::{
        Answer, AskId, CertificateRenewal, Der, Dialect, FrameDecoder, HeldBecause, Message, Push,
        Question, encode,
    },
};

/// More effects and frames than any test's one step needs. A machine that goes beyond it goes round in circles.
const STEPS_MAX: usize = 20_000;

/// The till's number.
const TILL: u32 = 1;

/// A till and a server, and the line between them, which is as fast as light and breaks when told.
struct Pair {
    now: Timestamp,
    till: TillSync,
    disk: TillDisk,
    /// The log that the till's process writes.
    log: LogId,
    session: Option<ServerSession>,
    server: ServerDisk,
    /// Who the server thinks it is and who it thinks connects.
    server_identity: ServerIdentity,
    peer: PeerIdentity,
    /// Whether there is a line.
    line: bool,
    /// Whether frames wait for [`Pair::commit`] instead of being stored at once.
    hold_ingests: bool,
    ingests: VecDeque<Push>,
    /// Whether the server lost something, or says what is not so, within its epoch.
    server_is_wrong: bool,
    /// Whether questions wait, at the server, for ever.
    hold_answers: bool,
    /// Whether the till's process is using its rights.
    rights_in_use: bool,
    to_till: VecDeque<Vec<u8>>,
    to_server: VecDeque<Vec<u8>>,
    till_reader: FrameDecoder,
    server_reader: FrameDecoder,
    seen: Seen,
}

/// All that came out of it.
#[derive(Default)]
struct Seen {
    by_till: Vec<Message>,
    by_server: Vec<Message>,
    answered: Vec<(AskId, Answer)>,
    /// What the till answered the server.
    told: Vec<(AskId, Answer)>,
    asked_of_till: Vec<(AskId, Question)>,
    acknowledged: Vec<(LogId, LogPosition)>,
    compared: Vec<Comparison>,
    renewed: Vec<CertificateRenewal>,
    frozen: Vec<Fork>,
    connects: Vec<Timestamp>,
}

impl Seen {
    fn sent_by_till(&self, name: &str) -> usize {
        let named = self.by_till.iter().filter(|message| message.name() == name);
        named.count()
    }

    fn sent_by_server(&self, name: &str) -> usize {
        let named = self.by_server.iter();
        named.filter(|message| message.name() == name).count()
    }
}

impl Pair {
    /// Not connected yet, and with nothing on either disk.
    fn new() -> Self {
        let now = Timestamp::from_milliseconds(1_800_000_000_000);
        let server = ServerDisk::new(1);
        let identity = TillIdentity {
            tenant: tenant(),
            store: store(),
            node: node(TILL),
            dialect: Dialect::OURS,
        };
        Self {
            now,
            till: TillSync::new(identity, 7, now),
            disk: TillDisk::new(node(TILL)),
            log: log_of(TILL, 1),
            session: None,
            server_identity: ServerIdentity {
                tenant: tenant(),
                epoch: server.epoch,
                dialect: Dialect::OURS,
            },
            server,
            peer: PeerIdentity {
                tenant: tenant(),
                store: store(),
                node: node(TILL),
            },
            line: true,
            hold_ingests: false,
            ingests: VecDeque::new(),
            server_is_wrong: false,
            hold_answers: false,
            rights_in_use: false,
            to_till: VecDeque::new(),
            to_server: VecDeque::new(),
            till_reader: FrameDecoder::new(),
            server_reader: FrameDecoder::new(),
            seen: Seen::default(),
        }
    }

    /// Connected and at rest.
    fn online() -> Self {
        let mut pair = Self::new();
        pair.settle();
        assert_eq!(pair.link(), till::Link::Online);
        pair
    }

    fn link(&self) -> till::Link {
        self.till.status().link
    }

    /// The till writes entries, one after the other.
    fn sell(&mut self, entries: usize) {
        for _ in 0..entries {
            let head = self.disk.write(self.log, 0);
            self.till.handle(till::Input::Committed(head), self.now);
            self.settle();
        }
    }

    /// The till's process ends and starts again, on the disk as it is, with a new log.
    fn restart_till(&mut self) {
        self.cut();
        let nth = self.log.as_bytes()[15] + 1;
        self.log = log_of(TILL, nth);
        let identity = TillIdentity {
            tenant: tenant(),
            store: store(),
            node: node(TILL),
            dialect: Dialect::OURS,
        };
        self.till = TillSync::new(identity, u64::from(nth), self.now);
        let rights = self.disk.rights();
        self.till.handle(till::Input::RightsRead(rights), self.now);
    }

    /// The server starts again on this database.
    fn restore_server(&mut self, database: ServerDisk) {
        self.cut();
        self.server_identity.epoch = database.epoch;
        self.server = database;
    }

    /// The line breaks, and both ends notice.
    fn cut(&mut self) {
        self.to_till.clear();
        self.to_server.clear();
        self.ingests.clear();
        self.session = None;
        self.till.handle(till::Input::Disconnected, self.now);
    }

    /// As [`Pair::cut`]; then time passes until the till is back.
    fn reconnect(&mut self) {
        self.cut();
        self.advance(60_000);
        assert_eq!(self.link(), till::Link::Online);
    }

    /// The server tells its session that there is more.
    fn announce(&mut self) {
        let end = self.server.feed_end();
        self.tell_session(server::Input::FeedGrew { end });
        let end = self.server.reference_end();
        self.tell_session(server::Input::ReferenceGrew { end });
        self.settle();
    }

    fn tell_session(&mut self, input: server::Input) {
        if let Some(session) = &mut self.session {
            session.handle(input, self.now);
        }
    }

    fn ask(&mut self, id: u64, question: Question) {
        let id = AskId(id);
        self.till
            .handle(till::Input::Ask { id, question }, self.now);
        self.settle();
    }

    /// Stores the oldest frame that waits.
    fn commit(&mut self) {
        let push = self.ingests.pop_front().expect("a frame waits");
        let ingested = self.server.ingest(&push);
        self.tell_session(server::Input::Ingested(ingested));
        self.settle();
    }

    /// Lets all happen that happens at once.
    fn settle(&mut self) {
        for _ in 0..STEPS_MAX {
            if !self.step() {
                self.check_acknowledged();
                return;
            }
        }
        panic!("the machines go round in circles");
    }

    /// Lets time pass, from one wake to the next.
    fn advance(&mut self, milliseconds: i64) {
        let until = self.now.plus_milliseconds(milliseconds);
        for _ in 0..STEPS_MAX {
            self.settle();
            let session = self.session.as_ref().and_then(ServerSession::next_wake);
            let wakes = [self.till.next_wake(), session];
            let next = wakes.into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else {
                self.now = until;
                return;
            };
            self.now = self.now.max(next);
            if self.till.next_wake().is_some_and(|wake| wake <= self.now) {
                self.till.handle(till::Input::Woke, self.now);
            }
            if session.is_some_and(|wake| wake <= self.now) {
                self.tell_session(server::Input::Woke);
            }
        }
        panic!("the machines wake for ever");
    }

    /// What is acknowledged is stored.
    fn check_acknowledged(&self) {
        if self.server_is_wrong || self.disk.epoch != Some(self.server.epoch) {
            return;
        }
        for (log, position) in &self.disk.acknowledged {
            let durable = self.server.durable(*log).position;
            assert!(*position <= durable, "{log} is acknowledged to {position}");
        }
    }

    /// One effect or one frame; whether there was any.
    fn step(&mut self) -> bool {
        if let Some(effect) = self.till.poll_effect() {
            if let Some(input) = self.till_effect(effect) {
                self.till.handle(input, self.now);
            }
            return true;
        }
        let effect = self.session.as_mut().and_then(ServerSession::poll_effect);
        if let Some(effect) = effect {
            if let Some(input) = self.server_effect(effect) {
                self.tell_session(input);
            }
            return true;
        }
        if let Some(frame) = self.to_server.pop_front() {
            self.server_reader.push(&frame).unwrap();
            match self.server_reader.pop() {
                Ok(Some(message)) => self.tell_session(server::Input::Received(message)),
                Ok(None) => {}
                Err(_) => self.cut(),
            }
            return true;
        }
        if let Some(frame) = self.to_till.pop_front() {
            self.till_reader.push(&frame).unwrap();
            match self.till_reader.pop() {
                Ok(Some(message)) => self.till.handle(till::Input::Received(message), self.now),
                Ok(None) => {}
                Err(_) => self.cut(),
            }
            return true;
        }
        false
    }

    fn connect(&mut self) -> till::Input {
        self.seen.connects.push(self.now);
        if !self.line {
            return till::Input::ConnectFailed;
        }
        self.till_reader = FrameDecoder::new();
        self.server_reader = FrameDecoder::new();
        self.to_till.clear();
        self.to_server.clear();
        self.session = Some(ServerSession::new(
            self.server_identity.clone(),
            self.peer.clone(),
            self.now,
        ));
        till::Input::Connected(self.disk.state(self.log))
    }

    fn till_effect(&mut self, effect: till::Effect) -> Option<till::Input> {
        use till::{Effect, Input};
        match effect {
            Effect::Connect => return Some(self.connect()),
            Effect::Send(message) => {
                self.check_given_up(&message);
                self.to_server.push_back(encode(&message).unwrap());
                self.seen.by_till.push(message);
            }
            Effect::Disconnect => {
                // What was sent is out: the other end still reads it.
                while let Some(frame) = self.to_server.pop_front() {
                    self.server_reader.push(&frame).unwrap();
                    if let Ok(Some(message)) = self.server_reader.pop() {
                        self.tell_session(server::Input::Received(message));
                    }
                }
                self.session = None;
                return Some(Input::Disconnected);
            }
            Effect::BeginEpoch { epoch, durable } => self.disk.begin_epoch(epoch, &durable),
            Effect::StoreAcknowledged { log, position } => {
                self.disk.acknowledge(log, position);
                self.seen.acknowledged.push((log, position));
            }
            Effect::ReadLog { log, after } => {
                return Some(Input::LogRead(self.disk.read(log, after)));
            }
            Effect::ApplyFeedPage(page) => {
                self.disk.apply_feed(&page);
                let through = page.through;
                return Some(Input::FeedPageApplied { through });
            }
            Effect::ApplyReferencePage(page) => {
                self.disk.apply_reference(&page);
                let through = page.through;
                return Some(Input::ReferencePageApplied { through });
            }
            Effect::ReadForeignHeads { after } => {
                return Some(Input::ForeignHeadsRead(self.disk.foreign_heads(after)));
            }
            Effect::ReadDigest => {
                return Some(Input::DigestRead {
                    through: self.disk.feed,
                    buckets: self.disk.digest(),
                });
            }
            Effect::FindMissing(hashes) => {
                return Some(Input::MissingFound(self.disk.missing(&hashes)));
            }
            Effect::ApplyRepair(entries) => {
                self.disk.insert(&entries);
                return Some(Input::RepairApplied);
            }
            Effect::Compared(comparison) => self.seen.compared.push(comparison),
            Effect::Answered { id, answer } => self.seen.answered.push((id, answer)),
            Effect::Asked { id, question } => {
                let answer = self.till_answers(&question);
                self.seen.asked_of_till.push((id, question));
                return answer.map(|answer| Input::Answer { id, answer });
            }
            Effect::KeepRight(held) => {
                self.disk.held.insert(held.right, held.since);
            }
            Effect::GiveUpRight { right, to } => self.disk.give_up(right, to),
            Effect::ForgetRights(rights) => {
                for right in rights {
                    self.disk.held.remove(&right);
                    self.disk.given_up.remove(&right);
                }
            }
            Effect::CertificateRenewed(renewal) => self.seen.renewed.push(renewal),
            Effect::Freeze(fork) => self.seen.frozen.push(fork),
        }
        None
    }

    /// What a till's file says to a question of the server.
    fn till_answers(&mut self, question: &Question) -> Option<Answer> {
        let Question::YieldRight { right, .. } = question else {
            return Some(Answer::NotUnderstood);
        };
        if self.rights_in_use && self.disk.held.contains_key(right) {
            return Some(Answer::Held {
                by: node(TILL),
                because: HeldBecause::InUse,
            });
        }
        self.disk.give_up(*right, None);
        Some(Answer::Released)
    }

    /// A right that the till says to have given up is not in its file any more.
    fn check_given_up(&self, message: &Message) {
        if let Message::Ask(ask) = message
            && let Question::ReleaseRight { right } | Question::GrantRight { right, .. } =
                &ask.question
        {
            assert!(!self.disk.held.contains_key(right), "still held: {right:?}");
        }
    }

    fn server_effect(&mut self, effect: server::Effect) -> Option<server::Input> {
        use server::{Effect, Input};
        let disk = &mut self.server;
        Some(match effect {
            Effect::Send(message) => {
                self.to_till.push_back(encode(&message).unwrap());
                self.seen.by_server.push(message);
                return None;
            }
            Effect::Close => {
                self.session = None;
                // The till reads what was sent to it, and then the end.
                while let Some(frame) = self.to_till.pop_front() {
                    self.till_reader.push(&frame).unwrap();
                    if let Ok(Some(message)) = self.till_reader.pop() {
                        self.till.handle(till::Input::Received(message), self.now);
                    }
                }
                self.till.handle(till::Input::Disconnected, self.now);
                return None;
            }
            Effect::Online { .. } => return None,
            Effect::ReadLogs { claims, rights } => Input::LogsRead {
                rights_lost: disk.claim(self.peer.node, &rights),
                logs: disk.standings(&claims),
                feed_end: disk.feed_end(),
                reference_end: disk.reference_end(),
            },
            Effect::Ingest(push) if self.hold_ingests => {
                self.ingests.push_back(push);
                return None;
            }
            Effect::Ingest(push) => Input::Ingested(disk.ingest(&push)),
            Effect::CompareOffer { heads } => Input::OfferCompared(disk.wants(&heads)),
            Effect::ReadFeed { after, held } => {
                Input::FeedRead(disk.read_feed(self.peer.node, after, &held))
            }
            Effect::ReadReference { after } => Input::ReferenceRead(disk.read_reference(after)),
            Effect::ReadDigest { through } => {
                let mut buckets = crate::wire::Buckets::default();
                for hash in disk.scope(self.peer.node, through).keys() {
                    buckets.add(hash);
                }
                Input::DigestRead(buckets)
            }
            Effect::ReadHashes {
                through,
                bucket,
                after,
            } => {
                let scope = disk.scope(self.peer.node, through);
                let mut hashes = scope.into_keys().filter(|hash| {
                    hash.as_bytes()[0] == bucket && after.is_none_or(|after| *hash > after)
                });
                Input::HashesRead {
                    hashes: hashes.by_ref().take(disks::PAGE_ENTRIES).collect(),
                    complete: hashes.next().is_none(),
                }
            }
            Effect::ReadChanges { hashes } => {
                let scope = disk.scope(self.peer.node, disk.feed_end());
                let found = hashes.iter().filter_map(|hash| scope.get(hash));
                Input::ChangesRead(found.take(disks::PAGE_ENTRIES).cloned().collect())
            }
            Effect::Asked { .. } if self.hold_answers => return None,
            Effect::Asked { id, question } => Input::Answer {
                id,
                answer: disk.answer(self.peer.node, &question, self.now),
            },
            Effect::Answered { id, answer } => {
                self.seen.told.push((id, answer));
                return None;
            }
            Effect::SignCertificate { request } if request.as_bytes() == b"request" => {
                Input::CertificateSigned(CertificateRenewal::Issued {
                    certificate: Der::new(*b"certificate").unwrap(),
                })
            }
            Effect::SignCertificate { .. } => Input::CertificateSigned(CertificateRenewal::Refused),
        })
    }
}
