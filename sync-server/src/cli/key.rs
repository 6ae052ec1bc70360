//! `key create`, `key list` and `key revoke`.

use holdfast_schemas::time::Timestamp;
use serde::Serialize;

use super::{
    answer::{Answer, as_moment, as_moment_or_null, as_text, moment, moment_or_dash, table},
    context::Context,
    error::CommandError,
};
use crate::{
    api_key::{ApiKey, KeyId, Scope, Scopes},
    pki::Revocation,
    random,
    store::Registry,
};

/// A key that was just made: the only time that its secret is seen.
#[derive(Debug, Serialize)]
pub(super) struct CreatedAnswer {
    id: KeyId,
    scopes: Scopes,
    #[serde(serialize_with = "as_text")]
    key: ApiKey,
}

/// Keys, without their secrets.
#[derive(Debug, Serialize)]
pub(super) struct KeysAnswer {
    keys: Vec<KeyAnswer>,
}

#[derive(Debug, Serialize)]
struct KeyAnswer {
    id: Box<str>,
    scopes: Scopes,
    #[serde(serialize_with = "as_moment")]
    created_at: Timestamp,
    #[serde(serialize_with = "as_moment_or_null")]
    revoked_at: Option<Timestamp>,
}

/// A key that is useless now.
#[derive(Debug, Serialize)]
pub(super) struct RevokedAnswer {
    id: KeyId,
    #[serde(serialize_with = "as_moment")]
    revoked_at: Timestamp,
}

pub(super) fn create(
    context: &Context,
    id: KeyId,
    scopes: Vec<Scope>,
) -> Result<CreatedAnswer, CommandError> {
    let store = context.open_store_to_write()?;
    if store.api_key(&id.to_stored())?.is_some() {
        return Err(CommandError::AlreadyExists(format!("key {id}")));
    }
    let scopes: Scopes = scopes.into_iter().collect();
    let key = ApiKey::new(id.clone(), random::bytes());
    store.add_api_key(&key.record(&scopes, context.now()))?;
    Ok(CreatedAnswer { id, scopes, key })
}

pub(super) fn list(context: &Context) -> Result<KeysAnswer, CommandError> {
    let records = context.open_store()?.api_keys()?.into_iter();
    Ok(KeysAnswer {
        keys: records
            .map(|record| KeyAnswer {
                id: record.id.0,
                scopes: Scopes::of(&record.scopes),
                created_at: record.created_at,
                revoked_at: record.revoked_at,
            })
            .collect(),
    })
}

pub(super) fn revoke(context: &Context, id: KeyId) -> Result<RevokedAnswer, CommandError> {
    let store = context.open_store_to_write()?;
    let revoked_at = context.now();
    let stored = id.to_stored();
    let key = store.api_key(&stored)?;
    let key = key.ok_or_else(|| CommandError::NotFound(format!("key {id}")))?;
    if key.revoked_at.is_some() {
        return Err(CommandError::AlreadySo(format!("key {id} is revoked")));
    }
    // First, so that no restore of an older database forgets it.
    let revocations = context.pki().revocations();
    revocations.append(&Revocation::of_key(&key, revoked_at))?;
    store.revoke_api_key(&stored, revoked_at)?;
    Ok(RevokedAnswer { id, revoked_at })
}

impl Answer for CreatedAnswer {
    fn text(&self) -> String {
        format!("{}\n(for {}; it is not shown again)", self.key, self.scopes)
    }
}

impl Answer for KeysAnswer {
    fn text(&self) -> String {
        let row = |key: &KeyAnswer| {
            [
                key.id.to_string(),
                key.scopes.to_string(),
                moment(key.created_at),
                moment_or_dash(key.revoked_at),
            ]
        };
        table(
            ["KEY", "SCOPES", "CREATED", "REVOKED"],
            self.keys.iter().map(row),
        )
    }
}

impl Answer for RevokedAnswer {
    fn text(&self) -> String {
        format!("key {} is revoked", self.id)
    }
}
