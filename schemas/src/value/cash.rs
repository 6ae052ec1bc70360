//! Cash rounding: where the smallest coin is worth more than one minor unit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MinorUnits, MoneyError};

/// What amounts paid in cash are rounded to, 1 to 10,000 minor units: 1 where every amount can be paid, 5 where the
/// smallest coin is worth 0.05.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u16", into = "u16")]
pub struct CashRoundingStep(#[schemars(range(min = 1, max = 10_000))] u16);

/// A step of nothing, or beyond 10,000.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cash is rounded to 1 to 10,000 minor units, not {0}")]
pub struct CashRoundingStepError(u16);

impl CashRoundingStep {
    /// No rounding.
    pub const NONE: Self = Self(1);
    const MAX: u16 = 10_000;

    /// Checks the range.
    ///
    /// # Errors
    /// [`CashRoundingStepError`] for a step of 0 or over 10,000.
    pub fn new(step: u16) -> Result<Self, CashRoundingStepError> {
        if (1..=Self::MAX).contains(&step) {
            Ok(Self(step))
        } else {
            Err(CashRoundingStepError(step))
        }
    }

    /// The step in minor units.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }

    /// What must be added to `amount` (or, negative, taken off) so that it can be paid in cash: to the nearest step,
    /// a tie away from zero, as shops do.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] where the rounded amount could not be counted.
    pub fn rounding(self, amount: MinorUnits) -> Result<MinorUnits, MoneyError> {
        let step = i64::from(self.0);
        let below = amount.get().rem_euclid(step);
        let up = match (below * 2).cmp(&step) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => !amount.is_negative(),
            std::cmp::Ordering::Greater => true,
        };
        let rounding = MinorUnits::new(if up { step - below } else { -below });
        amount.plus(rounding)?;
        Ok(rounding)
    }
}

impl Default for CashRoundingStep {
    fn default() -> Self {
        Self::NONE
    }
}

impl TryFrom<u16> for CashRoundingStep {
    type Error = CashRoundingStepError;
    fn try_from(step: u16) -> Result<Self, CashRoundingStepError> {
        Self::new(step)
    }
}

impl From<CashRoundingStep> for u16 {
    fn from(step: CashRoundingStep) -> Self {
        step.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_rounded_amount_is_the_nearest_that_can_be_paid(amount in -1_000_000_i64..1_000_000, step in 1_u16..=10_000) {
            let payable = CashRoundingStep::new(step).expect("in range");
            let rounding = payable.rounding(MinorUnits::new(amount)).expect("small").get();
            prop_assert_eq!((amount + rounding) % i64::from(step), 0);
            prop_assert!(rounding.abs() * 2 <= i64::from(step));
        }
    }

    #[test]
    fn five_cents_as_shops_round_them() {
        let step = CashRoundingStep::new(5).expect("in range");
        for (amount, rounded) in [(1002, 1000), (1003, 1005), (-1003, -1005), (0, 0)] {
            let rounding = step.rounding(MinorUnits::new(amount)).expect("small");
            assert_eq!(amount + rounding.get(), rounded);
        }
        let ten = CashRoundingStep::new(10).expect("in range");
        for (amount, rounded) in [(1005, 1010), (-1005, -1010)] {
            let rounding = ten.rounding(MinorUnits::new(amount)).expect("small");
            assert_eq!(
                amount + rounding.get(),
                rounded,
                "a tie goes away from zero"
            );
        }
        assert_eq!(
            ten.rounding(MinorUnits::new(i64::MAX)),
            Err(MoneyError::Overflow)
        );
    }

    #[test]
    fn a_step_of_nothing_is_refused() {
        assert!(CashRoundingStep::new(0).is_err());
        assert!(CashRoundingStep::new(10_001).is_err());
    }
}
