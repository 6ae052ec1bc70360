//! The benchmarks run, and say what they are asked to. Not how fast: that is for `make bench` on a quiet machine.

use std::{fs, process::Command};

use serde_json::Value;

#[test]
fn every_subject_runs_and_the_report_has_its_shape() {
    check_report(&[], "report.json");
}

#[test]
fn what_a_till_is_measured_by_runs_and_its_report_has_the_same_shape() {
    check_report(&["--till"], "till.json");
}

fn check_report(arguments: &[&str], name: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["--quick", "--folder"])
        .arg(folder.path())
        .args(arguments)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    let report = fs::read_to_string(folder.path().join(name)).expect("a report");
    let rows: Vec<Value> = serde_json::from_str(&report).expect("a list");
    assert!(!rows.is_empty());
    for row in rows {
        let row = row.as_object().expect("a row");
        let fields: Vec<&str> = row.keys().map(String::as_str).collect();
        let expected = ["goal", "met", "name", "ours", "ratio", "unit", "yardstick"];
        assert_eq!(fields, expected);
        for name in ["goal", "name", "unit"] {
            assert!(row[name].is_string(), "{name} in {row:?}");
        }
        assert!(
            row["ours"].is_number() && row["met"].is_boolean(),
            "{row:?}"
        );
        assert_eq!(
            row["ratio"].is_number(),
            row["yardstick"].is_number(),
            "{row:?}"
        );
    }
}
