//! The log, in maps.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, OrderNumber, ReactionId,
        ReasonCode, StoreId,
    },
    log::{LogEntry, LogHead, SignedHead},
    time::Timestamp,
    wire::{FeedPage, FeedPosition},
};

use super::{Aside, FeedItem, MemoryStore, State, count};
use crate::{
    ingest::{
        apply::{self, Author, EntryId, LogTables, Place},
        in_place::Known,
    },
    store::{
        CursorName, DocumentScope, EntryNumber, EntryVerdict, FeedLimits, FramePrepared,
        FreezeReason, GroupTaken, LogStore, OwnEntry, PageLimit, PreparedEntry, QuarantineNumber,
        Quarantined, RecognisedChange, SignOwnHead, StoreError, StoredEntry, Stretch,
        TouchedDocument, feed_page::FeedPageBuilder,
    },
};

impl LogTables for State {
    fn author(&self, node: NodeNumber) -> Result<Option<Author>, StoreError> {
        Ok(self.nodes.get(&node).map(|record| Author {
            store: record.store.clone(),
            barred: record.revoked_at.is_some() || record.frozen.is_some(),
        }))
    }

    fn freeze(
        &mut self,
        node: NodeNumber,
        reason: FreezeReason,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let record = self
            .nodes
            .get_mut(&node)
            .ok_or(StoreError::UnknownNode(node))?;
        record.frozen.get_or_insert((at, reason));
        Ok(())
    }

    fn head(&self, log: LogId) -> Result<Option<LogHead>, StoreError> {
        Ok(self.heads.get(&log).copied())
    }

    fn set_head(&mut self, head: &LogHead) -> Result<(), StoreError> {
        self.heads.insert(head.log, *head);
        Ok(())
    }

    fn entry_at(&self, log: LogId, position: LogPosition) -> Result<Option<EntryId>, StoreError> {
        Ok(self.places.get(&(log, position)).map(|(entry, _)| *entry))
    }

    fn put_signature(&mut self, signed: &SignedHead) -> Result<(), StoreError> {
        self.signatures
            .insert((signed.head.log, signed.head.position), *signed);
        Ok(())
    }

    fn put_entry(
        &mut self,
        place: &Place,
        entry: &PreparedEntry,
        change: &RecognisedChange,
    ) -> Result<EntryNumber, StoreError> {
        let number = self.log_end().next();
        self.entries.push((
            StoredEntry {
                number,
                log: place.log,
                position: place.position,
                document: entry.document,
                hash: entry.hash,
                bytes: entry.bytes.clone(),
            },
            place.chain,
        ));
        self.last_counters.push(change.last_counter);
        self.places.insert(
            (place.log, place.position),
            (EntryId::of(entry), place.chain),
        );
        self.documents
            .entry(entry.document)
            .or_default()
            .entries
            .push(number);
        Ok(number)
    }

    fn put_aside(&mut self, aside: &apply::Aside<'_>) -> Result<QuarantineNumber, StoreError> {
        let number = QuarantineNumber::new(self.quarantine.len() as u64 + 1);
        if let Some(chain) = aside.chain {
            self.places.insert(
                (aside.log, aside.position),
                (EntryId::of(aside.entry), chain),
            );
        }
        self.quarantine.push(Aside {
            entry: Quarantined {
                number,
                log: aside.log,
                position: aside.position,
                document: aside.entry.document,
                hash: aside.entry.hash,
                bytes: aside.entry.bytes.clone(),
                reason: aside.reason,
                detail: aside.detail.to_owned(),
                delivered_by: aside.delivered_by,
                at: aside.at,
            },
            chain: aside.chain,
            released: false,
        });
        Ok(number)
    }

    fn known(&self, document: DocumentId, place: &Place) -> Result<Known, StoreError> {
        let mut known = Known::default();
        for ((entry, _), last) in self.entries.iter().zip(&self.last_counters) {
            if entry.document == document {
                known.accept(place, entry.log, entry.position, (entry.hash, *last));
            }
        }
        let aside = self.quarantine.iter().filter(|aside| {
            let of_log = aside.entry.document == document && aside.entry.log == place.log;
            of_log
                && aside.entry.position < place.position
                && aside.chain.is_some()
                && !aside.released
        });
        known.of_log += aside.count() as u64;
        Ok(known)
    }

    fn is_aside(
        &self,
        log: LogId,
        position: LogPosition,
        hash: ChangeHash,
    ) -> Result<bool, StoreError> {
        let same =
            |entry: &Quarantined| (entry.log, entry.position, entry.hash) == (log, position, hash);
        Ok(self.quarantine.iter().any(|aside| same(&aside.entry)))
    }

