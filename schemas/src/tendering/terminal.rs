//! What a till and a payment terminal say to each other, as data: the port itself is the node's.

use serde::{Deserialize, Serialize};

use crate::{
    identity::{OperationId, TenderReference},
    value::Money,
};

/// What the till asks. `payment` is the id of the operation in which the till wrote down that it would ask: no two
/// payments have one, and a terminal charges for one only once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminalRequest {
    /// Charge the customer's card.
    Charge {
        /// Which payment.
        payment: OperationId,
        /// How much.
        amount: Money,
    },
    /// Say what became of a payment. One that the terminal does not know it will not charge later either.
    Outcome {
        /// Which payment.
        payment: OperationId,
    },
}

/// Why a card was not charged.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// The card's issuer said no.
    Refused,
    /// The customer, or the cashier, broke it off at the terminal.
    BrokenOff,
    /// Nobody held a card to it in time.
    TimedOut,
    /// The terminal never got the request, and will not charge for it.
    NeverArrived,
}

/// What the terminal answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminalAnswer {
    /// The card was charged.
    Approved {
        /// Which payment.
        payment: OperationId,
        /// How much.
        amount: Money,
        /// The provider's name of the payment.
        reference: TenderReference,
    },
    /// It was not, and will not be.
    Declined {
        /// Which payment.
        payment: OperationId,
        /// Why.
        because: Decline,
    },
    /// It is being done: ask again.
    InProgress {
        /// Which payment.
        payment: OperationId,
    },
}

impl TerminalAnswer {
    /// Which payment it is about.
    #[must_use]
    pub fn payment(&self) -> OperationId {
        match self {
            Self::Approved { payment, .. }
            | Self::Declined { payment, .. }
            | Self::InProgress { payment } => *payment,
        }
    }
}
