//! One number, two orders: a cloned or restored disk and a clock set back minted it twice.

use std::collections::BTreeMap;

use super::{Reaction, reaction, reaction_id};
use crate::{
    identity::{DocumentId, OrderNumber, OrderNumberError, OrderNumberMint, ReactionId},
    operation::NumberReassigned,
    order::OrderState,
    time::Timestamp,
};

/// Of the orders that go by one number, the one with the smallest id keeps it; each other gets a further one. Its old
/// number goes on finding it.
pub(super) fn reassign_clashing(
    order: &OrderState,
    others: &[OrderState],
    at: Timestamp,
    mint: &mut OrderNumberMint,
) -> Result<Vec<Reaction>, OrderNumberError> {
    let Some(clashed) = order.number else {
        return Ok(Vec::new());
    };
    let going_by: BTreeMap<DocumentId, &OrderState> = others
        .iter()
        .chain([order])
        .filter(|other| other.number == Some(clashed))
        .map(|other| (other.id, other))
        .collect();
    let mut orders = going_by.into_values();
    let Some(keeper) = orders.next() else {
        return Ok(Vec::new());
    };
    let mut reactions = Vec::new();
    for later in orders {
        let cause = cause(clashed, later.id);
        if later.reactions.contains(&cause) {
            continue;
        }
        let body = NumberReassigned {
            clashed,
            number: mint.mint(at)?,
            other: keeper.id,
        };
        reactions.push(reaction(later.id, cause, at, body.into()));
    }
    Ok(reactions)
}

fn cause(clashed: OrderNumber, later: DocumentId) -> ReactionId {
    reaction_id(&[
        b"number",
        &clashed.to_i64().to_be_bytes(),
        &later.to_bytes(),
    ])
}
