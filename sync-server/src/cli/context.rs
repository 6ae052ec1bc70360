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

    /// Opens the server's file; it must be there.
    pub(super) fn open_store(&self) -> Result<SqliteStore, CommandError> {
        let file = self.store_file();
        if !file.exists() || !self.pki().exists() {
            return Err(CommandError::NotInitialised(self.data_dir().to_owned()));
        }
        Ok(SqliteStore::open(&file)?)
    }

    /// Reads the certificate authority of the store's tenant.
    pub(super) fn authority(&self, store: &SqliteStore) -> Result<Authority, CommandError> {
        Ok(self.pki().authority(store.identity()?.tenant)?)
    }

    /// Makes sure that no server runs in the data folder until the lock is dropped.
    pub(super) fn lock(&self) -> Result<FolderLock, CommandError> {
        let file = self.data_dir().join(LOCK_FILE);
        let failed = |source| CommandError::File {
            attempted: "lock",
            file: file.clone(),
            source,
        };
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&file)
            .map_err(failed)?;
        match opened.try_lock() {
            Ok(()) => Ok(FolderLock { _file: opened }),
            Err(TryLockError::WouldBlock) => Err(CommandError::Running(self.data_dir().to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
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
