//! Reference data: a page and its version in one transaction.

use holdfast_schemas::{
    identity::PriceListVersion, reference::ReferenceRecord, wire::ReferencePage,
};

use super::Engine;
use crate::store::{
    Store, StoreError,
    reference::{self, ReferenceRow},
};

impl Engine {
    /// Takes a page of reference data, and returns how many of its records were of a kind that this version does not
    /// know. Those are passed over: the version that knows them starts its reference data anew.
    ///
    /// # Errors
    /// [`StoreError`]: nothing of the page was taken.
    pub fn apply_reference_page(&mut self, page: &ReferencePage) -> Result<usize, StoreError> {
        let mut rows = Vec::with_capacity(page.records.len());
        let mut unknown = 0;
        for record in &page.records {
            match serde_json::from_str::<ReferenceRecord>(record.as_str()) {
                Ok(record) => rows.push(
                    ReferenceRow::new(record)
                        .map_err(|error| StoreError::unreadable("reference record", &error))?,
                ),
                Err(_) => unknown += 1,
            }
        }
        commit(self.store_mut(), &rows, page.through)?;
        Ok(unknown)
    }
}

impl Engine {
    /// Puts one record in, at the version that the file has: for a file that no server fills.
    pub(crate) fn put_reference(&mut self, record: ReferenceRecord) -> Result<(), StoreError> {
        let row = ReferenceRow::new(record)
            .map_err(|error| StoreError::unreadable("reference record", &error))?;
        let version = self.store().read(reference::version)?;
        commit(self.store_mut(), &[row], version)
    }
}

/// The reference page's transaction: records and version.
fn commit(
    store: &mut Store,
    rows: &[ReferenceRow],
    through: PriceListVersion,
) -> Result<(), StoreError> {
    let transaction = store.begin()?;
    for row in rows {
        reference::put(&transaction, row)?;
    }
    reference::put_version(&transaction, through)?;
    transaction.commit()?;
    Ok(())
}
