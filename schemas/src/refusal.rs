//! Refusals: a rule says no, before anything is written. Each says what to do instead.

use crate::{
    identity::{DocumentId, NodeNumber, OperationId},
    operation::{LineNumber, OrderType, Role},
    order::{OrderAction, OrderStatus},
    time::BusinessDate,
    value::{Measure, MinorUnits, Money, MoneyError, PricingError, QuantityTotal},
};

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $message:literal, do $advice:literal {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    })+) => {
        /// Why nothing was written.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Refusal {
            $($(#[$doc])* #[error($message)] $variant { $($(#[$field_doc])* $field: $type,)* },)+
        }

        impl Refusal {
            /// The code of every refusal.
            pub const CODES: &'static [&'static str] = &[$($code,)+];

            /// The refusal's code, which never changes.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)+
                }
            }

            /// What the person at the till can do.
            #[must_use]
            pub fn what_to_do(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $advice,)+
                }
            }
        }
    };
}

refusals! {
    // Any document.

    /// The document holds a critical operation of a later version.
    Frozen = "frozen",
        "this document holds something that this version does not understand",
        do "Update this till, or go on at one that is newer." {}
    /// The document was never opened here.
    NotOpened = "not_opened",
        "this document was not opened",
        do "Wait until the rest of it has arrived, or look it up at the server." {}
    /// The document is open already.
    OpenedAlready = "opened_already",
        "this document is open already",
        do "Go on with it, or begin another." {}
    /// An intent where only facts may be written down.
    NotAFact = "not_a_fact",
        "{name} is no fact that already happened",
        do "Decide it where the whole document is understood." {
        /// The operation's name.
        name: &'static str,
    }
    /// This role may not do it.
    RoleNotAllowed = "role_not_allowed",
        "this is not allowed to a {role:?}",
        do "Ask somebody with more rights to do it." {
        /// Who tried.
        role: Role,
    }
    /// An amount that must be more than zero.
    AmountNotPositive = "amount_not_positive",
        "an amount is more than zero, not {amount_minor}",
        do "Enter an amount." {
        /// What was given.
        amount_minor: MinorUnits,
    }
    /// An amount beyond what is counted.
    AmountTooLarge = "amount_too_large",
        "the amount is too large to be counted",
        do "Check quantity, price and amount for a slip of the hand." {}
    /// A line, tender or paper beyond the limit.
    TooMany = "too_many",
        "a document has at most {most} of these",
        do "Begin another document for the rest." {
        /// The limit.
        most: usize,
    }
    /// A document must have at least one line.
    NoLines = "no_lines",
        "there is nothing in it",
        do "Add at least one line." {}
    /// The line is not there, or was voided.
    UnknownLine = "unknown_line",
        "there is no line {line}",
        do "Choose one of the lines." {
        /// The line that was named.
        line: LineNumber,
    }
    /// The line's number is taken.
    LineNumberTwice = "line_number_twice",
        "line {line} is there already",
        do "Give the line the next free number." {
        /// The number.
        line: LineNumber,
    }
    /// The line's amounts do not add up.
    LineDoesNotAddUp = "line_does_not_add_up",
        "the amounts of line {line} do not add up",
        do "Price the line again." {
        /// The line.
        line: LineNumber,
    }
    /// A quantity in another measure than the line's.
    WrongMeasure = "wrong_measure",
        "line {line} is counted in {expected:?}, not in {given:?}",
        do "Enter the quantity as the line counts it." {
        /// The line.
        line: LineNumber,
        /// The line's measure.
        expected: Measure,
        /// What was given.
        given: Measure,
    }

    // Orders.

    /// There is no transition table for this type of order yet.
    OrderTypeNotSold = "order_type_not_sold",
        "orders of type {order_type:?} are not sold at this till yet",
        do "Sell it as carry-out, or place the order in another channel." {
        /// The type.
        order_type: OrderType,
    }
    /// The transition table has no such step.
    NotInThisStatus = "not_in_this_status",
        "{action:?} is not possible while the order is {status:?}",
        do "Look at the order's status: what can be done from there is shown beside it." {
        /// What was tried.
        action: OrderAction,
        /// Where the order stands.
        status: OrderStatus,
    }
    /// This role may not override prices.
    PriceOverride = "price_override",
        "the price of line {line} may not be overridden by a {role:?}",
        do "Ask a supervisor to override the price." {
        /// The line.
        line: LineNumber,
        /// Who tried.
        role: Role,
    }
    /// This role may not give discounts.
    Discount = "discount",
        "a {role:?} may not give a discount",
        do "Ask a supervisor to give the discount." {
        /// Who tried.
        role: Role,
    }
    /// A discount that takes nothing off.
    NoDiscount = "no_discount",
        "a discount takes nothing off",
        do "Leave the discount out, or say how much it is." {}
    /// A discount that is larger than what it is given on.
    DiscountTooLarge = "discount_too_large",
        "a discount is larger than what it is given on",
        do "Give a smaller discount." {}
    /// The tenders are less than the total.
    NotPaid = "not_paid",
        "{due_minor} is still to be paid",
        do "Take the rest of the money." {
        /// What is due.
        due_minor: MinorUnits,
    }
    /// A tender is more than what is due.
    MoreThanDue = "more_than_due",
        "{over_minor} more than is due would be taken",
        do "Take only what is due, and give change for the rest." {
        /// How much too much.
        over_minor: MinorUnits,
    }
    /// The customer handed over less than the tender settles.
    TenderedTooLittle = "tendered_too_little",
        "the customer handed over {short_minor} too little",
        do "Ask for the rest, or take a second tender." {
        /// How much is missing.
        short_minor: MinorUnits,
    }
    /// There is no such tender, or it was given back before.
    NoSuchTender = "no_such_tender",
        "this tender was not taken, or was given back before",
        do "Choose one of the order's tenders." {
        /// The tender that was named.
        tender: OperationId,
    }
    /// Nobody knows yet what became of a card payment: it is asked for, and never begun again.
    PaymentOpen = "payment_open",
        "nobody knows yet what became of a card payment",
        do "Wait for the terminal's answer; the till keeps asking for it." {
        /// The payment.
        payment: OperationId,
    }
    /// No such card payment was begun.
    NoSuchPayment = "no_such_payment",
        "this card payment was not begun here",
        do "Look at the order's payments." {
        /// The payment that was named.
        payment: OperationId,
    }
    /// The basket was put aside.
    Suspended = "suspended",
        "this basket was put aside",
        do "Take it up again first." {}
    /// The order is no basket that was put aside.
    NotSuspended = "not_suspended",
        "this is no basket that was put aside",
        do "Choose one of the baskets that were put aside." {}
    /// Somebody took the basket up already.
    ResumedAlready = "resumed_already",
        "till {till} took this basket up already",
        do "Go on at that till." {
        /// Which till did.
        till: NodeNumber,
    }
    /// Money must be given back before the order is cancelled.
    MoneyHeld = "money_held",
        "{held_minor} is held for this order",
        do "Give the money back first, then cancel." {
        /// What is held.
        held_minor: MinorUnits,
    }
    /// Goods must come back before the order is cancelled or a line taken off.
    GoodsOut = "goods_out",
        "goods of line {line} were handed over",
        do "Take the goods back with a return." {
        /// The line.
        line: LineNumber,
    }
    /// More would be handed over than is still here.
    MoreThanOrdered = "more_than_ordered",
        "only {left} of line {line} is left to hand over",
        do "Hand over what is left." {
        /// The line.
        line: LineNumber,
        /// What is left.
        left: QuantityTotal,
    }
    /// A service can't be handed over.
    NotGoods = "not_goods",
        "line {line} is a service; only goods move",
        do "Leave the line out." {
        /// The line.
        line: LineNumber,
    }
    /// All goods were handed over before.
    NothingToHandOver = "nothing_to_hand_over",
        "everything was handed over before",
        do "Complete the order." {}
    /// Goods are still here.
    NotHandedOver = "not_handed_over",
        "line {line} was not wholly handed over",
        do "Hand over the rest, or take it off." {
        /// The line.
        line: LineNumber,
    }

    // Returns.

    /// A verified return without what is left of the order.
    OriginalMissing = "original_missing",
        "the sale is not known here",
        do "Look the sale up at the server, or take a blind return." {}
    /// The sale that was looked up is another one.
    OriginalDiffers = "original_differs",
        "the sale that was looked up is {found}, not {asked}",
        do "Look the sale up again." {
        /// What is to be returned.
        asked: DocumentId,
        /// What was looked up.
        found: DocumentId,
    }
    /// The sale was in another currency, or with another tax mode.
    OriginalCurrency = "original_currency",
        "the sale was in another currency than this till's",
        do "Take the return at a till of that currency." {}
    /// More than is left would be returned.
    MoreThanLeft = "more_than_left",
        "only {left} of line {line} is left to return",
        do "Return what is left; the rest was returned before." {
        /// The order's line.
        line: LineNumber,
        /// What is left.
        left: QuantityTotal,
    }
    /// A refund over what was paid and not refunded yet.
    RefundMoreThanPaid = "refund_more_than_paid",
        "only {left_minor} of what was paid is left to refund",
        do "Refund what is left; the rest was refunded before." {
        /// What is left.
        left_minor: MinorUnits,
    }
    /// The refunds are not what the lines are worth.
    RefundDiffers = "refund_differs",
        "the lines are worth {worth_minor}, and {refund_minor} would be refunded",
        do "Refund exactly what the lines are worth." {
        /// What the lines are worth.
        worth_minor: MinorUnits,
        /// What would be refunded.
        refund_minor: MinorUnits,
    }
    /// The sale is too long ago.
    ReturnWindow = "return_window",
        "the sale was {days} days ago; returns are taken within {days_max}",
        do "Ask a supervisor to take the return." {
        /// How long ago.
        days: i64,
        /// How long returns are taken.
        days_max: u32,
    }
    /// A blind return over the cap.
    BlindReturnCap = "blind_return_cap",
        "a blind return of {refund_minor} is over the cap of {cap_minor}",
        do "Ask a supervisor to take the return, or find the sale." {
        /// What would be refunded.
        refund_minor: MinorUnits,
        /// The cap.
        cap_minor: MinorUnits,
    }
    /// A blind return is refunded as store credit only.
    BlindReturnTender = "blind_return_tender",
        "a blind return is refunded as store credit only",
        do "Refund store credit, or find the sale." {}

    // Till sessions.

    /// The session was closed.
    SessionClosed = "session_closed",
        "the till session is closed",
        do "Open the till (session open)." {}
    /// Another session is open at the till.
    SessionOpen = "session_open",
        "the session of {business_date} is open at this till",
        do "Go on with it, or count its drawer and close it (session count, session close)." {
        /// Its trading day.
        business_date: BusinessDate,
    }
    /// The drawer was not counted.
    NotCounted = "not_counted",
        "the drawer was not counted",
        do "Count the drawer (session count), then close." {}
    /// The drawer is over or short, and no reason is given.
    OverShortReason = "over_short_reason",
        "the drawer is over or short by {over_short}, and no reason is given",
        do "Count again, or close with a reason (session close --reason)." {
        /// Counted less expected.
        over_short: Money,
    }
    /// A count's denominations do not add up.
    CountDoesNotAddUp = "count_does_not_add_up",
        "the denominations add up to {expected_minor}, not {counted_minor}",
        do "Count again." {
        /// What the denominations add up to.
        expected_minor: MinorUnits,
        /// The total that was given.
        counted_minor: MinorUnits,
    }
    /// The till's takings can't all be known here.
    TakingsFrozen = "takings_frozen",
        "a document of this session holds something that this version does not understand",
        do "Update this till, then close." {}

    // Aliases.

    /// The two are not tied.
    NotAliased = "not_aliased",
        "this order is not tied to that one",
        do "Look at the order's aliases." {
        /// The other order.
        other: DocumentId,
    }
}

impl From<MoneyError> for Refusal {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::Overflow => Self::AmountTooLarge {},
            MoneyError::Currencies { .. } => Self::OriginalCurrency {},
        }
    }
}

impl From<PricingError> for Refusal {
    fn from(error: PricingError) -> Self {
        match error {
            PricingError::Money(error) => error.into(),
            PricingError::NoDiscount { .. } => Self::NoDiscount {},
            PricingError::DiscountTooLarge { .. } => Self::DiscountTooLarge {},
        }
    }
}
