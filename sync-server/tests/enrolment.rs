//! Enrolment over real QUIC on loopback, with a client of the test's own that sees every certificate.

use std::{net::SocketAddr, sync::Arc};

use holdfast_schemas::{
    identity::{NodeNumber, StoreId, TenantId},
    time::Timestamp,
    wire::{
        CertificateRenewal, Der, ServerEpoch,
        enrol::{
            CodeSecret, ENROL_ALPN, ENROL_STREAM_BYTES_MAX, EnrolAnswer, EnrolCode, EnrolRefusal,
            EnrolRequest, Enrolled, SERVER_NAME, read_enrol_frame, write_enrol_frame,
        },
    },
};
use holdfast_server::{
    enrol::{AdmitRefusal, Enrolment, admit, make_code, serve},
    pki::{Authority, CertificateSerial, PeerIdentity, identify, sync_tls},
    random,
    store::{Registry, StoreRecord, memory::MemoryStore},
};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519, SanType};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls_pki_types::CertificateDer;
use tokio::task::JoinSet;

const LIFETIME_MS: i64 = 60_000;

/// An endpoint that enrols.
struct Server {
    store: Arc<MemoryStore>,
    authority: Arc<Authority>,
    endpoint: quinn::Endpoint,
    now: Timestamp,
    _tasks: JoinSet<()>,
}

fn tenant() -> TenantId {
    TenantId::new("acme").expect("a tenant")
}

fn leeds() -> StoreId {
    StoreId::new("leeds").expect("a store")
}

fn serial() -> CertificateSerial {
    CertificateSerial(random::bytes())
}

/// The real time, for certificates are checked against it.
fn now() -> Timestamp {
    let seconds = DefaultTimeProvider
        .current_time()
        .expect("a clock")
        .as_secs();
    Timestamp::from_milliseconds(i64::try_from(seconds).expect("in range") * 1_000)
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

impl Server {
    fn start() -> Self {
        let now = now();
        let store = Arc::new(MemoryStore::new(tenant(), ServerEpoch::from_bytes([1; 16])));
        store
            .add_store(&StoreRecord {
                store: leeds(),
                added_at: now,
            })
            .expect("added");
        let (authority, _) = Authority::create(tenant(), now, serial()).expect("made");
        let certificate = authority.issue_server(&[], now, serial()).expect("issued");
        let tls = sync_tls(
            &authority,
            &certificate,
            &[ENROL_ALPN],
            Arc::new(DefaultTimeProvider),
        )
        .expect("TLS");
        let quic = quinn::crypto::rustls::QuicServerConfig::try_from(tls).expect("QUIC");
        let config = quinn::ServerConfig::with_crypto(Arc::new(quic));
        let endpoint = quinn::Endpoint::server(config, loopback()).expect("bound");
        let authority = Arc::new(authority);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(
            endpoint.clone(),
            Arc::clone(&store),
            Arc::clone(&authority),
            now,
        ));
        Self {
            store,
            authority,
            endpoint,
            now,
            _tasks: tasks,
        }
    }

    fn address(&self) -> SocketAddr {
        self.endpoint.local_addr().expect("bound")
    }

    /// A code that was made so long ago.
    fn code(&self, age_ms: i64) -> EnrolCode {
        let made_at = self.now.plus_milliseconds(-age_ms);
        let secret = CodeSecret::from_bytes(random::bytes());
        make_code(
            &*self.store,
            &self.authority,
            leeds(),
            secret,
            made_at,
            LIFETIME_MS,
        )
        .expect("made")
    }

    async fn enrol(&self, code: &EnrolCode, key: &KeyPair) -> EnrolAnswer {
        ask(self.address(), code, request(key))
            .await
            .expect("an answer")
    }
}

async fn accept(
    endpoint: quinn::Endpoint,
    store: Arc<MemoryStore>,
    authority: Arc<Authority>,
    now: Timestamp,
) {
    let mut connections = JoinSet::new();
    while let Some(incoming) = endpoint.accept().await {
        let (store, authority) = (Arc::clone(&store), Arc::clone(&authority));
        connections.spawn(async move {
            let Ok(connection) = incoming.await else {
                return;
            };
            let enrolment = Enrolment {
                registry: &*store,
                authority: &authority,
            };
            let _ = serve(&connection, enrolment, now, serial()).await;
        });
    }
}

