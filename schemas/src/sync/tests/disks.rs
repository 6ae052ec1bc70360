//! What the two ends keep, in memory. Small frames and pages, so that there are many of them.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::{
    change::recognise,
    document::Document,
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, PriceListVersion,
        TenantId,
    },
    log::{HeadSignature, HeadSigner, HeadVerifier, LogEntry, LogHead, SignedHead},
    operation::Role,
    sync::{
        server::{Ingested, LogStanding},
        till::{GivenUpRight, LogRead, LogStretch, OwnLog, TillRights, TillState},
    },
    testing::{operation, session_opened},
    time::Timestamp,
    wire::{
        Answer, Buckets, FeedPage, FeedPosition, FoundOrder, HeldBecause, HeldRight, LogWant,
        OrderKey, Push, Question, ReferencePage, ReferenceText, Right, ServerEpoch,
        limits::HELLO_LOGS_MAX,
    },
};

/// The number of a till that may not have this till's rights.
pub(super) const NO_HEIR: u32 = 99;

/// How many entries a frame, a feed page and a repair page have here.
pub(super) const PAGE_ENTRIES: usize = 3;

pub(super) fn tenant() -> TenantId {
    TenantId::new("example").unwrap()
}

pub(super) fn node(number: u32) -> NodeNumber {
    NodeNumber::new(number).unwrap()
}

/// The `nth` log of a node.
pub(super) fn log_of(number: u32, nth: u8) -> LogId {
    LogId::new(node(number), [nth; 12])
}

pub(super) fn at(position: u64) -> LogPosition {
    LogPosition::new(position).unwrap()
}

/// Signs with a hash instead of Ed25519, which the core does not have.
pub(super) struct Key(pub(super) NodeNumber);

impl HeadSigner for Key {
    fn sign(&self, bytes: &[u8]) -> HeadSignature {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(self.0.get().to_be_bytes())
            .chain_update(bytes)
            .finalize()
            .into();
        let mut signature = [0; HeadSignature::BYTES];
        signature[..32].copy_from_slice(&digest);
        HeadSignature::from_bytes(signature)
    }
}

struct Keys;

impl HeadVerifier for Keys {
    fn verify(&self, head: &LogHead, bytes: &[u8], signature: &HeadSignature) -> bool {
        Key(head.log.node()).sign(bytes) == *signature
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) entry: LogEntry,
    pub(super) hash: ChangeHash,
}

/// One log, as far as one end has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Log {
    pub(super) entries: BTreeMap<LogPosition, Held>,
    pub(super) heads: BTreeMap<LogPosition, SignedHead>,
}

impl Log {
    /// Writes one more entry; `what` makes its content differ from another's at the same place.
    fn write(&mut self, log: LogId, what: i64) {
        let position = self.head(log, None).position.next().unwrap();
        let mut document = *log.as_bytes();
        document[8..].copy_from_slice(&position.get().to_be_bytes());
        let document = DocumentId::from_bytes(document);
        // No two entries of a log are equal, as no two are in life.
        let place = i64::try_from(position.get()).unwrap();
        let opened = session_opened("2010-12-01", what * 1_000_000 + place);
        let appended = Document::new(document)
            .append(log, &[operation(Role::Cashier, opened.into())])
            .unwrap();
        let entry = LogEntry {
            log,
            position,
            document,
            change: appended.bytes.into(),
        };
        self.insert(entry);
    }

    pub(super) fn insert(&mut self, entry: LogEntry) {
        let hash = recognise(&entry.change).unwrap().hash();
        let position = entry.position;
        let held = self.entries.entry(position).or_insert(Held { entry, hash });
        assert_eq!(held.hash, hash, "one entry at one position");
    }

    /// The end of what is held without gaps, at most `to`.
    pub(super) fn head(&self, log: LogId, to: Option<LogPosition>) -> LogHead {
        let mut head = LogHead::start(log);
        for (position, held) in &self.entries {
            if head.position.next() != Some(*position) || to.is_some_and(|to| *position > to) {
                break;
            }
            head.chain = held.entry.chain(head.chain, held.hash);
            head.position = *position;
        }
        head
    }

