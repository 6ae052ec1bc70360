//! What happens when nothing happens, and messages of other versions.

use super::Pair;
use crate::{
    sync::{
        server,
        till::{self, Link},
    },
    testing::document_id,
    wire::{
        OPTIONAL_BIT, OrderKey, Question, Refuse,
        limits::{ASK_TIMEOUT_MS, IDLE_TIMEOUT_MS, KEEP_ALIVE_MS, RETRY_MS_MAX, RETRY_MS_MIN},
    },
};

/// A message of a type that this version does not know.
fn unknown(kind: u8) -> Vec<u8> {
    vec![0, 0, 0, 3, kind, b'{', b'}']
}

#[test]
fn at_rest_only_keep_alives_are_said() {
    let mut pair = Pair::online();
    let hour = 60 * 60_000;
    let before = (pair.seen.by_till.len(), pair.seen.by_server.len());
    pair.advance(hour);
    let pings = usize::try_from(hour / KEEP_ALIVE_MS).unwrap();
    let said = pair.seen.sent_by_till("Ping");
    assert!((pings - 1..=pings).contains(&said), "{said} of {pings}");
    let compared = 2 * pair.seen.compared.len();
    assert!(pair.seen.by_till.len() - before.0 <= pings + compared);
    assert!(pair.seen.by_server.len() - before.1 <= pings + compared);
    let age_ms = pair
        .till
        .status()
        .data_as_of
        .map(|at| pair.now.milliseconds_since(at));
    assert!(age_ms.is_some_and(|age| age <= KEEP_ALIVE_MS));
}

#[test]
fn each_end_gives_up_on_a_silent_one() {
    let mut pair = Pair::online();
    let session = pair.session.take();
    pair.advance(IDLE_TIMEOUT_MS - 1);
    assert_eq!(pair.link(), Link::Online);
    pair.line = false;
    pair.advance(1);
    assert!(matches!(pair.link(), Link::Waiting { .. }));

    let mut session = session.unwrap();
    let due = session.next_wake().unwrap();
    session.handle(server::Input::Woke, due);
    let told = server::Effect::Send(Refuse::Idle.into());
    assert_eq!(session.poll_effect(), Some(told));
}

/// A large page over a slow line is no silence: it takes longer than that, and would take as long at the next try.
#[test]
fn a_message_that_takes_long_to_arrive_ends_no_connection() {
    let mut pair = Pair::online();
    for _ in 0..4 {
        // Nothing whole gets through, in either direction, but bytes do.
        pair.to_till.clear();
        pair.now = pair.now.plus_milliseconds(IDLE_TIMEOUT_MS - 1);
        pair.till.handle(till::Input::Heard, pair.now);
        pair.tell_session(server::Input::Heard);
        pair.till.handle(till::Input::Woke, pair.now);
        pair.tell_session(server::Input::Woke);
        assert_eq!(pair.link(), Link::Online);
    }
    let session = pair.session.as_ref().expect("it lives");
    assert!(session.is_online());
}

#[test]
fn bytes_alone_make_no_handshake() {
    let mut pair = Pair::new();
    let identity = (pair.server_identity.clone(), pair.peer.clone());
    let mut session = server::ServerSession::new(identity.0, identity.1, pair.now);
    let due = session.next_wake().expect("it waits");
    session.handle(server::Input::Heard, pair.now.plus_milliseconds(1));
    assert_eq!(session.next_wake(), Some(due));
    pair.till.handle(till::Input::Heard, pair.now);
    assert_eq!(pair.link(), Link::Connecting);
}

#[test]
fn waits_grow_to_the_longest_and_are_short_again_after_a_meeting() {
    let mut pair = Pair::new();
    pair.line = false;
    pair.advance(20 * RETRY_MS_MAX);
    let connects = &pair.seen.connects;
    let waits: Vec<i64> = connects
        .windows(2)
        .map(|pair| pair[1].milliseconds_since(pair[0]))
        .collect();
    for (nth, wait) in waits.iter().enumerate() {
        let doubled = RETRY_MS_MIN << nth.min(16);
        let whole = doubled.min(RETRY_MS_MAX);
        assert!((whole / 2..=whole).contains(wait), "{wait} of {whole}");
    }
    assert!(waits.iter().any(|wait| *wait > RETRY_MS_MAX / 2));

    pair.line = true;
    pair.advance(RETRY_MS_MAX);
    assert_eq!(pair.link(), Link::Online);
    pair.cut();
    pair.advance(RETRY_MS_MIN);
    assert_eq!(pair.link(), Link::Online);
}

/// A server that welcomes and then refuses is not asked twice a second by every till.
#[test]
fn a_server_that_is_busy_after_each_welcome_is_asked_ever_less_often() {
    let mut pair = Pair::online();
    for _ in 0..600 {
        pair.tell_session(server::Input::End(Refuse::Busy));
        pair.advance(1_000);
    }
    let tries = pair.seen.connects.len();
    assert!(tries < 30, "{tries} tries in ten minutes");
    // A connection that lasts makes it forgotten.
    pair.advance(RETRY_MS_MAX + 2 * KEEP_ALIVE_MS);
    assert_eq!(pair.link(), Link::Online);
    pair.tell_session(server::Input::End(Refuse::Closing));
    pair.advance(RETRY_MS_MIN);
    assert_eq!(pair.link(), Link::Online);
}

#[test]
fn a_message_that_may_be_passed_over_is_and_one_that_matters_is_not() {
    let mut pair = Pair::online();
    pair.to_till.push_back(unknown(OPTIONAL_BIT | 0x7f));
    pair.to_server.push_back(unknown(OPTIONAL_BIT | 0x7f));
    pair.sell(2);
    assert_eq!(pair.link(), Link::Online);
    assert_eq!(pair.till.status().unacknowledged, 0);

    pair.to_server.push_back(unknown(0x7f));
    pair.sell(1);
    assert!(pair.session.is_none());
    pair.advance(60_000);
    pair.to_till.push_back(unknown(0x7f));
    pair.settle();
    assert!(matches!(pair.link(), Link::Waiting { .. }));
    assert_eq!(pair.disk.entries(pair.log), 3);
}

/// A question without an answer wakes the till as well: it is pinged for silence, and once for each.
#[test]
fn a_silent_server_is_pinged_once_whatever_else_wakes_the_till() {
    let mut pair = Pair::online();
    pair.hold_answers = true;
    let key = OrderKey::Document(document_id(1));
    pair.ask(1, Question::FindOrder { key: key.clone() });
    pair.advance(ASK_TIMEOUT_MS);
    assert_eq!(
        pair.seen.answered.len(),
        1,
        "it is told that nobody answered"
    );
    assert_eq!(pair.seen.sent_by_till("Ping"), 0, "it is no silence yet");
    pair.session = None;
    pair.advance(KEEP_ALIVE_MS);
    assert_eq!(pair.seen.sent_by_till("Ping"), 1);
    pair.ask(2, Question::FindOrder { key });
    pair.advance(ASK_TIMEOUT_MS);
    assert_eq!(pair.seen.answered.len(), 2);
    assert_eq!(pair.seen.sent_by_till("Ping"), 1);
}
