//! What can happen in a till session.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SessionBreakdown, TenderKind};
use crate::{
    identity::{LogId, LogPosition, NodeNumber, ReasonCode, StoreId, TimeZoneName},
    time::BusinessDate,
    value::{Currency, MinorUnits},
};

/// The hour at which a trading day ends, 0 to 23, in the store's time zone.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u8", into = "u8")]
pub struct CutOverHour(#[schemars(range(min = 0, max = 23))] u8);

/// An hour beyond 23.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a cut-over hour is from 0 to 23, not {0}")]
pub struct CutOverHourError(u8);

impl CutOverHour {
    /// Midnight.
    pub const MIDNIGHT: Self = Self(0);

    /// Checks the range.
    ///
    /// # Errors
    /// [`CutOverHourError`] for an hour over 23.
    pub fn new(hour: u8) -> Result<Self, CutOverHourError> {
        if hour > 23 {
            Err(CutOverHourError(hour))
        } else {
            Ok(Self(hour))
        }
    }

    /// The hour.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for CutOverHour {
    type Error = CutOverHourError;
    fn try_from(hour: u8) -> Result<Self, CutOverHourError> {
        Self::new(hour)
    }
}

impl From<CutOverHour> for u8 {
    fn from(hour: CutOverHour) -> Self {
        hour.0
    }
}

/// The session opens. It fixes business date, time zone and cut-over hour for all that happens in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionOpened {
    /// The till.
    pub till: NodeNumber,
    /// Its store.
    pub store: StoreId,
    /// The trading day.
    pub business_date: BusinessDate,
    /// The store's time zone.
    pub time_zone: TimeZoneName,
    /// When the trading day ends.
    pub cut_over_hour: CutOverHour,
    /// The currency of every amount in this document.
    pub currency: Currency,
    /// The change money in the drawer.
    pub float_minor: MinorUnits,
}

/// Cash was put into the drawer that is no sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaidIn {
    /// How much.
    pub amount_minor: MinorUnits,
    /// What for.
    pub reason: ReasonCode,
}

/// Cash was taken out of the drawer that is no refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaidOut {
    /// How much.
    pub amount_minor: MinorUnits,
    /// What for.
    pub reason: ReasonCode,
}

/// Change money came from the safe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoanReceived {
    /// How much.
    pub amount_minor: MinorUnits,
}

/// Cash went to the safe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CashDropped {
    /// How much.
    pub amount_minor: MinorUnits,
}

/// The drawer was counted. The last count before the close is the one that the Z report compares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CashCounted {
    /// What was found.
    pub counted_minor: MinorUnits,
    /// How many of each denomination, where it was counted so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denominations: Vec<DenominationCount>,
}

/// How the float was made up. It sums to the float with which the session opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FloatCounted {
    /// How many of each denomination.
    pub denominations: Vec<DenominationCount>,
}

/// How many of one note or coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DenominationCount {
    /// The note's or coin's worth.
    pub denomination_minor: MinorUnits,
    /// How many pieces.
    pub pieces: u32,
}

/// The drawer was opened without a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoSale {
    /// What for.
    pub reason: ReasonCode,
}

/// A basket was given up before it was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BasketVoided {
    /// How many lines it had.
    pub lines: u32,
    /// What it would have cost.
    pub total_minor: MinorUnits,
    /// Why.
    pub reason: ReasonCode,
}

/// A stretch of one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogRange {
    /// Whose log.
    pub log: LogId,
    /// The first entry in the stretch.
    pub first: LogPosition,
    /// The last entry in the stretch.
    pub last: LogPosition,
}

/// Takings of one kind of tender: tenders taken, less voided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TenderTotal {
    /// Which kind.
    pub kind: TenderKind,
    /// Taken, less voided.
    pub taken_minor: MinorUnits,
    /// Refunded.
    pub refunded_minor: MinorUnits,
}

/// The figures of a Z report. Once written they never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionTotals {
    /// How many orders were taken.
    pub orders: u32,
    /// How many returns were taken.
    pub returns: u32,
    /// What the orders' lines cost.
    pub sales_minor: MinorUnits,
    /// What the returns' lines gave back.
    pub refunds_minor: MinorUnits,
    /// The tax in the sales, less that in the refunds.
    pub tax_minor: MinorUnits,
    /// Money by kind.
    pub tenders: Vec<TenderTotal>,
    /// Cash put in that is no sale.
    pub paid_in_minor: MinorUnits,
    /// Cash taken out that is no refund.
    pub paid_out_minor: MinorUnits,
    /// Change money from the safe.
    pub loans_minor: MinorUnits,
    /// Cash brought to the safe.
    pub drops_minor: MinorUnits,
    /// What cash rounding added.
    pub rounding_minor: MinorUnits,
    /// What should be in the drawer.
    pub expected_cash_minor: MinorUnits,
    /// What was counted.
    pub counted_cash_minor: MinorUnits,
    /// Counted less expected: negative is short.
    pub over_short_minor: MinorUnits,
}

/// The session is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionClosed {
    /// The log ranges that the figures cover; a later fact goes to the next session by reference.
    pub covers: Vec<LogRange>,
    /// The figures.
    pub totals: SessionTotals,
    /// The figures by tax, department and cashier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<SessionBreakdown>,
    /// Why the drawer was over or short, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_short_reason: Option<ReasonCode>,
    /// Why it was closed by force: left open and closed by somebody else, who had nothing but what was known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<ReasonCode>,
}
