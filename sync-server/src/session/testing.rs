//! An example company, for tests: stores, tills, and frames as ingest gets them.

use std::num::NonZeroU64;

use holdfast_schemas::{
    change::RecordedKind,
    identity::{ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, StoreId, TenantId},
    log::{HeadSignature, LogHead, SignedHead, chain},
    operation::DocumentKind,
    time::Timestamp,
    wire::ServerEpoch,
};

use crate::store::{
    DocumentScope, EnrolmentCode, EnrolmentRequest, EntryVerdict, FramePrepared, PreparedEntry,
    PublicKey, RecognisedChange, SecretHash, Store, StoreRecord,
};

pub(super) const NOW: Timestamp = Timestamp::from_milliseconds(1_000);

pub(super) fn tenant() -> TenantId {
    TenantId::new("example").expect("a tenant")
}

pub(super) fn epoch(number: u8) -> ServerEpoch {
    ServerEpoch::from_bytes([number; 16])
}

pub(super) fn node(number: u32) -> NodeNumber {
    NodeNumber::new(number).expect("in range")
}

pub(super) fn store_id(name: &str) -> StoreId {
    StoreId::new(name).expect("a store")
}

pub(super) fn enrol(store: &dyn Store, number: u8, name: &str) {
    let (secret, store_id) = (SecretHash([number; 32]), store_id(name));
    let record = StoreRecord {
        store: store_id.clone(),
        added_at: NOW,
    };
    store.add_store(&record).expect("kept");
    let code = EnrolmentCode {
        secret,
        store: store_id,
        created_at: NOW,
        expires_at: NOW.plus_milliseconds(1),
    };
    store.add_enrolment_code(&code).expect("kept");
    let request = EnrolmentRequest {
        secret,
        public_key: PublicKey([number; 32]),
        at: NOW,
    };
    let enrolled = store.enrol(&request).expect("kept").expect("let in");
    assert_eq!(enrolled.node, node(number.into()));
}

/// The frame in which a till begins an order.
pub(super) fn first_frame(by: NodeNumber, document: DocumentId, store: &StoreId) -> FramePrepared {
    let entry = PreparedEntry {
        document,
        hash: ChangeHash::from_bytes([2; 32]),
        bytes: [3; 8].into(),
        verdict: EntryVerdict::Recognised(RecognisedChange {
            begins: Some(DocumentScope {
                kind: RecordedKind::Known(DocumentKind::Order),
                store: Some(store.clone()),
                refers_to: None,
            }),
            sequence: NonZeroU64::MIN,
            deps: Vec::new(),
            first_counter: NonZeroU64::MIN,
            last_counter: NonZeroU64::MIN,
            decided: None,
        }),
    };
    frame(LogId::new(by, [1; 12]), entry)
}

/// A frame of the one entry that a log begins with.
pub(super) fn frame(log: LogId, entry: PreparedEntry) -> FramePrepared {
    let by = log.node();
    let position = LogPosition::new(1).expect("in range");
    let start = LogHead::start(log);
    let (document, hash) = (entry.document, entry.hash);
    FramePrepared {
        delivered_by: by,
        log,
        first: position,
        entries: vec![entry],
        head: Some(SignedHead {
            head: LogHead {
                log,
                position,
                chain: chain(start.chain, position, document, hash),
            },
            signature: HeadSignature::from_bytes([4; 64]),
        }),
        received_at: NOW,
    }
}
