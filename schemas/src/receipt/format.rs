//! Numbers, money and dates in the form of each language.

use rust_decimal::Decimal;

use crate::{
    store_settings::Language,
    time::BusinessDate,
    value::{Currency, Measure, MinorUnits, Quantity, UnitPrice},
};

/// A moment by the store's clocks. The core knows no time zones: whoever prints says what time it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The day of the calendar.
    pub date: BusinessDate,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
}

/// How a language writes.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// In which language.
    pub language: Language,
    /// In which currency amounts are.
    pub currency: Currency,
}

impl Format {
    /// A day of the calendar.
    #[must_use]
    pub fn date(self, date: BusinessDate) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        match self.language {
            Language::En | Language::Es => format!("{day:02}/{month:02}/{year:04}"),
            Language::De => format!("{day:02}.{month:02}.{year:04}"),
        }
    }

    /// A day and the time of day.
    #[must_use]
    pub fn moment(self, at: LocalTime) -> String {
        format!("{} {:02}:{:02}", self.date(at.date), at.hour, at.minute)
    }

    /// An amount without its currency, as in a column of them.
    #[must_use]
    pub fn amount(self, minor: MinorUnits) -> String {
        let digits = self.currency.minor_digits();
        self.number(Decimal::new(minor.get(), digits), digits)
    }

    /// An amount with its currency.
    #[must_use]
    pub fn money(self, minor: MinorUnits) -> String {
        let code = self.currency.code();
        let symbol = match code {
            "GBP" => "£",
            "EUR" => "€",
            "USD" => "$",
            other => other,
        };
        let absolute = MinorUnits::new(minor.get().saturating_abs());
        let sign = if minor.is_negative() { "-" } else { "" };
        let amount = self.amount(absolute);
        match self.language {
            Language::En if symbol.chars().count() == 1 => format!("{sign}{symbol}{amount}"),
            Language::En => format!("{sign}{symbol} {amount}"),
            Language::De | Language::Es => format!("{sign}{amount} {symbol}"),
        }
    }

    /// The price of one, without its currency.
    #[must_use]
    pub fn price(self, price: UnitPrice) -> String {
        let decimals = price.amount().scale().max(self.currency.minor_digits());
        self.number(price.amount(), decimals)
    }

    /// A quantity, with its measure where that is no piece.
    #[must_use]
    pub fn quantity(self, quantity: Quantity) -> String {
        let number = self.number(quantity.amount(), quantity.amount().scale());
        match quantity.measure() {
            Measure::Each => number,
            measure @ (Measure::Kilogram | Measure::Litre | Measure::Metre) => {
                format!("{number} {}", measure.symbol())
            }
        }
    }

    /// A percentage, without its sign.
    #[must_use]
    pub fn percent(self, percent: Decimal) -> String {
        self.number(percent, percent.scale())
    }

    fn number(self, number: Decimal, decimals: u32) -> String {
        let (point, group) = match self.language {
            Language::En => (".", ","),
            Language::De | Language::Es => (",", "."),
        };
        let decimals = usize::try_from(decimals).unwrap_or(0);
        let written = format!("{:.decimals$}", number.abs());
        let (whole, part) = written.split_once('.').unwrap_or((&written, ""));
        // Spanish groups from five digits on.
        let grouped = match self.language {
            Language::Es if whole.len() <= 4 => whole.to_owned(),
            Language::En | Language::De | Language::Es => groups_of_three(whole, group),
        };
        let sign = if number.is_sign_negative() && !number.is_zero() {
            "-"
        } else {
            ""
        };
        match part {
            "" => format!("{sign}{grouped}"),
            part => format!("{sign}{grouped}{point}{part}"),
        }
    }
}

fn groups_of_three(digits: &str, separator: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push_str(separator);
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_numbers_money_and_dates_in_its_own_form() {
        let at = LocalTime {
            date: "2026-03-07".parse().unwrap(),
            hour: 9,
            minute: 5,
        };
        for (language, currency, minor, money, moment) in [
            (
                Language::En,
                "GBP",
                1_234_567,
                "£12,345.67",
                "07/03/2026 09:05",
            ),
            (Language::En, "CHF", -5, "-CHF 0.05", "07/03/2026 09:05"),
            (
                Language::De,
                "EUR",
                1_234_567,
                "12.345,67 €",
                "07.03.2026 09:05",
            ),
            (
                Language::De,
                "EUR",
                -123_456,
                "-1.234,56 €",
                "07.03.2026 09:05",
            ),
            (
                Language::Es,
                "EUR",
                123_456,
                "1234,56 €",
                "07/03/2026 09:05",
            ),
            (
                Language::Es,
                "EUR",
                1_234_567,
                "12.345,67 €",
                "07/03/2026 09:05",
            ),
            (Language::De, "JPY", 1_500, "1.500 JPY", "07.03.2026 09:05"),
        ] {
            let currency = currency.parse().unwrap();
            let format = Format { language, currency };
            assert_eq!(format.money(MinorUnits::new(minor)), money);
            assert_eq!(format.moment(at), moment);
        }
        let german = Format {
            language: Language::De,
            currency: Currency::EUR,
        };
        assert_eq!(german.quantity("1.25 kg".parse().unwrap()), "1,25 kg");
        assert_eq!(german.quantity("1200".parse().unwrap()), "1.200");
        assert_eq!(german.price("0.0915".parse().unwrap()), "0,0915");
        assert_eq!(german.price("3".parse().unwrap()), "3,00");
    }
}
