//! `store add`, `store list` and `store open-rights`.

use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    time::Timestamp,
};
use serde::Serialize;

use super::{
    answer::{Answer, as_moment, moment, table},
    context::Context,
    error::CommandError,
};
use crate::store::{Registry, RightsStore, StoreRecord};

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

/// A store in which rights are granted again.
#[derive(Debug, Serialize)]
pub(super) struct OpenRightsAnswer {
    store: StoreId,
    /// The tills that are not waited for any longer.
    not_awaited: Vec<NodeNumber>,
}

pub(super) fn open_rights(
    context: &Context,
    store: StoreId,
) -> Result<OpenRightsAnswer, CommandError> {
    let not_awaited = context.open_store()?.open_rights(&store)?;
    Ok(OpenRightsAnswer { store, not_awaited })
}

impl Answer for OpenRightsAnswer {
    fn text(&self) -> String {
        if self.not_awaited.is_empty() {
            return format!("store {} was waiting for no till", self.store);
        }
        let nodes: Vec<_> = self.not_awaited.iter().map(NodeNumber::to_string).collect();
        format!(
            "store {} no longer waits for till {}",
            self.store,
            nodes.join(", ")
        )
    }
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
