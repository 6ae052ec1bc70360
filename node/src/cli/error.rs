//! What a command may fail with, and what the program then exits with.

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
};

use holdfast_schemas::{
    identity::Sku,
    operation::DocumentKind,
    refusal::Refusal,
    value::{Measure, Money},
    wire::export::ExportError,
};
use serde::Serialize;

use super::{OutputFormat, output::write_json};
use crate::{
    engine::SubmitError,
    enrol::EnrolError,
    exit_code,
    handle::CallError,
    net::NetError,
    node::StartError,
    replay::{ReplayError, TraderError},
    settings::SettingsError,
    store::StoreError,
};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// Settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Enrolment.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
    /// The till's file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No server was named.
    #[error("no server was named: give --server, or server.address in the settings file")]
    NoServer,
    /// A file or folder can't be read or written.
    #[error("{} can't be read or written", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The answer can't be written.
    #[error("the answer can't be written")]
    Output(#[source] io::Error),
    /// The program can't start its parts.
    #[error("the program can't be started")]
    Runtime(#[source] io::Error),
    /// The till can't start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Nothing was written.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// An export can't be written or read.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A trade file can't be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A trade file's trade was not taken; what came before it was.
    #[error(transparent)]
    Trader(#[from] TraderError),
    /// The check found something.
    #[error("the till's file has {findings} findings")]
    Damaged {
        /// How many.
        findings: usize,
    },
    /// Parts of a damaged file can't be read; the rest was exported.
    #[error(
        "{stretches} parts of logs can't be read, and are not known to be at the server; the rest was exported"
    )]
    Missing {
        /// How many stretches of logs.
        stretches: usize,
    },
    /// Parts of an export can't be proved here; the rest was taken in.
    #[error("{stretches} parts of the file can't be proved here, and were not taken in")]
    Unproved {
        /// How many stretches of logs.
        stretches: usize,
    },
    /// A backup is another till's.
    #[error("the backup is of till {found}, and this is till {wanted}")]
    OtherTill {
        /// Whose backup it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// What was named is not here.
    #[error("{what} is not in this till's file")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The till is enrolled, and has done nothing yet.
    #[error("{} is not there yet: this till has neither run nor sold, nor been restored", path.display())]
    NoFileYet {
        /// Where the till's file will be.
        path: PathBuf,
    },
    /// What was named is another kind of document.
    #[error("{what} is {}: {}", a(*found), command_for(*found))]
    OtherKind {
        /// What was asked for.
        what: String,
        /// What it is.
        found: DocumentKind,
    },
    /// The till's own file is there, and is not to be replaced.
    #[error("this till has a file already: {}", path.display())]
    TillFileThere {
        /// The till's file.
        path: PathBuf,
    },
    /// A product is not on the price list.
    #[error("{sku} is not on the price list")]
    UnknownProduct {
        /// What was named.
        sku: Sku,
    },
    /// A quantity in another measure than the product's.
    #[error("{sku} is counted in {}, not in {}", wanted.plural(), given.plural())]
    OtherMeasure {
        /// Which product.
        sku: Sku,
        /// How the price list counts it.
        wanted: Measure,
        /// What was given.
        given: Measure,
    },
    /// More cash would come out of the drawer than is in it.
    #[error("the drawer holds {holds} as far as is known here; {amount} can't come out of it")]
    DrawerHoldsLess {
        /// What it holds.
        holds: Money,
        /// What was to come out.
        amount: Money,
    },
    /// A file that is to be made is there.
    #[error("{} exists already", path.display())]
    AlreadyExists {
        /// Which file.
        path: PathBuf,
    },
}

/// A kind of document with its article.
fn a(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Order => "an order",
        DocumentKind::Return => "a return",
        DocumentKind::TillSession => "a till session",
        DocumentKind::Stock => "a stock paper",
        DocumentKind::Safe => "a paper of the safe",
    }
}

/// What to run to see a document of this kind.
fn command_for(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Order => "run order show",
        DocumentKind::Return => "run return show",
        DocumentKind::TillSession => "run session show",
        DocumentKind::Stock | DocumentKind::Safe => "see it at the server",
    }
}

