//! From operations to what is known of a till session. Total: it never fails.

use super::{CashCount, SessionJournal, TillSessionState};
use crate::{
    folding::Folding,
    identity::{DocumentId, OperationId},
    misfit::{Misfit, SessionFigure},
    operation::{
        Body, CashCounted, DenominationCount, DocumentKind, FloatCounted, Recorded, SessionClosed,
        TillSessionBody,
    },
    value::MinorUnits,
};

/// Folds a till session's operations, given in folding order (the order of their ids), each once.
#[must_use]
pub fn fold_till_session<'a>(
    id: DocumentId,
    operations: impl IntoIterator<Item = (OperationId, &'a Recorded)>,
) -> TillSessionState {
    let mut fold = SessionFold::new(id);
    for (operation, recorded) in operations {
        if let Some(known) = fold.folding.read(operation, recorded)
            && let Body::TillSession(body) = &known.body
        {
            fold.apply(operation, body);
        }
    }
    fold.finish()
}

struct SessionFold {
    folding: Folding,
    session: TillSessionState,
}

impl SessionFold {
    fn new(id: DocumentId) -> Self {
        Self {
            folding: Folding::new(DocumentKind::TillSession),
            session: TillSessionState {
                id,
                header: None,
                float: Vec::new(),
                paid_in_minor: MinorUnits::ZERO,
                paid_out_minor: MinorUnits::ZERO,
                loans_minor: MinorUnits::ZERO,
                drops_minor: MinorUnits::ZERO,
                count: None,
                no_sales: 0,
                baskets_voided: 0,
                journal: SessionJournal::default(),
                close: None,
                frozen: false,
                misfits: Vec::new(),
            },
        }
    }

    fn apply(&mut self, operation: OperationId, body: &TillSessionBody) {
        match body {
            TillSessionBody::SessionOpened(opened) => {
                if self.session.header.is_some() {
                    self.folding.misfit(Misfit::SecondHeader { operation });
                } else {
                    self.session.header = Some(opened.clone());
                }
            }
            TillSessionBody::FloatCounted(counted) => self.count_float(operation, counted),
            TillSessionBody::PaidIn(paid) => {
                let amount = self.cash(operation, "paid_in", paid.amount_minor);
                let total = &mut self.session.paid_in_minor;
                *total = total.saturating_plus(amount);
            }
            TillSessionBody::PaidOut(paid) => {
                let amount = self.cash(operation, "paid_out", paid.amount_minor);
                let total = &mut self.session.paid_out_minor;
                *total = total.saturating_plus(amount);
            }
            TillSessionBody::LoanReceived(loan) => {
                let amount = self.cash(operation, "loan_received", loan.amount_minor);
                let total = &mut self.session.loans_minor;
                *total = total.saturating_plus(amount);
            }
            TillSessionBody::CashDropped(drop) => {
                let amount = self.cash(operation, "cash_dropped", drop.amount_minor);
                let total = &mut self.session.drops_minor;
                *total = total.saturating_plus(amount);
            }
            TillSessionBody::CashCounted(counted) => self.count(operation, counted),
            TillSessionBody::NoSale(_) => {
                self.session.no_sales = self.session.no_sales.saturating_add(1);
            }
            TillSessionBody::BasketVoided(_) => {
                self.session.baskets_voided = self.session.baskets_voided.saturating_add(1);
            }
            TillSessionBody::SignedOn(signed_on) => self.session.journal.sign_on(signed_on),
            TillSessionBody::SignedOff(signed_off) => self.session.journal.sign_off(signed_off),
            TillSessionBody::SignOnRefused(_) => {
                let refused = &mut self.session.journal.sign_ons_refused;
                *refused = refused.saturating_add(1);
            }
            TillSessionBody::OverrideGranted(granted) => {
                let overrides = &mut self.session.journal.overrides;
                overrides.push((operation, granted.clone()));
            }
            TillSessionBody::ReceiptReprinted(_) => {
                let reprints = &mut self.session.journal.reprints;
                *reprints = reprints.saturating_add(1);
            }
            TillSessionBody::AgeChecked(checked) => {
                self.session.journal.check_age(checked.old_enough);
            }
            TillSessionBody::SessionClosed(closed) => self.close(operation, closed),
        }
    }

