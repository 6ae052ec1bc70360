//! What goes into and comes out of the server's machine for one connection.

use crate::{
    identity::{ChangeHash, LogId, LogPosition, NodeNumber, PriceListVersion, StoreId, TenantId},
    log::{LogEntry, LogHead},
    wire::{
        Answer, AskId, Buckets, CertificateRenewal, Der, Dialect, FeedPage, FeedPosition,
        HeldRight, LogWant, Message, Push, Question, ReferencePage, Refuse, Right, ServerEpoch,
    },
};

/// Who the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerIdentity {
    /// The company.
    pub tenant: TenantId,
    /// The present life of its data.
    pub epoch: ServerEpoch,
    /// What it speaks.
    pub dialect: Dialect,
}

/// Who connected: what the client's certificate says, after the registry of nodes agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerIdentity {
    /// The company.
    pub tenant: TenantId,
    /// The till's store.
    pub store: StoreId,
    /// The till.
    pub node: NodeNumber,
}

/// What the server has of one log that a hello lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStanding {
    /// How far the log is durable, and its chain hash there; [`LogHead::start`] for a log that the server never saw.
    pub durable: LogHead,
    /// The server's chain hash at the position that the till claims, where it is not beyond `durable`.
    pub at_claim: Option<crate::identity::ChainHash>,
}

/// What came of [`Effect::Ingest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ingested {
    /// Durable (S1): all of the frame, less what was there before.
    Stored {
        /// How far the log is durable now.
        durable: LogPosition,
        /// How many of the frame's entries went into quarantine.
        quarantined: u32,
    },
    /// The frame begins after the durable position; nothing was stored.
    Gap {
        /// How far the log is durable.
        durable: LogPosition,
    },
    /// The chain hash computed from the server's own and the frame's entries is not the head's, and the head is
    /// genuine: the log has two histories.
    Fork {
        /// A position at which they differ.
        position: LogPosition,
    },
    /// The signature does not fit, or the log's node may not write in this tenant: nothing was stored.
    Unproved,
}

/// What happens to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A whole message arrived.
    Received(Message),
    /// Some bytes of a message arrived. A message may take longer over a slow line than a till may be silent.
    Heard,
    /// The connection ended, by whomever. The session is done.
    Disconnected,
    /// Answers [`Effect::ReadLogs`].
    LogsRead {
        /// One for each claim, in its order.
        logs: Vec<LogStanding>,
        /// The end of the store's feed.
        feed_end: FeedPosition,
        /// The newest reference data.
        reference_end: PriceListVersion,
        /// Of the hello's rights, those that somebody else holds.
        rights_lost: Vec<Right>,
    },
    /// Answers [`Effect::Ingest`], in the order of the effects.
    Ingested(Ingested),
    /// Answers [`Effect::CompareOffer`].
    OfferCompared(Vec<LogWant>),
    /// Answers [`Effect::ReadFeed`]. `after` is as it was asked; `through` is where the reader stopped.
    FeedRead(FeedPage),
    /// The store's feed has grown (S1, S3 or S4 committed).
    FeedGrew {
        /// Its end.
        end: FeedPosition,
    },
    /// Answers [`Effect::ReadReference`].
    ReferenceRead(ReferencePage),
    /// There is newer reference data.
    ReferenceGrew {
        /// The newest version.
        end: PriceListVersion,
    },
    /// Answers [`Effect::ReadDigest`].
    DigestRead(Buckets),
    /// Answers [`Effect::ReadHashes`]: ascending, at most [`crate::wire::limits::HASHES_MAX`].
    HashesRead {
        /// The hashes.
        hashes: Vec<ChangeHash>,
        /// Whether these are the last ones.
        complete: bool,
    },
    /// Answers [`Effect::ReadChanges`]: those that are in the store's feed, stopping after
    /// [`crate::wire::limits::PAGE_BYTES_TARGET`] bytes.
    ChangesRead(Vec<LogEntry>),
    /// The server wants to know something of the till. Answered by one [`Effect::Answered`], always.
    Ask {
        /// A number that no other waiting question to this till has.
        id: AskId,
        /// What is asked.
        question: Question,
    },
    /// Answers [`Effect::Asked`].
    Answer {
        /// The question's number.
        id: AskId,
        /// What came of it.
        answer: Answer,
    },
    /// Answers [`Effect::SignCertificate`].
    CertificateSigned(CertificateRenewal),
    /// The session is to end: the till was revoked ([`Refuse::Revoked`]), the server shuts down
    /// ([`Refuse::Closing`]), or has too much to do ([`Refuse::Busy`]). What is being ingested is still acknowledged.
    End(Refuse),
    /// The time of `next_wake` came.
    Woke,
}

