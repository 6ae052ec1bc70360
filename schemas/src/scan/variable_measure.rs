//! Price or weight in the barcode: what a scale in the store prints.
//!
//! An EAN-13 with a prefix that GS1 leaves to the store: `PP IIIII (K) VVVVV C`, where `PP` is the prefix, `I` the item,
//! `K` a check digit of the value where one is used, `V` the value and `C` the barcode's check digit. Source: GS1 General
//! Specifications, 2.1.11 (restricted circulation within a store) and 7.9.2 to 7.9.4 (check digit of a price field).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    gtin::{Gtin, check_digit},
    value::{Measure, MinorUnits, Quantity},
};

/// The digits between the prefix and the last check digit.
const BODY_DIGITS: usize = 10;

/// The first two digits of codes that a store gives out itself: 02 (UPC-A that begins with 2), or 20 to 29.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct InStorePrefix(#[schemars(with = "String", regex(pattern = "^(02|2[0-9])$"))] u8);

/// A prefix that is not the store's to give out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the prefix of a price or weight barcode is 02 or 20 to 29")]
pub struct InStorePrefixError;

impl InStorePrefix {
    /// Checks the range.
    ///
    /// # Errors
    /// [`InStorePrefixError`] for other prefixes.
    pub fn new(prefix: u8) -> Result<Self, InStorePrefixError> {
        match prefix {
            2 | 20..=29 => Ok(Self(prefix)),
            _ => Err(InStorePrefixError),
        }
    }
}

impl TryFrom<String> for InStorePrefix {
    type Error = InStorePrefixError;
    fn try_from(text: String) -> Result<Self, InStorePrefixError> {
        let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = text.parse().map_err(|_| InStorePrefixError)?;
        if plain {
            Self::new(prefix)
        } else {
            Err(InStorePrefixError)
        }
    }
}

impl From<InStorePrefix> for String {
    fn from(prefix: InStorePrefix) -> Self {
        format!("{:02}", prefix.0)
    }
}

/// What the value in the barcode is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeasuredValue {
    /// What the piece costs, in minor units of the store's currency.
    Price,
    /// What the piece weighs, in grams.
    Grams,
}

/// How the store's scales write their barcodes under one prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "RuleFields", into = "RuleFields")]
#[schemars(with = "RuleFields")]
pub struct VariableMeasureRule(RuleFields);

/// How the store's scales write their barcodes under one prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "VariableMeasureRule")]
struct RuleFields {
    /// How many digits name the item, 4 to 6.
    #[schemars(range(min = 4, max = 6))]
    item_digits: u8,
    /// What the value is.
    value: MeasuredValue,
    /// Whether a check digit of the value stands before it. The value then has 4 or 5 digits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    value_check: bool,
}

/// Why a rule, or a barcode that it reads, is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariableMeasureError {
    /// The item's digits are too few or too many.
    #[error("4 to 6 digits name the item, not {0}; with a check digit of the value 4 or 5")]
    ItemDigits(u8),
    /// The value's check digit does not fit.
    #[error("the value's check digit is {found}, but its digits call for {expected}")]
    Check {
        /// What is printed.
        found: u8,
        /// What it should be.
        expected: u8,
    },
    /// A weight or price of nothing.
    #[error("the value is nothing")]
    Nothing,
}

impl TryFrom<RuleFields> for VariableMeasureRule {
    type Error = VariableMeasureError;
    fn try_from(fields: RuleFields) -> Result<Self, VariableMeasureError> {
        let most = if fields.value_check { 5 } else { 6 };
        if (4..=most).contains(&fields.item_digits) {
            Ok(Self(fields))
        } else {
            Err(VariableMeasureError::ItemDigits(fields.item_digits))
        }
    }
}

impl From<VariableMeasureRule> for RuleFields {
    fn from(rule: VariableMeasureRule) -> Self {
        rule.0
    }
}

impl VariableMeasureRule {
    /// Checks how many digits name the item.
    ///
    /// # Errors
    /// [`VariableMeasureError::ItemDigits`].
    pub fn new(
        item_digits: u8,
        value: MeasuredValue,
        value_check: bool,
    ) -> Result<Self, VariableMeasureError> {
        RuleFields {
            item_digits,
            value,
            value_check,
        }
        .try_into()
    }
}

/// How a store reads codes that it gives out itself. A prefix without a rule is a trade item number like any other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct VariableMeasureRules(
    #[schemars(extend("maxProperties" = 11))] BTreeMap<InStorePrefix, VariableMeasureRule>,
);

impl FromIterator<(InStorePrefix, VariableMeasureRule)> for VariableMeasureRules {
    fn from_iter<I: IntoIterator<Item = (InStorePrefix, VariableMeasureRule)>>(rules: I) -> Self {
        Self(rules.into_iter().collect())
    }
}

/// A piece whose price or weight is in its barcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableMeasureItem {
    /// It costs so much.
    Priced {
        /// The number under which the product is kept: the code with its value and the value's check digit zero.
        gtin: Gtin,
        /// What this piece costs.
        price_minor: MinorUnits,
    },
    /// It weighs so much.
    Weighed {
        /// The number under which the product is kept: the code with its value and the value's check digit zero.
        gtin: Gtin,
        /// What this piece weighs.
        quantity: Quantity,
    },
}

