//! Measures how a document may be represented: the figures of `docs/adr/001-representation.md`.
//!
//! Run it in release: `cargo run --release -p holdfast-tests --bin representation`.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use holdfast_schemas::operation::Operation;
use holdfast_tests::example;
use holdfast_tests::forms::{Form, JsonBytes, JsonStrings, Own, SpelledBatch, SpelledPuts};

/// How many orders are in a frame.
const FRAME_ORDERS: u32 = 256;

/// How often each measurement is taken.
const ROUNDS: usize = 15;

const ZSTD_LEVEL: i32 = 3;

/// An order and a further operation for it.
struct Sample {
    order: Vec<Operation>,
    further: Operation,
}

fn main() {
    let samples: Vec<_> = (1..=FRAME_ORDERS)
        .map(|index| Sample {
            order: example::carry_out_order(index),
            further: example::reference_claimed(index),
        })
        .collect();
    println!(
        "| representation | Automerge operations | write µs | read µs | append µs | load and read µs | raw bytes | append bytes | file bytes | bytes in a zstd frame of {FRAME_ORDERS} |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    measure::<SpelledPuts>(&samples);
    measure::<SpelledBatch>(&samples);
    measure::<JsonStrings>(&samples);
    measure::<JsonBytes>(&samples);
    measure::<Own>(&samples);
}

/// Prints one row of the table.
fn measure<F: Form>(samples: &[Sample]) {
    let changes: Vec<_> = samples
        .iter()
        .map(|sample| F::write(&sample.order))
        .collect();
    let files: Vec<_> = changes.iter().map(|change| F::save(change)).collect();
    for ((sample, change), file) in samples.iter().zip(&changes).zip(&files) {
        assert_eq!(
            F::read(change),
            sample.order,
            "{} reads what it wrote",
            F::NAME
        );
        assert_eq!(
            F::load(file),
            sample.order,
            "{} loads what it saved",
            F::NAME
        );
    }
    let write = time(samples, |sample| F::write(&sample.order));
    let read = time(&changes, |change| F::read(change));
    let load = time(&files, |file| F::load(file));
    let mut appended_bytes = 0;
    let append = time_prepared(
        || {
            samples
                .iter()
                .zip(&changes)
                .map(|(sample, change)| (F::open(change), sample))
                .collect()
        },
        |(mut opened, sample): (F::Opened, &Sample)| {
            appended_bytes = F::append(&mut opened, &sample.further).len();
            opened
        },
    );
    let raw = changes.concat();
    let frame = zstd::bulk::compress(&raw, ZSTD_LEVEL).expect("zstd compresses");
    let each = |bytes: usize| bytes / samples.len();
    println!(
        "| {} | {} | {} | {} | {} | {} | {} | {appended_bytes} | {} | {} |",
        F::NAME,
        F::automerge_operations(&changes[0]),
        microseconds(write),
        microseconds(read),
        microseconds(append),
        microseconds(load),
        each(raw.len()),
        each(files.concat().len()),
        each(frame.len()),
    );
}

/// How long one call takes: the median of all calls of all rounds, so that what else the machine does counts little.
fn time<In, Out>(inputs: &[In], run: impl FnMut(&In) -> Out) -> Duration {
    time_prepared(|| inputs.iter().collect(), run)
}

/// The same, with inputs that are used up; neither making them nor dropping the outputs counts.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn time_prepared<In, Out>(
    mut prepare: impl FnMut() -> Vec<In>,
    mut run: impl FnMut(In) -> Out,
) -> Duration {
    let mut calls = Vec::new();
    for _ in 0..ROUNDS {
        for input in prepare() {
            let start = Instant::now();
            let output = run(input);
            calls.push(start.elapsed());
            black_box(output);
        }
    }
    calls.sort_unstable();
    calls[calls.len() / 2]
}

fn microseconds(duration: Duration) -> String {
    let tenths = duration.as_nanos() / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}
