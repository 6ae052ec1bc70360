//! Whether a line's amounts add up: strict before it is written, named as a misfit afterwards.

use crate::{
    misfit::LineAmount,
    operation::{LineAdded, OrderOpened, TaxMode},
    value::MinorUnits,
};

/// An amount that is not what it should be.
pub(crate) struct WrongAmount {
    pub(crate) amount: LineAmount,
    pub(crate) expected: MinorUnits,
    pub(crate) written: MinorUnits,
}

/// The amounts of a line that do not follow from each other under the order's currency and tax mode.
pub(crate) fn wrong_amounts(line: &LineAdded, order: &OrderOpened) -> Vec<WrongAmount> {
    let gross = line
        .unit_price
        .extend(line.quantity, order.currency)
        .unwrap_or(MinorUnits::new(i64::MAX));
    let discounts = discounts(line);
    let discounts_possible =
        discounts.clamp(MinorUnits::ZERO, line.gross_minor.max(MinorUnits::ZERO));
    let discounts_positive = line
        .discounts
        .iter()
        .all(|part| part.amount_minor.is_positive());
    let net = line.gross_minor.saturating_minus(discounts);
    let tax = line.tax.tax_minor;
    let total = match order.tax_mode {
        TaxMode::Inclusive => net,
        TaxMode::Exclusive => net.saturating_plus(tax),
    };
    let mut wrong = Vec::new();
    let mut check = |amount, expected: MinorUnits, written: MinorUnits| {
        if expected != written {
            wrong.push(WrongAmount {
                amount,
                expected,
                written,
            });
        }
    };
    check(LineAmount::Gross, gross, line.gross_minor);
    check(
        LineAmount::Discounts,
        if discounts_positive {
            discounts_possible
        } else {
            MinorUnits::ZERO
        },
        discounts,
    );
    check(
        LineAmount::Tax,
        tax.clamp(MinorUnits::ZERO, net.max(MinorUnits::ZERO)),
        tax,
    );
    check(LineAmount::Total, total, line.total_minor);
    wrong
}

fn discounts(line: &LineAdded) -> MinorUnits {
    super::sum(line.discounts.iter().map(|part| part.amount_minor))
}
