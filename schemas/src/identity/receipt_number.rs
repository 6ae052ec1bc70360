//! The numbers of receipts: without gaps at each till.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::NodeNumber;

/// A receipt's number: the till, and a count from 1 without gaps. Written `12-000123`.
///
/// It stands beside the order number, which is unique but has gaps: a tax office wants to see that none is missing. A
/// till mints it in the commit that finishes the sale or return, and prints it after that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReceiptNumber {
    till: NodeNumber,
    count: u32,
}

/// A text that is no receipt number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a receipt number is a till and a count from 1, such as 12-000123")]
pub struct ReceiptNumberError;

impl ReceiptNumber {
    /// The first receipt of a till.
    #[must_use]
    pub fn first(till: NodeNumber) -> Self {
        Self { till, count: 1 }
    }

    /// The receipt after this one; `None` after four thousand million.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        let count = self.count.checked_add(1)?;
        Some(Self { count, ..self })
    }

    /// The till that printed it.
    #[must_use]
    pub fn till(self) -> NodeNumber {
        self.till
    }

    /// Its place among the till's receipts, from 1.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }
}

impl fmt::Display for ReceiptNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{:06}", self.till.get(), self.count)
    }
}

impl fmt::Debug for ReceiptNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ReceiptNumber({self})")
    }
}

impl FromStr for ReceiptNumber {
    type Err = ReceiptNumberError;
    fn from_str(text: &str) -> Result<Self, ReceiptNumberError> {
        let number = |text: &str| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse::<u32>().ok()).flatten()
        };
        let read = || {
            let (till, count) = text.split_once('-')?;
            let till = NodeNumber::new(number(till)?).ok()?;
            let count = number(count).filter(|count| *count > 0)?;
            Some(Self { till, count })
        };
        // One number has one written form, so that it can be looked up as text.
        read()
            .filter(|read| read.to_string() == text)
            .ok_or(ReceiptNumberError)
    }
}

impl TryFrom<String> for ReceiptNumber {
    type Error = ReceiptNumberError;
    fn try_from(text: String) -> Result<Self, ReceiptNumberError> {
        text.parse()
    }
}

impl From<ReceiptNumber> for String {
    fn from(number: ReceiptNumber) -> Self {
        number.to_string()
    }
}

impl JsonSchema for ReceiptNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ReceiptNumber".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{1,7}-[0-9]{6,10}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_numbered_without_gaps_and_written_in_one_form() {
        let mut number = ReceiptNumber::first(NodeNumber::new(12).unwrap());
        for expected in ["12-000001", "12-000002", "12-000003"] {
            assert_eq!(number.to_string(), expected);
            assert_eq!(expected.parse(), Ok(number));
            number = number.next().unwrap();
        }
        let last = "12-4294967295".parse::<ReceiptNumber>().unwrap();
        assert_eq!((last.next(), last.count()), (None, u32::MAX));
        for wrong in [
            "",
            "12",
            "12-0",
            "12-000000",
            "12-1",
            "012-000001",
            "12-0000001",
            "+1-000001",
            "9999999-000001",
        ] {
            assert_eq!(
                wrong.parse::<ReceiptNumber>(),
                Err(ReceiptNumberError),
                "{wrong}"
            );
        }
    }
}
