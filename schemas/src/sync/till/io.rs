//! What goes into and comes out of a till's machine.

use std::time::Duration;

use crate::{
    identity::{ChangeHash, LogId, LogPosition, NodeNumber, PriceListVersion, StoreId, TenantId},
    log::{LogEntry, LogHead, SignedHead},
    time::Timestamp,
    wire::{
        Answer, AskId, Buckets, CertificateRenewal, Der, Dialect, FeedPage, FeedPosition,
        HeldRight, Message, Question, ReferencePage, Refuse, Right, ServerEpoch,
    },
};

/// Who a till is. It never changes while a machine lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillIdentity {
    /// The company.
    pub tenant: TenantId,
    /// The till's store.
    pub store: StoreId,
    /// The till.
    pub node: NodeNumber,
    /// What it speaks.
    pub dialect: Dialect,
}

/// One of the till's own logs, as its store has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnLog {
    /// The end of what is held without gaps.
    pub head: LogHead,
    /// Up to where the server acknowledged it in the present epoch.
    pub acknowledged: LogPosition,
}

/// What the till's store says when a connection opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillState {
    /// The epoch that all the rest belongs to; none before the first meeting.
    pub epoch: Option<ServerEpoch>,
    /// The feed's cursor (of T2).
    pub feed: FeedPosition,
    /// The version of the reference data.
    pub reference: PriceListVersion,
    /// The log that this process writes, if it has begun one.
    pub current: Option<LogId>,
    /// Every own log with unacknowledged entries, and of the others at least the newest
    /// [`crate::wire::limits::HELLO_LOGS_MAX`]; newest last.
    pub logs: Vec<OwnLog>,
    /// The rights, which belong to no epoch.
    pub rights: TillRights,
}

/// The rights in a till's file; held and given up together at most [`crate::wire::limits::RIGHTS_HELD_MAX`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TillRights {
    /// Those that it holds.
    pub held: Vec<HeldRight>,
    /// Those that it gave up, of which the server has not said that it knows.
    pub given_up: Vec<GivenUpRight>,
}

/// A right that a till gave up durably, before it said so to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenUpRight {
    /// Which, and since when it was held.
    pub held: HeldRight,
    /// To whom it is passed on; none where whoever asks next may have it.
    pub to: Option<NodeNumber>,
}

/// What happens to a till's machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// What the file has of rights, once, before a connection is there to bring it with its state.
    RightsRead(TillRights),
    /// Answers [`Effect::Connect`]: the connection stands. Its state was read from the store after it stood.
    Connected(TillState),
    /// Answers [`Effect::Connect`]: no connection.
    ConnectFailed,
    /// The connection ended, by whomever. After [`Effect::Disconnect`] it is given too.
    Disconnected,
    /// A whole message arrived.
    Received(Message),
    /// Some bytes of a message arrived, or the server took some of what is sent to it. A page or a frame may take longer
    /// over a slow line than the server may be silent.
    Heard,
    /// The till committed an entry of its own (T1).
    Committed(LogHead),
    /// Answers [`Effect::ReadLog`].
    LogRead(LogRead),
    /// Answers [`Effect::ApplyFeedPage`]: page and cursor are durable (T2).
    FeedPageApplied {
        /// The page's cursor.
        through: FeedPosition,
    },
    /// Answers [`Effect::ApplyReferencePage`]: page and version are durable.
    ReferencePageApplied {
        /// The page's version.
        through: PriceListVersion,
    },
    /// Answers [`Effect::ReadForeignHeads`].
    ForeignHeadsRead(Vec<LogHead>),
    /// Answers [`Effect::ReadDigest`].
    DigestRead {
        /// The cursor at which it was read: the store's own, in the same reading transaction.
        through: FeedPosition,
        /// Every change of *other* nodes' logs that came by feed or repair.
        buckets: Buckets,
    },
    /// Answers [`Effect::FindMissing`]: those that the store does not have.
    MissingFound(Vec<ChangeHash>),
    /// Answers [`Effect::ApplyRepair`]: the entries are durable.
    RepairApplied,
    /// The till wants to know something of the server. Answered by one [`Effect::Answered`], always. A right that the
    /// till holds is granted without the server; one that it gives up is given up at once, and told to the server when
    /// there is a line.
    Ask {
        /// A number below 2^63 that no other waiting question of this till has.
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
    /// The till's certificate needs renewing. Answered by [`Effect::CertificateRenewed`], or by nothing where the
    /// connection ends: ask again then.
    RenewCertificate {
        /// The signing request.
        request: Der,
    },
    /// A person wants it compared with the server now.
    CompareNow,
    /// The time of `next_wake` came.
    Woke,
}

/// A stretch of a log as the store read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRead {
    /// The log that was asked for.
    pub log: LogId,
    /// The position that was asked for.
    pub after: LogPosition,
    /// The stretch; none where the log has no entry after that position that could be sent.
    pub stretch: Option<LogStretch>,
}

/// Entries of a log and the head that proves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStretch {
    /// Without gaps from the position after the one asked for.
    pub entries: Vec<LogEntry>,
    /// At the last entry: signed just now for an own log, as it was stored for another till's.
    pub head: SignedHead,
}

