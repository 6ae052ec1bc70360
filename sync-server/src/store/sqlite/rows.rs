//! Rows as the core's types.

use holdfast_schemas::log::{HeadSignature, LogHead, SignedHead};
use rusqlite::{Connection, Row, ToSql};

use super::{
    failed,
    values::{column, named},
};
use crate::store::{PublicKey, QuarantineReason, Quarantined, SecretHash, StoreError, StoredEntry};

/// Runs a query and reads all its rows.
pub(super) fn collect<T>(
    connection: &Connection,
    attempted: &'static str,
    sql: &str,
    values: &[&dyn ToSql],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_map(values, read)?.collect())
        .map_err(failed(attempted))
}

/// The columns of [`stored_entry`].
pub(super) const ENTRY_COLUMNS: &str =
    "entry.number, entry.log, entry.position, entry.document, entry.hash, entry.bytes";

pub(super) fn stored_entry(row: &Row<'_>) -> rusqlite::Result<StoredEntry> {
    Ok(StoredEntry {
        number: column(row, 0)?,
        log: column(row, 1)?,
        position: column(row, 2)?,
        document: column(row, 3)?,
        hash: column(row, 4)?,
        bytes: row.get::<_, Vec<u8>>(5)?.into_boxed_slice(),
    })
}

pub(super) fn log_head(row: &Row<'_>) -> rusqlite::Result<LogHead> {
    Ok(LogHead {
        log: column(row, 0)?,
        position: column(row, 1)?,
        chain: column(row, 2)?,
    })
}

/// `log, position, chain, signature`.
pub(super) fn signed_head(row: &Row<'_>) -> rusqlite::Result<SignedHead> {
    Ok(SignedHead {
        head: log_head(row)?,
        signature: HeadSignature::from_bytes(row.get(3)?),
    })
}

/// `number, log, position, document, hash, bytes, reason, detail, delivered_by, at`.
pub(super) fn quarantined(row: &Row<'_>) -> rusqlite::Result<Quarantined> {
    Ok(Quarantined {
        number: column(row, 0)?,
        log: column(row, 1)?,
        position: column(row, 2)?,
        document: column(row, 3)?,
        hash: column(row, 4)?,
        bytes: row.get::<_, Vec<u8>>(5)?.into_boxed_slice(),
        reason: named(row, 6, &QuarantineReason::ALL, QuarantineReason::name)?,
        detail: row.get(7)?,
        delivered_by: column(row, 8)?,
        at: column(row, 9)?,
    })
}

pub(super) fn secret(row: &Row<'_>, index: usize) -> rusqlite::Result<SecretHash> {
    row.get(index).map(SecretHash)
}

pub(super) fn public_key(row: &Row<'_>, index: usize) -> rusqlite::Result<PublicKey> {
    row.get(index).map(PublicKey)
}
