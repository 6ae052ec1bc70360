//! What a store allows. Values come from reference data; the defaults work without any.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    operation::Role,
    reference::{ReturnPolicy, StoreSettings},
    staff::{StaffRole, TillAction},
    value::MinorUnits,
};

/// The most lines that an order, a return or a stock paper may have.
pub const LINES_PER_DOCUMENT_MAX: usize = 2_000;

/// The most tenders of an order, and the most refunds of a return.
pub const TENDERS_PER_DOCUMENT_MAX: usize = 100;

/// The largest amount that a fold counts from one operation, in minor units: sums of as many operations as a document
/// may hold can't overflow.
pub const AMOUNT_MINOR_MAX: MinorUnits = MinorUnits::new(100_000_000_000_000);

/// What a store allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Who may sell at a price that is not the price list's.
    pub price_override_roles: BTreeSet<Role>,
    /// Who may give a discount by hand.
    pub discount_roles: BTreeSet<Role>,
    /// Who may take a verified return.
    pub verified_return_roles: BTreeSet<Role>,
    /// How many days after the sale a verified return is taken, the day of sale being day 0; no limit without.
    pub return_window_days: Option<u32>,
    /// Who may take a verified return after that.
    pub late_return_roles: BTreeSet<Role>,
    /// Who may take a blind return.
    pub blind_return_roles: BTreeSet<Role>,
    /// The largest blind return of those who are not named by `blind_return_over_cap_roles`, in minor units; no limit
    /// without.
    pub blind_return_cap_minor: Option<MinorUnits>,
    /// Who may take a blind return over the cap.
    pub blind_return_over_cap_roles: BTreeSet<Role>,
    /// Whether a blind return may be refunded in other money than store credit.
    pub blind_return_any_tender: bool,
    /// Who may put cash in or take it out, bring it to the safe and fetch change money.
    pub cash_movement_roles: BTreeSet<Role>,
    /// Who may open the drawer without a sale.
    pub no_sale_roles: BTreeSet<Role>,
    /// Who may open and close a till session.
    pub session_roles: BTreeSet<Role>,
    /// Who may close one that was left open by force.
    pub force_close_roles: BTreeSet<Role>,
    /// Who may count the safe and bring cash to the bank.
    pub safe_roles: BTreeSet<Role>,
    /// Who may write stock papers.
    pub stock_roles: BTreeSet<Role>,
}

impl Default for Rules {
    /// The rules of [`StoreSettings::default`].
    fn default() -> Self {
        Self::of(&StoreSettings::default())
    }
}

impl Rules {
    /// What a store's settings allow. The software itself may do what any of the staff may.
    #[must_use]
    pub fn of(settings: &StoreSettings) -> Self {
        let ReturnPolicy {
            window_days,
            blind_cap_minor,
            blind_any_tender,
        } = settings.return_policy;
        let who = |action: TillAction| {
            let least = settings.rights.rule(action).least;
            let staff = StaffRole::ALL.into_iter().filter(|role| *role >= least);
            staff.map(Role::from).chain([Role::System]).collect()
        };
        Self {
            price_override_roles: who(TillAction::OverridePrice),
            discount_roles: who(TillAction::GiveDiscount),
            verified_return_roles: who(TillAction::TakeVerifiedReturn),
            return_window_days: Some(u32::from(window_days)),
            late_return_roles: who(TillAction::TakeLateReturn),
            blind_return_roles: who(TillAction::TakeBlindReturn),
            blind_return_cap_minor: Some(blind_cap_minor),
            blind_return_over_cap_roles: who(TillAction::TakeBlindReturnOverCap),
            blind_return_any_tender: blind_any_tender,
            cash_movement_roles: who(TillAction::MoveCash),
            no_sale_roles: who(TillAction::OpenDrawer),
            session_roles: who(TillAction::RunSession),
            force_close_roles: who(TillAction::ForceClose),
            safe_roles: who(TillAction::RunStoreDay),
            stock_roles: who(TillAction::MoveStock),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_give_the_rules_and_their_defaults_agree() {
        let mut settings = StoreSettings::default();
        assert_eq!(Rules::of(&settings), Rules::default());
        settings.return_policy = ReturnPolicy {
            window_days: 7,
            blind_cap_minor: MinorUnits::new(20_00),
            blind_any_tender: false,
        };
        let rules = Rules::of(&settings);
        assert_eq!(rules.return_window_days, Some(7));
        assert_eq!(rules.blind_return_cap_minor, Some(MinorUnits::new(20_00)));
        assert!(!rules.blind_return_any_tender);
    }

    #[test]
    fn rules_left_out_of_json_are_the_default_settings() {
        let rules: Rules = serde_json::from_str("{}").expect("every rule has a default");
        assert_eq!(rules, Rules::of(&StoreSettings::default()));
    }
}
