//! What a partial return gives back: exactly the stored share, whatever the order of the returns.
//!
//! The rule is one running total. When so much of a line is back, so much of its money must be back; a return
//! refunds the difference to what was refunded already. For pieces, the running total is the sum of the first pieces'
//! shares by largest remainder; for weighed goods it is proportional, rounded half to even. When all is back, all
//! the money is back to the last unit, and the running total never exceeds it, however many returns there were.

use super::{
    Measure, MinorUnits, Quantity, QuantityError,
    allocation::{divide_half_even, first_pieces},
};

/// A line as it was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoldLine {
    /// How much was sold.
    pub quantity: Quantity,
    /// What the customer paid for it, tax included.
    pub total_minor: MinorUnits,
    /// The tax in that.
    pub tax_minor: MinorUnits,
}

/// What came back of a line already, over all returns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReturnedSoFar {
    /// How much; none at first.
    pub quantity: Option<Quantity>,
    /// What was refunded for it, tax included.
    pub refund_minor: MinorUnits,
    /// The tax in that.
    pub tax_minor: MinorUnits,
}

/// What one return of a line gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundShare {
    /// The refund, tax included.
    pub refund_minor: MinorUnits,
    /// The tax in it, from nothing to all of it.
    pub tax_minor: MinorUnits,
}

/// Why a line's return can't be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// More than what is left of the line.
    #[error("{now} can't be returned: only {left} is left of the line")]
    MoreThanLeft {
        /// What was to be returned.
        now: Quantity,
        /// What is left.
        left: Quantity,
    },
    /// All of the line is back already.
    #[error("nothing of the line is left to return")]
    NothingLeft,
    /// Two measures.
    #[error("the line and its return are measured differently")]
    Measure(#[source] QuantityError),
}

/// What a return of `now` gives back of a line that was sold, after other returns of it.
///
/// # Errors
/// [`RefundError`] where more comes back than was sold, or it is measured differently.
pub fn refund_share(
    sold: &SoldLine,
    returned: &ReturnedSoFar,
    now: Quantity,
) -> Result<RefundShare, RefundError> {
    let back = match returned.quantity {
        None => now,
        Some(before) => before.plus(now).map_err(RefundError::Measure)?,
    };
    if back.measure() != sold.quantity.measure() {
        return Err(RefundError::Measure(QuantityError::Measures {
            left: sold.quantity.measure(),
            right: back.measure(),
        }));
    }
    if back.amount() > sold.quantity.amount() {
        return Err(more_than_left(sold, returned, now));
    }
    let total_due = money_due(sold, back);
    let refund = due_now(total_due, returned.refund_minor);
    // Where more was refunded than is due (two tills at once), the tax follows the money that is really back.
    let tax_due = tax_due(sold, total_due.max(returned.refund_minor));
    let tax = due_now(tax_due, returned.tax_minor).min(refund);
    Ok(RefundShare {
        refund_minor: refund,
        tax_minor: tax,
    })
}

fn more_than_left(sold: &SoldLine, returned: &ReturnedSoFar, now: Quantity) -> RefundError {
    let left = match returned.quantity {
        None => Some(sold.quantity),
        // Where more came back than was sold (two tills at once), nothing is left either.
        Some(before) => sold.quantity.minus(before).unwrap_or(None),
    };
    left.map_or(RefundError::NothingLeft, |left| RefundError::MoreThanLeft {
        now,
        left,
    })
}

fn due_now(due: MinorUnits, before: MinorUnits) -> MinorUnits {
    due.saturating_minus(before).max(MinorUnits::ZERO)
}

fn unsigned(amount: MinorUnits) -> u64 {
    u64::try_from(amount.get()).unwrap_or(0)
}

fn amount(minor: i128) -> MinorUnits {
    MinorUnits::new(i64::try_from(minor).expect("a share is no larger than the stored total"))
}

/// What must be back in money when `back` is back in goods: from nothing to the line's total.
fn money_due(sold: &SoldLine, back: Quantity) -> MinorUnits {
    let total = unsigned(sold.total_minor);
    let (sold, back) = (sold.quantity, back.thousandths());
    match sold.measure() {
        Measure::Each => amount(i128::from(first_pieces(
            total,
            sold.thousandths() / 1000,
            back / 1000,
        ))),
        Measure::Kilogram | Measure::Litre | Measure::Metre => amount(divide_half_even(
            i128::from(total) * i128::from(back),
            i128::from(sold.thousandths()),
        )),
    }
}

/// The tax in `money` of the line's total: in proportion, a half rounded up. Up and not to even, so that one more unit
/// of money never brings more than one more unit of tax, and the tax of a refund never exceeds the refund.
fn tax_due(sold: &SoldLine, money: MinorUnits) -> MinorUnits {
    let total = i128::from(unsigned(sold.total_minor));
    let tax = i128::from(unsigned(sold.tax_minor)).min(total);
    let money = i128::from(unsigned(money)).min(total);
    if total == 0 {
        return MinorUnits::ZERO;
    }
    amount((2 * tax * money + total) / (2 * total))
}

#[cfg(test)]
#[path = "refund_tests.rs"]
mod tests;
