//! Baskets that are put aside, and taken up again on any till of the store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LineNumber;
use crate::{
    basket::ManualDiscount,
    identity::{DocumentId, NodeNumber, ReasonCode},
    staff::StaffRole,
    value::UnitPrice,
};

/// A basket was put aside: its lines are in the order, and nothing is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderSuspended {
    /// The till that puts it aside, and that has the right to take it up until it gives it away.
    pub till: NodeNumber,
    /// What was granted in it.
    #[serde(default, skip_serializing_if = "SuspendedGrants::is_empty")]
    pub granted: SuspendedGrants,
}

/// What was granted in a basket that is put aside: the order's lines hold amounts, and these who allowed them. Whoever
/// takes it up has them as they were, and can grant nothing on top that they could not have granted before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuspendedGrants {
    /// Discounts on all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<ManualDiscount>,
    /// The lines in which something was granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<SuspendedLine>,
}

impl SuspendedGrants {
    /// Whether nothing was granted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.discounts.is_empty() && self.lines.is_empty()
    }
}

/// What was granted in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuspendedLine {
    /// Which line of the order.
    pub line: LineNumber,
    /// Its price was overridden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<SuspendedOverride>,
    /// Discounts on this line alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<ManualDiscount>,
}

/// A price that was overridden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuspendedOverride {
    /// What one costs by the price list.
    pub list_price: UnitPrice,
    /// Why it was overridden.
    pub reason: ReasonCode,
    /// The role that allowed it.
    pub allowed_by: StaffRole,
}

/// By what right a basket was taken up.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ResumeRight {
    /// The till put it aside itself, or was given the right.
    Held,
    /// A manager took it without: the till that has the right could not be asked.
    Overridden,
}

/// A basket was taken up again: it is sold as an order of its own, and this one is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderResumed {
    /// The till that takes it up.
    pub till: NodeNumber,
    /// The till session in which it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<DocumentId>,
    /// By what right.
    pub right: ResumeRight,
}
