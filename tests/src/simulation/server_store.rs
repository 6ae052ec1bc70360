//! The server's database, in memory: what S1 keeps. Cloning it is making a backup.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, PriceListVersion,
        StoreId,
    },
    log::{LogEntry, LogHead, SignedHead},
    sync::server::{Ingested, LogStanding},
    wire::{
        Buckets, FeedPage, FeedPosition, LogWant, Push, ReferencePage, ReferenceText, ServerEpoch,
    },
};

use super::{
    keys::{NodeKeys, tenant},
    planted::Planted,
    till_store::EntryKey,
};

/// How many entries a feed page has here: few, so that there are many pages.
const PAGE_ENTRIES: usize = 5;

/// How many feed entries are looked at for one page.
const PAGE_SCAN: usize = 16;

#[derive(Debug, Clone)]
struct Stored {
    entry: LogEntry,
    hash: ChangeHash,
    chain: ChainHash,
}

/// The database.
#[derive(Debug, Clone)]
pub(super) struct ServerStore {
    pub(super) epoch: ServerEpoch,
    stores: BTreeMap<NodeNumber, StoreId>,
    logs: BTreeMap<LogId, Vec<Stored>>,
    heads: BTreeMap<(LogId, LogPosition), SignedHead>,
    feeds: BTreeMap<StoreId, Vec<(LogId, LogPosition)>>,
    pub(super) records: Vec<ReferenceText>,
    pub(super) planted: Option<Planted>,
}

fn index(position: LogPosition) -> usize {
    usize::try_from(position.get()).expect("few entries")
}

impl ServerStore {
    pub(super) fn new(epoch: ServerEpoch, stores: BTreeMap<NodeNumber, StoreId>) -> Self {
        Self {
            epoch,
            stores,
            logs: BTreeMap::new(),
            heads: BTreeMap::new(),
            feeds: BTreeMap::new(),
            records: Vec::new(),
            planted: None,
        }
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
        let store = self.stores[&claimed.log.node()].clone();
        let feed = self.feeds.entry(store).or_default();
        if self.planted == Some(Planted::StoredTwice) {
            let again = push
                .entries
                .iter()
                .filter(|entry| entry.position <= durable.position);
            feed.extend(again.map(|entry| (entry.log, entry.position)));
        }
        if self.planted == Some(Planted::EntryLeftOut) && claimed.position.get().is_multiple_of(8) {
            new.pop();
        }
        feed.extend(
            new.iter()
                .map(|stored| (stored.entry.log, stored.entry.position)),
        );
        self.logs.entry(claimed.log).or_default().extend(new);
        self.heads
            .insert((claimed.log, claimed.position), push.head);
        Ingested::Stored {
            durable: self.durable(claimed.log).position,
            quarantined: 0,
        }
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
            if held.get(log).is_some_and(|held| held >= position) {
                continue;
            }
            page.entries
                .push(self.logs[log][index(*position) - 1].entry.clone());
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
        let feed = self.feeds.get(store).map_or(&[][..], Vec::as_slice);
        feed.iter()
            .take(usize::try_from(through.get()).expect("few entries"))
            .filter(|(log, _)| log.node() != without)
            .map(|(log, position)| &self.logs[log][index(*position) - 1])
            .map(|stored| (stored.hash, &stored.entry))
            .collect()
    }

    pub(super) fn digest(
        &self,
        store: &StoreId,
        without: NodeNumber,
        through: FeedPosition,
    ) -> Buckets {
        let mut buckets = Buckets::default();
        for hash in self.scope(store, without, through).keys() {
            buckets.add(hash);
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

    /// Every document, put together from the log.
    pub(super) fn documents(&self) -> Vec<Document> {
        let mut changes: BTreeMap<DocumentId, Vec<&LogEntry>> = BTreeMap::new();
        for stored in self.logs.values().flatten() {
            let document = changes.entry(stored.entry.document).or_default();
            document.push(&stored.entry);
        }
        changes
            .into_iter()
            .map(|(id, entries)| {
                let changes = entries.iter();
                Document::from_changes(
                    id,
                    changes.map(|entry| recognise(&entry.change).expect("was recognised before")),
                )
            })
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
