//! Reference data: versioned records, which tills take as deltas.

use holdfast_schemas::identity::PriceListVersion;

use super::{PageLimit, StoreError};

/// What a record is about, such as `product/85123A`: 1 to 128 bytes, ordered by its bytes.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct ReferenceKey(pub Box<str>);

/// One record at its newest version. The store keeps its JSON as it is; `holdfast_schemas::reference` gives it meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRecord {
    /// What it is about.
    pub key: ReferenceKey,
    /// The record as JSON text; `None` where it was removed.
    pub json: Option<Box<str>>,
}

/// A page of what changed since a version. Every record that changes gets the next version number of its own, and only
/// the newest of each is kept, so a page can end anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceDelta {
    /// The records, each with the version in which it last changed, in the order of their versions.
    pub records: Vec<(PriceListVersion, ReferenceRecord)>,
    /// The newest version there is.
    pub newest: PriceListVersion,
}

/// Reference data.
pub trait ReferenceStore {
    /// Puts records in; those that are there already just so keep their version. Returns the newest version, which is
    /// the one before where nothing changed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn import_reference(&self, records: &[ReferenceRecord])
    -> Result<PriceListVersion, StoreError>;

    /// Puts one record in the place of what it is now, in one transaction: nobody comes between. `change` is given its JSON
    /// (none where it was never there or was removed), gives what it is to be, or none to leave it, and may not use the
    /// store. Returns whether it gave something.
    ///
    /// # Errors
    /// [`StoreError`].
    fn change_reference(
        &self,
        key: &ReferenceKey,
        change: &mut dyn FnMut(Option<&str>) -> Option<Box<str>>,
    ) -> Result<bool, StoreError>;

    /// What changed after a version, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn reference_delta(
        &self,
        after: PriceListVersion,
        limit: PageLimit,
    ) -> Result<ReferenceDelta, StoreError>;

    /// One record as it is now; `None` where it was never there or was removed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn reference_record(&self, key: &ReferenceKey) -> Result<Option<Box<str>>, StoreError>;

    /// The newest version.
    ///
    /// # Errors
    /// [`StoreError`].
    fn reference_version(&self) -> Result<PriceListVersion, StoreError>;
}
