//! The one place where a till's file is opened, locked and set aside.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use holdfast_schemas::{
    planted::{self, Planted},
    time::Timestamp,
};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig};

use super::{StoreError, damage, migration};

/// How long a statement waits for another process that reads the file, such as a backup.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// After how many pages of 4 KiB the write-ahead log is copied into the file: 32 MiB. The sale that does it waits for it;
/// by SQLite's own measure of 4 MiB that was one sale in forty, now it is one in several hundred.
const WAL_PAGES: u32 = 8_192;
/// How many prepared statements are kept.
const STATEMENTS_MAX: usize = 128;

/// Where a till's file is.
#[derive(Debug, Clone)]
pub struct StorePlace {
    path: PathBuf,
    vfs: Option<String>,
}

impl StorePlace {
    /// A file on this machine's disk.
    #[must_use]
    pub fn on_disk(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            vfs: None,
        }
    }

    /// A file in a virtual file system that is registered with SQLite: a simulator's. It is neither locked nor set
    /// aside, since both are acts on this machine's disk.
    #[must_use]
    pub fn in_vfs(path: impl Into<PathBuf>, vfs: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            vfs: Some(vfs.into()),
        }
    }

    /// The file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the throw-away file of training mode is.
    pub(crate) fn training(&self) -> Self {
        Self {
            path: self.beside("-training"),
            vfs: self.vfs.clone(),
        }
    }

    /// Throws the file away, with what belongs to it.
    pub(crate) fn remove(&self) -> Result<(), StoreError> {
        let parts = ["-wal", "-shm", ".lock"].map(|suffix| self.beside(suffix));
        for path in [&self.path].into_iter().chain(&parts) {
            match std::fs::remove_file(path) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => {
                    let path = path.clone();
                    return Err(StoreError::SetAside { path, source });
                }
            }
        }
        Ok(())
    }

    /// Whether it is on this machine's disk, and not in a simulator's file system.
    #[must_use]
    pub fn is_on_disk(&self) -> bool {
        self.vfs.is_none()
    }

    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }
}

/// A till's file, open.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    place: StorePlace,
    /// Held as long as the file is open; none for a reader and in a simulator.
    _lock: Option<File>,
}

/// A file that was opened.
#[derive(Debug)]
pub struct OpenedStore {
    /// The file.
    pub store: Store,
    /// Where a damaged file was put, of which `store` is the empty successor. It still holds what was not sent, so
    /// somebody must be told.
    pub set_aside: Option<PathBuf>,
}

impl Store {
    /// Opens the file for its one writer, and makes or migrates it (T0).
    ///
    /// A damaged file is renamed, with `now` in its name, and a new one is begun; `super::damage` says what is looked
    /// at, and what that costs.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where another process has it; [`StoreError::Newer`] and [`StoreError::Foreign`] for
    /// files that are not touched.
    pub fn open(place: &StorePlace, now: Timestamp) -> Result<OpenedStore, StoreError> {
        let lock = lock(place)?;
        damage::finish_setting_aside(place)?;
        let (connection, set_aside) = match open_connection(place) {
            Ok(connection) => (connection, None),
            Err(error) if error.is_damage() && place.is_on_disk() => {
                let aside = damage::set_aside(place, now)?;
                (open_connection(place)?, Some(aside))
            }
            Err(error) => return Err(error),
        };
        let store = Self {
            connection,
            place: place.clone(),
            _lock: lock,
        };
        Ok(OpenedStore { store, set_aside })
    }

    /// Where the file is.
    #[must_use]
    pub fn place(&self) -> &StorePlace {
        &self.place
    }

    /// Opens the file to read it only, beside its writer.
    ///
    /// # Errors
    /// [`StoreError`]: where there is no file, or one of another version.
    pub fn open_to_read(place: &StorePlace) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = connect(place, flags)?;
        connection.busy_timeout(BUSY_WAIT)?;
        let store = Self {
            connection,
            place: place.clone(),
            _lock: None,
        };
        let found = store.read(migration::checked_version)?;
        if found == 0 {
            return Err(StoreError::Empty);
        }
        if found != migration::newest_version() {
            return Err(StoreError::unreadable("schema version", &found));
        }
        Ok(store)
    }

    /// Reads one consistent state of the file.
    ///
    /// # Errors
    /// Whatever `query` reports, or [`StoreError::Sqlite`].
    pub fn read<T, E: From<StoreError>>(
        &self,
        query: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(StoreError::from)?;
        query(&transaction)
    }

    /// Begins a write. Every caller is one of the named transactions.
    pub(crate) fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// Copies the whole file to a new file, or into an empty one, while it is in use.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`], for a target that holds something or can't be written among others.
    pub fn backup(&self, target: &Path) -> Result<(), StoreError> {
        let target = target.to_string_lossy();
        self.connection
            .execute("VACUUM INTO ?1", [target.as_ref()])?;
        Ok(())
    }

    /// SQLite's own check of the file: what is damaged, one line each; empty where all is well.
    ///
    /// # Errors
    /// [`StoreError`] where the check itself can't run.
    pub fn integrity_findings(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check")?;
        let lines = statement
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }
}

/// Locks a file against every other process, as long as the result is held; nothing to hold in a simulator.
///
/// # Errors
/// [`StoreError::InUse`] where another process has it.
pub(crate) fn lock(place: &StorePlace) -> Result<Option<File>, StoreError> {
    if place.vfs.is_some() {
        return Ok(None);
    }
    let path = place.beside(".lock");
    let failed = |source| StoreError::Lock {
        path: path.clone(),
        source,
    };
    let file = open_private(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
            path: place.path.clone(),
        }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Copies all that is in the write-ahead log into the file, so that the file alone is all of it. For who holds its lock.
///
/// # Errors
/// [`StoreError`], for a damaged file among others.
pub(crate) fn settle(place: &StorePlace) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = connect(place, flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    begin_log_anew(&connection)
}

fn connect(place: &StorePlace, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = match &place.vfs {
        None => Connection::open_with_flags(&place.path, flags)?,
        Some(vfs) => Connection::open_with_flags_and_vfs(&place.path, flags, vfs.as_str())?,
    };
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Else a statement with a bound in it is compiled again for each value that the bound gets.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Opens a file to write it, and makes it first where it is not there: what a till sold is for its owner's eyes.
fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens the file, looks for damage before anything is written to it, and makes or migrates it.
fn open_connection(place: &StorePlace) -> Result<Connection, StoreError> {
    if place.is_on_disk() {
        // SQLite takes an empty file for a new one, and gives what it puts beside it the same mode.
        open_private(&place.path).map_err(|source| StoreError::Make {
            path: place.path.clone(),
            source,
        })?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = connect(place, flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: what was shown as sold survives a power cut. NORMAL was measured to lose acknowledged sales.
    let normal = planted::is(Planted::TillSynchronousNormal);
    connection.pragma_update(None, "synchronous", if normal { "NORMAL" } else { "FULL" })?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    damage::look(&connection, place)?;
    begin_log_anew(&connection)?;
    migration::migrate(&mut connection)?;
    Ok(connection)
}

/// Copies what the last process left in the write-ahead log into the file.
///
/// That process may have been unable to sync it. A system like Linux then takes it for written all the same: it can be
/// read, a later sync passes it over, and a power cut takes it, with all that came after it in the log.
fn begin_log_anew(connection: &Connection) -> Result<(), StoreError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}
