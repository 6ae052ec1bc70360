//! Attacks on the socket and on connections: garbage, too many, too slow.

use std::{future, net::SocketAddr, sync::Arc};

use holdfast_schemas::wire::{
    ALPN, FeedPosition, Message, Ping, PullFeed, Refuse, encode, enrol::ENROL_ALPN,
};
use holdfast_server::{random, session::CLOSE_BUSY};
use quinn::{ConnectionError, TransportConfig, VarInt};
use tokio::{net::UdpSocket, task::JoinSet};

use super::line::{Line, PATIENCE, Server, hello, key_pair, loopback, opened, stored};

/// How many garbage datagrams of each kind.
const DATAGRAMS: u16 = 500;
/// As the server has it: how many connections one till may have, and how many enrol at once.
const CONNECTIONS_PER_NODE_MAX: usize = 8;
const ENROLMENTS_MAX: usize = 64;

async fn answers(line: &mut Line) {
    line.send(Ping {}).await;
    assert!(matches!(line.next().await, Message::Pong(_)));
}

/// Bytes that look like QUIC's first packet as far as one can see without its keys.
fn initial(version: u32) -> Vec<u8> {
    let mut packet = vec![0xc0 | random::bytes::<1>()[0] & 0x0f];
    packet.extend(version.to_be_bytes());
    packet.push(8);
    packet.extend(random::bytes::<8>());
    packet.extend([0, 0]);
    let rest: u16 = 1_200 - 18;
    packet.extend((0x4000 | rest).to_be_bytes());
    while packet.len() < 1_200 {
        packet.extend(random::bytes::<16>());
    }
    packet.truncate(1_200);
    packet
}

async fn flood(server: SocketAddr, datagram: impl Fn(u16) -> Vec<u8>) {
    let socket = UdpSocket::bind(loopback()).await.expect("bound");
    for number in 0..DATAGRAMS {
        let datagram = datagram(number);
        socket.send_to(&datagram, server).await.expect("sent");
    }
}

#[tokio::test]
async fn garbage_datagrams_and_initials_are_dropped_and_tills_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Server::start(store);
    let (mut line, _) = server.online(&company.tills[0]).await;
    let address = server.sync.address();
    flood(address, |length| {
        let mut noise = Vec::new();
        while noise.len() < usize::from(length) {
            noise.extend(random::bytes::<16>());
        }
        noise
    })
    .await;
    answers(&mut line).await;
    flood(address, |_| initial(1)).await;
    answers(&mut line).await;
    // Versions that nobody speaks, and the reserved one that asks for the list.
    flood(address, |number| initial(u32::from(number) << 16 | 0x0a0a)).await;
    answers(&mut line).await;
    let (mut other, _) = server.online(&company.tills[1]).await;
    answers(&mut other).await;
    assert_eq!(server.sync.sessions(), 2);
    server.sync.shutdown().await;
}

#[tokio::test]
async fn a_till_gets_one_stream_and_a_spare_and_no_other_kind() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Server::start(store);
    let (mut line, _) = server.online(&company.tills[0]).await;
    let _spare = line.connection.open_bi().await.expect("a spare");
    tokio::select! {
        biased;
        opened = line.connection.open_bi() => panic!("a third stream: {}", opened.is_ok()),
        opened = line.connection.open_uni() => panic!("one way: {}", opened.is_ok()),
        () = future::ready(()) => {}
    }
    assert_eq!(line.connection.max_datagram_size(), None, "no datagrams");
    answers(&mut line).await;
    server.sync.shutdown().await;
}

