//! `make sim-machines`: the sync machines alone, over many seeds.

use std::{panic::catch_unwind, process::ExitCode};

use clap::Parser;
use holdfast_tests::simulation::{Scenario, run};

/// Says how far it is after so many seeds.
const PROGRESS_SEEDS: u64 = 500;

/// Runs tills and a server in virtual time, with faults, one run for each seed. One seed always runs the same.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many tills, over two stores
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    tills: u32,
    /// How many things are done in each run
    #[arg(long, default_value_t = 120)]
    steps: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let scenario = Scenario {
        tills: usize::try_from(arguments.tills).unwrap_or(usize::MAX),
        steps: arguments.steps,
        ..Scenario::default()
    };
    let (mut failed, mut commits, mut faults) = (Vec::new(), 0, 0);
    for nth in 0..arguments.seeds {
        let seed = arguments.from.saturating_add(nth);
        match catch_unwind(|| run(seed, scenario)) {
            Ok(report) => {
                commits += report.commits;
                faults += report.faults;
            }
            Err(_) => {
                eprintln!(
                    "seed {seed} failed; repeat it with: make sim-machines SEEDS=1 FROM={seed}"
                );
                failed.push(seed);
            }
        }
        if (nth + 1).is_multiple_of(PROGRESS_SEEDS) {
            eprintln!("{} seeds, {} failed", nth + 1, failed.len());
        }
    }
    println!(
        "{} seeds from {}: {commits} commits, {faults} faults, {} failed {failed:?}",
        arguments.seeds,
        arguments.from,
        failed.len()
    );
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
