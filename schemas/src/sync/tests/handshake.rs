//! How the two meet, and every reason for which they do not.

use super::{
    Pair,
    disks::{log_of, node, tenant},
};
use crate::{
    identity::{StoreId, TenantId},
    sync::{
        server::{self, PeerIdentity, ServerIdentity, ServerSession},
        till::{Input, Link},
    },
    testing::store,
    wire::{
        Capabilities, Dialect, FeedPosition, Hello, Message, ProtocolRange, ProtocolVersion,
        Refuse, ServerEpoch, Welcome,
        limits::{HANDSHAKE_TIMEOUT_MS, REFUSED_RETRY_MS, RETRY_MS_MAX},
    },
};

#[test]
fn till_and_server_meet_and_the_till_is_complete() {
    let pair = Pair::online();
    let status = pair.till.status();
    assert_eq!(status.data_as_of, Some(pair.now));
    assert_eq!((status.feed_behind, status.unacknowledged), (0, 0));
    assert_eq!(pair.disk.epoch, Some(pair.server.epoch));
}

/// Whatever does not fit: the till is told, keeps all it has, waits for a person, and goes on by itself once it fits.
#[test]
fn a_refused_till_keeps_its_data_and_goes_on_when_the_reason_is_gone() {
    type Break = fn(&mut Pair);
    let reasons: [(Refuse, Break); 4] = [
        (Refuse::Tenant, |pair| {
            pair.server_identity.tenant = TenantId::new("other").unwrap();
        }),
        (Refuse::Tenant, |pair| {
            pair.peer.tenant = TenantId::new("other").unwrap();
        }),
        (Refuse::Store, |pair| {
            pair.peer.store = StoreId::new("other").unwrap();
        }),
        (Refuse::Node, |pair| pair.peer.node = node(2)),
    ];
    for (reason, break_it) in reasons {
        let mut pair = Pair::new();
        let (peer, identity) = (pair.peer.clone(), pair.server_identity.clone());
        break_it(&mut pair);
        pair.disk.write(pair.log, 0);
        let before = pair.disk.clone();
        pair.settle();
        let link = pair.link();
        assert!(
            matches!(&link, Link::Refused { reason: told, .. } if *told == reason),
            "{link:?} for {reason}"
        );
        pair.advance(REFUSED_RETRY_MS);
        assert_eq!(pair.disk, before, "{reason}");
        assert!(pair.seen.connects.len() <= 3, "tried again, but seldom");

        (pair.peer, pair.server_identity) = (peer, identity);
        pair.advance(REFUSED_RETRY_MS);
        assert_eq!(pair.link(), Link::Online, "after {reason}");
        assert_eq!(pair.server.durable(pair.log).position.get(), 1);
    }
}

#[test]
fn a_revoked_till_is_cut_off_and_keeps_what_it_has_not_sent() {
    let mut pair = Pair::online();
    pair.sell(1);
    pair.tell_session(server::Input::End(Refuse::Revoked));
    pair.settle();
    pair.sell(2);
    let link = pair.link();
    assert!(
        matches!(link, Link::Refused { reason: Refuse::Revoked, until } if until > pair.now),
        "{link:?}"
    );
    assert_eq!(pair.disk.entries(pair.log), 3);
    assert_eq!(pair.till.status().unacknowledged, 2);
}

#[test]
fn a_busy_or_closing_server_is_tried_again_soon() {
    for reason in [Refuse::Busy, Refuse::Closing] {
        let mut pair = Pair::online();
        pair.tell_session(server::Input::End(reason));
        pair.settle();
        pair.sell(1);
        assert!(matches!(pair.link(), Link::Waiting { .. }));
        pair.advance(RETRY_MS_MAX);
        assert_eq!(pair.link(), Link::Online);
        assert_eq!(pair.till.status().unacknowledged, 0);
    }
}

#[test]
fn a_closing_server_still_acknowledges_what_it_is_storing() {
    let mut pair = Pair::online();
    pair.hold_ingests = true;
    pair.sell(2);
    pair.tell_session(server::Input::End(Refuse::Closing));
    pair.settle();
    assert!(pair.session.is_some(), "frames are still being stored");
    while !pair.ingests.is_empty() {
        pair.commit();
    }
    assert!(pair.session.is_none());
    assert_eq!(pair.disk.acknowledged[&pair.log].get(), 2);
}

