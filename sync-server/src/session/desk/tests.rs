//! Rights as tills ask for them.

use std::sync::Arc;

use holdfast_schemas::{
    document::{Appended, Document},
    identity::{DocumentId, LogId, NodeNumber},
    operation::{Author, Body, Operation, OrderResumed, OrderSuspended, ResumeRight, Role},
    sync::server::{Input, PeerIdentity},
    time::Timestamp,
    wire::{Answer, HeldBecause, HeldRight, Question, Right, RightKind},
};

use super::Desk;
use crate::{
    ingest::prepare_change,
    session::testing::{NOW, enrol, epoch, first_frame, frame, node, store_id, tenant},
    store::{Contact, FramePrepared, Store, memory::MemoryStore, sqlite::SqliteStore},
};

/// Two tills in the north and one in the south, and an order of the north's.
struct Shops {
    store: Arc<dyn Store>,
    order: DocumentId,
}

impl Shops {
    fn open(store: Arc<dyn Store>) -> Self {
        for (number, name) in [(1, "north"), (2, "north"), (3, "south")] {
            enrol(&*store, number, name);
        }
        let order = DocumentId::from_bytes([7; 16]);
        let frame = first_frame(node(1), order, &store_id("north"));
        store.ingest(&[frame]).expect("kept");
        Self { store, order }
    }

    fn again(store: Arc<dyn Store>) -> Self {
        let order = DocumentId::from_bytes([7; 16]);
        Self { store, order }
    }

    /// The answer; where a right is given, whatever the moment since which it counts.
    fn ask(&self, till: u32, question: &Question) -> Answer {
        let answer = self.desk(till).answer(question, NOW).expect("an answer");
        if matches!(answer, Answer::Granted { .. }) {
            GRANTED
        } else {
            answer
        }
    }

    /// Since when a right counts that is taken or passed on at this moment.
    fn since(&self, till: u32, question: &Question, at: Timestamp) -> Timestamp {
        let answer = self.desk(till).answer(question, at).expect("an answer");
        let Answer::Granted { since } = answer else {
            panic!("{answer:?}");
        };
        since
    }

    /// What the till's hello says of the refund right; whether it lost it.
    fn claim(&self, till: u32, since: Timestamp) -> bool {
        let right = self.right(RightKind::Refund);
        self.loses(till, HeldRight { right, since })
    }

    /// Whether a till loses the right that its hello says it holds.
    fn loses(&self, till: u32, held: HeldRight) -> bool {
        let read = self.desk(till).read_logs(&[], &[held], NOW);
        let Input::LogsRead { rights_lost, .. } = read.expect("an answer") else {
            panic!("the logs are read");
        };
        rights_lost == [held.right]
    }

    fn desk(&self, till: u32) -> Desk {
        let record = self.store.node(node(till)).expect("read").expect("known");
        Desk {
            store: Arc::clone(&self.store),
            peer: PeerIdentity {
                tenant: tenant(),
                store: record.store,
                node: record.node,
            },
        }
    }

    fn right(&self, kind: RightKind) -> Right {
        Right {
            kind,
            document: self.order,
        }
    }

    fn take(&self, till: u32) -> Answer {
        let right = self.right(RightKind::Refund);
        self.ask(till, &Question::TakeRight { right })
    }

    fn release(&self, till: u32) -> Answer {
        self.release_right(till, self.right(RightKind::Refund))
    }

    fn release_right(&self, till: u32, right: Right) -> Answer {
        self.ask(till, &Question::ReleaseRight { right })
    }

    fn grant(&self, till: u32, to: u32) -> Answer {
        let right = self.right(RightKind::Refund);
        self.ask(
            till,
            &Question::GrantRight {
                right,
                to: node(to),
            },
        )
    }

    fn report(&self, till: u32, complete: bool) {
        let contact = Contact {
            at: NOW,
            complete,
            cloned: false,
        };
        self.store.note_contact(node(till), contact).expect("kept");
    }
}

fn suspended(till: NodeNumber) -> OrderSuspended {
    OrderSuspended {
        till,
        granted: Default::default(),
    }
}

/// A basket that a till puts aside: its id, and the log in which the till does, which has not come in yet.
fn put_aside(till: u32) -> (DocumentId, FramePrepared) {
    let till = node(till);
    let basket = Document::new(DocumentId::new(NOW, till, 9));
    (basket.id(), written(till, &basket, suspended(till).into()))
}

