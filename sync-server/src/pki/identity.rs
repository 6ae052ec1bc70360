//! Who a peer is, by its certificate.

use std::fmt;

use holdfast_schemas::identity::{NodeNumber, StoreId, TenantId};
use rustls_pki_types::CertificateDer;
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, oid_registry::OID_SIG_ED25519,
    prelude::FromDer,
};

use crate::store::PublicKey;

const SCHEME: &str = "holdfast://";

/// Who a peer is. It speaks for itself only where the registry has its key and has not revoked it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerIdentity {
    /// The company.
    pub tenant: TenantId,
    /// Its store.
    pub store: StoreId,
    /// Its node number.
    pub node: NodeNumber,
    /// The key that its certificate is for.
    pub public_key: PublicKey,
}

/// Why a certificate names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityRefusal {
    /// Not a certificate.
    #[error("the certificate is malformed")]
    Malformed,
    /// A key that is not Ed25519.
    #[error("the certificate's key is not Ed25519")]
    KeyKind,
    /// None, or more than one name, or a name that is no URI.
    #[error("the certificate does not have exactly one name that is a URI")]
    Names,
    /// A URI that is not of our shape, to the letter.
    #[error("the certificate's name is not holdfast://tenant/store/node")]
    Shape,
    /// Another company's.
    #[error("the certificate belongs to another tenant")]
    OtherTenant,
}

impl PeerIdentity {
    /// `holdfast://tenant/store/node`. A slash inside a part is written `%2F`, so that no two identities are written
    /// alike.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{SCHEME}{self}")
    }

    fn parse(uri: &str, public_key: PublicKey) -> Option<Self> {
        let mut parts = uri.strip_prefix(SCHEME)?.split('/');
        let (tenant, store, node) = (parts.next()?, parts.next()?, parts.next()?);
        let identity = Self {
            tenant: TenantId::new(decode(tenant)).ok()?,
            store: StoreId::new(decode(store)).ok()?,
            node: NodeNumber::new(node.parse().ok()?).ok()?,
            public_key,
        };
        // Written back it must be the same text: no second spelling, no fourth part, nothing that a parser passed over.
        (parts.next().is_none() && identity.uri() == uri).then_some(identity)
    }
}

impl fmt::Display for PeerIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encode = |part: &str| part.replace('/', "%2F");
        let (tenant, store) = (encode(self.tenant.as_str()), encode(self.store.as_str()));
        write!(formatter, "{tenant}/{store}/{}", self.node)
    }
}

fn decode(part: &str) -> String {
    part.replace("%2F", "/")
}

/// Reads who a certificate is for. That it is signed by the authority, and not too old, TLS has checked.
///
/// # Errors
/// [`IdentityRefusal`]: the connection is to be closed.
pub fn identify(
    certificate: &CertificateDer<'_>,
    tenant: &TenantId,
) -> Result<PeerIdentity, IdentityRefusal> {
    let (rest, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| IdentityRefusal::Malformed)?;
    if !rest.is_empty() {
        return Err(IdentityRefusal::Malformed);
    }
    let subject_key = parsed.public_key();
    if subject_key.algorithm.algorithm != OID_SIG_ED25519 {
        return Err(IdentityRefusal::KeyKind);
    }
    let public_key = <[u8; 32]>::try_from(subject_key.subject_public_key.data.as_ref())
        .map(PublicKey)
        .map_err(|_| IdentityRefusal::KeyKind)?;
    // Two extensions of this kind are an error here, so a second one can't hide a second name.
    let names = parsed
        .subject_alternative_name()
        .map_err(|_| IdentityRefusal::Names)?
        .ok_or(IdentityRefusal::Names)?;
    let [GeneralName::URI(uri)] = names.value.general_names.as_slice() else {
        return Err(IdentityRefusal::Names);
    };
    let identity = PeerIdentity::parse(uri, public_key).ok_or(IdentityRefusal::Shape)?;
    if identity.tenant == *tenant {
        Ok(identity)
    } else {
        Err(IdentityRefusal::OtherTenant)
    }
}

#[cfg(test)]
mod tests;
