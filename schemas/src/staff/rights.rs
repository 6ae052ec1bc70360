//! Who may do what: a table of actions and roles, and limits for each role.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{StaffRole, TillAction};
use crate::value::{MinorUnits, Rate};

/// Who may do one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActionRule {
    /// The role from which on it is allowed.
    pub least: StaffRole,
    /// The role whose override lets others do it, or do it beyond their limit; nobody's, where it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_by: Option<StaffRole>,
}

/// How far a role may go by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// The most that discounts by hand take off a line or basket, per cent.
    pub discount: Rate,
    /// The most that a price is overridden downwards, per cent of the price list's.
    pub price_override: Rate,
    /// The most cash taken out of the drawer at once that is no refund, in minor units of the store's currency.
    pub cash_out_minor: MinorUnits,
}

/// Who may do what at the tills of a store. What it does not speak of is as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "TableFields", into = "TableFields")]
#[schemars(with = "TableFields")]
pub struct RightsTable(TableFields);

/// Who may do what at the tills of a store. What it does not speak of is as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename = "RightsTable")]
struct TableFields {
    /// The actions that are not as usual.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    actions: BTreeMap<TillAction, ActionRule>,
    /// The limits that are not as usual.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    limits: BTreeMap<StaffRole, Limits>,
}

/// Why a table is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RightsTableError {
    /// Somebody's override for something that they may not do themselves.
    #[error("{action:?} can't be overridden by a {by:?}, who may not do it")]
    OverrideWithoutRight {
        /// The action.
        action: TillAction,
        /// Who.
        by: StaffRole,
    },
    /// A role with more rights and a lower limit.
    #[error("a {higher:?} has a lower limit than a {lower:?}")]
    LimitFalls {
        /// The role with fewer rights.
        lower: StaffRole,
        /// The role with more rights.
        higher: StaffRole,
    },
}

impl TryFrom<TableFields> for RightsTable {
    type Error = RightsTableError;
    fn try_from(fields: TableFields) -> Result<Self, RightsTableError> {
        let without_right =
            fields
                .actions
                .iter()
                .find_map(|(action, rule)| match rule.override_by {
                    Some(by) if by < rule.least => Some((*action, by)),
                    Some(_) | None => None,
                });
        if let Some((action, by)) = without_right {
            return Err(RightsTableError::OverrideWithoutRight { action, by });
        }
        let table = Self(fields);
        for pair in StaffRole::ALL.windows(2) {
            let (low, high) = (table.limits(pair[0]), table.limits(pair[1]));
            if high.discount < low.discount
                || high.price_override < low.price_override
                || high.cash_out_minor < low.cash_out_minor
            {
                let (lower, higher) = (pair[0], pair[1]);
                return Err(RightsTableError::LimitFalls { lower, higher });
            }
        }
        Ok(table)
    }
}

impl From<RightsTable> for TableFields {
    fn from(table: RightsTable) -> Self {
        table.0
    }
}

/// How much of something is asked for, where that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Not limited.
    Any,
    /// Per cent off a line or basket.
    Discount(Rate),
    /// Per cent below the price list's price.
    PriceOverride(Rate),
    /// So much cash out of the drawer.
    CashOut(MinorUnits),
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TillRequest {
    /// What.
    pub action: TillAction,
    /// How much of it.
    pub size: Size,
}

impl TillRequest {
    /// Something that has no limit.
    #[must_use]
    pub const fn new(action: TillAction) -> Self {
        let size = Size::Any;
        Self { action, size }
    }
}

/// Whether somebody may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// They may.
    Allowed,
    /// Not without the override of somebody of this role, or of one with more rights.
    WithOverride {
        /// The least role that may override it.
        by: StaffRole,
    },
    /// Nobody at the till can let them.
    Refused,
}

impl RightsTable {
    /// Checks a table.
    ///
    /// # Errors
    /// [`RightsTableError`], naming what does not fit together.
    pub fn new(
        actions: BTreeMap<TillAction, ActionRule>,
        limits: BTreeMap<StaffRole, Limits>,
    ) -> Result<Self, RightsTableError> {
        TableFields { actions, limits }.try_into()
    }

    /// Who may do one thing.
    #[must_use]
    pub fn rule(&self, action: TillAction) -> ActionRule {
        self.0.actions.get(&action).copied().unwrap_or_else(|| {
            let (least, override_by) = action.usual();
            ActionRule { least, override_by }
        })
    }

    /// How far a role may go by itself. As usual: a cashier gives 10 per cent and takes 50 out, a supervisor gives 30 and
    /// overrides prices by 50, a manager has no limit.
    #[must_use]
    pub fn limits(&self, role: StaffRole) -> Limits {
        let usual = |discount: u32, price_override: u32, cash_out: i64| Limits {
            discount: Rate::from_percent(discount.into()).unwrap_or(Rate::ZERO),
            price_override: Rate::from_percent(price_override.into()).unwrap_or(Rate::ZERO),
            cash_out_minor: MinorUnits::new(cash_out),
        };
        self.0
            .limits
            .get(&role)
            .copied()
            .unwrap_or_else(|| match role {
                StaffRole::Cashier => usual(10, 0, 50_00),
                StaffRole::Supervisor => usual(30, 50, 50_000),
                StaffRole::Manager => usual(100, 100, i64::MAX),
            })
    }

    /// Whether somebody of this role may do it.
    #[must_use]
    pub fn ask(&self, role: StaffRole, request: TillRequest) -> Permission {
        let rule = self.rule(request.action);
        let may = |role: StaffRole| role >= rule.least && self.within(role, request.size);
        if may(role) {
            return Permission::Allowed;
        }
        let overriding = StaffRole::ALL
            .into_iter()
            .find(|by| rule.override_by.is_some_and(|least| *by >= least) && may(*by));
        overriding.map_or(Permission::Refused, |by| Permission::WithOverride { by })
    }

    fn within(&self, role: StaffRole, size: Size) -> bool {
        let limits = self.limits(role);
        match size {
            Size::Any => true,
            Size::Discount(percent) => percent <= limits.discount,
            Size::PriceOverride(percent) => percent <= limits.price_override,
            Size::CashOut(amount) => amount <= limits.cash_out_minor,
        }
    }
}
