//! `store add` and `store list`.

use holdfast_schemas::{identity::StoreId, time::Timestamp};
use serde::Serialize;

use super::{
    answer::{Answer, as_moment, moment, table},
    context::Context,
    error::CommandError,
};
use crate::store::{Registry, StoreRecord};

/// Stores.
#[derive(Debug, Serialize)]
pub(super) struct StoresAnswer {
    stores: Vec<StoreAnswer>,
}

/// One store.
#[derive(Debug, Serialize)]
pub(super) struct StoreAnswer {
    store: StoreId,
    #[serde(serialize_with = "as_moment")]
    added_at: Timestamp,
}

impl From<StoreRecord> for StoreAnswer {
    fn from(record: StoreRecord) -> Self {
        Self {
            store: record.store,
            added_at: record.added_at,
        }
    }
}

pub(super) fn add(context: &Context, store: StoreId) -> Result<StoreAnswer, CommandError> {
    let record = StoreRecord {
        store,
        added_at: context.now(),
    };
    if context.open_store()?.add_store(&record)? {
        Ok(record.into())
    } else {
        Err(CommandError::AlreadyExists(format!(
            "store {}",
            record.store
        )))
    }
}

pub(super) fn list(context: &Context) -> Result<StoresAnswer, CommandError> {
    let stores = context.open_store()?.stores()?;
    Ok(StoresAnswer {
        stores: stores.into_iter().map(StoreAnswer::from).collect(),
    })
}

impl Answer for StoreAnswer {
    fn text(&self) -> String {
        format!("store {} was added", self.store)
    }
}

impl Answer for StoresAnswer {
    fn text(&self) -> String {
        let row = |store: &StoreAnswer| [store.store.to_string(), moment(store.added_at)];
        table(["STORE", "ADDED"], self.stores.iter().map(row))
    }
}
