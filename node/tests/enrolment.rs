//! Enrolment against a small server over real QUIC: what a till accepts, and what it refuses.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use holdfast_node::{
    enrol::{self, CertificateError, EnrolError, IdentityFolder},
    net::{self, NetError},
    settings::ServerAddress,
};
use holdfast_schemas::{
    identity::NodeNumber,
    time::Timestamp,
    wire::enrol::{
        CaFingerprint, CodeSecret, Der, ENROL_ALPN, ENROL_STREAM_BYTES_MAX, EnrolAnswer, EnrolCode,
        EnrolRefusal, EnrolRequest, Enrolled, SERVER_NAME, read_enrol_frame, write_enrol_frame,
    },
};
use quinn::{Endpoint, ServerConfig, crypto::rustls::QuicServerConfig};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ED25519, SanType,
};
use rustls_pki_types::{CertificateSigningRequestDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority for one test.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
    issued: AtomicU64,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).expect("works here").der().to_vec();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
            issued: AtomicU64::new(1),
        }
    }

    fn code(&self) -> EnrolCode {
        EnrolCode {
            secret: CodeSecret::from_bytes([7; 16]),
            ca: CaFingerprint::of_certificate(&self.certificate),
        }
    }

    /// An endpoint whose certificate bears `name`.
    fn endpoint(&self, name: &str) -> Endpoint {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("works here");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = params.signed_by(&key, &self.issuer).expect("works here");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("works here")
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone(), self.certificate.clone().into()],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .expect("works here");
        tls.alpn_protocols = vec![ENROL_ALPN.to_vec()];
        let config = ServerConfig::with_crypto(Arc::new(
            QuicServerConfig::try_from(tls).expect("works here"),
        ));
        Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into()).expect("works here")
    }

    /// Issues what is asked for, with `name` as the till's name.
    fn issue(&self, request: &EnrolRequest, name: &str) -> Enrolled {
        let der = CertificateSigningRequestDer::from(request.request_der.as_bytes().to_vec());
        let request = CertificateSigningRequestParams::from_der(&der).expect("works here");
        let mut params = CertificateParams::default();
        params.serial_number = Some(self.issued.fetch_add(1, Ordering::Relaxed).into());
        params.subject_alt_names = vec![SanType::URI(name.try_into().expect("works here"))];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let leaf = params
            .signed_by(&request.public_key, &self.issuer)
            .expect("works here");
        Enrolled {
            tenant: "example".parse().expect("works here"),
            store: "s1".parse().expect("works here"),
            node: NodeNumber::new(12).expect("works here"),
            certificates: vec![
                Der::new(leaf.der().to_vec()).expect("works here"),
                Der::new(self.certificate.clone()).expect("works here"),
            ],
        }
    }
}

/// Answers one till.
async fn serve(endpoint: &Endpoint, answer: impl FnOnce(EnrolRequest) -> EnrolAnswer) {
    let connection = endpoint
        .accept()
        .await
        .expect("works here")
        .await
        .expect("works here");
    let (mut send, mut receive) = connection.accept_bi().await.expect("works here");
    let frame = receive
        .read_to_end(ENROL_STREAM_BYTES_MAX)
        .await
        .expect("works here");
    let answer = answer(read_enrol_frame(&frame).expect("works here"));
    send.write_all(&write_enrol_frame(&answer).expect("works here"))
        .await
        .expect("works here");
    send.finish().expect("works here");
    connection.closed().await;
}

const NAME: &str = "holdfast://example/s1/12";
/// In 2026; the certificates of these tests hold from 1975 to 4096.
const NOW: Timestamp = Timestamp::from_milliseconds(1_780_000_000_000);

fn address(endpoint: &Endpoint) -> ServerAddress {
    let port = endpoint.local_addr().expect("works here").port();
    format!("127.0.0.1:{port}").parse().expect("works here")
}

/// Lets a till enrol at a server that answers with `answer`.
async fn enrol_with(
    server: &Endpoint,
    folder: &IdentityFolder,
    code: EnrolCode,
    answer: impl FnOnce(EnrolRequest) -> EnrolAnswer,
) -> Result<enrol::Enrolment, EnrolError> {
    let client = net::endpoint().expect("works here");
    let (enrolled, ()) = tokio::join!(
        enrol::enrol(&client, folder, address(server), code, NOW),
        serve(server, answer)
    );
    enrolled
}

fn folder() -> (tempfile::TempDir, IdentityFolder) {
    let data = tempfile::tempdir().expect("works here");
    let folder = IdentityFolder::within(data.path());
    (data, folder)
}

