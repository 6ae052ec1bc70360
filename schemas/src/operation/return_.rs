//! What can happen to a return.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LineKind, LineNumber, LineQuantity, LineTax, NumberReassigned, TaxMode, TenderKind};
use crate::{
    identity::{
        CustomerId, DocumentId, OrderNumber, ReasonCode, ReceiptNumber, Sku, StoreId,
        TenderReference,
    },
    text_value::Description,
    time::{BusinessDate, Timestamp},
    value::{Currency, MinorUnits, Quantity, UnitPrice},
};

/// What is known of the sale that is given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Original {
    /// Verified: the order was looked at, and refunds are its stored shares.
    Verified {
        /// The order.
        order: DocumentId,
    },
    /// Blind: no order was looked at.
    Blind {
        /// Why not.
        because: BlindReason,
    },
}

/// Why a return is blind.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum BlindReason {
    /// The customer has no receipt and the sale was not found.
    NotFound,
    /// The sale is known elsewhere, and that could not be asked.
    NotReachable {
        /// How old the data of this till was.
        data_as_of: Timestamp,
    },
    /// The sale was found, and nothing of it is left to return.
    NothingLeft,
}

/// The return begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReturnOpened {
    /// The return's own number, minted as order numbers are.
    pub number: OrderNumber,
    /// The sale that is given back.
    pub original: Original,
    /// The store that takes it back.
    pub store: StoreId,
    /// The till session in which it happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<DocumentId>,
    /// The session's business date.
    pub business_date: BusinessDate,
    /// The currency of every amount in this document.
    pub currency: Currency,
    /// The customer, by reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// Whether prices include tax.
    pub tax_mode: TaxMode,
}

/// What becomes of goods that came back.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// Back into stock.
    Restock,
    /// Not to be sold again.
    Damaged,
    /// Back to the vendor.
    ReturnToVendor,
}

/// A line that is given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReturnLineAdded {
    /// The line's number within the return, from 1.
    pub line: LineNumber,
    /// The order's line, for a verified return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_line: Option<LineNumber>,
    /// What is given back.
    pub product: Sku,
    /// The product's text.
    pub description: Description,
    /// Whether it moves stock.
    pub kind: LineKind,
    /// How much.
    pub quantity: Quantity,
    /// The price of one, as it was at the sale or as it was keyed.
    pub unit_price: UnitPrice,
    /// What is refunded for the line, tax included: for a verified return exactly the stored share.
    pub refund_minor: MinorUnits,
    /// The tax that is in the refund.
    pub tax: LineTax,
    /// Why it came back.
    pub reason: ReasonCode,
    /// What becomes of it.
    pub disposition: Disposition,
}

/// Goods were taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GoodsTakenBack {
    /// Into which store.
    pub store: StoreId,
    /// What, and how much, by the return's lines. Empty: all goods of the return that were not taken back yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineQuantity>,
}

/// Money was refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefundPaid {
    /// The till session that paid it; none where no till did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<DocumentId>,
    /// What kind of money.
    pub kind: TenderKind,
    /// How much.
    pub amount_minor: MinorUnits,
    /// What cash rounding added to (or, negative, took off) the cash that changed hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding_minor: Option<MinorUnits>,
    /// The provider's name of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<TenderReference>,
}

/// The return is finished.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReturnCompleted {
    /// The number of its receipt; none where no till printed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptNumber>,
}

/// A number that was minted twice, as for an order: order and return numbers are drawn alike, and one never names two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ReturnNumberReassigned(pub NumberReassigned);