/// A till's side: trusts exactly the chain whose authority has the code's fingerprint.
#[derive(Debug)]
struct Pinned(EnrolCode);

impl rustls::client::danger::ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &rustls_pki_types::ServerName<'_>,
        _ocsp: &[u8],
        _now: rustls_pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        let authority = intermediates
            .last()
            .ok_or_else(|| rustls::Error::General("no chain".into()))?;
        let shown = holdfast_schemas::wire::enrol::CaFingerprint::of_certificate(authority);
        if shown == self.0.ca {
            Ok(rustls::client::danger::ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General("another authority".into()))
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 only".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        vec![rustls::SignatureScheme::ED25519]
    }
}

async fn ask(
    server: SocketAddr,
    code: &EnrolCode,
    request_der: Der,
) -> Result<EnrolAnswer, quinn::ConnectionError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned(*code)))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ENROL_ALPN.to_vec()];
    let quic = quinn::crypto::rustls::QuicClientConfig::try_from(tls).expect("QUIC");
    let endpoint = quinn::Endpoint::client(loopback()).expect("bound");
    let connection = endpoint
        .connect_with(
            quinn::ClientConfig::new(Arc::new(quic)),
            server,
            SERVER_NAME,
        )
        .expect("a configuration")
        .await?;
    let (mut send, mut receive) = connection.open_bi().await?;
    let request = EnrolRequest {
        code_secret: code.secret,
        request_der,
    };
    send.write_all(&write_enrol_frame(&request).expect("short"))
        .await
        .expect("sent");
    send.finish().expect("open");
    let bytes = receive
        .read_to_end(ENROL_STREAM_BYTES_MAX)
        .await
        .expect("an answer");
    connection.close(0_u8.into(), b"");
    Ok(read_enrol_frame(&bytes).expect("an answer"))
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ED25519).expect("a key")
}

fn request(key: &KeyPair) -> Der {
    let csr = CertificateParams::default()
        .serialize_request(key)
        .expect("a request");
    Der::new(csr.der().to_vec()).expect("short")
}

fn enrolled(answer: EnrolAnswer) -> Enrolled {
    match answer {
        EnrolAnswer::Enrolled(enrolled) => enrolled,
        EnrolAnswer::Refused(refusal) => panic!("{refusal}"),
    }
}

fn leaf(enrolled: &Enrolled) -> CertificateDer<'static> {
    CertificateDer::from(enrolled.certificates[0].as_bytes().to_vec())
}

#[tokio::test]
async fn a_code_lets_one_till_in_and_again_only_the_same_till() {
    let server = Server::start();
    let (code, till) = (server.code(0), key());
    let first = enrolled(server.enrol(&code, &till).await);
    assert_eq!((&first.tenant, &first.store), (&tenant(), &leeds()));
    let identity = identify(&leaf(&first), &tenant()).expect("a till");
    assert_eq!(
        (identity.node, identity.public_key.0.as_slice()),
        (first.node, till.public_key_raw())
    );
    assert!(admit(&*server.store, &identity).expect("read").is_ok());

    // The answer was lost on the way: the same till asks again.
    assert_eq!(enrolled(server.enrol(&code, &till).await).node, first.node);
    let other = server.enrol(&code, &key()).await;
    assert_eq!(other, EnrolAnswer::Refused(EnrolRefusal::CodeUsed));
    let next = enrolled(server.enrol(&server.code(0), &key()).await);
    assert_ne!(next.node, first.node);
}

#[tokio::test]
async fn of_many_tills_that_race_with_one_code_one_gets_in() {
    const TILLS: usize = 16;
    let server = Server::start();
    let code = server.code(0);
    let mut tills = JoinSet::new();
    for _ in 0..TILLS {
        let address = server.address();
        tills.spawn(async move { ask(address, &code, request(&key())).await });
    }
    let answers: Vec<_> = tills.join_all().await;
    let (mut inside, mut used) = (0, 0);
    for answer in answers {
        match answer.expect("an answer") {
            EnrolAnswer::Enrolled(_) => inside += 1,
            EnrolAnswer::Refused(EnrolRefusal::CodeUsed) => used += 1,
            EnrolAnswer::Refused(other) => panic!("{other}"),
        }
    }
    assert_eq!((inside, used), (1, TILLS - 1));
}

