//! Attacks on the log: what a till that was taken over, or a forger, can write into one; on both engines.

use holdfast_schemas::{
    change::{ChangeBase, ChangeDraft, DocumentStart, RecordedKind, write_change},
    document::Document,
    identity::{ChainHash, ChangeHash, DocumentId, LOG_POSITION_MAX, LogId, NodeNumber},
    log::{HeadSignature, LogEntry},
    operation::{Author, DocumentKind, Operation, ReferenceClaimed, Role, write_operation},
    wire::Push,
};
use holdfast_server::store::{
    FrameOutcome, FreezeReason, PageLimit, QuarantineNumber, QuarantineReason, Quarantined, Store,
};

use super::shop::{Company, OPENED, Till, on_both, position, prepared};

/// How often a forged frame is repeated.
const REPEATS: usize = 1_000;

fn aside(server: &dyn Store) -> Vec<Quarantined> {
    server
        .quarantined(QuarantineNumber::START, PageLimit::MAX)
        .expect("a page")
}

fn bring(server: &dyn Store, push: Push, by: NodeNumber) -> FrameOutcome {
    let frame = prepared(server, push, by);
    server.ingest(&[frame]).expect("kept").remove(0)
}

fn claimed() -> Operation {
    let by = Author {
        role: Role::Cashier,
        user: None,
    };
    let reference = "web:1".parse().expect("a reference");
    Operation::new(OPENED, by, ReferenceClaimed { reference }.into())
}

/// A change that begins a document, whatever the log and the schema version.
fn beginning(log: LogId, schema: u32) -> Box<[u8]> {
    let start = DocumentStart {
        kind: RecordedKind::Known(DocumentKind::Order),
        schema: schema.try_into().expect("from 1"),
    };
    let draft = ChangeDraft {
        log,
        base: ChangeBase::Nothing(start),
        operations: &[write_operation(&claimed()).expect("short")],
    };
    write_change(&draft).expect("within limits").bytes.into()
}

/// What one entry of the first till is put aside for; none where it is taken.
fn verdict(server: &dyn Store, write: impl Fn(&mut Company)) -> Option<QuarantineReason> {
    let mut company = Company::found(server);
    for till in 0..3 {
        company.sell(till, "TEA", 1, None);
    }
    company.bring_all(server);
    let before = aside(server).len();
    write(&mut company);
    let till = &company.tills[0];
    let end = till.head.position.get();
    let outcome = till.bring_up_to(server, end);
    assert!(
        matches!(outcome, FrameOutcome::Durable { added: 1, .. }),
        "its place is used, and the log goes on: {outcome:?}"
    );
    aside(server).get(before).map(|aside| aside.reason)
}

type Write = fn(&mut Company);

/// An entry that its till signed, and that is not what it may write.
const ENTRIES: &[(&str, Option<QuarantineReason>, Write)] = &[
    (
        "another till's change",
        Some(QuarantineReason::OtherActor),
        |company| {
            let LogEntry {
                document, change, ..
            } = company.tills[1].entries[1].clone();
            company.till(0).log(document, change);
        },
    ),
    (
        "the server's actor",
        Some(QuarantineReason::OtherActor),
        |company| {
            let id = company.new_document(0);
            let change = beginning(LogId::new(NodeNumber::SERVER, [1; 12]), 1);
            company.till(0).log(id, change);
        },
    ),
    (
        "a document that another node drew",
        Some(QuarantineReason::OtherNode),
        |company| {
            let id = company.new_document(1);
            let log = company.till(0).head.log;
            company.till(0).log(id, beginning(log, 1));
        },
    ),
    (
        "a fact about another store's order",
        Some(QuarantineReason::OutOfScope),
        |company| {
            let store = &company.tills[2].store;
            let theirs = company.ids(DocumentKind::Order).into_iter().find(|id| {
                company
                    .order(*id)
                    .header
                    .is_some_and(|header| header.store == *store)
            });
            company.write(0, theirs.expect("sold"), vec![claimed().body]);
        },
    ),
    (
        "an order that begins in another store",
        Some(QuarantineReason::OtherStore),
        |company| {
            let ids = company.ids(DocumentKind::Order);
            let theirs = ids.iter().filter_map(|id| company.order(*id).header);
            let mut header = theirs.max_by_key(|header| header.number).expect("sold");
            header.store = company.tills[2].store.clone();
            let id = company.new_document(0);
            company.write(0, id, vec![header.into()]);
        },
    ),
    (
        "a beginning of what has begun",
        Some(QuarantineReason::BegunTwice),
        |company| {
            let (id, log) = (
                company.tills[0].entries[1].document,
                company.tills[0].head.log,
            );
            company.till(0).log(id, beginning(log, 1));
        },
    ),
    ("noise", Some(QuarantineReason::NotRecognised), |company| {
        let id = company.new_document(0);
        company.till(0).log(id, vec![7; 99].into());
    }),
    (
        "a change with a wrong checksum",
        Some(QuarantineReason::NotRecognised),
        |company| {
            let id = company.new_document(0);
            let mut change = beginning(company.till(0).head.log, 1);
            change[5] ^= 1;
            company.till(0).log(id, change);
        },
    ),
    // What it depends on never comes: kept, counted with what there is, and no reason to stop.
    ("missing dependencies", None, |company| {
        let log = company.till(0).head.log;
        let id = company.new_document(0);
        let deps = [
            ChangeHash::from_bytes([1; 32]),
            ChangeHash::from_bytes([2; 32]),
        ];
        let draft = ChangeDraft {
            log,
            base: ChangeBase::Changes {
                deps: &deps,
                sequence: 1.try_into().expect("from 1"),
                first_counter: 400.try_into().expect("from 1"),
            },
            operations: &[write_operation(&claimed()).expect("short")],
        };
        let change = write_change(&draft).expect("within limits");
        company.till(0).log(id, change.bytes.into());
    }),
    (
        "a counter far beyond what is there",
        Some(QuarantineReason::CounterOutOfPlace),
        |company| {
            let log = company.till(0).head.log;
            let id = company.new_document(0);
            let draft = ChangeDraft {
                log,
                base: ChangeBase::Changes {
                    deps: &[ChangeHash::from_bytes([1; 32])],
                    sequence: 1.try_into().expect("from 1"),
                    first_counter: 4_000_000_000.try_into().expect("from 1"),
                },
                operations: &[write_operation(&claimed()).expect("short")],
            };
            let change = write_change(&draft).expect("within limits");
            company.till(0).log(id, change.bytes.into());
        },
    ),
    // A later version's: kept and forwarded, understood as far as it goes.
    ("a schema from the future", None, |company| {
        let id = company.new_document(0);
        let change = beginning(company.till(0).head.log, u32::MAX);
        company.till(0).log(id, change);
    }),
];

