//! The log: what came in, in which order, and to whom it goes.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU64,
};

use holdfast_schemas::{
    change::RecordedKind,
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, OrderNumber, ReactionId,
        ReasonCode, StoreId,
    },
    log::{LogEntry, LogHead, SignedHead},
    time::Timestamp,
    wire::{FeedPage, FeedPosition},
};

use super::{FreezeReason, StoreError};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize,
            serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// Before the first.
            pub const START: Self = Self(0);

            /// By its number, counted from 1; 0 is before all.
            #[must_use]
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

number!(
    /// The order in which the server committed an entry, over all logs, without gaps. Every figure of the read model
    /// is "as of" one of these.
    EntryNumber
);
number!(
    /// A place in quarantine.
    QuarantineNumber
);

/// Why an entry was put aside. Its bytes are kept, and its place in the log counts as used.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineReason {
    /// The bytes are no change of our one shape.
    NotRecognised,
    /// The change names another actor than its log.
    OtherActor,
    /// The document's id names another node than the one whose log begins it: nobody else draws a node's ids.
    OtherNode,
    /// The document belongs to a store that the author's store has nothing to do with.
    OutOfScope,
    /// The document begins in another store than the author's.
    OtherStore,
    /// The document has begun already, with another change.
    BegunTwice,
    /// The change is not the next one of its log in the document: the changes of a log in one document are numbered
    /// without gaps.
    SequenceOutOfPlace,
    /// The change's counters do not follow those of what it was written after, so it would fold in the wrong order, or
    /// use up the counters of everybody else.
    CounterOutOfPlace,
    /// The author was never enrolled.
    UnknownAuthor,
    /// The author had been revoked, or was frozen, when this arrived.
    AuthorBarred,
    /// The log's head is not signed with the author's key, so authorship is not proved. The place in the log does
    /// *not* count as used.
    NotSigned,
    /// Another entry is at this place of the log already. The author is frozen.
    Forked,
}

impl QuarantineReason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::NotRecognised,
        Self::OtherActor,
        Self::OtherNode,
        Self::OutOfScope,
        Self::OtherStore,
        Self::BegunTwice,
        Self::SequenceOutOfPlace,
        Self::CounterOutOfPlace,
        Self::UnknownAuthor,
        Self::AuthorBarred,
        Self::NotSigned,
        Self::Forked,
    ];

    /// The reason's name, as it is stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotRecognised => "not_recognised",
            Self::OtherActor => "other_actor",
            Self::OtherNode => "other_node",
            Self::OutOfScope => "out_of_scope",
            Self::OtherStore => "other_store",
            Self::BegunTwice => "begun_twice",
            Self::SequenceOutOfPlace => "sequence_out_of_place",
            Self::CounterOutOfPlace => "counter_out_of_place",
            Self::UnknownAuthor => "unknown_author",
            Self::AuthorBarred => "author_barred",
            Self::NotSigned => "not_signed",
            Self::Forked => "forked",
        }
    }
}

/// What recognising an entry found, before anything is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryVerdict {
    /// A change of our shape, by the log's own actor.
    Recognised(RecognisedChange),
    /// Something else.
    Refused {
        /// Why.
        reason: QuarantineReason,
        /// What exactly is wrong, for an operator. Never a customer's data.
        detail: String,
    },
}

/// What a recognised change says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecognisedChange {
    /// What the document is, where this change begins it.
    pub begins: Option<DocumentScope>,
    /// The how many-th change of its log in the document it is, from 1.
    pub sequence: NonZeroU64,
    /// The changes that its author had seen last.
    pub deps: Vec<ChangeHash>,
    /// The Lamport counter of its first operation.
    pub first_counter: NonZeroU64,
    /// The Lamport counter of its last operation.
    pub last_counter: NonZeroU64,
    /// What the server decided with it, for a change of the server's own.
    pub decided: Option<Decided>,
}

/// What a change of the server's own decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// What it reacts to: it is decided once, for ever.
    pub cause: ReactionId,
    /// The order number that was minted for it.
    pub number: Option<OrderNumber>,
}