impl VariableMeasureItem {
    /// The number under which the product is kept.
    #[must_use]
    pub fn gtin(&self) -> Gtin {
        match self {
            Self::Priced { gtin, .. } | Self::Weighed { gtin, .. } => *gtin,
        }
    }
}

impl VariableMeasureRules {
    /// Reads a trade item number by the rule of its prefix; `None` where there is none.
    pub(super) fn read(
        &self,
        gtin: Gtin,
    ) -> Option<Result<VariableMeasureItem, VariableMeasureError>> {
        // 14 digits, of which a code of 13 has the first zero.
        let digits: Vec<u8> = gtin.to_string().bytes().map(|byte| byte - b'0').collect();
        if digits[0] != 0 {
            return None;
        }
        let prefix = InStorePrefix::new(digits[1] * 10 + digits[2]).ok()?;
        let rule = self.0.get(&prefix)?;
        Some(read_by(rule.0, &digits[1..]))
    }
}

fn read_by(rule: RuleFields, digits: &[u8]) -> Result<VariableMeasureItem, VariableMeasureError> {
    let item_end = 2 + usize::from(rule.item_digits);
    let value_start = item_end + usize::from(rule.value_check);
    let value = &digits[value_start..2 + BODY_DIGITS];
    if rule.value_check {
        let (found, expected) = (digits[item_end], value_check_digit(value));
        if found != expected {
            return Err(VariableMeasureError::Check { found, expected });
        }
    }
    let gtin = base_gtin(&digits[..item_end]).ok_or(VariableMeasureError::Nothing)?;
    let number = value
        .iter()
        .fold(0_i64, |number, digit| number * 10 + i64::from(*digit));
    match rule.value {
        MeasuredValue::Price if number == 0 => Err(VariableMeasureError::Nothing),
        MeasuredValue::Price => Ok(VariableMeasureItem::Priced {
            gtin,
            price_minor: MinorUnits::new(number),
        }),
        MeasuredValue::Grams => Quantity::new(Decimal::new(number, 3), Measure::Kilogram)
            .map(|quantity| VariableMeasureItem::Weighed { gtin, quantity })
            .map_err(|_| VariableMeasureError::Nothing),
    }
}

/// The code with its value zero.
fn base_gtin(prefix_and_item: &[u8]) -> Option<Gtin> {
    let mut digits = prefix_and_item.to_vec();
    digits.resize(2 + BODY_DIGITS, 0);
    digits.push(check_digit(&digits));
    let text: String = digits
        .iter()
        .map(|digit| char::from(b'0' + digit))
        .collect();
    text.parse().ok()
}

/// A digit times its place's weight, as the tables of the standard have it.
#[derive(Clone, Copy)]
enum Weight {
    /// Twice, less the product's tens.
    TwoMinus,
    /// Three times.
    Three,
    /// Five times, and the product's tens.
    FivePlus,
    /// Five times, less the product's tens.
    FiveMinus,
}

impl Weight {
    fn times(self, digit: u8) -> u8 {
        let (product, minus) = match self {
            Self::TwoMinus => (2 * digit, true),
            Self::Three => return 3 * digit % 10,
            Self::FivePlus => (5 * digit, false),
            Self::FiveMinus => (5 * digit, true),
        };
        let (tens, units) = (product / 10, product % 10);
        let result = if minus {
            units + 10 - tens
        } else {
            units + tens
        };
        result % 10
    }
}

/// The check digit of a value of 4 or 5 digits.
fn value_check_digit(value: &[u8]) -> u8 {
    use Weight::{FiveMinus, FivePlus, Three, TwoMinus};
    let sum = |weights: &[Weight]| -> u8 {
        let products = value.iter().zip(weights);
        products.map(|(digit, weight)| weight.times(*digit)).sum()
    };
    if value.len() == 4 {
        return sum(&[TwoMinus, TwoMinus, Three, FiveMinus]) * 3 % 10;
    }
    let to_next_ten = (10 - sum(&[FivePlus, TwoMinus, FiveMinus, FivePlus, TwoMinus]) % 10) % 10;
    (0..10)
        .find(|digit| FiveMinus.times(*digit) == to_next_ten)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_check_digits_are_those_of_the_standards_examples() {
        for (value, expected) in [
            ([2, 8, 7, 5].as_slice(), 9),
            (&[1, 4, 6, 8, 5], 6),
            (&[0, 0, 5, 0, 2], 5),
            (&[0, 0, 8, 2, 8], 4),
            (&[0, 1, 3, 3, 6], 6),
        ] {
            assert_eq!(value_check_digit(value), expected, "{value:?}");
        }
    }

    #[test]
    fn every_single_wrong_digit_of_a_value_is_found() {
        for length in [4_u32, 5] {
            for number in (0..10_u32.pow(length)).step_by(7) {
                let digits: Vec<u8> = (0..length)
                    .rev()
                    .map(|place| u8::try_from(number / 10_u32.pow(place) % 10).unwrap())
                    .collect();
                let right = value_check_digit(&digits);
                for place in 0..digits.len() {
                    for wrong in (0..10).filter(|wrong| *wrong != digits[place]) {
                        let mut misread = digits.clone();
                        misread[place] = wrong;
                        assert_ne!(value_check_digit(&misread), right, "{digits:?} {misread:?}");
                    }
                }
            }
        }
    }
}
