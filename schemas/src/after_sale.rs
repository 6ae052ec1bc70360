//! After-sale: an order and its returns together. What is left to return, and what was returned too often.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::DocumentId,
    misfit::Misfit,
    operation::{LineAdded, LineNumber, OrderOpened},
    value::{MinorUnits, QuantityTotal},
};

/// How much of an order came back.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStatus {
    /// Nothing.
    NotReturned,
    /// A part.
    PartlyReturned,
    /// All of it.
    Returned,
}

/// An order with its returns. Built by [`after_sale`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterSale {
    /// The order.
    pub order: DocumentId,
    /// Where, when and under which rules it began.
    pub header: Option<OrderOpened>,
    /// The returns that were counted.
    pub returns: BTreeSet<DocumentId>,
    /// What is left of each line that was sold.
    pub lines: BTreeMap<LineNumber, LineLeft>,
    /// What was paid for the order.
    pub paid_minor: MinorUnits,
    /// What was refunded, over all returns.
    pub refunded_minor: MinorUnits,
    /// Whether the order or one of its returns is frozen for decisions.
    pub frozen: bool,
    /// What did not fit between them.
    pub misfits: Vec<Misfit>,
}

/// What is left of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineLeft {
    /// The line as it was sold.
    pub added: LineAdded,
    /// How much was sold: of goods, what was handed over.
    pub sold: QuantityTotal,
    /// How much was returned.
    pub returned: QuantityTotal,
    /// How much was refunded for it.
    pub refunded_minor: MinorUnits,
    /// The tax in that.
    pub refunded_tax_minor: MinorUnits,
}
