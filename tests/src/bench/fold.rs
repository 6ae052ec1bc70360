//! One order of five lines, from bytes to its state, without SQL.

use std::hint::black_box;

use automerge::{Automerge, Change};
use holdfast_schemas::{change::recognise, document::Document, order::fold_order};

use super::{Bench, Goal, Row, Unit, clock::time, report::microseconds, statistics::Samples};
use crate::{
    example,
    forms::{Form, Own, SpelledBatch},
};

/// Recognise, parse and fold; beside it Automerge's parse, apply and hydrate of the same order with every field spelled
/// out, into its own values and not even into a struct.
pub(super) fn measure(bench: &Bench) -> Vec<Row> {
    let orders = bench.size(256, 16);
    let rounds = bench.size(15, 1);
    let changes: Vec<_> = (1..=orders)
        .map(|index| {
            let operations = example::carry_out_order(index);
            (Own::write(&operations), SpelledBatch::write(&operations))
        })
        .collect();
    let (mut ours, mut yardstick) = (Samples::default(), Samples::default());
    for _ in 0..rounds {
        for (own, spelled) in &changes {
            ours.add(time(|| black_box(from_bytes_to_state(own))).0);
            yardstick.add(time(|| black_box(from_bytes_to_values(spelled))).0);
        }
    }
    vec![Row::beside(
        "recognise, parse and fold one order of 5 lines",
        Unit::Microseconds,
        microseconds(ours.median()),
        microseconds(yardstick.median()),
        Goal::AtMostTimes(0.125),
    )]
}

fn from_bytes_to_state(bytes: &[u8]) -> holdfast_schemas::order::OrderState {
    let change = recognise(bytes).expect("a change of ours");
    let id = example::document(1);
    let document = Document::from_changes(id, [change]);
    fold_order(id, document.operations())
}

fn from_bytes_to_values(bytes: &[u8]) -> automerge::hydrate::Value {
    let change = Change::from_bytes(bytes.to_vec()).expect("a change");
    let mut document = Automerge::new();
    document.apply_changes([change]).expect("a first change");
    document.hydrate(None)
}
