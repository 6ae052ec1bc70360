//! Drawers against counts, and Z reports against documents.

use super::{BooksException, BooksGap, BooksReport, balance::Books};
use crate::{
    identity::DocumentId,
    misfit::SessionFigure,
    operation::{SessionTotals, TenderKind, TenderTotal},
    till_session::{SessionTakings, TillSessionState},
    value::MinorUnits,
};

pub(super) fn compare(books: &Books<'_>, report: &mut BooksReport) {
    for session in books.sessions_here() {
        let Some((_, closed)) = &session.close else {
            let document = session.id;
            report
                .exceptions
                .push(BooksException::SessionOpen { document });
            continue;
        };
        let takings = takings(books, session.id);
        compare_drawer(session, &closed.totals, &takings, report);
        compare_report(
            session.id,
            &closed.totals,
            &session.totals(&takings),
            report,
        );
    }
}

fn takings(books: &Books<'_>, session: DocumentId) -> SessionTakings {
    let orders = books.orders.iter();
    let orders = orders.map(|order| SessionTakings::of_order(session, order));
    let returns = books.returns.iter();
    let returns = returns.map(|returned| SessionTakings::of_return(session, returned));
    orders
        .chain(returns)
        .fold(SessionTakings::default(), |sum, takings| sum.plus(&takings))
}

/// Float + cash of the documents + loans + paid-in − paid-out − drops + over/short = counted cash.
fn compare_drawer(
    session: &TillSessionState,
    closed: &SessionTotals,
    takings: &SessionTakings,
    report: &mut BooksReport,
) {
    let should_be = session
        .expected_cash_minor(takings)
        .saturating_plus(closed.over_short_minor);
    let counted = session.count.as_ref();
    let counted = counted.map_or(closed.counted_cash_minor, |count| count.counted_minor);
    let difference_minor = counted.saturating_minus(should_be);
    if difference_minor != MinorUnits::ZERO {
        report.gaps.push(BooksGap::Drawer {
            session: session.id,
            difference_minor,
        });
    }
}

fn compare_report(
    session: DocumentId,
    written: &SessionTotals,
    documents: &SessionTotals,
    report: &mut BooksReport,
) {
    let count = |totals: &SessionTotals| u64::from(totals.orders) + u64::from(totals.returns);
    if (written.orders, written.returns) != (documents.orders, documents.returns) {
        report.gaps.push(BooksGap::ZReportCount {
            session,
            written: count(written),
            documents: count(documents),
        });
    }
    let figures = figures(written).into_iter().zip(figures(documents));
    for ((figure, written_minor), (_, documents_minor)) in figures {
        if written_minor != documents_minor {
            report.gaps.push(BooksGap::ZReport {
                session,
                figure,
                written_minor,
                documents_minor,
            });
        }
    }
}

/// Every amount of a Z report, in one fixed order; a kind of tender that is not there is nothing.
fn figures(totals: &SessionTotals) -> Vec<(SessionFigure, MinorUnits)> {
    let mut figures = vec![
        (SessionFigure::Sales, totals.sales_minor),
        (SessionFigure::Refunds, totals.refunds_minor),
        (SessionFigure::Tax, totals.tax_minor),
        (SessionFigure::PaidIn, totals.paid_in_minor),
        (SessionFigure::PaidOut, totals.paid_out_minor),
        (SessionFigure::Loans, totals.loans_minor),
        (SessionFigure::Drops, totals.drops_minor),
        (SessionFigure::Rounding, totals.rounding_minor),
        (SessionFigure::ExpectedCash, totals.expected_cash_minor),
        (SessionFigure::CountedCash, totals.counted_cash_minor),
        (SessionFigure::OverShort, totals.over_short_minor),
    ];
    for kind in TenderKind::ALL {
        let of_kind = |amount: fn(&TenderTotal) -> MinorUnits| {
            let tenders = totals.tenders.iter().filter(|total| total.kind == kind);
            crate::order::sum(tenders.map(amount))
        };
        figures.push((
            SessionFigure::TendersTaken,
            of_kind(|total| total.taken_minor),
        ));
        figures.push((
            SessionFigure::TendersRefunded,
            of_kind(|total| total.refunded_minor),
        ));
    }
    figures
}
