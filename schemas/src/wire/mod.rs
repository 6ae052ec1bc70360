//! The wire protocol, version 1: what till and server say to each other.
//!
//! One bidirectional QUIC stream a connection, ALPN [`ALPN`]. A frame is
//!
//! ```text
//! length: u32 big-endian, counts what follows │ message type: u8 │ payload
//! ```
//!
//! Control messages have a JSON payload; a reader passes over fields that it does not know. Bulk messages have a
//! small binary header and a zstd block. A message type with [`OPTIONAL_BIT`] that a reader does not know is passed
//! over; without it, the reader refuses to go on, because the message matters.

mod ask;
mod codec;
pub mod enrol;
pub mod export;
mod handshake;
pub mod limits;
mod reference;
mod transfer;

pub use ask::*;
pub use codec::{BulkError, FrameDecoder, WireError, encode};
pub use handshake::*;
pub use reference::*;
pub use transfer::*;

/// The application protocol of sync connections.
pub const ALPN: &[u8] = b"holdfast/1";

/// Set in the type of a message that may be passed over by who does not know it.
pub const OPTIONAL_BIT: u8 = 0x80;

/// Declares the messages: their types, once, for writing and reading.
macro_rules! messages {
    ($($(#[$doc:meta])* $variant:ident($payload:ty) = $kind:literal;)+) => {
        /// One message.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Message {
            $($(#[$doc])* $variant($payload),)+
        }

        impl Message {
            /// Every message type of this version, with its name.
            pub const KINDS: &'static [(u8, &'static str)] = &[$(($kind, stringify!($variant)),)+];

            /// The type byte.
            #[must_use]
            pub fn kind(&self) -> u8 {
                match self {
                    $(Self::$variant(_) => $kind,)+
                }
            }

            /// The message's name, for logs.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => stringify!($variant),)+
                }
            }
        }

        $(impl From<$payload> for Message {
            fn from(payload: $payload) -> Self {
                Self::$variant(payload)
            }
        })+
    };
}

messages! {
    /// Till: who I am, and what I have.
    Hello(Box<Hello>) = 0x01;
    /// Server: it fits; go on.
    Welcome(Box<Welcome>) = 0x02;
    /// Either: it does not fit. The sender closes.
    Refuse(Refuse) = 0x03;
    /// Till: entries of a log.
    Push(Push) = 0x10;
    /// Server: up to where the log is durable.
    PushAck(PushAck) = 0x11;
    /// Till: other tills' logs that I hold.
    LogOffer(LogOffer) = 0x12;
    /// Server: those that I lack.
    LogWants(LogWants) = 0x13;
    /// Till: the feed after my cursor, please.
    PullFeed(PullFeed) = 0x20;
    /// Server: a page of the feed.
    FeedPage(FeedPage) = 0x21;
    /// Till: reference data after my version, please.
    PullReference(PullReference) = 0x22;
    /// Server: a page of reference data.
    ReferencePage(ReferencePage) = 0x23;
    /// Till: the digest of my scope, please.
    PullDigest(PullDigest) = 0x30;
    /// Server: the digest.
    DigestAnswer(DigestAnswer) = 0x31;
    /// Till: the hashes in a bucket, please.
    PullHashes(PullHashes) = 0x32;
    /// Server: the hashes.
    HashesAnswer(HashesAnswer) = 0x33;
    /// Till: these changes, please.
    PullChanges(PullChanges) = 0x34;
    /// Server: the changes.
    RepairPage(RepairPage) = 0x35;
    /// Either: a question.
    Ask(Ask) = 0x40;
    /// Either: an answer.
    AskAnswer(AskAnswer) = 0x41;
    /// Server: the answer to a look-up that found something.
    OrderFound(OrderFound) = 0x42;
    /// Till: a new certificate, please.
    RenewCertificate(RenewCertificate) = 0x50;
    /// Server: the new certificate.
    CertificateRenewal(CertificateRenewal) = 0x51;
    /// Till: are you there?
    Ping(Ping) = 0xe0;
    /// Server: yes.
    Pong(Pong) = 0xe1;
}

/// The answer to a look-up that found something: [`Answer::Found`], on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFound {
    /// The question's number.
    pub id: AskId,
    /// What was found.
    pub found: FoundOrder,
}
