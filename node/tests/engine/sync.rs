//! What comes from others, what goes to the server, and a disk that forgot.

use std::collections::BTreeSet;

use holdfast_node::engine::{Action, Applied, Origin, SubmitError};
use holdfast_schemas::{
    identity::{LogPosition, OrderNumber},
    log::{HeadSignature, HeadSigner, LogEntry, LogHead, SignedHead},
    value::{Currency, MinorUnits, Money},
    wire::{FeedPage, FeedPosition, ServerEpoch},
};
use proptest::prelude::*;

use crate::support::{Till, sale, verified_return};

/// Signs with nothing: who checks signatures is tested elsewhere.
struct NoKey;

impl HeadSigner for NoKey {
    fn sign(&self, _: &[u8]) -> HeadSignature {
        HeadSignature::from_bytes([0; 64])
    }
}

fn page(after: u64, entries: Vec<LogEntry>) -> FeedPage {
    let through = FeedPosition::new(after + entries.len() as u64);
    FeedPage {
        after: FeedPosition::new(after),
        through,
        end: through,
        entries,
        heads: Vec::new(),
    }
}

fn traded(node: u32) -> Till {
    let mut till = Till::new(node);
    till.open_session();
    for count in 1..=3 {
        let sold = till.sell(&[("MUG", count + 1, "4.50"), ("BOWL", 1, "9.99")]);
        till.submit(Action::Return(verified_return(sold.document, 1)));
    }
    till.count_cash(10_000);
    till
}

