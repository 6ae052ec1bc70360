//! What can be said of a frame before anything is written: its changes, and whose signature it carries.

use std::error::Error;

use holdfast_schemas::{
    change::{Change, ChangeRefusal, recognise},
    identity::{ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, TenantId},
    log::{HeadSignature, HeadVerifier, LogEntry, LogHead},
    operation::{Body, OrderBody, Original, Recorded, ReturnBody, StockBody, TillSessionBody},
    time::Timestamp,
    wire::Push,
};
use ring::{
    digest,
    signature::{ED25519, UnparsedPublicKey},
};

use crate::store::{
    DocumentScope, EntryVerdict, FramePrepared, PreparedEntry, PublicKey, QuarantineReason,
};

/// How many bytes of a chunk its hash leaves out: four that every chunk begins with, and the checksum.
const CHUNK_UNHASHED_BYTES: usize = 8;

/// The keys of one author, any of which may have signed.
struct AuthorKeys<'a>(&'a [PublicKey]);

impl HeadVerifier for AuthorKeys<'_> {
    fn verify(&self, _head: &LogHead, bytes: &[u8], signature: &HeadSignature) -> bool {
        self.0.iter().any(|key| {
            UnparsedPublicKey::new(&ED25519, key.0)
                .verify(bytes, signature.as_bytes())
                .is_ok()
        })
    }
}

/// Recognises a frame's changes and checks its signature against the keys of the log's author.
///
/// The frame must be gapless ([`Push::is_gapless`]); the session's machine sees to that.
#[must_use]
pub fn prepare(
    push: Push,
    delivered_by: NodeNumber,
    author_keys: &[PublicKey],
    tenant: &TenantId,
    received_at: Timestamp,
) -> FramePrepared {
    let head = push
        .head
        .is_genuine(tenant, &AuthorKeys(author_keys))
        .then_some(push.head);
    FramePrepared {
        delivered_by,
        log: push.log(),
        first: push.after.next().unwrap_or(LogPosition::START),
        entries: push.entries.into_iter().map(prepare_entry).collect(),
        head,
        received_at,
    }
}

fn prepare_entry(entry: LogEntry) -> PreparedEntry {
    match recognise(&entry.change) {
        Ok(change) => prepare_change(entry.log, entry.document, &change, entry.change),
        Err(refusal) => PreparedEntry {
            document: entry.document,
            hash: hash_chunk(&entry.change),
            bytes: entry.change,
            verdict: EntryVerdict::Refused {
                reason: QuarantineReason::NotRecognised,
                detail: describe(&refusal),
            },
        },
    }
}

/// A recognised change as an entry of a log.
#[must_use]
pub fn prepare_change(
    log: LogId,
    document: DocumentId,
    change: &Change,
    bytes: Box<[u8]>,
) -> PreparedEntry {
    let verdict = if change.log() == log {
        EntryVerdict::Recognised {
            begins: scope(change),
        }
    } else {
        EntryVerdict::Refused {
            reason: QuarantineReason::OtherActor,
            detail: format!("the change is by {}", change.log()),
        }
    };
    PreparedEntry {
        document,
        hash: change.hash(),
        bytes,
        verdict,
    }
}

/// What a change says of the document that it begins; `None` where it begins none.
fn scope(change: &Change) -> Option<DocumentScope> {
    let start = change.start()?;
    let mut scope = DocumentScope {
        kind: start.kind.clone(),
        store: None,
        refers_to: None,
    };
    let bodies = change
        .operations()
        .iter()
        .filter_map(|operation| match &operation.recorded {
            Recorded::Known(operation) => Some(&operation.body),
            Recorded::Unknown { .. } => None,
        });
    for body in bodies {
        match body {
            Body::Order(OrderBody::OrderOpened(opened)) => {
                scope.store.get_or_insert_with(|| opened.store.clone());
            }
            Body::Return(ReturnBody::ReturnOpened(opened)) => {
                scope.store.get_or_insert_with(|| opened.store.clone());
                if let Original::Verified { order } = opened.original {
                    scope.refers_to.get_or_insert(order);
                }
            }
            Body::TillSession(TillSessionBody::SessionOpened(opened)) => {
                scope.store.get_or_insert_with(|| opened.store.clone());
            }
            Body::Stock(StockBody::StockMoved(moved)) => {
                scope.store.get_or_insert_with(|| moved.store.clone());
            }
            Body::Order(_) | Body::Return(_) | Body::TillSession(_) => {}
        }
    }
    Some(scope)
}

/// The hash that a chunk of any shape has, so that the chain goes on over what is put aside.
fn hash_chunk(bytes: &[u8]) -> ChangeHash {
    let hashed = bytes.get(CHUNK_UNHASHED_BYTES..).unwrap_or_default();
    let digest = digest::digest(&digest::SHA256, hashed);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    ChangeHash::from_bytes(hash)
}

fn describe(refusal: &ChangeRefusal) -> String {
    let mut text = refusal.to_string();
    let mut source = refusal.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
