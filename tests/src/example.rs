//! Example documents: shops, products and people in them are plainly made up.

use holdfast_schemas::{
    identity::{DocumentId, LogId, NodeNumber, OrderNumberMint},
    operation::Operation,
    time::Timestamp,
};
use serde_json::{Value, json};

use crate::sample::PRODUCTS;

/// When the example shop opened: 2026-01-05T09:00:00Z.
const OPENED: Timestamp = Timestamp::from_milliseconds(1_767_603_600_000);

/// The log of an example till.
///
/// # Panics
/// For a number that is no node number.
#[must_use]
pub fn log(node: u32) -> LogId {
    LogId::new(NodeNumber::new(node).expect("a node number"), [7; 12])
}

/// The key of an example document.
#[must_use]
pub fn document(index: u32) -> DocumentId {
    DocumentId::new(at(index), log(1).node(), u64::from(index))
}

/// The operations of a carry-out order of five lines, one of them discounted, paid with a voucher and in cash.
///
/// # Panics
/// Never: the example is one that the core takes.
#[must_use]
pub fn carry_out_order(index: u32) -> Vec<Operation> {
    let number = OrderNumberMint::new(log(1).node(), None)
        .mint(at(index))
        .expect("there are numbers left");
    let session = document(0);
    let mut bodies = vec![json!({ "order_opened": {
        "number": number, "order_type": "carry_out", "channel": "till", "store": "S1",
        "session": session, "business_date": "2026-01-05", "currency": "GBP",
        "price_list": 12, "tax_mode": "inclusive", "tax_rounding": "per_line",
    }})];
    let mut due = 0;
    for line in 1..=5 {
        let (body, total) = line_added(index, line);
        bodies.push(body);
        due += total;
    }
    bodies.push(json!({ "tender_taken": {
        "session": session, "kind": "voucher", "amount_minor": 100, "reference": format!("V{index:06}"),
    }}));
    bodies.push(json!({ "tender_taken": {
        "session": session, "kind": "cash", "amount_minor": due - 100, "tendered_minor": due + 400,
    }}));
    bodies.push(json!({ "goods_handed_over": { "store": "S1" } }));
    bodies.push(json!({ "order_completed": {} }));
    bodies
        .into_iter()
        .map(|body| operation(index, body))
        .collect()
}

/// A further thing that happens to an order: somebody else's name for it.
///
/// # Panics
/// Never: the example is one that the core takes.
#[must_use]
pub fn reference_claimed(index: u32) -> Operation {
    let reference = json!({ "channel": "web", "value": format!("W-{index:07}") });
    operation(
        index,
        json!({ "reference_claimed": { "reference": reference } }),
    )
}

fn line_added(index: u32, line: u32) -> (Value, u64) {
    let (product, description, price) = PRODUCTS[draw(index, line, PRODUCTS.len())];
    let quantity = u64::try_from(1 + draw(index, line + 100, 6)).expect("a small number");
    let gross = price * quantity;
    let discount = if line == 2 { gross / 10 } else { 0 };
    let total = gross - discount;
    let mut body = json!({
        "line": line, "product": product, "description": description, "kind": "goods",
        "department": "HOME", "quantity": quantity.to_string(),
        "unit_price": format!("{}.{:02}", price / 100, price % 100), "price_source": "price_list",
        "gross_minor": gross, "tax": { "code": "STD", "rate": "20", "tax_minor": total / 6 },
        "total_minor": total,
    });
    if discount > 0 {
        body["discounts"] = json!([{ "discount": "TEN", "amount_minor": discount }]);
    }
    (json!({ "line_added": body }), total)
}

/// A number below `below` that looks drawn, and is the same each time.
fn draw(index: u32, salt: u32, below: usize) -> usize {
    let mixed = (u64::from(index) << 32 | u64::from(salt)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 40).expect("24 bits") % below
}

fn operation(index: u32, body: Value) -> Operation {
    let by = json!({ "role": "cashier", "user": "U07" });
    let body = serde_json::from_value(body).expect("an operation's body");
    let by = serde_json::from_value(by).expect("an author");
    Operation::new(at(index), by, body)
}

/// An order every 40 seconds.
fn at(index: u32) -> Timestamp {
    OPENED.plus_milliseconds(i64::from(index) * 40_000)
}
