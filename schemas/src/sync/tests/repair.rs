//! Comparing by digests, and mending by hash.

use super::{
    Pair,
    disks::{at, log_of},
};
use crate::{
    sync::till::{Comparison, Input},
    wire::{ServerEpoch, limits::REPAIR_INTERVAL_MS},
};

fn compare(pair: &mut Pair) -> Comparison {
    pair.till.handle(Input::CompareNow, pair.now);
    pair.settle();
    *pair.seen.compared.last().expect("a comparison ends")
}

#[test]
fn two_that_are_equal_say_so_in_two_messages() {
    let mut pair = Pair::online();
    pair.sell(3);
    pair.server.receive(log_of(2, 1), 5);
    pair.announce();
    let before = pair.seen.by_till.len();
    assert_eq!(compare(&mut pair), Comparison::default());
    assert_eq!(pair.seen.by_till.len(), before + 1);
    assert_eq!(pair.seen.sent_by_server("DigestAnswer"), 1);
}

#[test]
fn what_a_disk_lost_comes_back_by_hash() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(2, 1), 5);
    pair.announce();
    let lost = pair.disk.logs.get_mut(&log_of(2, 1)).unwrap();
    lost.entries.remove(&at(2));
    let found = compare(&mut pair);
    assert_eq!((found.missing, found.buckets), (1, 1));
    assert_eq!(pair.disk.entries(log_of(2, 1)), 5);
    assert_eq!(compare(&mut pair), Comparison::default());
}

/// Answers hold a few hashes and changes each: all come, in many rounds that end.
#[test]
fn a_disk_that_lost_a_great_deal_gets_it_all_back() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(2, 1), 700);
    pair.announce();
    pair.disk
        .logs
        .get_mut(&log_of(2, 1))
        .unwrap()
        .entries
        .clear();
    assert_eq!(compare(&mut pair).missing, 700);
    assert_eq!(pair.disk.entries(log_of(2, 1)), 700);
}

#[test]
fn what_the_server_lacks_is_offered_to_it() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(2, 1), 3);
    pair.announce();
    pair.server.logs.remove(&log_of(2, 1));
    pair.server.feed.clear();
    let found = compare(&mut pair);
    assert_eq!(found.missing, 0);
    assert!(found.buckets > 0);
    assert_eq!(pair.server.durable(log_of(2, 1)).position, at(3));
}

#[test]
fn a_comparison_that_a_cut_interrupts_begins_again_later() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(2, 1), 5);
    pair.announce();
    let lost = pair.disk.logs.get_mut(&log_of(2, 1)).unwrap();
    lost.entries.remove(&at(2));
    pair.till.handle(Input::CompareNow, pair.now);
    pair.reconnect();
    assert_eq!(pair.disk.entries(log_of(2, 1)), 4);
    pair.advance(REPAIR_INTERVAL_MS);
    assert_eq!(pair.disk.entries(log_of(2, 1)), 5, "by itself");
}

#[test]
fn tills_compare_by_themselves_now_and_then_and_not_more_often() {
    let mut pair = Pair::online();
    pair.advance(4 * REPAIR_INTERVAL_MS);
    assert!((4..=5).contains(&pair.seen.compared.len()));
    assert_eq!(pair.disk.epoch, Some(ServerEpoch::from_bytes([1; 16])));
}
