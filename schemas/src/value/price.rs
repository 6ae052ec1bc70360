//! Unit prices and rates.

use std::{fmt, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{Currency, MinorUnits, MoneyError, Quantity};
use crate::planted::{self, Planted};

/// The price of one piece, kilogram, litre or metre: major units of the document's currency, never negative, with at
/// most 6 decimals. Written `2.55`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitPrice(Decimal);

/// Why a price is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitPriceError {
    /// Not written as a decimal number.
    #[error("a price is written as a decimal number, such as 2.55")]
    Text,
    /// Below zero.
    #[error("a price is not negative")]
    Negative,
    /// More than 6 decimals.
    #[error("a price has at most 6 decimals")]
    Decimals,
    /// Beyond [`UnitPrice::MAX`].
    #[error("a price is at most {}", UnitPrice::MAX)]
    TooLarge,
}

impl UnitPrice {
    /// The highest price, in major units.
    pub const MAX: i64 = 1_000_000_000;
    const DECIMALS_MAX: u32 = 6;

    /// Checks sign, size and decimals.
    ///
    /// # Errors
    /// [`UnitPriceError`], naming what is wrong.
    pub fn new(price: Decimal) -> Result<Self, UnitPriceError> {
        let price = price.normalize();
        if price.is_sign_negative() && !price.is_zero() {
            return Err(UnitPriceError::Negative);
        }
        if price.scale() > Self::DECIMALS_MAX {
            return Err(UnitPriceError::Decimals);
        }
        if price > Decimal::from(Self::MAX) {
            return Err(UnitPriceError::TooLarge);
        }
        Ok(Self(price))
    }

    /// The price in major units.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.0
    }

    /// Quantity × price, rounded once, half to even, to the currency's minor unit.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn extend(self, quantity: Quantity, currency: Currency) -> Result<MinorUnits, MoneyError> {
        let unit = Decimal::from(10_u64.pow(currency.minor_digits()));
        self.0
            .checked_mul(quantity.amount())
            .and_then(|major| major.checked_mul(unit))
            .map(|minor| minor.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven))
            .and_then(|minor| minor.to_i64())
            .map(|minor| minor + i64::from(planted::is(Planted::RoundedByOne)))
            .map(MinorUnits::new)
            .ok_or(MoneyError::Overflow)
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for UnitPrice {
    type Err = UnitPriceError;
    fn from_str(text: &str) -> Result<Self, UnitPriceError> {
        Self::new(read_decimal(text).ok_or(UnitPriceError::Text)?)
    }
}

impl TryFrom<String> for UnitPrice {
    type Error = UnitPriceError;
    fn try_from(text: String) -> Result<Self, UnitPriceError> {
        text.parse()
    }
}

impl From<UnitPrice> for String {
    fn from(price: UnitPrice) -> Self {
        price.to_string()
    }
}

impl JsonSchema for UnitPrice {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UnitPrice".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,6})?$" })
    }
}

/// A share as a percentage, 0 to 100, with at most 4 decimals. Written `19`, or `8.875`, and means per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(Decimal);

/// Why a percentage is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not written as a decimal number.
    #[error("a percentage is written as a decimal number, such as 8.875")]
    Text,
    /// Below 0 or above 100.
    #[error("a percentage is from 0 to 100")]
    Range,
    /// More than 4 decimals.
    #[error("a percentage has at most 4 decimals")]
    Decimals,
}

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
    const DECIMALS_MAX: u32 = 4;

    /// Checks range and decimals.
    ///
    /// # Errors
    /// [`RateError`], naming what is wrong.
    pub fn from_percent(percent: Decimal) -> Result<Self, RateError> {
        let percent = percent.normalize();
        if percent < Decimal::ZERO || percent > Decimal::ONE_HUNDRED {
            return Err(RateError::Range);
        }
        if percent.scale() > Self::DECIMALS_MAX {
            return Err(RateError::Decimals);
        }
        Ok(Self(percent))
    }

    /// How many [`parts`](Self::parts) are a whole, which is 100 per cent.
    pub(super) const PARTS_PER_WHOLE: i64 = 1_000_000;

    /// The share as a whole number of ten-thousandths of a per cent, 0 to [`Self::PARTS_PER_WHOLE`].
    pub(super) fn parts(self) -> i64 {
        (self.0 * Decimal::from(10_000))
            .to_i64()
            .expect("at most 100 per cent with 4 decimals")
    }

    /// The percentage.
    #[must_use]
    pub fn percent(&self) -> Decimal {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for Rate {
    type Err = RateError;
    fn from_str(text: &str) -> Result<Self, RateError> {
        Self::from_percent(read_decimal(text).ok_or(RateError::Text)?)
    }
}

impl TryFrom<String> for Rate {
    type Error = RateError;
    fn try_from(text: String) -> Result<Self, RateError> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rate".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{1,3}(\\.[0-9]{1,4})?$" })
    }
}

/// Reads digits with at most one point; no sign but a leading minus, no exponent.
fn read_decimal(text: &str) -> Option<Decimal> {
    let plain = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    plain.then(|| Decimal::from_str_exact(text).ok()).flatten()
}
