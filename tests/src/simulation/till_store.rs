//! A till's disk, in memory: what T1, T2 and T3 keep. Cloning it is making a backup.

use std::collections::BTreeMap;

use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, OrderNumber,
        PriceListVersion,
    },
    log::{LogEntry, LogHead, SignedHead},
    operation::Operation,
    sync::till::{LogRead, LogStretch, OwnLog, TillRights, TillState},
    wire::{Buckets, FeedPage, FeedPosition, ReferencePage, ReferenceText, ServerEpoch},
};

use super::keys::{NodeKey, tenant};

/// How many entries a frame has here: few, so that there are many frames.
const FRAME_ENTRIES: usize = 3;

/// One entry on the disk.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) entry: LogEntry,
    pub(super) hash: ChangeHash,
    by_feed: bool,
}

/// The disk.
#[derive(Debug, Clone)]
pub(super) struct TillStore {
    pub(super) node: NodeNumber,
    pub(super) epoch: Option<ServerEpoch>,
    pub(super) feed: FeedPosition,
    reference: PriceListVersion,
    pub(super) records: Vec<ReferenceText>,
    pub(super) logs: BTreeMap<LogId, BTreeMap<LogPosition, Held>>,
    heads: BTreeMap<(LogId, LogPosition), SignedHead>,
    acknowledged: BTreeMap<LogId, LogPosition>,
    /// The last order number that was given.
    pub(super) last_number: Option<OrderNumber>,
    /// Whether it ever lost an entry of itself.
    pub(super) rotted: bool,
}

/// How many operations wrote into one document, and which change brought them: what a commit is known by.
pub(super) type EntryKey = (LogId, LogPosition, ChangeHash);

impl TillStore {
    pub(super) fn new(node: NodeNumber) -> Self {
        Self {
            node,
            epoch: None,
            feed: FeedPosition::START,
            reference: PriceListVersion::default(),
            records: Vec::new(),
            logs: BTreeMap::new(),
            heads: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            last_number: None,
            rotted: false,
        }
    }

    pub(super) fn state(&self, current: LogId) -> TillState {
        let own = self.logs.keys().filter(|log| log.node() == self.node);
        TillState {
            epoch: self.epoch,
            feed: self.feed,
            reference: self.reference,
            current: Some(current),
            rights: TillRights::default(),
            logs: own
                .map(|log| OwnLog {
                    head: self.head_of(*log),
                    acknowledged: self.acknowledged.get(log).copied().unwrap_or_default(),
                })
                .collect(),
        }
    }

    /// T1.
    pub(super) fn commit(
        &mut self,
        log: LogId,
        document: DocumentId,
        operations: &[Operation],
    ) -> (LogHead, EntryKey) {
        let appended = self
            .document(document)
            .append(log, operations)
            .expect("the simulation's operations fit their documents");
        let position = self.head_of(log).position.next().expect("few entries");
        let hash = appended.change.hash();
        let held = Held {
            entry: LogEntry {
                log,
                position,
                document,
                change: appended.bytes.into(),
            },
            hash,
            by_feed: false,
        };
        self.logs.entry(log).or_default().insert(position, held);
        (self.head_of(log), (log, position, hash))
    }

    /// T2.
    pub(super) fn apply_feed_page(&mut self, page: &FeedPage) {
        assert_eq!(page.after, self.feed, "a page fits its cursor");
        self.insert(&page.entries);
        for head in &page.heads {
            self.heads
                .insert((head.head.log, head.head.position), *head);
        }
        self.feed = page.through;
    }

    /// T2 without cursor.
    pub(super) fn insert(&mut self, entries: &[LogEntry]) {
        for entry in entries {
            let change = recognise(&entry.change).expect("the server passes good changes on");
            let log = self.logs.entry(entry.log).or_default();
            let held = log.entry(entry.position).or_insert_with(|| Held {
                entry: entry.clone(),
                hash: change.hash(),
                by_feed: true,
            });
            assert_eq!(held.entry, *entry, "one entry at one position");
            held.by_feed = true;
        }
    }

    /// T3.
    pub(super) fn acknowledge(&mut self, log: LogId, position: LogPosition) {
        let acknowledged = self.acknowledged.entry(log).or_default();
        assert!(
            *acknowledged <= position,
            "an acknowledgement never goes back"
        );
        *acknowledged = position;
    }

    pub(super) fn begin_epoch(&mut self, epoch: ServerEpoch, durable: &[LogHead]) {
        self.epoch = Some(epoch);
        self.feed = FeedPosition::START;
        self.reference = PriceListVersion::default();
        self.records.clear();
        let held = self.logs.values_mut().flat_map(BTreeMap::values_mut);
        held.for_each(|held| held.by_feed = false);
        self.acknowledged = durable
            .iter()
            .map(|head| (head.log, head.position.min(self.head_of(head.log).position)))
            .collect();
    }

