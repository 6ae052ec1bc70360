//! Tills and server in virtual time, over many seeds. See `holdfast_tests::simulation`.

use std::panic::catch_unwind;

use holdfast_tests::simulation::{Planted, Report, Scenario, run};

/// How many seeds an ordinary test run tries; `make sim-machines` for more.
const SEEDS: u64 = 48;

/// Within how many seeds each planted mistake is found.
const PLANTED_SEEDS: u64 = 24;

/// Names the one command that repeats a failing seed.
struct NameSeed(u64);

impl Drop for NameSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("repeat with: make sim-machines SEEDS=1 FROM={}", self.0);
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
    let mut regained = 0;
    for seed in 0..SEEDS {
        let report = run_named(seed);
        commits += report.commits;
        faults += report.faults;
        answers += report.answers;
        regained += report.regained;
    }
    assert!(
        regained > 10,
        "restored servers get their own entries back: {regained}"
    );
    assert!(
        commits > 10_000 && faults > 1_000 && answers > 50,
        "the runs do something: {commits} commits, {faults} faults, {answers} answers"
    );
}

/// A till's disk is put back, forgets entries that are in quarantine, and the server is put back after it: the log had
/// a hole, and what is behind it could never be pushed again.
#[test]
fn what_is_in_quarantine_comes_back_to_a_disk_that_forgot_it() {
    for seed in [19, 53, 55] {
        let report = run_named(seed);
        assert!(report.set_aside > 0, "seed {seed} puts nothing aside");
    }
}

#[test]
fn one_seed_always_runs_the_same() {
    assert_eq!(run_named(7), run_named(7));
}

/// A simulation that can't fail proves nothing: mistakes that are built in are found, each within a few seeds.
#[test]
fn a_mistake_that_is_built_in_is_found() {
    for planted in Planted::ALL {
        let scenario = Scenario {
            planted: Some(planted),
            ..Scenario::default()
        };
        let found = (0..PLANTED_SEEDS).find(|seed| catch_unwind(|| run(*seed, scenario)).is_err());
        assert!(found.is_some(), "{planted:?} was not found");
        eprintln!("{planted:?} is found by seed {found:?}");
    }
}
