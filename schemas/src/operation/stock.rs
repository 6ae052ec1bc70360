//! What can happen to stock that is no sale and no return.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::{ReasonCode, Sku, StoreId},
    time::BusinessDate,
    value::QuantityChange,
};

/// Why stock moved.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum StockMovementKind {
    /// Goods came in.
    Received,
    /// The books were put right.
    Adjusted,
    /// A count found a difference.
    Counted,
    /// To or from another place.
    Transferred,
}

/// One product's rise or fall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockLine {
    /// Which product.
    pub product: Sku,
    /// By how much.
    pub change: QuantityChange,
}

/// Stock rose or fell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockMoved {
    /// Where.
    pub store: StoreId,
    /// On which trading day.
    pub business_date: BusinessDate,
    /// Why.
    pub kind: StockMovementKind,
    /// Why exactly.
    pub reason: ReasonCode,
    /// What.
    pub lines: Vec<StockLine>,
}