    pub(super) fn apply_reference(&mut self, page: &ReferencePage) {
        assert_eq!(page.after, self.reference, "a delta fits its version");
        self.records.extend(page.records.iter().cloned());
        self.reference = page.through;
    }

    pub(super) fn read_log(&self, log: LogId, after: LogPosition) -> LogRead {
        LogRead {
            log,
            after,
            stretch: self.stretch(log, after),
        }
    }

    fn stretch(&self, log: LogId, after: LogPosition) -> Option<LogStretch> {
        let own = log.node() == self.node;
        let end = if own {
            self.head_of(log).position
        } else {
            let range = (log, after.next()?)..;
            let (key, _) = self.heads.range(range).find(|((at, _), _)| *at == log)?;
            key.1
        };
        let frame = if own { FRAME_ENTRIES } else { usize::MAX };
        let entries: Vec<LogEntry> = self
            .logs
            .get(&log)?
            .range(after.next()?..)
            .take_while(|(position, _)| **position <= end)
            .take(frame)
            .map(|(_, held)| held.entry.clone())
            .collect();
        let last = entries.last()?.position;
        let head = if own {
            let head = self.head_at(log, last)?;
            SignedHead::sign(head, &tenant(), &NodeKey(self.node))
        } else {
            *self.heads.get(&(log, last))?
        };
        Some(LogStretch { entries, head })
    }

    pub(super) fn foreign_heads(&self, after: Option<LogId>) -> Vec<LogHead> {
        self.logs
            .keys()
            .filter(|log| log.node() != self.node && after.is_none_or(|after| **log > after))
            .filter_map(|log| {
                let end = self.head_of(*log).position;
                let mut heads = self.heads.range((*log, LogPosition::START)..=(*log, end));
                heads.next_back().map(|(_, signed)| signed.head)
            })
            .collect()
    }

    pub(super) fn digest(&self) -> Buckets {
        let mut buckets = Buckets::default();
        for held in self
            .all()
            .filter(|held| held.by_feed && self.is_foreign(held))
        {
            buckets.add(&held.hash);
        }
        buckets
    }

    pub(super) fn missing(&self, hashes: &[ChangeHash]) -> Vec<ChangeHash> {
        let is_known = |held: &&Held| held.by_feed || !self.is_foreign(held);
        let have: std::collections::BTreeSet<ChangeHash> =
            self.all().filter(is_known).map(|held| held.hash).collect();
        hashes
            .iter()
            .filter(|hash| !have.contains(*hash))
            .copied()
            .collect()
    }

    /// A disk that loses something that it once had from the feed: what digests are for.
    pub(super) fn rot(&mut self, nth: usize) {
        let foreign: Vec<(LogId, LogPosition)> = self
            .all()
            .filter(|held| self.is_foreign(held))
            .map(|held| (held.entry.log, held.entry.position))
            .collect();
        if let Some((log, position)) = foreign.get(nth % foreign.len().max(1)) {
            self.logs.entry(*log).or_default().remove(position);
            self.rotted = true;
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Held> {
        self.logs.values().flat_map(BTreeMap::values)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = EntryKey> {
        self.all()
            .map(|held| (held.entry.log, held.entry.position, held.hash))
    }

    pub(super) fn documents(&self) -> Vec<DocumentId> {
        let documents: std::collections::BTreeSet<DocumentId> =
            self.all().map(|held| held.entry.document).collect();
        documents.into_iter().collect()
    }

    pub(super) fn document(&self, id: DocumentId) -> Document {
        let entries = self.all().filter(|held| held.entry.document == id);
        Document::from_changes(
            id,
            entries.map(|held| recognise(&held.entry.change).expect("was recognised before")),
        )
    }

    pub(super) fn acknowledged(&self) -> impl Iterator<Item = (LogId, LogPosition)> {
        self.acknowledged.iter().map(|(log, to)| (*log, *to))
    }

    fn is_foreign(&self, held: &Held) -> bool {
        held.entry.log.node() != self.node
    }

    /// The end of what is held without gaps.
    pub(super) fn head_of(&self, log: LogId) -> LogHead {
        self.walk(log, None)
    }

    fn head_at(&self, log: LogId, position: LogPosition) -> Option<LogHead> {
        let head = self.walk(log, Some(position));
        (head.position == position).then_some(head)
    }

    fn walk(&self, log: LogId, to: Option<LogPosition>) -> LogHead {
        let mut head = LogHead {
            log,
            position: LogPosition::START,
            chain: ChainHash::START,
        };
        for (position, held) in self.logs.get(&log).into_iter().flatten() {
            if head.position.next() != Some(*position) || to.is_some_and(|to| *position > to) {
                break;
            }
            head.position = *position;
            head.chain = held.entry.chain(head.chain, held.hash);
        }
        head
    }
}
