//! What should come out: a plain list of what was sold and moved, without logs, feeds or frames.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    document::Document,
    operation::DocumentKind,
    order::fold_order,
    stock::{StockLedger, fold_stock, stock_movements},
};

use super::till_store::EntryKey;

/// What one commit did, in the model's own words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Effects {
    pub(super) money_minor: i64,
    pub(super) pieces: i64,
}

/// Every commit that must still be somewhere, and every commit that ever was.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) ever: BTreeMap<EntryKey, Effects>,
    pub(super) expected: BTreeSet<EntryKey>,
}

impl Model {
    pub(super) fn committed(&mut self, key: EntryKey, effects: Effects) {
        self.ever.insert(key, effects);
        self.expected.insert(key);
    }

    /// A disk or database was thrown away: only what is still provable somewhere can come back.
    pub(super) fn keep(&mut self, left: &BTreeSet<EntryKey>) {
        self.expected.retain(|key| left.contains(key));
    }

    /// What these commits come to.
    pub(super) fn sum(&self, keys: &BTreeSet<EntryKey>) -> Effects {
        keys.iter()
            .map(|key| self.ever[key])
            .fold(Effects::default(), |sum, one| Effects {
                money_minor: sum.money_minor + one.money_minor,
                pieces: sum.pieces + one.pieces,
            })
    }
}

/// What documents come to, folded by the real folds.
pub(super) fn fold(documents: &[Document]) -> Effects {
    let mut money_minor = 0;
    let mut ledger = StockLedger::default();
    for document in documents {
        match kind(document) {
            DocumentKind::Order => {
                let order = fold_order(document.id(), document.operations());
                money_minor += order.held_minor().get();
            }
            DocumentKind::Stock => {
                let stock = fold_stock(document.id(), document.operations());
                for movement in stock_movements(&stock) {
                    ledger.add(&movement);
                }
            }
            DocumentKind::Return | DocumentKind::TillSession => {}
        }
    }
    let pieces = ledger.on_hand().values().flat_map(BTreeMap::values);
    Effects {
        money_minor,
        pieces: pieces
            .map(|total| i64::try_from(total.amount()).expect("whole pieces"))
            .sum(),
    }
}

/// The kind by its operations: a document whose first change was lost with a disk still counts.
fn kind(document: &Document) -> DocumentKind {
    let mut kinds = document
        .operations()
        .filter_map(|(_, recorded)| match recorded {
            holdfast_schemas::operation::Recorded::Known(known) => Some(known.body.kind()),
            holdfast_schemas::operation::Recorded::Unknown { .. } => None,
        });
    kinds.next().unwrap_or(DocumentKind::TillSession)
}
