//! Rights: taken, given up, yielded, and remembered through every restart and restored backup.

use super::{
    Pair, TILL,
    disks::{NO_HEIR, ServerDisk, node},
};
use crate::{
    sync::{
        server,
        till::{self, Link},
    },
    testing::document_id,
    time::Timestamp,
    wire::{
        Answer, AskId, HeldBecause, Question, Right, RightKind,
        limits::{ASK_TIMEOUT_MS, RIGHTS_HELD_MAX},
    },
};

fn refund_of(order: u64) -> Right {
    Right {
        kind: RightKind::Refund,
        document: document_id(order),
    }
}

fn refund() -> Right {
    refund_of(1)
}

fn last(pair: &Pair) -> &Answer {
    &pair.seen.answered.last().expect("an answer").1
}

/// Online, and the till holds the right.
fn holding() -> Pair {
    let mut pair = Pair::online();
    pair.ask(1, Question::TakeRight { right: refund() });
    assert_eq!(*last(&pair), Answer::Granted { since: pair.now });
    assert!(pair.disk.held.contains_key(&refund()), "stored first");
    pair
}

/// Without a line, the till gives its right up.
fn gave_up_offline(to: Option<u32>) -> Pair {
    let mut pair = holding();
    let right = refund();
    pair.line = false;
    pair.cut();
    let question = match to {
        Some(to) => Question::GrantRight {
            right,
            to: node(to),
        },
        None => Question::ReleaseRight { right },
    };
    pair.ask(2, question);
    assert!(matches!(*last(&pair), Answer::NotReachable { .. }));
    assert!(pair.disk.held.is_empty(), "it is given up all the same");
    assert_eq!(pair.disk.given_up.len(), 1, "and owed to the server");
    pair
}

fn joined_again(pair: &mut Pair) {
    pair.line = true;
    pair.advance(60_000);
    assert_eq!(pair.link(), Link::Online);
}

#[test]
fn a_right_that_is_held_is_granted_again_without_the_server() {
    let mut pair = holding();
    let since = pair.now;
    pair.restart_till();
    pair.line = false;
    pair.ask(2, Question::TakeRight { right: refund() });
    assert_eq!(*last(&pair), Answer::Granted { since });
    assert_eq!(pair.seen.sent_by_till("Ask"), 1, "the first only");
}

#[test]
fn a_right_is_taken_released_and_refused_to_another() {
    let mut pair = holding();
    let right = refund();
    pair.ask(2, Question::ReleaseRight { right });
    assert_eq!(*last(&pair), Answer::Released);
    assert!(pair.server.rights.is_empty());
    assert!(pair.disk.given_up.is_empty(), "settled");
    pair.server.rights.insert(right, (node(2), pair.now));
    pair.ask(3, Question::TakeRight { right });
    assert!(matches!(*last(&pair), Answer::Held { .. }));
    assert!(pair.disk.held.is_empty());
    pair.server.all_reported = false;
    pair.ask(4, Question::TakeRight { right });
    assert_eq!(*last(&pair), Answer::NotYet);
}

#[test]
fn a_right_given_up_without_a_line_is_told_until_the_server_knows() {
    for (to, then) in [
        (None, None),
        (Some(2), Some(node(2))),
        (Some(NO_HEIR), None),
    ] {
        let mut pair = gave_up_offline(to);
        pair.restart_till();
        joined_again(&mut pair);
        let holder = pair.server.rights.get(&refund()).map(|(by, _)| *by);
        assert_eq!(holder, then, "passed on to {to:?}");
        assert!(pair.disk.given_up.is_empty(), "settled");
        assert_eq!(
            pair.seen.answered.len(),
            2,
            "the machine's own questions are nobody else's"
        );
    }
}

/// Else the late word about the old right would free the new one, which two tills would then hold.
#[test]
fn a_right_is_not_taken_again_before_its_release_is_settled() {
    let mut pair = holding();
    pair.hold_answers = true;
    let right = refund();
    pair.ask(2, Question::ReleaseRight { right });
    pair.ask(3, Question::TakeRight { right });
    assert_eq!(*last(&pair), Answer::NotYet);
    pair.hold_answers = false;
    pair.advance(ASK_TIMEOUT_MS);
    assert!(pair.disk.given_up.is_empty(), "told again, and settled");
    pair.ask(4, Question::TakeRight { right });
    assert!(matches!(*last(&pair), Answer::Granted { .. }));
}

