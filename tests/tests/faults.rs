//! The whole system while everything goes wrong. See `holdfast_tests::faults`; `make sim` runs many more seeds.
#![forbid(unsafe_code)]

use std::path::Path;

use holdfast_tests::faults::{Outcome, controls::run_in_process};

/// How many seeds an ordinary test run tries.
const SEEDS: u64 = 16;
/// The seeds that are run twice.
const TWICE: [u64; 3] = [3, 7, 20];

/// Runs one seed in a process of its own, as `make sim` does.
fn in_a_process(seed: u64) -> Outcome {
    let program = Path::new(env!("CARGO_BIN_EXE_simulate"));
    run_in_process(program, seed, None).expect("the program runs")
}

#[test]
fn nothing_is_lost_or_twice_and_all_comes_to_rest_whatever_breaks() {
    let (mut faults, mut deeds, mut power_cuts) = (0, 0, 0);
    for seed in 0..SEEDS {
        match in_a_process(seed) {
            Outcome::Held(report) => {
                faults += report.faults.len();
                deeds += report.deeds;
                power_cuts += report.power_cuts;
            }
            Outcome::Broken { finding, .. } => {
                panic!("{finding}\nrepeat it with: make sim SEEDS=1 FROM={seed}")
            }
        }
    }
    assert!(
        faults > 100 && deeds > 500 && power_cuts > 40,
        "the runs do something: {faults} faults, {deeds} deeds, {power_cuts} power cuts"
    );
}

/// Byte for byte: the hash is over every datagram, log line and fault.
#[test]
fn one_seed_always_runs_the_same() {
    for seed in TWICE {
        assert_eq!(in_a_process(seed), in_a_process(seed), "seed {seed}");
    }
}