    fn document(&self, document: DocumentId) -> Result<Option<bool>, StoreError> {
        Ok(self
            .documents
            .get(&document)
            .map(|state| state.begun.is_some()))
    }

    fn put_document(&mut self, document: DocumentId) -> Result<(), StoreError> {
        self.documents.entry(document).or_default();
        Ok(())
    }

    fn begin_document(
        &mut self,
        document: DocumentId,
        scope: &DocumentScope,
        entry: EntryNumber,
    ) -> Result<(), StoreError> {
        self.documents.entry(document).or_default().begun = Some((scope.clone(), entry));
        Ok(())
    }

    fn referring(&self, document: DocumentId) -> Result<Vec<DocumentId>, StoreError> {
        Ok(referring(self, document, None))
    }

    fn scope(&self, document: DocumentId) -> Result<BTreeSet<StoreId>, StoreError> {
        let state = self.documents.get(&document);
        Ok(state.map(|state| state.scope.clone()).unwrap_or_default())
    }

    fn put_scope(&mut self, document: DocumentId, store: &StoreId) -> Result<(), StoreError> {
        let state = self.documents.entry(document).or_default();
        state.scope.insert(store.clone());
        Ok(())
    }

    fn entries_of(&self, document: DocumentId) -> Result<Vec<EntryNumber>, StoreError> {
        let state = self.documents.get(&document);
        Ok(state.map(|state| state.entries.clone()).unwrap_or_default())
    }

    fn put_feed(&mut self, store: &StoreId, entry: EntryNumber) -> Result<(), StoreError> {
        self.put_feed_item(store, FeedItem::Entry(entry))
    }

    fn put_feed_aside(
        &mut self,
        store: &StoreId,
        aside: QuarantineNumber,
    ) -> Result<(), StoreError> {
        self.put_feed_item(store, FeedItem::Aside(aside))
    }

    fn put_cause(&mut self, cause: ReactionId) -> Result<bool, StoreError> {
        Ok(self.causes.insert(cause))
    }

    fn put_own_number(&mut self, number: OrderNumber) -> Result<(), StoreError> {
        self.last_own_number = self.last_own_number.max(Some(number));
        Ok(())
    }
}

fn referring(state: &State, document: DocumentId, up_to: Option<EntryNumber>) -> Vec<DocumentId> {
    let refers = |other: &super::DocumentState| {
        other.begun.as_ref().is_some_and(|(scope, entry)| {
            scope.refers_to == Some(document) && up_to.is_none_or(|up_to| *entry <= up_to)
        })
    };
    state
        .documents
        .iter()
        .filter(|(_, other)| refers(other))
        .map(|(id, _)| *id)
        .collect()
}

impl State {
    fn put_feed_item(&mut self, store: &StoreId, item: FeedItem) -> Result<(), StoreError> {
        if !self.stores.contains_key(store) {
            return Err(StoreError::UnknownStore(store.clone()));
        }
        self.feeds.entry(store.clone()).or_default().push(item);
        Ok(())
    }

    /// What a feed's item is, and whether it is set aside.
    fn item(&self, item: FeedItem) -> Result<(LogEntry, bool), StoreError> {
        let found = match item {
            FeedItem::Entry(number) => self
                .entry(number)
                .map(|entry| (LogEntry::from(entry.clone()), false)),
            FeedItem::Aside(number) => {
                let index = usize::try_from(number.get().wrapping_sub(1)).unwrap_or(usize::MAX);
                self.quarantine.get(index).map(|aside| {
                    let entry = LogEntry {
                        log: aside.entry.log,
                        position: aside.entry.position,
                        document: aside.entry.document,
                        change: aside.entry.bytes.clone(),
                    };
                    (entry, true)
                })
            }
        };
        found.ok_or_else(missing_entry)
    }

    /// The entry that a feed names, if it is one that everybody may read.
    fn accepted(&self, item: FeedItem) -> Option<&StoredEntry> {
        match item {
            FeedItem::Entry(number) => self.entry(number),
            FeedItem::Aside(_) => None,
        }
    }

    fn feed(&self, store: &StoreId) -> Result<&[FeedItem], StoreError> {
        if !self.stores.contains_key(store) {
            return Err(StoreError::UnknownStore(store.clone()));
        }
        Ok(self.feeds.get(store).map(Vec::as_slice).unwrap_or_default())
    }

    fn feed_ends(&self) -> BTreeMap<StoreId, FeedPosition> {
        let ends = self.feeds.iter();
        ends.map(|(store, feed)| (store.clone(), FeedPosition::new(feed.len() as u64)))
            .collect()
    }
}

