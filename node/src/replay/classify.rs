//! What one row of a trade file means: sold, returned, adjusted, or refused with its reason.

use std::fmt;

use holdfast_schemas::{
    identity::{CustomerId, Sku},
    operation::LineKind,
    text_value::Description,
    time::BusinessDate,
    value::{Currency, Measure, MinorUnits, Quantity, QuantityChange, UnitPrice},
};
use rust_decimal::Decimal;

use super::Row;

/// A row that was sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldRow {
    /// What was sold.
    pub product: Sku,
    /// What it is called.
    pub description: Description,
    /// Whether it moves stock.
    pub kind: LineKind,
    /// How many.
    pub quantity: Quantity,
    /// The price of one.
    pub unit_price: UnitPrice,
    /// Quantity × price, rounded half-even once.
    pub amount_minor: MinorUnits,
}

/// A row of a cancellation: quantities are positive here.
pub type ReturnedRow = SoldRow;

/// A row that puts the stock books right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustedRow {
    /// Which product.
    pub product: Sku,
    /// By how much.
    pub change: QuantityChange,
}

/// Why a row is not traded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalReason {
    /// The row has more or fewer fields than the heading.
    WrongNumberOfColumns,
    /// There is no stock code, or one that no product can have.
    NoProduct,
    /// The quantity is no whole number, or too large.
    QuantityNotANumber,
    /// The quantity is zero.
    QuantityZero,
    /// The price is no number, or too large.
    PriceNotANumber,
    /// The price is below zero.
    PriceNegative,
    /// There is no invoice number.
    NoInvoice,
    /// The date is no day of the calendar.
    DateNotADate,
    /// The customer's number can't be one.
    CustomerNotANumber,
}

impl RefusalReason {
    /// The reason's stable name, as reports show it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WrongNumberOfColumns => "wrong_number_of_columns",
            Self::NoProduct => "no_product",
            Self::QuantityNotANumber => "quantity_not_a_number",
            Self::QuantityZero => "quantity_zero",
            Self::PriceNotANumber => "price_not_a_number",
            Self::PriceNegative => "price_negative",
            Self::NoInvoice => "no_invoice",
            Self::DateNotADate => "date_not_a_date",
            Self::CustomerNotANumber => "customer_not_a_number",
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFate {
    /// It is a line of a sale.
    Sold(SoldRow),
    /// It is a line of a cancellation.
    Returned(ReturnedRow),
    /// It adjusts stock.
    Adjusted(AdjustedRow),
    /// It is not traded.
    Refused {
        /// Why.
        reason: RefusalReason,
        /// Quantity × price where both are numbers, else nothing.
        amount_minor: MinorUnits,
    },
}

/// A row together with what all kinds of fate need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Classified {
    pub(super) date: Option<BusinessDate>,
    pub(super) customer: Option<CustomerId>,
    /// Whether the stock code was written in lower case and is counted as the upper-case product.
    pub(super) other_case: bool,
    pub(super) fate: RowFate,
}

/// Stock codes that are no merchandise: postage, fees, discounts, samples, vouchers, manual lines.
fn is_service(code: &str) -> bool {
    const SERVICES: [&str; 12] = [
        "POST",
        "DOT",
        "D",
        "M",
        "S",
        "C2",
        "CRUK",
        "PADS",
        "BANK CHARGES",
        "AMAZONFEE",
        "B",
        "ADJUST",
    ];
    SERVICES.contains(&code) || code.starts_with("GIFT_")
}

/// Sorts one row. A row that lacks what any trade needs is refused first; then a cancellation's negative quantity
/// returns, any other negative quantity adjusts, as does a price of nothing without a customer; a negative price is
/// refused; all else is sold, also at a price of nothing (a give-away).
#[must_use]
pub fn classify(row: &Row, currency: Currency) -> RowFate {
    classified(row, currency).fate
}

pub(super) fn classified(row: &Row, currency: Currency) -> Classified {
    let code = row.stock_code.to_ascii_uppercase();
    let mut classified = Classified {
        date: row.invoice_date.get(..10).and_then(|day| day.parse().ok()),
        customer: None,
        other_case: code != row.stock_code,
        fate: RowFate::Refused {
            reason: RefusalReason::NoInvoice,
            amount_minor: MinorUnits::ZERO,
        },
    };
    let customer = row.customer.strip_suffix(".0").unwrap_or(&row.customer);
    let customer_fits = customer.is_empty() || {
        classified.customer = CustomerId::new(customer).ok();
        classified.customer.is_some()
    };
    classified.fate = match fate(
        row,
        &code,
        classified.date.is_some(),
        customer_fits,
        currency,
    ) {
        Ok(fate) => fate,
        Err(reason) => RowFate::Refused {
            reason,
            amount_minor: amount_of(row, currency),
        },
    };
    classified
}

