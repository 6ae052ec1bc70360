//! The one order number of every channel.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::NodeNumber;
use crate::{
    planted::{self, Planted},
    text::{decode_crockford_digit, encode_crockford},
    time::Timestamp,
};

/// Seconds from 1970-01-01 to 2025-01-01, both 00:00 UTC: order numbers count from there.
const EPOCH_SECONDS: i64 = 1_735_689_600;
const NODE_BITS: u32 = 20;
const COUNTER_BITS: u32 = 11;
const COUNTER_MAX: u64 = (1 << COUNTER_BITS) - 1;
const SECONDS_MAX: u64 = u32::MAX as u64;
const DIGITS: u32 = 13;

/// An order's number: 32 bits of seconds since 2025-01-01, 20 bits node number, 11 bits counter.
///
/// 63 bits, so it fits a signed `BIGINT`, and time-ordered. People see and type 13 digits of Crockford base 32 and
/// one check character, grouped 5-5-4. The check is a weighted sum over the field of 32 elements in which every
/// place has a weight of its own, so every single wrong character and every swap of two characters is found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderNumber(u64);

/// Why a text or number is no order number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderNumberError {
    /// The wrong number of characters, not counting spaces and hyphens.
    #[error("an order number has 14 characters, this has {0}")]
    Length(usize),
    /// A character that is no digit of Crockford's base 32.
    #[error("{0:?} is in no order number")]
    Character(char),
    /// The check character does not fit: something was mistyped.
    #[error("the order number was mistyped: its check character does not fit")]
    Check,
    /// Over 63 bits.
    #[error("the number is too large for an order number")]
    Range,
    /// The 32 bits of seconds are used up (in the year 2161).
    #[error("no order number is left after the year 2161")]
    Exhausted,
}

impl OrderNumber {
    /// An order number by its integer value.
    ///
    /// # Errors
    /// [`OrderNumberError::Range`] for a negative value.
    pub fn from_i64(value: i64) -> Result<Self, OrderNumberError> {
        u64::try_from(value)
            .map(Self)
            .map_err(|_| OrderNumberError::Range)
    }

    /// The integer value, never negative: the database's `BIGINT`.
    #[must_use]
    pub fn to_i64(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// The node that minted it.
    #[must_use]
    pub fn node(self) -> NodeNumber {
        let node = self.0 >> COUNTER_BITS & ((1 << NODE_BITS) - 1);
        u32::try_from(node)
            .ok()
            .and_then(|node| NodeNumber::new(node).ok())
            .unwrap_or(NodeNumber::SERVER)
    }

    fn from_parts(seconds: u64, node: NodeNumber, counter: u64) -> Self {
        Self(
            seconds << (NODE_BITS + COUNTER_BITS) | u64::from(node.get()) << COUNTER_BITS | counter,
        )
    }

    fn seconds(self) -> u64 {
        self.0 >> (NODE_BITS + COUNTER_BITS)
    }

    fn counter(self) -> u64 {
        self.0 & COUNTER_MAX
    }
}

/// Mints order numbers for one node, offline.
///
/// The clock may stand still, jump back or lie before 2025: the next number is always greater than the last one
/// issued, which the caller stores in the same commit as the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderNumberMint {
    node: NodeNumber,
    last: Option<OrderNumber>,
}

impl OrderNumberMint {
    /// Goes on after `last`, the last number that this node is known to have issued.
    #[must_use]
    pub fn new(node: NodeNumber, last: Option<OrderNumber>) -> Self {
        Self { node, last }
    }

    /// The last number issued.
    #[must_use]
    pub fn last(&self) -> Option<OrderNumber> {
        self.last
    }

    /// The next number.
    ///
    /// More than 2,048 numbers in one second borrow from the seconds to come.
    ///
    /// # Errors
    /// [`OrderNumberError::Exhausted`] after the year 2161.
    pub fn mint(&mut self, now: Timestamp) -> Result<OrderNumber, OrderNumberError> {
        let clock = now
            .milliseconds()
            .div_euclid(1000)
            .saturating_sub(EPOCH_SECONDS);
        let clock = u64::try_from(clock).unwrap_or(0);
        if planted::is(Planted::ClockSetsNumber) {
            self.last = self.last.filter(|last| last.seconds() == clock);
        }
        let (seconds, counter) = match self.last {
            Some(last) if clock <= last.seconds() && last.counter() == COUNTER_MAX => {
                (last.seconds() + 1, 0)
            }
            Some(last) if clock <= last.seconds() => (last.seconds(), last.counter() + 1),
            Some(_) | None => (clock, 0),
        };
        if seconds > SECONDS_MAX {
            return Err(OrderNumberError::Exhausted);
        }
        let number = OrderNumber::from_parts(seconds, self.node, counter);
        self.last = Some(number);
        Ok(number)
    }
}

/// Multiplies by x in the field of 32 elements, modulo x^5 + x^2 + 1, whose powers of x are all 31 non-zero elements.
pub(super) fn times_x(element: u8) -> u8 {
    let shifted = element << 1;
    if shifted & 32 == 0 {
        shifted
    } else {
        shifted ^ 0b10_0101
    }
}

/// The sum of digit × x^place, where the last digit has place 0: Horner's rule.
pub(super) fn weighted_sum(digits: impl Iterator<Item = u8>) -> u8 {
    digits.fold(0, |sum, digit| times_x(sum) ^ digit)
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = encode_crockford(u128::from(self.0), DIGITS);
        let check = times_x(weighted_sum(
            digits.chars().filter_map(decode_crockford_digit),
        ));
        let check = encode_crockford(u128::from(check), 1);
        write!(
            formatter,
            "{}-{}-{}{check}",
            &digits[..5],
            &digits[5..10],
            &digits[10..]
        )
    }
}

impl fmt::Debug for OrderNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OrderNumber({self})")
    }
}

impl FromStr for OrderNumber {
    type Err = OrderNumberError;

    /// Reads what people type: either case, look-alike letters, with or without hyphens and spaces.
    fn from_str(text: &str) -> Result<Self, OrderNumberError> {
        let digits = text
            .chars()
            .filter(|character| !matches!(character, '-' | ' '))
            .map(|character| {
                decode_crockford_digit(character).ok_or(OrderNumberError::Character(character))
            })
            .collect::<Result<Vec<u8>, _>>()?;
        if digits.len() != 14 {
            return Err(OrderNumberError::Length(digits.len()));
        }
        if weighted_sum(digits.iter().copied()) != 0 {
            return Err(OrderNumberError::Check);
        }
        let value = digits[..13]
            .iter()
            .fold(0_u128, |value, digit| value << 5 | u128::from(*digit));
        i64::try_from(value)
            .map_err(|_| OrderNumberError::Range)
            .and_then(Self::from_i64)
    }
}

impl TryFrom<String> for OrderNumber {
    type Error = OrderNumberError;
    fn try_from(text: String) -> Result<Self, OrderNumberError> {
        text.parse()
    }
}

impl From<OrderNumber> for String {
    fn from(number: OrderNumber) -> Self {
        number.to_string()
    }
}

impl JsonSchema for OrderNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OrderNumber".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{4}$",
        })
    }
}

#[cfg(test)]
#[path = "order_number_tests.rs"]
mod tests;
