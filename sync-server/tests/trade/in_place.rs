//! Changes that do not stand where their author's own writer would have put them.

use std::num::NonZeroU64;

use holdfast_schemas::{
    change::{COUNTER_MAX, ChangeBase, ChangeDraft, DEPS_PER_CHANGE_MAX, write_change},
    document::{Document, OPERATIONS_PER_DOCUMENT_MAX},
    identity::{ChangeHash, DocumentId},
    operation::{Author, Operation, ReferenceClaimed, Role, write_operation},
};
use holdfast_server::store::{
    EntryVerdict, FrameOutcome, PageLimit, QuarantineNumber, QuarantineReason, RecognisedChange,
    Store,
};

use super::shop::{Company, OPENED, on_both};

const COUNTERS_AHEAD_MAX: u64 = OPERATIONS_PER_DOCUMENT_MAX as u64;

/// A claim of another name, written by hand.
struct Forged {
    deps: Vec<ChangeHash>,
    sequence: u64,
    first_counter: u64,
}

fn claim(value: u64) -> Operation {
    let by = Author {
        role: Role::Cashier,
        user: None,
    };
    let reference = format!("web:{value}").parse().expect("a reference");
    Operation::new(OPENED, by, ReferenceClaimed { reference }.into())
}

/// An order of the first till with its deps and its last counter.
fn sold(company: &mut Company, server: &dyn Store) -> (DocumentId, Vec<ChangeHash>, u64) {
    let order = company.sell(0, "TEA", 1, None);
    company.bring_all(server);
    let document = &company.documents[&order];
    (order, document.heads().collect(), document.last_counter())
}

/// The second till writes this into an order and brings it. Gives why it was put aside.
fn bring(
    company: &mut Company,
    server: &dyn Store,
    order: DocumentId,
    forged: &Forged,
) -> Option<QuarantineReason> {
    let number = |number| NonZeroU64::new(number).expect("from 1");
    let till = company.till(1);
    let text = write_operation(&claim(forged.first_counter)).expect("short");
    let mut deps = forged.deps.clone();
    deps.sort_unstable();
    let written = write_change(&ChangeDraft {
        log: till.head.log,
        base: ChangeBase::Changes {
            deps: &deps,
            sequence: number(forged.sequence),
            first_counter: number(forged.first_counter),
        },
        operations: &[text],
    })
    .expect("within limits");
    till.log(order, written.bytes.into_boxed_slice());
    let end = till.head.position.get();
    let outcome = till.bring_up_to(server, end);
    let FrameOutcome::Durable { quarantined, .. } = outcome else {
        panic!("its place counts as used: {outcome:?}");
    };
    let aside = server
        .quarantined(QuarantineNumber::START, PageLimit::MAX)
        .expect("read");
    (quarantined > 0).then(|| aside.last().expect("one").reason)
}

const COUNTER: Option<QuarantineReason> = Some(QuarantineReason::CounterOutOfPlace);
const SEQUENCE: Option<QuarantineReason> = Some(QuarantineReason::SequenceOutOfPlace);

#[test]
fn a_counter_follows_on_all_that_its_author_had_seen() {
    let gaps = [(0, COUNTER), (1, None), (2, COUNTER), (1_000_000, COUNTER)];
    for (gap, reason) in gaps {
        on_both(|server| {
            let mut company = Company::found(server);
            let (order, deps, last) = sold(&mut company, server);
            let forged = Forged {
                deps,
                sequence: 1,
                first_counter: last + gap,
            };
            assert_eq!(bring(&mut company, server, order, &forged), reason, "{gap}");
        });
    }
}

#[test]
fn a_log_s_changes_to_a_document_are_numbered_without_gaps() {
    for (sequence, reason) in [(1, None), (2, SEQUENCE), (7, SEQUENCE)] {
        on_both(|server| {
            let mut company = Company::found(server);
            let (order, deps, last) = sold(&mut company, server);
            let first = Forged {
                deps: deps.clone(),
                sequence,
                first_counter: last + 1,
            };
            assert_eq!(bring(&mut company, server, order, &first), reason);
            // What is in quarantine was written all the same, so the next one is the second either way; but not one
            // that repeats the first.
            let mut next = Forged {
                deps,
                sequence: 1,
                first_counter: last + 2,
            };
            assert_eq!(bring(&mut company, server, order, &next), SEQUENCE);
            next.sequence = 3;
            let counters = if reason.is_none() { None } else { COUNTER };
            assert_eq!(bring(&mut company, server, order, &next), counters);
        });
    }
}

