//! One outside order, several documents: it was captured more than once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Reaction, reaction, reaction_id};
use crate::{
    identity::{DocumentId, ExternalRef, ReactionId, ReasonCode},
    operation::{Author, Operation, OrderAliased, OrderUnaliased, Role},
    order::OrderState,
    refusal::Refusal,
    time::Timestamp,
};

/// Ties all orders that claim one reference to the one with the smallest id, in both documents.
pub(super) fn alias_same(
    order: &OrderState,
    others: &[&OrderState],
    at: Timestamp,
) -> Vec<Reaction> {
    let mut reactions = BTreeMap::new();
    for reference in &order.references {
        let claiming: BTreeMap<DocumentId, &OrderState> = others
            .iter()
            .copied()
            .chain([order])
            .filter(|other| other.references.contains(reference))
            .map(|other| (other.id, other))
            .collect();
        let mut claiming = claiming.into_values();
        let Some(canonical) = claiming.next() else {
            continue;
        };
        for other in claiming {
            for (document, tied_to) in [(canonical, other), (other, canonical)] {
                let cause = cause(document.id, tied_to.id);
                if !is_settled(document, tied_to.id, cause) {
                    let aliased = alias(document.id, tied_to.id, reference, cause, at);
                    reactions.entry(cause).or_insert(aliased);
                }
            }
        }
    }
    reactions.into_values().collect()
}

/// Whether the document says it already, or said it and people took it back.
fn is_settled(document: &OrderState, other: DocumentId, cause: ReactionId) -> bool {
    document.aliases.contains_key(&other) || document.reactions.contains(&cause)
}

fn alias(
    document: DocumentId,
    other: DocumentId,
    because: &ExternalRef,
    cause: ReactionId,
    at: Timestamp,
) -> Reaction {
    let because = because.clone();
    reaction(document, cause, at, OrderAliased { other, because }.into())
}

fn cause(document: DocumentId, other: DocumentId) -> ReactionId {
    reaction_id(&[b"alias", &document.to_bytes(), &other.to_bytes()])
}

/// Takes an alias back, in both documents: people found that they are two orders after all. It does not come back by
/// itself.
///
/// # Errors
/// [`Refusal::RoleNotAllowed`] for other than managers and headquarters, [`Refusal::NotAliased`] where neither says so.
pub fn unalias(
    order: &OrderState,
    other: &OrderState,
    reason: &ReasonCode,
    at: Timestamp,
    by: &Author,
) -> Result<Vec<Reaction>, Refusal> {
    let allowed = BTreeSet::from([Role::Manager, Role::Headquarters]);
    if !allowed.contains(&by.role) {
        return Err(Refusal::RoleNotAllowed { role: by.role });
    }
    let says_so = [(order, other.id), (other, order.id)]
        .into_iter()
        .filter(|(document, tied_to)| document.aliases.contains_key(tied_to));
    let operations: Vec<Reaction> = says_so
        .map(|(document, other)| {
            let reason = reason.clone();
            let body = OrderUnaliased { other, reason };
            Reaction {
                document: document.id,
                operation: Operation::new(at, by.clone(), body.into()),
            }
        })
        .collect();
    if operations.is_empty() {
        return Err(Refusal::NotAliased { other: other.id });
    }
    Ok(operations)
}
