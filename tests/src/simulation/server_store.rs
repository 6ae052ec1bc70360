//! The server's database, in memory: what S1 keeps. Cloning it is making a backup.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, OrderNumber,
        PriceListVersion, StoreId,
    },
    log::{LogEntry, LogHead, SignedHead},
    operation::Operation,
    reaction::Numbered,
    sync::server::{Ingested, LogStanding},
    wire::{
        Buckets, FeedPage, FeedPosition, LogWant, Push, ReferencePage, ReferenceText, ServerEpoch,
    },
};

use super::{
    keys::{NodeKey, NodeKeys, tenant},
    planted::Planted,
    random::Random,
    reactions::is_out_of_scope,
    till_store::EntryKey,
};

/// How many entries a feed page has here: few, so that there are many pages.
const PAGE_ENTRIES: usize = 5;

/// How many feed entries are looked at for one page.
const PAGE_SCAN: usize = 16;

#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) entry: LogEntry,
    pub(super) hash: ChangeHash,
    pub(super) chain: ChainHash,
}

/// The database.
#[derive(Debug, Clone)]
pub(super) struct ServerStore {
    pub(super) epoch: ServerEpoch,
    pub(super) stores: BTreeMap<NodeNumber, StoreId>,
    pub(super) logs: BTreeMap<LogId, Vec<Stored>>,
    heads: BTreeMap<(LogId, LogPosition), SignedHead>,
    pub(super) feeds: BTreeMap<StoreId, Vec<(LogId, LogPosition)>>,
    pub(super) records: Vec<ReferenceText>,
    pub(super) planted: Option<Planted>,
    /// The logs that the server's process writes, one for each store: all that is in it is in that store's feed.
    own_logs: BTreeMap<StoreId, LogId>,
    pub(super) last_number: Option<OrderNumber>,
    /// What is stored at its position, and counts for nothing.
    pub(super) quarantine: BTreeSet<EntryKey>,
    /// To which stores each document goes: those of all that wrote to it.
    scopes: BTreeMap<DocumentId, BTreeSet<StoreId>>,
    /// The entries of each document, without those in quarantine.
    pub(super) by_document: BTreeMap<DocumentId, Vec<LogEntry>>,
    pub(super) numbered: BTreeMap<DocumentId, Numbered>,
}

fn index(position: LogPosition) -> usize {
    usize::try_from(position.get()).expect("few entries")
}

impl ServerStore {
    pub(super) fn new(
        epoch: ServerEpoch,
        stores: BTreeMap<NodeNumber, StoreId>,
        random: &mut Random,
    ) -> Self {
        let mut store = Self {
            epoch,
            stores,
            logs: BTreeMap::new(),
            heads: BTreeMap::new(),
            feeds: BTreeMap::new(),
            records: Vec::new(),
            planted: None,
            own_logs: BTreeMap::new(),
            scopes: BTreeMap::new(),
            last_number: None,
            quarantine: BTreeSet::new(),
            by_document: BTreeMap::new(),
            numbered: BTreeMap::new(),
        };
        store.draw_own_logs(random);
        store
    }

    /// A process of the server begins logs of its own.
    pub(super) fn draw_own_logs(&mut self, random: &mut Random) {
        let stores: BTreeSet<StoreId> = self.stores.values().cloned().collect();
        let draw = |store| (store, LogId::new(NodeNumber::SERVER, random.bytes()));
        self.own_logs = stores.into_iter().map(draw).collect();
    }

