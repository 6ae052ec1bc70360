//! Trade item numbers: what a barcode says.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A Global Trade Item Number with a check digit that fits, always held and written with 14 digits.
///
/// GTIN-8 (EAN-8), GTIN-12 (UPC-A), GTIN-13 (EAN-13) and GTIN-14 are one number with more or fewer leading zeros, so a
/// product that was entered from its carton is found by a scan of its UPC. A six-digit UPC-E must be expanded before.
/// Source: GS1 General Specifications, 7.9 (check digit) and 3.3.2 (14-digit form).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gtin(u64);

/// Why a text is no GTIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GtinError {
    /// Another length than 8, 12, 13 or 14.
    #[error("a GTIN has 8, 12, 13 or 14 digits, this has {0} characters")]
    Length(usize),
    /// A character that is no digit.
    #[error("a GTIN has digits only, not {0:?}")]
    Character(char),
    /// The check digit does not fit: something was mistyped or misread.
    #[error("the GTIN's check digit is {found}, but its other digits call for {expected}")]
    Check {
        /// The last digit.
        found: u8,
        /// What it should be.
        expected: u8,
    },
    /// Nothing but zeros, which GS1 gives to no product.
    #[error("a GTIN is not all zeros")]
    Zero,
}

impl Gtin {
    /// How many digits its one written form has.
    pub const DIGITS: usize = 14;

    /// The number as an integer, for a database's key: at most 14 decimal digits.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// The digit that makes the weighted sum a multiple of ten: from the right, weights are 3, 1, 3, …
pub(crate) fn check_digit(digits_before: &[u8]) -> u8 {
    let sum = digits_before
        .iter()
        .rev()
        .zip([3_u32, 1].into_iter().cycle())
        .fold(0, |sum, (digit, weight)| sum + u32::from(*digit) * weight);
    u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

impl FromStr for Gtin {
    type Err = GtinError;
    fn from_str(text: &str) -> Result<Self, GtinError> {
        let length = text.chars().count();
        if ![8, 12, 13, Self::DIGITS].contains(&length) {
            return Err(GtinError::Length(length));
        }
        let digits = text
            .chars()
            .map(|character| match character {
                '0'..='9' => u8::try_from(u32::from(character) - u32::from('0'))
                    .map_err(|_| GtinError::Character(character)),
                _ => Err(GtinError::Character(character)),
            })
            .collect::<Result<Vec<u8>, _>>()?;
        let (found, expected) = (digits[length - 1], check_digit(&digits[..length - 1]));
        if found != expected {
            return Err(GtinError::Check { found, expected });
        }
        match digits
            .iter()
            .fold(0_u64, |number, digit| number * 10 + u64::from(*digit))
        {
            0 => Err(GtinError::Zero),
            number => Ok(Self(number)),
        }
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:0width$}", self.0, width = Self::DIGITS)
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Gtin({self})")
    }
}

impl TryFrom<String> for Gtin {
    type Error = GtinError;
    fn try_from(text: String) -> Result<Self, GtinError> {
        text.parse()
    }
}

impl From<Gtin> for String {
    fn from(gtin: Gtin) -> Self {
        gtin.to_string()
    }
}

impl JsonSchema for Gtin {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Gtin".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{14}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any GTIN's digits before the check digit, of each length.
    fn digits_before() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![Just(7_usize), Just(11), Just(12), Just(13)]
            .prop_flat_map(|length| prop::collection::vec(0_u8..10, length))
            .prop_filter("all zeros", |digits| digits.iter().any(|digit| *digit > 0))
    }

    fn written(digits: &[u8]) -> String {
        digits
            .iter()
            .map(|digit| char::from(b'0' + digit))
            .collect()
    }

    proptest! {
        #[test]
        fn every_length_is_read_to_the_same_fourteen_digits(before in digits_before()) {
            let mut digits = before.clone();
            digits.push(check_digit(&before));
            let text = written(&digits);
            let gtin: Gtin = text.parse().expect("a GTIN");
            prop_assert_eq!(gtin.to_string(), format!("{text:0>14}"));
            prop_assert_eq!(gtin.to_string().parse(), Ok(gtin));
            let json = serde_json::to_string(&gtin).expect("JSON");
            prop_assert_eq!(&json, &format!("\"{gtin}\""));
            prop_assert_eq!(serde_json::from_str::<Gtin>(&json).expect("a GTIN"), gtin);
        }

        #[test]
        fn every_single_wrong_digit_is_found(before in digits_before()) {
            let mut digits = before.clone();
            digits.push(check_digit(&before));
            for place in 0..digits.len() {
                for wrong in (0..10).filter(|wrong| *wrong != digits[place]) {
                    let mut mistyped = digits.clone();
                    mistyped[place] = wrong;
                    prop_assert!(written(&mistyped).parse::<Gtin>().is_err());
                }
            }
        }
    }

    #[test]
    fn known_numbers_are_read_and_others_refused_with_the_reason() {
        for (text, canonical) in [
            ("96385074", "00000096385074"),
            ("036000291452", "00036000291452"),
            ("4006381333931", "04006381333931"),
            ("10614141000415", "10614141000415"),
        ] {
            assert_eq!(text.parse::<Gtin>().expect(text).to_string(), canonical);
        }
        for (text, error) in [
            ("", GtinError::Length(0)),
            ("123456789", GtinError::Length(9)),
            ("4006381 33393", GtinError::Character(' ')),
            ("٤006381333931", GtinError::Character('٤')),
            (
                "4006381333932",
                GtinError::Check {
                    found: 2,
                    expected: 1,
                },
            ),
            ("0000000000000", GtinError::Zero),
        ] {
            assert_eq!(text.parse::<Gtin>(), Err(error), "{text}");
        }
    }
}
