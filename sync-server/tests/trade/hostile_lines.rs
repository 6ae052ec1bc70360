//! Attacks by a till that is let in: frames, cursors and repeats that no till of ours sends.

use std::sync::Arc;

use holdfast_schemas::{
    identity::{ChangeHash, PriceListVersion},
    wire::{
        ALPN, FEED_POSITION_MAX, FeedPosition, Message, Ping, Pong, ProtocolRange, ProtocolVersion,
        PullChanges, PullDigest, PullFeed, PullHashes, PullReference, Push, Refuse, encode,
        limits::PUSH_FRAMES_IN_FLIGHT_MAX,
    },
};
use holdfast_server::store::{PageLimit, QuarantineNumber, Store};
use quinn::TransportConfig;

use super::{
    line::{Line, PATIENCE, Server, hello, key_pair, opened, stored},
    shop::{Company, Till},
};

/// How often a batch is repeated.
const REPEATS: usize = 1_000;

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 1).expect("short");
    [&length.to_be_bytes(), &[kind][..], payload].concat()
}

async fn answers(line: &mut Line) {
    line.send(Ping {}).await;
    assert!(matches!(line.next().await, Message::Pong(_)));
}

async fn closes(line: &Line, what: &str) {
    let closed = tokio::time::timeout(PATIENCE, line.connection.closed()).await;
    closed.unwrap_or_else(|_| panic!("{what}: the server does not close it"));
}

fn opened_with_sales(folder: &tempfile::TempDir) -> (Arc<dyn Store>, Company) {
    let (store, mut company) = opened(folder);
    for _ in 0..3 {
        company.sell(0, "TEA", 1, None);
    }
    (store, company)
}

