//! The recogniser under attack: a part of the campaign that `make test-long` runs at length.

use std::{collections::BTreeSet, fs, path::Path};

use holdfast_schemas::change::{ChangeRefusal, recognise};
use holdfast_tests::hostile::{
    Allocated, Campaign, History, OperationGenerator, Random, TARGETS, corpus, run, with_header,
};

/// How many mutants the suite tries. The whole campaign has fifty times as many.
const MUTANTS: u64 = 200_000;

/// Every way in which a change whose checksum is right can be wrong.
const REFUSALS: &[&str] = &[
    "author",
    "counter_range",
    "deps_order",
    "key",
    "not_canonical",
    "number",
    "operation",
    "operation_count",
    "shape",
    "start",
    "text",
    "too_many_deps",
    "trailing",
    "truncated",
];

fn measure(work: &mut dyn FnMut()) -> Allocated {
    let counted = allocation_counter::measure(work);
    Allocated {
        peak: counted.bytes_max,
        kept: u64::try_from(counted.bytes_current).unwrap_or(0),
    }
}

#[test]
fn no_mutant_of_a_change_costs_more_than_its_bytes_or_is_read_otherwise_by_automerge() {
    let figures = run(
        Campaign {
            seed: 1,
            mutants: MUTANTS,
        },
        measure,
    );
    println!("{figures}");
    assert_eq!(figures.mutants, MUTANTS);
    assert!(figures.recognised > MUTANTS / 100, "{}", figures.recognised);
    let refused: Vec<_> = figures.refused.into_keys().collect();
    assert_eq!(refused, REFUSALS, "each refusal was reached");
}

#[test]
fn a_run_length_bomb_is_refused_before_anything_is_allocated_for_it() {
    // Forty bytes of body that say to have 4,098 puts of one length: the largest count that is not refused by itself.
    let mut body = vec![0, 16];
    body.extend([0, 0, 0, 7]);
    body.extend([0xa5; 12]);
    body.extend([1, 1, 0, 0, 0, 6]);
    let columns: [(u8, &[u8]); 6] = [
        (0x15, &[0xfe, 0x5f]),
        (0x34, &[0x82, 0x20]),
        (0x42, &[0x82, 0x20, 1]),
        (0x56, &[0x82, 0x20, 6]),
        (0x57, &[]),
        (0x70, &[0x82, 0x20, 0]),
    ];
    for (column, bytes) in columns {
        body.extend([column, u8::try_from(bytes.len()).expect("short")]);
    }
    body.extend(columns.iter().flat_map(|(_, bytes)| *bytes));
    let bytes = with_header(&body);
    let mut refusal = None;
    let allocated = measure(&mut || refusal = Some(recognise(&bytes)));
    let refusal = refusal.expect("it was tried").expect_err("a bomb");
    assert_eq!(refusal.name(), "truncated", "{refusal}");
    assert!(allocated.peak < 1_024, "{allocated:?}");
}

#[test]
fn a_million_dependencies_and_columns_of_another_order_or_kind_are_refused() {
    let author = [16, 0, 0, 0, 7, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
    let million = [&[0xc0, 0x84, 0x3d][..], &author].concat();
    let refusal = recognise(&with_header(&million)).expect_err("a million");
    assert!(matches!(refusal, ChangeRefusal::TooManyDeps(1_000_000)));

    let history = History::draw(&OperationGenerator::new(), &mut Random::new(1));
    let good = &history.changes[0].bytes;
    assert!(recognise(good).is_ok());
    let body = &good[good.len() - body_length(good)..];
    // No dependencies, an author, sequence 1, counter 1, no time, message or other actor: then the columns.
    let columns = 1 + author.len() + 5;
    assert_eq!(body[columns], 6, "six columns");
    let other = |at: usize, byte: u8| {
        let mut body = body.to_vec();
        body[columns + at] = byte;
        recognise(&with_header(&body))
            .expect_err("other columns")
            .name()
    };
    assert_eq!(other(0, 7), "shape", "one more");
    assert_eq!(
        other(1, 0x34),
        "shape",
        "the second kind where the first should be"
    );
    assert_eq!(
        other(1, 0x16),
        "shape",
        "a kind that the format does not know"
    );
    assert_eq!(other(1, 0x1d), "shape", "the same, deflated");
}

#[test]
fn every_fuzz_target_is_a_program_with_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let programs: BTreeSet<String> = fs::read_dir(root.join("fuzz_targets"))
        .expect("the targets")
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    assert_eq!(programs, TARGETS.map(str::to_owned).into());
    // Those of `frames` are the golden frames of the core's tests.
    for target in TARGETS.into_iter().filter(|target| *target != "frames") {
        let seeds = fs::read_dir(root.join("corpus").join(target)).expect("seeds");
        assert!(
            seeds.count() > 0,
            "{target}: cargo run -p holdfast-tests --bin write-corpus"
        );
        assert!(
            corpus().iter().any(|seed| seed.target == target),
            "{target}"
        );
    }
}

/// How long the body of a change is, by its header.
fn body_length(change: &[u8]) -> usize {
    let mut length = 0;
    for (place, byte) in change[9..].iter().enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    length
}
