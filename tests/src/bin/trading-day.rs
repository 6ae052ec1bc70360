//! `make run`: a trading day, end to end.

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use holdfast_tests::trading_day::{self, CURRENCY, Closed, Options, Progress};

/// Trades a day (or a month) of shop trade over tills, a cut line and a server, and checks that the books balance.
#[derive(Debug, Parser)]
struct Arguments {
    /// The trade: a `.csv` or `.csv.gz` in the form of the UCI "Online Retail" data set
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/data/trading-day.csv"))]
    input: PathBuf,
    /// How many stores
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    stores: u32,
    /// How many tills in each store
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    tills: u32,
    /// Where server and tills keep their files; what is there is removed first
    #[arg(long, value_name = "FOLDER", default_value = "target/trading-day")]
    folder: PathBuf,
    /// Leave the server running
    #[arg(long)]
    keep: bool,
}

struct Terminal;

impl Progress for Terminal {
    fn say(&self, elapsed: Duration, text: &str) {
        println!(
            "[{:>4}.{:01} s] {text}",
            elapsed.as_secs(),
            elapsed.subsec_millis() / 100
        );
        // A terminal that is gone does not stop the day.
        drop(io::stdout().flush());
    }
}

fn main() -> ExitCode {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program that shows how long it takes"
    )]
    let began = Instant::now();
    tracing_subscriber::fmt()
        .with_env_filter("warn")
        .with_writer(io::stderr)
        .init();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(day(&arguments, began)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fail(&*error),
    }
}

fn fail(error: &dyn Error) -> ExitCode {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    eprintln!("the trading day broke off: {text}");
    ExitCode::FAILURE
}

async fn day(arguments: &Arguments, began: Instant) -> Result<bool, Box<dyn Error>> {
    let options = Options {
        input: arguments.input.clone(),
        stores: arguments.stores,
        tills: arguments.tills,
        folder: arguments.folder.clone(),
    };
    let closed = trading_day::run(&options, began, &Terminal).await?;
    let path = options.folder.join("report.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&closed.report)?)?;
    show(&closed)?;
    println!("the report is in {}", path.display());

    let balance = closed.report.books_balance;
    if arguments.keep {
        println!(
            "\nthe server is left running; ask it with\n  {}",
            closed.curl()
        );
        if let Some(id) = closed.leave_running().await {
            println!("and stop it with\n  kill {id}");
        }
    } else {
        println!(
            "\nwith the server running (make run KEEP=1) this asks it for that order:\n  {}",
            closed.curl()
        );
        closed.stop().await?;
    }
    Ok(balance)
}

fn show(closed: &Closed) -> Result<(), Box<dyn Error>> {
    let report = &closed.report;
    println!("\n{}\n", report.table(CURRENCY));
    println!(
        "rows: {} read = {} sold + {} returned + {} adjusted + {} refused; {} in another case",
        report.rows_read,
        report.rows_sold,
        report.rows_returned,
        report.rows_adjusted,
        report.rows_refused,
        report.rows_other_case
    );
    for refusal in &report.refusals {
        println!(
            "  refused, {}: {} rows, {} pence",
            refusal.reason, refusal.count, refusal.amount_minor
        );
    }
    let blind: Vec<String> = report
        .returns_blind
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    println!(
        "returns: {} verified; blind: {}",
        report.returns_verified,
        blind.join(", ")
    );
    println!(
        "stock: {} units ({} products below zero; opening stock is zero)",
        report.stock_units, report.stock_negative
    );
    println!(
        "misfits: {}; quarantined: {}; on the wire: {} bytes",
        report.misfits, report.quarantined, report.wire_bytes
    );
    if report.books_balance {
        println!("books balance");
    } else {
        println!("books do not balance:");
        for exception in &report.exceptions {
            println!("  {exception}");
        }
    }
    if let Some(order) = closed.timeline()? {
        println!("\norder {}:", closed.example.as_deref().unwrap_or_default());
        for item in order["items"][0]["timeline"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let text = |key: &str| {
                item[key]
                    .as_str()
                    .map(str::to_owned)
                    .unwrap_or_else(|| item[key].to_string())
            };
            println!("  {}  node {}  {}", text("at"), text("node"), text("name"));
        }
        println!();
    }
    Ok(())
}
