//! Embedded SQLite: two files, the log's and that of what is made from it; each with one writer, readers beside them.
//!
//! WAL with `synchronous=FULL`: what a commit says is durable survives a power cut. That goes for what is made from the
//! log as well, though it could be made again: after a sync that failed, the system may have dropped whatever was written
//! and not synced, and a file that is half old could not even be read. Every write is `BEGIN IMMEDIATE` on the one writing
//! connection of its file; readers have connections of their own and see the last commit of each. As the projection reads
//! what is committed, no reader finds rows of entries that it does not find.

mod key_rows;
mod log;
mod log_tables;
mod made;
mod open;
mod read_model;
mod registry;
mod rest;
mod rights;
mod row_tables;
mod rows;
mod stock_rows;
mod values;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use holdfast_schemas::{identity::TenantId, wire::ServerEpoch};
use rusqlite::{Connection, Transaction};

pub use self::made::made_beside;
use self::{
    open::Opening,
    writer::{Turn, Writer},
};
use super::StoreError;

/// The most connections that are kept for readers; more are opened and closed again.
const READERS_KEPT_MAX: usize = 8;

/// How many statements each connection keeps prepared.
const STATEMENTS_KEPT: usize = 128;

/// Where a server's file is.
#[derive(Debug, Clone)]
pub struct SqlitePlace {
    file: PathBuf,
    vfs: Option<String>,
}

impl SqlitePlace {
    /// A file on this machine's disk.
    #[must_use]
    pub fn on_disk(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            vfs: None,
        }
    }

    /// A file in a virtual file system that is registered with SQLite: a simulator's.
    #[must_use]
    pub fn in_vfs(file: impl Into<PathBuf>, vfs: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            vfs: Some(vfs.into()),
        }
    }
}

/// A server's store in two SQLite files.
#[derive(Debug)]
pub struct SqliteStore {
    place: SqlitePlace,
    writer: Writer,
    /// Of what is made from the log.
    maker: Writer,
    readers: Mutex<Vec<Connection>>,
}

impl SqliteStore {
    /// S0, the first time: makes the file of a new tenant.
    ///
    /// # Errors
    /// [`StoreError::Database`], also where the file is there already.
    pub fn create(file: &Path, tenant: &TenantId, epoch: ServerEpoch) -> Result<Self, StoreError> {
        Self::create_in(SqlitePlace::on_disk(file), tenant, epoch)
    }

    /// As [`SqliteStore::create`], in any place.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn create_in(
        place: SqlitePlace,
        tenant: &TenantId,
        epoch: ServerEpoch,
    ) -> Result<Self, StoreError> {
        let writer = open::create(&place, tenant, epoch)?;
        Self::over(place, writer, Opening::Alone)
    }

    /// S0: opens a file that is there, and brings it to the newest version. No other process may have it open, which is
    /// for the caller to see to: the write-ahead log is begun anew.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where another process has the file open all the same; [`StoreError::NewerFile`] for a file of
    /// a later version, which is left as it is; [`StoreError::Database`].
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        Self::open_in(SqlitePlace::on_disk(file))
    }

    /// As [`SqliteStore::open`], beside a process that has the file open: the write-ahead log is left to it.
    ///
    /// # Errors
    /// [`StoreError::NewerFile`] and [`StoreError::Database`].
    pub fn open_beside(file: &Path) -> Result<Self, StoreError> {
        Self::open_as(SqlitePlace::on_disk(file), Opening::Beside)
    }

    /// As [`SqliteStore::open`], in any place.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::NewerFile`] and [`StoreError::Database`].
    pub fn open_in(place: SqlitePlace) -> Result<Self, StoreError> {
        Self::open_as(place, Opening::Alone)
    }

    fn open_as(place: SqlitePlace, opening: Opening) -> Result<Self, StoreError> {
        let writer = open::open(&place, opening)?;
        Self::over(place, writer, opening)
    }

    fn over(place: SqlitePlace, writer: Connection, opening: Opening) -> Result<Self, StoreError> {
        let maker = made::open(&place, &writer, opening)?;
        Ok(Self {
            place,
            writer: Writer::new(writer),
            maker: Writer::new(maker),
            readers: Mutex::new(Vec::new()),
        })
    }

    /// Runs one writing transaction; what it did is kept only where it succeeds.
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.writer.run(Turn::Awaited, work)
    }

    /// Runs one writing transaction of what follows from the log, behind those that somebody waits for.
    fn write_behind<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.writer.run(Turn::Behind, work)
    }

    /// Runs one writing transaction in the file of what is made from the log.
    fn make<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.maker.run(Turn::Awaited, work)
    }

    /// Runs one reading transaction: all that it reads of a file is of one commit.
    fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_reader(|connection| {
            let transaction = connection.transaction().map_err(failed("begin to read"))?;
            work(&transaction)
        })
    }

    fn with_reader<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = self.readers().pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => open::reader(&self.place)?,
        };
        let done = work(&mut connection);
        let mut readers = self.readers();
        if readers.len() < READERS_KEPT_MAX {
            readers.push(connection);
        }
        done
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says what was tried when the engine fails.
fn failed(attempted: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| StoreError::Database {
        attempted,
        source: source.into(),
    }
}
