//! A till as a whole: its file, its engine and its line to the server.

use std::path::Path;

use holdfast_schemas::wire::enrol::Enrolled;

use crate::store::{StorePlace, TillIdentity};

/// Where a till's file is within its data folder.
#[must_use]
pub fn store_place(data_dir: &Path) -> StorePlace {
    StorePlace::on_disk(data_dir.join("till.sqlite"))
}

impl From<&Enrolled> for TillIdentity {
    fn from(enrolled: &Enrolled) -> Self {
        Self {
            tenant: enrolled.tenant.clone(),
            store: enrolled.store.clone(),
            node: enrolled.node,
        }
    }
}
