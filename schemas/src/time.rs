//! Moments and business dates. Nothing here reads a clock: both are arguments.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z. May be negative; a wrong clock is data, not an error.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A moment by its milliseconds since 1970.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// This moment and `milliseconds` more, clamped to what can be written.
    #[must_use]
    pub const fn plus_milliseconds(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this moment; negative where it is later.
    #[must_use]
    pub const fn milliseconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A trading day as a till session fixes it: a civil date from 0001-01-01 to 9999-12-31, written `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BusinessDate {
    year: u16,
    month: u8,
    day: u8,
}

/// A date that is not in the calendar, or a text that is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a business date is a day of the calendar, written YYYY-MM-DD")]
pub struct BusinessDateError;

fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl BusinessDate {
    /// Checks the date against the calendar.
    ///
    /// # Errors
    /// [`BusinessDateError`] for a day that does not exist.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, BusinessDateError> {
        let exists = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day);
        if exists {
            Ok(Self { year, month, day })
        } else {
            Err(BusinessDateError)
        }
    }

    /// The year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// The last day of a month.
    ///
    /// # Errors
    /// [`BusinessDateError`] for a month or year that does not exist.
    pub fn last_of_month(year: u16, month: u8) -> Result<Self, BusinessDateError> {
        Self::new(year, month, days_in_month(year, month))
    }

    /// How many days this date is after `earlier`; negative where it is before.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.day_number() - earlier.day_number()
    }

    /// Days since 0000-03-01, counted in years that begin in March, so that a leap day is a year's last.
    fn day_number(self) -> i64 {
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        let year = if month > 2 { year } else { year - 1 };
        let month = (month + 9) % 12;
        let days_before_month = (month * 153 + 2) / 5;
        year * 365 + year / 4 - year / 100 + year / 400 + days_before_month + i64::from(self.day)
            - 1
    }
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:04}-{:02}-{:02}",
            self.year, self.month, self.day
        )
    }
}

impl fmt::Debug for BusinessDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BusinessDate({self})")
    }
}

impl FromStr for BusinessDate {
    type Err = BusinessDateError;
    fn from_str(text: &str) -> Result<Self, BusinessDateError> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(BusinessDateError);
        }
        let part = |range: std::ops::Range<usize>| {
            text[range].parse::<u16>().map_err(|_| BusinessDateError)
        };
        let small = |range| {
            part(range).and_then(|value| u8::try_from(value).map_err(|_| BusinessDateError))
        };
        Self::new(part(0..4)?, small(5..7)?, small(8..10)?)
    }
}

impl TryFrom<String> for BusinessDate {
    type Error = BusinessDateError;
    fn try_from(text: String) -> Result<Self, BusinessDateError> {
        text.parse()
    }
}

impl From<BusinessDate> for String {
    fn from(date: BusinessDate) -> Self {
        date.to_string()
    }
}

impl JsonSchema for BusinessDate {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BusinessDate".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for text in ["2024-02-29", "2000-02-29", "2010-12-31", "0001-01-01"] {
            assert_eq!(text.parse::<BusinessDate>().expect(text).to_string(), text);
        }
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2010-13-01",
            "2010-00-01",
            "2010-1-01",
            "2010-12-32",
            "0000-01-01",
            "20x0-01-01",
        ] {
            assert_eq!(
                text.parse::<BusinessDate>(),
                Err(BusinessDateError),
                "{text}"
            );
        }
    }

    #[test]
    fn days_are_counted_over_months_leap_years_and_centuries() {
        let days = |from: &str, to: &str| {
            let date = |text: &str| text.parse::<BusinessDate>().expect(text);
            date(to).days_since(date(from))
        };
        assert_eq!(days("2010-12-01", "2010-12-01"), 0);
        assert_eq!(days("2010-12-31", "2011-01-01"), 1);
        assert_eq!(days("2024-02-28", "2024-03-01"), 2);
        assert_eq!(days("1900-02-28", "1900-03-01"), 1);
        assert_eq!(days("2011-01-01", "2010-01-01"), -365);
        assert_eq!(days("1970-01-01", "2000-01-01"), 10_957);
        assert_eq!(days("0001-01-01", "9999-12-31"), 3_652_058);
    }
}