#[tokio::test]
async fn a_till_gets_its_place_and_keeps_it() {
    let authority = Authority::new();
    let server = authority.endpoint(SERVER_NAME);
    let (data, folder) = folder();
    let mut asked = None;
    let enrolment = enrol_with(&server, &folder, authority.code(), |request| {
        let issued = authority.issue(&request, NAME);
        asked = Some(request);
        EnrolAnswer::Enrolled(issued)
    })
    .await
    .expect("enrolled");
    assert_eq!(
        asked.expect("works here").code_secret,
        authority.code().secret
    );
    assert_eq!(folder.enrolment().expect("kept"), enrolment);
    assert_eq!(
        enrolment.enrolled.node,
        NodeNumber::new(12).expect("works here")
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = data.path().join("identity/key.pem");
        let mode = std::fs::metadata(key)
            .expect("works here")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let again = enrol::enrol(
        &net::endpoint().expect("works here"),
        &folder,
        address(&server),
        authority.code(),
        NOW,
    )
    .await;
    assert!(matches!(again, Err(EnrolError::AlreadyEnrolled { till }) if till == "example/s1/12"));
}

#[tokio::test]
async fn the_next_certificate_is_kept_when_it_fits() {
    let authority = Authority::new();
    let server = authority.endpoint(SERVER_NAME);
    let (_data, folder) = folder();
    let first = enrol_with(&server, &folder, authority.code(), |request| {
        EnrolAnswer::Enrolled(authority.issue(&request, NAME))
    })
    .await
    .expect("enrolled");

    let request = EnrolRequest {
        code_secret: authority.code().secret,
        request_der: enrol::renewal_request(&folder).expect("a request"),
    };
    let next = authority.issue(&request, NAME).certificates.swap_remove(0);
    let renewed = enrol::keep_renewed(&folder, next.clone(), NOW).expect("kept");
    assert_eq!(renewed.enrolled.certificates[0], next);
    assert_ne!(renewed, first);
    assert_eq!(folder.enrolment().expect("kept"), renewed);

    let foreign = Authority::new()
        .issue(&request, NAME)
        .certificates
        .swap_remove(0);
    assert!(matches!(
        enrol::keep_renewed(&folder, foreign, NOW),
        Err(EnrolError::Certificate(CertificateError::Chain(_)))
    ));
    assert_eq!(folder.enrolment().expect("kept"), renewed);
}

#[tokio::test]
async fn a_refusal_is_told_and_nothing_is_kept() {
    let authority = Authority::new();
    let server = authority.endpoint(SERVER_NAME);
    let (_data, folder) = folder();
    let refused = enrol_with(&server, &folder, authority.code(), |_| {
        EnrolAnswer::Refused(EnrolRefusal::CodeExpired)
    })
    .await;
    assert!(matches!(
        refused,
        Err(EnrolError::Refused(EnrolRefusal::CodeExpired))
    ));
    assert!(matches!(
        folder.enrolment(),
        Err(EnrolError::NotEnrolled { .. })
    ));
}

#[tokio::test]
async fn an_answer_that_was_not_asked_for_is_refused() {
    let authority = Authority::new();
    let server = authority.endpoint(SERVER_NAME);
    let (_data, folder) = folder();
    let code = authority.code();

    let other_name = enrol_with(&server, &folder, code, |request| {
        EnrolAnswer::Enrolled(authority.issue(&request, "holdfast://example/s1/13"))
    })
    .await;
    assert!(matches!(
        other_name,
        Err(EnrolError::Certificate(CertificateError::OtherName { wanted })) if wanted == NAME
    ));

    let other_authority = enrol_with(&server, &folder, code, |request| {
        EnrolAnswer::Enrolled(Authority::new().issue(&request, NAME))
    })
    .await;
    assert!(matches!(
        other_authority,
        Err(EnrolError::Certificate(
            CertificateError::OtherAuthority { .. }
        ))
    ));

    let other_key = enrol_with(&server, &folder, code, |mut request| {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let signed = CertificateParams::default()
            .serialize_request(&key)
            .expect("works here");
        request.request_der = Der::new(signed.der().to_vec()).expect("works here");
        EnrolAnswer::Enrolled(authority.issue(&request, NAME))
    })
    .await;
    assert!(matches!(
        other_key,
        Err(EnrolError::Certificate(CertificateError::OtherKey))
    ));
    assert!(matches!(
        folder.enrolment(),
        Err(EnrolError::NotEnrolled { .. })
    ));
}

#[tokio::test]
async fn a_server_of_another_authority_or_name_never_hears_the_secret() {
    let trusted = Authority::new();
    let (_data, folder) = folder();
    for server in [
        Authority::new().endpoint(SERVER_NAME),
        trusted.endpoint("another-server"),
    ] {
        let client = net::endpoint().expect("works here");
        let (enrolled, incoming) = tokio::join!(
            enrol::enrol(&client, &folder, address(&server), trusted.code(), NOW),
            async { server.accept().await.expect("works here").await }
        );
        assert!(
            matches!(
                enrolled,
                Err(EnrolError::Net {
                    source: NetError::NotTrusted(_),
                    ..
                })
            ),
            "{enrolled:?}"
        );
        assert!(incoming.is_err());
    }
}
