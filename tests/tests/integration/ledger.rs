//! What was traded, kept apart from the tills' own books, and what headquarters shows of it.

use std::collections::BTreeMap;

use holdfast_node::engine::Receipt;
use holdfast_schemas::{
    identity::{DocumentId, StoreId},
    operation::DocumentKind,
    value::MinorUnits,
};
use holdfast_tests::headquarters::Headquarters;
use rust_decimal::Decimal;
use serde::Deserialize;

/// Orders and returns with their money, and what they did to the stock of each store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) orders: BTreeMap<DocumentId, MinorUnits>,
    pub(crate) returns: BTreeMap<DocumentId, MinorUnits>,
    pub(crate) stock: BTreeMap<StoreId, Decimal>,
}

#[derive(Deserialize)]
struct OrderShown {
    id: DocumentId,
    total_minor: MinorUnits,
}

#[derive(Deserialize)]
struct ReturnShown {
    id: DocumentId,
    refunded_minor: MinorUnits,
}

#[derive(Deserialize)]
struct StockShown {
    store: StoreId,
    on_hand: Decimal,
}

impl Ledger {
    /// Writes down what a till answered, and that so many pieces went out (or, negative, came back).
    pub(crate) fn add(&mut self, store: &StoreId, receipt: &Receipt, pieces: i64) {
        let amount = receipt.amount.expect("it is for money").minor;
        let before = match receipt.kind {
            DocumentKind::Order => self.orders.insert(receipt.document, amount),
            DocumentKind::Return => self.returns.insert(receipt.document, amount),
            DocumentKind::TillSession | DocumentKind::Stock | DocumentKind::Safe => {
                panic!("no trade: {receipt:?}")
            }
        };
        assert_eq!(before, None, "two receipts for {}", receipt.document);
        *self.stock.entry(store.clone()).or_default() -= Decimal::from(pieces);
    }

    /// Adds what another till wrote down.
    pub(crate) fn absorb(&mut self, other: Self) {
        let documents = self.documents() + other.documents();
        self.orders.extend(other.orders);
        self.returns.extend(other.returns);
        assert_eq!(self.documents(), documents, "two tills made one document");
        for (store, pieces) in other.stock {
            *self.stock.entry(store).or_default() += pieces;
        }
    }

    pub(crate) fn documents(&self) -> usize {
        self.orders.len() + self.returns.len()
    }

    /// Every order and return.
    pub(crate) fn ids(&self) -> Vec<DocumentId> {
        self.orders
            .keys()
            .chain(self.returns.keys())
            .copied()
            .collect()
    }

    /// What headquarters shows.
    pub(crate) fn shown(headquarters: &Headquarters) -> Self {
        let orders: Vec<OrderShown> = headquarters.list("/v1/orders").expect("orders");
        let returns: Vec<ReturnShown> = headquarters.list("/v1/returns").expect("returns");
        let stock: Vec<StockShown> = headquarters.list("/v1/stock").expect("stock");
        let (order_count, return_count) = (orders.len(), returns.len());
        let shown = Self {
            orders: orders
                .iter()
                .map(|order| (order.id, order.total_minor))
                .collect(),
            returns: returns
                .iter()
                .map(|taken| (taken.id, taken.refunded_minor))
                .collect(),
            stock: stock
                .into_iter()
                .map(|level| (level.store, level.on_hand))
                .collect(),
        };
        assert_eq!(shown.orders.len(), order_count, "an order is listed twice");
        assert_eq!(
            shown.returns.len(),
            return_count,
            "a return is listed twice"
        );
        shown
    }
}
