//! Baskets that are put aside, and taken up again on any till of the store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::identity::{DocumentId, NodeNumber};

/// A basket was put aside: its lines are in the order, and nothing is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderSuspended {
    /// The till that puts it aside, and that has the right to take it up until it gives it away.
    pub till: NodeNumber,
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
