//! A till that sells until it is killed. Each receipt is one JSON line on standard output, written once the till has
//! answered: whatever was printed is durable, or the till lied.

use std::{
    error::Error,
    io::{Write, stdout},
    path::PathBuf,
};

use clap::Parser;
use holdfast_node::{node::Node, settings::Settings};
use holdfast_tests::trade;

/// Sells in a till's data folder until it is killed.
#[derive(Debug, Parser)]
struct Arguments {
    /// The data folder of an enrolled till
    data_dir: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let node = Node::start(&Settings::for_data_dir(Arguments::parse().data_dir))?;
    let till = node.handle();
    if till.watch().latest().session.is_none() {
        trade::open_session(&till).await?;
    }
    for pieces in (1..=9).cycle() {
        let receipt = trade::sell(&till, pieces).await?;
        let mut line = serde_json::to_vec(&receipt)?;
        line.push(b'\n');
        let mut output = stdout().lock();
        output.write_all(&line)?;
        output.flush()?;
    }
    Ok(())
}