/// The log in which a till takes up a basket that its neighbour put aside.
fn taken_up(till: u32, basket: DocumentId) -> FramePrepared {
    let till = node(till);
    let mut document = Document::new(basket);
    let by = basket.node();
    let appended = append(by, &document, suspended(by).into());
    document.insert(appended.change);
    let resumed = OrderResumed {
        till,
        session: None,
        right: ResumeRight::Held,
    };
    written(till, &document, resumed.into())
}

fn append(till: NodeNumber, document: &Document, body: Body) -> Appended {
    let by = Author {
        role: Role::Cashier,
        user: None,
    };
    let operation = Operation::new(NOW, by, body);
    let log = LogId::new(till, [2; 12]);
    document.append(log, &[operation]).expect("a change")
}

fn written(till: NodeNumber, document: &Document, body: Body) -> FramePrepared {
    let appended = append(till, document, body);
    let log = appended.change.log();
    let bytes = appended.bytes.into_boxed_slice();
    let entry = prepare_change(log, document.id(), &appended.change, bytes);
    frame(log, entry)
}

/// Runs a test on both engines.
fn on_both(test: impl Fn(&Shops)) {
    test(&Shops::open(Arc::new(MemoryStore::new(tenant(), epoch(1)))));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.db");
    let database = SqliteStore::create(&file, &tenant(), epoch(1)).expect("a new file");
    test(&Shops::open(Arc::new(database)));
}

fn held_by(by: u32) -> Answer {
    Answer::Held {
        by: node(by),
        because: HeldBecause::Away,
    }
}

const GRANTED: Answer = Answer::Granted { since: NOW };

#[test]
fn one_till_at_a_time_holds_a_right() {
    on_both(|shops| {
        let steps: [(&str, Answer, Answer); 12] = [
            ("the first who asks", shops.take(1), GRANTED),
            ("asks again", shops.take(1), GRANTED),
            ("another", shops.take(2), held_by(1)),
            ("another store", shops.take(3), Answer::Refused),
            (
                "not the holder releases",
                shops.release(2),
                Answer::Released,
            ),
            ("it is still held", shops.take(2), held_by(1)),
            (
                "not the holder passes on",
                shops.grant(2, 2),
                Answer::Refused,
            ),
            ("to another store", shops.grant(1, 3), Answer::Refused),
            ("to nobody", shops.grant(1, 9), Answer::Refused),
            ("to the neighbour", shops.grant(1, 2), GRANTED),
            ("the neighbour holds it", shops.take(1), held_by(2)),
            ("the neighbour is done", shops.release(2), Answer::Released),
        ];
        for (step, answer, expected) in steps {
            assert_eq!(answer, expected, "{step}");
        }
        assert_eq!(shops.take(1), GRANTED, "it is free again");
        let resume = shops.right(RightKind::Resume);
        let other = shops.ask(2, &Question::TakeRight { right: resume });
        assert_eq!(other, GRANTED, "every kind is a right of its own");
    });
}

#[test]
fn a_store_that_looked_the_order_up_may_ask_for_its_rights() {
    on_both(|shops| {
        assert_eq!(shops.take(3), Answer::Refused);
        let south = store_id("south");
        shops.store.grant_scope(shops.order, &south).expect("kept");
        assert_eq!(shops.take(3), GRANTED);
        assert_eq!(shops.take(1), held_by(3));
    });
}

#[test]
fn a_restored_server_grants_nothing_until_every_till_has_reported() {
    on_both(|shops| {
        assert_eq!(shops.take(1), GRANTED);
        shops.store.begin_epoch(epoch(2), 100).expect("kept");
        // Not even to the holder: it may have passed the right on since the backup.
        assert_eq!(shops.take(1), Answer::NotYet);
        shops.report(1, true);
        assert_eq!(shops.take(1), Answer::NotYet, "its neighbour is missing");
        shops.report(2, false);
        assert_eq!(
            shops.take(1),
            Answer::NotYet,
            "its neighbour has more to tell"
        );
        shops.report(2, true);
        // The backup does not know that the south looked the order up since, and was given its rights.
        assert_eq!(shops.take(1), Answer::NotYet, "the south is missing");
        let south = store_id("south");
        assert_eq!(shops.store.open_rights(&south).expect("kept"), [node(3)]);
        assert_eq!(shops.take(1), GRANTED);
        assert_eq!(shops.take(2), held_by(1));
    });
}