    /// S1.
    pub(super) fn ingest(&mut self, push: &Push) -> Ingested {
        let claimed = push.head.head;
        if !push.head.is_genuine(&tenant(), &NodeKeys) {
            return Ingested::Unproved;
        }
        let durable = self.durable(push.log());
        if push.after > durable.position {
            return Ingested::Gap {
                durable: durable.position,
            };
        }
        let mut chain = durable.chain;
        let mut new = Vec::new();
        for entry in push
            .entries
            .iter()
            .filter(|entry| entry.position > durable.position)
        {
            let hash = recognise(&entry.change)
                .expect("tills write good changes")
                .hash();
            chain = entry.chain(chain, hash);
            new.push(Stored {
                entry: entry.clone(),
                hash,
                chain,
            });
        }
        let computed = if new.is_empty() {
            self.chain_at(claimed.log, claimed.position)
        } else {
            Some(chain)
        };
        if computed != Some(claimed.chain) {
            return Ingested::Fork {
                position: claimed.position,
            };
        }
        let author = self.stores.get(&claimed.log.node()).cloned();
        if self.planted == Some(Planted::StoredTwice) {
            let known = |entry: &&LogEntry| entry.position <= durable.position;
            for entry in push.entries.iter().filter(known) {
                self.put_feeds(entry);
            }
        }
        if self.planted == Some(Planted::EntryLeftOut) && claimed.position.get().is_multiple_of(8) {
            new.pop();
        }
        let mut quarantined = 0;
        for stored in &new {
            let entry = &stored.entry;
            if let Some(store) = &author
                && is_out_of_scope(entry, store)
            {
                let key = (entry.log, entry.position, stored.hash);
                self.quarantine.insert(key);
                quarantined += 1;
                // For its author alone; see `read_feed`.
                let feed = self.feeds.entry(store.clone()).or_default();
                feed.push((entry.log, entry.position));
            } else {
                self.accept(entry, author.as_ref());
            }
        }
        self.logs.entry(claimed.log).or_default().extend(new);
        self.heads
            .insert((claimed.log, claimed.position), push.head);
        Ingested::Stored {
            durable: self.durable(claimed.log).position,
            quarantined,
        }
    }

    /// Puts an entry into its document and into the feeds of all stores that the document goes to. `store`: the
    /// author's; none for the server.
    fn accept(&mut self, entry: &LogEntry, store: Option<&StoreId>) {
        if let Some(store) = store {
            let scope = self.scopes.entry(entry.document).or_default();
            if scope.insert(store.clone()) {
                let known = self.by_document.get(&entry.document).into_iter().flatten();
                let feed = self.feeds.entry(store.clone()).or_default();
                feed.extend(known.map(|known| (known.log, known.position)));
            }
        }
        let entries = self.by_document.entry(entry.document).or_default();
        entries.push(entry.clone());
        self.put_feeds(entry);
    }

    fn put_feeds(&mut self, entry: &LogEntry) {
        for store in self.scopes.get(&entry.document).into_iter().flatten() {
            let feed = self.feeds.entry(store.clone()).or_default();
            feed.push((entry.log, entry.position));
        }
    }

    /// One entry of the server's own: in the log for a store that the document goes to, that of the till that drew
    /// its id if it can be.
    pub(super) fn write(&mut self, document: DocumentId, operation: Operation) -> EntryKey {
        let scope = &self.scopes[&document];
        let home = scope.get(&self.stores[&document.node()]);
        let log = self.own_logs[home.or(scope.first()).expect("somebody wrote to it")];
        let appended = self
            .document(document)
            .append(log, &[operation])
            .expect("a reaction fits its document");
        let head = self.durable(log);
        let position = head.position.next().expect("few entries");
        let hash = appended.change.hash();
        let entry = LogEntry {
            log,
            position,
            document,
            change: appended.bytes.into(),
        };
        let chain = entry.chain(head.chain, hash);
        self.accept(&entry, None);
        let entries = self.logs.entry(log).or_default();
        entries.push(Stored { entry, hash, chain });
        let head = LogHead {
            log,
            position,
            chain,
        };
        let signed = SignedHead::sign(head, &tenant(), &NodeKey(NodeNumber::SERVER));
        self.heads.insert((log, position), signed);
        (log, position, hash)
    }

    fn is_set_aside(&self, stored: &Stored) -> bool {
        let entry = &stored.entry;
        let key = (entry.log, entry.position, stored.hash);
        self.quarantine.contains(&key)
    }

    pub(super) fn standings(&self, claims: &[LogHead]) -> Vec<LogStanding> {
        claims
            .iter()
            .map(|claim| LogStanding {
                durable: self.durable(claim.log),
                at_claim: self.chain_at(claim.log, claim.position),
            })
            .collect()
    }

    pub(super) fn wants(&self, heads: &[LogHead]) -> Vec<LogWant> {
        heads
            .iter()
            .filter_map(|head| {
                let after = self.durable(head.log).position;
                (after < head.position).then_some(LogWant {
                    log: head.log,
                    after,
                })
            })
            .collect()
    }

    pub(super) fn feed_end(&self, store: &StoreId) -> FeedPosition {
        let length = self.feeds.get(store).map_or(0, Vec::len);
        FeedPosition::new(u64::try_from(length).expect("few entries"))
    }

    /// Every feed of a store.
    pub(super) fn feeds(&self) -> impl Iterator<Item = &[(LogId, LogPosition)]> {
        self.feeds.values().map(Vec::as_slice)
    }

