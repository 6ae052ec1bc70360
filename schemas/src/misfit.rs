//! Misfits: facts that did not fit. Data for people to settle, not errors; a fold names them and goes on.

mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::{DocumentId, NodeNumber, OperationId, OrderNumber},
    operation::{DocumentKind, LineNumber},
    value::{Currency, Measure, MinorUnits, QuantityTotal},
};
use words::Words;

macro_rules! misfits {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $words:literal, do $advice:literal {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    })+) => {
        /// Something that did not fit, and all that is needed to find it. Written as an object whose `code` is stable.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "code")]
        pub enum Misfit {
            $($(#[$doc])* #[serde(rename = $code)] $variant { $($(#[$field_doc])* $field: $type,)* },)+
        }

        impl Misfit {
            /// The code of every misfit.
            pub const CODES: &'static [&'static str] = &[$($code,)+];

            /// The misfit's code, which never changes.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)+
                }
            }

            /// What did not fit, in words, without a full stop. Amounts are in the document's currency; where that is
            /// not known, in minor units.
            #[must_use]
            pub fn words(&self, currency: Option<Currency>) -> String {
                match self {
                    $(Self::$variant { $($field,)* } => {
                        $(let $field = $field.words(currency); let _ = &$field;)*
                        format!($words)
                    })+
                }
            }

            /// What people can do about it.
            #[must_use]
            pub fn what_to_do(&self, currency: Option<Currency>) -> String {
                match self {
                    $(Self::$variant { $($field,)* } => {
                        $(let $field = $field.words(currency); let _ = &$field;)*
                        format!($advice)
                    })+
                }
            }
        }
    };
}

