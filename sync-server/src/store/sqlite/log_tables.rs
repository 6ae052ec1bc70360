//! The tables of the log, inside a writing transaction.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU64,
};

use holdfast_schemas::{
    identity::{
        ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, OrderNumber, ReactionId, StoreId,
    },
    log::{LogHead, SignedHead},
    planted::{self, Planted},
    time::Timestamp,
    wire::FeedPosition,
};
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};

use super::{
    failed,
    values::{Column, column, text},
};
use crate::{
    ingest::{
        apply::{Aside, Author, EntryId, LogTables, Place},
        in_place::Known,
    },
    store::{
        DocumentScope, EntryNumber, FreezeReason, PreparedEntry, QuarantineNumber,
        RecognisedChange, StoreError,
    },
};

/// The log's tables in one transaction, and what the transaction has read and written of them: a group of frames asks
/// the same over and over. Whoever writes calls [`Tables::finish`] at the end.
pub(super) struct Tables<'a> {
    transaction: &'a Transaction<'a>,
    documents: RefCell<BTreeMap<DocumentId, KnownDocument>>,
    authors: RefCell<BTreeMap<NodeNumber, Option<Author>>>,
    /// Whether anything is in quarantine.
    has_quarantine: Cell<Option<bool>>,
    last_entry: Option<EntryNumber>,
    /// The ends of the feeds that were written to.
    feed_ends: BTreeMap<StoreId, FeedPosition>,
}

/// What is known of one document within a transaction.
#[derive(Debug, Default)]
struct KnownDocument {
    /// Whether it is there, and whether it has begun, as [`LogTables::document`] has it.
    state: Option<bool>,
    /// Whether this transaction made it, so that nothing else can be known of it.
    made_here: bool,
    /// Whether its row is written; the row of one that is made waits for its beginning, which mostly comes with it.
    written: bool,
    scope: Option<BTreeSet<StoreId>>,
    /// Its entries, where the transaction made it.
    entries: Vec<KnownEntry>,
}

/// An entry of a document that this transaction made.
#[derive(Debug)]
struct KnownEntry {
    number: EntryNumber,
    log: LogId,
    position: LogPosition,
    change: (ChangeHash, NonZeroU64),
}

impl<'a> Tables<'a> {
    pub(super) fn new(transaction: &'a Transaction<'a>) -> Self {
        Self {
            transaction,
            documents: RefCell::default(),
            authors: RefCell::default(),
            has_quarantine: Cell::new(None),
            last_entry: None,
            feed_ends: BTreeMap::new(),
        }
    }

    /// Does something with the tables, and writes what waits for the end.
    pub(super) fn write<T>(
        transaction: &'a Transaction<'a>,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<(T, BTreeMap<StoreId, FeedPosition>), StoreError> {
        let mut tables = Self::new(transaction);
        let done = work(&mut tables)?;
        Ok((done, tables.finish()?))
    }

    /// Writes what waits for the end; gives the feeds that have grown, and their ends.
    fn finish(self) -> Result<BTreeMap<StoreId, FeedPosition>, StoreError> {
        for (document, known) in &mut *self.documents.borrow_mut() {
            self.write_document(*document, known, None)?;
        }
        for (store, end) in &self.feed_ends {
            self.execute(
                "move a feed's end",
                "UPDATE store SET feed_end = ?2 WHERE store = ?1",
                &[&store.as_str(), &Column(*end)],
            )?;
        }
        Ok(self.feed_ends)
    }

    /// Writes the row of a document that this transaction made, and its scope.
    fn write_document(
        &self,
        document: DocumentId,
        known: &mut KnownDocument,
        begun: Option<(&DocumentScope, EntryNumber)>,
    ) -> Result<(), StoreError> {
        if !known.made_here || known.written {
            return Ok(());
        }
        known.written = true;
        self.execute(
            "write a document",
            "INSERT INTO document (document, begun, kind, refers_to) VALUES (?1, ?2, ?3, ?4)",
            &[
                &Column(document),
                &begun.map(|(_, entry)| Column(entry)),
                &begun.map(|(scope, _)| scope.kind.name()),
                &begun.and_then(|(scope, _)| scope.refers_to.map(Column)),
            ],
        )?;
        for store in known.scope.iter().flatten() {
            self.insert_scope(document, store)?;
        }
        Ok(())
    }

    fn insert_scope(&self, document: DocumentId, store: &StoreId) -> Result<(), StoreError> {
        self.execute(
            "widen a document's scope",
            "INSERT INTO document_scope (document, store) VALUES (?1, ?2)",
            &[&Column(document), &store.as_str()],
        )?;
        Ok(())
    }

    fn read_scope(&self, document: DocumentId) -> Result<BTreeSet<StoreId>, StoreError> {
        let stores = self.rows(
            "read a document's scope",
            "SELECT store FROM document_scope WHERE document = ?1",
            &[&Column(document)],
            |row| text(row, 0),
        )?;
        Ok(stores.into_iter().collect())
    }

    fn read_author(&self, node: NodeNumber) -> Result<Option<Author>, StoreError> {
        self.row(
            "read a node",
            "SELECT store, revoked_at IS NOT NULL OR frozen_at IS NOT NULL FROM node WHERE node = ?1",
            &[&Column(node)],
            |row| {
                Ok(Author {
                    store: text(row, 0)?,
                    barred: row.get(1)? && !planted::is(Planted::RevocationForgotten),
                })
            },
        )
    }

    fn next_entry(&mut self) -> Result<EntryNumber, StoreError> {
        let last = match self.last_entry {
            Some(last) => last,
            None => super::log::log_end(self.transaction)?,
        };
        self.last_entry = Some(last.next());
        Ok(last.next())
    }

    fn next_feed_number(&mut self, store: &StoreId) -> Result<FeedPosition, StoreError> {
        let end = match self.feed_ends.get(store) {
            Some(end) => *end,
            None => super::log::feed_end(self.transaction, store)?,
        };
        let mut next = end.next();
        if planted::is(Planted::FeedNumberSkipped) {
            next = next.next();
        }
        self.feed_ends.insert(store.clone(), next);
        Ok(next)
    }

    fn execute(
        &self,
        attempted: &'static str,
        sql: &str,
        values: &[&dyn ToSql],
    ) -> Result<usize, StoreError> {
        self.transaction
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map_err(failed(attempted))
    }

    fn row<T>(
        &self,
        attempted: &'static str,
        sql: &str,
        values: &[&dyn ToSql],
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        self.transaction
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(values, read).optional())
            .map_err(failed(attempted))
    }