    pub(super) fn read_feed(
        &self,
        store: &StoreId,
        reader: NodeNumber,
        after: FeedPosition,
        held: &[(LogId, LogPosition)],
    ) -> FeedPage {
        let held: BTreeMap<LogId, LogPosition> = held.iter().copied().collect();
        let mut page = FeedPage {
            after,
            through: after,
            end: self.feed_end(store),
            entries: Vec::new(),
            heads: Vec::new(),
        };
        let feed = self.feeds.get(store).map_or(&[][..], Vec::as_slice);
        let start = usize::try_from(after.get()).expect("few entries");
        for (log, position) in feed.iter().skip(start).take(PAGE_SCAN) {
            if page.entries.len() == PAGE_ENTRIES {
                break;
            }
            page.through = page.through.next();
            let stored = &self.logs[log][index(*position) - 1];
            let is_anothers = log.node() != reader && self.is_set_aside(stored);
            if is_anothers || held.get(log).is_some_and(|held| held >= position) {
                continue;
            }
            page.entries.push(stored.entry.clone());
            page.heads.extend(self.heads.get(&(*log, *position)));
        }
        page
    }

    pub(super) fn reference_end(&self) -> PriceListVersion {
        PriceListVersion::new(u64::try_from(self.records.len()).expect("few records"))
    }

    pub(super) fn read_reference(&self, after: PriceListVersion) -> ReferencePage {
        let start = usize::try_from(after.get()).expect("few records");
        let records: Vec<ReferenceText> =
            self.records.iter().skip(start).take(2).cloned().collect();
        ReferencePage {
            after,
            through: PriceListVersion::new(
                after.get() + u64::try_from(records.len()).expect("few records"),
            ),
            end: self.reference_end(),
            records,
        }
    }

    /// What a till of this store and node should hold of others, up to a cursor.
    pub(super) fn scope(
        &self,
        store: &StoreId,
        without: NodeNumber,
        through: FeedPosition,
    ) -> BTreeMap<ChangeHash, &LogEntry> {
        self.entries_in_scope(store, without, through).collect()
    }

    /// Two equal papers of one millisecond are two entries with one hash, and count twice.
    fn entries_in_scope(
        &self,
        store: &StoreId,
        without: NodeNumber,
        through: FeedPosition,
    ) -> impl Iterator<Item = (ChangeHash, &LogEntry)> {
        let feed = self.feeds.get(store).map_or(&[][..], Vec::as_slice);
        feed.iter()
            .take(usize::try_from(through.get()).expect("few entries"))
            .filter(move |(log, _)| log.node() != without)
            .map(|(log, position)| &self.logs[log][index(*position) - 1])
            .filter(|stored| !self.is_set_aside(stored))
            .map(|stored| (stored.hash, &stored.entry))
    }

    pub(super) fn digest(
        &self,
        store: &StoreId,
        without: NodeNumber,
        through: FeedPosition,
    ) -> Buckets {
        let mut buckets = Buckets::default();
        for (hash, _) in self.entries_in_scope(store, without, through) {
            buckets.add(&hash);
        }
        buckets
    }

    pub(super) fn keys(&self) -> BTreeSet<EntryKey> {
        self.logs
            .values()
            .flatten()
            .map(|stored| (stored.entry.log, stored.entry.position, stored.hash))
            .collect()
    }

    /// One document, put together from the log.
    pub(super) fn document(&self, id: DocumentId) -> Document {
        let entries = self.by_document.get(&id).into_iter().flatten();
        Document::from_changes(
            id,
            entries.map(|entry| recognise(&entry.change).expect("was recognised before")),
        )
    }

    pub(super) fn documents(&self) -> Vec<Document> {
        self.by_document
            .keys()
            .map(|id| self.document(*id))
            .collect()
    }

    pub(super) fn durable(&self, log: LogId) -> LogHead {
        let last = self.logs.get(&log).and_then(|entries| entries.last());
        last.map_or_else(
            || LogHead::start(log),
            |stored| LogHead {
                log,
                position: stored.entry.position,
                chain: stored.chain,
            },
        )
    }

    fn chain_at(&self, log: LogId, position: LogPosition) -> Option<ChainHash> {
        if position == LogPosition::START {
            return Some(ChainHash::START);
        }
        let entries = self.logs.get(&log)?;
        entries.get(index(position) - 1).map(|stored| stored.chain)
    }
}