#[test]
fn neither_a_revoked_till_nor_one_that_enrolled_since_is_waited_for() {
    on_both(|shops| {
        shops.store.begin_epoch(epoch(2), 0).expect("kept");
        enrol(&*shops.store, 4, "north");
        shops.report(1, true);
        shops.report(3, true);
        assert_eq!(shops.take(1), Answer::NotYet);
        shops.store.revoke_node(node(2), NOW).expect("kept");
        assert_eq!(shops.take(1), GRANTED);
    });
}

#[test]
fn rights_and_those_who_are_awaited_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.db");
    let database = SqliteStore::create(&file, &tenant(), epoch(1)).expect("a new file");
    let shops = Shops::open(Arc::new(database));
    assert_eq!(shops.take(1), GRANTED);
    drop(shops);
    let reopen = || Shops::again(Arc::new(SqliteStore::open(&file).expect("the same file")));
    let shops = reopen();
    assert_eq!(shops.take(2), held_by(1));
    shops.store.begin_epoch(epoch(2), 0).expect("kept");
    shops.report(1, true);
    shops.report(3, true);
    drop(shops);
    let shops = reopen();
    assert_eq!(shops.take(2), Answer::NotYet);
    assert_eq!(shops.store.awaited().expect("read"), [node(2)]);
    let north = store_id("north");
    assert_eq!(shops.store.open_rights(&north).expect("kept"), [node(2)]);
    assert_eq!(shops.store.open_rights(&north).expect("kept"), []);
    drop(shops);
    assert_eq!(reopen().take(2), held_by(1));
}

#[test]
fn a_restored_server_learns_rights_from_the_tills_and_gives_none_of_them_twice() {
    on_both(|shops| {
        // The backup is of before the first till took it.
        shops.store.begin_epoch(epoch(2), 100).expect("kept");
        assert!(!shops.claim(1, NOW), "it is the holder");
        // A claim of a time before is of a restored disk.
        let before = Timestamp::from_milliseconds(NOW.milliseconds() - 1);
        assert!(shops.claim(2, before));
        // And one of a time after is of who was given it since, whatever the backup says.
        assert!(!shops.claim(3, NOW.plus_milliseconds(1)));
        (1..=3).for_each(|till| shops.report(till, true));
        assert_eq!(shops.take(1), held_by(3));
        assert_eq!(shops.release(3), Answer::Released);
        let take = Question::TakeRight {
            right: shops.right(RightKind::Refund),
        };
        let later = NOW.plus_milliseconds(2);
        assert_eq!(shops.since(1, &take, NOW), later, "than any claimed");
    });
}

/// A disk that was put back says that it holds what its till gave up since. Only a server that was restored itself
/// learns from what tills say.
#[test]
fn a_server_that_knows_all_its_rights_learns_none_from_a_till() {
    on_both(|shops| {
        assert!(shops.claim(1, NOW), "nobody was given it");
        assert_eq!(shops.take(2), GRANTED);
        assert!(shops.claim(1, NOW.plus_milliseconds(1)), "another holds it");
        assert_eq!(shops.take(1), held_by(2));
        assert!(!shops.claim(2, NOW), "its own");
    });
}

/// What a till puts aside it may take up again, and nobody gave it the right to: it is learned from whoever put it aside,
/// before and after that has come in, and from nobody else.
#[test]
fn a_till_keeps_the_right_to_a_basket_that_it_put_aside_when_it_comes_back() {
    on_both(|shops| {
        let (basket, frame) = put_aside(1);
        let held = HeldRight::put_aside(basket);
        assert!(shops.loses(2, held), "another put it aside");
        assert!(!shops.loses(1, held), "nobody else can know of it yet");
        assert_eq!(shops.release_right(1, held.right), Answer::Released);
        shops.store.ingest(&[frame]).expect("kept");
        assert!(!shops.loses(1, held), "it has come in, and nobody holds it");
        assert!(shops.loses(2, held), "another holds it");
        let take = Question::TakeRight { right: held.right };
        assert_eq!(shops.ask(2, &take), held_by(1));
    });
}

