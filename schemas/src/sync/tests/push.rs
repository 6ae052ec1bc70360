//! Own changes on their way up.

use super::{
    Pair,
    disks::{Key, PAGE_ENTRIES, at, log_of, node, tenant},
};
use crate::{
    log::SignedHead,
    sync::{server, till::Link},
    wire::{
        Message, Push, PushAck, PushOutcome, Refuse,
        limits::{HELLO_LOGS_MAX, PUSH_FRAMES_IN_FLIGHT_MAX},
    },
};

#[test]
fn what_a_till_writes_goes_up_once_and_is_acknowledged() {
    let mut pair = Pair::online();
    pair.sell(10);
    assert_eq!(pair.server.durable(pair.log).position, at(10));
    assert_eq!(pair.disk.acknowledged[&pair.log], at(10));
    assert_eq!(pair.seen.sent_by_till("Push"), 10);
    pair.reconnect();
    assert_eq!(pair.seen.sent_by_till("Push"), 10, "nothing is sent again");
}

#[test]
fn only_a_few_frames_are_in_flight() {
    let mut pair = Pair::new();
    for _ in 0..PAGE_ENTRIES * 10 {
        pair.disk.write(pair.log, 0);
    }
    pair.hold_ingests = true;
    pair.settle();
    assert_eq!(pair.ingests.len(), PUSH_FRAMES_IN_FLIGHT_MAX);
    for committed in 1..=10 {
        pair.commit();
        assert!(pair.ingests.len() <= PUSH_FRAMES_IN_FLIGHT_MAX);
        let durable = at(u64::try_from(committed * PAGE_ENTRIES).unwrap());
        assert_eq!(pair.disk.acknowledged[&pair.log], durable);
    }
    assert_eq!(pair.seen.sent_by_till("Push"), 10);
}

#[test]
fn frames_that_were_in_flight_at_the_cut_are_stored_once() {
    let mut pair = Pair::new();
    for _ in 0..PAGE_ENTRIES * 6 {
        pair.disk.write(pair.log, 0);
    }
    pair.hold_ingests = true;
    pair.settle();
    pair.commit();
    // Committed, and the answer is lost.
    let push = pair.ingests.pop_front().unwrap();
    pair.server.ingest(&push);
    pair.hold_ingests = false;
    pair.reconnect();
    assert_eq!(pair.disk.acknowledged[&pair.log], at(18));
    assert_eq!(pair.server.feed.len(), 18, "each once");
}

/// A server that has less than the till thinks makes it go back, once for all frames in flight.
#[test]
fn after_a_gap_the_till_goes_back_to_where_the_server_is() {
    let mut pair = Pair::online();
    pair.sell(5);
    pair.server_is_wrong = true;
    pair.server.logs.clear();
    pair.server.feed.clear();
    pair.hold_ingests = true;
    pair.sell(4);
    assert_eq!(pair.ingests.len(), 4);
    while !pair.ingests.is_empty() {
        pair.commit();
    }
    assert_eq!(pair.server.durable(pair.log).position, at(9));
    assert_eq!(pair.disk.acknowledged[&pair.log], at(9));
    let again = pair.seen.sent_by_till("Push") - 5 - 4;
    assert_eq!(again, 3, "nine entries in three frames");
}

#[test]
fn a_server_that_never_gets_anywhere_is_left_and_not_flooded() {
    let mut pair = Pair::online();
    pair.hold_ingests = true;
    pair.sell(1);
    for _ in 0..1_000 {
        if pair.ingests.pop_front().is_none() {
            break;
        }
        let durable = at(0);
        pair.tell_session(server::Input::Ingested(server::Ingested::Gap { durable }));
        pair.settle();
    }
    assert!(matches!(pair.link(), Link::Waiting { .. }));
    assert!(pair.seen.sent_by_till("Push") < 100);
    assert_eq!(pair.disk.acknowledged.get(&pair.log), None);
}

#[test]
fn an_acknowledgement_for_nothing_or_for_less_than_the_frame_is_not_believed() {
    let short = PushOutcome::Stored {
        durable: at(1),
        quarantined: 0,
    };
    let mut pair = Pair::online();
    pair.server_is_wrong = true;
    pair.hold_ingests = true;
    pair.sell(2);
    for outcome in [short, short] {
        let log = pair.log;
        let message = Message::from(PushAck { log, outcome });
        pair.till
            .handle(crate::sync::till::Input::Received(message), pair.now);
    }
    pair.settle();
    assert!(matches!(
        pair.seen.by_till.last(),
        Some(Message::Refuse(Refuse::Protocol))
    ));
}

