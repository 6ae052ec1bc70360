//! Reference data and certificates on their way.

use serde::{Deserialize, Serialize};

use super::limits::{DER_BYTES_MAX, REFERENCE_RECORD_BYTES_MAX};
use crate::{identity::PriceListVersion, text::encode_hex, time::Timestamp};

/// The till asks for reference data after its version. The server answers when there is something, with one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullReference {
    /// The version that the till has.
    pub after: PriceListVersion,
}

/// One record of reference data as JSON text. Carried as it is: a till keeps what it does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceText(Box<str>);

/// A record that is too long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a record of reference data has {bytes} bytes; at most {REFERENCE_RECORD_BYTES_MAX} are allowed"
)]
pub struct ReferenceTextError {
    /// How long it is.
    pub bytes: usize,
}

impl ReferenceText {
    /// Checks the length.
    ///
    /// # Errors
    /// [`ReferenceTextError`] for more than [`REFERENCE_RECORD_BYTES_MAX`] bytes.
    pub fn new(json: impl Into<Box<str>>) -> Result<Self, ReferenceTextError> {
        let json = json.into();
        if json.len() > REFERENCE_RECORD_BYTES_MAX {
            return Err(ReferenceTextError { bytes: json.len() });
        }
        Ok(Self(json))
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One page of reference data. Every record that the server writes gets the next version number, and only the newest
/// of each record is kept, so a page can end anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferencePage {
    /// The version that was asked with.
    pub after: PriceListVersion,
    /// The version when the page is stored: more than `after`.
    pub through: PriceListVersion,
    /// The newest version when the page was read.
    pub end: PriceListVersion,
    /// At most [`super::limits::REFERENCE_RECORDS_MAX`], in the order of their versions.
    pub records: Vec<ReferenceText>,
}

/// A signing request or a certificate, in DER: at most [`DER_BYTES_MAX`] bytes. Opaque here; travels as hexadecimal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Der(Box<[u8]>);

/// Bytes or a text that can't be a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DerError {
    /// More than [`DER_BYTES_MAX`] bytes.
    #[error("a certificate has {bytes} bytes; at most {DER_BYTES_MAX} are allowed")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Not hexadecimal.
    #[error("a certificate travels as lower-case hexadecimal")]
    Text,
}

impl Der {
    /// Checks the length.
    ///
    /// # Errors
    /// [`DerError::TooLong`] for more than [`DER_BYTES_MAX`] bytes.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Result<Self, DerError> {
        let bytes = bytes.into();
        if bytes.len() > DER_BYTES_MAX {
            return Err(DerError::TooLong { bytes: bytes.len() });
        }
        Ok(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Der {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Der({} bytes)", self.0.len())
    }
}

impl TryFrom<String> for Der {
    type Error = DerError;
    fn try_from(text: String) -> Result<Self, DerError> {
        if text.len() > DER_BYTES_MAX * 2 {
            return Err(DerError::TooLong {
                bytes: text.len() / 2,
            });
        }
        let pairs = text.as_bytes().chunks(2);
        let bytes = pairs
            .map(|pair| {
                std::str::from_utf8(pair)
                    .ok()
                    .and_then(crate::text::decode_hex::<1>)
                    .map(|[byte]| byte)
            })
            .collect::<Option<Vec<u8>>>()
            .ok_or(DerError::Text)?;
        Self::new(bytes)
    }
}

impl From<Der> for String {
    fn from(der: Der) -> Self {
        encode_hex(&der.0)
    }
}

/// The till asks for a new certificate, over a connection that its old one still opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewCertificate {
    /// The signing request: proof that the till has the key. The server sets every other field itself.
    pub request: Der,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "renewal", rename_all = "snake_case")]
pub enum CertificateRenewal {
    /// The new certificate.
    Issued {
        /// The till's own certificate, without the chain.
        certificate: Der,
    },
    /// The request was malformed, or for a key that is not the enrolled one.
    Refused,
}

/// The till is still there, and asks whether the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {}

/// The server is. Sent in answer to each ping, and once after each pull of the feed when there is nothing to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// Whether the till has all of its feed.
    pub complete: bool,
    /// The server's clock. Shown to people, decides nothing.
    pub now: Timestamp,
}
