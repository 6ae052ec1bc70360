//! Why a command failed, and with which number.

use std::{error::Error, net::SocketAddr, path::PathBuf};

use serde::Serialize;

use super::OutputFormat;
use crate::{exit_code, pki::PkiError, settings::SettingsError, store::StoreError};

/// Why a command failed. Nothing was changed unless the message says so.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// The settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// No server in the data folder.
    #[error("{} holds no server yet; make one with: holdfast-server init --tenant NAME", .0.display())]
    NotInitialised(PathBuf),
    /// There is one already.
    #[error("{0} exists already")]
    AlreadyExists(String),
    /// It is so already.
    #[error("{0} already")]
    AlreadySo(String),
    /// What was named is not there.
    #[error("{0} is not known")]
    NotFound(String),
    /// Another server works in the data folder.
    #[error("a server is running in {}; stop it first", .0.display())]
    Running(PathBuf),
    /// A file that the command reads or writes.
    #[error("can't {attempted} {}", file.display())]
    File {
        /// What was tried.
        attempted: &'static str,
        /// Which file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The input is not what it should be.
    #[error("{what} is refused")]
    Input {
        /// Which input.
        what: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Certificates and keys.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The server's file.
    #[error("the server's file can't be used")]
    Store(#[source] StoreError),
    /// An address that can't be listened on.
    #[error("can't listen on {address}")]
    Address {
        /// Which one.
        address: SocketAddr,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server's work itself.
    #[error("can't {attempted}")]
    Failed {
        /// What was tried.
        attempted: &'static str,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl From<StoreError> for CommandError {
    /// What somebody named and is not there is no fault of the file.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::UnknownStore(store) => Self::NotFound(format!("store {store}")),
            StoreError::UnknownNode(node) => Self::NotFound(format!("till {node}")),
            StoreError::UnknownDocument(document) => Self::NotFound(format!("document {document}")),
            error @ (StoreError::Database { .. }
            | StoreError::InUse
            | StoreError::Stored { .. }
            | StoreError::NewerFile { .. }
            | StoreError::OtherTenant { .. }
            | StoreError::CursorMoved { .. }) => Self::Store(error),
        }
    }
}

impl CommandError {
    fn name(&self) -> &'static str {
        match self {
            Self::Settings(_) => "settings",
            Self::NotInitialised(_) => "not_initialised",
            Self::AlreadyExists(_) | Self::AlreadySo(_) => "already_exists",
            Self::NotFound(_) => "not_found",
            Self::Running(_) => "running",
            Self::File { .. } => "file",
            Self::Input { .. } => "input",
            Self::Pki(_) => "certificates",
            Self::Store(_) => "store",
            Self::Address { .. } => "address",
            Self::Failed { .. } => "failed",
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) => exit_code::SETTINGS,
            Self::NotInitialised(_) => exit_code::NOT_INITIALISED,
            Self::AlreadyExists(_) | Self::AlreadySo(_) => exit_code::ALREADY_EXISTS,
            Self::NotFound(_) => exit_code::NOT_FOUND,
            Self::Input { .. } => exit_code::INPUT_REFUSED,
            Self::Running(_) | Self::Store(StoreError::InUse) => exit_code::IN_USE,
            Self::File { .. } | Self::Pki(_) | Self::Store(_) => exit_code::STORE,
            Self::Address { .. } => exit_code::ADDRESS,
            Self::Failed { .. } => exit_code::FAILED,
        }
    }
}

/// The stable shape of an error on standard error.
#[derive(Serialize)]
struct ErrorShape<'a> {
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    name: &'a str,
    exit_code: u8,
    message: String,
    causes: Vec<String>,
}

/// Writes an error with all its causes to standard error.
pub(super) fn report(error: &CommandError, format: OutputFormat) -> u8 {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let exit_code = error.exit_code();
    match format {
        OutputFormat::Text => {
            eprintln!("error: {error}");
            for cause in causes {
                eprintln!("  because: {}", cause.trim_end().replace('\n', "\n  "));
            }
        }
        OutputFormat::Json => {
            let shape = ErrorShape {
                error: ErrorBody {
                    name: error.name(),
                    exit_code,
                    message: error.to_string(),
                    causes,
                },
            };
            eprintln!("{}", super::answer::json(&shape));
        }
    }
    exit_code
}