fn fate(
    row: &Row,
    code: &str,
    has_date: bool,
    customer_fits: bool,
    currency: Currency,
) -> Result<RowFate, RefusalReason> {
    if !row.complete {
        return Err(RefusalReason::WrongNumberOfColumns);
    }
    if row.invoice.is_empty() {
        return Err(RefusalReason::NoInvoice);
    }
    if !has_date {
        return Err(RefusalReason::DateNotADate);
    }
    if !customer_fits {
        return Err(RefusalReason::CustomerNotANumber);
    }
    let product = Sku::new(code).map_err(|_| RefusalReason::NoProduct)?;
    let quantity: i64 = row
        .quantity
        .parse()
        .map_err(|_| RefusalReason::QuantityNotANumber)?;
    if quantity == 0 {
        return Err(RefusalReason::QuantityZero);
    }
    let price =
        Decimal::from_str_exact(&row.unit_price).map_err(|_| RefusalReason::PriceNotANumber)?;

    let cancels = row.invoice.starts_with('C') && quantity < 0;
    if !cancels && (quantity < 0 || (price.is_zero() && row.customer.is_empty())) {
        let change = QuantityChange::new(Decimal::from(quantity), Measure::Each)
            .map_err(|_| RefusalReason::QuantityNotANumber)?;
        return Ok(RowFate::Adjusted(AdjustedRow { product, change }));
    }
    if price < Decimal::ZERO {
        return Err(RefusalReason::PriceNegative);
    }
    let unit_price = UnitPrice::new(price).map_err(|_| RefusalReason::PriceNotANumber)?;
    let quantity = Quantity::new(Decimal::from(quantity.unsigned_abs()), Measure::Each)
        .map_err(|_| RefusalReason::QuantityNotANumber)?;
    let line = SoldRow {
        product,
        description: describe(&row.description),
        kind: if is_service(code) {
            LineKind::Service
        } else {
            LineKind::Goods
        },
        quantity,
        unit_price,
        amount_minor: unit_price
            .extend(quantity, currency)
            .map_err(|_| RefusalReason::PriceNotANumber)?,
    };
    Ok(if cancels {
        RowFate::Returned(line)
    } else {
        RowFate::Sold(line)
    })
}

/// What a refused row was worth, as far as it can be read.
fn amount_of(row: &Row, currency: Currency) -> MinorUnits {
    let amount = || {
        let quantity = Decimal::from(row.quantity.parse::<i64>().ok()?);
        let price = Decimal::from_str_exact(&row.unit_price).ok()?;
        let unsigned = UnitPrice::new(price.abs())
            .ok()?
            .extend(Quantity::new(quantity.abs(), Measure::Each).ok()?, currency)
            .ok()?;
        let negative = (quantity * price).is_sign_negative();
        Some(if negative {
            MinorUnits::ZERO.saturating_minus(unsigned)
        } else {
            unsigned
        })
    };
    amount().unwrap_or(MinorUnits::ZERO)
}

/// The text as far as a product's text may go: no control characters, at most 256 bytes.
fn describe(text: &str) -> Description {
    let mut clean = String::new();
    for character in text.chars().filter(|character| !character.is_control()) {
        if clean.len() + character.len_utf8() > Description::BYTES_MAX {
            break;
        }
        clean.push(character);
    }
    Description::new(clean).expect("control characters and bytes over the limit were left out")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// invoice, code, quantity, price, customer | what becomes of it
    const TABLE: &str = "
        536365   85123A    6      2.55      17850.0 | sold 1530
        536365   85123a    6      2.55      -       | sold 1530
        536544   POST      1      18.00     12583.0 | sold service 1800
        C536379  D         -1     27.50     14527.0 | returned service 2750
        C536383  35004C    -1     4.65      15311.0 | returned 465
        554037   22619     80     0.0       12415.0 | sold 0
        536414   22139     56     0.0       -       | adjusted 56
        536589   21777     -10    0.0       -       | adjusted -10
        536589   21777     -10    1.25      17850.0 | adjusted -10
        A563186  B         1      -11062.06 -       | refused price_negative -1106206
        536365   -         1      1.00      -       | refused no_product 100
        536365   85123A    1      dear      -       | refused price_not_a_number 0
        536365   85123A    1      NaN       -       | refused price_not_a_number 0
        536365   85123A    1      1e9       -       | refused price_not_a_number 0
        536365   85123A    many   1.00      -       | refused quantity_not_a_number 0
        536365   85123A    0      1.00      -       | refused quantity_zero 0
        C536365  85123A    3      1.00      -       | sold 300
        -        85123A    1      1.00      -       | refused no_invoice 100
        536365   85123A    3      0.005     1       | sold 2
        536365   85123A    5      0.005     1       | sold 2
        536365   85123A    7      0.005     1       | sold 4
    ";

    #[test]
    fn every_row_has_one_fate() {
        let blank = |field: &str| {
            if field == "-" {
                String::new()
            } else {
                field.to_owned()
            }
        };
        for case in TABLE.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (given, expected) = case.split_once('|').unwrap();
            let fields: Vec<String> = given.split_whitespace().map(blank).collect();
            let row = Row {
                invoice: fields[0].clone(),
                stock_code: fields[1].clone(),
                description: "A thing".into(),
                quantity: fields[2].clone(),
                invoice_date: "2010-12-01 08:26:00".into(),
                unit_price: fields[3].clone(),
                customer: fields[4].clone(),
                complete: true,
            };
            let line = |row: &SoldRow| match row.kind {
                LineKind::Goods => row.amount_minor.to_string(),
                LineKind::Service => format!("service {}", row.amount_minor),
            };
            let found = match classify(&row, Currency::GBP) {
                RowFate::Sold(row) => format!("sold {}", line(&row)),
                RowFate::Returned(row) => format!("returned {}", line(&row)),
                RowFate::Adjusted(row) => format!("adjusted {}", row.change),
                RowFate::Refused {
                    reason,
                    amount_minor,
                } => format!("refused {reason} {amount_minor}"),
            };
            assert_eq!(found, expected.trim(), "{case}");
        }
    }
}
