//! What the server's documents come to, by the real folds: to be held against the model.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    after_sale::after_sale,
    document::Document,
    identity::DocumentId,
    misfit::Misfit,
    numbers::Numbers,
    operation::{DocumentKind, Recorded},
    order::{OrderState, fold_order},
    return_::{ReturnState, fold_return},
    stock::{StockLedger, fold_stock, order_movements, return_movements, stock_movements},
};

use super::model::Sums;

/// Orders and returns, and what all documents come to.
pub(super) struct Books {
    pub(super) orders: BTreeMap<DocumentId, OrderState>,
    returns: Vec<ReturnState>,
    ledger: StockLedger,
}

/// The kind by its operations: a document whose first change was lost with a disk still counts.
pub(super) fn kind(document: &Document) -> Option<DocumentKind> {
    document
        .operations()
        .find_map(|(_, recorded)| match recorded {
            Recorded::Known(known) => Some(known.body.kind()),
            Recorded::Unknown { .. } => None,
        })
}

impl Books {
    pub(super) fn of(documents: &[Document]) -> Self {
        let mut books = Self {
            orders: BTreeMap::new(),
            returns: Vec::new(),
            ledger: StockLedger::default(),
        };
        for document in documents {
            let (id, operations) = (document.id(), document.operations());
            let movements = match kind(document) {
                Some(DocumentKind::Order) => {
                    let order = fold_order(id, operations);
                    let movements = order_movements(&order);
                    books.orders.insert(id, order);
                    movements
                }
                Some(DocumentKind::Return) => {
                    let returned = fold_return(id, operations);
                    let movements = return_movements(&returned);
                    books.returns.push(returned);
                    movements
                }
                Some(DocumentKind::Stock) => stock_movements(&fold_stock(id, operations)),
                Some(DocumentKind::TillSession | DocumentKind::Safe) | None => Vec::new(),
            };
            for movement in &movements {
                books.ledger.add(movement);
            }
        }
        books
    }

    pub(super) fn sums(&self) -> Sums {
        let taken: i64 = self
            .orders
            .values()
            .map(|order| order.held_minor().get())
            .sum();
        let refunds = self.returns.iter();
        let refunded: i64 = refunds
            .map(|returned| returned.refunded_minor().get())
            .sum();
        let mut sums = Sums {
            money_minor: taken - refunded,
            ..Sums::default()
        };
        for (place, on_hand) in self.ledger.on_hand() {
            let pieces = on_hand.values().map(|total| i64::try_from(total.amount()));
            let pieces: i64 = pieces.map(|pieces| pieces.expect("whole pieces")).sum();
            sums.stock.insert(place.clone(), pieces);
        }
        for order in self.orders.values() {
            let after = after_sale(order, &self.returns);
            for (line, of_line) in &after.lines {
                let whole = |amount| i64::try_from(amount).expect("whole pieces");
                let counts = (
                    whole(of_line.sold.amount()),
                    whole(of_line.returned.amount()),
                );
                sums.lines.insert((order.id, *line), counts);
                let named = after.misfits.iter().any(|misfit| {
                    matches!(misfit, Misfit::ReturnedMoreThanSold { line: named, .. } if named == line)
                });
                assert_eq!(
                    named,
                    counts.1 > counts.0,
                    "a misfit says what came back twice"
                );
            }
        }
        sums
    }

    /// No two documents go by one number, and orders with one outside name know each other.
    pub(super) fn check_identities(&self) {
        let orders = self.orders.values().map(|order| &order.numbers);
        let returns = self.returns.iter().map(|returned| &returned.numbers);
        let numbers: Vec<_> = orders.chain(returns).filter_map(Numbers::current).collect();
        let distinct: BTreeSet<_> = numbers.iter().collect();
        assert_eq!(
            distinct.len(),
            numbers.len(),
            "two documents have one number"
        );
        for order in self.orders.values() {
            for reference in &order.references {
                let mut claiming = self.orders.values();
                let first = claiming
                    .find(|other| other.references.contains(reference))
                    .expect("at least itself");
                if first.id != order.id {
                    assert!(first.aliases.contains_key(&order.id), "{reference} one way");
                    assert!(order.aliases.contains_key(&first.id), "{reference} back");
                }
            }
        }
    }
}