/// Frames of entries that are no stretch of one log: a good one, with its numbers forged.
fn no_stretches(push: &Push) -> [(&'static str, Vec<u8>); 4] {
    // Length and type, then: the position before the first entry, the head, how many entries, and the entries.
    const AFTER: usize = 5 + 7;
    const HEAD_POSITION: usize = 5 + 8 + 16 + 7;
    const COUNT: usize = 5 + 8 + 16 + 8 + 32 + 64 + 1;
    let good = encode(&push.clone().into()).expect("within limits");
    let forged = |at: usize, by: u8| {
        let mut bytes = good.clone();
        bytes[at] = by;
        bytes
    };
    let count = good[COUNT];
    [
        (
            "a frame that does not begin where it says",
            forged(AFTER, 9),
        ),
        (
            "a head that is not where the frame ends",
            forged(HEAD_POSITION, 9),
        ),
        ("a frame without entries", forged(COUNT, 0)),
        (
            "a frame with fewer entries than it says",
            forged(COUNT, count + 1),
        ),
    ]
}

/// What is no message ends the session; there is nothing to say to who does not speak the language.
fn no_messages(push: &Push) -> Vec<(&'static str, Vec<u8>)> {
    let push = encode(&push.clone().into()).expect("within limits");
    let trailing = frame(push[4], &[&push[5..], &[0]].concat());
    let truncated = frame(push[4], &push[5..push.len() - 1]);
    let cursor = frame(0x20, br#"{"after":18446744073709551615}"#);
    vec![
        ("a cursor beyond all numbers", cursor),
        ("a type that nobody knows", frame(0x7f, b"{}")),
        ("a length beyond all", u32::MAX.to_be_bytes().to_vec()),
        ("no length", vec![0; 4]),
        ("no JSON", frame(0x20, b"{")),
        ("invalid UTF-8", frame(0x20, b"{\"after\":\"\xff\"}")),
        ("NaN", frame(0x20, br#"{"after":NaN}"#)),
        ("1e400", frame(0x20, br#"{"after":1e400}"#)),
        ("a negative cursor", frame(0x20, br#"{"after":-1}"#)),
        ("a key twice", frame(0x20, br#"{"after":1,"after":2}"#)),
        (
            "JSON a hundred thousand deep",
            frame(0x20, &b"[".repeat(100_000)),
        ),
        (
            "control that is too long",
            frame(0x20, &vec![b' '; 200_000]),
        ),
        ("bytes after the end", trailing),
        ("an end too early", truncated),
        ("a position beyond 2^63", frame(0x10, &[0xff; 64])),
    ]
}

#[tokio::test]
async fn frames_that_are_no_message_end_that_session_and_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened_with_sales(&folder);
    let server = Server::start(store);
    let (mut neighbour, _) = server.online(&company.tills[1]).await;
    let push = company.tills[0].push(0, 2);
    let stretches = no_stretches(&push);
    let messages = no_messages(&push);
    for (what, bytes) in messages.into_iter().chain(stretches) {
        let (mut line, _) = server.online(&company.tills[0]).await;
        // The end may come while the rest is still being sent.
        let _ = line.send.write_all(&bytes).await;
        closes(&line, what).await;
        answers(&mut neighbour).await;
    }
    assert_eq!(server.store.log_end().expect("read").get(), 0);
    server.sync.shutdown().await;
}

/// What a till of ours would not say now, or not at all.
fn breaches(till: &Till) -> Vec<(&'static str, Vec<Message>)> {
    let after = FeedPosition::START;
    let pong = Pong {
        complete: true,
        now: till.now,
    };
    vec![
        ("a second hello", vec![hello(till).into()]),
        ("what only a server says", vec![pong.into()]),
        (
            "a second pull before the answer",
            vec![
                PullFeed {
                    after: FeedPosition::new(FEED_POSITION_MAX),
                }
                .into(),
                PullFeed { after }.into(),
            ],
        ),
    ]
}

#[tokio::test]
async fn messages_that_break_the_protocol_are_refused_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened_with_sales(&folder);
    let server = Server::start(store);
    let till = &company.tills[0];
    for (what, messages) in breaches(till) {
        let (mut line, _) = server.online(till).await;
        for message in messages {
            line.send(message).await;
        }
        let mut answer = line.next().await;
        while matches!(answer, Message::Pong(_)) {
            answer = line.next().await;
        }
        assert_eq!(answer, Message::Refuse(Refuse::Protocol), "{what}");
        closes(&line, what).await;
    }
    assert_eq!(server.store.log_end().expect("read").get(), 0);
    server.sync.shutdown().await;
}

#[tokio::test]
async fn a_protocol_of_no_version_or_of_the_future_is_refused_with_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Server::start(store);
    let till = &company.tills[0];
    for version in [0, 2, u16::MAX] {
        let shown = server.certificate(till.node, "north", &key_pair(till));
        let mut line = server
            .connect_as(ALPN, Some(shown), TransportConfig::default())
            .await
            .expect("let in");
        let mut hello = hello(till);
        hello.versions = ProtocolRange {
            oldest: ProtocolVersion(version),
            newest: ProtocolVersion(version),
        };
        line.send(hello).await;
        let versions = ProtocolRange::OURS;
        assert_eq!(
            line.next().await,
            Message::Refuse(Refuse::Version { versions })
        );
    }
    server.sync.shutdown().await;
}

#[tokio::test]
async fn cursors_of_the_future_get_nothing_and_break_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened_with_sales(&folder);
    let server = Server::start(store);
    let (mut writer, _) = server.online(&company.tills[0]).await;
    let end = company.tills[0].head.position.get();
    let all = company.tills[0].push(0, end);
    assert_eq!(writer.push(all).await.outcome, stored(end, 0));
    let reader = &company.tills[1];
    for number in [end + 1, FEED_POSITION_MAX] {
        let through = FeedPosition::new(number);
        let (mut line, _) = server.online(reader).await;
        line.send(PullFeed { after: through }).await;
        assert!(matches!(line.next().await, Message::Pong(pong) if pong.complete));
        line.send(PullReference {
            after: PriceListVersion::new(number),
        })
        .await;
        line.send(PullDigest { through }).await;
        let Message::DigestAnswer(digest) = line.next().await else {
            panic!("no digest");
        };
        let known: u32 = digest
            .buckets
            .as_array()
            .iter()
            .map(|bucket| bucket.count)
            .sum();
        assert_eq!(u64::from(known), end, "all that there is");
        line.send(PullHashes {
            through,
            bucket: 0,
            after: Some(ChangeHash::from_bytes([0xff; 32])),
        })
        .await;
        assert!(matches!(line.next().await, Message::HashesAnswer(answer) if answer.complete));
        line.send(PullChanges {
            hashes: vec![ChangeHash::from_bytes([7; 32])],
        })
        .await;
        assert!(matches!(line.next().await, Message::RepairPage(page) if page.entries.is_empty()));
        answers(&mut line).await;
    }
    // In a hello too; and a till with a cursor of its own still gets all.
    let shown = server.certificate(reader.node, "north", &key_pair(reader));
    let mut line = server
        .connect_as(ALPN, Some(shown), TransportConfig::default())
        .await
        .expect("let in");
    let mut greeting = hello(reader);
    greeting.feed = FeedPosition::new(FEED_POSITION_MAX);
    line.send(greeting).await;
    assert!(matches!(line.next().await, Message::Welcome(_)));
    line.send(PullFeed {
        after: FeedPosition::START,
    })
    .await;
    assert!(
        matches!(line.next().await, Message::FeedPage(page) if page.entries.len() as u64 == end)
    );
    server.sync.shutdown().await;
}

#[tokio::test]
async fn a_batch_that_comes_a_thousand_times_is_there_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened_with_sales(&folder);
    let server = Server::start(store);
    let till = &company.tills[0];
    let (mut line, _) = server.online(till).await;
    let end = till.head.position.get();
    // A few in flight at once, as a till does it.
    for _ in 0..REPEATS / PUSH_FRAMES_IN_FLIGHT_MAX {
        for _ in 0..PUSH_FRAMES_IN_FLIGHT_MAX {
            line.send(till.push(0, end)).await;
        }
        for _ in 0..PUSH_FRAMES_IN_FLIGHT_MAX {
            assert_eq!(line.acknowledged().await.outcome, stored(end, 0));
        }
    }
    assert_eq!(server.store.log_end().expect("read").get(), end);
    let aside = server
        .store
        .quarantined(QuarantineNumber::START, PageLimit::MAX)
        .expect("a page");
    assert_eq!(aside.len(), 0);
    server.sync.shutdown().await;
}
