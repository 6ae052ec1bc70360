//! Rights as tills ask for them.

use std::{num::NonZeroU64, sync::Arc};

use holdfast_schemas::{
    change::RecordedKind,
    identity::{ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, StoreId, TenantId},
    log::{HeadSignature, LogHead, SignedHead, chain},
    operation::DocumentKind,
    sync::server::{Input, PeerIdentity},
    time::Timestamp,
    wire::{Answer, HeldBecause, HeldRight, Question, Right, RightKind, ServerEpoch},
};

use super::Desk;
use crate::store::{
    Contact, DocumentScope, EnrolmentCode, EnrolmentRequest, EntryVerdict, FramePrepared,
    PreparedEntry, PublicKey, RecognisedChange, SecretHash, Store, StoreRecord,
    memory::MemoryStore, sqlite::SqliteStore,
};

const NOW: Timestamp = Timestamp::from_milliseconds(1_000);

fn tenant() -> TenantId {
    TenantId::new("example").expect("a tenant")
}

fn epoch(number: u8) -> ServerEpoch {
    ServerEpoch::from_bytes([number; 16])
}

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
        let read = self
            .desk(till)
            .read_logs(&[], &[HeldRight { right, since }])
            .expect("an answer");
        let Input::LogsRead { rights_lost, .. } = read else {
            panic!("the logs are read");
        };
        rights_lost == [right]
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
        let right = self.right(RightKind::Refund);
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

fn node(number: u32) -> NodeNumber {
    NodeNumber::new(number).expect("in range")
}

fn store_id(name: &str) -> StoreId {
    StoreId::new(name).expect("a store")
}

fn enrol(store: &dyn Store, number: u8, name: &str) {
    let (secret, store_id) = (SecretHash([number; 32]), store_id(name));
    let record = StoreRecord {
        store: store_id.clone(),
        added_at: NOW,
    };
    store.add_store(&record).expect("kept");
    let code = EnrolmentCode {
        secret,
        store: store_id,
        created_at: NOW,
        expires_at: NOW.plus_milliseconds(1),
    };
    store.add_enrolment_code(&code).expect("kept");
    let request = EnrolmentRequest {
        secret,
        public_key: PublicKey([number; 32]),
        at: NOW,
    };
    let enrolled = store.enrol(&request).expect("kept").expect("let in");
    assert_eq!(enrolled.node, node(number.into()));
}

/// The frame in which a till begins an order.
fn first_frame(by: NodeNumber, document: DocumentId, store: &StoreId) -> FramePrepared {
    let log = LogId::new(by, [1; 12]);
    let hash = ChangeHash::from_bytes([2; 32]);
    let position = LogPosition::new(1).expect("in range");
    let start = LogHead::start(log);
    FramePrepared {
        delivered_by: by,
        log,
        first: position,
        entries: vec![PreparedEntry {
            document,
            hash,
            bytes: [3; 8].into(),
            verdict: EntryVerdict::Recognised(RecognisedChange {
                begins: Some(DocumentScope {
                    kind: RecordedKind::Known(DocumentKind::Order),
                    store: Some(store.clone()),
                    refers_to: None,
                }),
                sequence: NonZeroU64::MIN,
                deps: Vec::new(),
                first_counter: NonZeroU64::MIN,
                last_counter: NonZeroU64::MIN,
                decided: None,
            }),
        }],
        head: Some(SignedHead {
            head: LogHead {
                log,
                position,
                chain: chain(start.chain, position, document, hash),
            },
            signature: HeadSignature::from_bytes([4; 64]),
        }),
        received_at: NOW,
    }
}

/// Runs a test on both engines.
fn on_both(test: impl Fn(&Shops)) {
    test(&Shops::open(Arc::new(MemoryStore::new(tenant(), epoch(1)))));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.db");
    let database = SqliteStore::create(&file, &tenant(), epoch(1)).expect("a new file");
    test(&Shops::open(Arc::new(database)));
}

fn held(by: u32) -> Answer {
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
            ("another", shops.take(2), held(1)),
            ("another store", shops.take(3), Answer::Refused),
            (
                "not the holder releases",
                shops.release(2),
                Answer::Released,
            ),
            ("it is still held", shops.take(2), held(1)),
            (
                "not the holder passes on",
                shops.grant(2, 2),
                Answer::Refused,
            ),
            ("to another store", shops.grant(1, 3), Answer::Refused),
            ("to nobody", shops.grant(1, 9), Answer::Refused),
            ("to the neighbour", shops.grant(1, 2), GRANTED),
            ("the neighbour holds it", shops.take(1), held(2)),
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
        assert_eq!(shops.take(1), held(3));
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
        assert_eq!(shops.take(2), held(1));
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
    assert_eq!(shops.take(2), held(1));
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
    assert_eq!(reopen().take(2), held(1));
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
        assert_eq!(shops.take(1), held(3));
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
        assert_eq!(shops.take(1), held(2));
        assert!(!shops.claim(2, NOW), "its own");
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
        assert_eq!(shops.take(1), held(2));
        let late = shops.desk(1).yielded(right, node(3), NOW);
        assert_eq!(late.expect("kept"), Answer::NotYet, "it is another's now");
        assert_eq!(shops.take(1), held(2));
    });
}