/// Whose a document is, as its first change says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentScope {
    /// Its kind.
    pub kind: RecordedKind,
    /// The store that owns it; none for a kind or a version that names no store.
    pub store: Option<StoreId>,
    /// The document that it refers to: a return's order. It is read wherever that is.
    pub refers_to: Option<DocumentId>,
}

/// One entry of a frame, after recognition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedEntry {
    /// The document that it changes.
    pub document: DocumentId,
    /// The change's hash.
    pub hash: ChangeHash,
    /// The change's bytes, as they came.
    pub bytes: Box<[u8]>,
    /// What recognising them found.
    pub verdict: EntryVerdict,
}

/// A run of entries of one log, recognised and with its signature checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FramePrepared {
    /// Who delivered it, by certificate. Need not be the author.
    pub delivered_by: NodeNumber,
    /// Whose log.
    pub log: LogId,
    /// The place of the first entry.
    pub first: LogPosition,
    /// The entries, in order.
    pub entries: Vec<PreparedEntry>,
    /// The signed head; `None` where the signature does not hold or none came.
    pub head: Option<SignedHead>,
    /// When it came.
    pub received_at: Timestamp,
}

/// What became of a frame. Every frame of a group has one, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameOutcome {
    /// The log is durable up to here (the entries are in the log, in quarantine, or had come before).
    Durable {
        /// Up to where.
        position: LogPosition,
        /// How many of the frame's entries were new.
        added: u32,
        /// How many of them went to quarantine.
        quarantined: u32,
    },
    /// Entries before the frame's first are missing. Nothing was taken; send from after `durable`.
    Gap {
        /// Up to where the log is durable.
        durable: LogPosition,
    },
    /// The log differs from what is durable. The entries are in quarantine, and the author is frozen.
    Forked {
        /// The first place that differs.
        at: LogPosition,
    },
    /// The author's signature does not hold. The entries are in quarantine and the log is as it was.
    NotSigned,
}

/// What became of a group of frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTaken {
    /// Each frame's outcome, in order.
    pub outcomes: Vec<FrameOutcome>,
    /// The last entry committed.
    pub end: EntryNumber,
    /// The feeds that have grown, and their ends.
    pub grown: BTreeMap<StoreId, FeedPosition>,
}

impl From<StoredEntry> for LogEntry {
    fn from(entry: StoredEntry) -> Self {
        Self {
            log: entry.log,
            position: entry.position,
            document: entry.document,
            change: entry.bytes,
        }
    }
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// When it was committed, among all entries.
    pub number: EntryNumber,
    /// Whose log.
    pub log: LogId,
    /// Where in it.
    pub position: LogPosition,
    /// Which document it changes.
    pub document: DocumentId,
    /// The change's hash.
    pub hash: ChangeHash,
    /// The change's bytes.
    pub bytes: Box<[u8]>,
}

/// How much one feed page may hold, and how far its reader may look for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedLimits {
    /// The most entries.
    pub entries_max: u32,
    /// After how many bytes of changes it ends; it may go over by its last entry.
    pub bytes_target: u64,
    /// How many entries are looked at, those that are passed over with them.
    pub looked_at_max: u64,
}

/// An entry that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its place in quarantine.
    pub number: QuarantineNumber,
    /// Whose log it claims.
    pub log: LogId,
    /// Where in it.
    pub position: LogPosition,
    /// The document that it claims to change.
    pub document: DocumentId,
    /// The hash that its chain was reckoned with.
    pub hash: ChangeHash,
    /// Its bytes, as they came.
    pub bytes: Box<[u8]>,
    /// Why it was put aside.
    pub reason: QuarantineReason,
    /// What exactly is wrong.
    pub detail: String,
    /// Who delivered it.
    pub delivered_by: NodeNumber,
    /// When.
    pub at: Timestamp,
}

/// A cursor over the log that the server keeps for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CursorName {
    /// The projection's; a rebuild sets it back.
    Project,
    /// The reactions'; it is never set back.
    React,
}

impl CursorName {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Project, Self::React];

    /// The cursor's name, as it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::React => "react",
        }
    }
}

