//! Example ids, and frames as a till would make them.

use holdfast_schemas::{
    change::RecordedKind,
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, StoreId, TenantId,
    },
    log::{HeadSignature, LogHead, SignedHead, chain},
    operation::DocumentKind,
    time::Timestamp,
    wire::ServerEpoch,
};
use holdfast_server::store::{
    DocumentScope, EntryVerdict, FramePrepared, PreparedEntry, QuarantineReason,
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
            head: signed.then_some(SignedHead {
                head: self.head,
                signature: HeadSignature::from_bytes([7; 64]),
            }),
            received_at: at(1_000),
        })
    }
}

/// An entry as recognition would leave it.
pub(crate) fn entry(
    number: u8,
    unique: u32,
    begins_in: Option<StoreId>,
    good: bool,
) -> PreparedEntry {
    let mut hash = [number; 32];
    hash[..4].copy_from_slice(&unique.to_be_bytes());
    let document = document(number);
    let is_return = number % 2 == 1;
    let begins = begins_in.map(|store| DocumentScope {
        kind: RecordedKind::Known(if is_return {
            DocumentKind::Return
        } else {
            DocumentKind::Order
        }),
        store: Some(store),
        refers_to: is_return.then(|| self::document(number.wrapping_sub(1))),
    });
    PreparedEntry {
        document,
        hash: ChangeHash::from_bytes(hash),
        bytes: unique.to_be_bytes().into(),
        verdict: if good {
            EntryVerdict::Recognised { begins }
        } else {
            EntryVerdict::Refused {
                reason: QuarantineReason::NotRecognised,
                detail: "not a change".to_owned(),
            }
        },
    }
}
