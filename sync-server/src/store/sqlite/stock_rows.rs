//! Stock on hand: the sums of the stock ledger, moved along with it.
//!
//! An index of the ledger by product would do for reading; but its writes are all over the file, one page for each line
//! that is sold, and were most of what the projection wrote.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::identity::{Sku, StoreId};
use rusqlite::{OptionalExtension, Transaction, params};

use super::row_tables::stock_level;
use crate::store::{
    MovementRow, StockThousandths,
    read_model::{measure_name, thousandths},
};

/// What a step of the projection changes in the sums.
#[derive(Debug, Default)]
pub(super) struct StockChanges(BTreeMap<(StoreId, Sku, &'static str), Change>);

/// How many movements more there are, and by how much the sum is greater.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Change {
    movements: i64,
    sum: StockThousandths,
}

impl StockChanges {
    /// Adds a movement that is being written.
    pub(super) fn add(&mut self, movement: &MovementRow) {
        let change = self.of(movement);
        change.movements += 1;
        change.sum.0 = change.sum.0.saturating_add(thousandths(&movement.change).0);
    }

    /// Takes out a movement that is being removed.
    pub(super) fn take_out(&mut self, movement: &MovementRow) {
        let change = self.of(movement);
        change.movements -= 1;
        change.sum.0 = change.sum.0.saturating_sub(thousandths(&movement.change).0);
    }

    fn of(&mut self, movement: &MovementRow) -> &mut Change {
        let key = (
            movement.store.clone(),
            movement.product.clone(),
            measure_name(movement.change.measure()),
        );
        self.0.entry(key).or_default()
    }

    /// The products of which the sums that are written are not these.
    pub(super) fn differing(
        mut self,
        transaction: &Transaction<'_>,
    ) -> rusqlite::Result<BTreeSet<(StoreId, Sku)>> {
        let mut differing = BTreeSet::new();
        let mut statement = transaction.prepare_cached(
            "SELECT store, product, measure, movements, thousandths FROM stock_row",
        )?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let written = stock_level(row)?;
            let of = (
                written.store,
                written.product,
                measure_name(written.measure),
            );
            let kept = Change {
                movements: row.get(3)?,
                sum: StockThousandths(row.get(4)?),
            };
            if self.0.remove(&of) != Some(kept) {
                differing.insert((of.0, of.1));
            }
        }
        differing.extend(
            self.0
                .into_keys()
                .map(|(store, product, _)| (store, product)),
        );
        Ok(differing)
    }

    /// Writes the new sums. A product of which nothing moved any more has none.
    pub(super) fn write(self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        for ((store, product, measure), change) in self.0 {
            let key = params![store.as_str(), product.as_str(), measure];
            let before = transaction
                .prepare_cached(
                    "SELECT movements, thousandths FROM stock_row
                     WHERE store = ?1 AND product = ?2 AND measure = ?3",
                )?
                .query_row(key, |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
                })
                .optional()?;
            let (movements, sum) = before.unwrap_or_default();
            let movements = movements.saturating_add(change.movements);
            if movements == 0 {
                transaction
                    .prepare_cached(
                        "DELETE FROM stock_row WHERE store = ?1 AND product = ?2 AND measure = ?3",
                    )?
                    .execute(key)?;
                continue;
            }
            // In 64 bits it takes millions of the greatest movements to go over, and then it stays where it is: a
            // projection that stops would cost more than a figure that is nonsense already.
            transaction
                .prepare_cached(
                    "INSERT INTO stock_row (store, product, measure, movements, thousandths)
                     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (store, product, measure) DO UPDATE
                     SET movements = excluded.movements, thousandths = excluded.thousandths",
                )?
                .execute(params![
                    store.as_str(),
                    product.as_str(),
                    measure,
                    movements,
                    sum.saturating_add(change.sum.0)
                ])?;
        }
        Ok(())
    }
}
