//! Running totals of quantities: may be zero, or negative, and never fail.

use std::fmt;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Measure, Quantity, QuantityChange, quantity::read};

/// A sum of quantities in one measure: zero, more, or less. For folds, which never fail, so sums are clamped at the
/// ends of what can be counted (about 7.9 × 10²⁸). Written `3`, `-2` or `0.25 kg`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuantityTotal {
    amount: Decimal,
    measure: Measure,
}

impl QuantityTotal {
    /// Nothing, in this measure.
    #[must_use]
    pub const fn zero(measure: Measure) -> Self {
        Self {
            amount: Decimal::ZERO,
            measure,
        }
    }

    /// The number, which may be negative.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// What it counts.
    #[must_use]
    pub fn measure(&self) -> Measure {
        self.measure
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    /// Whether it is more than nothing.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.amount > Decimal::ZERO
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.amount < Decimal::ZERO
    }

    /// The sum with another total, or `None` where their measures differ.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        (self.measure == other.measure).then(|| Self {
            amount: self.amount.saturating_add(other.amount).normalize(),
            measure: self.measure,
        })
    }

    /// The difference to another total, or `None` where their measures differ.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    /// The same total with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self {
            amount: -self.amount,
            measure: self.measure,
        }
    }

    /// The same total as a quantity; `None` for zero, for less, and beyond [`Quantity::AMOUNT_MAX`].
    #[must_use]
    pub fn quantity(&self) -> Option<Quantity> {
        Quantity::new(self.amount, self.measure).ok()
    }
}

impl From<Quantity> for QuantityTotal {
    fn from(quantity: Quantity) -> Self {
        Self {
            amount: quantity.amount(),
            measure: quantity.measure(),
        }
    }
}

impl From<QuantityChange> for QuantityTotal {
    fn from(change: QuantityChange) -> Self {
        Self {
            amount: change.amount(),
            measure: change.measure(),
        }
    }
}

impl fmt::Display for QuantityTotal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.measure {
            Measure::Each => self.amount.fmt(formatter),
            Measure::Kilogram | Measure::Litre | Measure::Metre => {
                write!(formatter, "{} {}", self.amount, self.measure.symbol())
            }
        }
    }
}

impl fmt::Debug for QuantityTotal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "QuantityTotal({self})")
    }
}

impl Serialize for QuantityTotal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for QuantityTotal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (amount, measure) = read(&text).map_err(D::Error::custom)?;
        Ok(Self { amount, measure })
    }
}

impl JsonSchema for QuantityTotal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "QuantityTotal".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,3})?( (kg|l|m))?$" })
    }
}
