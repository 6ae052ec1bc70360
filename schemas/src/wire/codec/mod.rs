//! Messages to bytes and back.

mod bulk;
mod error;
mod frame;
mod payload;

use serde::{Serialize, de::DeserializeOwned};

use self::{
    bulk::{Reader, Writer},
    payload::Bulk,
};
use super::{
    Message,
    limits::{CONTROL_BYTES_MAX, FRAME_BYTES_MAX},
};

pub use error::{BulkError, WireError};
pub use frame::FrameDecoder;

/// The bytes of the length field.
const LENGTH_BYTES: usize = 4;

/// Writes one message as one frame.
///
/// # Errors
/// [`WireError`] where the message goes over a limit, or is one that never travels (an [`super::Answer`] that the
/// other end gives itself).
pub fn encode(message: &Message) -> Result<Vec<u8>, WireError> {
    let mut writer = Writer(vec![0; LENGTH_BYTES]);
    writer.u8(message.kind());
    write_payload(message, &mut writer)?;
    let bytes = writer.0.len() - LENGTH_BYTES;
    match u32::try_from(bytes) {
        Ok(length) if bytes <= FRAME_BYTES_MAX => {
            writer.0[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
            Ok(writer.0)
        }
        Ok(_) | Err(_) => Err(WireError::FrameTooLong { bytes }),
    }
}

/// Declares for each message how its payload is written, once, for both directions.
macro_rules! payloads {
    ($($variant:ident: $codec:ident;)+) => {
        fn write_payload(message: &Message, writer: &mut Writer) -> Result<(), WireError> {
            let name = message.name();
            match message {
                $(Message::$variant(payload) => payloads!(@write $codec, name, payload, writer),)+
            }
        }

        /// Reads one message; `None` for a type that this version does not know.
        fn read_payload(kind: u8, payload: &[u8]) -> Result<Option<Message>, WireError> {
            let known = Message::KINDS.iter().find(|(known, _)| *known == kind);
            let Some((_, name)) = known else {
                return Ok(None);
            };
            $(if *name == stringify!($variant) {
                return payloads!(@read $codec, name, payload).map(|payload| Some(Message::$variant(payload)));
            })+
            Ok(None)
        }
    };
    (@write json, $name:ident, $payload:ident, $writer:ident) => { write_json($name, $payload, $writer) };
    (@write bulk, $name:ident, $payload:ident, $writer:ident) => { write_bulk($name, $payload, $writer) };
    (@read json, $name:ident, $payload:ident) => { read_json($name, $payload) };
    (@read bulk, $name:ident, $payload:ident) => { read_bulk($name, $payload) };
}

payloads! {
    Hello: json;
    Welcome: json;
    Refuse: json;
    Push: bulk;
    PushAck: json;
    LogOffer: json;
    LogWants: json;
    PullFeed: json;
    FeedPage: bulk;
    PullReference: json;
    ReferencePage: bulk;
    PullDigest: json;
    DigestAnswer: bulk;
    PullHashes: json;
    HashesAnswer: bulk;
    PullChanges: bulk;
    RepairPage: bulk;
    Ask: json;
    AskAnswer: json;
    OrderFound: bulk;
    RenewCertificate: json;
    CertificateRenewal: json;
    Ping: json;
    Pong: json;
}

fn write_json(
    message: &'static str,
    payload: &impl Serialize,
    writer: &mut Writer,
) -> Result<(), WireError> {
    let before = writer.0.len();
    serde_json::to_writer(&mut writer.0, payload)
        .map_err(|source| WireError::Json { message, source })?;
    let bytes = writer.0.len() - before;
    if bytes > CONTROL_BYTES_MAX {
        return Err(WireError::ControlTooLong { message, bytes });
    }
    Ok(())
}

fn read_json<T: DeserializeOwned>(message: &'static str, payload: &[u8]) -> Result<T, WireError> {
    if payload.len() > CONTROL_BYTES_MAX {
        return Err(WireError::ControlTooLong {
            message,
            bytes: payload.len(),
        });
    }
    serde_json::from_slice(payload).map_err(|source| WireError::Json { message, source })
}

fn write_bulk(
    message: &'static str,
    payload: &impl Bulk,
    writer: &mut Writer,
) -> Result<(), WireError> {
    payload
        .write(writer)
        .map_err(|source| WireError::Bulk { message, source })
}

fn read_bulk<T: Bulk>(message: &'static str, payload: &[u8]) -> Result<T, WireError> {
    let mut reader = Reader(payload);
    T::read(&mut reader)
        .and_then(|read| reader.end().map(|()| read))
        .map_err(|source| WireError::Bulk { message, source })
}