/// A change that the server itself wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEntry {
    /// The log of the server's that it is in.
    pub log: LogId,
    /// What was decided. An entry whose cause was written before is passed over.
    pub decided: Decided,
    /// The change.
    pub entry: PreparedEntry,
}

/// Signs a head of the server's own log.
pub type SignOwnHead<'a> = &'a dyn Fn(LogHead) -> SignedHead;

/// The documents that a stretch of the log changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stretch {
    /// The last entry of it; none where there is none after its beginning.
    pub to: Option<EntryNumber>,
    /// The documents, as they are up to there.
    pub documents: BTreeMap<DocumentId, TouchedDocument>,
}

/// A document up to some entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedDocument {
    /// Its entries, in the order of their commit.
    pub entries: Vec<StoredEntry>,
    /// The documents that refer to it, by document id.
    pub referring: Vec<DocumentId>,
}

/// The log and what hangs on it.
pub trait LogStore {
    /// S1: takes a group of frames in one transaction. When this returns, what it says is durable.
    ///
    /// # Errors
    /// [`StoreError::Database`]: nothing of the group was taken.
    fn ingest_group(&self, frames: &[FramePrepared]) -> Result<GroupTaken, StoreError>;

    /// As [`LogStore::ingest_group`], for whoever tells nobody of it: the outcomes alone.
    ///
    /// # Errors
    /// [`StoreError::Database`]: nothing of the group was taken.
    fn ingest(&self, frames: &[FramePrepared]) -> Result<Vec<FrameOutcome>, StoreError> {
        self.ingest_group(frames).map(|taken| taken.outcomes)
    }

    /// S3 and S4: appends changes that the server wrote to its own logs, each with a signed head, and moves the
    /// reactions' cursor from `from` to `to` where one is given. A change whose cause was written before is passed
    /// over, for ever. Gives how many were new.
    ///
    /// # Errors
    /// [`StoreError::CursorMoved`] where the cursor is not at `from`.
    fn append_own(
        &self,
        entries: &[OwnEntry],
        cursor: Option<(EntryNumber, EntryNumber)>,
        sign: SignOwnHead<'_>,
    ) -> Result<u32, StoreError>;

    /// The last order number that the server itself gave: no process of it mints at or below it again.
    ///
    /// # Errors
    /// [`StoreError`].
    fn last_own_number(&self) -> Result<Option<OrderNumber>, StoreError>;

    /// A page of a store's feed for one of its nodes, passing over what is in the logs of `held` up to their positions
    /// and what of other nodes is in quarantine, with the signed heads that are known at the positions of its entries.
    ///
    /// # Errors
    /// [`StoreError::UnknownStore`].
    fn feed_page(
        &self,
        store: &StoreId,
        reader: NodeNumber,
        after: FeedPosition,
        held: &BTreeMap<LogId, LogPosition>,
        limits: FeedLimits,
    ) -> Result<FeedPage, StoreError>;

    /// The end of a store's feed.
    ///
    /// # Errors
    /// [`StoreError::UnknownStore`].
    fn feed_end(&self, store: &StoreId) -> Result<FeedPosition, StoreError>;

    /// How far a log has come in; `None` for a log of which nothing has.
    ///
    /// # Errors
    /// [`StoreError`].
    fn log_head(&self, log: LogId) -> Result<Option<LogHead>, StoreError>;

    /// The chain of a log at one of its durable places.
    ///
    /// # Errors
    /// [`StoreError`].
    fn chain_at(&self, log: LogId, position: LogPosition) -> Result<Option<ChainHash>, StoreError>;

    /// All logs of a node, by log id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn logs_of(&self, node: NodeNumber) -> Result<Vec<LogHead>, StoreError>;

    /// The newest signature of a log at or before a place.
    ///
    /// # Errors
    /// [`StoreError`].
    fn signed_head(&self, log: LogId, up_to: LogPosition)
    -> Result<Option<SignedHead>, StoreError>;

