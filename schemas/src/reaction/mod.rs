//! What the server decides when documents arrive: which orders are one, and which documents got one number.
//!
//! Each decision is an operation with a [`ReactionId`] that follows from its cause, so a decision that is taken twice
//! (after a restored backup, say) counts once, and one that people undid does not come back.

mod alias;
mod number;

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

pub use alias::unalias;

use crate::{
    document::Document,
    identity::{DocumentId, ExternalRef, OrderNumberError, OrderNumberMint, ReactionId},
    numbers::Numbers,
    operation::{Author, Body, DocumentKind, Operation, Role},
    order::{OrderState, fold_order},
    return_::{ReturnState, fold_return},
    time::Timestamp,
};

/// A document that goes by a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Numbered {
    /// An order.
    Order(OrderState),
    /// A return.
    Return(ReturnState),
}

impl Numbered {
    /// Folds a document; `None` for one of another kind, and while its kind is not known.
    #[must_use]
    pub fn of(document: &Document) -> Option<Self> {
        let (id, operations) = (document.id(), document.operations());
        match document.kind()? {
            DocumentKind::Order => Some(Self::Order(fold_order(id, operations))),
            DocumentKind::Return => Some(Self::Return(fold_return(id, operations))),
            DocumentKind::TillSession | DocumentKind::Stock | DocumentKind::Safe => None,
        }
    }

    /// The document.
    #[must_use]
    pub fn id(&self) -> DocumentId {
        match self {
            Self::Order(order) => order.id,
            Self::Return(returned) => returned.id,
        }
    }

    /// By which numbers it goes.
    #[must_use]
    pub fn numbers(&self) -> &Numbers {
        match self {
            Self::Order(order) => &order.numbers,
            Self::Return(returned) => &returned.numbers,
        }
    }

    /// What other systems call it; nobody else names a return.
    pub fn references(&self) -> impl Iterator<Item = &ExternalRef> {
        self.order().into_iter().flat_map(|order| &order.references)
    }

    /// The order, where it is one.
    #[must_use]
    pub fn order(&self) -> Option<&OrderState> {
        match self {
            Self::Order(order) => Some(order),
            Self::Return(_) => None,
        }
    }

    fn reactions(&self) -> &BTreeSet<ReactionId> {
        match self {
            Self::Order(order) => &order.reactions,
            Self::Return(returned) => &returned.reactions,
        }
    }
}

/// An operation that the server writes into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The document.
    pub document: DocumentId,
    /// The operation.
    pub operation: Operation,
}

/// What the server decides on an order or a return that is new, or that changed.
///
/// `others` are the documents that go by one of [`Numbered::numbers`], or claim one of its references; more of them do
/// no harm, and `document` itself may be among them. `mint` is the server's, and is to be stored with what is written.
///
/// # Errors
/// [`OrderNumberError`] where there is no further number.
pub fn react(
    document: &Numbered,
    others: &[Numbered],
    at: Timestamp,
    mint: &mut OrderNumberMint,
) -> Result<Vec<Reaction>, OrderNumberError> {
    let mut reactions = number::reassign_clashing(document, others, at, mint)?;
    if let Some(order) = document.order() {
        let others: Vec<&OrderState> = others.iter().filter_map(Numbered::order).collect();
        reactions.extend(alias::alias_same(order, &others, at));
    }
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