#[tokio::test]
async fn a_code_that_is_expired_or_unknown_lets_nobody_in() {
    let server = Server::start();
    let expired = server.enrol(&server.code(LIFETIME_MS), &key()).await;
    assert_eq!(expired, EnrolAnswer::Refused(EnrolRefusal::CodeExpired));
    let unknown = EnrolCode {
        secret: CodeSecret::from_bytes([9; 16]),
        ca: server.authority.fingerprint(),
    };
    let unknown = server.enrol(&unknown, &key()).await;
    assert_eq!(unknown, EnrolAnswer::Refused(EnrolRefusal::CodeUnknown));
}

#[tokio::test]
async fn a_till_does_not_talk_to_another_server() {
    let (server, other) = (Server::start(), Server::start());
    let code = other.code(0);
    assert!(ask(server.address(), &code, request(&key())).await.is_err());
}

#[tokio::test]
async fn a_request_that_names_another_till_gets_its_own_name_and_a_forged_one_leaves_the_code() {
    let server = Server::start();
    let (code, till) = (server.code(0), key());
    let mut forged = request(&till).as_bytes().to_vec();
    *forged.last_mut().expect("not empty") ^= 1;
    let forged = Der::new(forged).expect("short");
    let refused = ask(server.address(), &code, forged)
        .await
        .expect("an answer");
    assert_eq!(
        refused,
        EnrolAnswer::Refused(EnrolRefusal::RequestMalformed)
    );

    let mut wish = CertificateParams::default();
    wish.subject_alt_names = vec![SanType::URI(
        "holdfast://acme/york/1".try_into().expect("ASCII"),
    )];
    wish.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let csr = wish.serialize_request(&till).expect("a request");
    let request = Der::new(csr.der().to_vec()).expect("short");
    let answer = ask(server.address(), &code, request)
        .await
        .expect("an answer");
    let named = identify(&leaf(&enrolled(answer)), &tenant()).expect("a till");
    assert_eq!(named.store, leeds());
    assert_ne!(named.node, NodeNumber::SERVER);
}

#[tokio::test]
async fn a_certificate_is_renewed_for_its_own_key_until_the_till_is_revoked() {
    let server = Server::start();
    let till = key();
    let first = enrolled(server.enrol(&server.code(0), &till).await);
    let peer = identify(&leaf(&first), &tenant()).expect("a till");
    let enrolment = Enrolment {
        registry: &*server.store,
        authority: &server.authority,
    };
    let renew = |peer: &PeerIdentity, key: &KeyPair| {
        enrolment.renew(peer, &request(key), server.now, serial())
    };

    let CertificateRenewal::Issued { certificate } = renew(&peer, &till) else {
        panic!("renewed");
    };
    let renewed = CertificateDer::from(certificate.as_bytes().to_vec());
    assert_ne!(renewed, leaf(&first), "a new serial number at least");
    assert_eq!(identify(&renewed, &tenant()), Ok(peer.clone()));
    assert_eq!(
        renew(&peer, &key()),
        CertificateRenewal::Refused,
        "another key is another till"
    );

    server
        .store
        .revoke_node(first.node, server.now)
        .expect("revoked");
    assert_eq!(renew(&peer, &till), CertificateRenewal::Refused);
    let admitted = admit(&*server.store, &peer).expect("read");
    assert_eq!(admitted.err(), Some(AdmitRefusal::Revoked));
}

#[test]
fn a_certificate_of_ours_that_the_registry_does_not_know_is_not_admitted() {
    let store = MemoryStore::new(tenant(), ServerEpoch::from_bytes([1; 16]));
    let peer = PeerIdentity {
        tenant: tenant(),
        store: leeds(),
        node: NodeNumber::new(7).expect("in range"),
        public_key: holdfast_server::store::PublicKey([0; 32]),
    };
    assert_eq!(
        admit(&store, &peer).expect("read").err(),
        Some(AdmitRefusal::Unknown)
    );
}
