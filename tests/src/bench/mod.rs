//! Measures Holdfast against yardsticks that anybody can rebuild: each row of the table is a ratio of two figures that
//! were taken in the same run, in turns, on the same disk.
//!
//! A subject is a module with one function from a [`Bench`] to its [`Row`]s, named in [`SUBJECTS`]. The figures that were
//! measured, and what each row does exactly, are in `docs/benchmarks.md`.

mod attack;
mod bare_quic;
mod basket;
mod catch_up;
mod child;
mod clock;
mod company;
mod fleet;
mod fold;
mod idle;
mod ingest;
mod large;
mod line;
mod machine;
mod orders;
pub mod peers;
mod reconnect;
mod report;
mod sale;
mod statistics;
pub mod till;
mod wire;
mod yardstick;

use std::path::{Path, PathBuf};

pub use self::{
    child::Child,
    clock::Stopwatch,
    machine::describe_machine,
    report::{Goal, Report, Row, Unit},
};

/// What a subject measures with.
#[derive(Debug)]
pub struct Bench {
    /// Small sizes: the figures mean nothing, but everything runs.
    pub quick: bool,
    /// Where files are made; a real disk, or durability costs nothing.
    folder: PathBuf,
}

impl Bench {
    /// Measures with files in this folder.
    #[must_use]
    pub fn new(folder: PathBuf, quick: bool) -> Self {
        Self { quick, folder }
    }

    /// A size: the full one, or the small one.
    fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// A new empty folder, gone when it is dropped.
    fn scratch(&self) -> tempfile::TempDir {
        tempfile::tempdir_in(&self.folder).expect("a folder for files")
    }

    /// Where what takes long to make is kept from one run to the next.
    #[must_use]
    pub fn kept(&self) -> &Path {
        &self.folder
    }
}

/// One subject: its name for `--only`, and its measurement.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    /// Its name.
    pub name: &'static str,
    /// What it measures.
    pub measure: fn(&Bench) -> Vec<Row>,
}

/// Every subject, in the order of the table.
pub const SUBJECTS: &[Subject] = &[
    Subject {
        name: "sale",
        measure: sale::measure,
    },
    Subject {
        name: "ingest",
        measure: ingest::frames,
    },
    Subject {
        name: "single",
        measure: ingest::single,
    },
    Subject {
        name: "catch-up",
        measure: catch_up::measure,
    },
    Subject {
        name: "reconnect",
        measure: reconnect::measure,
    },
    Subject {
        name: "idle",
        measure: idle::measure,
    },
    Subject {
        name: "large",
        measure: large::measure,
    },
    Subject {
        name: "fold",
        measure: fold::measure,
    },
    Subject {
        name: "wire",
        measure: wire::measure,
    },
    Subject {
        name: "basket",
        measure: basket::measure,
    },
    Subject {
        name: "attack",
        measure: attack::measure,
    },
];
