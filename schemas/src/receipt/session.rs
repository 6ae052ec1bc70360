//! X and Z reports.

use super::{
    layout::{Receipt, ReceiptItem, TextStyle},
    sale::{ReceiptContext, Writer, minus},
    words::Word,
};
use crate::{
    operation::{SessionBreakdown, SessionTotals, TenderKind},
    till_session::{SessionTakings, TillSessionState},
    value::MinorUnits,
};

/// Which report it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionReport {
    /// The figures as they stand, while the session is open.
    X,
    /// The figures as they were written at the close. They never change, whatever arrives later.
    Z,
}

/// The report of a session: its Z report once it is closed, else its X report. Only the Z report says what was expected in
/// the drawer: whoever counts it counts blind.
#[must_use]
pub fn session_report(
    session: &TillSessionState,
    takings: &SessionTakings,
    context: &ReceiptContext<'_>,
) -> (SessionReport, Receipt) {
    let currency = session.header.as_ref().map(|header| header.currency);
    let mut writer = Writer::new(context, currency);
    let (report, totals, breakdown) = match &session.close {
        Some((_, closed)) => {
            let breakdown = closed.breakdown.clone().unwrap_or_default();
            (SessionReport::Z, closed.totals.clone(), breakdown)
        }
        None => (
            SessionReport::X,
            session.totals(takings),
            takings.breakdown(),
        ),
    };
    let kind = match report {
        SessionReport::X => Word::XReport,
        SessionReport::Z => Word::ZReport,
    };
    writer.head(Some(kind), None);
    if let Some(header) = &session.header {
        let date = writer.format.date(header.business_date);
        writer.row(Word::BusinessDate, date);
    }
    writer.sales(&totals);
    writer.tenders(&totals);
    writer.breakdown(&breakdown, context);
    if report == SessionReport::Z {
        writer.drawer(session, &totals);
    }
    writer.counters(session);
    if let Some((_, closed)) = &session.close {
        for range in &closed.covers {
            let text = format!("{} {}-{}", range.log, range.first.get(), range.last.get());
            let label = writer.word(Word::Log);
            writer.receipt.left(format!("{label} {text}"));
        }
    }
    writer.receipt.end();
    (report, writer.receipt)
}

impl Writer<'_> {
    fn section(&mut self, word: Word) {
        self.receipt.push(ReceiptItem::Rule);
        let style = TextStyle {
            bold: true,
            ..TextStyle::default()
        };
        let text = self.word(word);
        self.receipt.styled_columns(style, text, "");
    }

    fn amount_row(&mut self, word: Word, amount: MinorUnits) {
        let amount = self.format.amount(amount);
        self.row(word, amount);
    }

    fn sales(&mut self, totals: &SessionTotals) {
        let counted = |word: &str, count: u32| format!("{word} ({count})");
        let orders = counted(self.word(Word::Orders), totals.orders);
        let returns = counted(self.word(Word::Returns), totals.returns);
        let amount = self.format.amount(totals.sales_minor);
        self.receipt.columns(orders, amount);
        let amount = self.format.amount(minus(totals.refunds_minor));
        self.receipt.columns(returns, amount);
        let net = totals.sales_minor.saturating_minus(totals.refunds_minor);
        self.amount_row(Word::NetSales, net);
        self.amount_row(Word::Tax, totals.tax_minor);
    }

    fn tenders(&mut self, totals: &SessionTotals) {
        self.section(Word::Tenders);
        for tender in &totals.tenders {
            let net = tender.taken_minor.saturating_minus(tender.refunded_minor);
            self.amount_row(Word::of_tender(tender.kind), net);
        }
        if totals.rounding_minor != MinorUnits::ZERO {
            self.amount_row(Word::Rounding, totals.rounding_minor);
        }
    }

    fn breakdown(&mut self, breakdown: &SessionBreakdown, context: &ReceiptContext<'_>) {
        if !breakdown.taxes.is_empty() {
            self.section(Word::Taxes);
        }
        for tax in &breakdown.taxes {
            let rate = self.format.percent(tax.rate.percent());
            let net = self.format.amount(tax.net_minor);
            let left = format!("{} {rate}% {} {net}", tax.code, self.word(Word::Net));
            let right = self.format.amount(tax.tax_minor);
            self.receipt.columns(left, right);
        }
        if !breakdown.departments.is_empty() {
            self.section(Word::Departments);
        }
        for department in &breakdown.departments {
            let departments = &context.settings.departments;
            let left = match &department.department {
                Some(code) => departments.label(code).map_or_else(
                    || code.to_string(),
                    |label| label.text(context.language).to_owned(),
                ),
                None => self.word(Word::NoDepartment).to_owned(),
            };
            let right = self.format.amount(department.sales_minor);
            self.receipt.columns(left, right);
        }
        if !breakdown.cashiers.is_empty() {
            self.section(Word::Cashiers);
        }
        for cashier in &breakdown.cashiers {
            let left = match &cashier.user {
                Some(user) => user.to_string(),
                None => self.word(Word::NoCashier).to_owned(),
            };
            let net = cashier.sales_minor.saturating_minus(cashier.refunds_minor);
            let left = format!("{left} ({})", cashier.orders);
            let right = self.format.amount(net);
            self.receipt.columns(left, right);
        }
    }

    fn drawer(&mut self, session: &TillSessionState, totals: &SessionTotals) {
        self.section(Word::Drawer);
        let mut cash = totals.rounding_minor;
        for tender in totals
            .tenders
            .iter()
            .filter(|tender| tender.kind == TenderKind::Cash)
        {
            cash = cash
                .saturating_plus(tender.taken_minor)
                .saturating_minus(tender.refunded_minor);
        }
        for (word, amount) in [
            (Word::Float, session.float_minor()),
            (Word::CashTakings, cash),
            (Word::Loans, totals.loans_minor),
            (Word::PaidIn, totals.paid_in_minor),
            (Word::PaidOut, minus(totals.paid_out_minor)),
            (Word::Drops, minus(totals.drops_minor)),
            (Word::Expected, totals.expected_cash_minor),
            (Word::Counted, totals.counted_cash_minor),
            (Word::OverShort, totals.over_short_minor),
        ] {
            self.amount_row(word, amount);
        }
        let reason = session.close.as_ref();
        if let Some(reason) = reason.and_then(|(_, closed)| closed.over_short_reason.as_ref()) {
            self.row(Word::Reason, reason.to_string());
        }
    }

    fn counters(&mut self, session: &TillSessionState) {
        self.receipt.push(ReceiptItem::Rule);
        let overrides = u32::try_from(session.journal.overrides.len()).unwrap_or(u32::MAX);
        for (word, count) in [
            (Word::NoSales, session.no_sales),
            (Word::BasketsVoided, session.baskets_voided),
            (Word::Overrides, overrides),
            (Word::Reprints, session.journal.reprints),
            (Word::AgesRefused, session.journal.ages_refused),
        ] {
            self.row(word, count.to_string());
        }
    }
}
