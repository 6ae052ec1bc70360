//! A server that was restored from a backup, and logs with two histories.

use super::{
    Pair,
    disks::{ServerDisk, at, log_of},
};
use crate::{
    sync::till::{self, Link},
    wire::{
        Message, Refuse,
        limits::{HELLO_LOGS_MAX, RETRY_MS_MIN},
    },
};

/// A database as it was restored: what it held, under a new epoch.
fn restored(database: &ServerDisk) -> ServerDisk {
    let epoch = crate::wire::ServerEpoch::from_bytes([2; 16]);
    ServerDisk {
        epoch,
        ..database.clone()
    }
}

#[test]
fn a_restored_server_gets_back_what_the_till_wrote_and_what_other_tills_wrote() {
    let mut pair = Pair::online();
    pair.sell(4);
    let backup = restored(&pair.server);
    pair.sell(4);
    // Another till, which will never be seen again, wrote logs of which the backup has none.
    for nth in 1..=5 {
        pair.server.receive(log_of(2, nth), 4);
    }
    pair.server
        .records
        .push(crate::wire::ReferenceText::new("{}").unwrap());
    pair.announce();
    assert_eq!(pair.disk.records.len(), 1);
    pair.restore_server(backup);
    pair.advance(60_000);
    assert_eq!(pair.link(), Link::Online);
    assert_eq!(pair.disk.epoch, Some(pair.server.epoch));
    assert_eq!(pair.disk.acknowledged[&pair.log], at(8));
    assert_eq!(pair.server.durable(pair.log).position, at(8));
    for nth in 1..=5 {
        assert_eq!(pair.server.durable(log_of(2, nth)).position, at(4));
    }
    pair.announce();
    let complete_at = pair.till.status().data_as_of;
    assert!(complete_at.is_some(), "it has all of the new feed");
    assert_eq!(
        pair.disk.records,
        Vec::new(),
        "the server's reference data hold"
    );
    // Once is enough.
    let pushes = pair.seen.sent_by_till("Push");
    pair.reconnect();
    assert_eq!(pair.seen.sent_by_till("Push"), pushes);
    assert_eq!(
        pair.seen.sent_by_till("LogOffer"),
        3,
        "in three pages of two"
    );
}

#[test]
fn a_restored_server_asks_only_for_the_logs_that_it_lacks() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(2, 1), 4);
    pair.announce();
    let backup = restored(&pair.server);
    pair.server.receive(log_of(2, 2), 4);
    pair.announce();
    pair.restore_server(backup);
    pair.advance(60_000);
    assert_eq!(pair.server.durable(log_of(2, 2)).position, at(4));
    assert_eq!(pair.seen.sent_by_till("Push"), 2, "of one log only");
}

/// A store lists no more than its newest logs of those that are acknowledged. Under a new epoch none is.
#[test]
fn a_till_with_many_old_logs_gives_a_restored_server_all_of_them() {
    let mut pair = Pair::new();
    let logs = u8::try_from(HELLO_LOGS_MAX).unwrap() + 40;
    for nth in 1..=logs {
        pair.log = log_of(1, nth);
        pair.disk.write(pair.log, 0);
    }
    pair.settle();
    assert_eq!(pair.till.status().unacknowledged, 0);
    pair.restore_server(restored(&ServerDisk::new(1)));
    pair.advance(60_000);
    assert_eq!(pair.link(), Link::Online);
    assert_eq!(pair.server.feed.len(), usize::from(logs));
    assert_eq!(pair.till.status().unacknowledged, 0);
    assert!(pair.seen.connects.len() <= 3, "and then it stays");
}

#[test]
fn an_offer_that_a_cut_interrupts_begins_again_with_the_next_connection() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(2, 1), 4);
    pair.announce();
    pair.restore_server(restored(&ServerDisk::new(1)));
    pair.hold_ingests = true;
    pair.advance(RETRY_MS_MIN);
    assert_eq!(pair.ingests.len(), 2, "the other till's log is on its way");
    pair.hold_ingests = false;
    pair.reconnect();
    assert_eq!(pair.server.durable(log_of(2, 1)).position, at(4));
}

