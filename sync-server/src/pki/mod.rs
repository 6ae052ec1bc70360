//! Trust: the tenant's certificate authority, the server's own certificate, the tills' certificates, and who a peer is.
//!
//! The authority is made once, by `init`, and its certificate's fingerprint travels in every enrolment code, so a
//! till trusts exactly this authority before it has ever spoken to the server. Everything is Ed25519: small, fast,
//! and its signatures need no randomness.

mod authority;
mod folder;
mod identity;
mod revocations;
mod signer;
mod tls;

pub use authority::{
    Authority, CERTIFICATE_DAYS_TILL, CertificateSerial, RequestRefusal, ServerCertificate,
    TillRequest, TillSubject, renewal_due_at,
};
pub use folder::PkiFolder;
pub use identity::{IdentityRefusal, PeerIdentity, identify};
pub use revocations::{PublicKeyText, Revocation, RevocationList, SecretHashText};
pub use signer::ServerSigner;
pub use tls::{http_tls, sync_tls};

use std::path::PathBuf;

/// Why a certificate or key can't be made, kept or used.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A certificate could not be made.
    #[error("can't make the {what}")]
    Make {
        /// Which certificate or key.
        what: &'static str,
        /// What the library says.
        source: rcgen::Error,
    },
    /// TLS does not take what it is given.
    #[error("TLS does not take the {what}")]
    Tls {
        /// What it was given.
        what: &'static str,
        /// What the library says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A private key is of another kind than it should be.
    #[error("the server's log key is not Ed25519")]
    Key,
    /// A file can't be read or written.
    #[error("can't {attempted} {}", file.display())]
    File {
        /// What was tried.
        attempted: &'static str,
        /// With which file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} does not hold a {what}", file.display())]
    Content {
        /// What it should hold.
        what: &'static str,
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Others on this machine may read a private key.
    #[error("{} may be read by others (mode {mode:03o}); take that away with: chmod 600", file.display())]
    Readable {
        /// Which file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}