impl MemoryStore {
    /// Runs one transaction: what it did is kept only where it succeeds.
    pub(super) fn transact<T>(
        &self,
        work: impl FnOnce(&mut State) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut state = self.state();
        let mut next = state.clone();
        let done = work(&mut next)?;
        *state = next;
        Ok(done)
    }
}

impl LogStore for MemoryStore {
    fn ingest_group(&self, frames: &[FramePrepared]) -> Result<GroupTaken, StoreError> {
        self.transact(|state| {
            let before = state.feed_ends();
            let outcomes = frames
                .iter()
                .map(|frame| apply::take_frame(state, frame))
                .collect::<Result<_, _>>()?;
            let mut grown = state.feed_ends();
            grown.retain(|store, end| before.get(store) != Some(end));
            Ok(GroupTaken {
                outcomes,
                end: state.log_end(),
                grown,
            })
        })
    }

    fn append_own(
        &self,
        entries: &[OwnEntry],
        cursor: Option<(EntryNumber, EntryNumber)>,
        sign: SignOwnHead<'_>,
    ) -> Result<u32, StoreError> {
        self.transact(|state| {
            if let Some((from, to)) = cursor {
                if state.cursor(CursorName::React) != from {
                    return Err(StoreError::CursorMoved {
                        cursor: CursorName::React.name(),
                    });
                }
                state.cursors.insert(CursorName::React, to);
            }
            apply::append_own(state, entries, sign)
        })
    }

    fn last_own_number(&self) -> Result<Option<OrderNumber>, StoreError> {
        Ok(self.state().last_own_number)
    }

    fn feed_page(
        &self,
        store: &StoreId,
        reader: NodeNumber,
        after: FeedPosition,
        held: &BTreeMap<LogId, LogPosition>,
        limits: FeedLimits,
    ) -> Result<FeedPage, StoreError> {
        let state = self.state();
        let feed = state.feed(store)?;
        let end = FeedPosition::new(feed.len() as u64);
        let mut page = FeedPageBuilder::new(reader, held, after, end, limits);
        let start = usize::try_from(after.get()).unwrap_or(usize::MAX);
        for item in feed.get(start..).unwrap_or_default() {
            if page.is_full() {
                break;
            }
            let (entry, aside) = state.item(*item)?;
            if !page.pass_over(entry.log, entry.position, aside) {
                let head = state.signatures.get(&(entry.log, entry.position)).copied();
                page.add(entry, head);
            }
        }
        Ok(page.finish())
    }

    fn feed_end(&self, store: &StoreId) -> Result<FeedPosition, StoreError> {
        Ok(FeedPosition::new(self.state().feed(store)?.len() as u64))
    }

    fn log_head(&self, log: LogId) -> Result<Option<LogHead>, StoreError> {
        self.state().head(log)
    }

    fn chain_at(&self, log: LogId, position: LogPosition) -> Result<Option<ChainHash>, StoreError> {
        let state = self.state();
        Ok(state.places.get(&(log, position)).map(|(_, chain)| *chain))
    }

    fn logs_of(&self, node: NodeNumber) -> Result<Vec<LogHead>, StoreError> {
        let state = self.state();
        Ok(state
            .heads
            .values()
            .filter(|head| head.log.node() == node)
            .copied()
            .collect())
    }

    fn signed_head(
        &self,
        log: LogId,
        up_to: LogPosition,
    ) -> Result<Option<SignedHead>, StoreError> {
        let state = self.state();
        let newest = state
            .signatures
            .range((log, LogPosition::START)..=(log, up_to))
            .next_back();
        Ok(newest.map(|(_, signed)| *signed))
    }

    fn log_entries(
        &self,
        log: LogId,
        after: LogPosition,
        entries_max: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let state = self.state();
        let mut entries: Vec<StoredEntry> = state
            .entries
            .iter()
            .filter(|(entry, _)| entry.log == log && entry.position > after)
            .map(|(entry, _)| entry.clone())
            .collect();
        entries.sort_by_key(|entry| entry.position);
        entries.truncate(count(entries_max));
        Ok(entries)
    }

    fn entries_after(
        &self,
        after: EntryNumber,
        entries_max: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let state = self.state();
        let entries = state.after(after).iter().take(count(entries_max));
        Ok(entries.map(|(entry, _)| entry.clone()).collect())
    }

    fn stretch(&self, after: EntryNumber, entries_max: u32) -> Result<Stretch, StoreError> {
        let entries = self.entries_after(after, entries_max)?;
        let mut stretch = Stretch {
            to: entries.last().map(|entry| entry.number),
            ..Stretch::default()
        };
        for entry in &entries {
            let touched = TouchedDocument {
                entries: self.document_entries(entry.document, stretch.to)?,
                referring: self.referring_documents(entry.document, stretch.to)?,
            };
            stretch.documents.insert(entry.document, touched);
        }
        Ok(stretch)
    }

