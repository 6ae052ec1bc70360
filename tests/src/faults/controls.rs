//! The controls, which must fail: bugs that are built in, and which seed finds each.

use std::{
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

use holdfast_schemas::planted::Planted;

use super::Outcome;

/// Within how many seeds every bug is found.
pub const CONTROL_SEEDS_MAX: u64 = 200;

/// Where the search for a bug begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At seed 0.
    Zero,
    /// At the seed that found it when it was last measured, and then at seed 0.
    Measured,
}

/// What precedes the words of a check that compares two things.
const COMPARED: &str = "assertion `left == right` failed: ";

/// A bug that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The bug.
    pub planted: Planted,
    /// The first seed that fails with it.
    pub seed: u64,
    /// What the check says that failed, all of it.
    pub finding: String,
}

impl Found {
    /// What the check that failed says first.
    #[must_use]
    pub fn check(&self) -> &str {
        let line = self.finding.lines().next().unwrap_or_default();
        line.strip_prefix(COMPARED).unwrap_or(line)
    }
}

/// Why a bug is not said to be found.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// With the bug in it, every seed holds.
    #[error("{0:?} is not found by {CONTROL_SEEDS_MAX} seeds")]
    NotFound(Planted),
    /// The seed fails without the bug too, so it says nothing of it.
    #[error("seed {seed} fails without any bug: {finding}")]
    FailsAnyway {
        /// The seed.
        seed: u64,
        /// What fails.
        finding: String,
    },
    /// A run could not be made.
    #[error("a run could not be made")]
    Run(#[from] io::Error),
}

/// Runs one seed with a bug or without, in a process of its own: see `make sim`. `program`: the `simulate` of this build.
///
/// # Errors
/// Where the program can't be run. That it died without an outcome is a broken run.
pub fn run_in_process(program: &Path, seed: u64, planted: Option<Planted>) -> io::Result<Outcome> {
    let mut command = Command::new(program);
    command.args(["--alone", "--from", &seed.to_string()]);
    if let Some(planted) = planted {
        command.args(["--planted", &format!("{planted:?}")]);
    }
    let output = command
        .env("RUST_BACKTRACE", "0")
        // Who stops this program with the keyboard does not stop the runs that are under way.
        .process_group(0)
        .stdin(Stdio::null())
        .output()?;
    Ok(
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            let words = String::from_utf8_lossy(&output.stderr);
            Outcome::Broken {
                finding: format!("the process died: {}, {error}: {words}", output.status),
                trace: String::new(),
            }
        }),
    )
}

/// Builds a bug in and runs seed after seed until one fails; and that one without the bug, which must hold.
///
/// # Errors
/// [`ControlError`].
pub fn find(program: &Path, planted: Planted, start: Start) -> Result<Found, ControlError> {
    let first = match start {
        Start::Zero => None,
        Start::Measured => Some(measured(planted)),
    };
    let others = (0..CONTROL_SEEDS_MAX).filter(|seed| Some(*seed) != first);
    for seed in first.into_iter().chain(others) {
        let Outcome::Broken { finding, .. } = run_in_process(program, seed, Some(planted))? else {
            continue;
        };
        return match run_in_process(program, seed, None)? {
            Outcome::Held(_) => Ok(Found {
                planted,
                seed,
                finding,
            }),
            Outcome::Broken { finding, .. } => Err(ControlError::FailsAnyway { seed, finding }),
        };
    }
    Err(ControlError::NotFound(planted))
}

/// The first seed that found a bug when it was last measured. Any change of the product or of the simulation may move it.
#[must_use]
pub const fn measured(planted: Planted) -> u64 {
    match planted {
        Planted::RoundedByOne
        | Planted::TenderInNoSession
        | Planted::RefundCountedOnce
        | Planted::ReturnTakenOutOfStock
        | Planted::ClockSetsNumber
        | Planted::NumberNotKept
        | Planted::TillSynchronousNormal
        | Planted::ChainNotCarried
        | Planted::CursorBeforePage
        | Planted::UnsentNotCounted
        | Planted::ServerSynchronousNormal
        | Planted::EntryLeftOut
        | Planted::QuarantineDropped
        | Planted::ActorNotChecked
        | Planted::StoreNotChecked
        | Planted::SignatureNotChecked
        | Planted::ChainNotChecked
        | Planted::StoredTwice
        | Planted::FeedNumberSkipped
        | Planted::ScopeWithoutHistory
        | Planted::FeedOfAnotherStore
        | Planted::ProjectionCursorAhead
        | Planted::RowsNotMadeAgain
        | Planted::SyncLies => 0,
        Planted::AcknowledgedBeforeCommit => 1,
        Planted::OldLogExtended => 2,
        Planted::RevocationForgotten => 3,
        Planted::ReturnsForgotten => 4,
        Planted::AcknowledgedKeptOverEpoch | Planted::EpochKept => 6,
        Planted::AcknowledgedTooFar => 13,
        Planted::MisfitNotNamed => 60,
        Planted::RightGrantedTwice => 65,
    }
}
