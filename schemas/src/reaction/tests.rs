use std::collections::BTreeSet;

use super::{Numbered, Reaction, react, unalias};
use crate::{
    document::Document,
    identity::{NodeNumber, OrderNumberMint},
    operation::{
        Author, BlindReason, Body, LineKind, Operation, OrderBody, Original, ReferenceClaimed,
        ReturnOpened, Role, TaxMode, TenderKind,
    },
    order::resolve_aliases,
    testing::{
        append, document_id, log, open_session, order_number, order_of, reason, sale_line, sale_of,
        session_of, sold, store, written,
    },
    time::Timestamp,
    value::Currency,
};

fn order(id: u64, number: u64, reference: Option<&str>) -> Document {
    let session = session_of(&open_session(9_000, "2010-12-01", 0));
    let sale = sale_of(
        vec![sale_line("TEA", "1", "2", LineKind::Goods)],
        TenderKind::Cash,
    );
    let bodies = sold(number, &sale, &session);
    let operations: Vec<Operation> = bodies
        .operations()
        .map(|(_, recorded)| match recorded {
            crate::operation::Recorded::Known(operation) => operation.as_ref().clone(),
            crate::operation::Recorded::Unknown { .. } => panic!("a sale is known"),
        })
        .collect();
    let mut document = Document::new(document_id(id));
    let appended = document.append(log(1), &operations).unwrap();
    document.insert(appended.change);
    if let Some(reference) = reference {
        let reference = reference.parse().unwrap();
        append(
            &mut document,
            1,
            vec![ReferenceClaimed { reference }.into()],
        );
    }
    document
}

fn reactions(document: &Document, others: &[&Document]) -> Vec<Reaction> {
    let numbered = |document: &Document| Numbered::of(document).expect("an order or a return");
    let others: Vec<Numbered> = others.iter().map(|other| numbered(other)).collect();
    let mut mint = OrderNumberMint::new(NodeNumber::SERVER, None);
    react(
        &numbered(document),
        &others,
        Timestamp::from_milliseconds(0),
        &mut mint,
    )
    .unwrap()
}

fn write(document: &mut Document, reactions: &[Reaction]) {
    let mine = reactions
        .iter()
        .filter(|reaction| reaction.document == document.id());
    let operations: Vec<Operation> = mine.map(|reaction| reaction.operation.clone()).collect();
    if !operations.is_empty() {
        let appended = document.append(log(0), &operations).unwrap();
        document.insert(appended.change);
    }
}

#[test]
fn of_two_orders_with_one_number_the_later_gets_another_and_both_are_found() {
    let mut earlier = order(1, 77, None);
    let mut later = order(2, 77, None);
    let decided = reactions(&later, &[&earlier]);
    assert_eq!(
        decided,
        reactions(&earlier, &[&later]),
        "whichever arrives last"
    );
    assert_eq!(decided.len(), 1);
    write(&mut earlier, &decided);
    write(&mut later, &decided);
    assert_eq!(order_of(&earlier).numbers.current(), Some(order_number(77)));
    let later_state = order_of(&later);
    assert_ne!(later_state.numbers.current(), Some(order_number(77)));
    assert!(later_state.numbers.former().eq([order_number(77)]));
    assert_eq!(later_state.misfits[0].code(), "number_clash");
    assert_eq!(reactions(&later, &[&earlier]), Vec::new(), "it is settled");
    // A server that was restored decides again: the second decision does not count.
    write(&mut later, &decided);
    assert_eq!(order_of(&later).numbers, later_state.numbers);
}

/// A server that was restored gives the further number anew, and then gets back from a till which one it had given
/// before. One of them counts; whoever has a paper with the other finds the order by it.
#[test]
fn a_number_that_a_restored_server_gave_a_second_time_finds_its_document_too() {
    let earlier = order(1, 77, None);
    let mut later = order(2, 77, None);
    let first = reactions(&later, &[&earlier]);
    let mut second = first.clone();
    let Body::Order(OrderBody::NumberReassigned(reassigned)) = &mut second[0].operation.body else {
        panic!("a further number");
    };
    reassigned.number = order_number(99);
    write(&mut later, &first);
    let given = order_of(&later).numbers.current();
    write(&mut later, &second);
    let numbers = order_of(&later).numbers;
    assert_eq!(numbers.current(), given, "the first decision counts");
    assert!(numbers.former().eq([order_number(77), order_number(99)]));
}

