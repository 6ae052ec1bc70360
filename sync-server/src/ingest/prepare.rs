//! What can be said of a frame before anything is written: its changes, and whose signature it carries.

use std::error::Error;

use holdfast_schemas::{
    change::{Change, ChangeRefusal, hash_of_any, recognise},
    identity::{DocumentId, LogId, LogPosition, NodeNumber, ReactionId, TenantId},
    log::{HeadSignature, HeadVerifier, LogEntry, LogHead},
    operation::{
        Body, Operation, OrderBody, Original, Recorded, ReturnBody, SafeBody, StockBody,
        TillSessionBody,
    },
    planted::{self, Planted},
    time::Timestamp,
    wire::Push,
};
use ring::{
    digest,
    signature::{ED25519, UnparsedPublicKey},
};

use crate::store::{
    Decided, DocumentScope, EntryVerdict, FramePrepared, PreparedEntry, PublicKey,
    QuarantineReason, RecognisedChange,
};

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
    let is_genuine = push.head.is_genuine(tenant, &AuthorKeys(author_keys))
        || planted::is(Planted::SignatureNotChecked);
    let head = is_genuine.then_some(push.head);
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
            hash: hash_of_any(&entry.change),
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
    let begins = scope(change);
    let verdict = if change.log() != log && !planted::is(Planted::ActorNotChecked) {
        EntryVerdict::Refused {
            reason: QuarantineReason::OtherActor,
            detail: format!("the change is by {}", change.log()),
        }
    } else if begins.is_some() && document.node() != log.node() {
        EntryVerdict::Refused {
            reason: QuarantineReason::OtherNode,
            detail: format!("the document's id is of node {}", document.node()),
        }
    } else {
        EntryVerdict::Recognised(RecognisedChange {
            begins,
            sequence: change.sequence(),
            deps: change.deps().to_vec(),
            first_counter: change.first_counter(),
            last_counter: change.last_counter(),
            decided: (log.node() == NodeNumber::SERVER)
                .then(|| decided_by(document, change))
                .flatten(),
        })
    };
    PreparedEntry {
        document,
        hash: change.hash(),
        bytes,
        verdict,
    }
}

/// What a change of the server's own decided: it has one operation.
fn decided_by(document: DocumentId, change: &Change) -> Option<Decided> {
    let [operation] = change.operations() else {
        return None;
    };
    match &operation.recorded {
        Recorded::Known(operation) => Some(decided(document, operation)),
        Recorded::Unknown { .. } => None,
    }
}

/// What an operation of the server's decides. A person's command reacts to nothing: its cause is drawn from the
/// operation itself, so that the same command twice counts once.
#[must_use]
pub fn decided(document: DocumentId, operation: &Operation) -> Decided {
    let number = match &operation.body {
        Body::Order(OrderBody::NumberReassigned(reassigned)) => Some(reassigned.number),
        Body::Return(ReturnBody::ReturnNumberReassigned(reassigned)) => Some(reassigned.0.number),
        Body::Order(_)
        | Body::Return(_)
        | Body::TillSession(_)
        | Body::Stock(_)
        | Body::Safe(_) => None,
    };
    let cause = operation.cause.unwrap_or_else(|| {
        let mut text = b"holdfast command 1".to_vec();
        text.extend(document.to_bytes());
        text.extend(format!("{operation:?}").into_bytes());
        let digest = digest::digest(&digest::SHA256, &text);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_ref()[..16]);
        ReactionId::from_bytes(bytes)
    });
    Decided { cause, number }
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
            Body::Safe(SafeBody::SafeCounted(paper)) => {
                scope.store.get_or_insert_with(|| paper.store.clone());
            }
            Body::Safe(SafeBody::CashBanked(paper)) => {
                scope.store.get_or_insert_with(|| paper.store.clone());
            }
            Body::Order(_) | Body::Return(_) | Body::TillSession(_) => {}
        }
    }
    Some(scope)
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

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_schemas::{
        document::Document,
        identity::{ReasonCode, Sku, StoreId},
        operation::{Author, Operation, Role, StockLine, StockMoved, StockMovementKind},
    };

    fn node(number: u32) -> NodeNumber {
        NodeNumber::new(number).expect("in range")
    }

    fn document(of: u32) -> DocumentId {
        DocumentId::new(Timestamp::from_milliseconds(1), node(of), 1)
    }

    fn log(of: u32) -> LogId {
        LogId::new(node(of), [7; 12])
    }

    fn moved() -> Operation {
        let by = Author {
            role: Role::Supervisor,
            user: None,
        };
        let paper = StockMoved {
            store: StoreId::new("leeds").expect("a store"),
            business_date: "2026-01-02".parse().expect("a date"),
            kind: StockMovementKind::Received,
            reason: ReasonCode::new("delivery").expect("a reason"),
            lines: vec![StockLine {
                product: Sku::new("TEA").expect("a SKU"),
                change: "1".parse().expect("a change"),
            }],
        };
        Operation::new(Timestamp::from_milliseconds(1), by, paper.into())
    }

    fn verdict(entry: PreparedEntry) -> Result<bool, QuarantineReason> {
        match entry.verdict {
            EntryVerdict::Recognised(change) => Ok(change.begins.is_some()),
            EntryVerdict::Refused { reason, .. } => Err(reason),
        }
    }

    #[test]
    fn only_a_node_itself_begins_the_documents_whose_ids_it_drew() {
        let mut paper = Document::new(document(1));
        let begun = paper.append(log(1), &[moved()]).expect("written");
        let prepare = |document, bytes: &[u8]| {
            prepare_entry(LogEntry {
                log: log(1),
                position: LogPosition::new(1).expect("a place"),
                document,
                change: bytes.into(),
            })
        };
        assert_eq!(verdict(prepare(document(1), &begun.bytes)), Ok(true));
        let claimed = verdict(prepare(document(2), &begun.bytes));
        assert_eq!(claimed, Err(QuarantineReason::OtherNode));

        // Anybody may go on with it.
        paper.insert(begun.change);
        let further = paper.append(log(2), &[moved()]).expect("written");
        let entry = prepare_change(
            log(2),
            document(1),
            &further.change,
            further.bytes.clone().into(),
        );
        assert_eq!(verdict(entry), Ok(false));
        let of_another = verdict(prepare(document(1), &further.bytes));
        assert_eq!(of_another, Err(QuarantineReason::OtherActor));
    }
}
