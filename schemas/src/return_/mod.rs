//! Returns: goods taken back and money refunded. A return refers to its order and never edits it.

mod fold;
mod state;
mod take_back;

pub use fold::fold_return;
pub use state::{Refund, ReturnLine, ReturnState, TakenBack};
pub use take_back::{ReturnContext, take_back};

use serde::{Deserialize, Serialize};

use crate::{
    identity::{CustomerId, DocumentId, ReasonCode, Sku, TaxCode},
    operation::{BlindReason, Disposition, LineKind, LineNumber, TaxMode},
    order::SaleTender,
    text_value::Description,
    value::{Quantity, Rate, UnitPrice},
};

/// What a customer gives back, and how the money is refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnRequest {
    /// What is given back.
    pub goods: ReturnedGoods,
    /// How it is refunded. Together exactly what the lines are worth.
    pub refunds: Vec<SaleTender>,
    /// The customer, by reference.
    pub customer: Option<CustomerId>,
}

/// Verified or blind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReturnedGoods {
    /// Of a sale that was looked at: refunds are its stored shares.
    Verified {
        /// The order.
        order: DocumentId,
        /// Which of its lines.
        lines: Vec<VerifiedLine>,
    },
    /// Of no sale that could be looked at: at the price that is keyed.
    Blind {
        /// Why not.
        because: BlindReason,
        /// Whether the prices include tax.
        tax_mode: TaxMode,
        /// What.
        lines: Vec<BlindLine>,
    },
}

/// A part of an order's line that comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedLine {
    /// The order's line.
    pub line: LineNumber,
    /// How much of it.
    pub quantity: Quantity,
    /// Why.
    pub reason: ReasonCode,
    /// What becomes of it.
    pub disposition: Disposition,
}

/// Something that comes back without its sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlindLine {
    /// What.
    pub product: Sku,
    /// The product's text.
    pub description: Description,
    /// Whether it moves stock.
    pub kind: LineKind,
    /// How much.
    pub quantity: Quantity,
    /// The price of one, as keyed.
    pub unit_price: UnitPrice,
    /// The tax class.
    pub tax_code: TaxCode,
    /// The tax rate.
    pub tax_rate: Rate,
    /// Why.
    pub reason: ReasonCode,
    /// What becomes of it.
    pub disposition: Disposition,
}

#[cfg(test)]
mod tests;