    fn signed(&self, log: LogId, to: LogPosition) -> SignedHead {
        SignedHead::sign(self.head(log, Some(to)), &tenant(), &Key(log.node()))
    }

    fn after(&self, position: LogPosition) -> impl Iterator<Item = LogEntry> {
        let range = self.entries.range(position.next().unwrap()..);
        range.map(|(_, held)| held.entry.clone())
    }
}

/// A till's disk. Cloning it is copying it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TillDisk {
    pub(super) node: NodeNumber,
    pub(super) epoch: Option<ServerEpoch>,
    pub(super) feed: FeedPosition,
    pub(super) reference: PriceListVersion,
    pub(super) records: Vec<ReferenceText>,
    pub(super) logs: BTreeMap<LogId, Log>,
    pub(super) acknowledged: BTreeMap<LogId, LogPosition>,
    pub(super) held: BTreeMap<Right, Timestamp>,
    pub(super) given_up: BTreeMap<Right, GivenUpRight>,
}

impl TillDisk {
    pub(super) fn new(node: NodeNumber) -> Self {
        Self {
            node,
            epoch: None,
            feed: FeedPosition::START,
            reference: PriceListVersion::default(),
            records: Vec::new(),
            logs: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            held: BTreeMap::new(),
            given_up: BTreeMap::new(),
        }
    }

    pub(super) fn rights(&self) -> TillRights {
        let held = self.held.iter();
        TillRights {
            held: held
                .map(|(right, since)| HeldRight {
                    right: *right,
                    since: *since,
                })
                .collect(),
            given_up: self.given_up.values().copied().collect(),
        }
    }

    pub(super) fn give_up(&mut self, right: Right, to: Option<NodeNumber>) {
        let given_up = self.given_up.get(&right).map(|known| known.held.since);
        if let Some(since) = self.held.remove(&right).or(given_up) {
            let held = HeldRight { right, since };
            self.given_up.insert(right, GivenUpRight { held, to });
        }
    }

    /// T1.
    pub(super) fn write(&mut self, log: LogId, what: i64) -> LogHead {
        let held = self.logs.entry(log).or_default();
        held.write(log, what);
        held.head(log, None)
    }

    /// No more than is asked for: unacknowledged logs, and of the others the newest. Here, a greater id is newer.
    pub(super) fn state(&self, current: LogId) -> TillState {
        let own = self.logs.iter().filter(|(log, _)| log.node() == self.node);
        let own = own.map(|(log, held)| OwnLog {
            head: held.head(*log, None),
            acknowledged: self.acknowledged.get(log).copied().unwrap_or_default(),
        });
        let (mut logs, done): (Vec<_>, Vec<_>) =
            own.partition(|own| own.acknowledged < own.head.position);
        let newest = done.len().saturating_sub(HELLO_LOGS_MAX);
        logs.extend(&done[newest..]);
        TillState {
            epoch: self.epoch,
            feed: self.feed,
            reference: self.reference,
            current: Some(current),
            logs,
            rights: self.rights(),
        }
    }

    pub(super) fn begin_epoch(&mut self, epoch: ServerEpoch, durable: &[LogHead]) {
        self.epoch = Some(epoch);
        self.feed = FeedPosition::START;
        self.reference = PriceListVersion::default();
        self.records.clear();
        self.acknowledged.clear();
        for head in durable {
            let held = self.logs.entry(head.log).or_default();
            let both = head.position.min(held.head(head.log, None).position);
            self.acknowledged.insert(head.log, both);
        }
    }

    /// T3.
    pub(super) fn acknowledge(&mut self, log: LogId, position: LogPosition) {
        let before = self.acknowledged.insert(log, position);
        assert!(
            before <= Some(position),
            "an acknowledgement never goes back"
        );
    }

