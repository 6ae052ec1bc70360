//! The tables of the log, inside a writing transaction.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{
        ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, OrderNumber, ReactionId, StoreId,
    },
    log::{LogHead, SignedHead},
    planted::{self, Planted},
    time::Timestamp,
};
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};

use super::{
    failed,
    values::{Column, column, text},
};
use crate::{
    ingest::apply::{Aside, Author, LogTables, Place},
    store::{DocumentScope, EntryNumber, FreezeReason, PreparedEntry, StoreError},
};

/// The log's tables in one transaction.
pub(super) struct Tables<'a>(pub(super) &'a Transaction<'a>);

impl Tables<'_> {
    fn execute(
        &self,
        attempted: &'static str,
        sql: &str,
        values: &[&dyn ToSql],
    ) -> Result<usize, StoreError> {
        self.0
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
        self.0
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
        super::rows::collect(self.0, attempted, sql, values, read)
    }
}

impl LogTables for Tables<'_> {
    fn author(&self, node: NodeNumber) -> Result<Option<Author>, StoreError> {
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

    fn hash_at(&self, log: LogId, position: LogPosition) -> Result<Option<ChangeHash>, StoreError> {
        self.row(
            "read a place of a log",
            "SELECT hash FROM entry WHERE log = ?1 AND position = ?2
             UNION ALL
             SELECT hash FROM quarantine WHERE log = ?1 AND position = ?2 AND chain IS NOT NULL LIMIT 1",
            &[&Column(log), &Column(position)],
            |row| column(row, 0),
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
    ) -> Result<EntryNumber, StoreError> {
        let last = self.row(
            "read the log's end",
            "SELECT COALESCE(MAX(number), 0) FROM entry",
            &[],
            |row| column::<EntryNumber>(row, 0),
        )?;
        let number = last.unwrap_or(EntryNumber::START).next();
        self.0
            .prepare_cached(
                "INSERT INTO entry (number, log, position, document, hash, chain, bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    Column(number),
                    Column(place.log),
                    Column(place.position),
                    Column(entry.document),
                    Column(entry.hash),
                    Column(place.chain),
                    entry.bytes,
                ])
            })
            .map_err(failed("write an entry"))?;
        Ok(number)
    }

    fn put_aside(&mut self, aside: &Aside<'_>) -> Result<(), StoreError> {
        self.execute(
            "number an entry for quarantine",
            "UPDATE server SET quarantine_end = quarantine_end + 1",
            &[],
        )?;
        self.0
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
        Ok(())
    }

    fn document(&self, document: DocumentId) -> Result<Option<bool>, StoreError> {
        self.row(
            "read a document",
            "SELECT begun IS NOT NULL FROM document WHERE document = ?1",
            &[&Column(document)],
            |row| row.get(0),
        )
    }

    fn put_document(&mut self, document: DocumentId) -> Result<(), StoreError> {
        self.execute(
            "write a document",
            "INSERT INTO document (document) VALUES (?1) ON CONFLICT DO NOTHING",
            &[&Column(document)],
        )?;
        Ok(())
    }

    fn begin_document(
        &mut self,
        document: DocumentId,
        scope: &DocumentScope,
        entry: EntryNumber,
    ) -> Result<(), StoreError> {
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
        let stores = self.rows(
            "read a document's scope",
            "SELECT store FROM document_scope WHERE document = ?1",
            &[&Column(document)],
            |row| text(row, 0),
        )?;
        Ok(stores.into_iter().collect())
    }

    fn put_scope(&mut self, document: DocumentId, store: &StoreId) -> Result<(), StoreError> {
        self.execute(
            "widen a document's scope",
            "INSERT INTO document_scope (document, store) VALUES (?1, ?2)",
            &[&Column(document), &store.as_str()],
        )?;
        Ok(())
    }

    fn entries_of(&self, document: DocumentId) -> Result<Vec<EntryNumber>, StoreError> {
        self.rows(
            "read a document's entries",
            "SELECT number FROM entry WHERE document = ?1 ORDER BY number",
            &[&Column(document)],
            |row| column(row, 0),
        )
    }

    fn put_feed(&mut self, store: &StoreId, entry: EntryNumber) -> Result<(), StoreError> {
        let step = 1 + u8::from(planted::is(Planted::FeedNumberSkipped));
        let changed = self.execute(
            "number a feed's entry",
            "UPDATE store SET feed_end = feed_end + ?2 WHERE store = ?1",
            &[&store.as_str(), &step],
        )?;
        if changed == 0 {
            return Err(StoreError::UnknownStore(store.clone()));
        }
        self.execute(
            "write to a feed",
            "INSERT INTO feed (store, number, entry) SELECT store, feed_end, ?2 FROM store WHERE store = ?1",
            &[&store.as_str(), &Column(entry)],
        )?;
        Ok(())
    }

    fn put_cause(&mut self, cause: ReactionId) -> Result<bool, StoreError> {
        let added = self.execute(
            "remember a cause",
            "INSERT INTO reaction (cause) VALUES (?1) ON CONFLICT DO NOTHING",
            &[&cause.as_bytes()],
        )?;
        Ok(added == 1 || planted::is(Planted::ReactionsTwice))
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