impl CommandError {
    /// A file that can't be read or written.
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }

    /// The error of the till's file that it comes from, if it does.
    fn of_file(&self) -> Option<&StoreError> {
        if let Self::Store(error)
        | Self::Start(StartError::Store(error))
        | Self::Submit(SubmitError::Store(error))
        | Self::Trader(
            TraderError::Submit(CallError::Engine(SubmitError::Store(error)))
            | TraderError::Query(CallError::Engine(error)),
        ) = self
        {
            Some(error)
        } else {
            None
        }
    }

    /// Whether the till's file is damaged.
    pub(super) fn is_damage(&self) -> bool {
        self.of_file().is_some_and(StoreError::is_damage)
    }

    /// What a person does about it, where that is known.
    fn what_to_do(&self) -> Option<&'static str> {
        match self {
            Self::Enrol(error) | Self::Start(StartError::Enrol(error)) => error.what_to_do(),
            Self::Submit(error) | Self::Trader(TraderError::Submit(CallError::Engine(error))) => {
                error.what_to_do()
            }
            Self::TillFileThere { .. } => {
                Some("Give --replace: the file that is there is kept beside it.")
            }
            Self::UnknownProduct { .. } => Some(
                "See that the product is spelled as on the price list; a new one is brought in at headquarters.",
            ),
            Self::OtherMeasure { .. } => Some("Write the quantity as the price list counts it."),
            Self::DrawerHoldsLess { .. } => {
                Some("See that the amount is in minor units (1250 is 12.50), or count the drawer.")
            }
            Self::NoFileYet { .. } => {
                Some("Start the till (holdfast-node run): it makes its file.")
            }
            Self::Settings(_)
            | Self::Store(_)
            | Self::NoServer
            | Self::File { .. }
            | Self::Output(_)
            | Self::Runtime(_)
            | Self::Start(StartError::Store(_) | StartError::Net(_))
            | Self::Export(_)
            | Self::Replay(_)
            | Self::Trader(TraderError::Submit(CallError::Stopped) | TraderError::Query(_))
            | Self::Damaged { .. }
            | Self::Missing { .. }
            | Self::Unproved { .. }
            | Self::OtherTill { .. }
            | Self::NotFound { .. }
            | Self::OtherKind { .. }
            | Self::AlreadyExists { .. } => self.of_file()?.what_to_do(),
        }
    }

    /// The rule that says no, if one does.
    fn refusal(&self) -> Option<&Refusal> {
        if let Self::Submit(SubmitError::Refused(refusal))
        | Self::Trader(TraderError::Submit(CallError::Engine(SubmitError::Refused(refusal)))) =
            self
        {
            Some(refusal)
        } else {
            None
        }
    }

    /// What kind of error it is, for scripts; it never changes.
    fn name(&self) -> &'static str {
        match self.exit_code() {
            exit_code::SETTINGS => "settings",
            exit_code::NOT_ENROLLED => "not_enrolled",
            exit_code::ALREADY_EXISTS => "already_exists",
            exit_code::NOT_FOUND => "not_found",
            exit_code::REFUSED => self.refusal().map_or("refused", Refusal::code),
            exit_code::DAMAGED => "damaged",
            exit_code::STORE => "store",
            exit_code::NOT_REACHABLE => "not_reachable",
            exit_code::IN_USE => "in_use",
            exit_code::NOT_TRUSTED => "not_trusted",
            _ => "failed",
        }
    }

    /// What the program exits with.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::NoServer => exit_code::SETTINGS,
            Self::Enrol(error) | Self::Start(StartError::Enrol(error)) => enrol_exit_code(error),
            Self::Store(error) | Self::Start(StartError::Store(error)) => store_exit_code(error),
            Self::Submit(error) => submit_exit_code(error),
            Self::Export(_) | Self::OtherTill { .. } | Self::Unproved { .. } => exit_code::REFUSED,
            Self::Replay(ReplayError::Column { .. }) => exit_code::REFUSED,
            Self::Trader(TraderError::Submit(CallError::Engine(error))) => submit_exit_code(error),
            Self::Trader(TraderError::Query(CallError::Engine(error))) => store_exit_code(error),
            Self::Damaged { .. } | Self::Missing { .. } => exit_code::DAMAGED,
            Self::NotFound { .. } | Self::OtherKind { .. } | Self::NoFileYet { .. } => {
                exit_code::NOT_FOUND
            }
            Self::UnknownProduct { .. }
            | Self::OtherMeasure { .. }
            | Self::DrawerHoldsLess { .. } => exit_code::REFUSED,
            Self::AlreadyExists { .. } | Self::TillFileThere { .. } => exit_code::ALREADY_EXISTS,
            // Whoever read has enough: `holdfast-node order list | head`.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => exit_code::SUCCESS,
            Self::File { .. }
            | Self::Output(_)
            | Self::Runtime(_)
            | Self::Start(StartError::Net(_))
            | Self::Replay(ReplayError::Open { .. } | ReplayError::Read { .. })
            | Self::Trader(
                TraderError::Submit(CallError::Stopped) | TraderError::Query(CallError::Stopped),
            ) => exit_code::FAILED,
        }
    }

    /// Writes the error with all its causes to standard error.
    pub(super) fn report(&self, format: OutputFormat) {
        let mut causes = Vec::new();
        let mut cause = self.source();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        match format {
            OutputFormat::Text => {
                let causes: String = causes.iter().map(|cause| format!(": {cause}")).collect();
                eprintln!("error: {self}{causes}");
                if let Some(advice) = self.what_to_do() {
                    eprintln!("  {advice}");
                }
            }
            OutputFormat::Json => {
                let report = ErrorReport {
                    error: ErrorText {
                        name: self.name(),
                        exit_code: self.exit_code(),
                        message: self.to_string(),
                        causes,
                        what_to_do: self.what_to_do(),
                    },
                };
                // Nobody is left to be told that standard error can't be written.
                let _ = write_json(&mut io::stderr().lock(), &report);
            }
        }
    }
}

