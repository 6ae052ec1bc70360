//! Writes the bundled day of trade anew.

use std::{path::Path, process::ExitCode};

use holdfast_tests::sample;

fn main() -> ExitCode {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/trading-day.csv");
    match std::fs::write(&path, sample::write(sample::SEED)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} can't be written: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}
