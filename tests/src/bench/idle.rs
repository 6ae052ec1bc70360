//! What a till costs the server's memory while it does nothing.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use quinn::{Connection, Endpoint, RecvStream, SendStream};
use tokio::{task::JoinSet, time};

use super::{
    Bench, Goal, Row, Unit, bare_quic,
    child::{Child, Running, resident_kib},
    company::{Company, Member, loopback},
    fleet::{self, CONNECTIONS_A_SOCKET, runtime},
    line::Line,
    report::for_each,
};
use crate::process::ServerProcess;

/// How many handshakes are under way at once: below the number from which on newcomers must prove their address.
const HANDSHAKES_AT_ONCE: usize = 16;
/// After the last handshake, until what it needed is given back.
const REST: Duration = Duration::from_secs(3);
const REST_QUICK: Duration = Duration::from_millis(20);

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
enum Server {
    Holdfast,
    BareQuic,
}

/// A connection that is held open.
enum Held {
    Till {
        _line: Box<Line>,
    },
    Bare {
        _open: (Connection, SendStream, RecvStream),
    },
}

/// When memory is looked at: once few tills are online, and once all are, after a rest.
#[derive(Debug, Clone, Copy)]
struct Counts {
    few: usize,
    rest: Duration,
}

/// The server's own process with so many enrolled tills, each online; beside it a process of quinn alone, with the same
/// settings and certificates, and one message each way on one stream of each connection.
pub(super) fn measure(bench: &Bench) -> Vec<Row> {
    let few = bench.size(1_000, 4);
    let many = bench.size(10_000, 8);
    let stores = bench.size(500, 2);
    let folder = bench.scratch();
    let company = Company::found(&folder.path().join("server"), stores, many / stores);
    let counts = Counts {
        few,
        rest: bench.size(REST, REST_QUICK),
    };
    let ours = ours(&company, counts);
    let bare = bare(&company, counts);
    let tills = [few, many].into_iter();
    let figures = tills.zip(ours.into_iter().zip(bare));
    let rows = figures.map(|(tills, (ours, bare))| {
        Row::beside(
            &format!("memory of the server for each idle enrolled till, {tills} tills"),
            Unit::Kibibytes,
            for_each(ours, tills),
            for_each(bare, tills),
            Goal::AtMostTimes(1.5),
        )
    });
    rows.collect()
}

fn ours(company: &Company, counts: Counts) -> [u64; 2] {
    runtime().block_on(async {
        let started = ServerProcess::start(company.data_dir(), None).await;
        let server = started.expect("the server starts");
        let process = server.id().expect("it runs");
        let grown = grown(
            company,
            counts,
            process,
            Server::Holdfast,
            server.addresses().sync,
        )
        .await;
        server.kill().await.expect("killed");
        grown
    })
}

fn bare(company: &Company, counts: Counts) -> [u64; 2] {
    let child = Running::start(Child::BareQuic, company.data_dir());
    let address = child.said.parse().expect("an address");
    let grown = grown(company, counts, child.id(), Server::BareQuic, address);
    let grown = runtime().block_on(grown);
    child.stop();
    grown
}

/// By how many KiB a server's process grows: for few tills, and for all.
async fn grown(
    company: &Company,
    counts: Counts,
    process: u32,
    server: Server,
    address: SocketAddr,
) -> [u64; 2] {
    let before = resident_kib(process);
    let (first, rest) = company.members.split_at(counts.few);
    let mut held = connect(first, server, address).await;
    time::sleep(counts.rest).await;
    let with_few = resident_kib(process);
    held.extend(connect(rest, server, address).await);
    time::sleep(counts.rest).await;
    let with_all = resident_kib(process);
    [with_few, with_all].map(|with| with.saturating_sub(before))
}

/// Connects tills, a few at once.
async fn connect(members: &[Arc<Member>], server: Server, address: SocketAddr) -> Vec<Held> {
    let mut held = Vec::with_capacity(members.len());
    for members in members.chunks(CONNECTIONS_A_SOCKET) {
        let endpoint = Endpoint::client(loopback()).expect("a socket");
        for members in members.chunks(HANDSHAKES_AT_ONCE) {
            let mut opening = JoinSet::new();
            for member in members {
                let (endpoint, member) = (endpoint.clone(), Arc::clone(member));
                opening.spawn(open(endpoint, member, server, address));
            }
            held.extend(opening.join_all().await);
        }
    }
    held
}

async fn open(
    endpoint: Endpoint,
    member: Arc<Member>,
    server: Server,
    address: SocketAddr,
) -> Held {
    match server {
        Server::Holdfast => Held::Till {
            _line: Box::new(fleet::open(&endpoint, address, &member).await),
        },
        Server::BareQuic => {
            let connection = loop {
                if let Ok(connection) = bare_quic::connect(&endpoint, address, &member).await {
                    break connection;
                }
            };
            let (send, receive) = bare_quic::greet(&connection).await;
            Held::Bare {
                _open: (connection, send, receive),
            }
        }
    }
}
