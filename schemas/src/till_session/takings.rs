//! What a session's orders and returns took and gave.

use std::collections::BTreeMap;

use super::TakingsBreakdown;
use crate::{
    identity::DocumentId,
    operation::{SessionBreakdown, TenderKind},
    order::{OrderEnd, OrderState},
    return_::ReturnState,
    value::MinorUnits,
};

/// Takings of one kind of tender.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KindTakings {
    /// Taken, less voided.
    pub taken_minor: MinorUnits,
    /// Refunded.
    pub refunded_minor: MinorUnits,
}

/// What a session's orders and returns took and gave: a sum over documents, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionTakings {
    /// How many orders were completed that were opened in the session.
    pub orders: u32,
    /// How many returns were completed that were opened in the session.
    pub returns: u32,
    /// What those orders' lines cost, tax included.
    pub sales_minor: MinorUnits,
    /// What those returns' lines gave back, tax included.
    pub refunds_minor: MinorUnits,
    /// The tax in those sales, less that in those refunds.
    pub tax_minor: MinorUnits,
    /// Money that this session took and gave, by kind, for whatever order.
    pub tenders: BTreeMap<TenderKind, KindTakings>,
    /// What cash rounding added to the drawer.
    pub rounding_minor: MinorUnits,
    /// All of it by tax, department and cashier.
    pub by: TakingsBreakdown,
    /// Whether a document was frozen, so that not all may be known.
    pub frozen: bool,
}

impl SessionTakings {
    /// What one order brought into one session.
    #[must_use]
    pub fn of_order(session: DocumentId, order: &OrderState) -> Self {
        let mut takings = Self::default();
        let opened_here = order.header.as_ref().and_then(|header| header.session) == Some(session);
        if opened_here && matches!(order.end, Some(OrderEnd::Completed { .. })) {
            takings.orders = 1;
            takings.sales_minor = order.total_minor();
            takings.tax_minor = order.tax_minor();
            takings.by.add_order(order);
        }
        let mut named = opened_here;
        for tender in order.tenders.values() {
            let rounding = tender.taken.rounding_minor.unwrap_or(MinorUnits::ZERO);
            if tender.taken.session == Some(session) {
                named = true;
                takings.take(tender.taken.kind, tender.amount_minor, rounding);
            }
            for (_, voided) in &tender.voided {
                if voided.session == Some(session) {
                    named = true;
                    let amount = minus(tender.amount_minor);
                    takings.take(tender.taken.kind, amount, minus(rounding));
                }
            }
        }
        takings.frozen = named && order.frozen;
        takings
    }

    /// What one return took out of one session.
    #[must_use]
    pub fn of_return(session: DocumentId, returned: &ReturnState) -> Self {
        let mut takings = Self::default();
        let opened_here =
            returned.header.as_ref().and_then(|header| header.session) == Some(session);
        if opened_here && returned.completed.is_some() {
            takings.returns = 1;
            takings.refunds_minor = returned.worth_minor();
            takings.tax_minor = minus(returned.tax_minor());
            takings.by.add_return(returned);
        }
        let mut named = opened_here;
        for refund in returned.refunds.values() {
            if refund.paid.session == Some(session) {
                named = true;
                let kind = takings.tenders.entry(refund.paid.kind).or_default();
                kind.refunded_minor = kind.refunded_minor.saturating_plus(refund.amount_minor);
                takings.rounding_minor = takings
                    .rounding_minor
                    .saturating_minus(refund.paid.rounding_minor.unwrap_or(MinorUnits::ZERO));
            }
        }
        takings.frozen = named && returned.frozen;
        takings
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.orders = self.orders.saturating_add(other.orders);
        self.returns = self.returns.saturating_add(other.returns);
        self.sales_minor = self.sales_minor.saturating_plus(other.sales_minor);
        self.refunds_minor = self.refunds_minor.saturating_plus(other.refunds_minor);
        self.tax_minor = self.tax_minor.saturating_plus(other.tax_minor);
        for (kind, takings) in &other.tenders {
            let kind = self.tenders.entry(*kind).or_default();
            kind.taken_minor = kind.taken_minor.saturating_plus(takings.taken_minor);
            kind.refunded_minor = kind.refunded_minor.saturating_plus(takings.refunded_minor);
        }
        self.rounding_minor = self.rounding_minor.saturating_plus(other.rounding_minor);
        self.by.add(&other.by);
        self.frozen |= other.frozen;
        self
    }

    /// All of it by tax, department and cashier, as a Z report has it.
    #[must_use]
    pub fn breakdown(&self) -> SessionBreakdown {
        (&self.by).into()
    }

    /// What was taken in all kinds of money, less refunded.
    #[must_use]
    pub fn net_tenders_minor(&self) -> MinorUnits {
        self.tenders.values().fold(MinorUnits::ZERO, |net, kind| {
            net.saturating_plus(kind.taken_minor)
                .saturating_minus(kind.refunded_minor)
        })
    }

    /// How much cash came into the drawer, rounding included.
    #[must_use]
    pub fn cash_minor(&self) -> MinorUnits {
        let cash = self
            .tenders
            .get(&TenderKind::Cash)
            .copied()
            .unwrap_or_default();
        cash.taken_minor
            .saturating_minus(cash.refunded_minor)
            .saturating_plus(self.rounding_minor)
    }

    fn take(&mut self, kind: TenderKind, amount: MinorUnits, rounding: MinorUnits) {
        let kind = self.tenders.entry(kind).or_default();
        kind.taken_minor = kind.taken_minor.saturating_plus(amount);
        self.rounding_minor = self.rounding_minor.saturating_plus(rounding);
    }
}

fn minus(amount: MinorUnits) -> MinorUnits {
    MinorUnits::ZERO.saturating_minus(amount)
}
