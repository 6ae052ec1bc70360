//! A trade item as a barcode tells of it: number, batch, dates, measure, price.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

use super::{
    ApplicationIdentifier, ScanError,
    element_string::{Element, digits},
};
use crate::{
    gtin::Gtin,
    time::BusinessDate,
    value::{Currency, Measure, MinorUnits, Quantity},
};

/// Why a batch or serial number is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it has {0} characters; 1 to 20 are allowed")]
pub struct ItemTextError(usize);

macro_rules! item_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            fn new(text: &str) -> Result<Self, ItemTextError> {
                match text.len() {
                    1..=20 => Ok(Self(text.into())),
                    length => Err(ItemTextError(length)),
                }
            }

            /// The number as it is printed.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

item_text!(
    /// A batch or lot, as its maker numbers it: 1 to 20 characters.
    BatchNumber
);
item_text!(
    /// One single piece, as its maker numbers it: 1 to 20 characters.
    SerialNumber
);

/// What a net measure measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NetDimension {
    /// Weight in kilograms (310n).
    Kilograms,
    /// Length in metres (311n).
    LengthMetres,
    /// Width or diameter in metres (312n).
    WidthMetres,
    /// Depth, thickness or height in metres (313n).
    DepthMetres,
    /// Area in square metres (314n).
    SquareMetres,
    /// Volume in litres (315n).
    Litres,
    /// Volume in cubic metres (316n).
    CubicMetres,
    /// Weight in pounds (320n).
    Pounds,
}

/// How much of the item the package holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetMeasure {
    /// Of what.
    pub dimension: NetDimension,
    /// How much, more than zero, with at most 5 decimals.
    pub amount: Decimal,
}

/// Kilograms in a pound. Source: the international yard and pound agreement of 1959.
const KILOGRAMS_PER_POUND: Decimal = Decimal::from_parts(45_359_237, 0, 0, false, 8);

impl NetMeasure {
    /// The quantity that is sold, rounded half to even to its measure's decimals; `None` for a width, depth or area, by
    /// which nothing is priced here, and for so little that nothing is left.
    #[must_use]
    pub fn quantity(&self) -> Option<Quantity> {
        let (amount, measure) = match self.dimension {
            NetDimension::Kilograms => (self.amount, Measure::Kilogram),
            NetDimension::Pounds => (self.amount * KILOGRAMS_PER_POUND, Measure::Kilogram),
            NetDimension::LengthMetres => (self.amount, Measure::Metre),
            NetDimension::Litres => (self.amount, Measure::Litre),
            NetDimension::CubicMetres => (self.amount * Decimal::ONE_THOUSAND, Measure::Litre),
            NetDimension::WidthMetres | NetDimension::DepthMetres | NetDimension::SquareMetres => {
                return None;
            }
        };
        let amount = amount.round_dp_with_strategy(
            measure.decimals_max(),
            RoundingStrategy::MidpointNearestEven,
        );
        Quantity::new(amount, measure).ok()
    }
}

/// What the package costs, as its label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScannedPrice {
    /// How much, in major units, with at most 9 decimals.
    pub amount: Decimal,
    /// The currency's number by ISO 4217; none for that of the store.
    pub currency_number: Option<u16>,
}

impl ScannedPrice {
    /// The price in the minor units of the store's currency; `None` where it is in another currency, or can't be paid
    /// to the minor unit.
    #[must_use]
    pub fn minor(&self, currency: Currency) -> Option<MinorUnits> {
        let same = self
            .currency_number
            .is_none_or(|number| currency.number() == Some(number));
        let unit = Decimal::from(10_u64.pow(currency.minor_digits()));
        let minor = self.amount.checked_mul(unit)?;
        (same && minor.is_integer()).then(|| minor.to_i64().map(MinorUnits::new))?
    }
}

/// A trade item, with what else the barcode says of this very piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedItem {
    /// The item.
    pub gtin: Gtin,
    /// Its batch or lot (10).
    pub batch: Option<BatchNumber>,
    /// Its serial number (21).
    pub serial: Option<SerialNumber>,
    /// When it was made (11).
    pub produced: Option<BusinessDate>,
    /// Until when it is at its best (15).
    pub best_before: Option<BusinessDate>,
    /// Until when it is to be sold (16).
    pub sell_by: Option<BusinessDate>,
    /// After when it must not be used (17).
    pub expires: Option<BusinessDate>,
    /// How much the package holds (310n to 316n, 320n).
    pub net: Option<NetMeasure>,
    /// How many pieces the package holds, where that varies (30), or the box (37).
    pub count: Option<u32>,
    /// What the package costs (392n, 393n).
    pub price: Option<ScannedPrice>,
}

impl ScannedItem {
    /// An item of which nothing else is known.
    #[must_use]
    pub fn new(gtin: Gtin) -> Self {
        Self {
            gtin,
            batch: None,
            serial: None,
            produced: None,
            best_before: None,
            sell_by: None,
            expires: None,
            net: None,
            count: None,
            price: None,
        }
    }