#[test]
fn entries_that_their_till_may_not_write_are_put_aside_with_their_reason() {
    for (what, reason, write) in ENTRIES {
        on_both(|server| assert_eq!(verdict(server, write), *reason, "{what}"));
    }
}

/// The first till's next entry in a frame that `forge` changes.
fn forged(server: &dyn Store, forge: impl Fn(&mut Push, &Till, &Till)) -> (FrameOutcome, Till) {
    let mut company = Company::found(server);
    company.sell(0, "TEA", 1, None);
    company.sell(1, "TEA", 1, None);
    company.bring_all(server);
    company.sell(0, "MUG", 1, None);
    let (till, other) = (&company.tills[0], &company.tills[1]);
    let end = till.head.position.get();
    let mut push = till.push(end - 1, end);
    forge(&mut push, till, other);
    let outcome = bring(server, push, till.node);
    (outcome, Till::copy(till, end))
}

fn frozen(server: &dyn Store, till: &Till) -> Option<FreezeReason> {
    let record = server.node(till.node).expect("read").expect("enrolled");
    record.frozen.map(|(_, reason)| reason)
}

#[test]
fn a_head_that_another_key_or_nobody_signed_proves_nothing_and_freezes_nobody() {
    type Forge = fn(&mut Push, &Till, &Till);
    let forges: [(&str, Forge); 4] = [
        ("another till's key", |push, _, other| {
            push.head = other.sign(push.head.head);
        }),
        ("no signature", |push, _, _| {
            push.head.signature = HeadSignature::from_bytes([0; 64]);
        }),
        ("a head changed after it was signed", |push, _, _| {
            push.head.head.chain = ChainHash::from_bytes([9; 32]);
        }),
        ("a signature of another place", |push, till, _| {
            let before = till.push(0, 1).head;
            push.head.signature = before.signature;
        }),
    ];
    for (what, forge) in forges {
        on_both(|server| {
            let (outcome, till) = forged(server, forge);
            assert_eq!(outcome, FrameOutcome::NotSigned, "{what}");
            assert_eq!(frozen(server, &till), None, "{what}");
            assert_eq!(
                aside(server)[0].reason,
                QuarantineReason::NotSigned,
                "{what}"
            );
            // The place is free: the till's own word still comes.
            let end = till.head.position.get();
            assert!(matches!(
                till.bring_up_to(server, end),
                FrameOutcome::Durable { .. }
            ));
        });
    }
}