misfits! {
    // To any document.

    /// No operation that counts opens the document. Its facts are counted all the same.
    NoHeader = "no_header",
        "nothing that counts opens it",
        do "Wait for the rest of it, or have it looked up at the server; its facts count meanwhile." {}
    /// The document is opened twice; the first opening counts.
    SecondHeader = "second_header",
        "it was opened twice; the second opening, {operation}, does not count",
        do "Check that the two openings are one sale; if they are two, sell the second again." {
        /// The opening that does not count.
        operation: OperationId,
    }
    /// An operation of another kind of document; it is not counted.
    WrongKind = "wrong_kind",
        "{name} happens to a {kind}, not to this; it is not counted",
        do "Tell support: a program wrote what it should not." {
        /// The operation.
        operation: OperationId,
        /// Its name.
        name: Box<str>,
        /// The kind of document to which it can happen.
        kind: DocumentKind,
    }
    /// An operation of a later version that must be known to decide: the document is frozen for decisions here.
    UnknownCritical = "unknown_critical",
        "{name} is known to a later version only; nothing is decided on it here",
        do "Update this till, or go on at one that is newer." {
        /// The operation.
        operation: OperationId,
        /// Its name.
        name: Box<str>,
    }
    /// An amount that can't be: zero or less where money changed hands, or beyond what is counted.
    AmountClamped = "amount_clamped",
        "an amount of {written_minor} can't be; {counted_minor} is counted",
        do "Compare it with the receipt and the drawer, and put the difference right." {
        /// The operation that wrote it.
        operation: OperationId,
        /// What it wrote.
        written_minor: MinorUnits,
        /// What was counted instead.
        counted_minor: MinorUnits,
    }
    /// An intent without effect: the document had moved on, as others who acted on it may not have known.
    IntentReversed = "intent_reversed",
        "{name} has no effect: the document had moved on",
        do "Tell whoever acted on it, and do it again if it is still wanted." {
        /// The intent.
        operation: OperationId,
        /// Its name.
        name: Box<str>,
        /// The operation because of which it has no effect.
        because: OperationId,
    }
    /// An operation names a line that the document does not have.
    UnknownLine = "unknown_line",
        "line {line} is named, and there is none",
        do "Wait for the rest of the document; if nothing comes, tell support." {
        /// The operation.
        operation: OperationId,
        /// The line.
        line: LineNumber,
    }
    /// A line number that was given before; the first line counts.
    LineNumberTwice = "line_number_twice",
        "a second line {line} does not count",
        do "Sell the second line again, if the customer has the goods." {
        /// The line that does not count.
        operation: OperationId,
        /// The number.
        line: LineNumber,
    }
    /// A line whose amounts do not add up. It counts as it is written: that is what the customer was told.
    LineDoesNotAddUp = "line_does_not_add_up",
        "the {amount} of line {line} should be {expected_minor}, and is written as {written_minor}",
        do "It counts as it is written. Give the customer the difference if it is to their loss." {
        /// The line.
        line: LineNumber,
        /// Which of its amounts.
        amount: LineAmount,
        /// What it should be.
        expected_minor: MinorUnits,
        /// What is written.
        written_minor: MinorUnits,
    }
    /// A quantity in another measure than its line's; it is not counted.
    WrongMeasure = "wrong_measure",
        "line {line} is counted in {expected}, and {written} were written; they are not counted",
        do "Count the goods, and put the stock right." {
        /// The operation.
        operation: OperationId,
        /// The line.
        line: LineNumber,
        /// The line's measure.
        expected: Measure,
        /// The measure that was written.
        written: Measure,
    }

    // To an order.

    /// More money was taken than the order costs.
    Overpaid = "overpaid",
        "{over_minor} more was taken than the order costs",
        do "Give the difference back to the customer." {
        /// By how much.
        over_minor: MinorUnits,
    }
    /// The order is completed, and not all of its money was taken.
    CompletedUnpaid = "completed_unpaid",
        "it is completed, and {due_minor} is still due",
        do "Ask the customer for it, or write it off." {
        /// What is still due.
        due_minor: MinorUnits,
    }
    /// The order is completed, and a line of goods was not wholly handed over.
    CompletedNotHandedOver = "completed_not_handed_over",
        "it is completed, and {missing} of line {line} were not handed over",
        do "Hand the rest over, or refund it." {
        /// The line.
        line: LineNumber,
        /// How much of it is still here.
        missing: QuantityTotal,
    }
    /// More was handed over than was ordered.
    HandedOverTooMuch = "handed_over_too_much",
        "{over} more of line {line} were handed over than were ordered",
        do "Charge or fetch back what is over, and check the stock." {
        /// The line.
        line: LineNumber,
        /// By how much.
        over: QuantityTotal,
    }
    /// Somebody handed over "all the rest", and there was no rest.
    HandedOverNothing = "handed_over_nothing",
        "the rest was handed over, and there was no rest",
        do "Check that the goods were not handed over twice." {
        /// The handover.
        operation: OperationId,
    }
    /// The order is cancelled, and its money was not all given back.
    MoneyAfterCancel = "money_after_cancel",
        "it is cancelled, and {held_minor} of its money is still held",
        do "Give it back to the customer." {
        /// What is still held.
        held_minor: MinorUnits,
    }
    /// The order is cancelled, and goods of it were handed over.
    GoodsAfterCancel = "goods_after_cancel",
        "it is cancelled, and {handed_over} of line {line} were handed over",
        do "Fetch the goods back, or charge for them." {
        /// The line.
        line: LineNumber,
        /// How much of it.
        handed_over: QuantityTotal,
    }
    /// A tender was given back that this order never took.
    UnknownTenderVoided = "unknown_tender_voided",
        "a payment was given back that this order never took",
        do "Find the order that took it, and check the drawer." {
        /// The operation that gave it back.
        operation: OperationId,
        /// The tender that it names.
        tender: OperationId,
    }
    /// A tender was given back once more. That counts too: the money went out.
    TenderVoidedTwice = "tender_voided_twice",
        "{amount_minor} was given back once too often",
        do "Ask the customer for it, or write it off." {
        /// The second giving back.
        operation: OperationId,
        /// The tender.
        tender: OperationId,
        /// How much was given back once too often.
        amount_minor: MinorUnits,
    }
    /// An answer to a card payment that this order never began. Its money counts where a tender says so.
    UnknownPayment = "unknown_payment",
        "a card payment was answered that was never begun here, {payment}",
        do "Look at the terminal's own list, and at what the order's tenders count." {
        /// The answer.
        operation: OperationId,
        /// The payment that it names.
        payment: OperationId,
    }
    /// A terminal charged for one payment under two names. Both count: the customer paid twice.
    ChargedTwice = "charged_twice",
        "a terminal charged twice for one card payment, {amount_minor} too often",
        do "Give the second charge back to the card, by the terminal." {
        /// The second answer.
        operation: OperationId,
        /// The payment.
        payment: OperationId,
        /// How much was charged once too often.
        amount_minor: MinorUnits,
    }
    /// A terminal said both that it charged, and that it did not.
    PaymentContradicted = "payment_contradicted",
        "a terminal said both that it charged a card and that it did not",
        do "Look at the terminal's own list: what it says there happened." {
        /// The second answer.
        operation: OperationId,
        /// The payment.
        payment: OperationId,
    }
    /// The order is over, and nobody knows what became of a card payment.
    PaymentOutcomeUnknown = "payment_outcome_unknown",
        "it is over, and nobody knows whether a card was charged {amount_minor}",
        do "Look at the terminal's own list, and give back what it charged." {
        /// The payment.
        payment: OperationId,
        /// How much may have been charged.
        amount_minor: MinorUnits,
    }
    /// A card was charged, and no tender counts its money.
    PaymentNotCounted = "payment_not_counted",
        "a card was charged {amount_minor}, and no tender counts it",
        do "Take the tender with the payment's name, or give the charge back." {
        /// The payment.
        payment: OperationId,
        /// How much was charged.
        amount_minor: MinorUnits,
    }
    /// A basket was taken up that nobody had put aside.
    ResumedUnsuspended = "resumed_unsuspended",
        "a basket was taken up that nobody had put aside",
        do "Tell support: a program wrote what it should not." {
        /// The operation.
        operation: OperationId,
    }
    /// A basket was taken up by a manager's override, while another till had the right to it.
    ResumedWithoutRight = "resumed_without_right",
        "till {till} took the basket up by a manager's override; till {holder} had put it aside",
        do "When till {holder} is back, check that it did not sell the basket too." {
        /// The operation.
        operation: OperationId,
        /// The till that took it up.
        till: NodeNumber,
        /// The till that had put it aside.
        holder: NodeNumber,
    }
    /// Two tills took one basket up: both may have sold it.
    ResumedTwice = "resumed_twice",
        "two tills took the basket up, {first_till} and {second_till}",
        do "Find the sales of both tills; where both sold it, take one back." {
        /// The first to take it up.
        first: OperationId,
        /// Its till.
        first_till: NodeNumber,
        /// The second.
        second: OperationId,
        /// Its till.
        second_till: NodeNumber,
    }
    /// Two orders or returns got one number. This one goes by a further number; the old one still finds it.
    NumberClash = "number_clash",
        "number {clashed} was given twice; this one goes by {number} now",
        do "Nothing must be done: either number finds it. The other one is {other}." {
        /// The number that both got.
        clashed: OrderNumber,
        /// This one's number now.
        number: OrderNumber,
        /// The order or return that keeps the number.
        other: DocumentId,
    }
    /// An order is said to be the same as itself, or to be another order than one it was never tied to.
    AliasWithoutEffect = "alias_without_effect",
        "it is tied to, or untied from, {other} without effect",
        do "Nothing must be done; tell support if it comes again." {
        /// The operation.
        operation: OperationId,
        /// The order that it names.
        other: DocumentId,
    }
    /// Only one of two orders says that they are the same.
    AliasOneSided = "alias_one_sided",
        "{document} says that it is the same order as {other}, which does not say so",
        do "Wait for the other half from the server." {
        /// The order that says so.
        document: DocumentId,
        /// The order that does not.
        other: DocumentId,
    }
    /// Two documents that are one order were both paid: the proposed refund gives the second payment back.
    AliasBothPaid = "alias_both_paid",
        "{document} is the same order as another, and both were paid",
        do "Refund {proposed_refund_minor} to the customer." {
        /// The order to refund.
        document: DocumentId,
        /// What to refund.
        proposed_refund_minor: MinorUnits,
    }

    // To a return, and to an order's after-sale.

    /// More was refunded than the return's lines are worth.
    RefundedTooMuch = "refunded_too_much",
        "{over_minor} more was refunded than its lines are worth",
        do "Ask the customer for it, or write it off." {
        /// By how much.
        over_minor: MinorUnits,
    }
    /// The return is completed, and not all of its money was given.
    CompletedUnrefunded = "completed_unrefunded",
        "it is completed, and the customer still gets {due_minor}",
        do "Refund the rest." {
        /// What the customer still gets.
        due_minor: MinorUnits,
    }
    /// The return is completed, and a line of goods was not wholly taken back.
    CompletedNotTakenBack = "completed_not_taken_back",
        "it is completed, and {missing} of line {line} were not taken back",
        do "Find the goods, or put the stock right." {
        /// The line.
        line: LineNumber,
        /// How much of it is missing.
        missing: QuantityTotal,
    }
    /// More was taken back than the return says.
    TakenBackTooMuch = "taken_back_too_much",
        "{over} more of line {line} were taken back than it says",
        do "Refund what is over, or give the goods back; check the stock." {
        /// The return's line.
        line: LineNumber,
        /// By how much.
        over: QuantityTotal,
    }
    /// Somebody took back "all the rest", and there was no rest.
    TakenBackNothing = "taken_back_nothing",
        "the rest was taken back, and there was no rest",
        do "Check that the goods were not taken back twice." {
        /// The taking back.
        operation: OperationId,
    }
    /// A line of a verified return that names no line of the order.
    LineWithoutOriginal = "line_without_original",
        "line {line} of return {document} names no line of the order",
        do "Compare it with the receipt, and tell support." {
        /// The return.
        document: DocumentId,
        /// The return's line.
        line: LineNumber,
    }
    /// More of a line was returned than was sold, over all its returns.
    ReturnedMoreThanSold = "returned_more_than_sold",
        "{over} more of line {line} came back than were sold, by returns {returns}",
        do "Find out which return is right, and put money and stock right for the others." {
        /// The order's line.
        line: LineNumber,
        /// By how much.
        over: QuantityTotal,
        /// The returns that gave it back.
        returns: Vec<DocumentId>,
    }
    /// More of a line was refunded than was paid for it, over all its returns.
    RefundedMoreThanShare = "refunded_more_than_share",
        "{over_minor} more was refunded for line {line} than was paid for it, by returns {returns}",
        do "Ask the customer for it, or write it off." {
        /// The order's line.
        line: LineNumber,
        /// By how much.
        over_minor: MinorUnits,
        /// The returns that refunded it.
        returns: Vec<DocumentId>,
    }
    /// More was refunded than was paid, over all returns.
    RefundedMoreThanPaid = "refunded_more_than_paid",
        "{over_minor} more was refunded than was paid, by returns {returns}",
        do "Ask the customer for it, or write it off." {
        /// By how much.
        over_minor: MinorUnits,
        /// The returns that refunded it.
        returns: Vec<DocumentId>,
    }
    /// A return in another currency than the order's; it is not counted against the order.
    ReturnCurrencyDiffers = "return_currency_differs",
        "return {document} is in another currency; it is not counted against the order",
        do "Settle the difference by hand, and tell support." {
        /// The return.
        document: DocumentId,
    }

    // To a till session.

    /// Cash moved or was counted after the close. It is counted, but is not in the Z report.
    AfterClose = "after_close",
        "{name} came after the close; it counts, and is not in the Z report",
        do "Add it to the day's papers by hand." {
        /// The operation.
        operation: OperationId,
        /// Its name.
        name: Box<str>,
    }
    /// A count whose denominations do not add up to its total. The total counts.
    CountDoesNotAddUp = "count_does_not_add_up",
        "the notes and coins of a count add up to {expected_minor}, and its total is {written_minor}; the total counts",
        do "Count the drawer again." {
        /// The count.
        operation: OperationId,
        /// What the denominations add up to.
        expected_minor: MinorUnits,
        /// The total that is written.
        written_minor: MinorUnits,
    }
    /// A Z report that does not follow from the session's own figures.
    CloseDoesNotAddUp = "close_does_not_add_up",
        "the Z report says {written_minor} for {figure}, and the session's own papers give {expected_minor}",
        do "Go by the session's papers, and tell support." {
        /// Which figure.
        figure: SessionFigure,
        /// What it should be.
        expected_minor: MinorUnits,
        /// What is written.
        written_minor: MinorUnits,
    }

    // To a stock paper.

    /// A stock movement without a line.
    NothingMoved = "nothing_moved",
        "a stock movement has no line",
        do "Write it down again with its lines." {
        /// The operation.
        operation: OperationId,
    }
}

/// One of a line's amounts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LineAmount {
    /// Quantity × unit price.
    Gross,
    /// The shares of discounts: each more than zero, together at most the gross amount.
    Discounts,
    /// The tax: not below zero, and not above what it is part of.
    Tax,
    /// What the customer pays, or gets back.
    Total,
}

/// One of a Z report's figures.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SessionFigure {
    /// What the orders' lines cost.
    Sales,
    /// What the returns' lines gave back.
    Refunds,
    /// The tax in both.
    Tax,
    /// One kind of tender, taken.
    TendersTaken,
    /// One kind of tender, refunded.
    TendersRefunded,
    /// Cash put in.
    PaidIn,
    /// Cash taken out.
    PaidOut,
    /// Change money from the safe.
    Loans,
    /// Cash to the safe.
    Drops,
    /// What cash rounding added.
    Rounding,
    /// What should be in the drawer.
    ExpectedCash,
    /// What was counted.
    CountedCash,
    /// Counted less expected.
    OverShort,
}
