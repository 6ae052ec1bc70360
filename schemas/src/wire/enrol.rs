//! Enrolment: how a till gets its first certificate. The next ones it gets over its sync connection.
//!
//! A connection of its own, on the server's endpoint, under the protocol name [`ENROL_ALPN`]. The till opens one
//! bidirectional stream, writes one frame with an [`EnrolRequest`] and finishes; the server answers with one frame with
//! an [`EnrolAnswer`] and finishes. A frame is its length (4 bytes, big-endian) and so many bytes of JSON; unknown
//! fields are passed over.
//!
//! The till shows an [`EnrolCode`], which an operator of the server made: its secret proves to the server that the
//! till may come in, its fingerprint proves to the till that it talks to that server.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use super::{Der, limits::DER_BYTES_MAX};

use crate::{
    identity::{NodeNumber, StoreId, TenantId},
    text::{CROCKFORD_DIGITS, decode_crockford_digit, decode_hex, encode_hex},
};

/// The protocol name of an enrolment connection.
pub const ENROL_ALPN: &[u8] = b"holdfast-enrol/1";

/// The name that the server's certificate bears, and by which tills call it whatever its address.
pub const SERVER_NAME: &str = "holdfast-server";

/// The most bytes that an enrolment frame's JSON may have.
pub const ENROL_FRAME_BYTES_MAX: usize = 64 * 1024;

/// The most certificates in a chain: the till's own, and its issuers up to the root.
pub const CHAIN_CERTIFICATES_MAX: usize = 4;

const LENGTH_BYTES: usize = 4;

/// The one-time secret of an enrolment code: 16 random bytes, in JSON 32 digits of lower-case hexadecimal.
/// `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeSecret([u8; CodeSecret::BYTES]);

impl CodeSecret {
    /// How many bytes it has.
    pub const BYTES: usize = 16;

    /// A secret by its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes. Whoever keeps them keeps a hash of them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Debug for CodeSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CodeSecret(..)")
    }
}

impl TryFrom<String> for CodeSecret {
    type Error = CodeSecretError;
    fn try_from(text: String) -> Result<Self, CodeSecretError> {
        decode_hex(&text).map(Self).ok_or(CodeSecretError)
    }
}

impl From<CodeSecret> for String {
    fn from(secret: CodeSecret) -> Self {
        encode_hex(&secret.0)
    }
}

/// A text that is no hexadecimal of the wanted length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a code's secret is 32 digits of lower-case hexadecimal")]
pub struct CodeSecretError;

/// The SHA-256 of the certificate of the authority that issues all certificates of a server and its tills.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaFingerprint([u8; CaFingerprint::BYTES]);

impl CaFingerprint {
    /// How many bytes it has.
    pub const BYTES: usize = 32;

    /// The fingerprint of a certificate in DER.
    #[must_use]
    pub fn of_certificate(certificate_der: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(certificate_der).into())
    }

    /// A fingerprint by its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Display for CaFingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&encode_hex(&self.0))
    }
}

impl fmt::Debug for CaFingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CaFingerprint({self})")
    }
}

/// What an operator of the server hands to whoever sets a till up: `HF1-` and 77 digits of Crockford base 32 in groups
/// of seven. `Debug` does not show the secret; `Display` does, for that is its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrolCode {
    /// Proves to the server that the till may come in, once.
    pub secret: CodeSecret,
    /// Proves to the till that it talks to the right server.
    pub ca: CaFingerprint,
}

/// Why a text is no enrolment code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnrolCodeError {
    /// It does not begin with `HF1-`.
    #[error("an enrolment code begins with {prefix}", prefix = EnrolCode::PREFIX)]
    Prefix,
    /// Too many or too few characters, not counting spaces and hyphens.
    #[error("an enrolment code has {digits} characters after {prefix}, this has {0}", digits = EnrolCode::DIGITS, prefix = EnrolCode::PREFIX)]
    Length(usize),
    /// A character that is no digit of Crockford's base 32.
    #[error("{0:?} is in no enrolment code")]
    Character(char),
    /// The bit that is left over is set: no code is written so.
    #[error("the enrolment code was mistyped at its end")]
    Padding,
}

impl EnrolCode {
    /// What every code of this version begins with.
    pub const PREFIX: &str = "HF1-";
    const BYTES: usize = CodeSecret::BYTES + CaFingerprint::BYTES;
    const DIGITS: usize = (Self::BYTES * 8).div_ceil(5);
    const GROUP_DIGITS: usize = 7;
}

impl fmt::Display for EnrolCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Self::PREFIX)?;
        let bytes = self.secret.0.iter().chain(&self.ca.0);
        let mut bits = bytes
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
            .chain(std::iter::repeat(0));
        for index in 0..Self::DIGITS {
            if index > 0 && index.is_multiple_of(Self::GROUP_DIGITS) {
                formatter.write_str("-")?;
            }
            let digit = bits
                .by_ref()
                .take(5)
                .fold(0_u8, |digit, bit| digit << 1 | bit);
            write!(
                formatter,
                "{}",
                char::from(CROCKFORD_DIGITS[usize::from(digit)])
            )?;
        }
        Ok(())
    }
}

