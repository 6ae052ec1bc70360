//! What can happen to a store's safe.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CashCounted;
use crate::{
    identity::{BankBag, StoreId},
    time::BusinessDate,
    value::{Currency, MinorUnits},
};

/// The safe was counted, at the end of a trading day or within it. The last count of a day is the one that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SafeCounted {
    /// Whose safe.
    pub store: StoreId,
    /// On which trading day.
    pub business_date: BusinessDate,
    /// The currency of its amounts.
    pub currency: Currency,
    /// What was found.
    pub counted: CashCounted,
}

/// Cash left the safe for the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CashBanked {
    /// Whose safe.
    pub store: StoreId,
    /// On which trading day.
    pub business_date: BusinessDate,
    /// The currency of the amount.
    pub currency: Currency,
    /// How much.
    pub amount_minor: MinorUnits,
    /// The number of the bag that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bag: Option<BankBag>,
}
