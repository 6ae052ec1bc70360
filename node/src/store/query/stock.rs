//! Stock, as far as this file knows.

use holdfast_schemas::{
    identity::{Sku, StoreId},
    value::Measure,
};
use rusqlite::{Row, params};
use rust_decimal::Decimal;
use serde::Serialize;

use super::collect;
use crate::store::{
    Store, StoreError,
    value::{from_name, read_text, to_integer},
};

/// Stock of one product at one store, as far as this file knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockLevel {
    /// Where.
    pub store: StoreId,
    /// Which product.
    pub product: Sku,
    /// In which measure.
    pub measure: Measure,
    /// How much; negative where more went than came.
    #[serde(with = "rust_decimal::serde::str")]
    pub on_hand: Decimal,
}

impl Store {
    /// Stock levels by store and product, after one product of one store.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stock_levels(
        &self,
        after: Option<(&StoreId, &Sku)>,
        levels_max: usize,
    ) -> Result<Vec<StockLevel>, StoreError> {
        let (store, product) = after.map_or(("", ""), |(store, product)| {
            (store.as_str(), product.as_str())
        });
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT store, product, measure, thousandths FROM stock_level
                 WHERE (store, product) > (?1, ?2) ORDER BY store, product, measure LIMIT ?3",
                params![store, product, to_integer(levels_max)],
                read_level,
            )
        })
    }

    /// Stock of one product, at every store that this file knows of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stock_of(&self, store: &StoreId, product: &Sku) -> Result<Vec<StockLevel>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT store, product, measure, thousandths FROM stock_level
                 WHERE store = ?1 AND product = ?2 ORDER BY measure",
                [store.as_str(), product.as_str()],
                read_level,
            )
        })
    }
}

fn read_level(row: &Row<'_>) -> Result<StockLevel, StoreError> {
    Ok(StockLevel {
        store: read_text("store", &row.get::<_, String>(0)?)?,
        product: read_text("stock code", &row.get::<_, String>(1)?)?,
        measure: from_name("measure", row.get(2)?)?,
        on_hand: Decimal::new(row.get(3)?, 3).normalize(),
    })
}
