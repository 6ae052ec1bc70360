//! What every command works with: the settings, the clock, and the data folder.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use holdfast_schemas::time::Timestamp;

use super::error::CommandError;
use crate::{
    clock::{Clock, SystemClock},
    pki::{Authority, CertificateSerial, PkiFolder},
    random,
    settings::Settings,
    store::{Upkeep, sqlite::SqliteStore},
};

/// The name of the server's file, in its data folder and in a backup.
pub(super) const STORE_FILE: &str = "holdfast-server.sqlite";
const LOCK_FILE: &str = "holdfast-server.lock";
const OPENING_FILE: &str = "holdfast-server.opening";

/// What every command works with.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) settings: Settings,
    pub(super) clock: SystemClock,
}

/// The one process that may serve, rebuild or replace what is in a data folder. Freed when it is dropped.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl Context {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            clock: SystemClock::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn data_dir(&self) -> &Path {
        &self.settings.data_dir.value
    }

    pub(super) fn store_file(&self) -> PathBuf {
        self.data_dir().join(STORE_FILE)
    }

    pub(super) fn pki(&self) -> PkiFolder {
        PkiFolder::of(self.data_dir())
    }

    pub(super) fn serial() -> CertificateSerial {
        CertificateSerial(random::bytes())
    }

    /// Opens the server's file to read it, whoever else has it open; it must be there.
    pub(super) fn open_store(&self) -> Result<SqliteStore, CommandError> {
        Ok(SqliteStore::open_beside(&self.initialised()?)?)
    }

    /// Opens the server's file to write to it, beside a server that runs or, where none does, as a server opens it: what
    /// is written is not to stand behind what the last process may have been unable to sync.
    pub(super) fn open_store_to_write(&self) -> Result<SqliteStore, CommandError> {
        let file = self.initialised()?;
        let _opening = self.opening()?;
        match self.try_lock() {
            Ok(_lock) => Ok(SqliteStore::open(&file)?),
            Err(CommandError::Running(_)) => Ok(SqliteStore::open_beside(&file)?),
            Err(error) => Err(error),
        }
    }

    /// Opens the server's file for the one process that may serve it, or make it anew, until the lock is dropped.
    pub(super) fn open_store_alone(&self) -> Result<(SqliteStore, FolderLock), CommandError> {
        // Looked at before it is locked: an empty folder is to be told apart from one in use.
        let file = self.initialised()?;
        let lock = self.lock()?;
        Ok((SqliteStore::open(&file)?, lock))
    }

    /// The server's file, which is there.
    fn initialised(&self) -> Result<PathBuf, CommandError> {
        let file = self.store_file();
        if file.exists() && self.pki().exists() {
            Ok(file)
        } else {
            Err(CommandError::NotInitialised(self.data_dir().to_owned()))
        }
    }

    /// Reads the certificate authority of the store's tenant.
    pub(super) fn authority(&self, store: &SqliteStore) -> Result<Authority, CommandError> {
        Ok(self.pki().authority(store.identity()?.tenant)?)
    }

    /// Makes sure that no server runs in the data folder until the lock is dropped.
    pub(super) fn lock(&self) -> Result<FolderLock, CommandError> {
        let _opening = self.opening()?;
        self.try_lock()
    }

    /// Waits until no command is just opening the file: for that moment it has the folder's lock, and is no server.
    fn opening(&self) -> Result<FolderLock, CommandError> {
        let (path, file) = self.lock_file(OPENING_FILE)?;
        match file.lock() {
            Ok(()) => Ok(FolderLock { _file: file }),
            Err(source) => Err(not_locked(path)(source)),
        }
    }

    fn try_lock(&self) -> Result<FolderLock, CommandError> {
        let (path, file) = self.lock_file(LOCK_FILE)?;
        match file.try_lock() {
            Ok(()) => Ok(FolderLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(CommandError::Running(self.data_dir().to_owned())),
            Err(TryLockError::Error(source)) => Err(not_locked(path)(source)),
        }
    }

    fn lock_file(&self, name: &str) -> Result<(PathBuf, File), CommandError> {
        let path = self.data_dir().join(name);
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = opened.map_err(not_locked(path.clone()))?;
        Ok((path, file))
    }

    /// Makes the data folder, for its owner's eyes only.
    pub(super) fn make_data_dir(&self) -> Result<(), CommandError> {
        use std::os::unix::fs::DirBuilderExt;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(self.data_dir())
            .map_err(|source| CommandError::File {
                attempted: "make",
                file: self.data_dir().to_owned(),
                source,
            })
    }
}

fn not_locked(file: PathBuf) -> impl FnOnce(std::io::Error) -> CommandError {
    move |source| CommandError::File {
        attempted: "lock",
        file,
        source,
    }
}
