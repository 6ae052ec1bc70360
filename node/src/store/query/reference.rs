//! Reference data: products, settings, their version.

use holdfast_schemas::{
    gtin::Gtin,
    identity::{PriceListVersion, Sku, StoreId},
    reference::{Product, StoreSettings},
};

use crate::store::{Store, StoreError, reference};

impl Store {
    /// The product with this stock code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn product(&self, sku: &Sku) -> Result<Option<Product>, StoreError> {
        self.read(|transaction| reference::product(transaction, sku))
    }

    /// The product with this barcode.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn product_by_gtin(&self, gtin: Gtin) -> Result<Option<Product>, StoreError> {
        self.read(|transaction| reference::product_by_gtin(transaction, gtin))
    }

    /// How many products the price list has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn product_count(&self) -> Result<u64, StoreError> {
        self.read(reference::product_count)
    }

    /// A store's settings; the defaults where there are none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settings(&self, store: &StoreId) -> Result<StoreSettings, StoreError> {
        self.read(|transaction| reference::settings(transaction, store))
    }

    /// The version of the reference data.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reference_version(&self) -> Result<PriceListVersion, StoreError> {
        self.read(reference::version)
    }
}