    /// T2.
    pub(super) fn apply_feed(&mut self, page: &FeedPage) {
        assert_eq!(page.after, self.feed, "a page fits its cursor");
        self.insert(&page.entries);
        for head in &page.heads {
            let log = self.logs.entry(head.head.log).or_default();
            log.heads.insert(head.head.position, *head);
        }
        self.feed = page.through;
    }

    pub(super) fn apply_reference(&mut self, page: &ReferencePage) {
        assert_eq!(page.after, self.reference, "a delta fits its version");
        self.records.extend(page.records.iter().cloned());
        self.reference = page.through;
    }

    pub(super) fn insert(&mut self, entries: &[LogEntry]) {
        for entry in entries {
            self.logs
                .entry(entry.log)
                .or_default()
                .insert(entry.clone());
        }
    }

    pub(super) fn read(&self, log: LogId, after: LogPosition) -> LogRead {
        let held = &self.logs[&log];
        let next = held.heads.range(after.next().unwrap()..).next();
        let foreign_end = next.map(|(position, _)| *position);
        let own = log.node() == self.node;
        let entries: Vec<LogEntry> = held
            .after(after)
            .take_while(|entry| own || foreign_end.is_some_and(|end| entry.position <= end))
            .take(if own { PAGE_ENTRIES } else { usize::MAX })
            .collect();
        let stretch = entries.last().map(|entry| entry.position).map(|last| {
            let head = match own {
                true => held.signed(log, last),
                false => held.heads[&last],
            };
            LogStretch { entries, head }
        });
        LogRead {
            log,
            after,
            stretch,
        }
    }

    pub(super) fn foreign_heads(&self, after: Option<LogId>) -> Vec<LogHead> {
        let foreign = self
            .logs
            .iter()
            .filter(|(log, _)| log.node() != self.node && after.is_none_or(|after| **log > after));
        let heads = foreign.filter_map(|(log, held)| {
            let end = held.head(*log, None).position;
            let signed = held.heads.range(..=end).next_back()?;
            Some(signed.1.head)
        });
        heads.take(2).collect()
    }

    fn foreign(&self) -> impl Iterator<Item = &Held> {
        let foreign = self.logs.iter().filter(|(log, _)| log.node() != self.node);
        foreign.flat_map(|(_, held)| held.entries.values())
    }

    pub(super) fn digest(&self) -> Buckets {
        let mut buckets = Buckets::default();
        for held in self.foreign() {
            buckets.add(&held.hash);
        }
        buckets
    }

    pub(super) fn missing(&self, hashes: &[ChangeHash]) -> Vec<ChangeHash> {
        let have: BTreeSet<ChangeHash> = self.foreign().map(|held| held.hash).collect();
        let missing = hashes.iter().filter(|hash| !have.contains(*hash));
        missing.copied().collect()
    }

    /// Every entry of a log that is held.
    pub(super) fn entries(&self, log: LogId) -> usize {
        self.logs.get(&log).map_or(0, |held| held.entries.len())
    }
}

/// The server's database, with one store in it. Cloning it is making a backup.
#[derive(Debug, Clone)]
pub(super) struct ServerDisk {
    pub(super) epoch: ServerEpoch,
    pub(super) logs: BTreeMap<LogId, Log>,
    pub(super) feed: Vec<(LogId, LogPosition)>,
    pub(super) records: Vec<ReferenceText>,
    pub(super) rights: BTreeMap<Right, (NodeNumber, Timestamp)>,
    /// Whether rights may be granted again after a restored backup.
    pub(super) all_reported: bool,
    /// Positions of which the entry goes into quarantine.
    pub(super) bad: BTreeSet<LogPosition>,
}