/// Writes that the command line was not understood, or the help that was asked for, and says what to exit with.
pub(super) fn report_usage(error: &clap::Error, format: OutputFormat) -> u8 {
    if !error.use_stderr() || format == OutputFormat::Text {
        // Nobody is left to be told that it can't be written.
        let _ = error.print();
    } else {
        let report = ErrorReport {
            error: ErrorText {
                name: "usage",
                exit_code: exit_code::USAGE,
                message: error.to_string().trim_end().to_owned(),
                causes: Vec::new(),
                what_to_do: None,
            },
        };
        let _ = write_json(&mut io::stderr().lock(), &report);
    }
    match error.use_stderr() {
        true => exit_code::USAGE,
        false => exit_code::SUCCESS,
    }
}

#[derive(Serialize)]
struct ErrorReport {
    error: ErrorText,
}

#[derive(Serialize)]
struct ErrorText {
    name: &'static str,
    exit_code: u8,
    message: String,
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_to_do: Option<&'static str>,
}

fn submit_exit_code(error: &SubmitError) -> u8 {
    match error {
        SubmitError::Store(error) => store_exit_code(error),
        SubmitError::Refused(_) | SubmitError::Frozen { .. } => exit_code::REFUSED,
        SubmitError::Append(_)
        | SubmitError::Number(_)
        | SubmitError::Repeated
        | SubmitError::TimeZone(_) => exit_code::FAILED,
    }
}

fn store_exit_code(error: &StoreError) -> u8 {
    match error {
        StoreError::InUse { .. } => exit_code::IN_USE,
        StoreError::Corrupt(_) | StoreError::Damaged { .. } => exit_code::DAMAGED,
        StoreError::Empty => exit_code::NOT_FOUND,
        StoreError::NoIdentity => exit_code::NOT_ENROLLED,
        StoreError::Lock { .. }
        | StoreError::Newer { .. }
        | StoreError::Foreign { .. }
        | StoreError::Make { .. }
        | StoreError::SetAside { .. }
        | StoreError::OtherIdentity { .. }
        | StoreError::Unreadable { .. }
        | StoreError::OtherEpoch
        | StoreError::Sqlite(_) => exit_code::STORE,
    }
}

fn enrol_exit_code(error: &EnrolError) -> u8 {
    match error {
        EnrolError::NotEnrolled { .. } => exit_code::NOT_ENROLLED,
        EnrolError::AlreadyEnrolled { .. } => exit_code::ALREADY_EXISTS,
        EnrolError::Net {
            source: NetError::NotTrusted(_),
            ..
        }
        | EnrolError::Certificate(_)
        | EnrolError::Refused(_) => exit_code::NOT_TRUSTED,
        EnrolError::Net { .. } => exit_code::NOT_REACHABLE,
        EnrolError::File { .. }
        | EnrolError::EnrolmentFile { .. }
        | EnrolError::Key(_)
        | EnrolError::Frame(_) => exit_code::FAILED,
    }
}
