//! What is known of a return.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    identity::{DocumentId, OperationId, ReactionId, ReceiptNumber, StoreId, UserId},
    misfit::Misfit,
    numbers::Numbers,
    operation::{LineKind, LineNumber, Original, RefundPaid, ReturnLineAdded, ReturnOpened},
    order::sum,
    value::{Currency, MinorUnits, QuantityTotal},
};

/// A return, folded from its operations. Built by [`super::fold_return`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnState {
    /// The document.
    pub id: DocumentId,
    /// Where, when and of which sale; none while only facts have arrived.
    pub header: Option<ReturnOpened>,
    /// Who began it, by number; none where no user was named.
    pub opened_by: Option<UserId>,
    /// Its lines by number.
    pub lines: BTreeMap<LineNumber, ReturnLine>,
    /// The goods that were taken back, in folding order.
    pub taken_back: Vec<TakenBack>,
    /// The money that was refunded, by the operation that paid it.
    pub refunds: BTreeMap<OperationId, Refund>,
    /// The operation that finished it.
    pub completed: Option<OperationId>,
    /// The number of its receipt.
    pub receipt: Option<ReceiptNumber>,
    /// By which numbers it goes.
    pub numbers: Numbers,
    /// What the server reacted to in it already.
    pub reactions: BTreeSet<ReactionId>,
    /// Whether it holds a critical operation that this version does not know: nothing may be decided on it.
    pub frozen: bool,
    /// What did not fit.
    pub misfits: Vec<Misfit>,
}

/// A line, and how much of it came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnLine {
    /// The line as it was added.
    pub added: ReturnLineAdded,
    /// How much was taken back.
    pub taken_back: QuantityTotal,
}

impl ReturnLine {
    /// How much is still to be taken back: nothing for a service, less than nothing where it was too much.
    #[must_use]
    pub fn to_take_back(&self) -> QuantityTotal {
        let nothing = QuantityTotal::zero(self.added.quantity.measure());
        match self.added.kind {
            LineKind::Service => nothing,
            LineKind::Goods => QuantityTotal::from(self.added.quantity)
                .minus(self.taken_back)
                .unwrap_or(nothing),
        }
    }
}

/// Goods of one line that were taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// The operation that did it.
    pub operation: OperationId,
    /// Into which store.
    pub store: StoreId,
    /// Which line of the return.
    pub line: LineNumber,
    /// How much.
    pub quantity: QuantityTotal,
}

/// Money that was refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// As it was paid.
    pub paid: RefundPaid,
    /// What counts of it: more than zero, and at most [`crate::rules::AMOUNT_MINOR_MAX`].
    pub amount_minor: MinorUnits,
}

impl ReturnState {
    /// The till sessions that it names: in which it was opened, and in which money was refunded. One may come twice.
    pub fn sessions(&self) -> impl Iterator<Item = DocumentId> {
        let opened = self.header.as_ref().and_then(|header| header.session);
        let refunds = self.refunds.values();
        opened
            .into_iter()
            .chain(refunds.filter_map(|refund| refund.paid.session))
    }

    /// The currency of all its amounts; none while its opening has not arrived.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.header.as_ref().map(|header| header.currency)
    }

    /// What its lines are worth, tax included.
    #[must_use]
    pub fn worth_minor(&self) -> MinorUnits {
        sum(self.lines.values().map(|line| line.added.refund_minor))
    }

    /// The tax in what its lines are worth.
    #[must_use]
    pub fn tax_minor(&self) -> MinorUnits {
        sum(self.lines.values().map(|line| line.added.tax.tax_minor))
    }

    /// What was refunded.
    #[must_use]
    pub fn refunded_minor(&self) -> MinorUnits {
        sum(self.refunds.values().map(|refund| refund.amount_minor))
    }

    /// The order that it is a verified return of.
    #[must_use]
    pub fn order(&self) -> Option<DocumentId> {
        match self.header.as_ref().map(|header| &header.original) {
            Some(Original::Verified { order }) => Some(*order),
            Some(Original::Blind { .. }) | None => None,
        }
    }
}
