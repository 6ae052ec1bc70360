//! What a customer is likely to hand over.

use std::collections::BTreeSet;

use crate::{
    store_settings::Denominations,
    value::{CashRoundingStep, MinorUnits, MoneyError},
};

/// The most amounts that are suggested.
pub const SUGGESTED_CASH_MAX: usize = 5;

/// What a customer is likely to hand over for what is due, the least first: exactly that, rounded to what can be paid,
/// and the next full amount of each note. Nothing, where nothing is due.
///
/// # Errors
/// [`MoneyError::Overflow`] for an amount that can't be rounded.
pub fn suggested_cash(
    due: MinorUnits,
    denominations: &Denominations,
    step: CashRoundingStep,
) -> Result<Vec<MinorUnits>, MoneyError> {
    if !due.is_positive() {
        return Ok(Vec::new());
    }
    let exact = due.plus(step.rounding(due)?)?;
    let mut amounts = BTreeSet::from([exact]);
    for note in denominations.notes() {
        let (exact, note) = (exact.get(), note.get());
        let notes = exact / note + i64::from(exact % note != 0);
        if let Some(amount) = notes.checked_mul(note) {
            amounts.insert(MinorUnits::new(amount));
        }
    }
    amounts.remove(&MinorUnits::ZERO);
    Ok(amounts.into_iter().take(SUGGESTED_CASH_MAX).collect())
}
