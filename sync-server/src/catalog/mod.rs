//! The catalogue: a product list in CSV becomes reference data, all of it or nothing.

mod line;
mod read;

pub use line::{CellError, Column, LineError, LineProblem};
pub use read::{Catalog, CatalogError, LINE_ERRORS_MAX, read_catalog};

use holdfast_schemas::reference::ReferenceRecord as Record;

use crate::store::{ReferenceKey, ReferenceRecord};

/// The products as records of the store, one for each.
///
/// # Errors
/// What serde says: never for a product that was read.
pub fn records(catalog: Catalog) -> Result<Vec<ReferenceRecord>, serde_json::Error> {
    catalog
        .into_products()
        .into_iter()
        .map(|product| {
            let key = ReferenceKey(format!("product/{}", product.sku).into_boxed_str());
            let record = Record::ProductPut(Box::new(product));
            let json = serde_json::to_string(&record)?.into_boxed_str();
            Ok(ReferenceRecord {
                key,
                json: Some(json),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
