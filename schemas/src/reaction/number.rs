//! One number, two documents: a cloned or restored disk and a clock set back minted it twice.

use std::collections::BTreeMap;

use super::{Numbered, Reaction, reaction, reaction_id};
use crate::{
    identity::{DocumentId, OrderNumber, OrderNumberError, OrderNumberMint, ReactionId},
    operation::{Body, NumberReassigned, ReturnNumberReassigned},
    time::Timestamp,
};

/// Of the orders and returns that go by one number, the one with the smallest id keeps it; each other gets a further
/// one. Its old number goes on finding it.
pub(super) fn reassign_clashing(
    document: &Numbered,
    others: &[Numbered],
    at: Timestamp,
    mint: &mut OrderNumberMint,
) -> Result<Vec<Reaction>, OrderNumberError> {
    let Some(clashed) = document.numbers().current() else {
        return Ok(Vec::new());
    };
    let going_by: BTreeMap<DocumentId, &Numbered> = others
        .iter()
        .chain([document])
        .filter(|other| other.numbers().current() == Some(clashed))
        .map(|other| (other.id(), other))
        .collect();
    let mut documents = going_by.into_values();
    let Some(keeper) = documents.next() else {
        return Ok(Vec::new());
    };
    let mut reactions = Vec::new();
    for later in documents {
        let cause = cause(clashed, later.id());
        if later.reactions().contains(&cause) {
            continue;
        }
        let reassigned = NumberReassigned {
            clashed,
            number: mint.mint(at)?,
            other: keeper.id(),
        };
        let body = body(later, reassigned);
        reactions.push(reaction(later.id(), cause, at, body));
    }
    Ok(reactions)
}

fn body(document: &Numbered, reassigned: NumberReassigned) -> Body {
    match document {
        Numbered::Order(_) => reassigned.into(),
        Numbered::Return(_) => ReturnNumberReassigned(reassigned).into(),
    }
}

fn cause(clashed: OrderNumber, later: DocumentId) -> ReactionId {
    reaction_id(&[
        b"number",
        &clashed.to_i64().to_be_bytes(),
        &later.to_bytes(),
    ])
}
