//! Quantities: counted or measured.

use std::{fmt, str::FromStr};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What a quantity counts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Whole pieces.
    Each,
    /// Kilograms, to the gram.
    Kilogram,
    /// Litres, to the millilitre.
    Litre,
    /// Metres, to the millimetre.
    Metre,
}

impl Measure {
    /// How many decimal digits a quantity of it may have.
    #[must_use]
    pub fn decimals_max(self) -> u32 {
        match self {
            Self::Each => 0,
            Self::Kilogram | Self::Litre | Self::Metre => 3,
        }
    }

    /// What is written after the number; nothing for pieces.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Each => "",
            Self::Kilogram => "kg",
            Self::Litre => "l",
            Self::Metre => "m",
        }
    }

    /// What several of it are called.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Each => "pieces",
            Self::Kilogram => "kilograms",
            Self::Litre => "litres",
            Self::Metre => "metres",
        }
    }

    fn from_symbol(symbol: &str) -> Option<Self> {
        [Self::Each, Self::Kilogram, Self::Litre, Self::Metre]
            .into_iter()
            .find(|measure| measure.symbol() == symbol)
    }
}

/// Why a quantity is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not written as a number and its measure.
    #[error("a quantity is written as 3, or 0.250 kg")]
    Text,
    /// Zero or less, where something is counted.
    #[error("a quantity is more than zero")]
    NotPositive,
    /// Zero, where a change is meant.
    #[error("a change of stock is not zero")]
    Zero,
    /// Too many decimals for the measure.
    #[error("a quantity in {} has at most {decimals_max} decimals", measure.plural())]
    Decimals {
        /// The measure.
        measure: Measure,
        /// How many decimals it allows.
        decimals_max: u32,
    },
    /// Beyond [`Quantity::AMOUNT_MAX`].
    #[error("a quantity is at most {}", Quantity::AMOUNT_MAX)]
    TooLarge,
    /// Two measures that can't be put together.
    #[error("{left:?} and {right:?} can't be put together")]
    Measures {
        /// The left measure.
        left: Measure,
        /// The right measure.
        right: Measure,
    },
}

fn check(amount: Decimal, measure: Measure) -> Result<Decimal, QuantityError> {
    let amount = amount.normalize();
    if amount.abs() > Decimal::from(Quantity::AMOUNT_MAX) {
        return Err(QuantityError::TooLarge);
    }
    if amount.scale() > measure.decimals_max() {
        return Err(QuantityError::Decimals {
            measure,
            decimals_max: measure.decimals_max(),
        });
    }
    Ok(amount)
}

pub(super) fn read(text: &str) -> Result<(Decimal, Measure), QuantityError> {
    let (number, symbol) = text.split_once(' ').unwrap_or((text, ""));
    let plain = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    if !plain || (symbol.is_empty() && text.contains(' ')) {
        return Err(QuantityError::Text);
    }
    let amount = Decimal::from_str_exact(number).map_err(|_| QuantityError::Text)?;
    let measure = Measure::from_symbol(symbol).ok_or(QuantityError::Text)?;
    Ok((amount, measure))
}

fn write(formatter: &mut fmt::Formatter<'_>, amount: Decimal, measure: Measure) -> fmt::Result {
    match measure {
        Measure::Each => write!(formatter, "{amount}"),
        Measure::Kilogram | Measure::Litre | Measure::Metre => {
            write!(formatter, "{amount} {}", measure.symbol())
        }
    }
}

macro_rules! quantity_text {
    ($name:ident, $pattern:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(formatter, self.amount, self.measure)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = QuantityError;
            fn from_str(text: &str) -> Result<Self, QuantityError> {
                let (amount, measure) = read(text)?;
                Self::new(amount, measure)
            }
        }

        impl TryFrom<String> for $name {
            type Error = QuantityError;
            fn try_from(text: String) -> Result<Self, QuantityError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(quantity: $name) -> Self {
                quantity.to_string()
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

/// How much of something: more than zero, in one measure. Written `3`, or `0.25 kg`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quantity {
    amount: Decimal,
    measure: Measure,
}

quantity_text!(Quantity, "^[0-9]+(\\.[0-9]{1,3})?( (kg|l|m))?$");

impl Quantity {
    /// The largest amount in any measure.
    pub const AMOUNT_MAX: i64 = 1_000_000_000;

    /// Checks sign, size and decimals.
    ///
    /// # Errors
    /// [`QuantityError`], naming what is wrong.
    pub fn new(amount: Decimal, measure: Measure) -> Result<Self, QuantityError> {
        let amount = check(amount, measure)?;
        if amount <= Decimal::ZERO {
            return Err(QuantityError::NotPositive);
        }
        Ok(Self { amount, measure })
    }

    /// So many whole pieces.
    ///
    /// # Errors
    /// [`QuantityError`] for zero or too many.
    pub fn pieces(pieces: u32) -> Result<Self, QuantityError> {
        Self::new(Decimal::from(pieces), Measure::Each)
    }

    /// The number.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// What it counts.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// The number in thousandths of the measure, 1 or more.
    pub(super) fn thousandths(self) -> u64 {
        (self.amount * Decimal::from(1000))
            .to_u64()
            .expect("positive, at most 10^9, at most 3 decimals")
    }

    /// Both quantities together.
    ///
    /// # Errors
    /// [`QuantityError`] for two measures or too large a sum.
    pub fn plus(self, other: Self) -> Result<Self, QuantityError> {
        self.same_measure(other)?;
        Self::new(self.amount + other.amount, self.measure)
    }

    /// What is left of this quantity without `other`; `None` where nothing is.
    ///
    /// # Errors
    /// [`QuantityError`] for two measures, or where `other` is more.
    pub fn minus(self, other: Self) -> Result<Option<Self>, QuantityError> {
        self.same_measure(other)?;
        if self.amount == other.amount {
            return Ok(None);
        }
        Self::new(self.amount - other.amount, self.measure).map(Some)
    }

    fn same_measure(self, other: Self) -> Result<(), QuantityError> {
        if self.measure == other.measure {
            Ok(())
        } else {
            Err(QuantityError::Measures {
                left: self.measure,
                right: other.measure,
            })
        }
    }

    /// The same quantity as a rise of stock.
    #[must_use]
    pub fn rise(self) -> QuantityChange {
        QuantityChange {
            amount: self.amount,
            measure: self.measure,
        }
    }

    /// The same quantity as a fall of stock.
    #[must_use]
    pub fn fall(self) -> QuantityChange {
        QuantityChange {
            amount: -self.amount,
            measure: self.measure,
        }
    }
}

/// A rise (positive) or fall (negative) of stock, never zero, in one measure. Written `-3`, or `0.25 kg`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QuantityChange {
    amount: Decimal,
    measure: Measure,
}

quantity_text!(QuantityChange, "^-?[0-9]+(\\.[0-9]{1,3})?( (kg|l|m))?$");

impl QuantityChange {
    /// Checks size and decimals.
    ///
    /// # Errors
    /// [`QuantityError`], naming what is wrong.
    pub fn new(amount: Decimal, measure: Measure) -> Result<Self, QuantityError> {
        let amount = check(amount, measure)?;
        if amount.is_zero() {
            return Err(QuantityError::Zero);
        }
        Ok(Self { amount, measure })
    }

    /// The number, negative for a fall.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// What it counts.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }
}