    /// Until when it may be sold, by its label; it is not to be sold on a later day.
    #[must_use]
    pub fn last_day_of_sale(&self) -> Option<BusinessDate> {
        self.sell_by.into_iter().chain(self.expires).min()
    }

    /// Reads the elements of a barcode or a web address. Elements that a till has no use for are checked and left out.
    pub(super) fn from_elements(
        elements: &[Element<'_>],
        today: BusinessDate,
    ) -> Result<Self, ScanError> {
        let mut sorted: Vec<&Element<'_>> = elements.iter().collect();
        sorted.sort_by_key(|(identifier, _)| *identifier);
        let twice = sorted
            .windows(2)
            .find(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1);
        if let Some(pair) = twice {
            return Err(ScanError::ElementTwice(pair[0].0));
        }
        // A box (02) stands for what is in it where no item of its own is named.
        let gtin = |number| {
            let mut gtins = sorted
                .iter()
                .filter(|(identifier, _)| identifier.number() == number);
            gtins.next().map(|(_, value)| value)
        };
        let gtin = gtin(1).or_else(|| gtin(2)).ok_or(ScanError::NoItem)?;
        let mut item = Self::new(gtin.parse()?);
        for (identifier, value) in sorted {
            item.read(*identifier, value, today)?;
        }
        Ok(item)
    }

    fn read(
        &mut self,
        identifier: ApplicationIdentifier,
        value: &str,
        today: BusinessDate,
    ) -> Result<(), ScanError> {
        let wrong = || ScanError::ElementValue(identifier);
        let text = |error| ScanError::ElementText { identifier, error };
        let number = identifier.number();
        match number {
            10 => self.batch = Some(BatchNumber::new(value).map_err(text)?),
            21 => self.serial = Some(SerialNumber::new(value).map_err(text)?),
            11 => self.produced = Some(read_date(value, today).ok_or_else(wrong)?),
            15 => self.best_before = Some(read_date(value, today).ok_or_else(wrong)?),
            16 => self.sell_by = Some(read_date(value, today).ok_or_else(wrong)?),
            17 => self.expires = Some(read_date(value, today).ok_or_else(wrong)?),
            30 | 37 => {
                let count = digits(value).filter(|count| *count > 0);
                self.count = Some(count.ok_or_else(wrong)?);
            }
            3100..=3169 | 3200..=3209 => {
                let net = read_measure(number, value).ok_or_else(wrong)?;
                // The first says how much it is; a width beside a length says more of the same piece.
                self.net.get_or_insert(net);
            }
            3920..=3929 => {
                let amount = read_decimal(value, number % 10).ok_or_else(wrong)?;
                let currency_number = None;
                self.price = Some(ScannedPrice {
                    amount,
                    currency_number,
                });
            }
            3930..=3939 => {
                let (currency, amount) = value.split_at_checked(3).ok_or_else(wrong)?;
                self.price = Some(ScannedPrice {
                    amount: read_decimal(amount, number % 10).ok_or_else(wrong)?,
                    currency_number: Some(digits(currency).ok_or_else(wrong)?),
                });
            }
            _ => {}
        }
        Ok(())
    }
}

/// `YYMMDD`, where day `00` is the month's last and the year the one that is nearest to this one: 49 years before it to
/// 50 years after. Source: GS1 General Specifications, 7.12.
fn read_date(value: &str, today: BusinessDate) -> Option<BusinessDate> {
    let part = |range| value.get(range).and_then(digits::<u8>);
    let (year, month, day) = (part(0..2)?, part(2..4)?, part(4..6)?);
    let this_year = i32::from(today.year());
    let century = this_year.div_euclid(100) * 100;
    let year = match i32::from(year) - this_year.rem_euclid(100) {
        51..=99 => century - 100 + i32::from(year),
        -99..=-50 => century + 100 + i32::from(year),
        _ => century + i32::from(year),
    };
    let year = u16::try_from(year).ok()?;
    match day {
        0 if (1..=12).contains(&month) => BusinessDate::last_of_month(year, month).ok(),
        day => BusinessDate::new(year, month, day).ok(),
    }
}

fn read_measure(number: u16, value: &str) -> Option<NetMeasure> {
    let dimension = match number / 10 {
        310 => NetDimension::Kilograms,
        311 => NetDimension::LengthMetres,
        312 => NetDimension::WidthMetres,
        313 => NetDimension::DepthMetres,
        314 => NetDimension::SquareMetres,
        315 => NetDimension::Litres,
        316 => NetDimension::CubicMetres,
        320 => NetDimension::Pounds,
        _ => return None,
    };
    let decimals = number % 10;
    let amount = read_decimal(value, decimals).filter(|amount| !amount.is_zero())?;
    (decimals <= 5).then_some(NetMeasure { dimension, amount })
}

/// Digits, at most 15, of which the last `decimals` come after the point.
fn read_decimal(value: &str, decimals: u16) -> Option<Decimal> {
    if value.len() > 15 {
        return None;
    }
    let number: i64 = digits(value)?;
    Decimal::try_new(number, u32::from(decimals)).ok()
}
