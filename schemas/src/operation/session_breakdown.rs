//! A Z report's figures by tax, department and cashier.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::{DepartmentCode, TaxCode, UserId},
    value::{MinorUnits, Rate},
};

/// Sales less returns at one tax rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaxTotal {
    /// The tax class.
    pub code: TaxCode,
    /// The rate, per cent.
    pub rate: Rate,
    /// Without the tax.
    pub net_minor: MinorUnits,
    /// The tax.
    pub tax_minor: MinorUnits,
}

/// Sales of one department. Returns are not split: a blind one knows no department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DepartmentTotal {
    /// The department; none for products that are in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentCode>,
    /// What its lines cost, tax included.
    pub sales_minor: MinorUnits,
}

/// Sales and returns of one cashier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CashierTotal {
    /// Who; none where no user was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// How many sales.
    pub orders: u32,
    /// What they cost, tax included.
    pub sales_minor: MinorUnits,
    /// How many returns.
    pub returns: u32,
    /// What they gave back, tax included.
    pub refunds_minor: MinorUnits,
}

/// A Z report's figures by tax, department and cashier. Each part sums to the report's own figure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionBreakdown {
    /// By tax class and rate: net and tax sum to sales less refunds.
    pub taxes: Vec<TaxTotal>,
    /// By department: they sum to sales.
    pub departments: Vec<DepartmentTotal>,
    /// By cashier: they sum to sales and refunds.
    pub cashiers: Vec<CashierTotal>,
}
