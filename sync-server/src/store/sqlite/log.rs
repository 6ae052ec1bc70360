//! The log's use cases over SQLite.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use holdfast_schemas::{
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, OrderNumber, ReasonCode,
        StoreId,
    },
    log::{LogEntry, LogHead, SignedHead},
    time::Timestamp,
    wire::{FeedPage, FeedPosition},
};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    SqliteStore, failed,
    log_tables::Tables,
    made,
    rows::{self, ENTRY_COLUMNS, collect},
    values::{Column, column, optional},
};
use crate::{
    ingest::apply::{self, LogTables, Place},
    store::{
        CursorName, EntryNumber, EntryVerdict, FeedLimits, FramePrepared, FreezeReason, GroupTaken,
        LogStore, OwnEntry, PageLimit, PreparedEntry, QuarantineNumber, Quarantined,
        RecognisedChange, SignOwnHead, StoreError, StoredEntry, Stretch, TouchedDocument,
        feed_page::FeedPageBuilder,
    },
};

impl LogStore for SqliteStore {
    fn ingest_group(&self, frames: &[FramePrepared]) -> Result<GroupTaken, StoreError> {
        self.write(|transaction| {
            let (outcomes, grown) = Tables::write(transaction, |tables| {
                frames
                    .iter()
                    .map(|frame| apply::take_frame(tables, frame))
                    .collect()
            })?;
            Ok(GroupTaken {
                outcomes,
                end: log_end(transaction)?,
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
        let work = |transaction: &Transaction<'_>| {
            if let Some((from, to)) = cursor {
                move_cursor(transaction, CursorName::React, from, to)?;
            }
            let append = |tables: &mut Tables<'_>| apply::append_own(tables, entries, sign);
            Tables::write(transaction, append).map(|(appended, _)| appended)
        };
        // A person waits for a command's end, and nobody for a reaction's.
        match cursor {
            Some(_) => self.write_behind(work),
            None => self.write(work),
        }
    }

    fn last_own_number(&self) -> Result<Option<OrderNumber>, StoreError> {
        self.read(|transaction| {
            transaction
                .query_row("SELECT last_own_number FROM server", [], |row| {
                    optional(row, 0)
                })
                .map_err(failed("read the last order number"))
        })
    }

    fn feed_page(
        &self,
        store: &StoreId,
        reader: NodeNumber,
        after: FeedPosition,
        held: &BTreeMap<LogId, LogPosition>,
        limits: FeedLimits,
    ) -> Result<FeedPage, StoreError> {
        self.read(|transaction| {
            let end = feed_end(transaction, store)?;
            let page = FeedPageBuilder::new(reader, held, after, end, limits);
            fill_page(transaction, store, after, page)
        })
    }

    fn feed_end(&self, store: &StoreId) -> Result<FeedPosition, StoreError> {
        self.read(|transaction| feed_end(transaction, store))
    }

    fn log_head(&self, log: LogId) -> Result<Option<LogHead>, StoreError> {
        self.read(|transaction| Tables::new(transaction).head(log))
    }

    fn chain_at(&self, log: LogId, position: LogPosition) -> Result<Option<ChainHash>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT chain FROM entry WHERE log = ?1 AND position = ?2
                       UNION ALL
                       SELECT chain FROM quarantine WHERE log = ?1 AND position = ?2 AND chain IS NOT NULL LIMIT 1";
            let values: [&dyn rusqlite::ToSql; 2] = [&Column(log), &Column(position)];
            let chains = collect(transaction, "read a log's chain", sql, &values, |row| column(row, 0))?;
            Ok(chains.into_iter().next())
        })
    }

