//! TLS as both of the server's doors want it: version 1.3, no resumption, no early data.

use std::sync::Arc;

use rustls::{
    RootCertStore, ServerConfig,
    crypto::CryptoProvider,
    server::{NoServerSessionStorage, WebPkiClientVerifier},
    time_provider::TimeProvider,
    version::TLS13,
};
use rustls_pki_types::PrivateKeyDer;

use super::{Authority, PkiError, ServerCertificate};

/// TLS for the tills' door. A client certificate is asked for and checked, and may be missing: a till that is not
/// enrolled yet has none. Whoever takes the connection demands one for every protocol but enrolment.
///
/// # Errors
/// [`PkiError::Tls`].
pub fn sync_tls(
    authority: &Authority,
    server: &ServerCertificate,
    protocols: &[&[u8]],
    time: Arc<dyn TimeProvider>,
) -> Result<ServerConfig, PkiError> {
    let mut roots = RootCertStore::empty();
    roots
        .add(authority.certificate().clone())
        .map_err(tls("certificate authority"))?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .allow_unauthenticated()
        .build()
        .map_err(tls("certificate authority"))?;
    let builder = ServerConfig::builder_with_details(provider(), time)
        .with_protocol_versions(&[&TLS13])
        .map_err(tls("version"))?
        .with_client_cert_verifier(verifier);
    let config = builder
        .with_single_cert(chain(authority, server), key(server))
        .map_err(tls("server's certificate"))?;
    Ok(hardened(config, protocols))
}

/// TLS for headquarters' door: no client certificate, an API key instead.
///
/// # Errors
/// [`PkiError::Tls`].
pub fn http_tls(
    authority: &Authority,
    server: &ServerCertificate,
    time: Arc<dyn TimeProvider>,
) -> Result<ServerConfig, PkiError> {
    let config = ServerConfig::builder_with_details(provider(), time)
        .with_protocol_versions(&[&TLS13])
        .map_err(tls("version"))?
        .with_no_client_auth()
        .with_single_cert(chain(authority, server), key(server))
        .map_err(tls("server's certificate"))?;
    Ok(hardened(config, &[b"http/1.1"]))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Leaf and authority: a till that enrols knows only the authority's fingerprint, and must be shown it.
fn chain(
    authority: &Authority,
    server: &ServerCertificate,
) -> Vec<rustls_pki_types::CertificateDer<'static>> {
    vec![server.certificate.clone(), authority.certificate().clone()]
}

fn key(server: &ServerCertificate) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(server.key.clone_key())
}

/// A resumed handshake would not look at the client's certificate again, and early data can be replayed: neither is
/// worth the millisecond that it saves.
fn hardened(mut config: ServerConfig, protocols: &[&[u8]]) -> ServerConfig {
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    config
}

fn tls<E: std::error::Error + Send + Sync + 'static>(
    what: &'static str,
) -> impl FnOnce(E) -> PkiError {
    move |source| PkiError::Tls {
        what,
        source: Box::new(source),
    }
}
