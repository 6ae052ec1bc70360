//! Enrolment against a small server: what a till accepts, and what it refuses.

use std::sync::Arc;

use holdfast_node::{
    enrol::{self, CertificateError, EnrolError, IdentityFolder},
    net::{self, NetError},
};
use holdfast_schemas::{
    identity::NodeNumber,
    wire::enrol::{
        Der, ENROL_ALPN, ENROL_STREAM_BYTES_MAX, EnrolAnswer, EnrolCode, EnrolRefusal,
        EnrolRequest, SERVER_NAME, read_enrol_frame, write_enrol_frame,
    },
};
use quinn::Endpoint;
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use rustls::time_provider::DefaultTimeProvider;

use crate::authority::{Authority, NAME, NOW, address};

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

/// Lets a till enrol at a server that answers with `answer`.
async fn enrol_with(
    server: &Endpoint,
    folder: &IdentityFolder,
    code: EnrolCode,
    answer: impl FnOnce(EnrolRequest) -> EnrolAnswer,
) -> Result<enrol::Enrolment, EnrolError> {
    let client = net::endpoint().expect("works here");
    let (enrolled, ()) = tokio::join!(
        enrol::enrol(&client, folder, address(server), code, NOW, tls_time()),
        serve(server, answer)
    );
    enrolled
}

fn tls_time() -> Arc<DefaultTimeProvider> {
    Arc::new(DefaultTimeProvider)
}

fn folder() -> (tempfile::TempDir, IdentityFolder) {
    let data = tempfile::tempdir().expect("works here");
    let folder = IdentityFolder::within(data.path());
    (data, folder)
}

#[tokio::test]
async fn a_till_gets_its_place_and_keeps_it() {
    let authority = Authority::new();
    let server = authority.endpoint(SERVER_NAME, ENROL_ALPN);
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
        tls_time(),
    )
    .await;
    assert!(matches!(again, Err(EnrolError::AlreadyEnrolled { till }) if till == "example/s1/12"));
}

#[tokio::test]
async fn the_next_certificate_is_kept_when_it_fits() {
    let authority = Authority::new();
    let server = authority.endpoint(SERVER_NAME, ENROL_ALPN);
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
    let server = authority.endpoint(SERVER_NAME, ENROL_ALPN);
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
    let server = authority.endpoint(SERVER_NAME, ENROL_ALPN);
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
        Authority::new().endpoint(SERVER_NAME, ENROL_ALPN),
        trusted.endpoint("another-server", ENROL_ALPN),
    ] {
        let client = net::endpoint().expect("works here");
        let (enrolled, incoming) = tokio::join!(
            enrol::enrol(
                &client,
                &folder,
                address(&server),
                trusted.code(),
                NOW,
                tls_time()
            ),
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
