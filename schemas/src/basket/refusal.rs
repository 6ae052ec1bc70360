//! Why something is not done to a basket, and what to do.

use super::LabelAmountError;
use crate::{
    operation::LineNumber,
    reference::MinimumAge,
    refusal::Refusal,
    staff::{StaffRole, TillRequest},
    time::BusinessDate,
};

/// Why something is not done to a basket. Some are questions: answered, the same command goes through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BasketRefusal {
    /// A rule of orders says no: too many lines, too large an amount, a discount that does not fit.
    #[error(transparent)]
    Order(#[from] Refusal),
    /// The line is not there, or was taken off.
    #[error("there is no line {0}")]
    NoSuchLine(LineNumber),
    /// There is nothing to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Somebody must look at the customer's age first. Asked once: a basket remembers the answer.
    #[error("the customer must be {} years old: born on or before {born_on_or_before}", minimum_age.years())]
    AskAge {
        /// How old.
        minimum_age: MinimumAge,
        /// Who was born later is too young today.
        born_on_or_before: BusinessDate,
    },
    /// The customer was too young for this.
    #[error("the customer is not {} years old", .0.years())]
    TooYoung(MinimumAge),
    /// The product is not ordered any more: sell what is left?
    #[error("this product is discontinued")]
    AskDiscontinued,
    /// The label's date is over.
    #[error("this was to be sold until {0}")]
    PastItsDate(BusinessDate),
    /// The product must be weighed or measured, or its label can't be taken.
    #[error(transparent)]
    Amount(#[from] LabelAmountError),
    /// A quantity in another measure than the product's, or too much of it.
    #[error("this quantity is none of this product")]
    Quantity,
    /// A price was keyed for a product that has its own, or the keyed price is nothing.
    #[error("a price is keyed only where the product has none")]
    KeyedPrice,
    /// Somebody with more rights must override it.
    #[error("a {by:?} must allow this")]
    NeedsOverride {
        /// The least role that may.
        by: StaffRole,
        /// What is to be overridden.
        request: TillRequest,
    },
    /// Nobody at the till can allow it.
    #[error("this is not allowed at the till")]
    NotAllowed,
    /// With this line less, a discount that was given would be more than whoever gave it may give.
    #[error("a discount that was given would be too large for what is left")]
    DiscountLeft,
}

impl BasketRefusal {
    /// The refusal's code, which never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Order(refusal) => refusal.code(),
            Self::NoSuchLine(_) => "no_such_line",
            Self::KeyedPrice => "keyed_price",
            Self::NothingToUndo => "nothing_to_undo",
            Self::AskAge { .. } => "ask_age",
            Self::TooYoung(_) => "too_young",
            Self::AskDiscontinued => "ask_discontinued",
            Self::PastItsDate(_) => "past_its_date",
            Self::Amount(LabelAmountError::Measure(_)) => "weigh",
            Self::Amount(LabelAmountError::Price | LabelAmountError::NoListPrice) => "label_price",
            Self::Quantity => "quantity",
            Self::NeedsOverride { .. } => "needs_override",
            Self::NotAllowed => "not_allowed",
            Self::DiscountLeft => "discount_left",
        }
    }

    /// What the person at the till can do.
    #[must_use]
    pub fn what_to_do(&self) -> &'static str {
        match self {
            Self::Order(refusal) => refusal.what_to_do(),
            Self::NoSuchLine(_) => "Choose one of the lines.",
            Self::NothingToUndo => "Go on.",
            Self::AskAge { .. } => {
                "Look at the customer's document, then say whether they are old enough."
            }
            Self::TooYoung(_) => "Do not sell it to this customer.",
            Self::AskDiscontinued => "Say whether to sell what is left of it.",
            Self::PastItsDate(_) => "Take a fresher piece.",
            Self::Amount(LabelAmountError::Measure(_)) => {
                "Weigh or measure it, or key in how much it is."
            }
            Self::Amount(LabelAmountError::Price | LabelAmountError::NoListPrice) => {
                "Have the label printed again."
            }
            Self::Quantity => "Enter the quantity as the product is sold.",
            Self::NeedsOverride { .. } => "Ask somebody with more rights to allow it.",
            Self::NotAllowed => "Leave it.",
            Self::DiscountLeft => "Take the discount off first.",
            Self::KeyedPrice => "Ring it up without, then override its price.",
        }
    }
}
