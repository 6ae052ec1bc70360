//! What a till takes from a file: what it can prove, and nothing else.

use holdfast_node::engine::{Applied, Origin, Unproved};
use holdfast_schemas::{
    identity::{LogPosition, TenantId},
    log::SignedHead,
    wire::{FeedPage, FeedPosition, Push},
};

use crate::support::{KEY, Key, Till};

/// A till's log from a position on, as its export holds it.
fn export(till: &Till, after: u64) -> Push {
    let store = till.engine.store();
    let log = store.own_logs(1).expect("logs")[0].head.log;
    let after = LogPosition::new(after).expect("a position");
    let read = till.engine.read_log(log, after, &KEY).expect("readable");
    let stretch = read.stretch.expect("something to send");
    Push {
        after,
        entries: stretch.entries,
        head: stretch.head,
    }
}

fn traded(node: u32) -> Till {
    let mut till = Till::new(node);
    till.open_session();
    for count in 1..=3 {
        till.sell(&[("MUG", count, "4.50")]);
    }
    till
}

fn import(till: &mut Till, push: &Push) -> Result<Applied, Unproved> {
    let now = till.now;
    till.engine.import(push, &KEY, now).expect("a file")
}

fn taken(new: usize, known: usize) -> Result<Applied, Unproved> {
    Ok(Applied {
        new,
        known,
        quarantined: 0,
    })
}

#[test]
fn what_this_till_signed_is_taken_and_again_changes_nothing() {
    let push = export(&traded(1), 0);
    let mut blank = Till::new(1);
    assert_eq!(import(&mut blank, &push), taken(4, 0));
    assert_eq!(import(&mut blank, &push), taken(0, 4));
    assert_eq!(blank.engine.view().expect("a view").pending.entries, 4);
    assert_eq!(blank.engine.check().expect("a check"), []);
}

#[test]
fn a_stretch_is_taken_once_what_is_before_it_is_here() {
    let till = traded(1);
    let (whole, later) = (export(&till, 0), export(&till, 2));
    let mut blank = Till::new(1);
    assert_eq!(import(&mut blank, &later), Err(Unproved::Gap));
    assert_eq!(import(&mut blank, &whole), taken(4, 0));
    assert_eq!(import(&mut blank, &later), taken(0, 2));
}

#[test]
fn a_log_that_came_out_of_order_proves_what_follows_each_of_its_places() {
    let till = traded(1);
    let entries = export(&till, 0).entries;
    let mut blank = Till::new(1);
    let now = blank.now;
    for places in [0..1, 2..4, 1..2] {
        let came = &entries[places];
        let applied = blank.engine.apply_entries(came, Origin::File, now);
        assert_eq!(applied.expect("taken").new, came.len());
    }
    for after in 0..4 {
        let known = entries.len() - usize::try_from(after).expect("few");
        let again = import(&mut blank, &export(&till, after));
        assert_eq!(again, taken(0, known), "after {after}");
    }
    assert_eq!(export(&blank, 0), export(&till, 0));
}

#[test]
fn of_what_was_changed_nothing_is_taken() {
    let whole = export(&traded(1), 0);
    let edited = |edit: &dyn Fn(&mut Push)| {
        let mut push = whole.clone();
        edit(&mut push);
        push
    };
    let tenant = TenantId::new("example").expect("a tenant");
    let other_document = edited(&|push| push.entries[1].document = push.entries[2].document);
    let other_change = edited(&|push| push.entries[3].change = push.entries[1].change.clone());
    let unreadable = edited(&|push| push.entries[3].change[20] ^= 1);
    let one_less = edited(&|push| drop(push.entries.remove(1)));
    let cut_off = edited(&|push| push.entries.truncate(3));
    let forged = edited(&|push| push.head = SignedHead::sign(push.head.head, &tenant, &Key(2)));
    for (push, why) in [
        (other_document, Unproved::Changed),
        (other_change, Unproved::Changed),
        (unreadable, Unproved::Changed),
        (one_less, Unproved::NotWhole),
        (cut_off, Unproved::NotWhole),
        (forged, Unproved::NotSigned),
    ] {
        let mut blank = Till::new(1);
        assert_eq!(import(&mut blank, &push), Err(why));
        assert_eq!(blank.engine.store().own_logs(9).expect("logs"), []);
    }
}

#[test]
fn another_tills_log_is_taken_only_as_far_as_the_server_vouched_for_it() {
    let other = traded(2);
    let push = export(&other, 0);
    let mut till = Till::new(1);
    assert_eq!(import(&mut till, &push), Err(Unproved::OtherTill));
    let through = FeedPosition::new(push.entries.len() as u64);
    let page = FeedPage {
        after: FeedPosition::new(0),
        through,
        end: through,
        entries: Vec::new(),
        heads: vec![push.head],
    };
    till.engine
        .apply_feed_page(&page, till.now)
        .expect("the server's word");
    assert_eq!(import(&mut till, &push), taken(4, 0));
    let entries = till.engine.view().expect("a view").pending.entries;
    assert_eq!(entries, 0, "what others wrote is not this till's to send");
}
