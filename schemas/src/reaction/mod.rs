//! What the server decides when documents arrive: which orders are one, and which got one number.
//!
//! Each decision is an operation with a [`ReactionId`] that follows from its cause, so a decision that is taken twice
//! (after a restored backup, say) counts once, and one that people undid does not come back.

mod alias;
mod number;

use sha2::{Digest, Sha256};

pub use alias::unalias;

use crate::{
    identity::DocumentId,
    identity::{OrderNumberError, OrderNumberMint, ReactionId},
    operation::{Author, Body, Operation, Role},
    order::OrderState,
    time::Timestamp,
};

/// An operation that the server writes into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The document.
    pub document: DocumentId,
    /// The operation.
    pub operation: Operation,
}

/// What the server decides on an order that is new, or that changed.
///
/// `others` are the orders that go by one of [`OrderState::numbers`], or claim one of its references; more of them do
/// no harm, and `order` itself may be among them. `mint` is the server's, and is to be stored with what is written.
///
/// # Errors
/// [`OrderNumberError`] where there is no further number.
pub fn react(
    order: &OrderState,
    others: &[OrderState],
    at: Timestamp,
    mint: &mut OrderNumberMint,
) -> Result<Vec<Reaction>, OrderNumberError> {
    let mut reactions = number::reassign_clashing(order, others, at, mint)?;
    reactions.extend(alias::alias_same(order, others, at));
    Ok(reactions)
}

/// Stamps a decision of the server.
fn reaction(document: DocumentId, cause: ReactionId, at: Timestamp, body: Body) -> Reaction {
    let by = Author {
        role: Role::System,
        user: None,
    };
    let mut operation = Operation::new(at, by, body);
    operation.cause = Some(cause);
    Reaction {
        document,
        operation,
    }
}

/// The id of a reaction: the first 16 bytes of the SHA-256 of what it is and of what it follows from, each part with its
/// length before it.
fn reaction_id(parts: &[&[u8]]) -> ReactionId {
    let mut hasher = Sha256::new();
    hasher.update(b"holdfast reaction 1");
    for part in parts {
        // A usize has at most 64 bits on every machine that this runs on.
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    ReactionId::from_bytes(bytes)
}

#[cfg(test)]
mod tests;
