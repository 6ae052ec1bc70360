//! A card terminal that is none: for tests, and for trying the till out.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::Parser;
use holdfast_tests::terminal::{Behaviour, Terminal};

/// Plays a card terminal over TCP: one JSON object a line, both ways.
#[derive(Parser)]
struct Arguments {
    /// Where it listens; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:7400")]
    listen: SocketAddr,
    /// What it does with each charge, one after the other; the last one goes on
    #[arg(long = "do", default_value = "approve", value_delimiter = ',')]
    behaviours: Vec<Behaviour>,
    /// Where it keeps what it charged, so that it knows that after it was killed
    #[arg(long)]
    ledger: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::open(arguments.behaviours, arguments.ledger);
    let served = match terminal {
        Ok(terminal) => {
            terminal
                .serve(arguments.listen, |address| println!("{address}"))
                .await
        }
        Err(error) => Err(error),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("payment-terminal: {error}");
            ExitCode::FAILURE
        }
    }
}
