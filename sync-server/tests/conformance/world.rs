//! Example ids, and frames as a till would make them.

use std::num::NonZeroU64;

use holdfast_schemas::{
    change::RecordedKind,
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, OrderNumber, ReactionId,
        StoreId, TenantId,
    },
    log::{HeadSignature, LogHead, SignedHead, chain},
    operation::DocumentKind,
    time::Timestamp,
    wire::ServerEpoch,
};
use holdfast_server::store::{
    Decided, DocumentScope, EntryVerdict, FramePrepared, PreparedEntry, QuarantineReason,
    RecognisedChange,
};

pub(crate) fn tenant() -> TenantId {
    TenantId::new("example").expect("a tenant")
}

pub(crate) fn epoch(number: u8) -> ServerEpoch {
    ServerEpoch::from_bytes([number; 16])
}

pub(crate) fn store(number: u8) -> StoreId {
    StoreId::new(format!("store-{}", number % 3)).expect("a store")
}

pub(crate) fn node(number: u8) -> NodeNumber {
    NodeNumber::new(u32::from(number % 4) + 1).expect("a node")
}

/// Orders have even numbers; each odd one is the return of the order before it.
pub(crate) fn document(number: u8) -> DocumentId {
    DocumentId::from_bytes([number % 8; 16])
}

pub(crate) fn at(number: u64) -> Timestamp {
    Timestamp::from_milliseconds(i64::try_from(number).expect("small"))
}

/// What one till writes.
#[derive(Debug, Clone)]
pub(crate) struct TillLog {
    pub(crate) head: LogHead,
    pub(crate) entries: Vec<(PreparedEntry, ChainHash)>,
}

impl TillLog {
    pub(crate) fn new(number: u8) -> Self {
        Self {
            head: LogHead::start(LogId::new(node(number), [number; 12])),
            entries: Vec::new(),
        }
    }

    /// A log of the server's own, from before it was restored.
    pub(crate) fn of_server() -> Self {
        Self {
            head: LogHead::start(LogId::new(NodeNumber::SERVER, [9; 12])),
            entries: Vec::new(),
        }
    }

    /// Where the log's next change to a document is in its place, as far as the log itself goes; now and then it is not.
    pub(crate) fn next_change(
        &self,
        number: u8,
        unique: u32,
        begins_in: Option<StoreId>,
    ) -> RecognisedChange {
        let written: Vec<&PreparedEntry> = self
            .entries
            .iter()
            .map(|(entry, _)| entry)
            .filter(|entry| entry.document == document(number))
            .collect();
        let seen = written.last();
        let last = seen.map_or(0, |entry| match &entry.verdict {
            EntryVerdict::Recognised(change) => change.last_counter.get(),
            EntryVerdict::Refused { .. } => 7,
        });
        let sequence = written.len() as u64 + 1 + u64::from(unique.is_multiple_of(11));
        let first = last + 1 + 3 * u64::from(unique.is_multiple_of(13));
        let counter = |counter| NonZeroU64::new(counter).expect("from 1");
        RecognisedChange {
            begins: begins_in.map(|store| begins(number, store)),
            sequence: counter(sequence),
            deps: seen.map(|entry| entry.hash).into_iter().collect(),
            first_counter: counter(first),
            last_counter: counter(first + u64::from(unique % 3)),
            decided: (self.head.log.node() == NodeNumber::SERVER).then(|| decided(number)),
        }
    }

    pub(crate) fn write(&mut self, entry: PreparedEntry) {
        let position = self.head.position.next().expect("a place");
        self.head.position = position;
        self.head.chain = chain(self.head.chain, position, entry.document, entry.hash);
        self.entries.push((entry, self.head.chain));
    }

    /// The entries after a place, with the head signed there.
    pub(crate) fn frame(
        &self,
        after: usize,
        delivered_by: NodeNumber,
        signed: bool,
    ) -> Option<FramePrepared> {
        let after = after.min(self.entries.len().saturating_sub(1));
        let entries: Vec<PreparedEntry> = self
            .entries
            .iter()
            .skip(after)
            .map(|(entry, _)| entry.clone())
            .collect();
        (!entries.is_empty()).then(|| FramePrepared {
            delivered_by,
            log: self.head.log,
            first: LogPosition::new(after as u64 + 1).expect("small"),
            entries,
            head: signed.then(|| self::signed(self.head)),
            received_at: at(1_000),
        })
    }
}

fn begins(number: u8, store: StoreId) -> DocumentScope {
    let is_return = number % 2 == 1;
    DocumentScope {
        kind: RecordedKind::Known(if is_return {
            DocumentKind::Return
        } else {
            DocumentKind::Order
        }),
        store: Some(store),
        refers_to: is_return.then(|| document(number.wrapping_sub(1))),
    }
}

/// What the server decided.
pub(crate) fn decided(cause: u8) -> Decided {
    Decided {
        cause: ReactionId::from_bytes([cause; 16]),
        number: OrderNumber::from_i64(i64::from(cause)).ok(),
    }
}

/// A head as its owner signs it here.
pub(crate) fn signed(head: LogHead) -> SignedHead {
    SignedHead {
        head,
        signature: HeadSignature::from_bytes([7; 64]),
    }
}

/// An entry as recognition would leave it; not a change of our shape without `change`.
pub(crate) fn entry(number: u8, unique: u32, change: Option<RecognisedChange>) -> PreparedEntry {
    let mut hash = [number; 32];
    hash[..4].copy_from_slice(&unique.to_be_bytes());
    PreparedEntry {
        document: document(number),
        hash: ChangeHash::from_bytes(hash),
        bytes: unique.to_be_bytes().into(),
        verdict: change.map_or_else(not_recognised, EntryVerdict::Recognised),
    }
}

fn not_recognised() -> EntryVerdict {
    EntryVerdict::Refused {
        reason: QuarantineReason::NotRecognised,
        detail: "not a change".to_owned(),
    }
}