#[tokio::test]
async fn who_sends_one_byte_at_a_time_or_never_ends_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Server::start(store);
    let till = &company.tills[0];
    let shown = || Some(server.certificate(till.node, "north", &key_pair(till)));
    let connect = || server.connect_as(ALPN, shown(), TransportConfig::default());
    let mut slow = connect().await.expect("let in");
    for byte in encode(&hello(till).into()).expect("short") {
        slow.send.write_all(&[byte]).await.expect("sent");
    }
    assert!(matches!(slow.next().await, Message::Welcome(_)));
    // A frame of a megabyte, of which nothing more than its beginning ever comes.
    let beginning = [&1_000_000_u32.to_be_bytes()[..], &[0x10, 0, 0]].concat();
    slow.send.write_all(&beginning).await.expect("sent");
    // One that says nothing at all.
    let silent = connect().await.expect("let in");

    let (mut neighbour, _) = server.online(&company.tills[1]).await;
    answers(&mut neighbour).await;
    // When its stream ends within the frame, so does the session.
    slow.send.finish().expect("open");
    tokio::time::timeout(PATIENCE, slow.connection.closed())
        .await
        .expect("the server closes it");
    assert_eq!(server.sync.sessions(), 1);
    drop(silent);
    server.sync.shutdown().await;
}

#[tokio::test]
async fn who_never_reads_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, mut company) = opened(&folder);
    let server = Server::start(store);
    for _ in 0..40 {
        company.sell(1, "TEA", 1, None);
    }
    let (reader, writer) = (&company.tills[0], &company.tills[1]);
    let (mut neighbour, _) = server.online(writer).await;
    let end = writer.head.position.get();
    let all = writer.push(0, end);
    assert_eq!(neighbour.push(all.clone()).await.outcome, stored(end, 0));
    // A window of one kilobyte, which is never emptied: the page does not fit.
    let mut transport = TransportConfig::default();
    transport.stream_receive_window(VarInt::from_u32(1_024));
    let shown = server.certificate(reader.node, "north", &key_pair(reader));
    let mut stuck = server
        .connect_as(ALPN, Some(shown), transport)
        .await
        .expect("let in");
    stuck.send(hello(reader)).await;
    assert!(matches!(stuck.next().await, Message::Welcome(_)));
    let after = FeedPosition::START;
    stuck.send(PullFeed { after }).await;
    for _ in 0..20 {
        assert_eq!(neighbour.push(all.clone()).await.outcome, stored(end, 0));
    }
    assert_eq!(server.sync.sessions(), 2);
    drop(stuck);
    server.sync.shutdown().await;
}

#[tokio::test]
async fn one_till_has_few_connections_and_the_next_is_told_to_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Server::start(store);
    let till = &company.tills[0];
    let mut lines = Vec::new();
    for _ in 0..CONNECTIONS_PER_NODE_MAX {
        lines.push(server.online(till).await.0);
    }
    let shown = server.certificate(till.node, "north", &key_pair(till));
    let mut next = server
        .connect_as(ALPN, Some(shown), TransportConfig::default())
        .await
        .expect("TLS takes it");
    next.send(hello(till)).await;
    assert_eq!(next.next().await, Message::Refuse(Refuse::Busy));
    assert!(is_busy(&next.connection.closed().await));
    let (mut neighbour, _) = server.online(&company.tills[1]).await;
    answers(&mut neighbour).await;
    server.sync.shutdown().await;
}

#[tokio::test]
async fn strangers_who_sit_in_the_enrolment_door_fill_only_that_one() {
    const TOO_MANY: usize = 4;
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Arc::new(Server::start(store));
    let mut sitting = JoinSet::new();
    for _ in 0..ENROLMENTS_MAX + TOO_MANY {
        let server = Arc::clone(&server);
        sitting.spawn(async move {
            let transport = TransportConfig::default();
            match server.connect_as(ENROL_ALPN, None, transport).await {
                Ok(line) => line.connection.closed().await,
                Err(closed) => closed,
            }
        });
    }
    // Those that are too many go first; the others have ten seconds.
    for _ in 0..TOO_MANY {
        let closed = tokio::time::timeout(PATIENCE, sitting.join_next());
        let closed = closed.await.expect("in time").expect("one more");
        let closed = closed.expect("no panic");
        assert!(is_busy(&closed), "{closed}");
    }
    let (mut line, _) = server.online(&company.tills[0]).await;
    answers(&mut line).await;
    sitting.shutdown().await;
    let server = Arc::into_inner(server).expect("nobody else has it");
    server.sync.shutdown().await;
}

fn is_busy(closed: &ConnectionError) -> bool {
    matches!(closed, ConnectionError::ApplicationClosed(closed) if closed.error_code == CLOSE_BUSY)
}
