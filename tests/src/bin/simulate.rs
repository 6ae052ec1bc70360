//! `make sim` and `make soak`: the whole system with everything going wrong, one process for each seed.
//!
//! A process for each, since the runtime counts how often anybody in the process asked it for a random number. So a seed
//! runs the same, byte for byte, wherever it stands in a row of seeds.
#![forbid(unsafe_code)]

use std::{
    collections::BTreeMap,
    fs, io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use clap::Parser;
use holdfast_schemas::planted::Planted;
use holdfast_tests::faults::{
    Fault, Outcome, Watch,
    controls::{ControlError, Found, Start, find, looked_for, measured, run_in_process},
    run,
};
use serde::Serialize;

/// Says how far it is after so many seeds.
const PROGRESS_SEEDS: u64 = 100;

/// Runs tills and a server in virtual time while everything goes wrong, one run for each seed.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many at a time; as many as there are cores, if nothing is said
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// Builds this bug in
    #[arg(long, value_parser = planted)]
    planted: Option<Planted>,
    /// Builds in every bug there is, one after the other, and fails where one is not found
    #[arg(long)]
    controls: bool,
    /// With `--controls`: looks from seed 0 on, and prints a table of what finds each bug
    #[arg(long, requires = "controls")]
    measure: bool,
    /// Goes on until it is stopped
    #[arg(long)]
    forever: bool,
    /// Writes what was covered to this file
    #[arg(long)]
    report: Option<PathBuf>,
    /// Prints everything that happens, and runs one seed
    #[arg(long)]
    watch: bool,
    /// Runs one seed in this process and prints its outcome as JSON
    #[arg(long, hide = true)]
    alone: bool,
}

fn planted(name: &str) -> Result<Planted, String> {
    let mut all = Planted::ALL.iter().copied();
    all.find(|planted| format!("{planted:?}") == name)
        .ok_or_else(|| format!("known are {:?}", Planted::ALL))
}

/// What was covered.
#[derive(Debug, Default, Serialize)]
struct Covered {
    seeds: u64,
    from: u64,
    failed: Vec<u64>,
    virtual_hours: u64,
    #[serde(skip)]
    virtual_time: Duration,
    power_cuts: u64,
    faults: BTreeMap<Fault, u64>,
    deeds: usize,
    datagrams: u64,
    disk_operations: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.alone || arguments.watch {
        return alone(&arguments);
    }
    let program = std::env::current_exe().expect("this program's path");
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let jobs = arguments.jobs.unwrap_or(cores).get();
    if arguments.controls {
        let start = if arguments.measure {
            Start::Zero
        } else {
            Start::Measured
        };
        return controls(&program, jobs, start);
    }
    let covered = Mutex::new(Covered {
        from: arguments.from,
        ..Covered::default()
    });
    let next = AtomicU64::new(arguments.from);
    let end = if arguments.forever {
        u64::MAX
    } else {
        arguments.from.saturating_add(arguments.seeds)
    };
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    let outcome = run_in_process(&program, seed, arguments.planted);
                    let mut covered = covered.lock().unwrap_or_else(PoisonError::into_inner);
                    covered.count(&arguments, seed, outcome);
                }
            });
        }
    });
    let covered = covered.into_inner().unwrap_or_else(PoisonError::into_inner);
    covered.write(arguments.report.as_deref());
    println!(
        "{} seeds from {}: {} virtual hours, {} faults, {} power cuts, {} sales, returns and stock papers, {} failed {:?}",
        covered.seeds,
        covered.from,
        covered.virtual_hours,
        covered.faults.values().sum::<u64>(),
        covered.power_cuts,
        covered.deeds,
        covered.failed.len(),
        covered.failed
    );
    if covered.failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// One seed, here.
fn alone(arguments: &Arguments) -> ExitCode {
    let watch = if arguments.watch {
        Watch::Everything
    } else {
        Watch::Outcome
    };
    let outcome = run(arguments.from, arguments.planted, watch);
    println!(
        "{}",
        serde_json::to_string(&outcome).expect("an outcome is plain data")
    );
    match outcome {
        Outcome::Held(_) => ExitCode::SUCCESS,
        Outcome::Broken { .. } => ExitCode::FAILURE,
    }
}

/// Looks for every bug that can be built in, and prints a table of them.
fn controls(program: &Path, jobs: usize, start: Start) -> ExitCode {
    let all = looked_for();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(planted) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = find(program, *planted, start);
                    eprintln!("{planted:?}: {}", told(&result));
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.insert(*planted, result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    if start == Start::Zero {
        println!("| bug | seed | what finds it says |\n|---|---|---|");
        for (planted, result) in &results {
            println!("| `{planted:?}` | {} |", told(result));
        }
    }
    let missed = results.values().filter(|result| result.is_err()).count();
    let moved = results.values().flatten();
    let moved = moved.filter(|found| found.seed != measured(found.planted));
    println!(
        "{} bugs built in, one at a time: {missed} not found, {} by another seed than the one that is written down",
        results.len(),
        moved.count()
    );
    if missed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn told(result: &Result<Found, ControlError>) -> String {
    match result {
        Ok(found) => format!("{} | {}", found.seed, found.check()),
        Err(error) => format!("none | {error}"),
    }
}

impl Covered {
    fn count(&mut self, arguments: &Arguments, seed: u64, outcome: io::Result<Outcome>) {
        self.seeds += 1;
        match outcome {
            Ok(Outcome::Held(report)) => {
                self.virtual_time += report.virtual_time;
                self.virtual_hours = self.virtual_time.as_secs() / 3_600;
                self.power_cuts += report.power_cuts;
                self.deeds += report.deeds;
                self.datagrams += report.datagrams;
                self.disk_operations += report.disk_operations;
                for fault in report.faults {
                    *self.faults.entry(fault).or_default() += 1;
                }
            }
            Ok(Outcome::Broken { finding, trace }) => {
                self.failed.push(seed);
                eprintln!("seed {seed} failed (trace {trace}): {finding}");
                eprintln!("repeat it with: make sim SEEDS=1 FROM={seed}");
            }
            Err(error) => {
                self.failed.push(seed);
                eprintln!("seed {seed} died: {error}");
                eprintln!("repeat it with: make sim SEEDS=1 FROM={seed}");
            }
        }
        if self.seeds.is_multiple_of(PROGRESS_SEEDS) {
            eprintln!("{} seeds, {} failed", self.seeds, self.failed.len());
            self.write(arguments.report.as_deref());
        }
    }

    fn write(&self, report: Option<&Path>) {
        let Some(report) = report else { return };
        let text = serde_json::to_string_pretty(self).expect("plain data");
        let folder = report.parent().unwrap_or(Path::new("."));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(report, text));
        if let Err(error) = written {
            eprintln!("{} can't be written: {error}", report.display());
        }
    }
}