    /// The entries of a log after a place, without those in quarantine, at most `entries_max`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn log_entries(
        &self,
        log: LogId,
        after: LogPosition,
        entries_max: u32,
    ) -> Result<Vec<StoredEntry>, StoreError>;

    /// The entries of all logs after a number, in the order of their commit, at most `entries_max`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn entries_after(
        &self,
        after: EntryNumber,
        entries_max: u32,
    ) -> Result<Vec<StoredEntry>, StoreError>;

    /// The documents that the next entries after a number change, at most `entries_max` of those; each as of the last of
    /// them. What [`LogStore::document_entries`] and [`LogStore::referring_documents`] give for each, read in one go.
    ///
    /// # Errors
    /// [`StoreError`].
    fn stretch(&self, after: EntryNumber, entries_max: u32) -> Result<Stretch, StoreError>;

    /// The entries of one document that were committed up to a number (all of them for `None`), in the order of
    /// their commit.
    ///
    /// # Errors
    /// [`StoreError`].
    fn document_entries(
        &self,
        document: DocumentId,
        up_to: Option<EntryNumber>,
    ) -> Result<Vec<StoredEntry>, StoreError>;

    /// The documents that refer to a document, as of an entry: an order's returns, by document id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn referring_documents(
        &self,
        document: DocumentId,
        up_to: Option<EntryNumber>,
    ) -> Result<Vec<DocumentId>, StoreError>;

    /// The entries with these hashes that are in a store's feed, by hash. What is not there is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    fn entries_by_hash(
        &self,
        store: &StoreId,
        hashes: &BTreeSet<ChangeHash>,
    ) -> Result<Vec<StoredEntry>, StoreError>;

    /// The hashes of a store's feed up to a number without one node's own, in feed order: what digests are made of.
    ///
    /// # Errors
    /// [`StoreError`].
    fn feed_hashes(
        &self,
        store: &StoreId,
        up_to: FeedPosition,
        without: NodeNumber,
    ) -> Result<Vec<ChangeHash>, StoreError>;

    /// Puts a document and what refers to it into a store's scope: whole, at the end of its feed. `false` where it
    /// was there already.
    ///
    /// # Errors
    /// [`StoreError::UnknownDocument`], [`StoreError::UnknownStore`].
    fn grant_scope(&self, document: DocumentId, store: &StoreId) -> Result<bool, StoreError>;

    /// The stores that have a document in their scope.
    ///
    /// # Errors
    /// [`StoreError`].
    fn scope_of(&self, document: DocumentId) -> Result<BTreeSet<StoreId>, StoreError>;

    /// Whether a document is in a store's scope.
    ///
    /// # Errors
    /// [`StoreError`].
    fn in_scope(&self, document: DocumentId, store: &StoreId) -> Result<bool, StoreError>;

    /// The last entry committed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn log_end(&self) -> Result<EntryNumber, StoreError>;

    /// Where one of the server's own cursors is.
    ///
    /// # Errors
    /// [`StoreError`].
    fn cursor(&self, cursor: CursorName) -> Result<EntryNumber, StoreError>;

    /// What is in quarantine, after a number, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn quarantined(
        &self,
        after: QuarantineNumber,
        limit: super::PageLimit,
    ) -> Result<Vec<Quarantined>, StoreError>;

    /// Takes an entry out of quarantine into the log, after a person looked at it: only a change of our shape that is
    /// in place in its document can be. `false` where it can't, or was taken already.
    ///
    /// # Errors
    /// [`StoreError`].
    fn release_quarantined(
        &self,
        number: QuarantineNumber,
        change: RecognisedChange,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Marks a node as not to be trusted: what it sends goes to quarantine until a person lifts it.
    ///
    /// # Errors
    /// [`StoreError::UnknownNode`].
    fn freeze(
        &self,
        node: NodeNumber,
        reason: FreezeReason,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Lifts a freeze by an operator's decision, whose reason is kept in the same transaction. `false` where the node is
    /// not frozen: nothing was changed.
    ///
    /// # Errors
    /// [`StoreError::UnknownNode`].
    fn unfreeze(
        &self,
        node: NodeNumber,
        reason: &ReasonCode,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
}