impl FromStr for EnrolCode {
    type Err = EnrolCodeError;

    /// Reads what people type or paste: either case, look-alike letters, with or without hyphens and spaces.
    fn from_str(text: &str) -> Result<Self, EnrolCodeError> {
        let text = text.trim();
        let digits = text
            .get(..Self::PREFIX.len())
            .filter(|prefix| prefix.eq_ignore_ascii_case(Self::PREFIX))
            .map(|prefix| &text[prefix.len()..])
            .ok_or(EnrolCodeError::Prefix)?
            .chars()
            .filter(|character| !matches!(character, '-' | ' '))
            .map(|character| {
                decode_crockford_digit(character).ok_or(EnrolCodeError::Character(character))
            })
            .collect::<Result<Vec<u8>, _>>()?;
        if digits.len() != Self::DIGITS {
            return Err(EnrolCodeError::Length(digits.len()));
        }
        let mut bits = digits
            .iter()
            .flat_map(|digit| (0..5).rev().map(move |bit| digit >> bit & 1));
        let mut byte = || {
            bits.by_ref()
                .take(8)
                .fold(0_u8, |byte, bit| byte << 1 | bit)
        };
        let secret = std::array::from_fn(|_| byte());
        let ca = std::array::from_fn(|_| byte());
        if bits.any(|bit| bit != 0) {
            return Err(EnrolCodeError::Padding);
        }
        Ok(Self {
            secret: CodeSecret(secret),
            ca: CaFingerprint(ca),
        })
    }
}

/// What a till asks for: its first certificate, against a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The code's secret.
    pub code_secret: CodeSecret,
    /// A PKCS#10 signing request with the till's own Ed25519 key. Only its key and its proof of possession count.
    pub request_der: Der,
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrolAnswer {
    /// The till is let in.
    Enrolled(Enrolled),
    /// It is not.
    Refused(EnrolRefusal),
}

/// A till's place in the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// Whose till it is.
    pub tenant: TenantId,
    /// In which store it stands.
    pub store: StoreId,
    /// Its number, never assigned again.
    pub node: NodeNumber,
    /// Its certificate and the issuers, the root last; at most [`CHAIN_CERTIFICATES_MAX`].
    pub certificates: Vec<Der>,
}

/// Why a till is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum EnrolRefusal {
    /// No code has this secret.
    #[error("the enrolment code is not known")]
    CodeUnknown,
    /// The code has let a till in already.
    #[error("the enrolment code was used already")]
    CodeUsed,
    /// The code's time is over.
    #[error("the enrolment code is expired")]
    CodeExpired,
    /// The signing request can't be read, is not signed with its own key, or its key is no Ed25519 key.
    #[error("the signing request was not accepted")]
    RequestMalformed,
    /// The server can't do it now.
    #[error("the server can't enrol a till now")]
    NotNow,
    /// A reason of a later version.
    #[serde(other)]
    #[error("the server refused for a reason that this version does not know")]
    Other,
}

/// Why a frame can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum EnrolFrameError {
    /// Over [`ENROL_FRAME_BYTES_MAX`].
    #[error("an enrolment frame has {bytes} bytes; at most {ENROL_FRAME_BYTES_MAX} are allowed")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// The stream ended in the middle of the frame, or went on after it.
    #[error("an enrolment stream holds one whole frame and nothing else")]
    NotOneFrame,
    /// Not the JSON that is wanted.
    #[error("an enrolment frame is malformed")]
    Malformed(#[source] serde_json::Error),
}

/// The most bytes that an enrolment stream may carry in one direction.
pub const ENROL_STREAM_BYTES_MAX: usize = LENGTH_BYTES + ENROL_FRAME_BYTES_MAX;

/// Writes a request or answer as the one frame of its stream.
///
/// # Errors
/// [`EnrolFrameError::TooLong`].
pub fn write_enrol_frame(message: &impl Serialize) -> Result<Vec<u8>, EnrolFrameError> {
    let json = serde_json::to_vec(message).map_err(EnrolFrameError::Malformed)?;
    let too_long = EnrolFrameError::TooLong { bytes: json.len() };
    if json.len() > ENROL_FRAME_BYTES_MAX {
        return Err(too_long);
    }
    let Ok(length) = u32::try_from(json.len()) else {
        return Err(too_long);
    };
    let mut frame = Vec::with_capacity(LENGTH_BYTES + json.len());
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&json);
    Ok(frame)
}

