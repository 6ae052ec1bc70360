//! A till that trades a scripted day until it is killed, and says on standard output what it shows.

use std::{error::Error, net::SocketAddr, path::PathBuf};

use clap::Parser;
use holdfast_tests::counter::{settings, start, trade_until_killed};

/// Trades in a till's data folder until it is killed.
#[derive(Debug, Parser)]
struct Arguments {
    /// The data folder
    data_dir: PathBuf,
    /// Where the card terminal is
    #[arg(long)]
    terminal: Option<SocketAddr>,
    /// Where the printer is
    #[arg(long)]
    printer: Option<SocketAddr>,
    /// What draws the steps
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let settings = settings(&arguments.data_dir, arguments.terminal, arguments.printer);
    let node = start(&settings)?;
    trade_until_killed(node.desk(), arguments.seed).await?;
    node.stop().await;
    Ok(())
}
