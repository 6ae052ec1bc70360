//! Questions and answers: rights, and orders of other stores.

use serde::{Deserialize, Serialize};

use crate::{
    customer::Customer,
    identity::{CustomerId, DocumentId, ExternalRef, NodeNumber, OrderNumber},
    log::LogEntry,
    time::Timestamp,
};

/// A question's number, drawn by who asks; unique among the questions that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AskId(pub u64);

/// By what an order is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKey {
    /// Its number, as on the receipt.
    Number(OrderNumber),
    /// What another system calls it.
    Reference(ExternalRef),
    /// Its document.
    Document(DocumentId),
}

/// Something that only one node may do to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RightKind {
    /// Go on with a suspended sale.
    Resume,
    /// Refund lines of it.
    Refund,
    /// Hand over its goods.
    Handover,
}

impl RightKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Resume, Self::Refund, Self::Handover];

    /// The kind's name, as files and messages have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Refund => "refund",
            Self::Handover => "handover",
        }
    }
}

/// One right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Right {
    /// To do what.
    pub kind: RightKind,
    /// To which document.
    pub document: DocumentId,
}

/// A right that a till holds, as its file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HeldRight {
    /// Which.
    pub right: Right,
    /// Since when, by the clock of the server that gave it.
    pub since: Timestamp,
}

impl HeldRight {
    /// The right to take up a basket, of the till that puts it aside. No server gave it, so it counts as older than any
    /// that one gives, whatever the till's clock says.
    #[must_use]
    pub const fn put_aside(basket: DocumentId) -> Self {
        Self {
            right: Right {
                kind: RightKind::Resume,
                document: basket,
            },
            since: Timestamp::from_milliseconds(0),
        }
    }

    /// Whether a server gave it.
    #[must_use]
    pub fn is_given(&self) -> bool {
        *self != Self::put_aside(self.right.document)
    }
}

/// Why who holds a right does not give it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBecause {
    /// The holder is using it.
    InUse,
    /// The holder is not connected, or did not answer in time.
    Away,
    /// A reason of a later version.
    #[serde(other)]
    Unknown,
}

/// What one end asks the other. To ask twice is to ask once: a right that was taken is found to be held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
pub enum Question {
    /// Till to server: show me this order, wherever it was made, and its returns.
    FindOrder {
        /// Which.
        key: OrderKey,
    },
    /// Till to server: I need this right.
    TakeRight {
        /// Which.
        right: Right,
    },
    /// Holder to server: I am done with it; whoever asks next may have it.
    ReleaseRight {
        /// Which.
        right: Right,
    },
    /// Holder to server: pass it on to this node.
    GrantRight {
        /// Which.
        right: Right,
        /// To whom.
        to: NodeNumber,
    },
    /// Server to holder: somebody asks for it. The holder gives it up durably, or says no.
    YieldRight {
        /// Which.
        right: Right,
        /// Who asks.
        to: NodeNumber,
    },
    /// Till to server: keep this customer's record, and tell every till.
    KeepCustomer {
        /// The record.
        record: Box<Customer>,
    },
    /// Till to server: erase this customer's record, everywhere.
    EraseCustomer {
        /// Whose.
        customer: CustomerId,
    },
    /// A question of a later version; answered with [`Answer::NotUnderstood`].
    #[serde(other)]
    Unknown,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// Here is the order. Travels as [`super::Message::OrderFound`].
    #[serde(skip)]
    Found(FoundOrder),
    /// No store has such an order.
    NotFound {
        /// As of when the server's data are.
        data_as_of: Timestamp,
    },
    /// The right is given, durably: to the asker, or to whom the asker passes it on.
    Granted {
        /// Since when, by the server's clock.
        since: Timestamp,
    },
    /// Somebody else holds it, and does not give it up.
    Held {
        /// Who.
        by: NodeNumber,
        /// Why.
        because: HeldBecause,
    },
    /// The right is given up, durably.
    Released,
    /// The record is kept or erased, durably.
    Kept,
    /// Not just now: the server was restored from a backup and not every till has reported, or what the asker itself
    /// gave up is not settled with the server.
    NotYet,
    /// The asker may not ask that.
    Refused,
    /// The other end does not know the question.
    NotUnderstood,
    /// There was no way to ask, or no answer came in time. A till's own answer; it never travels.
    #[serde(skip)]
    NotReachable {
        /// As of when the till's own data are complete; none if they never were.
        data_as_of: Option<Timestamp>,
    },
    /// An answer of a later version.
    #[serde(other)]
    Unknown,
}

/// An order that was looked up: its own changes, and those of its returns. Not part of the till's feed; a till that
/// stores them leaves them out of its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundOrder {
    /// The order.
    pub order: DocumentId,
    /// As of when the server's data are.
    pub data_as_of: Timestamp,
    /// All changes of the order and of its returns, each document's in the order in which they were stored; at most
    /// [`super::limits::FOUND_CHANGES_MAX`], and not much more than [`super::limits::PAGE_BYTES_TARGET`] bytes.
    pub entries: Vec<LogEntry>,
}

/// A question on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Its number.
    pub id: AskId,
    /// What is asked.
    pub question: Question,
}

/// An answer on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskAnswer {
    /// The question's number.
    pub id: AskId,
    /// What came of it.
    pub answer: Answer,
}