fn pounds(minor: i64) -> Money {
    Money {
        currency: Currency::GBP,
        minor: MinorUnits::new(minor),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Arrival order, page size and repeats don't matter.
    #[test]
    fn entries_in_any_order_and_however_often_give_the_same_rows(
        shuffled in Just(traded(1).own_entries()).prop_shuffle(),
        page_entries in 1_usize..9,
        repeats in 1_usize..3,
    ) {
        let mut straight = Till::new(2);
        let mut ordered = shuffled.clone();
        ordered.sort_by_key(|entry| entry.position);
        straight.engine.apply_entries(&ordered, Origin::Repair, straight.now).expect("a page");

        let mut mixed = Till::new(3);
        for _ in 0..repeats {
            for entries in shuffled.chunks(page_entries) {
                mixed.engine.apply_entries(entries, Origin::Repair, mixed.now).expect("a page");
            }
        }
        prop_assert_eq!(
            mixed.engine.projection_digests().expect("digests"),
            straight.engine.projection_digests().expect("digests")
        );
        let log = ordered[0].log;
        prop_assert_eq!(
            mixed.engine.store().log_state(log).expect("a log"),
            straight.engine.store().log_state(log).expect("a log")
        );
        prop_assert_eq!(mixed.engine.check().expect("a check"), vec![]);
    }
}

#[test]
fn a_page_taken_twice_changes_nothing() {
    let entries = traded(1).own_entries();
    let mut till = Till::new(2);
    let first = till
        .engine
        .apply_feed_page(&page(0, entries.clone()), till.now);
    let count = entries.len();
    assert_eq!(
        first.expect("a page"),
        Applied {
            new: count,
            known: 0,
            quarantined: 0
        }
    );
    let before = till.engine.projection_digests().expect("digests");
    let second = till.engine.apply_feed_page(&page(0, entries), till.now);
    assert_eq!(
        second.expect("a page"),
        Applied {
            new: 0,
            known: count,
            quarantined: 0
        }
    );
    assert_eq!(till.engine.projection_digests().expect("digests"), before);
    assert_eq!(
        till.engine
            .store()
            .sync_position()
            .expect("a cursor")
            .feed
            .get(),
        count as u64
    );
    assert_eq!(
        till.engine.view().expect("a view").pending.entries,
        0,
        "others' entries are not pending here"
    );
}

#[test]
fn what_can_not_be_taken_is_kept_aside_and_does_not_hold_up_the_rest() {
    let mut entries = traded(1).own_entries();
    let last = entries.len() - 1;
    entries[1].change[20] ^= 1;
    entries[last].position = LogPosition::new(1).expect("in range");
    let mut till = Till::new(2);
    let applied = till
        .engine
        .apply_feed_page(&page(0, entries.clone()), till.now)
        .expect("a page");
    assert_eq!(
        applied,
        Applied {
            new: last - 1,
            known: 0,
            quarantined: 2
        }
    );
    till.engine
        .apply_feed_page(&page(0, entries.clone()), till.now)
        .expect("a page");
    let aside = till.engine.store().quarantine(10).expect("quarantine");
    assert_eq!(aside.len(), 2, "each once: {aside:?}");
    assert_eq!(aside[0].entry, entries[1]);
    assert!(till.engine.view().expect("a view").quarantined == 2);
    assert!(
        !till.engine.view().expect("a view").frozen,
        "another till's fork is not ours"
    );
}

#[test]
fn acknowledged_is_not_pending_and_a_new_epoch_starts_over() {
    let mut till = Till::new(1);
    till.open_session();
    let first = till.sell(&[("MUG", 1, "4.50")]);
    till.sell(&[("MUG", 2, "4.50")]);
    let pending = till.engine.view().expect("a view").pending;
    assert_eq!((pending.entries, pending.taken), (3, vec![pounds(1_350)]));

    let epoch = ServerEpoch::from_bytes([1; 16]);
    till.engine.begin_epoch(epoch, &[]).expect("an epoch");
    till.engine
        .acknowledge(first.log, first.position)
        .expect("T3");
    till.engine
        .acknowledge(first.log, LogPosition::START)
        .expect("T3");
    let pending = till.engine.view().expect("a view").pending;
    assert_eq!((pending.entries, pending.taken), (1, vec![pounds(900)]));

    let mut till = till.restart();
    assert_eq!(
        till.engine.view().expect("a view").pending.entries,
        1,
        "it is stored"
    );
    let durable = LogHead {
        log: first.log,
        position: LogPosition::new(2).expect("in range"),
        chain: LogHead::start(first.log).chain,
    };
    till.engine
        .begin_epoch(ServerEpoch::from_bytes([2; 16]), &[])
        .expect("an epoch");
    assert_eq!(till.engine.view().expect("a view").pending.entries, 3);
    till.engine
        .begin_epoch(ServerEpoch::from_bytes([3; 16]), &[durable])
        .expect("an epoch");
    assert_eq!(till.engine.view().expect("a view").pending.entries, 1);
}

/// The heart of it: a till is restored from an old copy, trades, and then gets back what its disk forgot.
#[test]
fn a_restored_old_copy_trades_and_loses_and_doubles_nothing() {
    let mut till = Till::new(1);
    till.open_session();
    till.sell(&[("MUG", 1, "4.50")]);
    let copy = till.directory().join("copy.db");
    till.engine.store().backup(&copy).expect("a copy");

    let mut numbers = BTreeSet::new();
    for _ in 0..5 {
        numbers.insert(till.sell(&[("MUG", 1, "4.50")]).number.expect("a number"));
    }
    let at_the_server = till.own_entries();
    let whole = till.engine.projection_digests().expect("digests");

    // The clock is set back too, so that only what is stored keeps numbers apart.
    let was = till.now.plus_milliseconds(-3_600_000);
    let mut till = till.restart_on(|directory| {
        std::fs::rename(directory.join("copy.db"), directory.join("till.db")).expect("restored");
    });
    till.now = was;
    let offline = till.sell(&[("BOWL", 1, "9.99")]);
    assert_eq!(
        till.engine
            .store()
            .orders_before(None, 100)
            .expect("orders")
            .len(),
        2
    );

    till.engine
        .apply_feed_page(&page(0, at_the_server.clone()), till.now)
        .expect("given back");
    let orders = till
        .engine
        .store()
        .orders_before(None, 100)
        .expect("orders");
    assert_eq!(orders.len(), 7, "six from before, one from after");
    let forgotten = till
        .engine
        .store()
        .log_state(at_the_server[0].log)
        .expect("readable")
        .expect("known");
    assert_eq!(forgotten.head.position.get(), at_the_server.len() as u64);
    assert_eq!(forgotten.acknowledged, forgotten.head.position);
    let pending = till.engine.view().expect("a view").pending;
    assert_eq!(
        (pending.entries, pending.taken),
        (1, vec![pounds(999)]),
        "only what the server lacks"
    );

    let next = till.sell(&[("MUG", 1, "4.50")]).number.expect("a number");
    assert!(
        !numbers.contains(&next),
        "numbers that came back are not given again"
    );
    assert!(numbers.iter().all(|number: &OrderNumber| next > *number));
    assert_eq!(till.engine.check().expect("a check"), []);
    assert_ne!(till.engine.projection_digests().expect("digests"), whole);
    assert!(
        till.engine
            .store()
            .document(offline.document)
            .expect("readable")
            .is_some()
    );
}

/// A later version of the till wrote it, say, and the server keeps it in quarantine.
#[test]
fn an_own_entry_that_can_t_be_read_here_keeps_its_place_and_is_sent_again() {
    let mut before = Till::new(1);
    before.open_session();
    before.sell(&[("MUG", 1, "4.50")]);
    let mut entries = before.own_entries();
    let log = entries[0].log;
    let document = entries[1].document;
    entries.insert(
        1,
        LogEntry {
            log,
            position: LogPosition::START,
            document,
            change: [7; 40].into(),
        },
    );
    for (entry, nth) in entries.iter_mut().zip(1..) {
        entry.position = LogPosition::new(nth).expect("in range");
    }
    let end = entries.len() as u64;

    // The disk is lost. A process that was started again writes another log.
    let mut till = Till::new(1).restart();
    let applied = till
        .engine
        .apply_feed_page(&page(0, entries.clone()), till.now)
        .expect("a page");
    assert_eq!((applied.new, applied.quarantined), (entries.len(), 0));
    let state = till.engine.store().log_state(log);
    let head = state.expect("readable").expect("known").head;
    assert_eq!(head.position.get(), end, "the log has no hole");
    let read = till.engine.read_log(log, LogPosition::START, &NoKey);
    let stretch = read.expect("readable").stretch.expect("whole");
    assert_eq!(
        (stretch.entries, stretch.head.head),
        (entries.clone(), head)
    );

    // It is in no document, and nothing trips over it.
    let history = till.engine.store().entries_of(document);
    assert_eq!(history.expect("readable").len(), 1);
    till.engine.rebuild().expect("rebuilt");
    assert_eq!(till.engine.check().expect("a check"), []);
    // The session came back too.
    till.sell(&[("MUG", 1, "4.50")]);

    // Another till's such entry is of no use to it.
    let mut other = Till::new(2);
    let applied = other
        .engine
        .apply_feed_page(&page(0, entries), other.now)
        .expect("a page");
    assert_eq!(applied.quarantined, 1);
}

#[test]
fn a_sale_of_another_till_is_taken_back_once_its_entries_are_here() {
    let mut other = Till::new(1);
    other.open_session();
    let sold = other.sell(&[("MUG", 2, "4.50")]);
    let mut till = Till::new(2);
    till.open_session();
    let unknown = till.try_submit(Action::Return(verified_return(sold.document, 1)));
    assert!(
        matches!(unknown, Err(SubmitError::Refused(_))),
        "{unknown:?}"
    );

    let found = other
        .engine
        .store()
        .entries_of(sold.document)
        .expect("entries");
    till.engine
        .apply_entries(&found, Origin::LookUp, till.now)
        .expect("the look-up's answer");
    let returned = till.submit(Action::Return(verified_return(sold.document, 2)));
    assert_eq!(returned.amount, Some(pounds(900)));
}

#[test]
fn a_log_with_two_histories_freezes_the_till_for_good() {
    let mut till = Till::new(1);
    till.open_session();
    let sold = till.sell(&[("MUG", 2, "4.50")]);
    // A test's randomness is seeded, so a second till of this number writes the same log, as only a fault could.
    let mut clone = Till::new(1);
    clone.open_session();
    clone.sell(&[("BOWL", 1, "9.99")]);
    let applied = till
        .engine
        .apply_entries(&clone.own_entries(), Origin::Repair, till.now);
    assert_eq!(
        applied.expect("the other history is kept aside"),
        Applied {
            new: 0,
            known: 1,
            quarantined: 1
        }
    );
    let mut till = till.restart();
    let refused = till.try_submit(Action::Sell(sale(&[("MUG", 1, "4.50")])));
    assert!(
        matches!(refused, Err(SubmitError::Frozen { log, position }) if (log, position) == (sold.log, sold.position)),
        "{refused:?}"
    );
    assert!(till.engine.view().expect("a view").frozen);
}

#[test]
fn own_logs_are_read_in_signed_stretches_that_chain_up() {
    let till = traded(1);
    let entries = till.own_entries();
    let log = till.engine.log();
    let read = till
        .engine
        .read_log(log, LogPosition::START, &NoKey)
        .expect("a stretch");
    let stretch = read.stretch.expect("there is something");
    assert_eq!(stretch.entries, entries);
    let state = till
        .engine
        .store()
        .log_state(log)
        .expect("readable")
        .expect("known");
    assert_eq!(stretch.head.head, state.head);
    let rest = till
        .engine
        .read_log(log, state.head.position, &NoKey)
        .expect("nothing");
    assert_eq!(rest.stretch, None);
    let hello = till.engine.sync_state().expect("a state");
    assert_eq!(hello.current, Some(log));
    assert_eq!(hello.logs.len(), 1);
}

#[test]
fn other_tills_logs_are_offered_up_to_their_newest_provable_head() {
    let author = traded(1);
    let entries = author.own_entries();
    let log = author.engine.log();
    let head = |count: usize| {
        let mut head = LogHead::start(log);
        for entry in &entries[..count] {
            let change = holdfast_schemas::change::recognise(&entry.change).expect("ours");
            head = LogHead {
                log,
                position: entry.position,
                chain: entry.chain(head.chain, change.hash()),
            };
        }
        SignedHead {
            head,
            signature: HeadSignature::from_bytes([9; 64]),
        }
    };
    let mut till = Till::new(2);
    let first = FeedPage {
        heads: vec![head(3)],
        ..page(0, entries[..3].to_vec())
    };
    // The second page lacks an entry, so its head proves nothing yet.
    let second = FeedPage {
        heads: vec![head(6)],
        ..page(3, entries[4..6].to_vec())
    };
    till.engine
        .apply_feed_page(&first, till.now)
        .expect("a page");
    till.engine
        .apply_feed_page(&second, till.now)
        .expect("a page");
    let offered = till.engine.store().provable_heads(None, 10).expect("heads");
    assert_eq!(offered, [head(3).head]);
    assert_eq!(
        till.engine
            .store()
            .provable_heads(Some(log), 10)
            .expect("heads"),
        []
    );
    let read = till
        .engine
        .read_log(log, LogPosition::START, &NoKey)
        .expect("a stretch");
    assert_eq!(
        read.stretch.map(|stretch| (stretch.entries, stretch.head)),
        Some((entries[..3].to_vec(), head(3)))
    );

    till.engine
        .apply_entries(&entries[3..4], Origin::Repair, till.now)
        .expect("a repair");
    assert_eq!(
        till.engine.store().provable_heads(None, 10).expect("heads"),
        [head(6).head]
    );
    let read = till
        .engine
        .read_log(log, head(3).head.position, &NoKey)
        .expect("a stretch");
    assert_eq!(read.stretch.map(|stretch| stretch.entries.len()), Some(3));
}

#[test]
fn digests_of_two_tills_differ_exactly_by_what_one_lacks() {
    let entries = traded(1).own_entries();
    let hashes: Vec<_> = entries
        .iter()
        .map(|entry| {
            holdfast_schemas::change::recognise(&entry.change)
                .expect("ours")
                .hash()
        })
        .collect();
    let (mut full, mut short) = (Till::new(2), Till::new(3));
    full.open_session();
    full.engine
        .apply_entries(&entries, Origin::Repair, full.now)
        .expect("a page");
    short
        .engine
        .apply_entries(&entries[1..], Origin::Repair, short.now)
        .expect("a page");
    let (_, all) = full.engine.store().digest().expect("a digest");
    let (_, less) = short.engine.store().digest().expect("a digest");
    assert_eq!(all.differing(&less), [hashes[0].as_bytes()[0]]);
    assert_eq!(
        short.engine.store().missing(&hashes).expect("missing"),
        [hashes[0]]
    );
    let sent = full
        .engine
        .store()
        .entries_by_hash(&[hashes[0]])
        .expect("entries");
    short
        .engine
        .apply_entries(&sent, Origin::Repair, short.now)
        .expect("a repair");
    assert_eq!(short.engine.store().digest().expect("a digest").1, all);
}

#[test]
fn digests_leave_out_what_was_only_looked_up_until_the_feed_brings_it() {
    let entries = traded(1).own_entries();
    let mut till = Till::new(2);
    till.open_session();
    let digest = |till: &Till| till.engine.store().digest().expect("a digest").1;
    let nothing = digest(&till);
    till.engine
        .apply_entries(&entries, Origin::LookUp, till.now)
        .expect("the look-up's answer");
    assert_eq!(digest(&till), nothing);

    let known = till
        .engine
        .apply_feed_page(&page(0, entries.clone()), till.now);
    assert_eq!(known.expect("a page").known, entries.len());
    let mut straight = Till::new(3);
    straight
        .engine
        .apply_feed_page(&page(0, entries.clone()), straight.now)
        .expect("a page");
    assert_eq!(digest(&till), digest(&straight));

    // A server that was restored has less; what its feed brings counts from then on.
    let epoch = ServerEpoch::from_bytes([7; 16]);
    till.engine.begin_epoch(epoch, &[]).expect("an epoch");
    assert_eq!(digest(&till), nothing);
}

#[test]
fn what_comes_back_from_a_file_is_sent_and_what_comes_from_the_server_is_not() {
    let entries = traded(1).own_entries();
    for (origin, pending) in [
        (Origin::File, entries.len() as u64),
        (Origin::Repair, 0),
        (Origin::LookUp, 0),
    ] {
        let mut blank = Till::new(1);
        blank
            .engine
            .apply_entries(&entries, origin, blank.now)
            .expect("own entries");
        let view = blank.engine.view().expect("a view");
        assert_eq!(view.pending.entries, pending, "{origin:?}");
    }
}
