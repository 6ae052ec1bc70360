//! Laws of the codec, with Automerge as the oracle.

use proptest::prelude::*;

use super::{
    hash_of_any,
    oracle::{history, log, play},
    writer::{hash_chunk, write_body},
    *,
};
use crate::{change::columns::Puts, operation::DocumentKind};

/// An operation of a later version.
const LATER: &str =
    r#"{"at":0,"by":{"role":"system"},"critical":false,"body":{"later":"something"}}"#;

/// Puts a fitting header before a body.
fn chunk(body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83];
    bytes.extend_from_slice(&hash_chunk(body).as_bytes()[..4]);
    bytes.push(1);
    leb128::write_length(&mut bytes, body.len());
    bytes.extend_from_slice(body);
    bytes
}

/// What follows the header.
fn body(bytes: &[u8]) -> &[u8] {
    let length_bytes = bytes[9..]
        .iter()
        .take_while(|byte| **byte & 0x80 != 0)
        .count()
        + 1;
    &bytes[9 + length_bytes..]
}

fn first_change(operations: &[&str]) -> Vec<u8> {
    let base = ChangeBase::Nothing(DocumentStart::new(DocumentKind::Order));
    let draft = ChangeDraft {
        log: log(7),
        base,
        operations,
    };
    write_change(&draft).expect("within the limits").bytes
}

fn later_change(sequence: u64, first_counter: u64, deps: &[ChangeHash]) -> Vec<u8> {
    let number = |value| NonZeroU64::new(value).expect("from 1");
    let base = ChangeBase::Changes {
        deps,
        sequence: number(sequence),
        first_counter: number(first_counter),
    };
    let draft = ChangeDraft {
        log: log(7),
        base,
        operations: &[LATER, LATER],
    };
    write_change(&draft).expect("within the limits").bytes
}

/// A change with these values, unchecked.
fn forged(
    deps: &[ChangeHash],
    sequence: u64,
    first_counter: u64,
    starts: bool,
    values: &[&str],
) -> Vec<u8> {
    let puts = Puts {
        log: log(7),
        first_counter,
        starts,
        values: values.to_vec(),
    };
    let mut body = Vec::new();
    write_body(&mut body, deps, sequence, &puts);
    chunk(&body)
}

fn refusal(bytes: &[u8]) -> ChangeRefusal {
    recognise(bytes).expect_err("the change is refused")
}

