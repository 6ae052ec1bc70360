//! The whole system while everything goes wrong. See `holdfast_tests::faults`; `make sim` runs many more seeds.
#![forbid(unsafe_code)]

use std::path::Path;

use holdfast_tests::faults::{Outcome, Sight, controls::run_in_process};

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
                power_cuts += report.seen[&Sight::PowerCut];
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

/// What a run of `make sim` prints to standard error, with a bug built in.
#[cfg(feature = "planted")]
fn complaints(arguments: &[&str]) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_simulate"))
        .args(arguments)
        .output()
        .expect("the program runs");
    assert!(!output.status.success(), "a failing seed fails the run");
    String::from_utf8(output.stderr).expect("text")
}

/// What `make` would give the program for a command that somebody typed.
#[cfg(feature = "planted")]
fn arguments_of(command: &str) -> Vec<String> {
    let mut words = command.split(' ');
    assert_eq!(words.next(), Some("make"), "{command}");
    let output = std::process::Command::new("make")
        // The suite may itself be run by make, which then says which folder it is in.
        .args(["--dry-run", "--no-print-directory"])
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .args(words)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("make");
    let recipe = String::from_utf8(output.stdout).expect("text");
    let (_, arguments) = recipe.split_once("simulate\" ").expect("the program");
    arguments.split_whitespace().map(str::to_owned).collect()
}

#[cfg(feature = "planted")]
#[test]
fn a_failing_seed_prints_the_one_command_that_repeats_it_byte_for_byte() {
    let first = complaints(&["--seeds", "2", "--from", "1", "--planted", "RoundedByOne"]);
    let at = first.find("seed 2 failed (trace ").expect("seed 2 failed");
    let (_, command) = first[at..]
        .split_once("repeat it with: ")
        .expect("the command");
    let command = command.lines().next().expect("the command");
    assert_eq!(command, "make sim SEEDS=1 FROM=2 PLANT=RoundedByOne");
    let end = first[at..].find(command).expect("the command") + at + command.len();
    let arguments = arguments_of(command);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let again = complaints(&arguments);
    assert_eq!(again.trim_end(), &first[at..end]);
}
