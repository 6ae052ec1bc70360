//! `store add`, `store list` and `store open-rights`.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    time::Timestamp,
};
use serde::Serialize;

use super::{
    answer::{Answer, as_moment, moment, table},
    context::Context,
    error::CommandError,
    shut_out::{ShutOut, shut_out},
};
use crate::{
    pki::Revocation,
    store::{Registry, RightsStore, StoreRecord},
};

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

/// A store that was added.
#[derive(Debug, Serialize)]
pub(super) struct AddedAnswer {
    #[serde(flatten)]
    store: StoreAnswer,
    /// Its tills that stay revoked: the store was there before, and the server was restored from an older backup.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    revoked_tills: BTreeSet<NodeNumber>,
}

pub(super) fn add(context: &Context, added: StoreId) -> Result<AddedAnswer, CommandError> {
    let record = StoreRecord {
        store: added,
        added_at: context.now(),
    };
    let store = context.open_store_to_write()?;
    if !store.add_store(&record)? {
        let what = format!("store {}", record.store);
        return Err(CommandError::AlreadyExists(what));
    }
    let mut revocations = context.pki().revocations().read()?;
    revocations.retain(|revocation| match revocation {
        Revocation::Till { store, .. } => *store == Some(record.store.clone()),
        Revocation::ApiKey { .. } => false,
    });
    let ShutOut { revoked_tills, .. } = shut_out(&store, revocations)?;
    Ok(AddedAnswer {
        store: record.into(),
        revoked_tills,
    })
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
    let not_awaited = context.open_store_to_write()?.open_rights(&store)?;
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

impl Answer for AddedAnswer {
    fn text(&self) -> String {
        let added = format!("store {} was added", self.store.store);
        if self.revoked_tills.is_empty() {
            return added;
        }
        let tills: Vec<_> = self
            .revoked_tills
            .iter()
            .map(NodeNumber::to_string)
            .collect();
        format!("{added}; tills that stay revoked: {}", tills.join(", "))
    }
}

impl Answer for StoresAnswer {
    fn text(&self) -> String {
        let row = |store: &StoreAnswer| [store.store.to_string(), moment(store.added_at)];
        table(["STORE", "ADDED"], self.stores.iter().map(row))
    }
}
