//! TLS: whom a till trusts, and how it shows who it is.
//!
//! TLS 1.3 only. No early data, which can be replayed; no resumed sessions, so that each connection shows both
//! certificates anew. No root of the machine is trusted: only the authority that the enrolment names.

use std::sync::Arc;

use holdfast_schemas::wire::enrol::{CaFingerprint, ENROL_ALPN, Enrolled};
use quinn::{ClientConfig, crypto::rustls::QuicClientConfig};
use rcgen::KeyPair;
use rustls::{
    CertificateError, ConfigBuilder, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    WantsVerifier,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls13_signature},
    time_provider::TimeProvider,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};

use super::{NetError, transport::transport};
use crate::enrol::authority;

/// For a till that has nothing but a code: it trusts the chain whose authority has this fingerprint, and shows nothing.
pub(crate) fn enrolling(
    ca: CaFingerprint,
    time: Arc<dyn TimeProvider>,
) -> Result<ClientConfig, NetError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = FingerprintVerifier {
        ca,
        provider: Arc::clone(&provider),
    };
    let config = builder(provider, time)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    finish(config, ENROL_ALPN)
}

/// For an enrolled till, which shows its certificate and speaks `protocol`.
///
/// # Errors
/// [`NetError::Tls`] where the enrolment's certificates and the key don't make a pair.
pub fn enrolled(
    enrolled: &Enrolled,
    key: &KeyPair,
    protocol: &[u8],
    time: Arc<dyn TimeProvider>,
) -> Result<ClientConfig, NetError> {
    let root = authority(enrolled)
        .map_err(|error| NetError::Tls(Error::General(error.to_string())))?
        .into_owned();
    let mut roots = RootCertStore::empty();
    roots.add(root).map_err(NetError::Tls)?;
    let chain = enrolled
        .certificates
        .iter()
        .map(|certificate| CertificateDer::from(certificate.as_bytes().to_vec()))
        .collect();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = builder(Arc::new(ring::default_provider()), time)?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(NetError::Tls)?;
    finish(config, protocol)
}

fn builder(
    provider: Arc<CryptoProvider>,
    time: Arc<dyn TimeProvider>,
) -> Result<ConfigBuilder<rustls::ClientConfig, WantsVerifier>, NetError> {
    rustls::ClientConfig::builder_with_details(provider, time)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(NetError::Tls)
}

fn finish(mut config: rustls::ClientConfig, protocol: &[u8]) -> Result<ClientConfig, NetError> {
    config.alpn_protocols = vec![protocol.to_vec()];
    config.enable_early_data = false;
    config.resumption = Resumption::disabled();
    let quic = QuicClientConfig::try_from(config)
        .map_err(|error| NetError::Tls(Error::General(error.to_string())))?;
    let mut client = ClientConfig::new(Arc::new(quic));
    client.transport_config(transport());
    Ok(client)
}

/// Trusts exactly the chains that end in the authority with one fingerprint; all else is checked as ever.
#[derive(Debug)]
struct FingerprintVerifier {
    ca: CaFingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for FingerprintVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let root = intermediates
            .iter()
            .find(|certificate| CaFingerprint::of_certificate(certificate) == self.ca)
            .ok_or(CertificateError::UnknownIssuer)?;
        let mut roots = RootCertStore::empty();
        roots.add(root.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|error| Error::General(error.to_string()))?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