/// A server that was restored from a backup may take a till for the holder of a right that it has passed on since.
#[test]
fn a_till_passes_on_only_what_its_file_has() {
    let mut pair = Pair::online();
    let right = refund();
    pair.server.rights.insert(right, (node(TILL), pair.now));
    let to = node(2);
    pair.ask(1, Question::GrantRight { right, to });
    assert_eq!(*last(&pair), Answer::Refused);
    assert_eq!(
        pair.server.rights[&right].0,
        node(TILL),
        "nothing was passed on"
    );
}

fn yield_to(pair: &mut Pair, id: u64) -> Answer {
    let question = Question::YieldRight {
        right: refund(),
        to: node(2),
    };
    let id = AskId(id);
    pair.tell_session(server::Input::Ask { id, question });
    pair.settle();
    pair.seen.told.last().expect("an answer").1.clone()
}

#[test]
fn a_holder_yields_unless_it_is_using_the_right() {
    let mut pair = holding();
    pair.rights_in_use = true;
    let in_use = Answer::Held {
        by: node(TILL),
        because: HeldBecause::InUse,
    };
    assert_eq!(yield_to(&mut pair, 1), in_use);
    pair.rights_in_use = false;
    assert_eq!(yield_to(&mut pair, 2), Answer::Released);
    assert!(pair.disk.held.is_empty());
    assert!(pair.disk.given_up.is_empty(), "settled at once");
    assert_eq!(yield_to(&mut pair, 3), Answer::Released, "it is not held");
    assert_eq!(pair.link(), Link::Online);
}

#[test]
fn a_holder_that_says_nothing_in_time_is_not_reachable() {
    let mut pair = holding();
    pair.line = false;
    pair.to_till.clear();
    let id = AskId(1);
    let question = Question::YieldRight {
        right: refund(),
        to: node(2),
    };
    pair.tell_session(server::Input::Ask { id, question });
    let session = pair.session.as_mut().expect("online");
    while session.poll_effect().is_some() {}
    pair.advance(ASK_TIMEOUT_MS);
    assert!(matches!(
        pair.seen.told.last(),
        Some((_, Answer::NotReachable { .. }))
    ));
    assert!(pair.disk.held.contains_key(&refund()));
}

#[test]
fn a_restored_server_learns_who_holds_what_and_who_gave_it_up() {
    let mut pair = holding();
    let since = pair.now;
    pair.restore_server(ServerDisk::new(2));
    pair.advance(60_000);
    assert_eq!(pair.server.rights[&refund()], (node(TILL), since));
    // One that was given up to an heir while the server was away is passed on, though the server never knew of it.
    let mut pair = gave_up_offline(Some(2));
    pair.restore_server(ServerDisk::new(2));
    joined_again(&mut pair);
    assert_eq!(pair.server.rights[&refund()].0, node(2));
}

#[test]
fn of_two_holders_the_one_since_later_is_the_holder() {
    // The backup is older than this till's right: its record is of the holder before.
    let mut pair = holding();
    let since = pair.now;
    let mut old = ServerDisk::new(2);
    let before = Timestamp::from_milliseconds(since.milliseconds() - 1);
    old.rights.insert(refund(), (node(2), before));
    pair.restore_server(old);
    pair.advance(60_000);
    assert_eq!(pair.server.rights[&refund()], (node(TILL), since));
    // The till's disk is restored: what it remembers to hold was passed on since.
    let later = since.plus_milliseconds(1);
    pair.server.rights.insert(refund(), (node(2), later));
    pair.restart_till();
    pair.advance(60_000);
    assert!(pair.disk.held.is_empty(), "forgotten");
    assert_eq!(pair.server.rights[&refund()], (node(2), later));
}

#[test]
fn a_till_holds_no_more_rights_than_its_hello_can_say() {
    let mut pair = Pair::online();
    let most = u64::try_from(RIGHTS_HELD_MAX).expect("small");
    for order in 0..=most {
        let right = refund_of(order);
        pair.ask(order, Question::TakeRight { right });
    }
    assert_eq!(*last(&pair), Answer::Refused);
    assert_eq!(pair.disk.held.len(), RIGHTS_HELD_MAX);
    pair.reconnect();
    let right = refund_of(0);
    pair.ask(most + 1, Question::ReleaseRight { right });
    let right = refund_of(most);
    pair.ask(most + 2, Question::TakeRight { right });
    assert!(matches!(*last(&pair), Answer::Granted { .. }));
}

/// A grant whose answer was lost is no right: the file does not have it, and whoever asks next gets it.
#[test]
fn a_grant_whose_answer_was_lost_is_yielded() {
    let mut pair = Pair::online();
    pair.server.rights.insert(refund(), (node(TILL), pair.now));
    assert_eq!(yield_to(&mut pair, 1), Answer::Released);
    let rights = till::TillRights::default();
    assert_eq!(pair.disk.rights(), rights);
}
