//! What is known of a till session.

use super::{SessionJournal, SessionTakings};
use crate::{
    identity::{DocumentId, OperationId},
    misfit::Misfit,
    operation::{DenominationCount, SessionClosed, SessionOpened, SessionTotals, TenderTotal},
    refusal::Refusal,
    value::MinorUnits,
};

/// A till session, folded from its operations. Built by [`super::fold_till_session`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillSessionState {
    /// The document.
    pub id: DocumentId,
    /// Which till, which day, how much float; none while only facts have arrived.
    pub header: Option<SessionOpened>,
    /// How its float was made up, where it was counted by denomination.
    pub float: Vec<DenominationCount>,
    /// Cash put in that is no sale.
    pub paid_in_minor: MinorUnits,
    /// Cash taken out that is no refund.
    pub paid_out_minor: MinorUnits,
    /// Change money from the safe.
    pub loans_minor: MinorUnits,
    /// Cash brought to the safe.
    pub drops_minor: MinorUnits,
    /// The last count before the close.
    pub count: Option<CashCount>,
    /// How often the drawer was opened without a sale.
    pub no_sales: u32,
    /// How many baskets were given up.
    pub baskets_voided: u32,
    /// Who worked, and what else was written down.
    pub journal: SessionJournal,
    /// Its Z report, once it is closed. It never changes.
    pub close: Option<(OperationId, SessionClosed)>,
    /// Whether it holds a critical operation that this version does not know: nothing may be decided on it.
    pub frozen: bool,
    /// What did not fit.
    pub misfits: Vec<Misfit>,
}

/// A count of the drawer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashCount {
    /// The operation.
    pub operation: OperationId,
    /// What was found.
    pub counted_minor: MinorUnits,
    /// How many of each denomination, where it was counted so.
    pub denominations: Vec<DenominationCount>,
}

impl TillSessionState {
    /// Whether it is open: begun, and not closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.header.is_some() && self.close.is_none()
    }

    /// The session's opening, where money may be taken and given in it.
    ///
    /// # Errors
    /// [`Refusal::Frozen`], [`Refusal::NotOpened`] and [`Refusal::SessionClosed`].
    pub fn trading(&self) -> Result<&SessionOpened, Refusal> {
        if self.frozen {
            return Err(Refusal::Frozen {});
        }
        let header = self.header.as_ref().ok_or(Refusal::NotOpened {})?;
        match self.close {
            None => Ok(header),
            Some(_) => Err(Refusal::SessionClosed {}),
        }
    }

    /// The float it was opened with.
    #[must_use]
    pub fn float_minor(&self) -> MinorUnits {
        self.header
            .as_ref()
            .map_or(MinorUnits::ZERO, |header| header.float_minor)
    }

    /// What should be in the drawer: float and cash takings, and what else was put in, less what was taken out.
    #[must_use]
    pub fn expected_cash_minor(&self, takings: &SessionTakings) -> MinorUnits {
        self.float_minor()
            .saturating_plus(takings.cash_minor())
            .saturating_plus(self.loans_minor)
            .saturating_plus(self.paid_in_minor)
            .saturating_minus(self.paid_out_minor)
            .saturating_minus(self.drops_minor)
    }

    /// The figures as they stand: an X report while it is open, and what its Z report should say. Without a count,
    /// what is expected stands for what was counted.
    #[must_use]
    pub fn totals(&self, takings: &SessionTakings) -> SessionTotals {
        let expected = self.expected_cash_minor(takings);
        let counted = self
            .count
            .as_ref()
            .map_or(expected, |count| count.counted_minor);
        SessionTotals {
            orders: takings.orders,
            returns: takings.returns,
            sales_minor: takings.sales_minor,
            refunds_minor: takings.refunds_minor,
            tax_minor: takings.tax_minor,
            tenders: takings
                .tenders
                .iter()
                .map(|(kind, takings)| TenderTotal {
                    kind: *kind,
                    taken_minor: takings.taken_minor,
                    refunded_minor: takings.refunded_minor,
                })
                .collect(),
            paid_in_minor: self.paid_in_minor,
            paid_out_minor: self.paid_out_minor,
            loans_minor: self.loans_minor,
            drops_minor: self.drops_minor,
            rounding_minor: takings.rounding_minor,
            expected_cash_minor: expected,
            counted_cash_minor: counted,
            over_short_minor: counted.saturating_minus(expected),
        }
    }
}