#[test]
fn an_unproved_log_of_another_till_is_not_taken_and_costs_nothing_else() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(2, 1), 4);
    pair.server.receive(log_of(2, 2), 4);
    pair.announce();
    // One stored head is not what the owner signed.
    let forged = pair.disk.logs[&log_of(2, 2)].heads[&at(3)];
    let log = pair.disk.logs.get_mut(&log_of(2, 1)).unwrap();
    log.heads.get_mut(&at(3)).unwrap().signature = forged.signature;
    pair.restore_server(restored(&ServerDisk::new(1)));
    pair.advance(60_000);
    assert_eq!(pair.link(), Link::Online);
    assert_eq!(pair.server.durable(log_of(2, 1)).position, at(0));
    assert_eq!(pair.server.durable(log_of(2, 2)).position, at(4));
}

/// Two disks from one copy that both wrote the log on.
fn forked(entries_of_other: usize) -> Pair {
    let mut pair = Pair::online();
    pair.sell(2);
    pair.cut();
    pair.disk.write(pair.log, 1);
    let mut other = pair.server.logs[&pair.log].clone();
    let mut writer = crate::sync::tests::disks::TillDisk::new(pair.disk.node);
    writer.logs.insert(pair.log, other.clone());
    for _ in 0..entries_of_other {
        writer.write(pair.log, 2);
    }
    other.entries = writer.logs[&pair.log].entries.clone();
    pair.server.logs.insert(pair.log, other);
    pair
}

#[test]
fn a_log_with_two_histories_freezes_the_till_and_nothing_is_lost() {
    for entries_of_other in [1, 3] {
        let mut pair = forked(entries_of_other);
        pair.advance(60_000);
        let fork = *pair.seen.frozen.first().expect("it froze");
        assert_eq!((fork.log, pair.seen.frozen.len()), (pair.log, 1));
        assert_eq!(pair.link(), Link::Frozen(fork));
        assert_eq!(pair.disk.entries(pair.log), 3);
        // It does nothing more, whatever happens.
        let connects = pair.seen.connects.len();
        pair.sell(1);
        pair.ask(
            1,
            crate::wire::Question::FindOrder {
                key: crate::wire::OrderKey::Document(crate::testing::document_id(1)),
            },
        );
        pair.advance(24 * 60 * 60_000);
        assert_eq!(pair.seen.connects.len(), connects);
        assert_eq!(pair.seen.answered.len(), 1, "a question is still answered");
        assert_eq!(pair.till.next_wake(), None);
    }
}

/// The server has more of the log that this very process writes than the process wrote.
#[test]
fn a_log_that_was_written_on_elsewhere_freezes_its_writer() {
    let mut pair = Pair::online();
    pair.sell(2);
    pair.cut();
    let mut other = crate::sync::tests::disks::TillDisk::new(pair.disk.node);
    other
        .logs
        .insert(pair.log, pair.server.logs[&pair.log].clone());
    other.write(pair.log, 2);
    pair.server
        .logs
        .insert(pair.log, other.logs[&pair.log].clone());
    pair.advance(60_000);
    assert!(matches!(pair.link(), Link::Frozen(fork) if fork.position == at(2)));
    assert!(matches!(
        pair.seen.by_till.last(),
        Some(Message::Refuse(Refuse::Fork { .. }))
    ));
}

#[test]
fn a_fork_that_the_server_finds_while_it_stores_freezes_too() {
    let mut pair = Pair::online();
    pair.hold_ingests = true;
    pair.sell(1);
    let push = pair.ingests.pop_front().unwrap();
    let mut other = crate::sync::tests::disks::TillDisk::new(pair.disk.node);
    other.write(pair.log, 2);
    pair.server
        .logs
        .insert(pair.log, other.logs[&pair.log].clone());
    let ingested = pair.server.ingest(&push);
    pair.tell_session(crate::sync::server::Input::Ingested(ingested));
    pair.settle();
    assert!(matches!(pair.link(), Link::Frozen(_)));
}

#[test]
fn a_fork_of_another_tills_log_does_not_freeze_this_one() {
    let mut pair = Pair::online();
    let refuse = Refuse::Fork {
        log: log_of(2, 1),
        position: at(1),
    };
    pair.till
        .handle(till::Input::Received(refuse.into()), pair.now);
    pair.settle();
    assert!(matches!(pair.link(), Link::Refused { .. }));
}

/// The new feed is shorter than the old one's cursor, and what is in it now was never in the old one.
#[test]
fn after_a_restore_the_feed_is_read_from_its_beginning() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(2, 1), 2);
    let mut backup = restored(&pair.server);
    pair.server.receive(log_of(2, 1), 6);
    pair.announce();
    backup.receive(log_of(3, 1), 3);
    pair.restore_server(backup);
    pair.advance(60_000);
    assert_eq!(pair.disk.entries(log_of(3, 1)), 3);
}
