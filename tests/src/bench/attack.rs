//! What an attack costs others: how long a till waits meanwhile, and what each hostile connection takes of the server's
//! memory.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use holdfast_schemas::wire::{
    enrol::{ENROL_ALPN, SERVER_NAME},
    limits::FRAME_BYTES_MAX,
};
use quinn::{Connection, Endpoint, SendStream};
use rustls::{RootCertStore, pki_types::CertificateDer};
use tokio::{net::UdpSocket, task::JoinSet, time};

use super::{
    Bench, Goal, Row, Unit,
    child::resident_kib,
    company::{Company, Member, loopback},
    fleet::runtime,
    line::{Line, PATIENCE, ReadyFrame},
    orders::Book,
    report::{for_each, milliseconds},
    statistics::Samples,
};
use crate::{hostile::Random, process::ServerProcess};

/// Strangers that knock at once, each again and again.
const STRANGERS: usize = 64;
/// Garbage datagrams of one burst; a burst is sent each millisecond.
const BURST: usize = 32;
/// How many connections one till can have: each attacker has as many.
const CONNECTIONS_A_TILL: usize = 8;
/// The most of a frame that can be there without the frame being whole.
const HALF_FRAME_BYTES: usize = FRAME_BYTES_MAX - 1;
/// What a hostile connection may take of the server's memory.
const MEMORY_KIB_MAX: f64 = 4_096.0;
/// How many orders are sent one by one, calm and attacked.
const ORDERS: usize = 1_000;
const ORDERS_QUICK: usize = 10;

/// A server in its own process: first calm; then strangers flood it with garbage and with handshakes without a
/// certificate; then tills that were taken over hold most of a frame on every connection that they can have. Another till
/// of the same company sells all the time, one order in a frame, one frame in flight.
pub(super) fn measure(bench: &Bench) -> Vec<Row> {
    let attackers = bench.size(32, 2);
    let orders = bench.size(ORDERS, ORDERS_QUICK);
    let folder = bench.scratch();
    let company = Company::found(&folder.path().join("server"), 1, attackers + 1);
    runtime().block_on(async {
        let started = ServerProcess::start(company.data_dir(), None).await;
        let server = started.expect("the server starts");
        let process = server.id().expect("it runs");
        let rows = attack(&company, server.addresses().sync, process, orders).await;
        server.kill().await.expect("killed");
        rows
    })
}

async fn attack(company: &Company, server: SocketAddr, process: u32, orders: usize) -> Vec<Row> {
    let (member, attackers) = company.members.split_first().expect("a till");
    let mut victim = Victim::connect(member, server).await;
    let calm = victim.sell(orders).await.percentile(99);

    let mut flood = JoinSet::new();
    for number in 0..STRANGERS {
        flood.spawn(knock(server, stranger(member)));
        if number % 32 == 0 {
            flood.spawn(spill(server, number));
        }
    }
    let flooded = victim.sell(orders).await.percentile(99);
    flood.shutdown().await;

    let before = resident_kib(process);
    let mut held = JoinSet::new();
    for attacker in attackers {
        for _ in 0..CONNECTIONS_A_TILL {
            held.spawn(hold_half_a_frame(Arc::clone(attacker), server));
        }
    }
    let held = time::timeout(PATIENCE, held.join_all())
        .await
        .expect("in time");
    let grown = resident_kib(process).saturating_sub(before);
    let holding = victim.sell(orders).await.percentile(99);
    let connections = held.len();
    drop(held);
    let answer = |what: &str, ours: Duration| {
        Row::beside(
            &format!("one order of another till acknowledged, p99, {what}"),
            Unit::Milliseconds,
            milliseconds(ours),
            milliseconds(calm),
            Goal::AtMost(100.0),
        )
    };
    vec![
        answer("under a flood of garbage and handshakes", flooded),
        answer(
            &format!("while {connections} connections hold half a frame"),
            holding,
        ),
        Row::alone(
            &format!("memory of the server for each of {connections} hostile connections"),
            Unit::Kibibytes,
            for_each(grown, connections),
            MEMORY_KIB_MAX,
        ),
    ]
}

/// The till that is only selling.
struct Victim {
    line: Line,
    member: Arc<Member>,
    book: Book,
}

impl Victim {
    async fn connect(member: &Arc<Member>, server: SocketAddr) -> Self {
        let endpoint = Endpoint::client(loopback()).expect("a socket");
        let line = Line::open(&endpoint, server, member, None).await;
        Self {
            line: line.expect("let in"),
            member: Arc::clone(member),
            book: member.book(),
        }
    }

    async fn sell(&mut self, orders: usize) -> Samples {
        let before = self.book.sent();
        self.book.sell(orders);
        let mut frames = Vec::new();
        while self.book.sent() < self.book.entries().len() {
            frames.push(ReadyFrame::new(self.book.next_push(1, &self.member.signer)));
        }
        assert!(self.book.sent() > before, "there is something to send");
        self.line.push_all(&frames, 1).await
    }
}

/// How somebody connects who knows the server, and is nobody.
fn stranger(member: &Member) -> quinn::ClientConfig {
    let authority = member.enrolled.certificates.last().expect("a chain");
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(authority.as_bytes().to_vec()))
        .expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![ENROL_ALPN.to_vec()];
    let quic = quinn::crypto::rustls::QuicClientConfig::try_from(tls).expect("QUIC");
    quinn::ClientConfig::new(Arc::new(quic))
}

/// Handshakes without a certificate, one after the other; each sits in the door until it is shown out.
async fn knock(server: SocketAddr, config: quinn::ClientConfig) {
    let endpoint = Endpoint::client(loopback()).expect("a socket");
    loop {
        let connecting = endpoint.connect_with(config.clone(), server, SERVER_NAME);
        // Refused, ignored or let in: the next one follows.
        drop(time::timeout(Duration::from_secs(1), connecting.expect("an address")).await);
    }
}

/// Datagrams that are none of QUIC's, and some that look as if they were.
async fn spill(server: SocketAddr, seed: usize) {
    let socket = UdpSocket::bind(loopback()).await.expect("a socket");
    let mut random = Random::new(u64::try_from(seed).expect("small"));
    let mut tick = time::interval(Duration::from_millis(1));
    loop {
        tick.tick().await;
        for _ in 0..BURST {
            let mut datagram: [u8; 1_200] = random.bytes();
            if random.one_in(2) {
                datagram[..6].copy_from_slice(&[0xc3, 0, 0, 0, 1, 8]);
            }
            // The system drops what it can't take; so would a line.
            drop(socket.send_to(&datagram, server).await);
        }
    }
}

/// Connects as a till of ours and sends a frame but for its last byte.
async fn hold_half_a_frame(member: Arc<Member>, server: SocketAddr) -> (Connection, SendStream) {
    let endpoint = Endpoint::client(loopback()).expect("a socket");
    let connecting = endpoint.connect_with(member.client_config(), server, SERVER_NAME);
    let connection = connecting.expect("an address").await.expect("let in");
    let (mut send, _receive) = connection.open_bi().await.expect("a stream");
    let length = u32::try_from(FRAME_BYTES_MAX).expect("fits");
    send.write_all(&length.to_be_bytes()).await.expect("sent");
    send.write_all(&vec![0x10; HALF_FRAME_BYTES])
        .await
        .expect("sent");
    (connection, send)
}
