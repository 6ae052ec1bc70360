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
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use clap::Parser;
use holdfast_schemas::planted::Planted;
use holdfast_tests::faults::{
    Fault, Outcome, Sight, Watch,
    controls::{ControlError, Found, Start, find, measured, run_in_process},
    run,
};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

/// Says how far it is after so many seeds.
const PROGRESS_SEEDS: u64 = 100;
/// In so many seeds everything that can go wrong does.
const EVERYTHING_SEEDS: u64 = 500;
/// Whether no more seeds are to be begun.
static STOPPED: AtomicBool = AtomicBool::new(false);
/// A day in seconds.
const DAY_S: u64 = 24 * 60 * 60;

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

impl Arguments {
    /// What a person types to see a seed's run again.
    fn command(&self, seed: u64) -> String {
        let planted = self.planted;
        let planted = planted.map_or_else(String::new, |planted| format!(" PLANT={planted:?}"));
        format!("make sim SEEDS=1 FROM={seed}{planted}")
    }
}

/// Asks all to stop when the program is told to: what is under way ends, and is counted.
fn stop_when_told() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let (mut interrupt, mut terminate) = {
        let _entered = runtime.enter();
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        )
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            });
            eprintln!("stopping; the seeds that are under way end first");
            STOPPED.store(true, Ordering::Relaxed);
        })?;
    Ok(())
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
    virtual_days: u64,
    virtual_seconds: u64,
    #[serde(skip)]
    virtual_time: Duration,
    deeds: usize,
    /// By the fault's name.
    faults: BTreeMap<String, u64>,
    seen: BTreeMap<Sight, u64>,
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
    if let Err(error) = stop_when_told() {
        eprintln!("signals can't be heard: {error}");
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
                    if seed >= end || STOPPED.load(Ordering::Relaxed) {
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
    covered.print();
    let missing = covered.missing();
    if !missing.is_empty() {
        eprintln!("never happened: {missing:?}");
    }
    if covered.failed.is_empty() && missing.is_empty() {
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
    let all = Planted::ALL;
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
                self.virtual_seconds = self.virtual_time.as_secs();
                self.virtual_days = self.virtual_seconds / DAY_S;
                self.deeds += report.deeds;
                for fault in report.faults {
                    *self.faults.entry(fault.to_string()).or_default() += 1;
                }
                for (sight, count) in report.seen {
                    *self.seen.entry(sight).or_default() += count;
                }
            }
            Ok(Outcome::Broken { finding, trace }) => {
                self.failed.push(seed);
                eprintln!("seed {seed} failed (trace {trace}): {finding}");
                eprintln!("repeat it with: {}", arguments.command(seed));
            }
            Err(error) => {
                self.failed.push(seed);
                eprintln!("seed {seed} died: {error}");
                eprintln!("repeat it with: {}", arguments.command(seed));
            }
        }
        if self.seeds.is_multiple_of(PROGRESS_SEEDS) {
            eprintln!("{} seeds, {} failed", self.seeds, self.failed.len());
        }
        self.write(arguments.report.as_deref());
    }

    /// What never happened, though it should have in so many seeds.
    fn missing(&self) -> Vec<String> {
        if self.seeds < EVERYTHING_SEEDS {
            return Vec::new();
        }
        let faults = Fault::all().map(|fault| fault.to_string());
        let faults = faults.filter(|fault| !self.faults.contains_key(fault));
        let sights = Sight::ALL.iter().filter(|sight| {
            let count = self.seen.get(sight).copied();
            count.unwrap_or(0) == 0
        });
        faults
            .chain(sights.map(|sight| format!("{sight:?}")))
            .collect()
    }

    fn print(&self) {
        for (fault, count) in &self.faults {
            println!("{count:>12} {fault}");
        }
        for (sight, count) in &self.seen {
            println!("{count:>12} {sight:?}");
        }
        println!(
            "{} seeds from {}: {} virtual minutes, {} faults, {} power cuts, {} sales, returns and stock papers, {} failed {:?}",
            self.seeds,
            self.from,
            self.virtual_seconds / 60,
            self.faults.values().sum::<u64>(),
            self.seen.get(&Sight::PowerCut).copied().unwrap_or(0),
            self.deeds,
            self.failed.len(),
            self.failed
        );
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