    fn logs_of(&self, node: NodeNumber) -> Result<Vec<LogHead>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT log, position, chain FROM log WHERE node = ?1 ORDER BY log";
            collect(
                transaction,
                "read a node's logs",
                sql,
                &[&Column(node)],
                rows::log_head,
            )
        })
    }

    fn signed_head(
        &self,
        log: LogId,
        up_to: LogPosition,
    ) -> Result<Option<SignedHead>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT log, position, chain, signature FROM log_signature
                       WHERE log = ?1 AND position <= ?2 ORDER BY position DESC LIMIT 1";
            let values: [&dyn rusqlite::ToSql; 2] = [&Column(log), &Column(up_to)];
            let heads = collect(
                transaction,
                "read a signature",
                sql,
                &values,
                rows::signed_head,
            )?;
            Ok(heads.into_iter().next())
        })
    }

    fn log_entries(
        &self,
        log: LogId,
        after: LogPosition,
        entries_max: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        self.read(|transaction| {
            let sql = format!(
                "SELECT {ENTRY_COLUMNS} FROM entry WHERE log = ?1 AND position > ?2 ORDER BY position LIMIT ?3"
            );
            let values: [&dyn rusqlite::ToSql; 3] = [&Column(log), &Column(after), &entries_max];
            collect(transaction, "read a log", &sql, &values, rows::stored_entry)
        })
    }

    fn entries_after(
        &self,
        after: EntryNumber,
        entries_max: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        self.read(|transaction| entries_after(transaction, after, entries_max))
    }

    fn stretch(&self, after: EntryNumber, entries_max: u32) -> Result<Stretch, StoreError> {
        self.read(|transaction| read_stretch(transaction, after, entries_max))
    }

    fn document_entries(
        &self,
        document: DocumentId,
        up_to: Option<EntryNumber>,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        self.read(|transaction| document_entries(transaction, document, up_to))
    }

    fn referring_documents(
        &self,
        document: DocumentId,
        up_to: Option<EntryNumber>,
    ) -> Result<Vec<DocumentId>, StoreError> {
        self.read(|transaction| referring_documents(transaction, document, up_to))
    }

    fn entries_by_hash(
        &self,
        store: &StoreId,
        hashes: &BTreeSet<ChangeHash>,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        self.read(|transaction| {
            feed_end(transaction, store)?;
            let mut found = find_hashes(transaction, store, hashes)?;
            found.sort_by_key(|entry| (entry.hash, entry.number));
            Ok(found)
        })
    }

    fn feed_hashes(
        &self,
        store: &StoreId,
        up_to: FeedPosition,
        without: NodeNumber,
    ) -> Result<Vec<ChangeHash>, StoreError> {
        self.read(|transaction| {
            feed_end(transaction, store)?;
            let sql = "SELECT entry.hash FROM feed JOIN entry ON entry.number = feed.entry
                       WHERE feed.store = ?1 AND feed.number <= ?2 AND substr(entry.log, 1, 4) <> ?3
                       ORDER BY feed.number";
            let author = without.get().to_be_bytes();
            let values: [&dyn rusqlite::ToSql; 3] = [&store.as_str(), &Column(up_to), &author];
            collect(transaction, "read a feed's hashes", sql, &values, |row| {
                column(row, 0)
            })
        })
    }

    fn grant_scope(&self, document: DocumentId, store: &StoreId) -> Result<bool, StoreError> {
        self.write(|transaction| {
            feed_end(transaction, store)?;
            let grant = |tables: &mut Tables<'_>| apply::grant_scope(tables, document, store);
            Tables::write(transaction, grant).map(|(granted, _)| granted)
        })
    }

    fn scope_of(&self, document: DocumentId) -> Result<BTreeSet<StoreId>, StoreError> {
        self.read(|transaction| Tables::new(transaction).scope(document))
    }

    fn in_scope(&self, document: DocumentId, store: &StoreId) -> Result<bool, StoreError> {
        self.read(|transaction| Ok(Tables::new(transaction).scope(document)?.contains(store)))
    }

    fn log_end(&self) -> Result<EntryNumber, StoreError> {
        self.read(log_end)
    }

    fn cursor(&self, cursor: CursorName) -> Result<EntryNumber, StoreError> {
        self.read(|transaction| match cursor {
            CursorName::Project => made::projected(transaction),
            CursorName::React => own_cursor(transaction, cursor),
        })
    }

    fn quarantined(
        &self,
        after: QuarantineNumber,
        limit: PageLimit,
    ) -> Result<Vec<Quarantined>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT number, log, position, document, hash, bytes, reason, detail, delivered_by, at
                       FROM quarantine WHERE number > ?1 AND NOT released ORDER BY number LIMIT ?2";
            let values: [&dyn rusqlite::ToSql; 2] = [&Column(after), &limit.get()];
            collect(transaction, "read quarantine", sql, &values, rows::quarantined)
        })
    }

    fn release_quarantined(
        &self,
        number: QuarantineNumber,
        change: RecognisedChange,
        _at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let verdict = EntryVerdict::Recognised(change.clone());
            let Some((place, entry)) = set_aside(transaction, number, verdict)? else {
                return Ok(false);
            };
            let release = |tables: &mut Tables<'_>| apply::release(tables, &place, &entry, &change);
            if !Tables::write(transaction, release)?.0 {
                return Ok(false);
            }
            transaction
                .execute(
                    "UPDATE quarantine SET released = 1 WHERE number = ?1",
                    [Column(number)],
                )
                .map_err(failed("release an entry"))?;
            Ok(true)
        })
    }

    fn freeze(
        &self,
        node: NodeNumber,
        reason: FreezeReason,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| Tables::new(transaction).freeze(node, reason, at))
    }

    fn unfreeze(
        &self,
        node: NodeNumber,
        reason: &ReasonCode,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let frozen = transaction
                .query_row(
                    "SELECT frozen_at IS NOT NULL FROM node WHERE node = ?1",
                    [Column(node)],
                    |row| row.get(0),
                )
                .optional()
                .map_err(failed("read a node"))?;
            if !frozen.ok_or(StoreError::UnknownNode(node))? {
                return Ok(false);
            }
            transaction
                .execute(
                    "UPDATE node SET frozen_at = NULL, frozen_because = NULL,
                     unfrozen_at = ?2, unfrozen_because = ?3 WHERE node = ?1",
                    params![Column(node), Column(at), reason.as_str()],
                )
                .map_err(failed("lift a freeze"))?;
            Ok(true)
        })
    }
}

