//! Notes and coins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{CashRoundingStep, Currency, MinorUnits};

/// The most denominations of a currency.
const DENOMINATIONS_MAX: usize = 32;

/// A note or a coin.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DenominationKind {
    /// Of metal.
    Coin,
    /// Of paper.
    Note,
}

/// One note or coin.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Denomination {
    /// What it is worth.
    pub worth_minor: MinorUnits,
    /// Whether it is a note or a coin.
    pub kind: DenominationKind,
}

/// The notes and coins of a currency, the least first, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<Denomination>", into = "Vec<Denomination>")]
pub struct Denominations(#[schemars(length(min = 1, max = 32))] Vec<Denomination>);

/// Why a list is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DenominationsError {
    /// None, or too many.
    #[error("a currency has 1 to {DENOMINATIONS_MAX} notes and coins, not {0}")]
    Count(usize),
    /// One that is worth nothing.
    #[error("a note or coin is worth more than nothing")]
    Worthless,
    /// One twice.
    #[error("{0} is there twice")]
    Twice(MinorUnits),
}

impl Denominations {
    /// Sorts and checks a list.
    ///
    /// # Errors
    /// [`DenominationsError`].
    pub fn new(
        denominations: impl IntoIterator<Item = Denomination>,
    ) -> Result<Self, DenominationsError> {
        let mut list: Vec<Denomination> = denominations.into_iter().collect();
        list.sort();
        if list.is_empty() || list.len() > DENOMINATIONS_MAX {
            return Err(DenominationsError::Count(list.len()));
        }
        if list.iter().any(|one| !one.worth_minor.is_positive()) {
            return Err(DenominationsError::Worthless);
        }
        let twice = list
            .windows(2)
            .find(|pair| pair[0].worth_minor == pair[1].worth_minor);
        match twice {
            Some(pair) => Err(DenominationsError::Twice(pair[0].worth_minor)),
            None => Ok(Self(list)),
        }
    }

    /// The notes and coins in circulation of a currency; of those that are not listed here, 1, 2 and 5 of each power of
    /// ten from the smallest coin on. Source: the central banks' lists of 2025.
    #[must_use]
    pub fn usual(currency: Currency) -> Self {
        let (coins, notes): (&[i64], &[i64]) = match currency.code() {
            "GBP" => (
                &[1, 2, 5, 10, 20, 50, 100, 200],
                &[500, 1_000, 2_000, 5_000],
            ),
            "EUR" => (
                &[1, 2, 5, 10, 20, 50, 100, 200],
                &[500, 1_000, 2_000, 5_000, 10_000, 20_000],
            ),
            "USD" => (&[1, 5, 10, 25], &[100, 500, 1_000, 2_000, 5_000, 10_000]),
            "CHF" => (
                &[5, 10, 20, 50, 100, 200, 500],
                &[1_000, 2_000, 5_000, 10_000, 20_000, 100_000],
            ),
            "CAD" => (&[5, 10, 25, 100, 200], &[500, 1_000, 2_000, 5_000, 10_000]),
            "AUD" => (
                &[5, 10, 20, 50, 100, 200],
                &[500, 1_000, 2_000, 5_000, 10_000],
            ),
            "NZD" => (&[10, 20, 50, 100, 200], &[500, 1_000, 2_000, 5_000, 10_000]),
            "SEK" => (
                &[100, 200, 500, 1_000],
                &[2_000, 5_000, 10_000, 20_000, 50_000, 100_000],
            ),
            "NOK" => (
                &[100, 500, 1_000, 2_000],
                &[5_000, 10_000, 20_000, 50_000, 100_000],
            ),
            "DKK" => (
                &[50, 100, 200, 500, 1_000, 2_000],
                &[5_000, 10_000, 20_000, 50_000],
            ),
            "PLN" => (
                &[1, 2, 5, 10, 20, 50, 100, 200, 500],
                &[1_000, 2_000, 5_000, 10_000, 20_000, 50_000],
            ),
            "CZK" => (
                &[100, 200, 500, 1_000, 2_000, 5_000],
                &[10_000, 20_000, 50_000, 100_000, 200_000, 500_000],
            ),
            "HUF" => (
                &[500, 1_000, 2_000, 5_000, 10_000, 20_000],
                &[50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000],
            ),
            "MXN" => (
                &[50, 100, 200, 500, 1_000],
                &[2_000, 5_000, 10_000, 20_000, 50_000, 100_000],
            ),
            "JPY" => (&[1, 5, 10, 50, 100, 500], &[1_000, 2_000, 5_000, 10_000]),
            _ => (
                &[1, 2, 5, 10, 20, 50, 100, 200],
                &[500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000],
            ),
        };
        let of = |kind| {
            move |worth: &i64| Denomination {
                worth_minor: MinorUnits::new(*worth),
                kind,
            }
        };
        let coins = coins.iter().map(of(DenominationKind::Coin));
        let mut list: Vec<Denomination> = coins
            .chain(notes.iter().map(of(DenominationKind::Note)))
            .collect();
        list.sort();
        Self(list)
    }

    /// Every note and coin, the least first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Denomination> + '_ {
        self.0.iter().copied()
    }

    /// The notes, the least first.
    pub fn notes(&self) -> impl DoubleEndedIterator<Item = MinorUnits> + '_ {
        self.iter()
            .filter(|one| one.kind == DenominationKind::Note)
            .map(|one| one.worth_minor)
    }
}

impl TryFrom<Vec<Denomination>> for Denominations {
    type Error = DenominationsError;
    fn try_from(list: Vec<Denomination>) -> Result<Self, DenominationsError> {
        Self::new(list)
    }
}

impl From<Denominations> for Vec<Denomination> {
    fn from(denominations: Denominations) -> Self {
        denominations.0
    }
}

/// What cash is rounded to where a currency's smallest coin is worth more than a minor unit; none where that is left to
/// the country or the store, as with the euro. Source: the central banks' rules of 2025.
#[must_use]
pub fn usual_cash_rounding(currency: Currency) -> CashRoundingStep {
    let step = match currency.code() {
        "CHF" | "AUD" | "CAD" => 5,
        "NZD" => 10,
        "DKK" => 50,
        "SEK" | "NOK" | "CZK" => 100,
        "HUF" => 500,
        _ => 1,
    };
    CashRoundingStep::new(step).unwrap_or(CashRoundingStep::NONE)
}