/// What a till's machine wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a connection to the server. Answered by [`Input::Connected`] or [`Input::ConnectFailed`].
    Connect,
    /// Send this message.
    Send(Message),
    /// Close the connection once what was sent is out. Answered by [`Input::Disconnected`].
    Disconnect,
    /// Durably: the server's epoch is this now. In one transaction: reset feed cursor and reference version to zero,
    /// every own log's acknowledged position to zero, and then those listed to what the server has durable (but not
    /// beyond what the till has itself).
    BeginEpoch {
        /// The epoch.
        epoch: ServerEpoch,
        /// What the server has.
        durable: Vec<LogHead>,
    },
    /// Durably (T3): the server acknowledged this log up to here.
    StoreAcknowledged {
        /// The log.
        log: LogId,
        /// Up to where.
        position: LogPosition,
    },
    /// Read a stretch of a log: at most [`crate::wire::limits::FRAME_CHANGES_MAX`] entries, ending after
    /// [`crate::wire::limits::PAGE_BYTES_TARGET`] bytes of changes. Sign the head of an own log; for another till's
    /// log, end at the first stored head after `after`. Answered by [`Input::LogRead`].
    ReadLog {
        /// The log.
        log: LogId,
        /// The position before the first entry wanted.
        after: LogPosition,
    },
    /// Durably (T2), in one transaction: those entries that the store does not have yet, the signed heads, and
    /// `through` as cursor. Entries of the till's own logs that its disk forgot are among them, those that the server
    /// keeps in quarantine too: each is kept at its position, whether it can be folded or not, so that the log has no
    /// hole. Another node's change that the recogniser refuses is kept aside, not applied, and does not hold up the
    /// rest. Answered by [`Input::FeedPageApplied`].
    ApplyFeedPage(FeedPage),
    /// Durably, in one transaction: the records, and `through` as version. Answered by
    /// [`Input::ReferencePageApplied`].
    ApplyReferencePage(ReferencePage),
    /// Read which logs of *other nodes* (other tills, and the server) are held without gaps from 1, each at its newest
    /// signed head: those greater than `after`, in ascending order, at most
    /// [`crate::wire::limits::OFFER_LOGS_MAX`]. Answered by [`Input::ForeignHeadsRead`].
    ReadForeignHeads {
        /// The last log of the reading before; none for the first.
        after: Option<LogId>,
    },
    /// Boil down what came by feed or repair. Answered by [`Input::DigestRead`].
    ReadDigest,
    /// Find which of these changes the store does not have. Answered by [`Input::MissingFound`].
    FindMissing(Vec<ChangeHash>),
    /// Durably (T2, without cursor): those entries that the store does not have yet. Answered by
    /// [`Input::RepairApplied`].
    ApplyRepair(Vec<LogEntry>),
    /// A comparison with the server ended. Log it where `missing` is not zero.
    Compared(Comparison),
    /// Durably, in one transaction: the till holds this right. An answer that says so follows.
    KeepRight(HeldRight),
    /// Durably, in one transaction: the till holds this right no more, and owes the server to say so. The question that
    /// says so follows.
    GiveUpRight {
        /// Which.
        right: Right,
        /// To whom it is passed on.
        to: Option<NodeNumber>,
    },
    /// Durably, in one transaction: these rights are settled with the server. Of one that is still held, somebody else
    /// is the holder.
    ForgetRights(Vec<Right>),
    /// What became of the till's question.
    Answered {
        /// The question's number.
        id: AskId,
        /// What came of it.
        answer: Answer,
    },
    /// The server asks. Answered by [`Input::Answer`]. To yield a right: where it is held and not in use, it is given up
    /// durably as by [`Effect::GiveUpRight`] before the answer [`Answer::Released`].
    Asked {
        /// The question's number.
        id: AskId,
        /// What is asked.
        question: Question,
    },
    /// What became of the request for a new certificate.
    CertificateRenewed(CertificateRenewal),
    /// Durably: the till is frozen. It must not sell, and not start again by itself: one of its logs has two
    /// histories. The machine does nothing more.
    Freeze(Fork),
}

/// Two histories of one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fork {
    /// The log.
    pub log: LogId,
    /// A position at which the two differ.
    pub position: LogPosition,
}

/// What a comparison with the server found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How many changes the till lacked and now has.
    pub missing: u64,
    /// In how many buckets the two differed. With nothing missing, the server lacks something; the till then offers
    /// its logs.
    pub buckets: u64,
}

/// Where a till's machine stands, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// No connection; the next try is at this moment.
    Waiting {
        /// When.
        until: Timestamp,
    },
    /// A connection is being opened.
    Connecting,
    /// The connection stands; hello and welcome are on their way.
    Greeting,
    /// Connected.
    Online,
    /// The server refused. Tried again at this moment; a person should look.
    Refused {
        /// Why.
        reason: Refuse,
        /// When it is tried again.
        until: Timestamp,
    },
    /// One of the till's logs has two histories. Nothing is tried again.
    Frozen(Fork),
}

/// What a till's screen and `sync status` say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    /// The connection.
    pub link: Link,
    /// When the till last had all that the server had for it, by the till's clock.
    pub data_as_of: Option<Timestamp>,
    /// How many entries of the feed are still to come, as far as the till was told.
    pub feed_behind: u64,
    /// How many entries of its own the server has not acknowledged yet, as far as this machine knows.
    pub unacknowledged: u64,
    /// How many entries this machine was told to be in quarantine.
    pub quarantined: u64,
}

/// How long a driver may wait for the machine's next moment.
#[must_use]
pub fn wait_until(wake: Timestamp, now: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(wake.milliseconds_since(now)).unwrap_or(0))
}
