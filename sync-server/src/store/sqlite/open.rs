//! S0: opening the file, and bringing it to the newest version.

use std::path::Path;

use holdfast_schemas::{
    identity::TenantId,
    planted::{self, Planted},
    wire::ServerEpoch,
};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig, params};

use super::{STATEMENTS_KEPT, SqlitePlace, failed, made};
use crate::store::{StoreError, upkeep::first_node};

/// Marks the file as a Holdfast server's: "HFsv", big-endian.
const APPLICATION_ID: i64 = 0x4846_7376;

/// The newest version of the file, in whole.
const SCHEMA: &str = include_str!("schema.sql");

/// The steps from each version to the next: the first one leads from 1 to 2. All of them over version 1 give the same
/// tables as [`SCHEMA`].
const STEPS: &[fn(&Transaction<'_>) -> rusqlite::Result<()>] = &[];

/// The newest version that this program knows.
pub(super) const VERSION: i64 = 1;

/// How long a statement waits for another process's lock, in milliseconds. Within the process nobody waits on it.
const BUSY_TIMEOUT_MS: u32 = 5_000;

/// After how many pages of 4 KiB the write-ahead log is copied into the file: 64 MiB. By SQLite's own measure of 4 MiB
/// every large commit would be written twice, the second time all over the file.
const WAL_PAGES: u32 = 16_384;

/// How much of the file each connection keeps in memory, in KiB: the upper levels and the ends of all indexes of a large
/// file. SQLite's own 2 MiB made each projection step read back what the last one had written.
pub(super) const CACHE_KIB: i64 = 32 * 1024;

pub(super) fn create(
    place: &SqlitePlace,
    tenant: &TenantId,
    epoch: ServerEpoch,
) -> Result<Connection, StoreError> {
    if place.vfs.is_none() && place.file.exists() {
        return Err(StoreError::Database {
            attempted: "make the file",
            source: "it is there already".into(),
        });
    }
    let mut connection = connect(
        place,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("begin a transaction"))?;
    lay_out(&transaction, tenant, epoch).map_err(failed("lay out the file"))?;
    transaction.commit().map_err(failed("lay out the file"))?;
    Ok(connection)
}

fn lay_out(
    transaction: &Transaction<'_>,
    tenant: &TenantId,
    epoch: ServerEpoch,
) -> rusqlite::Result<()> {
    if planted::is(Planted::StoredTwice) {
        transaction.execute_batch(&SCHEMA.replace(",\n  UNIQUE (log, position)", ""))?;
    } else {
        transaction.execute_batch(SCHEMA)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute(
        "INSERT INTO server (only, tenant, epoch, next_node, reference_version, quarantine_end)
         VALUES (1, ?1, ?2, ?3, 0, 0)",
        params![tenant.as_str(), epoch.as_bytes(), first_node().get()],
    )?;
    Ok(())
}

/// Who else has the files open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// Nobody: write-ahead logs are begun anew.
    Alone,
    /// Maybe somebody, who began them anew.
    Beside,
}

pub(super) fn open(place: &SqlitePlace, opening: Opening) -> Result<Connection, StoreError> {
    let mut connection = connect(place, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    match opening {
        Opening::Alone => begin_log_anew(&connection)?,
        Opening::Beside => {}
    }
    if is_newest(&connection)? {
        return Ok(connection);
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("begin a transaction"))?;
    migrate(&transaction)?;
    transaction.commit().map_err(failed("migrate the file"))?;
    Ok(connection)
}

/// Copies what the last process left in the write-ahead log into the file.
///
/// That process may have been unable to sync it. A system like Linux then takes it for written all the same: it can be
/// read, a later sync passes it over, and a power cut takes it, with all that came after it in the log.
///
/// Who reads the file meanwhile keeps the log as it is, and what is written would be written behind that part.
pub(super) fn begin_log_anew(connection: &Connection) -> Result<(), StoreError> {
    let is_busy: bool = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(failed("begin the write-ahead log anew"))?;
    if is_busy {
        Err(StoreError::InUse)
    } else {
        Ok(())
    }
}

/// Whether there is nothing to migrate. Commands come and go beside a server, and are to write nothing for that.
fn is_newest(connection: &Connection) -> Result<bool, StoreError> {
    Ok(read_version(connection)? == VERSION)
}

/// The version of a server's file that this program can read.
fn read_version(connection: &Connection) -> Result<i64, StoreError> {
    let pragma = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(failed("read the file's version"))
    };
    if pragma("application_id")? != APPLICATION_ID {
        return Err(StoreError::Stored {
            what: "file header",
            source: "the file is no store of a Holdfast server".into(),
        });
    }
    match pragma("user_version")? {
        found if found > VERSION => Err(StoreError::NewerFile {
            found,
            known: VERSION,
        }),
        found => Ok(found),
    }
}

fn migrate(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let found = read_version(transaction)?;
    debug_assert_eq!(STEPS.len() as u64 + 1, VERSION.unsigned_abs());
    for (version, step) in (1..).zip(STEPS) {
        if version >= found {
            step(transaction).map_err(failed("migrate the file"))?;
        }
    }
    transaction
        .pragma_update(None, "user_version", VERSION)
        .map_err(failed("migrate the file"))
}

/// A connection for readers, of the log and of what is made from it.
pub(super) fn reader(place: &SqlitePlace) -> Result<Connection, StoreError> {
    let connection = connect(place, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    made::attach(place, &connection)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(failed("set up a reader"))?;
    Ok(connection)
}

pub(super) fn connect(place: &SqlitePlace, flags: OpenFlags) -> Result<Connection, StoreError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match &place.vfs {
        None => Connection::open_with_flags(&place.file, flags),
        Some(vfs) => Connection::open_with_flags_and_vfs(&place.file, flags, vfs.as_str()),
    };
    let connection = connection.map_err(failed("open the file"))?;
    let set = |name: &'static str, value: &dyn rusqlite::ToSql| {
        connection
            .pragma_update(None, name, value)
            .map_err(failed("set up a connection"))
    };
    set("busy_timeout", &BUSY_TIMEOUT_MS)?;
    set("journal_mode", &"WAL")?;
    // NORMAL loses what was acknowledged when the power goes.
    let normal = planted::is(Planted::ServerSynchronousNormal);
    set("synchronous", &if normal { "NORMAL" } else { "FULL" })?;
    set("wal_autocheckpoint", &WAL_PAGES)?;
    set("cache_size", &(-CACHE_KIB))?;
    set("foreign_keys", &true)?;
    set("trusted_schema", &false)?;
    // Else a statement with a bound in it is compiled again for each value that the bound gets.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(failed("set up a connection"))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// An empty file for a copy.
pub(super) fn blank(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    Connection::open_with_flags(file, flags).map_err(failed("make the copy's file"))
}
