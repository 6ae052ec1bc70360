//! The price of a basket: lines, discounts and tax, whose parts always sum to the whole.
//!
//! In this order: each line is quantity × unit price, rounded once; its own discounts come off it; then the basket's
//! discounts, each divided over what is left of the lines by largest remainder; then tax. Every share is stored with
//! the sale, so that a partial refund gives back exactly what was paid.

use super::{
    Currency, MinorUnits, MoneyError, Quantity, Rate, UnitPrice,
    allocation::{allocate, divide_half_even},
    tax::{TaxableAmount, tax_lines},
};
use crate::{
    identity::{DiscountCode, TaxCode},
    operation::{LineDiscount, LineTax, TaxMode, TaxRounding},
};

/// A discount that is to be given, on a line or on the basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    /// Which discount.
    pub code: DiscountCode,
    /// How much it takes off.
    pub value: DiscountValue,
}

/// How much a discount takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscountValue {
    /// So many minor units; more than zero, and no more than what is left to pay.
    Amount(MinorUnits),
    /// So many per cent of what is left to pay, rounded half to even once.
    Percent(Rate),
}

/// One line of a basket, with its values resolved: nothing is looked up here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasketLine {
    /// How much.
    pub quantity: Quantity,
    /// The price of one.
    pub unit_price: UnitPrice,
    /// Discounts on this line alone, in the order in which they come off.
    pub discounts: Vec<Discount>,
    /// The tax class.
    pub tax_code: TaxCode,
    /// The class's rate.
    pub tax_rate: Rate,
}

/// A line as it is priced: what `LineAdded` stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedLine {
    /// Quantity × unit price, rounded once, before discounts.
    pub gross_minor: MinorUnits,
    /// This line's share of each discount, its own and the basket's, each more than zero.
    pub discounts: Vec<LineDiscount>,
    /// The tax in the line's total.
    pub tax: LineTax,
    /// What the customer pays: gross less discounts, and the tax where it comes on top.
    pub total_minor: MinorUnits,
}

/// A basket as it is priced. Each figure is the sum of the lines'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedBasket {
    /// The lines, in the basket's order.
    pub lines: Vec<PricedLine>,
    /// Before discounts.
    pub gross_minor: MinorUnits,
    /// What discounts took off.
    pub discount_minor: MinorUnits,
    /// The tax in the total.
    pub tax_minor: MinorUnits,
    /// What the customer pays.
    pub total_minor: MinorUnits,
}

/// Why a basket can't be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// An amount is too large to be counted.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A discount takes nothing off, or adds.
    #[error("the discount {discount} takes nothing off")]
    NoDiscount {
        /// Which discount.
        discount: DiscountCode,
    },
    /// A discount is more than what is left to pay.
    #[error(
        "the discount {discount} takes off {amount} minor units, but only {left} are left to pay"
    )]
    DiscountTooLarge {
        /// Which discount.
        discount: DiscountCode,
        /// What it would take off.
        amount: MinorUnits,
        /// What is left to pay.
        left: MinorUnits,
    },
}

/// What is known of a line before tax.
struct DiscountedLine {
    gross: MinorUnits,
    discounts: Vec<LineDiscount>,
    /// Gross less discounts; never negative.
    left: MinorUnits,
}

/// Prices a basket.
///
/// # Errors
/// [`PricingError`], naming the discount or the overflow.
pub fn price_basket(
    lines: &[BasketLine],
    basket_discounts: &[Discount],
    mode: TaxMode,
    rounding: TaxRounding,
    currency: Currency,
) -> Result<PricedBasket, PricingError> {
    let mut discounted = lines
        .iter()
        .map(|line| discount_line(line, currency))
        .collect::<Result<Vec<_>, _>>()?;
    for discount in basket_discounts {
        discount_basket(&mut discounted, discount)?;
    }
    let taxable: Vec<TaxableAmount> = discounted
        .iter()
        .zip(lines)
        .map(|(discounted, line)| TaxableAmount {
            amount_minor: discounted.left,
            rate: line.tax_rate,
        })
        .collect();
    let taxes = tax_lines(&taxable, mode, rounding)?;
    let priced = discounted
        .into_iter()
        .zip(lines)
        .zip(taxes)
        .map(|((discounted, line), tax)| finish_line(discounted, line, tax, mode))
        .collect::<Result<Vec<_>, _>>()?;
    sum_basket(priced)
}

