//! The ledger: movements added up per store and product.

use std::collections::BTreeMap;

use super::StockMovement;
use crate::{
    identity::{Sku, StoreId},
    value::{Measure, QuantityTotal},
};

/// What is on hand of one product in one store, in each measure that it was moved in. More than one measure is a
/// mistake in the catalogue, and is shown as such: nothing is added up that can't be.
pub type StockOnHand = BTreeMap<Measure, QuantityTotal>;

/// The sum of movements, per store and product. Begins at zero; may go below.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockLedger {
    on_hand: BTreeMap<(StoreId, Sku), StockOnHand>,
}

impl StockLedger {
    /// Counts one more movement. The order does not matter.
    pub fn add(&mut self, movement: &StockMovement) {
        let key = (movement.store.clone(), movement.product.clone());
        let measure = movement.change.measure();
        let total = self
            .on_hand
            .entry(key)
            .or_default()
            .entry(measure)
            .or_insert(QuantityTotal::zero(measure));
        *total = total.plus(movement.change).unwrap_or(*total);
    }

    /// What is on hand everywhere.
    #[must_use]
    pub fn on_hand(&self) -> &BTreeMap<(StoreId, Sku), StockOnHand> {
        &self.on_hand
    }
}

impl<'a> FromIterator<&'a StockMovement> for StockLedger {
    fn from_iter<I: IntoIterator<Item = &'a StockMovement>>(movements: I) -> Self {
        let mut ledger = Self::default();
        for movement in movements {
            ledger.add(movement);
        }
        ledger
    }
}
