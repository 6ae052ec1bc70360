//! Enrolment: how a till becomes one, and how it stays one.
//!
//! The till makes its own key and shows the server a signing request: first with a code that an operator made, later
//! over its sync connection. What comes back is checked before it is kept: see `certificate`.

mod certificate;
mod files;
mod signer;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use holdfast_schemas::{
    time::Timestamp,
    wire::enrol::{
        CaFingerprint, Der, ENROL_STREAM_BYTES_MAX, EnrolAnswer, EnrolCode, EnrolFrameError,
        EnrolRefusal, EnrolRequest, read_enrol_frame, write_enrol_frame,
    },
};
use quinn::Endpoint;
use rcgen::{CertificateParams, KeyPair};
use rustls::time_provider::TimeProvider;

pub use certificate::{CertificateError, Validity, validity};
pub use files::{Enrolment, IdentityFolder};
pub use signer::TillSigner;

pub(crate) use certificate::authority;

use crate::{
    net::{NetError, connect, tls},
    settings::ServerAddress,
};

/// Why a till could not be enrolled, or its certificate not be renewed.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// There is no key or no enrolment.
    #[error("this till is not enrolled: {} holds no enrolment", folder.display())]
    NotEnrolled {
        /// Where they were looked for.
        folder: PathBuf,
    },
    /// There is one already.
    #[error("this till is enrolled already, as {till}")]
    AlreadyEnrolled {
        /// Tenant, store and node.
        till: String,
    },
    /// A file can't be read or written.
    #[error("{} can't be read or written", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The enrolment file can't be understood.
    #[error("the enrolment {} can't be understood", path.display())]
    EnrolmentFile {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// The key can't be made or read, or can't sign.
    #[error("the till's key can't be used")]
    Key(#[source] rcgen::Error),
    /// The server can't be reached, or is not the one that is trusted.
    #[error("can't talk to the server at {server}")]
    Net {
        /// Where.
        server: ServerAddress,
        /// Why not.
        source: NetError,
    },
    /// What was said is not the protocol.
    #[error("the server does not speak the enrolment protocol")]
    Frame(#[from] EnrolFrameError),
    /// The server said no.
    #[error("the server does not let this till in")]
    Refused(#[source] EnrolRefusal),
    /// The answer is not what was asked for.
    #[error("the certificate that the server gave is refused")]
    Certificate(#[from] CertificateError),
}

impl EnrolError {
    /// What a person does about it, where that is known.
    #[must_use]
    pub fn what_to_do(&self) -> Option<&'static str> {
        match self {
            Self::NotEnrolled { .. } => Some(
                "Make the data folder (holdfast-node init), have a code made at the server (holdfast-server till enrol-code \
                 --store STORE), then: holdfast-node enrol --code CODE --server HOST:PORT.",
            ),
            Self::AlreadyEnrolled { .. } => Some(
                "To make another till of this machine, give it a data folder of its own (--data-dir).",
            ),
            Self::Refused(
                EnrolRefusal::CodeUnknown | EnrolRefusal::CodeUsed | EnrolRefusal::CodeExpired,
            ) => Some(
                "Have a new code made at the server: holdfast-server till enrol-code --store STORE.",
            ),
            Self::Refused(EnrolRefusal::NotNow) => Some("Try again in a moment."),
            Self::Net { .. } => Some(
                "See that the server runs, and that --server, or server.address in the settings, names it.",
            ),
            Self::Refused(EnrolRefusal::RequestMalformed | EnrolRefusal::Other)
            | Self::File { .. }
            | Self::EnrolmentFile { .. }
            | Self::Key(_)
            | Self::Frame(_)
            | Self::Certificate(_) => None,
        }
    }

    fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }
}

/// Asks the server at `server` to let this till in, and keeps the certificate that it gives.
///
/// A try that breaks off keeps the till's key, so that it can be repeated. `tls_time` is the time by which the server's
/// certificate is checked.
///
/// # Errors
/// [`EnrolError`]; nothing is kept but the till's key.
pub async fn enrol(
    endpoint: &Endpoint,
    folder: &IdentityFolder,
    server: ServerAddress,
    code: EnrolCode,
    now: Timestamp,
    tls_time: Arc<dyn TimeProvider>,
) -> Result<Enrolment, EnrolError> {
    match folder.enrolment() {
        Ok(Enrolment { enrolled, .. }) => {
            return Err(EnrolError::AlreadyEnrolled {
                till: format!("{}/{}/{}", enrolled.tenant, enrolled.store, enrolled.node),
            });
        }
        Err(EnrolError::NotEnrolled { .. }) => {}
        Err(error) => return Err(error),
    }
    let key = folder.key_or_new()?;
    let request = EnrolRequest {
        code_secret: code.secret,
        request_der: signing_request(&key)?,
    };
    let net_error = |source| EnrolError::Net {
        server: server.clone(),
        source,
    };
    let tls = tls::enrolling(code.ca, tls_time).map_err(net_error)?;
    let answer = match exchange(endpoint, &server, &request, tls).await {
        Ok(answer) => answer,
        Err(ExchangeError::Net(source)) => return Err(net_error(source)),
        Err(ExchangeError::Frame(error)) => return Err(error.into()),
    };
    match answer {
        EnrolAnswer::Refused(refusal) => Err(EnrolError::Refused(refusal)),
        EnrolAnswer::Enrolled(enrolled) => {
            certificate::check(&enrolled, code.ca, &key, now)?;
            let enrolment = Enrolment { server, enrolled };
            folder.keep(&enrolment)?;
            Ok(enrolment)
        }
    }
}

/// The till's request for its next certificate.
///
/// # Errors
/// [`EnrolError`] where the key can't be used.
pub fn renewal_request(folder: &IdentityFolder) -> Result<Der, EnrolError> {
    signing_request(&folder.key()?)
}

/// Checks the next certificate and keeps it.
///
/// # Errors
/// [`EnrolError::Certificate`] where it is not what was asked for; the present one stays.
pub fn keep_renewed(
    folder: &IdentityFolder,
    certificate: Der,
    now: Timestamp,
) -> Result<Enrolment, EnrolError> {
    let key = folder.key()?;
    let mut enrolment = folder.enrolment()?;
    let ca = CaFingerprint::of_certificate(&authority(&enrolment.enrolled)?);
    match enrolment.enrolled.certificates.first_mut() {
        Some(leaf) => *leaf = certificate,
        None => return Err(CertificateError::Count { count: 0 }.into()),
    }
    certificate::check(&enrolment.enrolled, ca, &key, now)?;
    folder.keep(&enrolment)?;
    Ok(enrolment)
}

enum ExchangeError {
    Net(NetError),
    Frame(EnrolFrameError),
}

async fn exchange(
    endpoint: &Endpoint,
    server: &ServerAddress,
    request: &EnrolRequest,
    tls: quinn::ClientConfig,
) -> Result<EnrolAnswer, ExchangeError> {
    let frame = write_enrol_frame(request).map_err(ExchangeError::Frame)?;
    let broken = |source: Box<dyn std::error::Error + Send + Sync>| {
        ExchangeError::Net(NetError::Broken(source))
    };
    let connection = connect(endpoint, server, tls)
        .await
        .map_err(ExchangeError::Net)?;
    let (mut send, mut receive) = connection
        .open_bi()
        .await
        .map_err(|error| broken(error.into()))?;
    send.write_all(&frame)
        .await
        .map_err(|error| broken(error.into()))?;
    // The stream is new and was not stopped by us, so it can be finished.
    send.finish().map_err(|error| broken(error.into()))?;
    let stream = receive
        .read_to_end(ENROL_STREAM_BYTES_MAX)
        .await
        .map_err(|error| broken(error.into()))?;
    connection.close(0_u32.into(), b"done");
    read_enrol_frame(&stream).map_err(ExchangeError::Frame)
}

fn signing_request(key: &KeyPair) -> Result<Der, EnrolError> {
    let request = CertificateParams::default()
        .serialize_request(key)
        .map_err(EnrolError::Key)?;
    // A request with one Ed25519 key and an empty name has about 150 bytes.
    Ok(Der::new(request.der().to_vec()).expect("a signing request is short"))
}
