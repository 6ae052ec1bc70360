//! How far the file is with the server, the last order number, and what could not be taken.

use holdfast_schemas::{
    identity::{ChangeHash, OrderNumber},
    log::LogEntry,
    time::Timestamp,
    wire::{FeedPosition, ServerEpoch},
};
use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;

use super::{
    StoreError,
    value::{
        from_name, read_count, read_document, read_hash, read_log, read_position, read_text,
        to_integer, to_name,
    },
};
use crate::engine::Trouble;

/// How far the file is with the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SyncPosition {
    /// The epoch of the server that was met last; none before the first meeting.
    pub epoch: Option<ServerEpoch>,
    /// Up to where the feed was taken, in that epoch.
    pub feed: FeedPosition,
}

/// How far the file is with the server.
pub(crate) fn position(transaction: &Transaction<'_>) -> Result<SyncPosition, StoreError> {
    let (epoch, feed) = transaction
        .prepare_cached("SELECT epoch, feed_cursor FROM sync")?
        .query_row([], |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, i64>(1)?))
        })?;
    Ok(SyncPosition {
        epoch: epoch
            .map(|epoch| read_text("server epoch", &epoch))
            .transpose()?,
        feed: FeedPosition::new(read_count(feed)?),
    })
}

/// Writes up to where the feed was taken. Never goes back.
pub(crate) fn raise_feed(
    transaction: &Transaction<'_>,
    feed: FeedPosition,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE sync SET feed_cursor = max(feed_cursor, ?1)")?
        .execute([to_integer(feed.get())])?;
    Ok(())
}

/// Begins a server's epoch: from its beginning.
pub(crate) fn put_epoch(
    transaction: &Transaction<'_>,
    epoch: ServerEpoch,
) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE sync SET epoch = ?1, feed_cursor = 0",
        [epoch.to_string()],
    )?;
    Ok(())
}

/// What keeps the till from its server, and since when.
pub(crate) fn trouble(
    transaction: &Transaction<'_>,
) -> Result<Option<(Trouble, Timestamp)>, StoreError> {
    let (name, since) = transaction
        .prepare_cached("SELECT trouble, trouble_since FROM sync")?
        .query_row([], |row| {
            Ok((
                row.get::<_, Option<String>>(0)?,
                row.get::<_, Option<i64>>(1)?,
            ))
        })?;
    let Some((name, since)) = name.zip(since) else {
        return Ok(None);
    };
    let name = from_name("trouble", name)?;
    Ok(Some((name, Timestamp::from_milliseconds(since))))
}

/// Writes what keeps the till from its server, or that nothing does.
pub(crate) fn put_trouble(
    transaction: &Transaction<'_>,
    trouble: Option<Trouble>,
    since: Timestamp,
) -> Result<(), StoreError> {
    let name = trouble.as_ref().map(to_name).transpose()?;
    let since = name.as_ref().map(|_| since.milliseconds());
    transaction.execute(
        "UPDATE sync SET trouble = ?1, trouble_since = ?2",
        params![name, since],
    )?;
    Ok(())
}

/// The greatest number that this till is known to have issued: by this file, or in an own document that came back to a
/// restored one.
pub(crate) fn last_number(
    transaction: &Transaction<'_>,
) -> Result<Option<OrderNumber>, StoreError> {
    let issued = transaction
        .prepare_cached("SELECT last_number FROM mint")?
        .query_row([], |row| row.get::<_, i64>(0))
        .optional()?;
    issued
        .map(|number| {
            OrderNumber::from_i64(number)
                .map_err(|error| StoreError::unreadable("order number", &error))
        })
        .transpose()
}

/// Writes a number that this till issued. Never goes back.
pub(crate) fn put_last_number(
    transaction: &Transaction<'_>,
    number: OrderNumber,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO mint (only, last_number) VALUES (1, ?1)
             ON CONFLICT (only) DO UPDATE SET last_number = max(last_number, excluded.last_number)",
        )?
        .execute([number.to_i64()])?;
    Ok(())
}

/// A change that came and could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// When it came.
    pub received_at: Timestamp,
    /// What came.
    pub entry: LogEntry,
    /// The hash of its bytes.
    pub hash: ChangeHash,
    /// Why it could not be taken.
    pub reason: String,
}

/// Keeps what could not be taken, once.
pub(crate) fn keep_quarantined(
    transaction: &Transaction<'_>,
    quarantined: &Quarantined,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO quarantine (received_at, log, position, document, hash, reason, change)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (log, position, document, hash) DO NOTHING",
        )?
        .execute(params![
            quarantined.received_at.milliseconds(),
            quarantined.entry.log.as_bytes(),
            to_integer(quarantined.entry.position.get()),
            quarantined.entry.document.to_bytes(),
            quarantined.hash.as_bytes(),
            quarantined.reason,
            quarantined.entry.change,
        ])?;
    Ok(())
}

/// What is in quarantine, oldest first.
pub(crate) fn quarantine(
    transaction: &Transaction<'_>,
    rows_max: usize,
) -> Result<Vec<Quarantined>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT received_at, log, position, document, hash, reason, change FROM quarantine
         ORDER BY number LIMIT ?1",
    )?;
    let mut rows = statement.query([to_integer(rows_max)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Quarantined {
            received_at: Timestamp::from_milliseconds(row.get(0)?),
            entry: LogEntry {
                log: read_log(row.get(1)?)?,
                position: read_position(row.get(2)?)?,
                document: read_document(row.get(3)?),
                change: row.get::<_, Vec<u8>>(6)?.into_boxed_slice(),
            },
            hash: read_hash(row.get(4)?),
            reason: row.get(5)?,
        });
    }
    Ok(found)
}

/// How many changes are in quarantine.
pub(crate) fn quarantine_count(transaction: &Transaction<'_>) -> Result<u64, StoreError> {
    let count = transaction
        .prepare_cached("SELECT count(*) FROM quarantine")?
        .query_row([], |row| row.get(0))?;
    read_count(count)
}
