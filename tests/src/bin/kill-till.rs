//! Kills a till that trades, as often as it is told to, and holds what comes back to what was shown.

use std::process::ExitCode;

use clap::Parser;
use holdfast_tests::counter::kill_and_check;

/// Kills a till at random moments of a scripted day.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// What draws the moments, and what is traded
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Ok(folder) = tempfile::tempdir() else {
        eprintln!("kill-till: there is no room for a till");
        return ExitCode::FAILURE;
    };
    let report = kill_and_check(folder.path(), arguments.kills, arguments.seed).await;
    println!(
        "{} kills, {} sales shown as paid, {} cards charged, {} findings",
        report.kills,
        report.paid,
        report.charged,
        report.findings.len()
    );
    for finding in &report.findings {
        println!("  {finding}");
    }
    if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
