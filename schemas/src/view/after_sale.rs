//! What is left of an order.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    after_sale::{AfterSale, ReturnStatus},
    identity::{DocumentId, Sku},
    misfit::Misfit,
    operation::LineNumber,
    value::{Currency, MinorUnits, QuantityTotal},
};

/// An order with its returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AfterSaleView {
    /// The order.
    pub order: DocumentId,
    /// The currency of every amount.
    pub currency: Option<Currency>,
    /// How much of it came back.
    pub status: ReturnStatus,
    /// Its returns.
    pub returns: Vec<DocumentId>,
    /// What was paid.
    pub paid_minor: MinorUnits,
    /// What was refunded.
    pub refunded_minor: MinorUnits,
    /// What is left to refund.
    pub refundable_minor: MinorUnits,
    /// Line by line.
    pub lines: Vec<LineLeftView>,
    /// Whether nothing may be decided on it here.
    pub frozen: bool,
    /// What did not fit between order and returns.
    pub misfits: Vec<Misfit>,
}

/// What is left of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LineLeftView {
    /// The order's line.
    pub line: LineNumber,
    /// What was sold.
    pub product: Sku,
    /// How much was sold.
    pub sold: QuantityTotal,
    /// How much came back.
    pub returned: QuantityTotal,
    /// How much is left to return.
    pub left: QuantityTotal,
    /// What was paid for the line.
    pub paid_minor: MinorUnits,
    /// What was refunded for it.
    pub refunded_minor: MinorUnits,
}

impl From<&AfterSale> for AfterSaleView {
    fn from(after: &AfterSale) -> Self {
        let lines = after.lines.iter().map(|(number, line)| LineLeftView {
            line: *number,
            product: line.added.product.clone(),
            sold: line.sold,
            returned: line.returned,
            left: line.left(),
            paid_minor: line.added.total_minor,
            refunded_minor: line.refunded_minor,
        });
        Self {
            order: after.order,
            currency: after.header.as_ref().map(|header| header.currency),
            status: after.status(),
            returns: after.returns.iter().copied().collect(),
            paid_minor: after.paid_minor,
            refunded_minor: after.refunded_minor,
            refundable_minor: after.refundable_minor(),
            lines: lines.collect(),
            frozen: after.frozen,
            misfits: after.misfits.clone(),
        }
    }
}
