//! Enrolment and renewal: a till's key becomes a till's certificate.
//!
//! Enrolment is a connection of its own: one stream, one request, one answer (`schemas::wire::enrol`). The code is used up and the number given out in one
//! transaction of the registry; the certificate is signed after it, so two tills that race with one code can't both
//! get in, and a till whose answer was lost asks again with the same key and gets the same number.

use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    planted::{self, Planted},
    time::Timestamp,
    wire::{
        CertificateRenewal, Der, DerError,
        enrol::{
            CodeSecret, ENROL_STREAM_BYTES_MAX, EnrolAnswer, EnrolCode, EnrolFrameError,
            EnrolRefusal, EnrolRequest, Enrolled, read_enrol_frame, write_enrol_frame,
        },
    },
};
use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};

use crate::{
    pki::{
        Authority, CertificateSerial, PeerIdentity, PkiError, RequestRefusal, TillRequest,
        TillSubject,
    },
    store::{
        EnrolRefusal as CodeRefusal, EnrolmentCode, EnrolmentRequest, NodeRecord, Registry,
        SecretHash, StoreError,
    },
};

/// Makes a one-time code for a till of `store`, good for `lifetime_ms`.
///
/// # Errors
/// [`StoreError::UnknownStore`].
pub fn make_code(
    registry: &(impl Registry + ?Sized),
    authority: &Authority,
    store: StoreId,
    secret: CodeSecret,
    now: Timestamp,
    lifetime_ms: i64,
) -> Result<EnrolCode, StoreError> {
    registry.add_enrolment_code(&EnrolmentCode {
        secret: hash(secret),
        store,
        created_at: now,
        expires_at: now.plus_milliseconds(lifetime_ms),
    })?;
    Ok(EnrolCode {
        secret,
        ca: authority.fingerprint(),
    })
}

/// 128 random bits can't be guessed, so a fast hash does (see `api_key`).
fn hash(secret: CodeSecret) -> SecretHash {
    SecretHash(Sha256::digest(secret.as_bytes()).into())
}

/// Why a peer with a certificate of ours may not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdmitRefusal {
    /// The registry knows no such node, or knows it with another store or key.
    #[error("the registry does not know this till")]
    Unknown,
    /// It was shut out.
    #[error("the till is revoked")]
    Revoked,
}

/// Whether a peer may speak: the registry has its number, its store and its key, and has not revoked it. Asked at
/// every connection, for a certificate stays good for weeks after a revocation.
///
/// # Errors
/// [`StoreError`]; the refusal is the inner result.
pub fn admit(
    registry: &(impl Registry + ?Sized),
    peer: &PeerIdentity,
) -> Result<Result<NodeRecord, AdmitRefusal>, StoreError> {
    let Some(node) = registry.node(peer.node)? else {
        return Ok(Err(AdmitRefusal::Unknown));
    };
    if node.revoked_at.is_some() && !planted::is(Planted::RevocationForgotten) {
        return Ok(Err(AdmitRefusal::Revoked));
    }
    if node.store != peer.store || !node.public_keys.contains(&peer.public_key) {
        return Ok(Err(AdmitRefusal::Unknown));
    }
    Ok(Ok(node))
}

/// What answers enrolments.
#[derive(Clone, Copy)]
pub struct Enrolment<'a, R: ?Sized> {
    /// Who may come in, and who came in.
    pub registry: &'a R,
    /// What signs.
    pub authority: &'a Authority,
}

