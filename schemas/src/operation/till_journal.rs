//! What happens at a till that moves no money, and is written down all the same. Users by number, never by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::{DocumentId, ReasonCode, UserId},
    reference::MinimumAge,
    staff::TillAction,
};

/// With what somebody showed who they are.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SignOnMethod {
    /// A PIN.
    Pin,
    /// A badge.
    Badge,
}

/// Somebody signed on, or unlocked the till.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedOn {
    /// Who.
    pub user: UserId,
    /// With what.
    pub method: SignOnMethod,
}

/// Why nobody is signed on any more.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SignOffCause {
    /// They signed off.
    Asked,
    /// They locked the till.
    Locked,
    /// Nobody touched the till for a while.
    Idle,
    /// Somebody else took the till over.
    TakenOver,
    /// Headquarters removed them, and somebody else signed on.
    Removed,
}

/// Somebody signed off, or the till was locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedOff {
    /// Who.
    pub user: UserId,
    /// Why.
    pub because: SignOffCause,
}

/// A PIN was wrong so often that the till made its user wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignOnRefused {
    /// As whom somebody tried.
    pub user: UserId,
    /// How many tries were wrong, one after the other.
    pub tries: u32,
}

/// Somebody with more rights let another do one single thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OverrideGranted {
    /// Who asked.
    pub asked_by: UserId,
    /// Who allowed it.
    pub granted_by: UserId,
    /// What.
    pub action: TillAction,
    /// Why.
    pub reason: ReasonCode,
}

/// A receipt was printed once more, marked as a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptReprinted {
    /// Of which order or return.
    pub document: DocumentId,
}

/// Somebody was asked for their age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgeChecked {
    /// How old they had to be.
    pub minimum_age: MinimumAge,
    /// Whether they were; where not, the item was not sold.
    pub old_enough: bool,
}
