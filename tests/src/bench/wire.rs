//! How many bytes an order costs on the wire.

use holdfast_node::enrol::TillSigner;
use holdfast_schemas::{
    change::recognise,
    identity::{NodeNumber, StoreId},
    log::LogEntry,
    wire::limits::FRAME_CHANGES_MAX,
};
use rcgen::{KeyPair, PKCS_ED25519};
use serde_json::{Value, json};

use super::{Bench, Goal, Row, Unit, line::ReadyFrame, orders::Book, report::for_each};

/// The level of the yardstick, and of our own blocks.
const ZSTD_LEVEL: i32 = 3;

/// Full frames as they leave a till; beside them the same orders as JSON, a line each with its document's id, packed in
/// blocks of as many.
pub(super) fn measure(bench: &Bench) -> Vec<Row> {
    let frames = bench.size(8, 1);
    let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let signer = TillSigner::new(&key).expect("a signer");
    let node = NodeNumber::new(1).expect("a node number");
    let store = StoreId::new("leeds").expect("a store's code");
    let mut book = Book::open(node, store, [9; 12]);
    let orders = frames * FRAME_CHANGES_MAX;
    book.sell(orders);
    // The session's opening is no order.
    book.next_push(1, &signer);
    let (mut ours, mut lines) = (0, 0);
    for block in book.entries()[1..].chunks(FRAME_CHANGES_MAX) {
        let text: String = block.iter().map(line_of).collect();
        let packed = zstd::bulk::compress(text.as_bytes(), ZSTD_LEVEL).expect("packed");
        lines += packed.len() as u64;
    }
    for _ in 0..frames {
        ours += ReadyFrame::new(book.next_push(FRAME_CHANGES_MAX, &signer)).len() as u64;
    }
    vec![Row::beside(
        "bytes an order on the wire",
        Unit::Bytes,
        for_each(ours, orders),
        for_each(lines, orders),
        Goal::AtMostTimes(1.15),
    )]
}

/// An order as a line of JSON.
pub(super) fn line_of(entry: &LogEntry) -> String {
    let change = recognise(&entry.change).expect("a change of ours");
    let operations: Vec<Value> = change
        .operations()
        .iter()
        .map(|operation| serde_json::from_str(&operation.json).expect("an operation is JSON"))
        .collect();
    let order = json!({ "document": entry.document, "operations": operations });
    format!("{order}\n")
}
