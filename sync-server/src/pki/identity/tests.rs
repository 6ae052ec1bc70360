use holdfast_schemas::time::Timestamp;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SanType};
use rustls_pki_types::CertificateDer;

use super::*;
use crate::pki::{Authority, CertificateSerial, RequestRefusal, TillRequest, TillSubject};

const NOW: Timestamp = Timestamp::from_milliseconds(1_767_225_600_000);

fn tenant(name: &str) -> TenantId {
    TenantId::new(name).expect("a tenant")
}

fn authority() -> Authority {
    let (authority, _) =
        Authority::create(tenant("acme"), NOW, CertificateSerial([1; 16])).expect("made");
    authority
}

fn subject(store: &str, node: u32) -> TillSubject {
    TillSubject {
        store: StoreId::new(store).expect("a store"),
        node: NodeNumber::new(node).expect("in range"),
    }
}

/// A certificate with these names, signed by its own key: `identify` reads names, TLS checks signatures.
fn with_names(names: &[SanType]) -> CertificateDer<'static> {
    let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let mut params = CertificateParams::default();
    params.subject_alt_names = names.to_vec();
    params
        .self_signed(&key)
        .expect("a certificate")
        .der()
        .clone()
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().expect("ASCII"))
}

#[test]
fn a_till_is_who_the_server_says_whatever_it_asked_for() {
    let authority = authority();
    let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let mut wish = CertificateParams::default();
    wish.distinguished_name
        .push(DnType::CommonName, "certificate authority");
    wish.subject_alt_names = vec![uri("holdfast://acme/other/1")];
    wish.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let csr = wish.serialize_request(&key).expect("a request");
    let request = TillRequest::parse(csr.der()).expect("its own key");
    let certificate = authority
        .issue_till(
            &request,
            &subject("leeds", 7),
            NOW,
            CertificateSerial([0xFF; 16]),
        )
        .expect("issued");

    let identity = identify(&certificate, &tenant("acme")).expect("a till");
    assert_eq!(identity.uri(), "holdfast://acme/leeds/7");
    assert_eq!(identity.public_key.0, key.public_key_raw());
    let (_, parsed) = X509Certificate::from_der(&certificate).expect("a certificate");
    assert!(!parsed.is_ca());
    let days = parsed
        .validity()
        .not_after
        .timestamp()
        .saturating_sub(NOW.milliseconds() / 1_000)
        / 86_400;
    assert_eq!(days, 30);
    assert_eq!(
        identify(&certificate, &tenant("other")),
        Err(IdentityRefusal::OtherTenant)
    );
}

#[test]
fn a_request_must_prove_its_key() {
    let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let csr = CertificateParams::default()
        .serialize_request(&key)
        .expect("a request");
    let mut forged = csr.der().to_vec();
    *forged.last_mut().expect("not empty") ^= 1;
    assert!(matches!(
        TillRequest::parse(&forged),
        Err(RequestRefusal::Malformed(_))
    ));
    assert!(matches!(
        TillRequest::parse(&[0; 9_000]),
        Err(RequestRefusal::TooLong(9_000))
    ));
    let ecdsa = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
    let csr = CertificateParams::default()
        .serialize_request(&ecdsa)
        .expect("a request");
    assert!(matches!(
        TillRequest::parse(csr.der()),
        Err(RequestRefusal::KeyKind)
    ));
}

#[test]
fn only_one_name_of_our_shape_is_somebody() {
    let ours = tenant("acme");
    let good = with_names(&[uri("holdfast://acme/leeds/7")]);
    assert!(identify(&good, &ours).is_ok());
    for text in [
        "holdfast://acme/leeds/07",
        "holdfast://acme/leeds/+7",
        "holdfast://acme/leeds/1048576",
        "holdfast://acme/leeds/*",
        "holdfast://acme/*/7",
        "holdfast://acme/leeds/7/",
        "holdfast://acme/leeds/7\0",
        "holdfast://acme/le\0eds/7",
        "holdfast://acme//7",
        "holdfast://acme/leeds",
        "HOLDFAST://acme/leeds/7",
        "https://acme/leeds/7",
        "holdfast://acme/leeds/7?x",
        "holdfast://acme/le%2feds/7",
        "",
    ] {
        let refused = identify(&with_names(&[uri(text)]), &ours);
        assert_eq!(refused, Err(IdentityRefusal::Shape), "{text:?}");
    }
    let names: [&[SanType]; 3] = [
        &[],
        &[
            uri("holdfast://acme/leeds/7"),
            uri("holdfast://acme/leeds/8"),
        ],
        &[SanType::DnsName(
            "holdfast-server".try_into().expect("ASCII"),
        )],
    ];
    for names in names {
        let refused = identify(&with_names(names), &ours);
        assert_eq!(refused, Err(IdentityRefusal::Names), "{names:?}");
    }
    let mut trailing = good.to_vec();
    trailing.push(0);
    assert_eq!(
        identify(&trailing.into(), &ours),
        Err(IdentityRefusal::Malformed)
    );
}

#[test]
fn no_two_stores_are_written_alike() {
    let identity = |tenant_name: &str, store: &str| PeerIdentity {
        tenant: tenant(tenant_name),
        store: StoreId::new(store).expect("a store"),
        node: NodeNumber::SERVER,
        public_key: PublicKey([0; 32]),
    };
    let (one, other) = (identity("a/b", "c"), identity("a", "b/c"));
    assert_ne!(one.uri(), other.uri());
    for whose in [one, other] {
        assert_eq!(
            PeerIdentity::parse(&whose.uri(), whose.public_key),
            Some(whose)
        );
    }
}