    fn rows<T>(
        &self,
        attempted: &'static str,
        sql: &str,
        values: &[&dyn ToSql],
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        super::rows::collect(self.transaction, attempted, sql, values, read)
    }
}

impl LogTables for Tables<'_> {
    fn author(&self, node: NodeNumber) -> Result<Option<Author>, StoreError> {
        if let Some(known) = self.authors.borrow().get(&node) {
            return Ok(known.clone());
        }
        let author = self.read_author(node)?;
        self.authors.borrow_mut().insert(node, author.clone());
        Ok(author)
    }

    fn freeze(
        &mut self,
        node: NodeNumber,
        reason: FreezeReason,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = self.execute(
            "freeze a node",
            "UPDATE node SET frozen_because = CASE WHEN frozen_at IS NULL THEN ?2 ELSE frozen_because END,
             frozen_at = COALESCE(frozen_at, ?3) WHERE node = ?1",
            &[&Column(node), &reason.name(), &Column(at)],
        )?;
        if changed == 0 {
            return Err(StoreError::UnknownNode(node));
        }
        // It counts from the next frame on, of this very group.
        self.authors.get_mut().remove(&node);
        Ok(())
    }

    fn head(&self, log: LogId) -> Result<Option<LogHead>, StoreError> {
        self.row(
            "read a log's head",
            "SELECT log, position, chain FROM log WHERE log = ?1",
            &[&Column(log)],
            super::rows::log_head,
        )
    }

    fn set_head(&mut self, head: &LogHead) -> Result<(), StoreError> {
        self.execute(
            "move a log's head",
            "INSERT INTO log (log, node, position, chain) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (log) DO UPDATE SET position = excluded.position, chain = excluded.chain",
            &[
                &Column(head.log),
                &Column(head.log.node()),
                &Column(head.position),
                &Column(head.chain),
            ],
        )?;
        Ok(())
    }

    fn entry_at(&self, log: LogId, position: LogPosition) -> Result<Option<EntryId>, StoreError> {
        self.row(
            "read a place of a log",
            "SELECT document, hash FROM entry WHERE log = ?1 AND position = ?2
             UNION ALL
             SELECT document, hash FROM quarantine WHERE log = ?1 AND position = ?2 AND chain IS NOT NULL LIMIT 1",
            &[&Column(log), &Column(position)],
            |row| {
                Ok(EntryId {
                    document: column(row, 0)?,
                    hash: column(row, 1)?,
                })
            },
        )
    }

    fn put_signature(&mut self, signed: &SignedHead) -> Result<(), StoreError> {
        self.execute(
            "keep a signature",
            "INSERT INTO log_signature (log, position, chain, signature) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (log, position) DO UPDATE SET chain = excluded.chain, signature = excluded.signature",
            &[
                &Column(signed.head.log),
                &Column(signed.head.position),
                &Column(signed.head.chain),
                &signed.signature.as_bytes(),
            ],
        )?;
        Ok(())
    }

    fn put_entry(
        &mut self,
        place: &Place,
        entry: &PreparedEntry,
        change: &RecognisedChange,
    ) -> Result<EntryNumber, StoreError> {
        let number = self.next_entry()?;
        self.transaction
            .prepare_cached(
                "INSERT INTO entry (number, log, position, document, hash, chain, last_counter, bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    Column(number),
                    Column(place.log),
                    Column(place.position),
                    Column(entry.document),
                    Column(entry.hash),
                    Column(place.chain),
                    Column(change.last_counter),
                    entry.bytes,
                ])
            })
            .map_err(failed("write an entry"))?;
        if let Some(known) = self.documents.get_mut().get_mut(&entry.document) {
            known.entries.push(KnownEntry {
                number,
                log: place.log,
                position: place.position,
                change: (entry.hash, change.last_counter),
            });
        }
        Ok(number)
    }

    fn put_aside(&mut self, aside: &Aside<'_>) -> Result<QuarantineNumber, StoreError> {
        self.has_quarantine.set(Some(true));
        self.execute(
            "number an entry for quarantine",
            "UPDATE server SET quarantine_end = quarantine_end + 1",
            &[],
        )?;
        self.transaction
            .prepare_cached(
                "INSERT INTO quarantine (number, log, position, document, hash, chain, bytes, reason, detail,
                 delivered_by, at, released)
                 SELECT quarantine_end, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0 FROM server",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    Column(aside.log),
                    Column(aside.position),
                    Column(aside.entry.document),
                    Column(aside.entry.hash),
                    aside.chain.map(Column),
                    aside.entry.bytes,
                    aside.reason.name(),
                    aside.detail,
                    Column(aside.delivered_by),
                    Column(aside.at),
                ])
            })
            .map_err(failed("put an entry aside"))?;
        let number = self.row(
            "read quarantine's end",
            "SELECT quarantine_end FROM server",
            &[],
            |row| column(row, 0),
        )?;
        Ok(number.unwrap_or(QuarantineNumber::START))
    }

    fn known(&self, document: DocumentId, place: &Place) -> Result<Known, StoreError> {
        let mut known = self.accepted(document, place)?;
        if self.has_quarantine()? {
            known.of_log += self.aside_before(document, place)?;
        }
        Ok(known)
    }

    fn is_aside(
        &self,
        log: LogId,
        position: LogPosition,
        hash: ChangeHash,
    ) -> Result<bool, StoreError> {
        let found = self.row(
            "look for an entry in quarantine",
            "SELECT 1 FROM quarantine WHERE log = ?1 AND position = ?2 AND hash = ?3 LIMIT 1",
            &[&Column(log), &Column(position), &Column(hash)],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    fn document(&self, document: DocumentId) -> Result<Option<bool>, StoreError> {
        if let Some(known) = self.documents.borrow().get(&document) {
            return Ok(known.state);
        }
        let state = self.row(
            "read a document",
            "SELECT begun IS NOT NULL FROM document WHERE document = ?1",
            &[&Column(document)],
            |row| row.get(0),
        )?;
        let known = KnownDocument {
            state,
            ..KnownDocument::default()
        };
        self.documents.borrow_mut().insert(document, known);
        Ok(state)
    }

    fn put_document(&mut self, document: DocumentId) -> Result<(), StoreError> {
        if self.document(document)?.is_none() {
            let made = KnownDocument {
                state: Some(false),
                made_here: true,
                scope: Some(BTreeSet::new()),
                ..KnownDocument::default()
            };
            self.documents.get_mut().insert(document, made);
        }
        Ok(())
    }

    fn begin_document(
        &mut self,
        document: DocumentId,
        scope: &DocumentScope,
        entry: EntryNumber,
    ) -> Result<(), StoreError> {
        let mut documents = self.documents.borrow_mut();
        let known = documents.entry(document).or_default();
        known.state = Some(true);
        if known.made_here && !known.written {
            return self.write_document(document, known, Some((scope, entry)));
        }
        self.execute(
            "begin a document",
            "UPDATE document SET begun = ?2, kind = ?3, refers_to = ?4 WHERE document = ?1",
            &[
                &Column(document),
                &Column(entry),
                &scope.kind.name(),
                &scope.refers_to.map(Column),
            ],
        )?;
        Ok(())
    }

    fn referring(&self, document: DocumentId) -> Result<Vec<DocumentId>, StoreError> {
        self.rows(
            "read what refers to a document",
            "SELECT document FROM document WHERE refers_to = ?1 ORDER BY document",
            &[&Column(document)],
            |row| column(row, 0),
        )
    }

    fn scope(&self, document: DocumentId) -> Result<BTreeSet<StoreId>, StoreError> {
        let known = self
            .documents
            .borrow()
            .get(&document)
            .and_then(|known| known.scope.clone());
        if let Some(scope) = known {
            return Ok(scope);
        }
        let scope = self.read_scope(document)?;
        if let Some(known) = self.documents.borrow_mut().get_mut(&document) {
            known.scope = Some(scope.clone());
        }
        Ok(scope)
    }

    fn put_scope(&mut self, document: DocumentId, store: &StoreId) -> Result<(), StoreError> {
        let mut waits = false;
        if let Some(known) = self.documents.get_mut().get_mut(&document) {
            waits = known.made_here && !known.written;
            if let Some(scope) = &mut known.scope {
                scope.insert(store.clone());
            }
        }
        if waits {
            return Ok(());
        }
        self.insert_scope(document, store)
    }

    fn entries_of(&self, document: DocumentId) -> Result<Vec<EntryNumber>, StoreError> {
        if let Some(known) = self.documents.borrow().get(&document)
            && known.made_here
        {
            return Ok(known.entries.iter().map(|entry| entry.number).collect());
        }
        self.rows(
            "read a document's entries",
            "SELECT number FROM entry WHERE document = ?1 ORDER BY number",
            &[&Column(document)],
            |row| column(row, 0),
        )
    }

    fn put_feed(&mut self, store: &StoreId, entry: EntryNumber) -> Result<(), StoreError> {
        self.put_feed_row(store, Some(entry), None)
    }

    fn put_feed_aside(
        &mut self,
        store: &StoreId,
        aside: QuarantineNumber,
    ) -> Result<(), StoreError> {
        self.put_feed_row(store, None, Some(aside))
    }

    fn put_cause(&mut self, cause: ReactionId) -> Result<bool, StoreError> {
        let added = self.execute(
            "remember a cause",
            "INSERT INTO reaction (cause) VALUES (?1) ON CONFLICT DO NOTHING",
            &[&cause.as_bytes()],
        )?;
        Ok(added == 1)
    }

    fn put_own_number(&mut self, number: OrderNumber) -> Result<(), StoreError> {
        self.execute(
            "remember an order number",
            "UPDATE server SET last_own_number = MAX(COALESCE(last_own_number, 0), ?1)",
            &[&Column(number)],
        )?;
        Ok(())
    }
}

impl Tables<'_> {
    /// What was accepted of a document. Of one that was not there before this transaction, the file need not be asked:
    /// such are nearly all.
    fn accepted(&self, document: DocumentId, place: &Place) -> Result<Known, StoreError> {
        let mut known = Known::default();
        let is_there = self.document(document)?.is_some();
        if let Some(made) = self.documents.borrow().get(&document)
            && (made.made_here || !is_there)
        {
            for entry in &made.entries {
                known.accept(place, entry.log, entry.position, entry.change);
            }
            return Ok(known);
        }
        let accepted = self.rows(
            "read a document's changes",
            "SELECT log, position, hash, last_counter FROM entry WHERE document = ?1",
            &[&Column(document)],
            |row| {
                Ok((
                    (column(row, 0)?, column(row, 1)?),
                    (column(row, 2)?, column(row, 3)?),
                ))
            },
        )?;
        for ((log, position), change) in accepted {
            known.accept(place, log, position, change);
        }
        Ok(known)
    }

    fn has_quarantine(&self) -> Result<bool, StoreError> {
        if let Some(known) = self.has_quarantine.get() {
            return Ok(known);
        }
        let found = self.row(
            "look into quarantine",
            "SELECT 1 FROM quarantine LIMIT 1",
            &[],
            |_| Ok(()),
        )?;
        self.has_quarantine.set(Some(found.is_some()));
        Ok(found.is_some())
    }

    /// How many changes of the place's log to a document are in quarantine, at places before it.
    fn aside_before(&self, document: DocumentId, place: &Place) -> Result<u64, StoreError> {
        let count = self.row(
            "count a log's changes in quarantine",
            "SELECT COUNT(*) FROM quarantine
             WHERE document = ?1 AND log = ?2 AND position < ?3 AND chain IS NOT NULL AND NOT released",
            &[
                &Column(document),
                &Column(place.log),
                &Column(place.position),
            ],
            |row| row.get::<_, u32>(0),
        )?;
        Ok(u64::from(count.unwrap_or_default()))
    }

    fn put_feed_row(
        &mut self,
        store: &StoreId,
        entry: Option<EntryNumber>,
        aside: Option<QuarantineNumber>,
    ) -> Result<(), StoreError> {
        let number = self.next_feed_number(store)?;
        self.execute(
            "write to a feed",
            "INSERT INTO feed (store, number, entry, aside) VALUES (?1, ?2, ?3, ?4)",
            &[
                &store.as_str(),
                &Column(number),
                &entry.map(Column),
                &aside.map(Column),
            ],
        )?;
        Ok(())
    }
}
