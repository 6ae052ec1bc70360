//! Log entries on their way: pushed by their log, pulled from the feed, repaired by hash.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    identity::{ChangeHash, LogId, LogPosition},
    log::{LogEntry, LogHead, SignedHead},
};

/// How far a store's feed goes: its entries are numbered from 1 without gaps, in the order in which the server
/// committed them. 0 is before all.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct FeedPosition(u64);

/// The last position of any feed: 2^53 - 1, so that every reader of JSON and every column of a file can hold it.
pub const FEED_POSITION_MAX: u64 = (1 << 53) - 1;

/// A number that is no position of any feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("feed position {0} is over {FEED_POSITION_MAX}")]
pub struct FeedPositionError(u64);

impl TryFrom<u64> for FeedPosition {
    type Error = FeedPositionError;
    fn try_from(number: u64) -> Result<Self, FeedPositionError> {
        if number <= FEED_POSITION_MAX {
            Ok(Self(number))
        } else {
            Err(FeedPositionError(number))
        }
    }
}

impl From<FeedPosition> for u64 {
    fn from(position: FeedPosition) -> Self {
        position.0
    }
}

impl FeedPosition {
    /// Before the first entry.
    pub const START: Self = Self(0);

    /// A position by its number, of our own counting. What comes from elsewhere is checked ([`TryFrom`]).
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The position of the next entry.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for FeedPosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A stretch of one log, and the signed head at its end, which proves who wrote it.
///
/// A till pushes its own logs, and, when the server asks for them, logs of its store's other tills and of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The position before the first entry.
    pub after: LogPosition,
    /// 1 to [`super::limits::FRAME_CHANGES_MAX`] entries of the head's log, without gaps, up to the head's position.
    pub entries: Vec<LogEntry>,
    /// The log's head at the last entry.
    pub head: SignedHead,
}

impl Push {
    /// The log that it is a stretch of.
    #[must_use]
    pub fn log(&self) -> LogId {
        self.head.head.log
    }

    /// Whether the entries are of the head's log, without gaps from `after` to the head.
    #[must_use]
    pub fn is_gapless(&self) -> bool {
        let LogHead { log, position, .. } = self.head.head;
        let mut expected = self.after;
        for entry in &self.entries {
            match expected.next() {
                Some(next) if entry.log == log && entry.position == next => expected = next,
                Some(_) | None => return false,
            }
        }
        !self.entries.is_empty() && expected == position
    }
}

/// The server's answer to one push. There is one for each, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushAck {
    /// The log.
    pub log: LogId,
    /// What became of the frame.
    pub outcome: PushOutcome,
}

/// What became of a pushed frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushOutcome {
    /// It is durable.
    Stored {
        /// Up to where the server has the log durable. It never goes back within an epoch.
        durable: LogPosition,
        /// How many of the frame's entries went into quarantine. They are kept, count as durable, come back to their
        /// author's disk should it forget them, and headquarters looks at them.
        quarantined: u32,
    },
    /// It began after the durable position and was dropped: the till goes on from the durable position.
    Rewind {
        /// Up to where the server has the log durable.
        durable: LogPosition,
    },
    /// It is of another till's log, and does not prove itself. The sender need not send more of that log.
    NotTaken,
}

/// The till asks for the feed after its cursor. The server answers when there is something, with one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullFeed {
    /// The cursor.
    pub after: FeedPosition,
}

/// One page of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// The cursor that was asked with.
    pub after: FeedPosition,
    /// The cursor when the page is stored. Beyond `after`, and beyond the last entry where entries follow that the
    /// till is known to hold.
    pub through: FeedPosition,
    /// The end of the feed when the page was read.
    pub end: FeedPosition,
    /// At most [`super::limits::FRAME_CHANGES_MAX`] entries.
    pub entries: Vec<LogEntry>,
    /// Every signed head that the server has at the position of one of the entries. The till keeps them, so that it
    /// can prove the logs to a server that lost them.
    pub heads: Vec<SignedHead>,
}

/// After a new epoch: logs of *other* nodes, the server among them, that this till holds without gaps up to a signed
/// head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogOffer {
    /// At most [`super::limits::OFFER_LOGS_MAX`], each at its newest signed head.
    pub heads: Vec<LogHead>,
}

/// The server's answer to an offer: what it lacks. Empty where it lacks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogWants {
    /// At most one for each head offered.
    pub wants: Vec<LogWant>,
}

/// A log that the server lacks the end of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogWant {
    /// The log.
    pub log: LogId,
    /// Up to where the server has it.
    pub after: LogPosition,
}

/// How many buckets a digest has: one for each value of a change hash's first byte.
pub const DIGEST_BUCKETS: usize = 256;

/// A number of changes, boiled down: how many, and the exclusive or of their hashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    /// How many changes.
    pub count: u32,
    /// The exclusive or of their hashes.
    pub xor: [u8; 32],
}

/// A set of changes, boiled down to [`DIGEST_BUCKETS`] buckets by the first byte of the change hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets(Box<[Bucket; DIGEST_BUCKETS]>);

impl Default for Buckets {
    fn default() -> Self {
        Self(Box::new([Bucket::default(); DIGEST_BUCKETS]))
    }
}

impl Buckets {
    /// The buckets by their values.
    #[must_use]
    pub fn new(buckets: Box<[Bucket; DIGEST_BUCKETS]>) -> Self {
        Self(buckets)
    }

    /// Adds one change. It must not be in the set yet: a second time would take it out again.
    pub fn add(&mut self, hash: &ChangeHash) {
        let bucket = &mut self.0[usize::from(hash.as_bytes()[0])];
        bucket.count = bucket.count.saturating_add(1);
        for (sum, byte) in bucket.xor.iter_mut().zip(hash.as_bytes()) {
            *sum ^= byte;
        }
    }

    /// Every bucket, in the order of its byte.
    #[must_use]
    pub fn as_array(&self) -> &[Bucket; DIGEST_BUCKETS] {
        &self.0
    }

    /// The bucket of this byte.
    #[must_use]
    pub fn bucket(&self, byte: u8) -> &Bucket {
        &self.0[usize::from(byte)]
    }

    /// The bytes of which the buckets differ.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<u8> {
        (0..=u8::MAX)
            .filter(|byte| self.bucket(*byte) != other.bucket(*byte))
            .collect()
    }
}

/// The till asks for the digest of its scope's feed up to its cursor, without its own node's changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullDigest {
    /// The cursor.
    pub through: FeedPosition,
}

/// The digest that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestAnswer {
    /// The cursor that was asked with.
    pub through: FeedPosition,
    /// What the feed holds up to there, without the asking node's own changes.
    pub buckets: Buckets,
}

/// The till asks which changes are in one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullHashes {
    /// The cursor of the digest.
    pub through: FeedPosition,
    /// The bucket.
    pub bucket: u8,
    /// Only hashes greater than this one.
    pub after: Option<ChangeHash>,
}

/// Hashes of one bucket, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashesAnswer {
    /// The bucket.
    pub bucket: u8,
    /// Whether these are the last ones.
    pub complete: bool,
    /// At most [`super::limits::HASHES_MAX`].
    pub hashes: Vec<ChangeHash>,
}

/// The till asks for changes that it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullChanges {
    /// At most [`super::limits::REPAIR_CHANGES_MAX`].
    pub hashes: Vec<ChangeHash>,
}

/// The changes that were asked for and are in the till's scope. Those that did not fit are asked for again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairPage {
    /// In no particular order.
    pub entries: Vec<LogEntry>,
}