    /// The first one that is written counts.
    fn count_float(&mut self, operation: OperationId, counted: &FloatCounted) {
        let expected_minor = self.session.float_minor();
        let written_minor = denominations_minor(&counted.denominations);
        if written_minor != expected_minor {
            self.folding.misfit(Misfit::CountDoesNotAddUp {
                operation,
                expected_minor,
                written_minor,
            });
        }
        if self.session.float.is_empty() {
            self.session.float.clone_from(&counted.denominations);
        }
    }

    /// Cash that moved, as it counts; named where the Z report is written already.
    fn cash(
        &mut self,
        operation: OperationId,
        name: &'static str,
        written: MinorUnits,
    ) -> MinorUnits {
        self.note_after_close(operation, name);
        self.folding.amount(operation, written)
    }

    fn note_after_close(&mut self, operation: OperationId, name: &'static str) {
        if self.session.close.is_some() {
            self.folding.misfit(Misfit::AfterClose {
                operation,
                name: name.into(),
            });
        }
    }

    /// A later count takes the place of an earlier one, but a Z report keeps the one that it was written with.
    fn count(&mut self, operation: OperationId, counted: &CashCounted) {
        let expected_minor = denominations_minor(&counted.denominations);
        if !counted.denominations.is_empty() && expected_minor != counted.counted_minor {
            self.folding.misfit(Misfit::CountDoesNotAddUp {
                operation,
                expected_minor,
                written_minor: counted.counted_minor,
            });
        }
        self.note_after_close(operation, "cash_counted");
        if self.session.close.is_none() {
            self.session.count = Some(CashCount {
                operation,
                counted_minor: counted.counted_minor,
                denominations: counted.denominations.clone(),
            });
        }
    }

    fn close(&mut self, operation: OperationId, closed: &SessionClosed) {
        if let Some((because, _)) = &self.session.close {
            self.folding.misfit(Misfit::IntentReversed {
                operation,
                name: "session_closed".into(),
                because: *because,
            });
            return;
        }
        for (figure, expected_minor, written_minor) in self.close_figures(closed) {
            if expected_minor != written_minor {
                self.folding.misfit(Misfit::CloseDoesNotAddUp {
                    figure,
                    expected_minor,
                    written_minor,
                });
            }
        }
        self.session.close = Some((operation, closed.clone()));
    }

    /// The Z report's figures that follow from the session itself: (figure, expected, written).
    fn close_figures(
        &self,
        closed: &SessionClosed,
    ) -> [(SessionFigure, MinorUnits, MinorUnits); 6] {
        let (session, totals) = (&self.session, &closed.totals);
        let counted = session.count.as_ref();
        let counted = counted.map_or(totals.expected_cash_minor, |count| count.counted_minor);
        let over_short = totals
            .counted_cash_minor
            .saturating_minus(totals.expected_cash_minor);
        [
            (
                SessionFigure::PaidIn,
                session.paid_in_minor,
                totals.paid_in_minor,
            ),
            (
                SessionFigure::PaidOut,
                session.paid_out_minor,
                totals.paid_out_minor,
            ),
            (
                SessionFigure::Loans,
                session.loans_minor,
                totals.loans_minor,
            ),
            (
                SessionFigure::Drops,
                session.drops_minor,
                totals.drops_minor,
            ),
            (
                SessionFigure::CountedCash,
                counted,
                totals.counted_cash_minor,
            ),
            (
                SessionFigure::OverShort,
                over_short,
                totals.over_short_minor,
            ),
        ]
    }

    fn finish(mut self) -> TillSessionState {
        if self.session.header.is_none() {
            self.folding.misfit(Misfit::NoHeader {});
        }
        self.session.frozen = self.folding.frozen;
        self.session.misfits = self.folding.misfits;
        self.session
    }
}

/// What a count by denomination adds up to.
#[must_use]
pub fn denominations_minor(denominations: &[DenominationCount]) -> MinorUnits {
    crate::order::sum(denominations.iter().map(|count| {
        let worth = count.denomination_minor.get();
        MinorUnits::new(worth.saturating_mul(i64::from(count.pieces)))
    }))
}
