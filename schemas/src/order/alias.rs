//! Several documents that are one order: which of them counts for what.

use std::collections::{BTreeMap, BTreeSet};

use super::OrderState;
use crate::{identity::DocumentId, misfit::Misfit, value::MinorUnits};

/// Several documents that are one order. Payments stay where they were made; lines and stock count once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasedOrder {
    /// The document whose lines count, and by which the order goes: the smallest id.
    pub canonical: DocumentId,
    /// All of them, the canonical one included.
    pub documents: BTreeSet<DocumentId>,
    /// The document whose handovers count as stock movements: the smallest that has any.
    pub stock: Option<DocumentId>,
    /// What is held for the order, over all documents.
    pub held_minor: MinorUnits,
    /// What did not fit between them.
    pub misfits: Vec<Misfit>,
}

/// The documents that are one order with `start`: all that can be reached over aliases, `start` included. An alias
/// counts whichever of the two says it; documents that are not given end the search.
#[must_use]
pub fn alias_component<'a>(
    start: DocumentId,
    orders: impl IntoIterator<Item = &'a OrderState>,
) -> BTreeSet<DocumentId> {
    let mut tied: BTreeMap<DocumentId, BTreeSet<DocumentId>> = BTreeMap::new();
    for order in orders {
        for other in order.aliases.keys() {
            tied.entry(order.id).or_default().insert(*other);
            tied.entry(*other).or_default().insert(order.id);
        }
    }
    let mut component = BTreeSet::new();
    let mut open = vec![start];
    while let Some(document) = open.pop() {
        if component.insert(document) {
            open.extend(tied.get(&document).into_iter().flatten());
        }
    }
    component
}

/// Puts the documents of one component together; `None` where none is given. Their order does not matter.
#[must_use]
pub fn resolve_aliases<'a>(
    orders: impl IntoIterator<Item = &'a OrderState>,
) -> Option<AliasedOrder> {
    let orders: BTreeMap<DocumentId, &OrderState> =
        orders.into_iter().map(|order| (order.id, order)).collect();
    let canonical = *orders.values().next()?;
    let held_minor = super::sum(orders.values().map(|order| order.held_minor()));
    let stock = orders.values().find(|order| !order.handovers.is_empty());
    let mut misfits = one_sided(&orders);
    misfits.extend(paid_too_often(&orders, canonical.total_minor()));
    Some(AliasedOrder {
        canonical: canonical.id,
        documents: orders.keys().copied().collect(),
        stock: stock.map(|order| order.id),
        held_minor,
        misfits,
    })
}

fn one_sided(orders: &BTreeMap<DocumentId, &OrderState>) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    for order in orders.values() {
        for other in order.aliases.keys() {
            let says_so = |other: &&OrderState| other.aliases.contains_key(&order.id);
            if orders.get(other).is_some_and(|other| !says_so(other)) {
                misfits.push(Misfit::AliasOneSided {
                    document: order.id,
                    other: *other,
                });
            }
        }
    }
    misfits
}

/// What was paid over the order's total is proposed as a refund, of the latest documents first.
fn paid_too_often(orders: &BTreeMap<DocumentId, &OrderState>, total: MinorUnits) -> Vec<Misfit> {
    let mut over =
        super::sum(orders.values().map(|order| order.held_minor())).saturating_minus(total);
    let paid = orders
        .values()
        .filter(|order| order.held_minor().is_positive());
    if paid.count() < 2 {
        return Vec::new();
    }
    let mut misfits = Vec::new();
    for order in orders.values().rev() {
        let proposed = order.held_minor().min(over);
        if proposed.is_positive() {
            over = over.saturating_minus(proposed);
            misfits.push(Misfit::AliasBothPaid {
                document: order.id,
                proposed_refund_minor: proposed,
            });
        }
    }
    misfits
}
