//! Why the desk did not do something, and what to do.

use holdfast_schemas::{
    basket::BasketRefusal,
    identity::{NodeNumber, OperationId, ReasonCode, Sku, UserId},
    operation::TenderKind,
    refusal::Refusal,
    scan::ScanError,
    staff::{OverrideError, StaffRole, TillRequest},
    tendering::TenderingError,
    value::MinorUnits,
    wire::HeldBecause,
};

use crate::{engine::SubmitError, store::StoreError};

/// Why nothing happened. Nothing was written, but for a try to sign on.
#[derive(Debug, thiserror::Error)]
pub enum DeskRefusal {
    // Who.
    /// Nobody is signed on.
    #[error("nobody is signed on")]
    NobodySignedOn,
    /// The till is locked.
    #[error("the till is locked by {0}")]
    Locked(UserId),
    /// No such user, not their PIN, no such badge, or a user who does not work here: a stranger is not told which.
    #[error("this is not known here")]
    WrongCredential,
    /// Too many wrong tries.
    #[error("too many wrong tries: wait {} s", wait_ms.div_euclid(1_000) + 1)]
    TryLater {
        /// How long, in milliseconds.
        wait_ms: i64,
    },
    /// Somebody else is signed on.
    #[error("{0} is signed on")]
    SignedOn(UserId),
    /// Somebody with more rights must allow it: ask for their PIN or badge, then [`super::DeskCommand::Overridden`].
    #[error("a {by:?} must allow this")]
    NeedsOverride {
        /// The least role that may.
        by: StaffRole,
        /// What is to be allowed.
        request: TillRequest,
    },
    /// Nobody at the till can allow it.
    #[error("this is not allowed at the till")]
    NotAllowed,
    /// The override does not hold.
    #[error(transparent)]
    Override(#[from] OverrideError),

    // Session.
    /// No session is open.
    #[error("no session is open")]
    NoSession,
    /// The basket is not empty.
    #[error("there is something in the basket")]
    BasketNotEmpty,
    /// The basket is empty.
    #[error("the basket is empty")]
    BasketEmpty,
    /// The store's list for this has no such reason.
    #[error("{0} is no reason for this in this store")]
    ReasonNotListed(ReasonCode),

    // Basket.
    /// A rule of baskets says no, or asks something first: [`BasketRefusal::AskAge`], [`BasketRefusal::AskDiscontinued`].
    #[error(transparent)]
    Basket(BasketRefusal),
    /// A rule of documents says no.
    #[error(transparent)]
    Document(#[from] Refusal),
    /// The code can't be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// No product has this code.
    #[error("no product has the code {0}")]
    UnknownCode(Box<str>),
    /// No product has this stock code.
    #[error("there is no product {0}")]
    UnknownProduct(Sku),
    /// The code means nothing here: a badge where nobody was asked for one, a pickup.
    #[error("this code means nothing here")]
    NotHere,

    // Money.
    /// Money is not taken so.
    #[error(transparent)]
    Tendering(#[from] TenderingError),
    /// Money is held for this sale: the basket can't change.
    #[error("{held_minor} are taken for this sale already")]
    TendersHeld {
        /// How much.
        held_minor: MinorUnits,
    },
    /// The outcome of a card payment is not known yet.
    #[error("the outcome of the card payment is not known yet")]
    PaymentOpen {
        /// Which.
        payment: OperationId,
    },
    /// The store does not take this kind of money.
    #[error("{0:?} is not taken here")]
    TenderNotTaken(TenderKind),
    /// More than one tender of this kind may be.
    #[error("one tender of this kind is at most {amount_max_minor}")]
    TenderTooLarge {
        /// The most.
        amount_max_minor: MinorUnits,
    },
    /// This kind of money is taken only while headquarters can be reached.
    #[error("{0:?} is not taken while headquarters can't be reached")]
    TenderOffline(TenderKind),
    /// A card was charged: it can't be undone at this till, only taken back as a return.
    #[error("a card that was charged is given back by a return")]
    CardCharged,
    /// No card terminal is set up.
    #[error("no card terminal is set up")]
    NoTerminal,

    // Suspended baskets.
    /// Another till holds the right to take the basket up, or to refund the sale, and does not give it away.
    #[error("till {by} has the right to this")]
    RightHeld {
        /// Which till.
        by: NodeNumber,
        /// Why it does not give it.
        because: HeldBecause,
    },
    /// Whoever has the right can't be asked: there is no line. A manager may override; goods may come back as a blind return.
    #[error("headquarters can't be asked who has the right to this")]
    RightNotReachable,

    /// Goods are noted to come back in exchange.
    #[error("goods come back in exchange")]
    ExchangeOpen,
    /// There is no such customer here.
    #[error("there is no such customer")]
    NoSuchCustomer,

    // Documents.
    /// There is no such order or return here.
    #[error("there is no such receipt")]
    NoSuchDocument,
    /// There is nothing to print.
    #[error("there is nothing to print")]
    NothingToPrint,
    /// Not while training.
    #[error("this is not done in training")]
    InTraining,

    // Broken.
    /// The engine could not write it.
    #[error("this could not be written")]
    Submit(#[source] SubmitError),
    /// The till's file failed.
    #[error("the till's file failed")]
    Store(#[from] StoreError),
    /// The engine is not running any more.
    #[error("the till's engine is not running any more")]
    Stopped,
}

impl From<SubmitError> for DeskRefusal {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Refused(refusal) => Self::Document(refusal),
            SubmitError::Store(error) => Self::Store(error),
            failed @ (SubmitError::Frozen { .. }
            | SubmitError::Append(_)
            | SubmitError::Number(_)
            | SubmitError::Repeated
            | SubmitError::TimeZone(_)) => Self::Submit(failed),
        }
    }
}

impl From<BasketRefusal> for DeskRefusal {
    fn from(refusal: BasketRefusal) -> Self {
        match refusal {
            BasketRefusal::NeedsOverride { by, request } => Self::NeedsOverride { by, request },
            BasketRefusal::NotAllowed => Self::NotAllowed,
            rule @ (BasketRefusal::Order(_)
            | BasketRefusal::NoSuchLine(_)
            | BasketRefusal::NothingToUndo
            | BasketRefusal::AskAge { .. }
            | BasketRefusal::TooYoung(_)
            | BasketRefusal::AskDiscontinued
            | BasketRefusal::PastItsDate(_)
            | BasketRefusal::Amount(_)
            | BasketRefusal::Quantity
            | BasketRefusal::KeyedPrice
            | BasketRefusal::DiscountLeft) => Self::Basket(rule),
        }
    }
}

impl DeskRefusal {
    /// What the till's file said, where that is why.
    pub(crate) fn store_error(&self) -> Option<&StoreError> {
        if let Self::Store(error) | Self::Submit(SubmitError::Store(error)) = self {
            Some(error)
        } else {
            None
        }
    }

    /// The refusal's code, which never changes: a screen translates by it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NobodySignedOn => "nobody_signed_on",
            Self::Locked(_) => "locked",
            Self::WrongCredential => "wrong_credential",
            Self::TryLater { .. } => "try_later",
            Self::SignedOn(_) => "signed_on",
            Self::NeedsOverride { .. } => "needs_override",
            Self::NotAllowed => "not_allowed",
            Self::Override(_) => "override_refused",
            Self::NoSession => "no_session",
            Self::BasketNotEmpty => "basket_not_empty",
            Self::BasketEmpty => "basket_empty",
            Self::ReasonNotListed(_) => "reason_not_listed",
            Self::Basket(refusal) => refusal.code(),
            Self::Document(refusal) => refusal.code(),
            Self::Scan(error) => error.code(),
            Self::UnknownCode(_) => "unknown_code",
            Self::UnknownProduct(_) => "unknown_product",
            Self::NotHere => "not_here",
            Self::Tendering(error) => tendering_code(error),
            Self::TendersHeld { .. } => "tenders_held",
            Self::PaymentOpen { .. } => "payment_open",
            Self::TenderNotTaken(_) => "tender_not_taken",
            Self::TenderTooLarge { .. } => "tender_too_large",
            Self::TenderOffline(_) => "tender_offline",
            Self::CardCharged => "card_charged",
            Self::NoTerminal => "no_terminal",
            Self::RightHeld { .. } => "right_held",
            Self::RightNotReachable => "right_not_reachable",
            Self::ExchangeOpen => "exchange_open",
            Self::NoSuchCustomer => "no_such_customer",
            Self::NoSuchDocument => "no_such_document",
            Self::NothingToPrint => "nothing_to_print",
            Self::InTraining => "in_training",
            Self::Submit(_) => "not_written",
            Self::Store(_) => "file_failed",
            Self::Stopped => "stopped",
        }
    }

    /// What the person at the till can do, in English.
    #[must_use]
    pub fn what_to_do(&self) -> &'static str {
        match self {
            Self::NobodySignedOn => "Sign on.",
            Self::Locked(_) => "Unlock the till, or let a supervisor take it over.",
            Self::WrongCredential => "Try again; a manager can set a new PIN.",
            Self::TryLater { .. } => "Wait, or let somebody else sign on.",
            Self::SignedOn(_) => "Let them sign off or lock the till first.",
            Self::NeedsOverride { .. } => "Ask somebody with more rights to allow it.",
            Self::NotAllowed => "Leave it.",
            Self::Override(_) => "Ask somebody else with more rights.",
            Self::NoSession => "Open the till first.",
            Self::BasketNotEmpty => "Finish the sale, put it aside or give it up first.",
            Self::BasketEmpty => "Scan something first.",
            Self::ReasonNotListed(_) => "Choose one of the reasons.",
            Self::Basket(refusal) => refusal.what_to_do(),
            Self::Document(refusal) => refusal.what_to_do(),
            Self::Scan(error) => error.what_to_do(),
            Self::UnknownCode(_) | Self::UnknownProduct(_) => "Search the item by name.",
            Self::NotHere => "Scan an item or a receipt.",
            Self::Tendering(_) => "Enter another amount.",
            Self::TendersHeld { .. } => "Finish the payment, or give the money back first.",
            Self::PaymentOpen { .. } => "Wait for the terminal; it is asked again and again.",
            Self::TenderNotTaken(_) => "Take other money.",
            Self::TenderTooLarge { .. } => "Take the rest in other money.",
            Self::TenderOffline(_) => "Take other money, or wait for the line.",
            Self::CardCharged => "Finish the sale and take it back as a return.",
            Self::NoTerminal => "Take other money.",
            Self::RightHeld { .. } => "Go on at that till, or wait until it is free.",
            Self::RightNotReachable => "Go on at the till that has it, or ask a manager.",
            Self::ExchangeOpen => "Finish the exchange, or end it first.",
            Self::NoSuchCustomer => "Search the customer by name, or make a new record.",
            Self::NoSuchDocument => "Check the number; without a receipt it is a blind return.",
            Self::NothingToPrint => "Choose a receipt.",
            Self::InTraining => "Leave training mode first.",
            Self::Submit(_) | Self::Store(_) | Self::Stopped => {
                "Try again; if it stays so, restart the till: nothing is lost."
            }
        }
    }
}

fn tendering_code(error: &TenderingError) -> &'static str {
    match error {
        TenderingError::Paid => "paid",
        TenderingError::Nothing => "amount_nothing",
        TenderingError::MoreThanDue { .. } => "more_than_due",
        TenderingError::NoSuchCoin { .. } => "no_such_coin",
        TenderingError::NoSuchTender => "no_such_tender",
        TenderingError::TooMany => "too_many_tenders",
        TenderingError::Money(_) => "amount_too_large",
    }
}