impl ServerDisk {
    pub(super) fn new(epoch: u8) -> Self {
        Self {
            epoch: ServerEpoch::from_bytes([epoch; 16]),
            logs: BTreeMap::new(),
            feed: Vec::new(),
            records: Vec::new(),
            rights: BTreeMap::new(),
            all_reported: true,
            bad: BTreeSet::new(),
        }
    }

    /// As if another till had pushed entries, `PAGE_ENTRIES` in a frame.
    pub(super) fn receive(&mut self, log: LogId, entries: usize) {
        let held = self.logs.entry(log).or_default();
        for nth in 1..=entries {
            held.write(log, 0);
            let end = held.head(log, None).position;
            if nth % PAGE_ENTRIES == 0 || nth == entries {
                held.heads.insert(end, held.signed(log, end));
            }
            self.feed.push((log, end));
        }
    }

    /// S1.
    pub(super) fn ingest(&mut self, push: &Push) -> Ingested {
        let claimed = push.head.head;
        if !push.head.is_genuine(&tenant(), &Keys) {
            return Ingested::Unproved;
        }
        let durable = self.durable(claimed.log).position;
        if push.after > durable {
            return Ingested::Gap { durable };
        }
        let mut log = self.logs.get(&claimed.log).cloned().unwrap_or_default();
        let new = push
            .entries
            .iter()
            .filter(|entry| entry.position > durable)
            .cloned();
        let new: Vec<LogEntry> = new.collect();
        new.iter().cloned().for_each(|entry| log.insert(entry));
        if log.head(claimed.log, Some(claimed.position)) != claimed {
            return Ingested::Fork {
                position: claimed.position,
            };
        }
        log.heads.insert(claimed.position, push.head);
        self.logs.insert(claimed.log, log);
        let positions = new.iter().map(|entry| (claimed.log, entry.position));
        self.feed.extend(positions);
        let bad = new.iter().filter(|entry| self.is_bad(entry));
        Ingested::Stored {
            durable: self.durable(claimed.log).position,
            quarantined: u32::try_from(bad.count()).unwrap(),
        }
    }

    /// Whether an entry is in quarantine.
    fn is_bad(&self, entry: &LogEntry) -> bool {
        self.bad.contains(&entry.position)
    }

    pub(super) fn durable(&self, log: LogId) -> LogHead {
        let held = self.logs.get(&log);
        held.map_or(LogHead::start(log), |held| held.head(log, None))
    }

    pub(super) fn standings(&self, claims: &[LogHead]) -> Vec<LogStanding> {
        let standing = |claim: &LogHead| LogStanding {
            durable: self.durable(claim.log),
            at_claim: self.chain_at(claim),
        };
        claims.iter().map(standing).collect()
    }

    fn chain_at(&self, claim: &LogHead) -> Option<ChainHash> {
        let Some(held) = self.logs.get(&claim.log) else {
            return (claim.position == LogPosition::START).then_some(ChainHash::START);
        };
        let head = held.head(claim.log, Some(claim.position));
        (head.position == claim.position).then_some(head.chain)
    }

    pub(super) fn wants(&self, heads: &[LogHead]) -> Vec<LogWant> {
        let wants = heads.iter().map(|head| LogWant {
            log: head.log,
            after: self.durable(head.log).position,
        });
        let behind = wants
            .zip(heads)
            .filter(|(want, head)| want.after < head.position);
        behind.map(|(want, _)| want).collect()
    }

    pub(super) fn feed_end(&self) -> FeedPosition {
        FeedPosition::new(self.feed.len().try_into().unwrap())
    }

    pub(super) fn read_feed(
        &self,
        reader: NodeNumber,
        after: FeedPosition,
        held: &[(LogId, LogPosition)],
    ) -> FeedPage {
        let held: BTreeMap<LogId, LogPosition> = held.iter().copied().collect();
        let mut page = FeedPage {
            after,
            through: after,
            end: self.feed_end(),
            entries: Vec::new(),
            heads: Vec::new(),
        };
        for (log, position) in self.feed.iter().skip(after.get().try_into().unwrap()) {
            if page.entries.len() == PAGE_ENTRIES {
                break;
            }
            page.through = page.through.next();
            let entry = &self.logs[log].entries[position].entry;
            let is_for_reader = log.node() == reader || !self.is_bad(entry);
            if is_for_reader && held.get(log).is_none_or(|held| held < position) {
                page.entries.push(entry.clone());
                page.heads.extend(self.logs[log].heads.get(position));
            }
        }
        page
    }

