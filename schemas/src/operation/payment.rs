//! Card payments: written down before the terminal is asked, and again when its answer is known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::{DocumentId, OperationId, TenderReference},
    tendering::Decline,
    value::MinorUnits,
};

/// A till is about to ask a terminal to charge a card. The operation's id is the payment's: the terminal charges for one
/// only once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentIntended {
    /// The till session in which it happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<DocumentId>,
    /// How much is to be charged.
    pub amount_minor: MinorUnits,
}

/// What became of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentAnswer {
    /// The card was charged. The money is counted by a tender with the same reference, written in the same change.
    Approved {
        /// How much.
        amount_minor: MinorUnits,
        /// The provider's name of the payment.
        reference: TenderReference,
    },
    /// The card was not charged.
    Declined {
        /// Why.
        because: Decline,
    },
}

/// The terminal's answer is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentAnswered {
    /// The operation that began the payment.
    pub payment: OperationId,
    /// The till session in which the answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<DocumentId>,
    /// The answer.
    pub answer: PaymentAnswer,
}