/// Reads all that a stream carried, which is to be one frame.
///
/// # Errors
/// [`EnrolFrameError`], naming what is wrong.
pub fn read_enrol_frame<T: DeserializeOwned>(stream: &[u8]) -> Result<T, EnrolFrameError> {
    let (length, json) = stream
        .split_first_chunk::<LENGTH_BYTES>()
        .ok_or(EnrolFrameError::NotOneFrame)?;
    let length =
        usize::try_from(u32::from_be_bytes(*length)).map_err(|_| EnrolFrameError::NotOneFrame)?;
    if length > ENROL_FRAME_BYTES_MAX {
        return Err(EnrolFrameError::TooLong { bytes: length });
    }
    if length != json.len() {
        return Err(EnrolFrameError::NotOneFrame);
    }
    serde_json::from_slice(json).map_err(EnrolFrameError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code() -> EnrolCode {
        EnrolCode {
            secret: CodeSecret::from_bytes(std::array::from_fn(|index| {
                u8::try_from(index).expect("small")
            })),
            ca: CaFingerprint::from_bytes([0xA5; 32]),
        }
    }

    proptest! {
        #[test]
        fn a_code_reads_what_it_writes(secret: [u8; 16], ca: [u8; 32]) {
            let code = EnrolCode { secret: CodeSecret::from_bytes(secret), ca: CaFingerprint::from_bytes(ca) };
            let text = code.to_string();
            prop_assert_eq!(text.parse(), Ok(code));
            prop_assert_eq!(text.to_lowercase().replace('-', " ").replacen("hf1 ", "hf1-", 1).parse(), Ok(code));
        }

        #[test]
        fn no_frame_of_any_bytes_panics(bytes: Vec<u8>) {
            let _ = read_enrol_frame::<EnrolRequest>(&bytes);
        }
    }

    #[test]
    fn a_code_has_this_text() {
        assert_eq!(
            code().to_string(),
            "HF1-000G40R-40M30E2-09185GR-38E1YJT-B9D5MPJ-TB9D5MP-JTB9D5M-PJTB9D5-MPJTB9D-5MPJTB9-D5MPJTA"
        );
    }

    #[test]
    fn a_code_is_refused_with_what_is_wrong() {
        let text = code().to_string();
        assert_eq!("".parse::<EnrolCode>(), Err(EnrolCodeError::Prefix));
        assert_eq!("HF2-000".parse::<EnrolCode>(), Err(EnrolCodeError::Prefix));
        assert_eq!(
            "HF1-000".parse::<EnrolCode>(),
            Err(EnrolCodeError::Length(3))
        );
        assert_eq!(
            text.replace("000G", "U00G").parse::<EnrolCode>(),
            Err(EnrolCodeError::Character('U'))
        );
        let padded = format!("{}B", &text[..text.len() - 1]);
        assert_eq!(padded.parse::<EnrolCode>(), Err(EnrolCodeError::Padding));
    }

    #[test]
    fn nothing_shows_the_secret_by_accident() {
        let request = EnrolRequest {
            code_secret: code().secret,
            request_der: Der::new([1, 2, 3]).expect("short"),
        };
        assert!(!format!("{request:?} {:?}", code()).contains("0001"));
    }

    #[test]
    fn requests_and_answers_have_this_json() {
        let request = EnrolRequest {
            code_secret: code().secret,
            request_der: Der::new([0x30, 0x00]).expect("short"),
        };
        let frame = write_enrol_frame(&request).expect("short");
        assert_eq!(
            std::str::from_utf8(&frame[4..]).expect("text"),
            r#"{"code_secret":"000102030405060708090a0b0c0d0e0f","request_der":"3000"}"#
        );
        assert_eq!(
            read_enrol_frame::<EnrolRequest>(&frame).expect("whole"),
            request
        );

        let later = br#"{"refused":"moon_is_full"}"#;
        let mut frame = u32::try_from(later.len())
            .expect("short")
            .to_be_bytes()
            .to_vec();
        frame.extend_from_slice(later);
        assert_eq!(
            read_enrol_frame::<EnrolAnswer>(&frame).expect("whole"),
            EnrolAnswer::Refused(EnrolRefusal::Other)
        );
    }

    #[test]
    fn a_stream_is_one_whole_frame() {
        let mut frame =
            write_enrol_frame(&EnrolAnswer::Refused(EnrolRefusal::CodeUsed)).expect("short");
        assert!(matches!(
            read_enrol_frame::<EnrolAnswer>(&frame[..frame.len() - 1]),
            Err(EnrolFrameError::NotOneFrame)
        ));
        frame.push(0);
        assert!(matches!(
            read_enrol_frame::<EnrolAnswer>(&frame),
            Err(EnrolFrameError::NotOneFrame)
        ));
        assert!(matches!(
            read_enrol_frame::<EnrolAnswer>(&[0xFF; 8]),
            Err(EnrolFrameError::TooLong { .. })
        ));
    }

    #[test]
    fn der_is_bounded() {
        assert!(Der::new(vec![0; DER_BYTES_MAX]).is_ok());
        assert!(Der::new(vec![0; DER_BYTES_MAX + 1]).is_err());
        for text in ["0", "0G", "é0"] {
            assert!(Der::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