    pub(super) fn read_reference(&self, after: PriceListVersion) -> ReferencePage {
        let after_records = usize::try_from(after.get()).unwrap();
        let records: Vec<ReferenceText> = self.records[after_records..]
            .iter()
            .take(PAGE_ENTRIES)
            .cloned()
            .collect();
        ReferencePage {
            after,
            through: PriceListVersion::new(after.get() + u64::try_from(records.len()).unwrap()),
            end: self.reference_end(),
            records,
        }
    }

    pub(super) fn reference_end(&self) -> PriceListVersion {
        PriceListVersion::new(self.records.len().try_into().unwrap())
    }

    /// What a node should hold of others, up to a cursor.
    pub(super) fn scope(
        &self,
        without: NodeNumber,
        through: FeedPosition,
    ) -> BTreeMap<ChangeHash, LogEntry> {
        let feed = self.feed.iter().take(through.get().try_into().unwrap());
        feed.filter(|(log, _)| log.node() != without)
            .map(|(log, position)| &self.logs[log].entries[position])
            .filter(|held| !self.is_bad(&held.entry))
            .map(|held| (held.hash, held.entry.clone()))
            .collect()
    }

    /// What the server says to a till's question.
    /// The rights that the till claims and another holds.
    pub(super) fn claim(&mut self, till: NodeNumber, claims: &[HeldRight]) -> Vec<Right> {
        let mut lost = Vec::new();
        for claim in claims {
            let holder = (till, claim.since);
            let known = self.rights.entry(claim.right).or_insert(holder);
            if known.0 != till && known.1 < claim.since {
                *known = holder;
            }
            if known.0 != till {
                lost.push(claim.right);
            }
        }
        lost
    }

    pub(super) fn answer(
        &mut self,
        asker: NodeNumber,
        question: &Question,
        now: Timestamp,
    ) -> Answer {
        match question {
            Question::FindOrder {
                key: OrderKey::Document(order),
            } => {
                let entries = self.logs.values().flat_map(|log| log.entries.values());
                let entries: Vec<LogEntry> = entries
                    .filter(|held| held.entry.document == *order)
                    .map(|held| held.entry.clone())
                    .collect();
                match entries.is_empty() {
                    true => Answer::NotFound { data_as_of: now },
                    false => Answer::Found(FoundOrder {
                        order: *order,
                        data_as_of: now,
                        entries,
                    }),
                }
            }
            Question::FindOrder { .. } => Answer::NotFound { data_as_of: now },
            Question::TakeRight { .. } if !self.all_reported => Answer::NotYet,
            Question::TakeRight { right } => {
                match *self.rights.entry(*right).or_insert((asker, now)) {
                    (by, since) if by == asker => Answer::Granted { since },
                    (by, _) => Answer::Held {
                        by,
                        because: HeldBecause::Away,
                    },
                }
            }
            Question::ReleaseRight { right } => {
                self.rights
                    .retain(|held, (by, _)| held != right || *by != asker);
                Answer::Released
            }
            Question::GrantRight { right, to } => match self.rights.get_mut(right) {
                Some(holder) if holder.0 == asker && to.get() != NO_HEIR => {
                    *holder = (*to, now);
                    Answer::Granted { since: now }
                }
                Some(_) | None => Answer::Refused,
            },
            Question::YieldRight { .. }
            | Question::KeepCustomer { .. }
            | Question::EraseCustomer { .. }
            | Question::Unknown => Answer::Refused,
        }
    }
}