/// Only another till's log may be turned down: an own one that is not taken would wait for ever.
#[test]
fn a_server_that_does_not_take_the_tills_own_log_is_left() {
    let mut pair = Pair::online();
    pair.server_is_wrong = true;
    pair.hold_ingests = true;
    pair.sell(1);
    let message = Message::from(PushAck {
        log: pair.log,
        outcome: PushOutcome::NotTaken,
    });
    pair.till
        .handle(crate::sync::till::Input::Received(message), pair.now);
    pair.settle();
    assert!(matches!(
        pair.seen.by_till.last(),
        Some(Message::Refuse(Refuse::Protocol))
    ));
}

#[test]
fn acknowledgements_only_ever_rise() {
    let mut pair = Pair::online();
    for round in 0..6 {
        pair.sell(4);
        if round % 2 == 0 {
            pair.reconnect();
        }
    }
    let positions: Vec<_> = pair.seen.acknowledged.iter().map(|(_, to)| *to).collect();
    assert!(positions.is_sorted_by(|one, next| one < next));
}

#[test]
fn a_till_with_more_logs_than_a_hello_lists_pushes_all_of_them() {
    let mut pair = Pair::new();
    let logs = HELLO_LOGS_MAX + 10;
    for nth in 1..=u8::try_from(logs).unwrap() {
        pair.log = log_of(1, nth);
        pair.disk.write(pair.log, 0);
        pair.disk.write(pair.log, 0);
    }
    pair.settle();
    assert_eq!(pair.link(), Link::Online);
    assert_eq!(pair.till.status().unacknowledged, 0);
    assert_eq!(pair.server.feed.len(), logs * 2);
    let Some(Message::Hello(hello)) = pair.seen.by_till.first() else {
        panic!("the first word is a hello");
    };
    assert_eq!(hello.logs.len(), HELLO_LOGS_MAX);
}

#[test]
fn a_bad_entry_goes_into_quarantine_and_does_not_hold_up_the_rest() {
    let mut pair = Pair::online();
    pair.server.bad.insert(at(2));
    pair.sell(5);
    assert_eq!(pair.disk.acknowledged[&pair.log], at(5));
    assert_eq!(pair.till.status().quarantined, 1);
    let feed = pair.server.scope(node(2), pair.server.feed_end());
    assert_eq!(feed.len(), 4);
}

/// A till's own log whose head nobody signed is refused; its data stay, and a person must look.
#[test]
fn an_unproved_log_of_its_own_ends_the_session_and_loses_nothing() {
    let mut pair = Pair::online();
    pair.hold_ingests = true;
    pair.sell(2);
    let mut push = pair.ingests.pop_front().unwrap();
    push.head = SignedHead::sign(push.head.head, &tenant(), &Key(node(9)));
    let ingested = pair.server.ingest(&push);
    assert_eq!(ingested, server::Ingested::Unproved);
    pair.tell_session(server::Input::Ingested(ingested));
    pair.settle();
    let log = pair.log;
    assert!(
        matches!(pair.link(), Link::Refused { reason: Refuse::Unproved { log: told }, .. } if told == log)
    );
    assert_eq!(pair.disk.entries(log), 2);
    assert_eq!(pair.disk.acknowledged.get(&log), None);
}

#[test]
fn what_is_written_without_a_connection_goes_up_with_the_next() {
    let mut pair = Pair::online();
    pair.cut();
    pair.sell(PAGE_ENTRIES);
    assert_eq!(
        pair.seen.sent_by_till("Push"),
        0,
        "there is nobody to hear it"
    );
    assert_eq!(pair.till.status().unacknowledged, 3);
    pair.advance(60_000);
    assert_eq!(pair.server.durable(pair.log).position, at(3));
    assert_eq!(pair.seen.sent_by_till("Push"), 1, "in one frame");
}

/// Brings a frame to the server's session, past the till's machine, and says whether that ended the session.
fn is_refused(pair: &mut Pair, push: Push) -> bool {
    let waiting = pair.ingests.len();
    pair.tell_session(server::Input::Received(push.into()));
    pair.settle();
    let refused = matches!(
        pair.seen.by_server.last(),
        Some(Message::Refuse(Refuse::Protocol))
    );
    assert_eq!(refused, pair.ingests.len() <= waiting);
    refused
}

#[test]
fn a_frame_more_than_may_be_in_flight_ends_the_session() {
    let mut pair = Pair::online();
    pair.hold_ingests = true;
    pair.sell(PUSH_FRAMES_IN_FLIGHT_MAX - 1);
    let push = pair.ingests.back().expect("frames wait").clone();
    assert!(
        !is_refused(&mut pair, push.clone()),
        "there is room for one"
    );
    assert!(is_refused(&mut pair, push));
}

#[test]
fn a_frame_with_a_hole_ends_the_session() {
    let mut pair = Pair::new();
    for _ in 0..PAGE_ENTRIES {
        pair.disk.write(pair.log, 0);
    }
    pair.hold_ingests = true;
    pair.settle();
    let mut push = pair.ingests.front().expect("a frame waits").clone();
    push.entries.remove(1);
    assert!(is_refused(&mut pair, push));
}
