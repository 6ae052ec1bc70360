//! What a till and a payment terminal say to each other, as data: the port itself is the node's.

use serde::{Deserialize, Serialize};

use crate::{
    identity::{DocumentId, OperationId, TenderReference},
    value::Money,
};

/// Which payment: the order, and its operation in which the till wrote down that it would ask. The operation's id alone
/// is not enough, since operations are counted anew in each document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PaymentId {
    /// The order that it pays.
    pub order: DocumentId,
    /// The operation that begins it.
    pub operation: OperationId,
}

/// What the till asks. No two payments have one id, and a terminal charges for one only once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminalRequest {
    /// Charge the customer's card.
    Charge {
        /// Which payment.
        payment: PaymentId,
        /// How much.
        amount: Money,
    },
    /// Say what became of a payment. One that the terminal does not know it will not charge later either.
    Outcome {
        /// Which payment.
        payment: PaymentId,
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
        payment: PaymentId,
        /// How much.
        amount: Money,
        /// The provider's name of the payment.
        reference: TenderReference,
    },
    /// It was not, and will not be.
    Declined {
        /// Which payment.
        payment: PaymentId,
        /// Why.
        because: Decline,
    },
    /// It is being done: ask again.
    InProgress {
        /// Which payment.
        payment: PaymentId,
    },
}

impl TerminalAnswer {
    /// Which payment it is about.
    #[must_use]
    pub fn payment(&self) -> PaymentId {
        match self {
            Self::Approved { payment, .. }
            | Self::Declined { payment, .. }
            | Self::InProgress { payment } => *payment,
        }
    }
}
