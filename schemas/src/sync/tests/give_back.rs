//! What a disk or a server forgot of itself comes back from the other end: also what is in quarantine, and what the
//! server wrote.

use super::{
    Pair,
    disks::{ServerDisk, at, log_of},
};
use crate::{
    sync::till::Link,
    wire::{Message, ServerEpoch},
};

/// The server's own log for the till's store.
fn servers_log() -> crate::identity::LogId {
    log_of(0, 1)
}

fn restored(database: &ServerDisk) -> ServerDisk {
    ServerDisk {
        epoch: ServerEpoch::from_bytes([2; 16]),
        ..database.clone()
    }
}

/// A till whose entries 2 and 3 are in quarantine and whose disk was put back to before it wrote them.
fn forgetful() -> Pair {
    let mut pair = Pair::online();
    pair.server.bad = [at(2), at(3)].into();
    pair.sell(1);
    pair.announce();
    let copy = pair.disk.clone();
    pair.sell(4);
    pair.announce();
    pair.disk = copy;
    pair.restart_till();
    pair
}

#[test]
fn a_disk_that_forgot_what_is_in_quarantine_gets_its_whole_log_back() {
    let mut pair = forgetful();
    let forgotten = log_of(1, 1);
    pair.advance(60_000);
    assert_eq!(pair.link(), Link::Online);
    assert_eq!(
        pair.disk.logs[&forgotten].head(forgotten, None).position,
        at(5)
    );
    assert_eq!(pair.till.status().unacknowledged, 0);
    // Once is enough.
    let pages = pair.seen.sent_by_server("FeedPage");
    pair.reconnect();
    assert_eq!(pair.seen.sent_by_server("FeedPage"), pages);
}

#[test]
fn a_log_with_entries_in_quarantine_outlives_both_ends_being_put_back() {
    let mut pair = forgetful();
    let forgotten = log_of(1, 1);
    pair.advance(60_000);
    pair.restore_server(restored(&ServerDisk::new(1)));
    pair.advance(60_000);
    assert_eq!(pair.link(), Link::Online);
    assert_eq!(pair.server.durable(forgotten).position, at(5));
    assert_eq!(pair.till.status().unacknowledged, 0);
}

#[test]
fn what_is_in_quarantine_goes_to_nobody_but_its_author() {
    let mut pair = Pair::new();
    pair.server.bad = [at(2)].into();
    pair.server.receive(log_of(2, 1), 3);
    pair.settle();
    assert_eq!(pair.disk.entries(log_of(2, 1)), 2);
    assert_eq!(pair.till.status().feed_behind, 0);
    // Nor does comparing find that it is missing.
    pair.till
        .handle(crate::sync::till::Input::CompareNow, pair.now);
    pair.settle();
    assert_eq!(
        pair.seen.compared.last().map(|found| found.buckets),
        Some(0)
    );
}

#[test]
fn a_restored_server_gets_back_what_it_wrote_itself() {
    let mut pair = Pair::online();
    pair.server.receive(servers_log(), 4);
    pair.announce();
    let backup = restored(&pair.server);
    pair.server.receive(servers_log(), 5);
    pair.announce();
    pair.restore_server(backup);
    pair.advance(60_000);
    assert_eq!(pair.link(), Link::Online);
    assert_eq!(pair.server.durable(servers_log()).position, at(9));
    pair.announce();
    let wants = |message: &&Message| matches!(message, Message::LogWants(_));
    assert_eq!(pair.seen.by_server.iter().filter(wants).count(), 1);
    // From now on both hold the same: nothing is offered again.
    pair.till
        .handle(crate::sync::till::Input::CompareNow, pair.now);
    pair.settle();
    assert_eq!(
        pair.seen.compared.last().map(|found| found.buckets),
        Some(0)
    );
    assert_eq!(pair.seen.sent_by_till("LogOffer"), 1);
}

#[test]
fn what_the_server_did_not_sign_is_not_taken_back() {
    let mut pair = Pair::online();
    pair.server.receive(servers_log(), 3);
    pair.announce();
    let heads = &mut pair.disk.logs.get_mut(&servers_log()).unwrap().heads;
    heads.get_mut(&at(3)).unwrap().signature = crate::log::HeadSignature::from_bytes([1; 64]);
    pair.restore_server(restored(&ServerDisk::new(1)));
    pair.advance(60_000);
    assert_eq!(pair.link(), Link::Online, "it costs nothing else");
    assert_eq!(pair.server.durable(servers_log()).position, at(0));
}
