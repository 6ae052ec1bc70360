//! The same work as other systems that sync do: so many orders, durable at the server, then pulled by a second client.

use std::{
    fmt,
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use holdfast_node::{node::Node, settings::Settings};
use holdfast_schemas::log::LogEntry;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::{
    Bench, Stopwatch,
    catch_up::prepare_till,
    company::Company,
    fleet::runtime,
    line::PATIENCE,
    report::{a_second, whole},
    wire::line_of,
};
use crate::{process::ServerProcess, relay::Relay};

/// One way of one system.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Way {
    /// Orders a second.
    pub orders_per_second: u64,
    /// Bytes an order on the wire, both directions.
    pub bytes_per_order: u64,
}

/// What one system did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peer {
    /// Which system.
    pub name: String,
    /// How it was set up.
    pub settings: String,
    /// How many orders.
    pub orders: usize,
    /// From the first client, until the server has them.
    pub up: Way,
    /// To the second client, until it has them.
    pub down: Way,
}

/// How one peer is started: a program that takes the file of orders and a folder, and prints a [`Peer`] as JSON.
struct Program {
    name: &'static str,
    command: Vec<PathBuf>,
    folder: PathBuf,
}

/// Measures Holdfast and every peer that is installed within `peers`. Each peer has the machine for itself.
#[must_use]
pub fn measure(bench: &Bench, peers: &Path, samod: &Path) -> Vec<Peer> {
    let orders = bench.size(5_000, 50);
    let folder = bench.scratch();
    let company = Company::found(&folder.path().join("server"), 1, 2);
    let mut book = company.members[0].book();
    book.sell(orders);
    let file = folder.path().join("orders.jsonl");
    write_orders(&file, &book.entries()[1..]);
    let mut measured = vec![holdfast(&company, folder.path(), book.entries())];
    for program in programs(peers, samod) {
        match run(&program, &file, folder.path()) {
            Ok(peer) => measured.push(peer),
            Err(reason) => eprintln!("{} was not measured: {reason}", program.name),
        }
    }
    measured
}

fn programs(peers: &Path, samod: &Path) -> Vec<Program> {
    let script = |name, folder: &str| Program {
        name,
        command: vec!["node".into(), "bench.mjs".into()],
        folder: peers.join(folder),
    };
    vec![
        script("PouchDB", "pouchdb"),
        script("Hocuspocus", "hocuspocus"),
        Program {
            name: "samod",
            command: vec![samod.to_owned()],
            folder: peers.join("samod"),
        },
    ]
}

fn run(program: &Program, orders: &Path, folder: &Path) -> Result<Peer, String> {
    let output = Command::new(&program.command[0])
        .args(&program.command[1..])
        .args([orders, folder])
        .current_dir(&program.folder)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

fn write_orders(file: &Path, entries: &[LogEntry]) {
    let mut lines = BufWriter::new(File::create(file).expect("a new file"));
    for entry in entries {
        lines.write_all(line_of(entry).as_bytes()).expect("written");
    }
    lines.flush().expect("written");
}

/// Two real tills and the real server, each as it is shipped; what passes is counted by a relay between them.
fn holdfast(company: &Company, folder: &Path, entries: &[LogEntry]) -> Peer {
    let orders = entries.len() - 1;
    runtime().block_on(async {
        let started = ServerProcess::start(company.data_dir(), None).await;
        let server = started.expect("the server starts");
        let mut ways = Vec::new();
        for (member, entries) in company.members.iter().zip([entries, &[]]) {
            let line = Relay::open(server.addresses().sync).await.expect("a port");
            let data_dir = folder.join(format!("till-{}", member.node()));
            prepare_till(&data_dir, member, line.address(), entries);
            let elapsed = until_synced(&data_dir, all_of_feed(entries, orders)).await;
            ways.push(Way {
                orders_per_second: whole(a_second(orders, elapsed)),
                bytes_per_order: line.bytes() / orders as u64,
            });
        }
        server.kill().await.expect("killed");
        let down = ways.pop().expect("two ways");
        Peer {
            name: "Holdfast".to_owned(),
            settings: "each till's SQLite file and the server's with fsync before anything is acknowledged; QUIC with \
                       mutual TLS; refolded and projected at both ends"
                .to_owned(),
            orders,
            up: ways.pop().expect("two ways"),
            down,
        }
    })
}

/// How far a till's feed goes at the end: that of the till that wrote the orders brings it nothing; that of the other one
/// brings them all, and the opening of the session.
fn all_of_feed(own: &[LogEntry], orders: usize) -> u64 {
    if own.is_empty() { orders as u64 + 1 } else { 0 }
}

/// Starts a till, and waits until it has nothing unsent, and so much of the feed.
async fn until_synced(data_dir: &Path, feed: u64) -> Duration {
    let watch = Stopwatch::start();
    let node = Node::start(&Settings::for_data_dir(data_dir)).expect("started");
    let mut view = node.handle().watch();
    let synced = view.wait_for(|view| view.pending.entries == 0 && view.sync.feed.get() >= feed);
    timeout(PATIENCE, synced)
        .await
        .expect("synced in time")
        .expect("the till runs");
    let elapsed = watch.elapsed();
    node.stop().await;
    elapsed
}

/// Every system's figures, ours first.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Peers(pub Vec<Peer>);

/// How many times as fast as the fastest peer we are to be, and as samod.
const FASTEST_TIMES: u64 = 4;
const SAMOD_TIMES: u64 = 50;

/// As a table of Markdown, with what the goals come to.
impl fmt::Display for Peers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "| system | up, orders/s | bytes | down, orders/s | bytes | settings |"
        )?;
        writeln!(formatter, "|---|--:|--:|--:|--:|---|")?;
        for peer in &self.0 {
            writeln!(
                formatter,
                "| {} | {} | {} | {} | {} | {} |",
                peer.name,
                peer.up.orders_per_second,
                peer.up.bytes_per_order,
                peer.down.orders_per_second,
                peer.down.bytes_per_order,
                peer.settings
            )?;
        }
        let Some((ours, peers)) = self.0.split_first() else {
            return Ok(());
        };
        let samod = peers.iter().filter(|peer| peer.name.contains("samod"));
        let goals = [
            (
                FASTEST_TIMES,
                "the fastest peer",
                peers.iter().collect::<Vec<_>>(),
            ),
            (SAMOD_TIMES, "samod", samod.collect()),
        ];
        for (times, whom, peers) in goals {
            let up = peers.iter().map(|peer| peer.up.orders_per_second).max();
            let down = peers.iter().map(|peer| peer.down.orders_per_second).max();
            for (way, ours, theirs) in [("up", &ours.up, up), ("down", &ours.down, down)] {
                let theirs = theirs.unwrap_or_default().max(1);
                let met = if ours.orders_per_second >= times * theirs {
                    "met"
                } else {
                    "missed"
                };
                writeln!(
                    formatter,
                    "\n{way}: {} × {whom}; goal ≥ {times} ×: {met}",
                    ours.orders_per_second / theirs
                )?;
            }
        }
        Ok(())
    }
}
