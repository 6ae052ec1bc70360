//! Statuses: each a function of counted quantities and amounts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{MinorUnits, QuantityTotal};

/// Where an order stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Nothing was opened, or only facts arrived.
    New,
    /// Not all of its money was taken.
    PendingPayment,
    /// All of its money was taken, or it costs nothing.
    Paid,
    /// Finished.
    Completed,
    /// Given up.
    Cancelled,
}

impl OrderStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::New,
        Self::PendingPayment,
        Self::Paid,
        Self::Completed,
        Self::Cancelled,
    ];
}

/// How much of an order's money was taken.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// None, and some is due.
    Unpaid,
    /// A part.
    PartlyPaid,
    /// All, or nothing is due.
    Paid,
    /// More than is due.
    Overpaid,
}

/// The payment status of an order that costs `total` and of which `held` was taken and not given back.
pub(crate) fn payment_status(total: MinorUnits, held: MinorUnits) -> PaymentStatus {
    use std::cmp::Ordering::{Equal, Greater, Less};
    match (held.cmp(&total), held.is_positive()) {
        (Less, false) => PaymentStatus::Unpaid,
        (Less, true) => PaymentStatus::PartlyPaid,
        (Equal, _) => PaymentStatus::Paid,
        (Greater, _) => PaymentStatus::Overpaid,
    }
}

/// How much of an order's goods was handed over.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentStatus {
    /// There are no goods in it.
    NoGoods,
    /// None.
    NotHandedOver,
    /// A part.
    PartlyHandedOver,
    /// All.
    HandedOver,
}

/// How far something has got that is counted line by line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Not begun.
    Nothing,
    /// Begun.
    Part,
    /// Done.
    All,
}

impl Progress {
    /// How far `done` of `whole` is; nothing to do is done.
    pub(crate) fn of(done: QuantityTotal, whole: QuantityTotal) -> Self {
        let left = whole.minus(done);
        match (
            done.is_positive(),
            left.is_some_and(|left| left.is_positive()),
        ) {
            (_, false) => Self::All,
            (true, true) => Self::Part,
            (false, true) => Self::Nothing,
        }
    }

    /// How far all lines are together; `None` where there is no line.
    pub(crate) fn together(lines: impl IntoIterator<Item = Self>) -> Option<Self> {
        lines.into_iter().reduce(|all, line| match (all, line) {
            (Self::Nothing, Self::Nothing) => Self::Nothing,
            (Self::All, Self::All) => Self::All,
            (Self::Nothing | Self::Part | Self::All, _) => Self::Part,
        })
    }
}

/// The fulfilment status of an order whose lines of goods are together so far handed over.
pub(crate) fn fulfilment_status(goods: Option<Progress>) -> FulfilmentStatus {
    match goods {
        None => FulfilmentStatus::NoGoods,
        Some(Progress::Nothing) => FulfilmentStatus::NotHandedOver,
        Some(Progress::Part) => FulfilmentStatus::PartlyHandedOver,
        Some(Progress::All) => FulfilmentStatus::HandedOver,
    }
}
