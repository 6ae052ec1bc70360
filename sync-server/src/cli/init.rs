//! `init`: a tenant, its certificate authority and an empty store.

use std::path::PathBuf;

use holdfast_schemas::{
    identity::TenantId,
    wire::{ServerEpoch, enrol::CaFingerprint},
};
use serde::Serialize;

use super::{
    answer::{Answer, as_text},
    context::Context,
    error::CommandError,
};
use crate::{
    random,
    store::{Upkeep, sqlite::SqliteStore},
};

/// What was made.
#[derive(Debug, Serialize)]
pub(super) struct InitAnswer {
    tenant: TenantId,
    data_dir: PathBuf,
    ca_certificate: PathBuf,
    #[serde(serialize_with = "as_text")]
    ca_fingerprint: CaFingerprint,
}

/// Makes the store, then the authority: whoever finds the authority finds a whole server, and an `init` that was cut
/// short can be run again.
pub(super) fn init(context: &Context, tenant: TenantId) -> Result<InitAnswer, CommandError> {
    context.make_data_dir()?;
    let _lock = context.lock()?;
    let pki = context.pki();
    if pki.exists() {
        let what = format!("a server in {}", context.data_dir().display());
        return Err(CommandError::AlreadyExists(what));
    }
    let file = context.store_file();
    if file.exists() {
        let found = SqliteStore::open(&file)?.identity()?.tenant;
        if found != tenant {
            return Err(CommandError::AlreadyExists(format!("tenant {found}")));
        }
    } else {
        SqliteStore::create(&file, &tenant, ServerEpoch::from_bytes(random::bytes()))?;
    }
    let authority = pki.create(tenant.clone(), context.now(), Context::serial())?;
    let names = context.settings.http_names.value.as_slice();
    pki.server_certificate(&authority, names, context.now(), Context::serial())?;
    pki.log_signer(tenant.clone())?;
    Ok(InitAnswer {
        tenant,
        data_dir: context.data_dir().to_owned(),
        ca_certificate: pki.authority_certificate(),
        ca_fingerprint: authority.fingerprint(),
    })
}

impl Answer for InitAnswer {
    fn text(&self) -> String {
        format!(
            "tenant {} is ready in {}\ncertificate authority: {}\nfingerprint: {}",
            self.tenant,
            self.data_dir.display(),
            self.ca_certificate.display(),
            self.ca_fingerprint,
        )
    }
}
