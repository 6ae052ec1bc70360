//! What can go wrong with a till's file.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the file.
    #[error("{} is in use by another process", path.display())]
    InUse {
        /// The till's file.
        path: PathBuf,
    },
    /// The lock file could not be made or locked.
    #[error("{} can't be locked", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A later version of the software wrote the file. It is left as it is.
    #[error("the file has schema version {found}; this software knows up to {known}")]
    Newer {
        /// The file's version.
        found: i64,
        /// The newest version that this software knows.
        known: i64,
    },
    /// The file belongs to another application. It is left as it is.
    #[error("the file is no till's file: it has application id {found:#x}")]
    Foreign {
        /// The application id in the file.
        found: i64,
    },
    /// The file can't be made.
    #[error("{} can't be opened or made", path.display())]
    Make {
        /// The till's file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Nothing was ever written to the file.
    #[error("the till's file is empty: this till has not run yet")]
    Empty,
    /// SQLite met damage in the file.
    #[error("the till's file is damaged")]
    Corrupt(#[source] rusqlite::Error),
    /// A check found damage in the file.
    #[error("the till's file is damaged: {what}")]
    Damaged {
        /// What was found, in SQLite's words.
        what: String,
    },
    /// The damaged file could not be set aside.
    #[error("the damaged file {} can't be set aside", path.display())]
    SetAside {
        /// The damaged file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file does not say whose it is.
    #[error("the file belongs to no till yet")]
    NoIdentity,
    /// The file belongs to another till.
    #[error("the file belongs to till {found}, not to {wanted}")]
    OtherIdentity {
        /// Whose file it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// The file holds a value that no version of this software writes.
    #[error("the file holds a {what} that can't be read: {reason}")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The server's epoch is another than the one that was asked for.
    #[error("the acknowledgement is of another epoch of the server")]
    OtherEpoch,
    /// Anything else that SQLite reports: a full disk, a failing disk.
    #[error("the file can't be read or written")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(error),
            _ => Self::Sqlite(error),
        }
    }
}

impl StoreError {
    /// Whether the file itself is damaged, so that it must be set aside.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Corrupt(_) | Self::Damaged { .. } => true,
            Self::InUse { .. }
            | Self::Lock { .. }
            | Self::Newer { .. }
            | Self::Foreign { .. }
            | Self::Make { .. }
            | Self::Empty
            | Self::SetAside { .. }
            | Self::NoIdentity
            | Self::OtherIdentity { .. }
            | Self::Unreadable { .. }
            | Self::OtherEpoch
            | Self::Sqlite(_) => false,
        }
    }

    /// What a person does about it, where that is always the same.
    #[must_use]
    pub fn what_to_do(&self) -> Option<&'static str> {
        match self {
            Self::Corrupt(_) | Self::Damaged { .. } => Some(
                "Start the till again (holdfast-node run): it keeps the damaged file aside, begins a new one that the server \
                 fills, and says how to get out what was not sent.",
            ),
            Self::InUse { .. } => Some("Stop the till first, or the other command that runs."),
            Self::Newer { .. } => Some("Update this software; the file is as it was."),
            Self::Empty => Some("Start the till (holdfast-node run): it makes its file."),
            Self::Lock { .. }
            | Self::Foreign { .. }
            | Self::Make { .. }
            | Self::SetAside { .. }
            | Self::NoIdentity
            | Self::OtherIdentity { .. }
            | Self::Unreadable { .. }
            | Self::OtherEpoch
            | Self::Sqlite(_) => None,
        }
    }

    /// A value in the file that can't be read.
    pub(crate) fn unreadable(what: &'static str, reason: &impl ToString) -> Self {
        Self::Unreadable {
            what,
            reason: reason.to_string(),
        }
    }
}
