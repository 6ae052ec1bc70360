//! How one document's amounts, moments and names are written for people.

use std::fmt;

use holdfast_schemas::{
    identity::TimeZoneName,
    misfit::Misfit,
    time::Timestamp,
    value::{Currency, MinorUnits, UnitPrice},
};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::cli::listing::{money, name};

/// The most characters of a description in a table; `--output json` has the whole of it.
const DESCRIPTION_CHARACTERS_MAX: usize = 40;

/// A document's currency, and the time zone of its store.
pub(super) struct Style {
    currency: Option<Currency>,
    zone: TimeZone,
    zone_name: String,
}

impl Style {
    /// Moments are in UTC where the zone is not one that is known here.
    pub(super) fn new(currency: Option<Currency>, zone: &TimeZoneName) -> Self {
        match TimeZone::get(zone.as_str()) {
            Ok(found) => Self {
                currency,
                zone: found,
                zone_name: zone.to_string(),
            },
            Err(_) => Self {
                currency,
                zone: TimeZone::UTC,
                zone_name: "UTC".to_owned(),
            },
        }
    }

    /// By whose clocks moments are.
    pub(super) fn zone_name(&self) -> &str {
        &self.zone_name
    }

    /// An amount with its decimals and currency; in minor units where the currency is not known.
    pub(super) fn amount(&self, minor: MinorUnits) -> String {
        self.currency
            .map_or_else(|| minor.to_string(), |currency| money(minor, currency))
    }

    /// What goes out.
    pub(super) fn less(&self, minor: MinorUnits) -> String {
        self.amount(MinorUnits::ZERO.saturating_minus(minor))
    }

    /// A price with at least its currency's decimals.
    pub(super) fn price(&self, price: UnitPrice) -> String {
        let mut amount: Decimal = price.amount().normalize();
        let digits = self.currency.map_or(0, |currency| currency.minor_digits());
        if amount.scale() < digits {
            amount.rescale(digits);
        }
        amount.to_string()
    }

    /// A moment by the store's clocks, to the second.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        match jiff::Timestamp::from_millisecond(at.milliseconds()) {
            Ok(moment) => {
                let local = moment.to_zoned(self.zone.clone());
                local.strftime("%Y-%m-%d %H:%M:%S").to_string()
            }
            Err(_) => format!("{} ms", at.milliseconds()),
        }
    }

    /// What does not fit, and what to do about it.
    pub(super) fn write_misfits(
        &self,
        formatter: &mut fmt::Formatter<'_>,
        misfits: &[Misfit],
    ) -> fmt::Result {
        misfits.iter().try_for_each(|misfit| {
            let (words, advice) = (
                misfit.words(self.currency),
                misfit.what_to_do(self.currency),
            );
            writeln!(formatter, "  MISFIT {}: {words}.", misfit.code())?;
            writeln!(formatter, "         {advice}")
        })
    }
}

/// A line `what  value` below a heading.
pub(super) fn write_field(
    formatter: &mut fmt::Formatter<'_>,
    what: &str,
    value: impl fmt::Display,
) -> fmt::Result {
    writeln!(formatter, "  {what:<12}  {value}")
}

pub(super) fn write_frozen(formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        formatter,
        "  FROZEN: it holds an operation that only a later version knows. Update this till."
    )
}

/// A value of the core by its name, in words.
pub(super) fn words(value: &impl Serialize) -> String {
    name(value).replace('_', " ")
}

/// Several values in one field.
pub(super) fn list<T: fmt::Display>(values: &[T]) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// A description that fits into a table.
pub(super) fn short(description: &str) -> String {
    if description.chars().count() <= DESCRIPTION_CHARACTERS_MAX {
        return description.to_owned();
    }
    let kept = description.chars().take(DESCRIPTION_CHARACTERS_MAX - 1);
    kept.chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(currency: Option<Currency>, zone: &str) -> Style {
        Style::new(currency, &TimeZoneName::new(zone).expect("a name"))
    }

    #[test]
    fn prices_have_their_currencys_decimals_at_least() {
        let pounds = style(Some(Currency::GBP), "Europe/London");
        for (price, shown) in [("3", "3.00"), ("2.5", "2.50"), ("0.0125", "0.0125")] {
            assert_eq!(pounds.price(price.parse().expect("a price")), shown);
        }
        let yen = style(Some("JPY".parse().expect("a currency")), "Asia/Tokyo");
        assert_eq!(yen.price("300".parse().expect("a price")), "300");
        assert_eq!(yen.less(MinorUnits::new(300)), "-300 JPY");
        assert_eq!(style(None, "UTC").amount(MinorUnits::new(5)), "5");
    }

    #[test]
    fn moments_are_by_the_stores_clocks() {
        let summer = Timestamp::from_milliseconds(1_783_000_000_000);
        let shown = style(None, "Europe/London").moment(summer);
        assert_eq!(shown, "2026-07-02 14:46:40");
        let unknown = style(None, "Europe/Atlantis");
        assert_eq!(unknown.moment(summer), "2026-07-02 13:46:40");
        assert_eq!(unknown.zone_name(), "UTC");
    }

    #[test]
    fn a_long_description_is_cut_where_a_table_would_burst() {
        assert_eq!(short("EXAMPLE MUG"), "EXAMPLE MUG");
        let cut = short(&"ü".repeat(200));
        assert_eq!(cut.chars().count(), DESCRIPTION_CHARACTERS_MAX);
        assert!(cut.ends_with('…'));
    }
}
