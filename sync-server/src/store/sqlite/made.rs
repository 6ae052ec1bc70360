//! The file of what is made from the log: its cursor, and how it is told from one that was made from another log.
//!
//! It is a file of its own so that ingest and projection write at once. It is as durable as the log all the same: a step
//! of the projection is long, and its sync the smallest part of it.

use std::path::PathBuf;

use holdfast_schemas::identity::ChangeHash;
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};

use super::{
    SqlitePlace, failed,
    open::{self, Opening, VERSION},
    values::{Column, column, optional},
};
use crate::store::{CursorName, EntryNumber, StoreError};

/// What the file is called under in statements of a connection whose own file is the log's.
const SCHEMA_NAME: &str = "made";

/// Marks the file: "HFmd", big-endian.
const APPLICATION_ID: i64 = 0x4846_6d64;

/// All its tables.
const SCHEMA: &str = include_str!("made.sql");

impl SqlitePlace {
    /// Where what is made from the log is: beside it.
    pub(super) fn made(&self) -> Self {
        Self {
            file: made_beside(self.file.clone()),
            vfs: self.vfs.clone(),
        }
    }
}

/// The file of what is made from the log in a server's file.
#[must_use]
pub fn made_beside(file: PathBuf) -> PathBuf {
    let mut name = file.into_os_string();
    name.push("-made");
    name.into()
}

/// Opens the file for its writer; makes it where it is missing, and empties it where it was made from another log.
pub(super) fn open(
    place: &SqlitePlace,
    log: &Connection,
    opening: Opening,
) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut made = open::connect(&place.made(), flags)?;
    match opening {
        Opening::Alone => open::begin_log_anew(&made)?,
        Opening::Beside => {}
    }
    let transaction = made
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("begin a transaction"))?;
    lay_out(&transaction)?;
    if !is_of(&transaction, log)? {
        tracing::warn!("what was made from the log is of another log: it is made again");
        clear(&transaction)?;
    }
    transaction
        .commit()
        .map_err(failed("lay out the file of what is made from the log"))?;
    Ok(made)
}

fn lay_out(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let attempted = failed("lay out the file of what is made from the log");
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let found = pragma("user_version").map_err(&attempted)?;
    match (pragma("application_id").map_err(&attempted)?, found) {
        (APPLICATION_ID, VERSION) => return Ok(()),
        (APPLICATION_ID, _) => {
            return Err(StoreError::NewerFile {
                found,
                known: VERSION,
            });
        }
        (0, 0) => {}
        _ => {
            return Err(StoreError::Stored {
                what: "header of the file of what is made from the log",
                source: "it is none of a Holdfast server".into(),
            });
        }
    }
    transaction.execute_batch(SCHEMA).map_err(&attempted)?;
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .and_then(|()| transaction.pragma_update(None, "user_version", VERSION))
        .map_err(attempted)
}

/// Whether the log has, where the rows end, the entry that they end with.
fn is_of(made: &Transaction<'_>, log: &Connection) -> Result<bool, StoreError> {
    let (entry, hash) = made
        .query_row("SELECT entry, hash FROM projected", [], |row| {
            Ok((column(row, 0)?, optional(row, 1)?))
        })
        .map_err(failed("read the projection's cursor"))?;
    Ok(hash.is_none() || hash == hash_of(log, entry)?)
}

/// The hash of an entry, if it is there.
pub(super) fn hash_of(
    log: &Connection,
    entry: EntryNumber,
) -> Result<Option<ChangeHash>, StoreError> {
    log.prepare_cached("SELECT hash FROM entry WHERE number = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([Column(entry)], |row| column(row, 0))
                .optional()
        })
        .map_err(failed("read an entry's hash"))
}

/// Lets a connection to the log read what was made from it.
pub(super) fn attach(place: &SqlitePlace, log: &Connection) -> Result<(), StoreError> {
    let attempted = failed("open the file of what is made from the log");
    let file = place.made().file;
    let file = file.to_str().ok_or_else(|| StoreError::Database {
        attempted: "open the file of what is made from the log",
        source: "its path is no text".into(),
    })?;
    log.execute(&format!("ATTACH ?1 AS {SCHEMA_NAME}"), [file])
        .map_err(&attempted)?;
    log.pragma_update(Some(SCHEMA_NAME), "cache_size", -open::CACHE_KIB)
        .map_err(attempted)
}

/// How far the rows go.
pub(super) fn projected(connection: &Connection) -> Result<EntryNumber, StoreError> {
    connection
        .prepare_cached("SELECT entry FROM projected")
        .and_then(|mut statement| statement.query_row([], |row| column(row, 0)))
        .map_err(failed("read the projection's cursor"))
}

/// Moves the cursor on, to an entry with this hash.
pub(super) fn move_on(
    transaction: &Transaction<'_>,
    (from, to): (EntryNumber, EntryNumber),
    hash: Option<ChangeHash>,
) -> Result<(), StoreError> {
    if projected(transaction)? != from {
        return Err(StoreError::CursorMoved {
            cursor: CursorName::Project.name(),
        });
    }
    transaction
        .prepare_cached("UPDATE projected SET entry = ?1, hash = ?2")
        .and_then(|mut statement| statement.execute(params![Column(to), hash.map(Column)]))
        .map_err(failed("move the projection's cursor"))?;
    Ok(())
}

/// Empties all tables, and sets the cursor back to the start.
pub(super) fn clear(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let attempted = failed("drop the rows");
    let tables: Vec<String> = transaction
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'projected'")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .map_err(&attempted)?;
    for table in tables {
        transaction
            .execute(&format!("DELETE FROM {table}"), [])
            .map_err(&attempted)?;
    }
    transaction
        .execute("UPDATE projected SET entry = 0, hash = NULL", [])
        .map_err(attempted)?;
    Ok(())
}
