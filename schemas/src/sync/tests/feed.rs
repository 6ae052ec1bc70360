//! The feed and the reference data on their way down.

use super::{
    Pair,
    disks::{PAGE_ENTRIES, at, log_of, node},
};
use crate::{
    identity::PriceListVersion,
    sync::{
        server,
        till::{Input, Link},
    },
    wire::{FeedPage, FeedPosition, Message, ReferenceText, Refuse, limits::FEED_SILENCE_MAX},
};

#[test]
fn what_other_tills_wrote_comes_in_pages_with_its_cursor() {
    let mut pair = Pair::new();
    pair.server.receive(log_of(2, 1), 8);
    pair.settle();
    assert_eq!(pair.disk.entries(log_of(2, 1)), 8);
    assert_eq!(pair.disk.feed, FeedPosition::new(8));
    assert_eq!(pair.seen.sent_by_server("FeedPage"), 3);
    assert_eq!(pair.till.status().feed_behind, 0);
}

#[test]
fn news_come_at_once_and_a_cut_between_two_pages_costs_nothing() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(2, 1), 4);
    pair.announce();
    assert_eq!(pair.disk.entries(log_of(2, 1)), 4);
    pair.cut();
    pair.server.receive(log_of(2, 1), 4);
    pair.advance(60_000);
    assert_eq!(pair.disk.entries(log_of(2, 1)), 8);
    let mut entries = 0;
    for message in &pair.seen.by_server {
        if let Message::FeedPage(page) = message {
            entries += page.entries.len();
        }
    }
    assert_eq!(entries, 8, "each entry once");
}

#[test]
fn a_tills_own_entries_do_not_come_back_to_it() {
    let mut pair = Pair::online();
    for _ in 0..20 {
        pair.sell(3);
        pair.announce();
    }
    pair.server.receive(log_of(2, 1), 1);
    pair.announce();
    assert_eq!(pair.disk.entries(log_of(2, 1)), 1);
    assert_eq!(pair.seen.sent_by_server("FeedPage"), 1);
    assert_eq!(pair.disk.feed, FeedPosition::new(61));
    // Nor after the next hello, which says what the disk holds.
    pair.reconnect();
    assert_eq!(pair.seen.sent_by_server("FeedPage"), 1);
}

/// A disk put back from an old copy that trades before it reconnects loses nothing and doubles nothing.
#[test]
fn what_a_restored_disk_forgot_comes_back_through_the_feed() {
    let mut pair = Pair::online();
    pair.sell(2);
    let copy = pair.disk.clone();
    let forgotten = pair.log;
    pair.sell(5);
    pair.announce();
    pair.disk = copy;
    pair.restart_till();
    pair.disk.write(pair.log, 1);
    pair.advance(60_000);
    assert_eq!(pair.link(), Link::Online);
    assert_eq!(pair.disk.entries(forgotten), 7);
    assert_eq!(pair.disk.entries(pair.log), 1);
    assert_eq!(pair.server.feed.len(), 8, "each once");
    assert_eq!(pair.till.status().unacknowledged, 0);
    // From now on the till is known to hold them.
    pair.restart_till();
    let pages = pair.seen.sent_by_server("FeedPage");
    pair.advance(60_000);
    assert_eq!(pair.seen.sent_by_server("FeedPage"), pages);
    assert_eq!(pair.disk.acknowledged[&forgotten].get(), 7);
}

/// What a till wrote itself is passed over in silence, but not for ever: else each hello would have it passed over again.
#[test]
fn a_cursor_moves_on_over_a_long_silence_and_not_over_a_short_one() {
    for (silence, pages) in [(FEED_SILENCE_MAX - 1, 0), (FEED_SILENCE_MAX, 1)] {
        let mut pair = Pair::online();
        pair.sell(1);
        let own = (pair.log, at(1));
        pair.server.feed = vec![own; usize::try_from(silence).unwrap()];
        pair.announce();
        assert_eq!(pair.seen.sent_by_server("FeedPage"), pages);
        assert_eq!(pair.till.status().feed_behind, 0, "complete all the same");
        pair.reconnect();
        let cursor = if pages > 0 { silence } else { 0 };
        assert_eq!(pair.disk.feed, FeedPosition::new(cursor));
        // What comes next comes at once, and takes the cursor over the silence before it.
        pair.server.receive(log_of(2, 1), 1);
        pair.announce();
        assert_eq!(pair.disk.entries(log_of(2, 1)), 1);
        assert_eq!(pair.disk.feed, FeedPosition::new(silence + 1));
    }
}

#[test]
fn a_page_that_does_not_fit_the_cursor_is_not_stored() {
    let position = FeedPosition::new;
    for (after, through, end) in [(1, 2, 2), (0, 0, 5), (0, 3, 2)] {
        let mut pair = Pair::online();
        let page = FeedPage {
            after: position(after),
            through: position(through),
            end: position(end),
            entries: Vec::new(),
            heads: Vec::new(),
        };
        pair.till
            .handle(Input::Received(Message::from(page)), pair.now);
        pair.settle();
        assert_eq!(pair.disk.feed, FeedPosition::START);
        assert!(matches!(
            pair.seen.by_till.last(),
            Some(Message::Refuse(Refuse::Protocol))
        ));
    }
}

#[test]
fn reference_data_come_as_deltas() {
    let record = |number: usize| ReferenceText::new(format!("{{\"n\":{number}}}")).unwrap();
    let mut pair = Pair::new();
    pair.server.records = (0..7).map(record).collect();
    pair.settle();
    assert_eq!(pair.disk.records, pair.server.records);
    let pages = 7_usize.div_ceil(PAGE_ENTRIES);
    assert_eq!(pair.seen.sent_by_server("ReferencePage"), pages);
    pair.server.records.push(record(7));
    pair.announce();
    assert_eq!(pair.disk.records, pair.server.records);
    assert_eq!(pair.disk.reference, PriceListVersion::new(8));
    pair.reconnect();
    assert_eq!(pair.seen.sent_by_server("ReferencePage"), pages + 1);
}

#[test]
fn a_till_that_has_all_is_told_so_once() {
    let mut pair = Pair::online();
    assert_eq!(pair.seen.sent_by_server("Pong"), 1);
    pair.announce();
    assert_eq!(pair.seen.sent_by_server("Pong"), 1, "nothing is new");
    pair.server.receive(log_of(2, 1), 1);
    pair.announce();
    assert_eq!(pair.seen.sent_by_server("Pong"), 2, "it has all again");
}

/// A store that answers what nobody asked, or answers twice, moves no cursor.
#[test]
fn a_page_that_the_session_did_not_ask_for_is_not_passed_on() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(2, 1), 2);
    let page = pair.server.read_feed(node(1), FeedPosition::START, &[]);
    pair.tell_session(server::Input::FeedRead(page));
    pair.settle();
    assert_eq!(pair.seen.sent_by_server("FeedPage"), 0);
    pair.announce();
    assert_eq!(
        pair.disk.entries(log_of(2, 1)),
        2,
        "it comes when it is asked for"
    );
}