pub(super) fn feed_end(
    transaction: &Transaction<'_>,
    store: &StoreId,
) -> Result<FeedPosition, StoreError> {
    transaction
        .prepare_cached("SELECT feed_end FROM store WHERE store = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([store.as_str()], |row| column(row, 0))
                .optional()
        })
        .map_err(failed("read a feed's end"))?
        .ok_or_else(|| StoreError::UnknownStore(store.clone()))
}

fn fill_page(
    transaction: &Transaction<'_>,
    store: &StoreId,
    after: FeedPosition,
    mut page: FeedPageBuilder<'_>,
) -> Result<FeedPage, StoreError> {
    let attempted = failed("read a feed");
    let sql = "SELECT feed.aside IS NOT NULL, COALESCE(entry.log, quarantine.log),
                 COALESCE(entry.position, quarantine.position), COALESCE(entry.document, quarantine.document),
                 COALESCE(entry.bytes, quarantine.bytes)
               FROM feed LEFT JOIN entry ON entry.number = feed.entry
                 LEFT JOIN quarantine ON quarantine.number = feed.aside
               WHERE feed.store = ?1 AND feed.number > ?2 ORDER BY feed.number";
    let mut statement = transaction.prepare_cached(sql).map_err(&attempted)?;
    let mut found = statement
        .query(params![store.as_str(), Column(after)])
        .map_err(&attempted)?;
    while !page.is_full()
        && let Some(row) = found.next().map_err(&attempted)?
    {
        let log = column(row, 1).map_err(&attempted)?;
        let position = column(row, 2).map_err(&attempted)?;
        let aside = row.get(0).map_err(&attempted)?;
        if !page.pass_over(log, position, aside) {
            let entry = LogEntry {
                log,
                position,
                document: column(row, 3).map_err(&attempted)?,
                change: row
                    .get::<_, Vec<u8>>(4)
                    .map_err(&attempted)?
                    .into_boxed_slice(),
            };
            let head = head_at(transaction, log, position)?;
            page.add(entry, head);
        }
    }
    Ok(page.finish())
}

/// The documents of the next entries, each with what came in of it before. Few have such.
fn read_stretch(
    transaction: &Transaction<'_>,
    after: EntryNumber,
    entries_max: u32,
) -> Result<Stretch, StoreError> {
    let entries = entries_after(transaction, after, entries_max)?;
    let mut stretch = Stretch {
        to: entries.last().map(|entry| entry.number),
        ..Stretch::default()
    };
    for entry in entries {
        let touched = match stretch.documents.entry(entry.document) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => vacant.insert(TouchedDocument {
                entries: document_entries(transaction, entry.document, Some(after))?,
                referring: referring_documents(transaction, entry.document, stretch.to)?,
            }),
        };
        touched.entries.push(entry);
    }
    Ok(stretch)
}

fn entries_after(
    transaction: &Transaction<'_>,
    after: EntryNumber,
    entries_max: u32,
) -> Result<Vec<StoredEntry>, StoreError> {
    let sql =
        format!("SELECT {ENTRY_COLUMNS} FROM entry WHERE number > ?1 ORDER BY number LIMIT ?2");
    let values: [&dyn rusqlite::ToSql; 2] = [&Column(after), &entries_max];
    collect(
        transaction,
        "read the log",
        &sql,
        &values,
        rows::stored_entry,
    )
}

fn document_entries(
    transaction: &Transaction<'_>,
    document: DocumentId,
    up_to: Option<EntryNumber>,
) -> Result<Vec<StoredEntry>, StoreError> {
    let sql = "SELECT entry.number, entry.log, entry.position, entry.document, entry.hash, entry.bytes FROM entry
               WHERE document = ?1 AND (?2 IS NULL OR number <= ?2) ORDER BY number";
    let values: [&dyn rusqlite::ToSql; 2] = [&Column(document), &up_to.map(Column)];
    collect(
        transaction,
        "read a document",
        sql,
        &values,
        rows::stored_entry,
    )
}