/// A blind return.
fn returned(id: u64, number: u64) -> Document {
    let opened = ReturnOpened {
        number: order_number(i64::try_from(number).unwrap()),
        original: Original::Blind {
            because: BlindReason::NotFound,
        },
        store: store(),
        session: None,
        business_date: "2010-12-01".parse().unwrap(),
        currency: Currency::GBP,
        customer: None,
        tax_mode: TaxMode::Inclusive,
    };
    written(document_id(id), vec![opened.into()])
}

#[test]
fn of_an_order_and_two_returns_with_one_number_each_goes_by_its_own_and_the_old_one_finds_all() {
    let mut documents = [returned(1, 77), order(2, 77, None), returned(3, 77)];
    for settled in [false, true] {
        for at in 0..documents.len() {
            let all: Vec<&Document> = documents.iter().collect();
            let decided = reactions(&documents[at], &all);
            let named: Vec<_> = decided
                .iter()
                .map(|one| one.operation.body.name())
                .collect();
            let expected: &[&str] = if settled || at > 0 {
                &[]
            } else {
                &["number_reassigned", "return_number_reassigned"]
            };
            assert_eq!(named, expected);
            assert!(decided.iter().all(|one| one.operation.critical));
            // A server that was restored decides again: the second decision does not count.
            for _ in 0..2 {
                for document in &mut documents {
                    write(document, &decided);
                }
            }
        }
    }
    let folded = documents.map(|document| Numbered::of(&document).unwrap());
    let current: BTreeSet<_> = folded.iter().map(|one| one.numbers().current()).collect();
    assert_eq!(current.len(), folded.len());
    assert!(
        folded
            .iter()
            .all(|one| one.numbers().all().any(|number| number == order_number(77)))
    );
    let Numbered::Return(later) = &folded[2] else {
        panic!("a return stays one");
    };
    assert_eq!(later.misfits[0].code(), "number_clash");
    assert_eq!(later.misfits.len(), 1, "the second decision adds nothing");
}

#[test]
fn one_outside_order_that_was_captured_twice_is_one_until_people_say_otherwise() {
    let mut web = order(1, 1, Some("web:7"));
    let mut till = order(2, 2, Some("web:7"));
    let decided = reactions(&till, &[&web]);
    assert_eq!(decided.len(), 2, "one operation in each document");
    write(&mut web, &decided);
    write(&mut till, &decided);
    let one = resolve_aliases([&order_of(&till), &order_of(&web)]).unwrap();
    assert_eq!((one.canonical, one.documents.len()), (document_id(1), 2));
    let codes: Vec<_> = one
        .misfits
        .iter()
        .map(crate::misfit::Misfit::code)
        .collect();
    assert_eq!(codes, ["alias_both_paid"]);
    assert_eq!(reactions(&web, &[&till]), Vec::new());

    let by = Author {
        role: Role::Headquarters,
        user: None,
    };
    let at = Timestamp::from_milliseconds(1);
    let taken_back = unalias(&order_of(&web), &order_of(&till), &reason(), at, &by).unwrap();
    write(&mut web, &taken_back);
    write(&mut till, &taken_back);
    assert!(order_of(&web).aliases.is_empty() && order_of(&till).aliases.is_empty());
    assert_eq!(
        reactions(&web, &[&till]),
        Vec::new(),
        "it does not come back by itself"
    );
}

#[test]
fn an_alias_that_only_one_of_the_two_says_is_named_once_and_counts() {
    let mut web = order(1, 1, Some("web:7"));
    let till = order(2, 2, Some("web:7"));
    let decided = reactions(&till, &[&web]);
    write(&mut web, &decided);
    let states = [order_of(&web), order_of(&till)];
    let one = resolve_aliases(&states).unwrap();
    let named: Vec<_> = one
        .misfits
        .iter()
        .filter(|misfit| misfit.code() == "alias_one_sided")
        .collect();
    assert_eq!(
        named,
        [&crate::misfit::Misfit::AliasOneSided {
            document: document_id(1),
            other: document_id(2),
        }]
    );
    assert_eq!(one.documents.len(), 2);
}
