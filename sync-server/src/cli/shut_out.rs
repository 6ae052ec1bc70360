//! Who stays revoked, by the lists beside the keys, where a restored file does not know it.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    time::Timestamp,
};
use serde::Serialize;

use super::error::CommandError;
use crate::{
    pki::{PublicKeyText, Revocation, SecretHashText},
    store::{ApiKeyId, Registry, StoreError, sqlite::SqliteStore},
};

/// Who was revoked, ever.
#[derive(Debug, Default, Serialize)]
pub(super) struct ShutOut {
    pub(super) revoked_tills: BTreeSet<NodeNumber>,
    pub(super) revoked_keys: BTreeSet<ApiKeyId>,
}

/// Carries revocations out in a file that may not know of them.
pub(super) fn shut_out(
    store: &SqliteStore,
    revocations: Vec<Revocation>,
) -> Result<ShutOut, CommandError> {
    let mut shut_out = ShutOut::default();
    for revocation in revocations {
        match revocation {
            Revocation::ApiKey { id, secret, at } => {
                let SecretHashText(secret) = secret;
                let known = store.api_key(&id)?;
                // Under its name another key may have been made since.
                if known.is_none_or(|key| key.secret == secret) {
                    store.revoke_api_key(&id, at)?;
                    shut_out.revoked_keys.insert(id);
                }
            }
            Revocation::Till {
                node,
                store: of,
                keys,
                at,
            } => {
                if let Some(of) = of {
                    know_again(store, node, &of, keys, at)?;
                }
                match store.revoke_node(node, at) {
                    Ok(_) => {
                        shut_out.revoked_tills.insert(node);
                    }
                    // Nobody comes in under a number that was never given out.
                    Err(StoreError::UnknownNode(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(shut_out)
}

/// Puts a till that enrolled after the backup into the registry, where its store is there: what its neighbours bring of
/// its logs is judged by its keys.
fn know_again(
    store: &SqliteStore,
    node: NodeNumber,
    of: &StoreId,
    keys: Vec<PublicKeyText>,
    at: Timestamp,
) -> Result<(), StoreError> {
    for PublicKeyText(key) in keys {
        if !store.readmit(node, of, key, at)? && store.node(node)?.is_some() {
            store.add_node_key(node, key, at)?;
        }
    }
    Ok(())
}