fn referring_documents(
    transaction: &Transaction<'_>,
    document: DocumentId,
    up_to: Option<EntryNumber>,
) -> Result<Vec<DocumentId>, StoreError> {
    let sql = "SELECT document FROM document
               WHERE refers_to = ?1 AND (?2 IS NULL OR begun <= ?2) ORDER BY document";
    let values: [&dyn rusqlite::ToSql; 2] = [&Column(document), &up_to.map(Column)];
    collect(
        transaction,
        "read what refers to a document",
        sql,
        &values,
        |row| column(row, 0),
    )
}

fn head_at(
    transaction: &Transaction<'_>,
    log: LogId,
    position: LogPosition,
) -> Result<Option<SignedHead>, StoreError> {
    transaction
        .prepare_cached(
            "SELECT log, position, chain, signature FROM log_signature WHERE log = ?1 AND position = ?2",
        )
        .and_then(|mut statement| {
            statement
                .query_row(params![Column(log), Column(position)], rows::signed_head)
                .optional()
        })
        .map_err(failed("read a signature"))
}

/// Walks a feed for some hashes; the bytes of the others are not read.
fn find_hashes(
    transaction: &Transaction<'_>,
    store: &StoreId,
    hashes: &BTreeSet<ChangeHash>,
) -> Result<Vec<StoredEntry>, StoreError> {
    let attempted = failed("look for changes by hash");
    let sql = format!(
        "SELECT {ENTRY_COLUMNS} FROM feed JOIN entry ON entry.number = feed.entry WHERE feed.store = ?1"
    );
    let mut statement = transaction.prepare_cached(&sql).map_err(&attempted)?;
    let mut found = statement.query([store.as_str()]).map_err(&attempted)?;
    let mut entries = Vec::new();
    while let Some(row) = found.next().map_err(&attempted)? {
        if hashes.contains(&column(row, 4).map_err(&attempted)?) {
            entries.push(rows::stored_entry(row).map_err(&attempted)?);
        }
    }
    Ok(entries)
}

pub(super) fn log_end(transaction: &Transaction<'_>) -> Result<EntryNumber, StoreError> {
    transaction
        .prepare_cached("SELECT COALESCE(MAX(number), 0) FROM entry")
        .and_then(|mut statement| statement.query_row([], |row| column(row, 0)))
        .map_err(failed("read the log's end"))
}

fn own_cursor(
    transaction: &Transaction<'_>,
    cursor: CursorName,
) -> Result<EntryNumber, StoreError> {
    let entry = transaction
        .prepare_cached("SELECT entry FROM own_cursor WHERE name = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([cursor.name()], |row| column(row, 0))
                .optional()
        })
        .map_err(failed("read a cursor"))?;
    Ok(entry.unwrap_or(EntryNumber::START))
}

fn move_cursor(
    transaction: &Transaction<'_>,
    cursor: CursorName,
    from: EntryNumber,
    to: EntryNumber,
) -> Result<(), StoreError> {
    if own_cursor(transaction, cursor)? != from {
        return Err(StoreError::CursorMoved {
            cursor: cursor.name(),
        });
    }
    transaction
        .prepare_cached(
            "INSERT INTO own_cursor (name, entry) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET entry = excluded.entry",
        )
        .and_then(|mut statement| statement.execute(params![cursor.name(), Column(to)]))
        .map_err(failed("move a cursor"))?;
    Ok(())
}

/// An entry in quarantine whose place counts as used, and that was not released yet.
fn set_aside(
    transaction: &Transaction<'_>,
    number: QuarantineNumber,
    verdict: EntryVerdict,
) -> Result<Option<(Place, PreparedEntry)>, StoreError> {
    transaction
        .query_row(
            "SELECT log, position, chain, document, hash, bytes FROM quarantine
             WHERE number = ?1 AND chain IS NOT NULL AND NOT released",
            [Column(number)],
            |row| {
                let place = Place {
                    log: column(row, 0)?,
                    position: column(row, 1)?,
                    chain: column(row, 2)?,
                };
                let entry = PreparedEntry {
                    document: column(row, 3)?,
                    hash: column(row, 4)?,
                    bytes: row.get::<_, Vec<u8>>(5)?.into_boxed_slice(),
                    verdict,
                };
                Ok((place, entry))
            },
        )
        .optional()
        .map_err(failed("read quarantine"))
}
