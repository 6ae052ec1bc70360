//! Attacks at the door: floods of handshakes with every kind of certificate that is not a till's of ours.

use std::sync::Arc;

use holdfast_schemas::{
    identity::NodeNumber,
    wire::{ALPN, Message, Ping, Refuse},
};
use holdfast_server::{
    clock::{Clock, SystemClock},
    pki::Authority,
    store::{Registry, Upkeep},
};
use quinn::{ConnectionError, TransportConfig};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SanType, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use tokio::task::JoinSet;

use super::{
    line::{Server, Shown, hello, is_access, key_pair, opened, serial},
    shop::{Till, epoch, tenant},
};

/// How many handshakes of each kind.
const FLOOD: usize = 8;

/// Where a flood must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// By TLS, with an alert.
    ByTls,
    /// By the server, before anything is read of the connection.
    ByServer,
}

/// Signs whatever it is told, with the tills' own authority: as if its key, or its care, had been lost.
struct Forger {
    issuer: Issuer<'static, KeyPair>,
    key: KeyPair,
}

impl Forger {
    /// The authority, and somebody who has its key.
    fn of_tenant() -> (Authority, Self) {
        let now = SystemClock::default().now();
        let (authority, key) = Authority::create(tenant(), now, serial()).expect("made");
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ED25519).expect("a key");
        let certificate = authority.certificate().clone();
        let issuer = Issuer::from_ca_cert_der(&certificate, key).expect("an authority");
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        (authority, Self { issuer, key })
    }

    /// A client's certificate with these names, otherwise as `shape` says.
    fn sign(&self, names: &[&str], shape: impl FnOnce(&mut CertificateParams)) -> Shown {
        let params = params(names, shape);
        let certificate = params.signed_by(&self.key, &self.issuer).expect("signed");
        shown(vec![certificate.der().clone()], &self.key)
    }

    fn self_signed(&self, name: &str) -> Shown {
        let certificate = params(&[name], |_| {})
            .self_signed(&self.key)
            .expect("signed");
        shown(vec![certificate.der().clone()], &self.key)
    }

    /// A certificate that a till's own certificate signed.
    fn signed_by_a_till(&self, name: &str) -> Shown {
        let till = params(&[name], |_| {});
        let certificate = till.signed_by(&self.key, &self.issuer).expect("signed");
        let issuer = Issuer::from_params(&till, &self.key);
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let leaf = params(&[name], |_| {})
            .signed_by(&key, &issuer)
            .expect("signed");
        shown(vec![leaf.der().clone(), certificate.der().clone()], &key)
    }

    fn with_other_kind_of_key(&self, name: &str) -> Shown {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        let params = params(&[name], |_| {});
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        shown(vec![certificate.der().clone()], &key)
    }
}

fn params(names: &[&str], shape: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.subject_alt_names = names
        .iter()
        .map(|name| SanType::URI((*name).try_into().expect("ASCII")))
        .collect();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    shape(&mut params);
    params
}

fn shown(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Shown {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Shown { chain, key }
}

/// Every kind of certificate that a stranger, or a till that wants to be another, can show; and where it is refused.
fn kinds(forger: &Forger, till: &Till) -> Vec<(&'static str, Refused, Shown)> {
    use Refused::{ByServer, ByTls};
    let good = format!("holdfast://example/north/{}", till.node);
    let named = |names: &[&str]| forger.sign(names, |_| {});
    let other_tenant = format!("holdfast://other/north/{}", till.node);
    let other_store = format!("holdfast://example/south/{}", till.node);
    let (_, stranger) = Forger::of_tenant();
    vec![
        (
            "expired",
            ByTls,
            forger.sign(&[&good], |params| {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2020, 2, 1);
            }),
        ),
        (
            "not good yet",
            ByTls,
            forger.sign(&[&good], |params| {
                params.not_before = date_time_ymd(2990, 1, 1);
                params.not_after = date_time_ymd(2990, 2, 1);
            }),
        ),
        ("self-signed", ByTls, forger.self_signed(&good)),
        (
            "another authority's",
            ByTls,
            stranger.sign(&[&good], |_| {}),
        ),
        (
            "an authority itself",
            ByTls,
            forger.sign(&[&good], |params| {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            }),
        ),
        (
            "a server's",
            ByTls,
            forger.sign(&[&good], |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }),
        ),
        ("signed by a till", ByTls, forger.signed_by_a_till(&good)),
        (
            "another kind of key",
            ByServer,
            forger.with_other_kind_of_key(&good),
        ),
        ("a key that nobody enrolled", ByServer, named(&[&good])),
        ("another tenant's", ByServer, named(&[&other_tenant])),
        ("another store's", ByServer, named(&[&other_store])),
        ("no name", ByServer, named(&[])),
        (
            "two URIs",
            ByServer,
            named(&[&good, "holdfast://example/north/99"]),
        ),
        ("NUL", ByServer, named(&[&format!("{good}\0")])),
        (
            "NUL within",
            ByServer,
            named(&["holdfast://example/no\0rth/1"]),
        ),
        ("wildcard", ByServer, named(&["holdfast://example/north/*"])),
        (
            "wildcard store",
            ByServer,
            named(&["holdfast://example/*/1"]),
        ),
    ]
}

