//! Tax: one rate a line, in the price or on top of it.

use std::collections::BTreeMap;

use super::{
    MinorUnits, MoneyError, Rate,
    allocation::{allocate, divide_half_even},
};
use crate::operation::{TaxMode, TaxRounding};

/// A line's amount after discounts, and the rate at which it is taxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxableAmount {
    /// The amount: with the tax in it, or before it, by the tax mode.
    pub amount_minor: MinorUnits,
    /// The rate, per cent.
    pub rate: Rate,
}

/// The tax in `amount` (inclusive) or on top of it (exclusive), rounded half to even to the minor unit.
#[must_use]
pub fn tax_of(amount: MinorUnits, rate: Rate, mode: TaxMode) -> MinorUnits {
    let hundred_per_cent = i128::from(Rate::PARTS_PER_WHOLE);
    let rate = i128::from(rate.parts());
    let base = match mode {
        TaxMode::Inclusive => hundred_per_cent + rate,
        TaxMode::Exclusive => hundred_per_cent,
    };
    let tax = divide_half_even(i128::from(amount.get()) * rate, base);
    // A rate is at most 100 per cent, so the tax is no larger than the amount.
    MinorUnits::new(i64::try_from(tax).expect("tax is no larger than its amount"))
}

/// The tax of each line, in order.
///
/// Rounded per line, each is [`tax_of`] its own amount. Rounded per order, the tax is taken once for each rate from the
/// sum of its lines, and divided over them by largest remainder: the lines' taxes sum to the order's.
///
/// # Errors
/// [`MoneyError::Overflow`] where the lines of one rate sum to too much.
pub fn tax_lines(
    lines: &[TaxableAmount],
    mode: TaxMode,
    rounding: TaxRounding,
) -> Result<Vec<MinorUnits>, MoneyError> {
    match rounding {
        TaxRounding::PerLine => Ok(lines
            .iter()
            .map(|line| tax_of(line.amount_minor, line.rate, mode))
            .collect()),
        TaxRounding::PerOrder => tax_lines_per_order(lines, mode),
    }
}

fn tax_lines_per_order(
    lines: &[TaxableAmount],
    mode: TaxMode,
) -> Result<Vec<MinorUnits>, MoneyError> {
    let mut by_rate: BTreeMap<Rate, Vec<usize>> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        by_rate.entry(line.rate).or_default().push(index);
    }
    let mut taxes = vec![MinorUnits::ZERO; lines.len()];
    for (rate, indices) in by_rate {
        let amounts: Vec<MinorUnits> = indices
            .iter()
            .map(|index| lines[*index].amount_minor)
            .collect();
        let tax = tax_of(MinorUnits::sum(amounts.iter().copied())?, rate, mode);
        let shares = allocate(tax, &amounts).expect("a rate is listed for the lines that have it");
        for (index, share) in indices.into_iter().zip(shares) {
            taxes[index] = share;
        }
    }
    Ok(taxes)
}
