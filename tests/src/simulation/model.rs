//! What should come out: plain numbers for each commit, without logs, feeds, frames, documents or folds.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    identity::{DocumentId, Sku, StoreId},
    operation::LineNumber,
};

use super::till_store::EntryKey;

/// A line as it was sold.
#[derive(Debug, Clone)]
pub(super) struct SoldLine {
    pub(super) product: Sku,
    pub(super) pieces: i64,
    pub(super) price_minor: i64,
}

/// What one commit did, in the model's own words.
#[derive(Debug, Clone, Default)]
pub(super) struct Effects {
    money_minor: i64,
    pub(super) stock: Vec<(StoreId, Sku, i64)>,
    /// The order's lines, and how many pieces of each were sold (first) and came back (second).
    lines: Vec<((DocumentId, LineNumber), (i64, i64))>,
}

fn line_number(index: usize) -> LineNumber {
    let number = u16::try_from(index + 1).expect("few lines");
    LineNumber::new(number.into()).expect("from 1")
}

impl Effects {
    pub(super) fn sold(order: DocumentId, store: &StoreId, lines: &[SoldLine]) -> Self {
        let mut effects = Self::default();
        for (index, line) in lines.iter().enumerate() {
            effects.money_minor += line.pieces * line.price_minor;
            let moved = (store.clone(), line.product.clone(), -line.pieces);
            effects.stock.push(moved);
            let counted = ((order, line_number(index)), (line.pieces, 0));
            effects.lines.push(counted);
        }
        effects
    }

    pub(super) fn returned(
        order: DocumentId,
        line: LineNumber,
        pieces: i64,
        store: &StoreId,
        sold: &[SoldLine],
    ) -> Self {
        let nth = (0..sold.len()).find(|index| line_number(*index) == line);
        let of_line = &sold[nth.expect("a line that was sold")];
        Self {
            money_minor: -pieces * of_line.price_minor,
            stock: vec![(store.clone(), of_line.product.clone(), pieces)],
            lines: vec![((order, line), (0, pieces))],
        }
    }
}

/// What many commits come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) money_minor: i64,
    pub(super) stock: BTreeMap<(StoreId, Sku), i64>,
    /// Pieces sold and pieces that came back, of each line of a sale that is there.
    pub(super) lines: BTreeMap<(DocumentId, LineNumber), (i64, i64)>,
}

/// Every commit that must still be somewhere, and every commit that ever was.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) ever: BTreeMap<EntryKey, Effects>,
    pub(super) expected: BTreeSet<EntryKey>,
    /// Every sale that ever was.
    pub(super) sales: BTreeMap<DocumentId, Vec<SoldLine>>,
    /// The returns of each sale.
    pub(super) returns: BTreeMap<DocumentId, Vec<DocumentId>>,
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
    pub(super) fn sum(&self, keys: &BTreeSet<EntryKey>) -> Sums {
        let mut sums = Sums::default();
        for effects in keys.iter().map(|key| &self.ever[key]) {
            sums.money_minor += effects.money_minor;
            for (store, product, pieces) in &effects.stock {
                let key = (store.clone(), product.clone());
                *sums.stock.entry(key).or_default() += pieces;
            }
            for (line, (sold, returned)) in &effects.lines {
                let sum = sums.lines.entry(*line).or_default();
                *sum = (sum.0 + sold, sum.1 + returned);
            }
        }
        sums.lines.retain(|_, (sold, _)| *sold > 0);
        sums
    }
}