/// One way in which bytes may be damaged or forged.
#[derive(Debug, Clone)]
enum Mutation {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Cut(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let telling = prop::sample::select(vec![
        0, 1, 2, 6, 7, 0x3f, 0x40, 0x7e, 0x7f, 0x80, 0x81, 0xff,
    ]);
    let byte = prop_oneof![telling, any::<u8>()];
    prop_oneof![
        (any::<prop::sample::Index>(), byte.clone()).prop_map(|(at, to)| Mutation::Set(at, to)),
        (any::<prop::sample::Index>(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        (any::<prop::sample::Index>(), byte).prop_map(|(at, new)| Mutation::Insert(at, new)),
        any::<prop::sample::Index>().prop_map(Mutation::Remove),
        any::<prop::sample::Index>().prop_map(Mutation::Cut),
        any::<(prop::sample::Index, prop::sample::Index)>()
            .prop_map(|(from, to)| Mutation::Repeat(from, to)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    match mutation {
        Mutation::Set(at, to) => bytes[at.index(length)] = *to,
        Mutation::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
        Mutation::Insert(at, new) => bytes.insert(at.index(length), *new),
        Mutation::Remove(at) => drop(bytes.remove(at.index(length))),
        Mutation::Cut(at) => bytes.truncate(at.index(length)),
        Mutation::Repeat(from, to) => {
            let (from, to) = (from.index(length), to.index(length));
            let piece = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.splice(to..to, piece);
        }
    }
}

/// Whatever we recognise, Automerge reads as the same change, and a first change it applies.
fn automerge_agrees(bytes: &[u8], change: &Change) {
    let theirs = automerge::Change::from_bytes(bytes.to_vec()).expect("Automerge reads it");
    assert_eq!(theirs.hash().0, *change.hash().as_bytes());
    assert_eq!(theirs.seq(), change.sequence().get());
    assert_eq!(hash_of_any(bytes), change.hash());
    assert_eq!(theirs.start_op(), change.first_counter());
    assert_eq!(theirs.max_op(), change.last_counter().get());
    assert_eq!(theirs.raw_bytes(), bytes);
    if change.deps().is_empty() {
        let mut document = automerge::Automerge::new();
        document
            .apply_changes([theirs])
            .expect("Automerge applies it");
        assert_eq!(document.get_heads()[0].0, *change.hash().as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The oracle's own asserts: at each step we write Automerge's bytes, and recognise them.
    #[test]
    fn we_write_what_automerge_writes_and_recognise_it(history in history()) {
        play(&history);
    }

    #[test]
    fn what_is_recognised_of_mutants_automerge_accepts_too(
        history in history(),
        mutants in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(mutation(), 1..4)), 128),
    ) {
        let changes: Vec<_> = play(&history).swap_remove(0).changes.into_values().collect();
        for (which, mutations) in &mutants {
            let mut body = body(which.get::<Vec<u8>>(&changes)).to_vec();
            for mutation in mutations {
                mutate(&mut body, mutation);
            }
            let bytes = chunk(&body);
            if let Ok(change) = recognise(&bytes) {
                automerge_agrees(&bytes, &change);
            }
        }
    }

    #[test]
    fn damage_without_a_new_checksum_is_always_found(at: prop::sample::Index, bit in 0..8_u8) {
        let mut bytes = first_change(&[LATER]);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(recognise(&bytes).is_err());
    }

    #[test]
    fn any_bytes_are_refused_in_peace(bytes: Vec<u8>, behind_a_header: bool) {
        let bytes = if behind_a_header { chunk(&bytes) } else { bytes };
        prop_assert!(recognise(&bytes).is_err());
    }
}

#[test]
fn a_large_change_has_the_bytes_that_automerge_writes() {
    let texts = vec![LATER.to_owned(); OPERATIONS_PER_CHANGE_MAX];
    play(&(texts, Vec::new()));
}

#[test]
fn what_others_can_write_and_we_never_do_is_refused() {
    let first = first_change(&[LATER]);
    let first_body = body(&first);
    let dep = recognise(&first).expect("ours").hash();
    let mut other = [0; 32];
    other[0] = 1;
    let other = ChangeHash::from_bytes(other);
    let replaced = |from: &[u8], to: &[u8]| {
        let at = first_body
            .windows(from.len())
            .position(|window| window == from)
            .expect("is there");
        let mut body = first_body.to_vec();
        body.splice(at..at + from.len(), to.iter().copied());
        chunk(&body)
    };
    let many: Vec<_> = (0..=255)
        .take(DEPS_PER_CHANGE_MAX + 1)
        .map(|byte| ChangeHash::from_bytes([byte; 32]))
        .collect();
    let start = ["order", "1"];
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("too_long", vec![0; CHANGE_BYTES_MAX + 1]),
        ("truncated", Vec::new()),
        ("magic", vec![0; 64]),
        ("chunk_type", [&first[..8], &[2], &first[9..]].concat()),
        ("truncated", first[..first.len() - 1].to_vec()),
        ("trailing", [&first[..], &[0]].concat()),
        ("trailing", chunk(&[first_body, &[0]].concat())),
        (
            "checksum",
            [&first[..4], &[!first[4]], &first[5..]].concat(),
        ),
        (
            "author",
            replaced(&[16, 0, 0, 0, 7], &[16, 0xff, 0xff, 0xff, 7]),
        ),
        ("author", replaced(&[16, 0, 0, 0, 7], &[15, 0, 0, 0, 7])),
        ("too_many_deps", forged(&many, 2, 9, false, &[LATER])),
        ("deps_order", forged(&[dep, dep], 2, 9, false, &[LATER])),
        (
            "deps_order",
            forged(&[dep.max(other), dep.min(other)], 2, 9, false, &[LATER]),
        ),
        ("operation_count", forged(&[], 1, 1, true, &start)),
        (
            "operation_count",
            forged(&[dep], 1, 9, false, &[LATER; OPERATIONS_PER_CHANGE_MAX + 1]),
        ),
        ("counter_range", forged(&[dep], 0, 9, false, &[LATER])),
        (
            "counter_range",
            forged(&[dep], 1, COUNTER_MAX, false, &[LATER, LATER]),
        ),
        (
            "counter_range",
            forged(&[dep], SEQUENCE_MAX + 1, 9, false, &[LATER]),
        ),
        ("start", forged(&[], 1, 1, false, &[LATER])),
        (
            "start",
            forged(&[dep], 1, 1, true, &[start[0], start[1], LATER]),
        ),
        (
            "start",
            forged(&[], 2, 1, true, &[start[0], start[1], LATER]),
        ),
        (
            "start",
            forged(&[], 1, 2, true, &[start[0], start[1], LATER]),
        ),
        ("start", forged(&[], 1, 1, true, &["Order", "1", LATER])),
        ("start", forged(&[], 1, 1, true, &["order", "01", LATER])),
        ("key", replaced(b"op/3@", b"op/4@")),
        ("key", replaced(b"op/3@", b"op,3@")),
        ("text", replaced(b"something", b"some\xffhing")),
        (
            "operation",
            forged(&[], 1, 1, true, &[start[0], start[1], "{}"]),
        ),
        (
            "operation",
            forged(&[], 1, 1, true, &[start[0], start[1], ""]),
        ),
    ];
    for (index, (name, bytes)) in cases.iter().enumerate() {
        assert_eq!(refusal(bytes).name(), *name, "case {index}");
    }
}

#[test]
fn another_spelling_of_the_same_change_is_refused() {
    let first = first_change(&[LATER]);
    let body = body(&first);
    // The sequence number 1 behind the author, in two bytes instead of one.
    let mut long_number = body.to_vec();
    long_number.splice(18..19, [0x81, 0]);
    // The length in the header likewise: the body is the same, so hash and checksum are.
    let mut long_length = first.clone();
    let last = first.len() - body.len() - 1;
    long_length[last] |= 0x80;
    long_length.insert(last + 1, 0);
    for bytes in [chunk(&long_number), long_length] {
        assert_eq!(refusal(&bytes).name(), "not_canonical");
    }
}

#[test]
fn what_automerge_writes_of_another_shape_is_refused() {
    use automerge::{
        AutoCommit, ObjType, ROOT, ScalarValue,
        transaction::{CommitOptions, Transactable},
    };
    type Write = fn(&mut AutoCommit);
    let cases: [(&str, Write); 7] = [
        ("a number", |document| {
            document.put(ROOT, "kind", 1).unwrap();
        }),
        ("bytes", |document| {
            document
                .put(ROOT, "kind", ScalarValue::Bytes(vec![1]))
                .unwrap();
        }),
        ("an object", |document| {
            document.put_object(ROOT, "kind", ObjType::Map).unwrap();
        }),
        ("a text", |document| {
            document.put_object(ROOT, "kind", ObjType::Text).unwrap();
        }),
        ("another key", |document| {
            document.put(ROOT, "name", "order").unwrap();
        }),
        ("a put over another", |document| {
            document.put(ROOT, "kind", "order").unwrap();
            document.put(ROOT, "kind", "return").unwrap();
        }),
        ("a deletion", |document| {
            document.put(ROOT, "kind", "order").unwrap();
            document.delete(ROOT, "kind").unwrap();
        }),
    ];
    for (what, write) in cases {
        let actor = automerge::ActorId::from(log(7).as_bytes().as_slice());
        let mut document = AutoCommit::new().with_actor(actor);
        write(&mut document);
        document.commit_with(CommitOptions::default().with_time(0));
        let change = document.get_last_local_change().unwrap();
        assert!(recognise(change.raw_bytes()).is_err(), "{what}");
    }
}

#[test]
fn a_time_a_message_and_a_compressed_change_are_refused() {
    use automerge::{
        AutoCommit, ROOT,
        transaction::{CommitOptions, Transactable},
    };
    let write = |options: CommitOptions| {
        let actor = automerge::ActorId::from(log(7).as_bytes().as_slice());
        let mut document = AutoCommit::new().with_actor(actor);
        document.put(ROOT, "kind", "order").unwrap();
        document.put(ROOT, "schema", "1").unwrap();
        for counter in 3..20 {
            document
                .put(ROOT, format!("op/{counter}@{}", log(7)), LATER)
                .unwrap();
        }
        document.commit_with(options);
        document.get_last_local_change().unwrap()
    };
    let plain = || CommitOptions::default().with_time(0);
    assert!(recognise(write(plain()).raw_bytes()).is_ok());
    assert_eq!(refusal(&write(plain()).bytes()).name(), "chunk_type");
    assert_eq!(
        refusal(write(plain().with_time(1)).raw_bytes()).name(),
        "shape"
    );
    assert_eq!(
        refusal(write(plain().with_message("hello")).raw_bytes()).name(),
        "shape"
    );
}

#[test]
fn a_draft_over_a_limit_is_not_written() {
    let write = |base, operations: &[&str]| {
        write_change(&ChangeDraft {
            log: log(7),
            base,
            operations,
        })
    };
    let nothing = || ChangeBase::Nothing(DocumentStart::new(DocumentKind::Order));
    let after = |deps, first_counter| ChangeBase::Changes {
        deps,
        sequence: NonZeroU64::MIN,
        first_counter: NonZeroU64::new(first_counter).unwrap(),
    };
    let dep = [ChangeHash::from_bytes([1; 32])];
    let huge = "x".repeat(CHANGE_BYTES_MAX);
    assert_eq!(write(nothing(), &[]), Err(DraftError::OperationCount(0)));
    assert_eq!(write(after(&[], 3), &[LATER]), Err(DraftError::DepCount(0)));
    assert_eq!(
        write(after(&dep, COUNTER_MAX), &[LATER, LATER]),
        Err(DraftError::CountersUsedUp)
    );
    assert!(matches!(
        write(nothing(), &[&huge]),
        Err(DraftError::TooLong { .. })
    ));
    assert!(write(after(&dep, COUNTER_MAX), &[LATER]).is_ok());
}

#[test]
fn the_largest_counters_are_read_by_automerge() {
    let dep = [ChangeHash::from_bytes([1; 32])];
    let bytes = later_change(SEQUENCE_MAX, COUNTER_MAX - 1, &dep);
    automerge_agrees(&bytes, &recognise(&bytes).expect("ours"));
}
