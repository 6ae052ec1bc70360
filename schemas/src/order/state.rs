//! What is known of an order.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    FulfilmentStatus, OrderStatus, Payment, PaymentStatus, Suspension,
    status::{Progress, fulfilment_status, payment_status},
};
use crate::{
    identity::{DocumentId, ExternalRef, OperationId, ReactionId, ReceiptNumber, StoreId, UserId},
    misfit::Misfit,
    numbers::Numbers,
    operation::{
        CancelReason, LineAdded, LineKind, LineNumber, OrderOpened, TenderTaken, TenderVoided,
    },
    value::{Currency, MinorUnits, QuantityTotal},
};

/// An order, folded from its operations. Built by [`super::fold_order`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderState {
    /// The document.
    pub id: DocumentId,
    /// Where, when and under which rules it began; none while only facts have arrived.
    pub header: Option<OrderOpened>,
    /// Who began it, by number; none where no user was named.
    pub opened_by: Option<UserId>,
    /// Its lines by number, those taken off included.
    pub lines: BTreeMap<LineNumber, OrderLine>,
    /// The money that was taken, by the operation that took it, what was given back included.
    pub tenders: BTreeMap<OperationId, Tender>,
    /// The card payments, by the operation that began them.
    pub payments: BTreeMap<OperationId, Payment>,
    /// Whether it is a basket that was put aside, and who took it up.
    pub suspension: Option<Suspension>,
    /// The goods that were handed over, in folding order.
    pub handovers: Vec<Handover>,
    /// How it ended.
    pub end: Option<OrderEnd>,
    /// The number of its receipt.
    pub receipt: Option<ReceiptNumber>,
    /// What other systems call it.
    pub references: BTreeSet<ExternalRef>,
    /// The documents that are the same order, with the reference that both claim.
    pub aliases: BTreeMap<DocumentId, ExternalRef>,
    /// By which numbers it goes.
    pub numbers: Numbers,
    /// What the server reacted to in it already.
    pub reactions: BTreeSet<ReactionId>,
    /// Whether it holds a critical operation that this version does not know: nothing may be decided on it.
    pub frozen: bool,
    /// What did not fit.
    pub misfits: Vec<Misfit>,
}

/// A line, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// The line as it was added.
    pub added: LineAdded,
    /// The operation that took it off.
    pub voided: Option<OperationId>,
    /// How much was handed over.
    pub handed_over: QuantityTotal,
}

impl OrderLine {
    /// How much is ordered: nothing once the line was taken off.
    #[must_use]
    pub fn ordered(&self) -> QuantityTotal {
        match self.voided {
            None => self.added.quantity.into(),
            Some(_) => QuantityTotal::zero(self.added.quantity.measure()),
        }
    }

    /// How much is still to be handed over: nothing for a service, less than nothing where it was too much.
    #[must_use]
    pub fn to_hand_over(&self) -> QuantityTotal {
        let nothing = QuantityTotal::zero(self.added.quantity.measure());
        match self.added.kind {
            LineKind::Service => nothing,
            LineKind::Goods => self.ordered().minus(self.handed_over).unwrap_or(nothing),
        }
    }
}

/// Money that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tender {
    /// As it was taken.
    pub taken: TenderTaken,
    /// What counts of it: more than zero, and at most [`crate::rules::AMOUNT_MINOR_MAX`].
    pub amount_minor: MinorUnits,
    /// The operations that gave it back. Each counts, since each handed money out; a second one is a misfit.
    pub voided: Vec<(OperationId, TenderVoided)>,
}

impl Tender {
    /// What is held of it: less than nothing where it was given back more than once.
    #[must_use]
    pub fn held_minor(&self) -> MinorUnits {
        self.voided.iter().fold(self.amount_minor, |held, _| {
            held.saturating_minus(self.amount_minor)
        })
    }
}

/// Goods of one line that were handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// The operation that did it.
    pub operation: OperationId,
    /// From which store's stock.
    pub store: StoreId,
    /// Which line.
    pub line: LineNumber,
    /// How much.
    pub quantity: QuantityTotal,
}

/// How an order ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderEnd {
    /// Finished.
    Completed {
        /// By this operation.
        operation: OperationId,
    },
    /// Given up.
    Cancelled {
        /// By this operation.
        operation: OperationId,
        /// Why.
        reason: CancelReason,
    },
}

impl OrderEnd {
    /// The operation that ended it.
    #[must_use]
    pub fn operation(&self) -> OperationId {
        match self {
            Self::Completed { operation } | Self::Cancelled { operation, .. } => *operation,
        }
    }
}

impl OrderState {
    /// The till sessions that it names: in which it was opened, and in which its money moved. One may come twice.
    pub fn sessions(&self) -> impl Iterator<Item = DocumentId> {
        let opened = self.header.as_ref().and_then(|header| header.session);
        let moved = self.tenders.values().flat_map(|tender| {
            let voids = tender.voided.iter().filter_map(|(_, void)| void.session);
            tender.taken.session.into_iter().chain(voids)
        });
        opened.into_iter().chain(moved)
    }

    /// The currency of all its amounts; none while its opening has not arrived.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.header.as_ref().map(|header| header.currency)
    }

    /// The lines that were not taken off.
    pub fn standing_lines(&self) -> impl Iterator<Item = &OrderLine> {
        self.lines.values().filter(|line| line.voided.is_none())
    }

    /// What the order costs, tax included.
    #[must_use]
    pub fn total_minor(&self) -> MinorUnits {
        sum(self.standing_lines().map(|line| line.added.total_minor))
    }

    /// The tax in the total.
    #[must_use]
    pub fn tax_minor(&self) -> MinorUnits {
        sum(self.standing_lines().map(|line| line.added.tax.tax_minor))
    }

    /// The money that is held for it: taken, less given back.
    #[must_use]
    pub fn held_minor(&self) -> MinorUnits {
        sum(self.tenders.values().map(Tender::held_minor))
    }

    /// What is still due; less than nothing where too much was taken.
    #[must_use]
    pub fn due_minor(&self) -> MinorUnits {
        self.total_minor().saturating_minus(self.held_minor())
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> OrderStatus {
        match (&self.end, &self.header) {
            (Some(OrderEnd::Completed { .. }), _) => OrderStatus::Completed,
            (Some(OrderEnd::Cancelled { .. }), _) => OrderStatus::Cancelled,
            (None, None) => OrderStatus::New,
            (None, Some(_)) => match self.payment_status() {
                PaymentStatus::Paid | PaymentStatus::Overpaid
                    if self.standing_lines().next().is_some() =>
                {
                    OrderStatus::Paid
                }
                PaymentStatus::Unpaid
                | PaymentStatus::PartlyPaid
                | PaymentStatus::Paid
                | PaymentStatus::Overpaid => OrderStatus::PendingPayment,
            },
        }
    }

    /// How much of its money was taken.
    #[must_use]
    pub fn payment_status(&self) -> PaymentStatus {
        payment_status(self.total_minor(), self.held_minor())
    }

    /// How much of its goods was handed over.
    #[must_use]
    pub fn fulfilment_status(&self) -> FulfilmentStatus {
        let goods = self
            .standing_lines()
            .filter(|line| line.added.kind == LineKind::Goods)
            .map(|line| Progress::of(line.handed_over, line.ordered()));
        fulfilment_status(Progress::together(goods))
    }
}

pub(crate) fn sum(amounts: impl IntoIterator<Item = MinorUnits>) -> MinorUnits {
    amounts
        .into_iter()
        .fold(MinorUnits::ZERO, MinorUnits::saturating_plus)
}
