//! Laws of documents, with Automerge as the oracle.

use proptest::prelude::*;

use super::{automerge::BridgeError, *};
use crate::{
    change::{
        DEPS_PER_CHANGE_MAX,
        oracle::{history, log, play, settle},
        recognise,
    },
    operation::{Author, Body, CashDropped, Operation, Role},
    time::Timestamp,
    value::MinorUnits,
};

fn id() -> DocumentId {
    DocumentId::from_bytes([9; 16])
}

fn dropped(amount: i64) -> Operation {
    let by = Author {
        role: Role::Cashier,
        user: None,
    };
    let body = CashDropped {
        amount_minor: MinorUnits::new(amount),
    };
    Operation::new(Timestamp::from_milliseconds(7), by, body.into())
}

/// A document with one change, and that change.
fn begun() -> (Document, Appended) {
    let first = Document::new(id()).append(log(1), &[dropped(1)]).unwrap();
    (Document::from_changes(id(), [first.change.clone()]), first)
}

fn bytes_of(changes: &BTreeMap<ChangeHash, Vec<u8>>) -> impl Iterator<Item = &[u8]> + Clone {
    changes.values().map(Vec::as_slice)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn several_authors_merge_as_automerge_merges(history in history()) {
        let mut authors = play(&history);
        settle(&mut authors);
        for author in &mut authors {
            let heads: Vec<_> = author.document.heads().map(|head| *head.as_bytes()).collect();
            let mut theirs: Vec<_> = author.automerge.get_heads().iter().map(|head| head.0).collect();
            theirs.sort_unstable();
            prop_assert_eq!(heads, theirs);
            let operations: Vec<_> = author.document.operations().map(|(id, _)| id).collect();
            prop_assert_eq!(operations, author.operations_by_automerge());
        }
        prop_assert_eq!(&authors[0].document, &authors[1].document);
        prop_assert_eq!(&authors[0].document, &authors[2].document);
    }

    #[test]
    fn arrival_order_and_repeats_make_no_difference(
        history in history(),
        arrivals in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let mut authors = play(&history);
        settle(&mut authors);
        let changes: Vec<_> = authors[0].changes.values().map(|bytes| recognise(bytes).unwrap()).collect();
        let mut document = Document::new(id());
        for arrival in &arrivals {
            let change = arrival.get(&changes);
            prop_assert_eq!(document.contains(change.hash()), !document.insert(change.clone()));
        }
        for change in changes.iter().rev() {
            document.insert(change.clone());
        }
        prop_assert_eq!(&document, &authors[0].document);
        prop_assert_eq!(document.missing_deps().count(), 0);
    }

    #[test]
    fn an_exported_document_is_read_back_to_the_same_changes(history in history()) {
        let mut authors = play(&history);
        settle(&mut authors);
        let author = &authors[0];
        let file = automerge::save(bytes_of(&author.changes)).unwrap();
        let loaded = automerge::load(&file).unwrap();
        let loaded: BTreeMap<_, _> = loaded.into_iter().map(|bytes| (recognise(&bytes).unwrap().hash(), bytes)).collect();
        prop_assert_eq!(&loaded, &author.changes);
        automerge::verify(&author.document, bytes_of(&author.changes)).unwrap();
        let heads: Vec<_> = author.document.heads().collect();
        prop_assert_eq!(automerge::heads(bytes_of(&author.changes)).unwrap(), heads);
    }
}

#[test]
fn what_is_appended_is_what_is_recognised() {
    let (mut document, first) = begun();
    assert_eq!(document.kind(), Some(DocumentKind::TillSession));
    assert_eq!(recognise(&first.bytes).unwrap(), first.change);
    for (author, amount) in [(1, 2), (2, 3), (1, 4)] {
        let next = document
            .append(log(author), &[dropped(amount), dropped(-amount)])
            .unwrap();
        assert_eq!(recognise(&next.bytes).unwrap(), next.change);
        assert!(document.insert(next.change));
    }
    let amounts: Vec<_> = document
        .operations()
        .map(|(_, recorded)| match recorded {
            Recorded::Known(operation) => operation.body.clone(),
            Recorded::Unknown { name, .. } => panic!("{name} is known"),
        })
        .collect();
    let expected: Vec<Body> = [1, 2, -2, 3, -3, 4, -4]
        .map(|amount| dropped(amount).body)
        .to_vec();
    assert_eq!(amounts, expected);
    assert_eq!(
        document
            .logs()
            .map(|(_, last)| last.get())
            .collect::<Vec<_>>(),
        [3, 1]
    );
}

#[test]
fn an_operation_of_another_kind_of_document_is_not_appended() {
    let (document, _) = begun();
    let moved: Operation = serde_json::from_str(
        r#"{"at":0,"by":{"role":"system"},"critical":false,"body":{"no_sale":{"reason":"change"}}}"#,
    )
    .unwrap();
    assert!(
        document
            .append(log(1), std::slice::from_ref(&moved))
            .is_ok(),
        "of the same kind"
    );
    let opened = crate::operation::ReturnCompleted::default();
    let other = Operation {
        body: opened.into(),
        ..moved
    };
    assert!(matches!(
        document.append(log(1), &[other]),
        Err(AppendError::OtherKind {
            name: "return_completed",
            ..
        })
    ));
}

#[test]
fn a_missing_change_is_named_and_stops_no_fold_and_no_append() {
    let (mut document, first) = begun();
    let second = document.append(log(1), &[dropped(2)]).unwrap();
    document.insert(second.change.clone());
    let mut torn = Document::from_changes(id(), [second.change]);
    assert_eq!(
        torn.missing_deps().collect::<Vec<_>>(),
        [first.change.hash()]
    );
    assert_eq!((torn.kind(), torn.operation_count()), (None, 1));
    let third = torn.append(log(2), &[dropped(3)]).unwrap();
    torn.insert(third.change);
    assert!(matches!(
        automerge::save([second.bytes.as_slice()]),
        Err(BridgeError::Incomplete(1))
    ));
    torn.insert(first.change);
    assert_eq!(torn.missing_deps().count(), 0);
    assert_eq!(torn.operation_count(), 3);
}

#[test]
fn more_heads_than_a_change_may_name_shrink_with_each_change() {
    let (mut document, _) = begun();
    let others: Vec<_> = (2..)
        .take(DEPS_PER_CHANGE_MAX * 2)
        .map(|author| document.append(log(author), &[dropped(2)]).unwrap())
        .collect();
    for other in others {
        document.insert(other.change);
    }
    for _ in 0..3 {
        let next = document.append(log(1), &[dropped(3)]).unwrap();
        assert_eq!(recognise(&next.bytes).unwrap(), next.change);
        document.insert(next.change);
    }
    assert_eq!(document.heads().count(), 1);
}

#[test]
fn of_two_changes_that_claim_one_operation_id_the_same_counts_everywhere() {
    let (document, _) = begun();
    let [one, other] =
        [2, 3].map(|amount| document.append(log(1), &[dropped(amount)]).unwrap().change);
    let (mut first, mut second) = (document.clone(), document);
    first.insert(one.clone());
    first.insert(other.clone());
    second.insert(other);
    second.insert(one);
    assert_eq!(first, second);
    assert_eq!(first.operation_count(), 2);
}