#[test]
fn a_second_history_that_the_till_signed_freezes_it_and_is_kept_as_evidence() {
    on_both(|server| {
        // A chain that is not the one of the entries, signed with the till's own key: two histories.
        let (outcome, till) = forged(server, |push, till, _| {
            let mut head = push.head.head;
            head.chain = ChainHash::from_bytes([9; 32]);
            push.head = till.sign(head);
        });
        assert!(
            matches!(outcome, FrameOutcome::Forked { .. }),
            "a broken chain: {outcome:?}"
        );
        assert_eq!(frozen(server, &till), Some(FreezeReason::Forked));
        assert_eq!(aside(server)[0].reason, QuarantineReason::Forked);
    });
    on_both(|server| {
        // The same log and position with another hash.
        let mut company = Company::found(server);
        company.sell(0, "TEA", 1, None);
        company.bring_all(server);
        let till = &company.tills[0];
        let end = till.head.position.get();
        let mut copy = Till::copy(till, end - 1);
        let id = DocumentId::new(copy.now, copy.node, 99);
        copy.log(id, beginning(copy.head.log, 1));
        let outcome = bring(server, copy.push(end - 1, end), copy.node);
        assert_eq!(outcome, FrameOutcome::Forked { at: position(end) });
        assert_eq!(frozen(server, &copy), Some(FreezeReason::Forked));
        assert_eq!(
            server.log_head(till.head.log).expect("read"),
            Some(till.head)
        );
    });
}

/// Found by the frames' property test: only hashes were compared, and the server acknowledged what it did not have.
#[test]
fn the_same_change_in_another_document_is_a_second_history() {
    on_both(|server| {
        let mut company = Company::found(server);
        let till = company.till(0);
        let change = beginning(till.head.log, 1);
        let mut copy = Till::copy(till, 0);
        till.log(DocumentId::new(till.now, till.node, 1), change.clone());
        copy.log(DocumentId::new(copy.now, copy.node, 2), change);
        assert!(matches!(
            till.bring_up_to(server, 1),
            FrameOutcome::Durable { .. }
        ));
        let outcome = bring(server, copy.push(0, 1), copy.node);
        assert_eq!(outcome, FrameOutcome::Forked { at: position(1) });
        assert_eq!(frozen(server, &copy), Some(FreezeReason::Forked));
    });
}

#[test]
fn gaps_and_positions_near_the_end_of_all_numbers_are_sent_back() {
    on_both(|server| {
        let mut company = Company::found(server);
        for _ in 0..4 {
            company.sell(0, "TEA", 1, None);
        }
        let till = &company.tills[0];
        let durable = position(0);
        let outcome = bring(server, till.push(2, 3), till.node);
        assert_eq!(outcome, FrameOutcome::Gap { durable });
        for after in [LOG_POSITION_MAX - 2, LOG_POSITION_MAX - 1] {
            let mut push = till.push(0, 1);
            push.after = position(after);
            push.entries[0].position = position(after + 1);
            push.head.head.position = position(after + 1);
            push.head = till.sign(push.head.head);
            assert_eq!(
                bring(server, push, till.node),
                FrameOutcome::Gap { durable }
            );
        }
        assert_eq!(server.log_head(till.head.log).expect("read"), None);
        assert_eq!(aside(server).len(), 0);
    });
}

/// Found by this attack: each repeat was put aside once more, and a stranger's till could fill the server's disk with one
/// frame.
#[test]
fn a_forged_frame_that_comes_a_thousand_times_is_kept_once() {
    on_both(|server| {
        let mut company = Company::found(server);
        company.sell(0, "TEA", 1, None);
        let till = &company.tills[0];
        let end = till.head.position.get();
        let mut push = till.push(0, end);
        push.head.signature = HeadSignature::from_bytes([0; 64]);
        for _ in 0..REPEATS {
            assert_eq!(
                bring(server, push.clone(), till.node),
                FrameOutcome::NotSigned
            );
        }
        assert_eq!(aside(server).len() as u64, end, "each entry once");
    });
}

#[test]
fn an_order_that_is_opened_again_is_the_one_that_it_was() {
    on_both(|server| {
        let mut company = Company::found(server);
        let id = company.sell(0, "TEA", 2, None);
        let before = company.order(id);
        let mut header = before.header.clone().expect("opened");
        header.number = company.tills[1]
            .mint
            .clone()
            .mint(OPENED)
            .expect("a number");
        company.write(0, id, vec![header.into()]);
        company.bring_all(server);
        let mut document = Document::new(id);
        for entry in server.document_entries(id, None).expect("read") {
            let change = holdfast_schemas::change::recognise(&entry.bytes).expect("ours");
            document.insert(change);
        }
        let after = holdfast_schemas::order::fold_order(id, document.operations());
        assert_eq!(
            (&after.header, after.status()),
            (&before.header, before.status())
        );
        assert_eq!(after.total_minor(), before.total_minor());
        let misfits: Vec<_> = after
            .misfits
            .iter()
            .map(holdfast_schemas::misfit::Misfit::code)
            .collect();
        assert_eq!(misfits, ["second_header"]);
    });
}