#[tokio::test]
async fn floods_of_handshakes_with_every_wrong_certificate_are_refused_and_tills_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let (authority, forger) = Forger::of_tenant();
    let server = Arc::new(Server::start_with(store, Arc::new(authority)));
    let (mut neighbour, _) = server.online(&company.tills[1]).await;
    let kinds = kinds(&forger, &company.tills[0]);
    for (what, refused, shown) in &kinds {
        for closed in flood(&server, Some(shown)).await {
            assert_eq!(how(&closed), Some(*refused), "{what}: {closed}");
        }
        neighbour.send(Ping {}).await;
        assert!(matches!(neighbour.next().await, Message::Pong(_)), "{what}");
    }
    for closed in flood(&server, None).await {
        assert_eq!(how(&closed), Some(Refused::ByServer), "none: {closed}");
    }
    assert_eq!(server.sync.sessions(), 1, "the neighbour's alone");
    drop(server.online(&company.tills[0]).await);
    let server = Arc::into_inner(server).expect("the floods are over");
    server.sync.shutdown().await;
}

/// Many handshakes at once, each of which goes on to speak; how each of them ended.
async fn flood(server: &Arc<Server>, shown: Option<&Shown>) -> Vec<ConnectionError> {
    let mut flood = JoinSet::new();
    for _ in 0..FLOOD {
        let server = Arc::clone(server);
        let shown = shown.map(|shown| Shown {
            chain: shown.chain.clone(),
            key: shown.key.clone_key(),
        });
        flood.spawn(async move {
            match server
                .connect_as(ALPN, shown, TransportConfig::default())
                .await
            {
                Ok(mut line) => {
                    // It may be shut out before it has said a word.
                    let _ = line.send.write_all(&[0; 64]).await;
                    line.connection.closed().await
                }
                Err(closed) => closed,
            }
        });
    }
    flood.join_all().await
}

fn how(closed: &ConnectionError) -> Option<Refused> {
    if is_access(closed) {
        Some(Refused::ByServer)
    } else if matches!(closed, ConnectionError::ConnectionClosed(_)) {
        Some(Refused::ByTls)
    } else {
        None
    }
}

/// It enrolled after the backup from which the server was restored, and was revoked before it came back.
#[tokio::test]
async fn a_till_that_was_shut_out_before_it_came_is_not_taken_in_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    store.begin_epoch(epoch(), 100).expect("kept");
    let till = &company.tills[0];
    let [shut_out, other] = [50, 51].map(|number| NodeNumber::new(number).expect("a number"));
    store.revoke_node(shut_out, till.now).expect("kept");
    let server = Server::start(store);
    for (node, is_in) in [(shut_out, false), (other, true)] {
        let shown = server.certificate(node, "north", &key_pair(till));
        let mut line = server
            .connect_as(ALPN, Some(shown), TransportConfig::default())
            .await
            .expect("TLS takes it");
        line.send(hello(till)).await;
        let refused = line.next().await == Message::Refuse(Refuse::Revoked);
        assert_eq!(!refused, is_in, "till {node}");
        let known = server.store.node(node).expect("read").expect("known now");
        assert_eq!(known.revoked_at.is_none(), is_in, "till {node}");
    }
    server.sync.shutdown().await;
}

#[tokio::test]
async fn a_flood_of_a_revoked_tills_handshakes_is_told_why_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Server::start(store);
    let till = &company.tills[0];
    server.store.revoke_node(till.node, till.now).expect("kept");
    for _ in 0..FLOOD {
        let shown = server.certificate(till.node, "north", &key_pair(till));
        let mut line = server
            .connect_as(ALPN, Some(shown), TransportConfig::default())
            .await
            .expect("TLS takes it");
        line.send(hello(till)).await;
        assert_eq!(line.next().await, Message::Refuse(Refuse::Revoked));
        assert!(is_access(&line.connection.closed().await));
    }
    assert_eq!(server.sync.sessions(), 0);
    server.sync.shutdown().await;
}
