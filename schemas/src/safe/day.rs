//! The safe's day, and the totals of a store's sessions: sums over facts, in any order.

use std::collections::BTreeMap;

use super::SafeState;
use crate::{
    operation::{SessionTotals, TenderTotal},
    till_session::TillSessionState,
    time::BusinessDate,
    value::MinorUnits,
};

/// What went into a safe and out of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SafeMovements {
    /// Floats and loans, to the tills.
    pub to_tills_minor: MinorUnits,
    /// Drops, and what was in the drawers when they were closed.
    pub from_tills_minor: MinorUnits,
    /// Bags for the bank.
    pub banked_minor: MinorUnits,
}

impl SafeMovements {
    fn add_session(&mut self, session: &TillSessionState) {
        let out = session.float_minor().saturating_plus(session.loans_minor);
        self.to_tills_minor = self.to_tills_minor.saturating_plus(out);
        let drawer = session
            .close
            .as_ref()
            .map_or(MinorUnits::ZERO, |(_, closed)| {
                closed.totals.counted_cash_minor
            });
        let back = session.drops_minor.saturating_plus(drawer);
        self.from_tills_minor = self.from_tills_minor.saturating_plus(back);
    }

    /// What they leave of so much.
    #[must_use]
    pub fn after(&self, opening: MinorUnits) -> MinorUnits {
        opening
            .saturating_minus(self.to_tills_minor)
            .saturating_plus(self.from_tills_minor)
            .saturating_minus(self.banked_minor)
    }
}

/// A safe on one trading day. A day's last count is taken for its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SafeDay {
    /// The last count before the day, and what it found; none where it was never counted: then nothing is expected.
    pub opening: Option<(BusinessDate, MinorUnits)>,
    /// What moved since then, this day included.
    pub movements: SafeMovements,
    /// What should be in it.
    pub expected_minor: Option<MinorUnits>,
    /// What was counted on the day.
    pub counted_minor: Option<MinorUnits>,
    /// Counted less expected: negative is short.
    pub over_short_minor: Option<MinorUnits>,
}

/// The safe on one day, from the store's papers and its sessions in one currency. Sessions and papers of before the last
/// count before the day may be left out.
#[must_use]
pub fn safe_day<'a>(
    day: BusinessDate,
    papers: impl IntoIterator<Item = &'a SafeState>,
    sessions: impl IntoIterator<Item = &'a TillSessionState>,
) -> SafeDay {
    let mut counts = BTreeMap::new();
    let mut banked = Vec::new();
    for paper in papers {
        for (operation, counted) in &paper.counted {
            // Of two counts of a day the one that was written later counts.
            let key = (counted.business_date, paper.id, *operation);
            counts.insert(key, counted.counted.counted_minor);
        }
        let bags = paper.banked.iter();
        banked.extend(bags.map(|(_, bag, amount)| (bag.business_date, *amount)));
    }
    let of_days = counts
        .iter()
        .rev()
        .map(|((date, ..), found)| (*date, *found));
    let opening = of_days.clone().find(|(date, _)| *date < day);
    let counted_minor = of_days.clone().find(|(date, _)| *date == day);
    let counted_minor = counted_minor.map(|(_, found)| found);
    let since = |date: BusinessDate| date <= day && opening.is_none_or(|(count, _)| date > count);
    let mut movements = SafeMovements::default();
    for (_, amount) in banked.iter().filter(|(date, _)| since(*date)) {
        movements.banked_minor = movements.banked_minor.saturating_plus(*amount);
    }
    for session in sessions {
        let date = session.header.as_ref().map(|header| header.business_date);
        if date.is_some_and(since) {
            movements.add_session(session);
        }
    }
    let expected_minor = opening.map(|(_, found)| movements.after(found));
    SafeDay {
        opening,
        movements,
        expected_minor,
        counted_minor,
        over_short_minor: counted_minor
            .zip(expected_minor)
            .map(|(counted, expected)| counted.saturating_minus(expected)),
    }
}

/// The totals of a store's sessions on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreDayTotals(SessionTotals);

impl Default for StoreDayTotals {
    fn default() -> Self {
        let zero = MinorUnits::ZERO;
        Self(SessionTotals {
            orders: 0,
            returns: 0,
            sales_minor: zero,
            refunds_minor: zero,
            tax_minor: zero,
            tenders: Vec::new(),
            paid_in_minor: zero,
            paid_out_minor: zero,
            loans_minor: zero,
            drops_minor: zero,
            rounding_minor: zero,
            expected_cash_minor: zero,
            counted_cash_minor: zero,
            over_short_minor: zero,
        })
    }
}

impl StoreDayTotals {
    /// Counts one more session.
    pub fn add(&mut self, more: &SessionTotals) {
        let total = &mut self.0;
        total.orders = total.orders.saturating_add(more.orders);
        total.returns = total.returns.saturating_add(more.returns);
        for (sum, part) in [
            (&mut total.sales_minor, more.sales_minor),
            (&mut total.refunds_minor, more.refunds_minor),
            (&mut total.tax_minor, more.tax_minor),
            (&mut total.paid_in_minor, more.paid_in_minor),
            (&mut total.paid_out_minor, more.paid_out_minor),
            (&mut total.loans_minor, more.loans_minor),
            (&mut total.drops_minor, more.drops_minor),
            (&mut total.rounding_minor, more.rounding_minor),
            (&mut total.expected_cash_minor, more.expected_cash_minor),
            (&mut total.counted_cash_minor, more.counted_cash_minor),
            (&mut total.over_short_minor, more.over_short_minor),
        ] {
            *sum = sum.saturating_plus(part);
        }
        for more in &more.tenders {
            match total.tenders.iter_mut().find(|sum| sum.kind == more.kind) {
                Some(sum) => {
                    sum.taken_minor = sum.taken_minor.saturating_plus(more.taken_minor);
                    sum.refunded_minor = sum.refunded_minor.saturating_plus(more.refunded_minor);
                }
                None => {
                    let TenderTotal {
                        kind,
                        taken_minor,
                        refunded_minor,
                    } = *more;
                    total.tenders.push(TenderTotal {
                        kind,
                        taken_minor,
                        refunded_minor,
                    });
                }
            }
        }
        total.tenders.sort_by_key(|tender| tender.kind);
    }

    /// The sums.
    #[must_use]
    pub fn into_totals(self) -> SessionTotals {
        self.0
    }
}

#[cfg(test)]
#[path = "day_tests.rs"]
mod tests;
