//! A till's key and enrolment on disk.
//!
//! `identity/key.pem` (its owner may read it, nobody else) and `identity/enrolment.json`. A file is replaced whole:
//! written beside, flushed, renamed, and the folder flushed, so that a power cut leaves the old one or the new one.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use holdfast_schemas::wire::enrol::Enrolled;
use rcgen::{KeyPair, PKCS_ED25519};
use serde::{Deserialize, Serialize};

use super::EnrolError;
use crate::settings::ServerAddress;

/// What a till keeps of its enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Where the server was; the settings may name another place since.
    pub server: ServerAddress,
    /// Who this till is, its certificate and its issuers.
    #[serde(flatten)]
    pub enrolled: Enrolled,
}

/// The folder of a till's key and enrolment.
#[derive(Debug, Clone)]
pub struct IdentityFolder(PathBuf);

impl IdentityFolder {
    /// The identity within a data folder.
    #[must_use]
    pub fn within(data_dir: &Path) -> Self {
        Self(data_dir.join("identity"))
    }

    /// Whether a key was made.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.key_path().exists()
    }

    /// Makes the till's own Ed25519 key, or reads the one that is there. The key never leaves this machine.
    ///
    /// # Errors
    /// [`EnrolError::File`] or [`EnrolError::Key`].
    pub fn key_or_new(&self) -> Result<KeyPair, EnrolError> {
        if self.has_key() {
            return self.key();
        }
        let key = KeyPair::generate_for(&PKCS_ED25519).map_err(EnrolError::Key)?;
        self.make()?;
        write_durably(&self.key_path(), key.serialize_pem().as_bytes())?;
        Ok(key)
    }

    /// The till's key.
    ///
    /// # Errors
    /// [`EnrolError::NotEnrolled`] where there is none.
    pub fn key(&self) -> Result<KeyPair, EnrolError> {
        let text = self.read(&self.key_path())?;
        KeyPair::from_pem(&text).map_err(EnrolError::Key)
    }

    /// The till's enrolment.
    ///
    /// # Errors
    /// [`EnrolError::NotEnrolled`] where there is none; [`EnrolError::EnrolmentFile`] where it can't be read.
    pub fn enrolment(&self) -> Result<Enrolment, EnrolError> {
        let path = self.enrolment_path();
        serde_json::from_str(&self.read(&path)?)
            .map_err(|source| EnrolError::EnrolmentFile { path, source })
    }

    /// Keeps a first or renewed enrolment.
    ///
    /// # Errors
    /// [`EnrolError::File`].
    pub fn keep(&self, enrolment: &Enrolment) -> Result<(), EnrolError> {
        let path = self.enrolment_path();
        let json = serde_json::to_string_pretty(enrolment).map_err(|source| {
            EnrolError::EnrolmentFile {
                path: path.clone(),
                source,
            }
        })?;
        self.make()?;
        write_durably(&path, json.as_bytes())
    }

    fn key_path(&self) -> PathBuf {
        self.0.join("key.pem")
    }

    fn enrolment_path(&self) -> PathBuf {
        self.0.join("enrolment.json")
    }

    fn make(&self) -> Result<(), EnrolError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.0)
            .map_err(|source| EnrolError::file(&self.0, source))
    }

    fn read(&self, path: &Path) -> Result<String, EnrolError> {
        std::fs::read_to_string(path).map_err(|source| {
            if source.kind() == ErrorKind::NotFound {
                EnrolError::NotEnrolled {
                    folder: self.0.clone(),
                }
            } else {
                EnrolError::file(path, source)
            }
        })
    }
}

fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), EnrolError> {
    let beside = path.with_extension("new");
    let write = || {
        // What a power cut left of an earlier try is worth nothing, and may have another mode.
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Err(_) | Ok(()) => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|source| EnrolError::file(path, source))
}