/// A basket that was taken up is over: a disk that was put back has no right to it.
#[test]
fn a_till_whose_basket_was_taken_up_since_is_not_given_the_right_to_it_again() {
    on_both(|shops| {
        let (basket, frame) = put_aside(1);
        shops.store.ingest(&[frame]).expect("kept");
        let held = HeldRight::put_aside(basket);
        assert!(!shops.loses(1, held));
        let yielded = shops.desk(1).yielded(held.right, node(2), NOW);
        assert!(matches!(yielded.expect("kept"), Answer::Granted { .. }));
        assert!(shops.loses(1, held), "its neighbour has it");
        shops.store.ingest(&[taken_up(2, basket)]).expect("kept");
        assert_eq!(shops.release_right(2, held.right), Answer::Released);
        assert!(shops.loses(1, held), "its neighbour sold it");
    });
}

/// A right that no server gave counts as older than any that one gave: also where its till's clock is years ahead.
#[test]
fn a_right_to_a_basket_that_was_passed_on_outlives_the_claim_of_who_put_it_aside() {
    on_both(|shops| {
        let (basket, frame) = put_aside(1);
        shops.store.ingest(&[frame]).expect("kept");
        let held = HeldRight::put_aside(basket);
        assert!(!shops.loses(1, held));
        // The backup is of before it was passed on; the till that did so was put back too.
        let right = held.right;
        let given = HeldRight {
            right,
            since: NOW.plus_milliseconds(1),
        };
        shops.store.begin_epoch(epoch(2), 100).expect("kept");
        assert!(!shops.loses(2, given));
        assert!(shops.loses(1, held), "whoever comes first");
    });
}

#[test]
fn a_till_that_was_shut_out_holds_no_basket_that_it_put_aside() {
    on_both(|shops| {
        let (basket, frame) = put_aside(1);
        shops.store.ingest(&[frame]).expect("kept");
        shops.store.revoke_node(node(1), NOW).expect("kept");
        let right = HeldRight::put_aside(basket).right;
        assert_eq!(shops.ask(2, &Question::TakeRight { right }), GRANTED);
    });
}

/// A till needs no word of the server to refund what it sold, so that another gets the right only when it gives it.
#[test]
fn the_till_that_sold_has_the_right_to_refund_until_it_gives_it_away_or_is_shut_out() {
    on_both(|shops| {
        let (sold, frame) = put_aside(1);
        shops.store.ingest(&[frame]).expect("kept");
        let right = Right {
            kind: RightKind::Refund,
            document: sold,
        };
        let take = Question::TakeRight { right };
        assert_eq!(shops.ask(2, &take), held_by(1), "it was never asked");
        let yielded = shops.desk(1).yielded(right, node(2), NOW);
        assert!(matches!(yielded.expect("kept"), Answer::Granted { .. }));
        assert_eq!(shops.ask(1, &take), held_by(2));
        shops.release_right(2, right);
        shops.store.revoke_node(node(1), NOW).expect("kept");
        assert_eq!(shops.ask(2, &take), GRANTED);
    });
}

/// Where the clock was set back, a right that is passed on counts all the same as given later than before: a server that
/// is restored from an older backup could otherwise take it for the older one, and give it twice.
#[test]
fn a_right_is_always_given_later_than_the_one_before() {
    on_both(|shops| {
        let right = shops.right(RightKind::Refund);
        let (take, to) = (Question::TakeRight { right }, node(2));
        let pass_on = Question::GrantRight { right, to };
        let later = NOW.plus_milliseconds(10);
        assert_eq!(shops.since(1, &take, later), later);
        let second = later.plus_milliseconds(1);
        assert_eq!(shops.since(1, &pass_on, NOW), second);
        assert_eq!(shops.release(2), Answer::Released);
        let third = later.plus_milliseconds(2);
        assert_eq!(shops.since(1, &take, NOW), third);
    });
}

#[test]
fn what_a_till_yields_is_passed_on_in_one_step() {
    on_both(|shops| {
        let right = shops.right(RightKind::Refund);
        assert_eq!(shops.take(1), GRANTED);
        let yielded = shops.desk(1).yielded(right, node(2), NOW);
        assert!(matches!(yielded.expect("kept"), Answer::Granted { .. }));
        assert_eq!(shops.take(1), held_by(2));
        let late = shops.desk(1).yielded(right, node(3), NOW);
        assert_eq!(late.expect("kept"), Answer::NotYet, "it is another's now");
        assert_eq!(shops.take(1), held_by(2));
    });
}