    fn document_entries(
        &self,
        document: DocumentId,
        up_to: Option<EntryNumber>,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let state = self.state();
        Ok(state
            .entries_of(document)?
            .into_iter()
            .filter(|number| up_to.is_none_or(|up_to| *number <= up_to))
            .filter_map(|number| state.entry(number).cloned())
            .collect())
    }

    fn referring_documents(
        &self,
        document: DocumentId,
        up_to: Option<EntryNumber>,
    ) -> Result<Vec<DocumentId>, StoreError> {
        Ok(referring(&self.state(), document, up_to))
    }

    fn entries_by_hash(
        &self,
        store: &StoreId,
        hashes: &BTreeSet<ChangeHash>,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let state = self.state();
        let feed = state.feed(store)?;
        let mut found: Vec<StoredEntry> = feed
            .iter()
            .filter_map(|item| state.accepted(*item))
            .filter(|entry| hashes.contains(&entry.hash))
            .cloned()
            .collect();
        found.sort_by_key(|entry| (entry.hash, entry.number));
        Ok(found)
    }

    fn feed_hashes(
        &self,
        store: &StoreId,
        up_to: FeedPosition,
        without: NodeNumber,
    ) -> Result<Vec<ChangeHash>, StoreError> {
        let state = self.state();
        let feed = state.feed(store)?;
        Ok(feed
            .iter()
            .take(usize::try_from(up_to.get()).unwrap_or(usize::MAX))
            .filter_map(|item| state.accepted(*item))
            .filter(|entry| entry.log.node() != without)
            .map(|entry| entry.hash)
            .collect())
    }

    fn grant_scope(&self, document: DocumentId, store: &StoreId) -> Result<bool, StoreError> {
        self.transact(|state| {
            if !state.stores.contains_key(store) {
                return Err(StoreError::UnknownStore(store.clone()));
            }
            apply::grant_scope(state, document, store)
        })
    }

    fn scope_of(&self, document: DocumentId) -> Result<BTreeSet<StoreId>, StoreError> {
        self.state().scope(document)
    }

    fn in_scope(&self, document: DocumentId, store: &StoreId) -> Result<bool, StoreError> {
        Ok(self.state().scope(document)?.contains(store))
    }

    fn log_end(&self) -> Result<EntryNumber, StoreError> {
        Ok(self.state().log_end())
    }

    fn cursor(&self, cursor: CursorName) -> Result<EntryNumber, StoreError> {
        Ok(self.state().cursor(cursor))
    }

    fn quarantined(
        &self,
        after: QuarantineNumber,
        limit: PageLimit,
    ) -> Result<Vec<Quarantined>, StoreError> {
        let state = self.state();
        Ok(state
            .quarantine
            .iter()
            .filter(|aside| !aside.released && aside.entry.number > after)
            .take(count(limit.get()))
            .map(|aside| aside.entry.clone())
            .collect())
    }

    fn release_quarantined(
        &self,
        number: QuarantineNumber,
        change: RecognisedChange,
        _at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.transact(|state| {
            let index = usize::try_from(number.get().wrapping_sub(1)).unwrap_or(usize::MAX);
            let Some(aside) = state.quarantine.get(index).cloned() else {
                return Ok(false);
            };
            let (Some(chain), false) = (aside.chain, aside.released) else {
                return Ok(false);
            };
            let place = Place {
                log: aside.entry.log,
                position: aside.entry.position,
                chain,
            };
            let entry = PreparedEntry {
                document: aside.entry.document,
                hash: aside.entry.hash,
                bytes: aside.entry.bytes,
                verdict: EntryVerdict::Recognised(change.clone()),
            };
            let released = apply::release(state, &place, &entry, &change)?;
            state.quarantine[index].released = released;
            Ok(released)
        })
    }

    fn freeze(
        &self,
        node: NodeNumber,
        reason: FreezeReason,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        LogTables::freeze(&mut *self.state(), node, reason, at)
    }

    fn unfreeze(
        &self,
        node: NodeNumber,
        reason: &ReasonCode,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let record = state
            .nodes
            .get_mut(&node)
            .ok_or(StoreError::UnknownNode(node))?;
        let frozen = record.frozen.take().is_some();
        if frozen {
            record.unfrozen = Some((at, reason.clone()));
        }
        Ok(frozen)
    }
}

/// A feed that names an entry which is not there.
fn missing_entry() -> StoreError {
    StoreError::Stored {
        what: "feed number",
        source: "the feed names an entry that is not in the log".into(),
    }
}