impl<R: Registry + ?Sized> Enrolment<'_, R> {
    /// Answers a till that shows a code.
    #[must_use]
    pub fn answer(
        &self,
        request: &EnrolRequest,
        now: Timestamp,
        serial: CertificateSerial,
    ) -> EnrolAnswer {
        match self.enrol(request.code_secret, &request.request_der, now, serial) {
            Ok(enrolled) => EnrolAnswer::Enrolled(enrolled),
            Err(refusal) => {
                tracing::info!(%refusal, "enrolment refused");
                EnrolAnswer::Refused(refusal)
            }
        }
    }

    fn enrol(
        &self,
        code_secret: CodeSecret,
        request_der: &Der,
        now: Timestamp,
        serial: CertificateSerial,
    ) -> Result<Enrolled, EnrolRefusal> {
        // Before the code is touched: a request that can't be signed must not use it up.
        let request = parse(request_der)?;
        let enrolled = self
            .registry
            .enrol(&EnrolmentRequest {
                secret: hash(code_secret),
                public_key: request.public_key(),
                at: now,
            })
            .map_err(not_now)?
            .map_err(|refusal| match refusal {
                CodeRefusal::UnknownCode => EnrolRefusal::CodeUnknown,
                CodeRefusal::UsedCode => EnrolRefusal::CodeUsed,
                CodeRefusal::ExpiredCode => EnrolRefusal::CodeExpired,
                CodeRefusal::NoNumberLeft => EnrolRefusal::NotNow,
            })?;
        tracing::info!(node = %enrolled.node, store = %enrolled.store, "till enrolled");
        let certificate = self
            .issue(&request, enrolled.store.clone(), enrolled.node, now, serial)
            .map_err(not_now)?;
        let certificates = [&certificate, self.authority.certificate()]
            .into_iter()
            .map(|der| Der::new(der.as_ref()).map_err(not_now))
            .collect::<Result<_, _>>()?;
        Ok(Enrolled {
            tenant: self.authority.tenant().clone(),
            store: enrolled.store,
            node: enrolled.node,
            certificates,
        })
    }

    /// Signs a till's key again, over a connection that its old certificate opened. Another key would be another
    /// author: that takes a new enrolment.
    #[must_use]
    pub fn renew(
        &self,
        peer: &PeerIdentity,
        request: &Der,
        now: Timestamp,
        serial: CertificateSerial,
    ) -> CertificateRenewal {
        match self.sign_again(peer, request, now, serial) {
            Ok(certificate) => {
                tracing::info!(node = %peer.node, "till's certificate renewed");
                CertificateRenewal::Issued { certificate }
            }
            Err(refusal) => {
                tracing::info!(node = %peer.node, %refusal, "renewal refused");
                CertificateRenewal::Refused
            }
        }
    }

    fn sign_again(
        &self,
        peer: &PeerIdentity,
        request: &Der,
        now: Timestamp,
        serial: CertificateSerial,
    ) -> Result<Der, RenewalRefusal> {
        let node = admit(self.registry, peer)??;
        let request = TillRequest::parse(request.as_bytes())?;
        if request.public_key() != peer.public_key {
            return Err(RenewalRefusal::OtherKey);
        }
        let certificate = self.issue(&request, node.store, node.node, now, serial)?;
        Ok(Der::new(certificate.as_ref())?)
    }

    fn issue(
        &self,
        request: &TillRequest,
        store: StoreId,
        node: NodeNumber,
        now: Timestamp,
        serial: CertificateSerial,
    ) -> Result<CertificateDer<'static>, PkiError> {
        let subject = TillSubject { store, node };
        self.authority.issue_till(request, &subject, now, serial)
    }
}

/// Why a certificate is not renewed. The till is told that it is not, the operator why.
#[derive(Debug, thiserror::Error)]
enum RenewalRefusal {
    #[error(transparent)]
    Admit(#[from] AdmitRefusal),
    #[error(transparent)]
    Request(#[from] RequestRefusal),
    #[error("the signing request is for another key than the till's")]
    OtherKey,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Pki(#[from] PkiError),
    #[error(transparent)]
    Length(#[from] DerError),
}

fn parse(request_der: &Der) -> Result<TillRequest, EnrolRefusal> {
    TillRequest::parse(request_der.as_bytes()).map_err(|refusal| {
        tracing::info!(%refusal, "signing request refused");
        EnrolRefusal::RequestMalformed
    })
}

/// The till is told to come again; the operator is told why.
fn not_now(error: impl std::error::Error + 'static) -> EnrolRefusal {
    tracing::error!(error = &error as &dyn std::error::Error, "can't enrol");
    EnrolRefusal::NotNow
}

/// Why an enrolment connection ended without an answer.
#[derive(Debug, thiserror::Error)]
pub enum EnrolConnectionError {
    /// The connection broke, or the peer opened no stream.
    #[error("the enrolment connection broke")]
    Connection(#[from] quinn::ConnectionError),
    /// The request was too long, or broke off.
    #[error("the enrolment request did not come whole")]
    Read(#[from] quinn::ReadToEndError),
    /// The answer could not be sent.
    #[error("the enrolment answer could not be sent")]
    Write(#[from] quinn::WriteError),
    /// The request is no request.
    #[error("the enrolment request is malformed")]
    Frame(#[from] EnrolFrameError),
}

/// Serves one connection that chose the enrolment protocol: one request, one answer, and waits until the peer has
/// it. Whoever calls this bounds its time.
///
/// # Errors
/// [`EnrolConnectionError`]: the peer got no answer.
pub async fn serve<R: Registry + ?Sized>(
    connection: &quinn::Connection,
    enrolment: Enrolment<'_, R>,
    now: Timestamp,
    serial: CertificateSerial,
) -> Result<(), EnrolConnectionError> {
    let (mut send, mut receive) = connection.accept_bi().await?;
    let bytes = receive.read_to_end(ENROL_STREAM_BYTES_MAX).await?;
    let request: EnrolRequest = read_enrol_frame(&bytes)?;
    let answer = enrolment.answer(&request, now, serial);
    send.write_all(&write_enrol_frame(&answer)?).await?;
    // Finishing can only fail where the peer has closed: then it has what it wants.
    if send.finish().is_ok() {
        let _ = send.stopped().await;
    }
    Ok(())
}

/// The certificate that a peer showed, if it showed one.
#[must_use]
pub fn peer_certificate(connection: &quinn::Connection) -> Option<CertificateDer<'static>> {
    let chain = connection
        .peer_identity()?
        .downcast::<Vec<CertificateDer<'static>>>()
        .ok()?;
    chain.first().cloned()
}