/// A change that names what the server does not have is taken: it may be a fact, and what it names may be lost for ever.
#[test]
fn a_change_whose_dependency_is_missing_is_taken_if_its_counter_can_be_true() {
    for (ahead, reason) in [
        (1, None),
        (COUNTERS_AHEAD_MAX + 1, None),
        (COUNTERS_AHEAD_MAX + 2, COUNTER),
    ] {
        on_both(|server| {
            let mut company = Company::found(server);
            let (order, mut deps, last) = sold(&mut company, server);
            deps.push(ChangeHash::from_bytes([9; 32]));
            let forged = Forged {
                deps,
                sequence: 1,
                first_counter: last + ahead,
            };
            assert_eq!(
                bring(&mut company, server, order, &forged),
                reason,
                "{ahead}"
            );
        });
    }
}

/// Else one till could use up the counters of all: no till appends to a document whose counters are at the end.
#[test]
fn what_is_in_quarantine_vouches_for_no_counter() {
    on_both(|server| {
        let mut company = Company::found(server);
        let (order, deps, last) = sold(&mut company, server);
        let mut forged = Forged {
            deps,
            sequence: 1,
            first_counter: COUNTER_MAX - 10,
        };
        assert_eq!(bring(&mut company, server, order, &forged), COUNTER);
        let aside = server
            .quarantined(QuarantineNumber::START, PageLimit::MAX)
            .expect("read");
        forged.deps = vec![aside[0].hash];
        forged.sequence = 2;
        forged.first_counter = COUNTER_MAX - 5;
        assert_eq!(bring(&mut company, server, order, &forged), COUNTER);
        // An honest change that was written after it is taken.
        forged.sequence = 3;
        forged.first_counter = last + 2;
        assert_eq!(bring(&mut company, server, order, &forged), None);
    });
}

/// A writer names no more than so many of the changes that it has seen.
#[test]
fn an_honest_change_after_more_logs_than_it_can_name_is_taken() {
    on_both(|server| {
        let mut company = Company::found(server);
        let (order, deps, last) = sold(&mut company, server);
        let begun = company.documents[&order].clone();
        let mut all: Document = begun.clone();
        let logs = u8::try_from(DEPS_PER_CHANGE_MAX).expect("few") + 6;
        // Each start of the other till's process writes at once with the others; the last of them most.
        for nth in 0..logs {
            company.restart(1, 100 + nth);
            let log = company.till(1).head.log;
            let count = if nth + 1 == logs { 3 } else { 1 };
            let operations: Vec<Operation> = (0..count).map(claim).collect();
            let appended = begun.append(log, &operations).expect("within limits");
            all.insert(appended.change);
            company.till(1).log(order, appended.bytes.into());
            assert!(matches!(
                company.till(1).bring_up_to(server, 1),
                FrameOutcome::Durable { quarantined: 0, .. }
            ));
        }
        assert!(deps.len() == 1 && all.last_counter() == last + 3);
        company.restart(1, 99);
        let log = company.till(1).head.log;
        let appended = all.append(log, &[claim(7)]).expect("within limits");
        assert!(appended.change.deps().len() < usize::from(logs));
        company.till(1).log(order, appended.bytes.into());
        let outcome = company.till(1).bring_up_to(server, 1);
        assert!(matches!(
            outcome,
            FrameOutcome::Durable { quarantined: 0, .. }
        ));
    });
}

#[test]
fn a_person_does_not_put_in_place_what_is_not() {
    on_both(|server| {
        let mut company = Company::found(server);
        let (order, deps, last) = sold(&mut company, server);
        let forged = Forged {
            deps,
            sequence: 1,
            first_counter: last + 100,
        };
        assert_eq!(bring(&mut company, server, order, &forged), COUNTER);
        let till = company.till(1);
        let frame = till.frame(server, 0, 1);
        let EntryVerdict::Recognised(change) = &frame.entries[0].verdict else {
            panic!("it is a change of our shape");
        };
        let change: RecognisedChange = change.clone();
        let number = QuarantineNumber::new(1);
        assert!(
            !server
                .release_quarantined(number, change, OPENED)
                .expect("read")
        );
    });
}