fn hello(versions: ProtocolRange) -> Hello {
    Hello {
        tenant: tenant(),
        store: store(),
        node: node(1),
        epoch: None,
        versions,
        capabilities: Capabilities::default(),
        logs: Vec::new(),
        feed: FeedPosition::START,
        reference: crate::identity::PriceListVersion::default(),
        rights: Vec::new(),
    }
}

fn session(pair: &Pair) -> ServerSession {
    let identity = ServerIdentity {
        tenant: tenant(),
        epoch: ServerEpoch::from_bytes([1; 16]),
        dialect: Dialect::OURS,
    };
    let peer = PeerIdentity {
        tenant: tenant(),
        store: store(),
        node: node(1),
    };
    ServerSession::new(identity, peer, pair.now)
}

/// What the session says first, and whether it then closes.
fn first_word(session: &mut ServerSession) -> (Option<server::Effect>, bool) {
    let word = session.poll_effect();
    let closes = session.poll_effect() == Some(server::Effect::Close);
    (word, closes)
}

#[test]
fn a_server_refuses_versions_that_it_does_not_speak() {
    let pair = Pair::new();
    let mut session = session(&pair);
    let later = ProtocolRange {
        oldest: ProtocolVersion(2),
        newest: ProtocolVersion(9),
    };
    let message = Message::from(Box::new(hello(later)));
    session.handle(server::Input::Received(message), pair.now);
    let refusal = Refuse::Version {
        versions: ProtocolRange::OURS,
    };
    let told = server::Effect::Send(refusal.into());
    assert_eq!(first_word(&mut session), (Some(told), true));
}

#[test]
fn a_till_refuses_a_welcome_in_a_version_that_it_does_not_speak() {
    let mut pair = Pair::new();
    let log = pair.log;
    pair.disk.write(log, 0);
    let state = pair.disk.state(log);
    assert!(pair.till.poll_effect().is_some(), "it connects");
    pair.till.handle(Input::Connected(state), pair.now);
    let welcome = Welcome {
        epoch: pair.server.epoch,
        version: ProtocolVersion(2),
        capabilities: Capabilities::default(),
        logs: Vec::new(),
        feed_end: FeedPosition::START,
        reference_end: crate::identity::PriceListVersion::default(),
        rights_lost: Vec::new(),
        now: pair.now,
    };
    let message = Message::from(Box::new(welcome));
    pair.till.handle(Input::Received(message), pair.now);
    pair.settle();
    assert_eq!(pair.disk.epoch, None, "nothing was taken over");
    assert!(matches!(
        pair.seen.by_till.last(),
        Some(Message::Refuse(Refuse::Version { .. }))
    ));
}

#[test]
fn a_hello_with_logs_of_another_till_breaks_the_protocol() {
    let pair = Pair::new();
    let mut session = session(&pair);
    let mut hello = hello(ProtocolRange::OURS);
    hello.logs = vec![crate::log::LogHead::start(log_of(2, 1))];
    let message = Message::from(Box::new(hello));
    session.handle(server::Input::Received(message), pair.now);
    let told = server::Effect::Send(Refuse::Protocol.into());
    assert_eq!(first_word(&mut session), (Some(told), true));
}

#[test]
fn neither_end_waits_for_ever_for_the_others_first_word() {
    let pair = Pair::new();
    let mut session = session(&pair);
    let due = session.next_wake().unwrap();
    assert_eq!(due.milliseconds_since(pair.now), HANDSHAKE_TIMEOUT_MS);
    session.handle(server::Input::Woke, due);
    let told = server::Effect::Send(Refuse::Idle.into());
    assert_eq!(first_word(&mut session), (Some(told), true));

    let mut pair = Pair::new();
    assert!(pair.till.poll_effect().is_some(), "it connects");
    let state = pair.disk.state(pair.log);
    pair.till.handle(Input::Connected(state), pair.now);
    let due = pair.till.next_wake().unwrap();
    assert_eq!(due.milliseconds_since(pair.now), HANDSHAKE_TIMEOUT_MS);
    pair.till.handle(Input::Woke, due);
    pair.settle();
    assert!(matches!(pair.link(), Link::Waiting { .. }));
}
