//! A certificate authority and server endpoints for tests.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use holdfast_node::settings::ServerAddress;
use holdfast_schemas::{
    identity::NodeNumber,
    time::Timestamp,
    wire::enrol::{CaFingerprint, CodeSecret, Der, EnrolCode, EnrolRequest, Enrolled},
};
use quinn::{Endpoint, ServerConfig, crypto::rustls::QuicServerConfig};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ED25519, SanType, date_time_ymd,
};
use rustls::{RootCertStore, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateSigningRequestDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// The name of the till that every test enrols.
pub(crate) const NAME: &str = "holdfast://example/s1/12";
/// In 2026; the certificates of these tests hold from 1975 on.
pub(crate) const NOW: Timestamp = Timestamp::from_milliseconds(1_780_000_000_000);

/// A certificate authority for one test.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
    issued: AtomicU64,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).expect("signed").der().to_vec();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
            issued: AtomicU64::new(1),
        }
    }

    pub(crate) fn code(&self) -> EnrolCode {
        EnrolCode {
            secret: CodeSecret::from_bytes([7; 16]),
            ca: CaFingerprint::of_certificate(&self.certificate),
        }
    }

    /// An endpoint whose certificate bears `name`; it takes certificates of this authority, or none.
    pub(crate) fn endpoint(&self, name: &str, protocol: &[u8]) -> Endpoint {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = params.signed_by(&key, &self.issuer).expect("signed");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone().into()).expect("a root");
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
            .allow_unauthenticated()
            .build()
            .expect("a verifier");
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                vec![leaf.der().clone(), self.certificate.clone().into()],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .expect("a pair");
        tls.alpn_protocols = vec![protocol.to_vec()];
        let quic = QuicServerConfig::try_from(tls).expect("QUIC");
        let config = ServerConfig::with_crypto(Arc::new(quic));
        Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into()).expect("a socket")
    }

    /// Issues what is asked for, until 4096, with `name` as the till's name.
    pub(crate) fn issue(&self, request: &EnrolRequest, name: &str) -> Enrolled {
        self.issue_until(&request.request_der, name, 4096)
    }

    /// Issues what is asked for, from 1975 until the year `until`.
    pub(crate) fn issue_until(&self, request: &Der, name: &str, until: i32) -> Enrolled {
        let der = CertificateSigningRequestDer::from(request.as_bytes().to_vec());
        let request = CertificateSigningRequestParams::from_der(&der).expect("a request");
        let mut params = CertificateParams::default();
        params.not_after = date_time_ymd(until, 1, 1);
        params.serial_number = Some(self.issued.fetch_add(1, Ordering::Relaxed).into());
        params.subject_alt_names = vec![SanType::URI(name.try_into().expect("a URI"))];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let leaf = params
            .signed_by(&request.public_key, &self.issuer)
            .expect("signed");
        Enrolled {
            tenant: "example".parse().expect("a tenant"),
            store: "s1".parse().expect("a store"),
            node: NodeNumber::new(12).expect("in range"),
            certificates: vec![
                Der::new(leaf.der().to_vec()).expect("short"),
                Der::new(self.certificate.clone()).expect("short"),
            ],
        }
    }
}

/// Where an endpoint of these tests is.
pub(crate) fn address(endpoint: &Endpoint) -> ServerAddress {
    let port = endpoint.local_addr().expect("bound").port();
    format!("127.0.0.1:{port}").parse().expect("an address")
}
