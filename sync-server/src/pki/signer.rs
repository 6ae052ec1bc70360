//! What signs the heads of the server's own logs.
//!
//! Tills keep these heads with the entries, as they keep those of other tills, and never check them: they got them over
//! an authenticated connection. Only a server that was restored from a backup checks them, when its tills bring back
//! what it wrote after the backup. So nobody else needs to know the key.

use std::fmt;

use holdfast_schemas::{
    identity::TenantId,
    log::{HeadSignature, HeadSigner, LogHead, SignedHead},
};
use ring::signature::{Ed25519KeyPair, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;

use super::PkiError;
use crate::store::PublicKey;

/// The server's own Ed25519 key for its logs, of no use for TLS or certificates.
pub struct ServerSigner {
    tenant: TenantId,
    key: Ed25519KeyPair,
    public_key: PublicKey,
}

impl fmt::Debug for ServerSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the key.
        formatter
            .debug_struct("ServerSigner")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

impl ServerSigner {
    /// A signer with this key.
    ///
    /// # Errors
    /// [`PkiError::Key`] for a key that is no Ed25519 key.
    pub fn new(tenant: TenantId, key: &PrivatePkcs8KeyDer<'_>) -> Result<Self, PkiError> {
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.secret_pkcs8_der())
            .map_err(|_| PkiError::Key)?;
        let public_key = key.public_key().as_ref().try_into();
        let public_key = PublicKey(public_key.map_err(|_| PkiError::Key)?);
        Ok(Self {
            tenant,
            key,
            public_key,
        })
    }

    /// Proves that the server wrote its log up to this head.
    #[must_use]
    pub fn sign(&self, head: LogHead) -> SignedHead {
        SignedHead::sign(head, &self.tenant, self)
    }

    /// What its signatures are checked with.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.public_key
    }
}

impl HeadSigner for ServerSigner {
    fn sign(&self, bytes: &[u8]) -> HeadSignature {
        let signature = self.key.sign(bytes);
        let bytes = signature.as_ref().try_into();
        HeadSignature::from_bytes(bytes.expect("an Ed25519 signature has 64 bytes"))
    }
}