/// What a session wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send this message.
    Send(Message),
    /// Close the connection once what was sent is out. The session is done, and wants [`Input::Disconnected`].
    Close,
    /// Compare the hello's logs with the store's, and durably learn its rights. Answered by [`Input::LogsRead`].
    ReadLogs {
        /// What the till says to have.
        claims: Vec<LogHead>,
        /// The rights that the till says to hold.
        rights: Vec<HeldRight>,
    },
    /// The handshake is done: the till is online in this epoch. For the registry, and for "complete to".
    Online {
        /// Whether the till's cursors were of another epoch: its old data are still to come.
        new_epoch: bool,
    },
    /// Durably (S1): check the head (signature by the log's owner; [`Ingested::Unproved`]), the chain from the
    /// server's own durable position over the frame's entries to the head ([`Ingested::Fork`]), and store what is
    /// new: entries that the recogniser or the scope check refuses go into quarantine, *at their position*. A frame
    /// whose end is not beyond the durable position is stored already. Answered by [`Input::Ingested`].
    Ingest(Push),
    /// Which of these logs is the server behind on? Only logs of nodes of the peer's own store are wanted, and what
    /// the server itself wrote before it was restored. Answered by [`Input::OfferCompared`].
    CompareOffer {
        /// What the till has.
        heads: Vec<LogHead>,
    },
    /// Read the feed of the peer's store: at most [`crate::wire::limits::FRAME_CHANGES_MAX`] entries, ending after
    /// [`crate::wire::limits::PAGE_BYTES_TARGET`] bytes of changes, passing over entries of the logs in `held` up to
    /// their positions, and looking at no more than [`crate::wire::limits::FEED_SILENCE_MAX`] entries. What is in
    /// quarantine is in the feed too, for its author alone: a restored disk gets its own log back whole. Answered by
    /// [`Input::FeedRead`].
    ReadFeed {
        /// The position before the first entry wanted.
        after: FeedPosition,
        /// What the till is known to hold.
        held: Vec<(LogId, LogPosition)>,
    },
    /// Read reference data after this version, at most [`crate::wire::limits::REFERENCE_RECORDS_MAX`] records, ending
    /// after [`crate::wire::limits::PAGE_BYTES_TARGET`] bytes. Answered by [`Input::ReferenceRead`].
    ReadReference {
        /// The till's version.
        after: PriceListVersion,
    },
    /// Boil down the store's feed up to this position: each change once, without the changes of the peer's own logs.
    /// Answered by [`Input::DigestRead`].
    ReadDigest {
        /// The position.
        through: FeedPosition,
    },
    /// Read the hashes of one bucket of that digest. Answered by [`Input::HashesRead`].
    ReadHashes {
        /// The position of the digest.
        through: FeedPosition,
        /// The bucket.
        bucket: u8,
        /// Only hashes greater than this one.
        after: Option<ChangeHash>,
    },
    /// Read these changes, as far as they are in the store's feed. Answered by [`Input::ChangesRead`].
    ReadChanges {
        /// The hashes.
        hashes: Vec<ChangeHash>,
    },
    /// The till asks. Answered by [`Input::Answer`].
    Asked {
        /// The question's number.
        id: AskId,
        /// What is asked.
        question: Question,
    },
    /// What became of the server's question.
    Answered {
        /// The question's number.
        id: AskId,
        /// What came of it.
        answer: Answer,
    },
    /// Check the request (it proves possession of the enrolled key), and sign a new certificate for the peer's own
    /// identity. Answered by [`Input::CertificateSigned`].
    SignCertificate {
        /// The signing request.
        request: Der,
    },
}
