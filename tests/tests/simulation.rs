//! Tills and server in virtual time, over many seeds. See `holdfast_tests::simulation`.

use holdfast_tests::simulation::{Report, Scenario, run};

/// How many seeds an ordinary test run tries; `HOLDFAST_SEEDS` at build time for more.
const SEEDS: u64 = 48;

/// Names the one command that repeats a failing seed.
struct NameSeed(u64);

impl Drop for NameSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "repeat with: HOLDFAST_SEED={} cargo test -p holdfast-tests --test simulation one_seed",
                self.0
            );
        }
    }
}

fn run_named(seed: u64) -> Report {
    let _name = NameSeed(seed);
    run(seed, Scenario::default())
}

#[test]
fn all_converge_and_nothing_is_lost_whatever_breaks() {
    let mut commits = 0;
    let mut faults = 0;
    let mut answers = 0;
    let seeds = option_env!("HOLDFAST_SEEDS").and_then(|seeds| seeds.parse().ok());
    for seed in 0..seeds.unwrap_or(SEEDS) {
        let report = run_named(seed);
        commits += report.commits;
        faults += report.faults;
        answers += report.answers;
    }
    assert!(
        commits > 10_000 && faults > 1_000 && answers > 50,
        "the runs do something: {commits} commits, {faults} faults, {answers} answers"
    );
}

#[test]
fn one_seed_always_runs_the_same() {
    let seed = option_env!("HOLDFAST_SEED").and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(7);
    assert_eq!(run_named(seed), run_named(seed));
}