fn discount_line(line: &BasketLine, currency: Currency) -> Result<DiscountedLine, PricingError> {
    let gross = line.unit_price.extend(line.quantity, currency)?;
    let mut discounted = DiscountedLine {
        gross,
        discounts: Vec::new(),
        left: gross,
    };
    for discount in &line.discounts {
        let amount = amount_off(discount, discounted.left)?;
        take_off(&mut discounted, &discount.code, amount)?;
    }
    Ok(discounted)
}

fn discount_basket(lines: &mut [DiscountedLine], discount: &Discount) -> Result<(), PricingError> {
    let left: Vec<MinorUnits> = lines.iter().map(|line| line.left).collect();
    let amount = amount_off(discount, MinorUnits::sum(left.iter().copied())?)?;
    if amount == MinorUnits::ZERO {
        return Ok(());
    }
    let shares = allocate(amount, &left)
        .expect("an amount that is no more than what is left has lines to come off");
    for (line, share) in lines.iter_mut().zip(shares) {
        take_off(line, &discount.code, share)?;
    }
    Ok(())
}

/// What a discount takes off `left`: from nothing (a percentage of very little) to all of it.
fn amount_off(discount: &Discount, left: MinorUnits) -> Result<MinorUnits, PricingError> {
    let no_discount = || PricingError::NoDiscount {
        discount: discount.code.clone(),
    };
    let amount = match discount.value {
        DiscountValue::Amount(amount) if !amount.is_positive() => return Err(no_discount()),
        DiscountValue::Percent(rate) if rate == Rate::ZERO => return Err(no_discount()),
        DiscountValue::Amount(amount) => amount,
        DiscountValue::Percent(rate) => {
            let exact = i128::from(left.get()) * i128::from(rate.parts());
            let amount = divide_half_even(exact, i128::from(Rate::PARTS_PER_WHOLE));
            MinorUnits::new(i64::try_from(amount).map_err(|_| MoneyError::Overflow)?)
        }
    };
    if amount > left {
        return Err(PricingError::DiscountTooLarge {
            discount: discount.code.clone(),
            amount,
            left,
        });
    }
    Ok(amount)
}

fn take_off(
    line: &mut DiscountedLine,
    code: &DiscountCode,
    amount: MinorUnits,
) -> Result<(), MoneyError> {
    if amount == MinorUnits::ZERO {
        return Ok(());
    }
    line.left = line.left.minus(amount)?;
    line.discounts.push(LineDiscount {
        discount: code.clone(),
        amount_minor: amount,
    });
    Ok(())
}

fn finish_line(
    discounted: DiscountedLine,
    line: &BasketLine,
    tax: MinorUnits,
    mode: TaxMode,
) -> Result<PricedLine, MoneyError> {
    let total = match mode {
        TaxMode::Inclusive => discounted.left,
        TaxMode::Exclusive => discounted.left.plus(tax)?,
    };
    Ok(PricedLine {
        gross_minor: discounted.gross,
        discounts: discounted.discounts,
        tax: LineTax {
            code: line.tax_code.clone(),
            rate: line.tax_rate,
            tax_minor: tax,
        },
        total_minor: total,
    })
}

fn sum_basket(lines: Vec<PricedLine>) -> Result<PricedBasket, PricingError> {
    let discounts = lines.iter().flat_map(|line| &line.discounts);
    Ok(PricedBasket {
        gross_minor: MinorUnits::sum(lines.iter().map(|line| line.gross_minor))?,
        discount_minor: MinorUnits::sum(discounts.map(|share| share.amount_minor))?,
        tax_minor: MinorUnits::sum(lines.iter().map(|line| line.tax.tax_minor))?,
        total_minor: MinorUnits::sum(lines.iter().map(|line| line.total_minor))?,
        lines,
    })
}

#[cfg(test)]
#[path = "pricing_tests.rs"]
mod tests;
