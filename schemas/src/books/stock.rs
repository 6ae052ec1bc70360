//! Stock against documents.

use std::collections::BTreeMap;

use super::{BooksGap, BooksReport, balance::Books};
use crate::{
    identity::{DocumentId, OperationId},
    operation::LineKind,
    order::OrderEnd,
    stock::{StockMovement, order_movements, return_movements, stock_movements},
};

pub(super) fn compare(books: &Books<'_>, report: &mut BooksReport) {
    let aliased = books.aliased();
    let moves_elsewhere = |document: DocumentId| {
        let alias = aliased
            .iter()
            .find(|alias| alias.documents.contains(&document));
        alias.is_some_and(|alias| alias.stock.is_some_and(|stock| stock != document))
    };
    let orders = books.orders.iter();
    let orders = orders
        .filter(|order| !moves_elsewhere(order.id))
        .flat_map(order_movements);
    let returns = books.returns.iter().flat_map(return_movements);
    let papers = books.papers.iter().flat_map(stock_movements);
    let documents: Vec<StockMovement> = orders.chain(returns).chain(papers).collect();
    compare_ledger(books, &documents, report);
    compare_units(books, report);
}

/// A movement's name: every movement of a document has one of its own.
type Key = (DocumentId, OperationId, u32);

fn here<'a>(
    books: &Books<'_>,
    movements: &'a [StockMovement],
) -> impl Iterator<Item = &'a StockMovement> {
    let (store, date) = (books.store.clone(), books.business_date);
    movements
        .iter()
        .filter(move |movement| movement.store == store && movement.business_date == Some(date))
}

fn compare_ledger(books: &Books<'_>, documents: &[StockMovement], report: &mut BooksReport) {
    let key = |movement: &StockMovement| -> Key {
        (movement.document, movement.operation, movement.index)
    };
    let mut expected: BTreeMap<Key, &StockMovement> = BTreeMap::new();
    for movement in here(books, documents) {
        expected.insert(key(movement), movement);
    }
    for row in here(books, books.ledger) {
        report.movements = report.movements.saturating_add(1);
        match expected.get(&key(row)) {
            Some(movement) if *movement == row => {
                expected.remove(&key(row));
            }
            Some(_) | None => report.gaps.push(BooksGap::MovementSurplus {
                document: row.document,
                operation: row.operation,
                change: row.change,
            }),
        }
    }
    let missing = expected
        .into_values()
        .map(|movement| BooksGap::MovementMissing {
            document: movement.document,
            operation: movement.operation,
            change: movement.change,
        });
    report.gaps.extend(missing);
}

/// Completed orders handed over what they sold, completed returns took back what they say.
fn compare_units(books: &Books<'_>, report: &mut BooksReport) {
    for order in books.orders {
        let home = order
            .header
            .as_ref()
            .map(|header| (&header.store, header.business_date));
        let differs = order
            .lines
            .values()
            .any(|line| !line.to_hand_over().is_zero());
        let completed = matches!(order.end, Some(OrderEnd::Completed { .. }));
        if completed && books.is_here(home) && differs {
            let document = order.id;
            report.gaps.push(BooksGap::UnitsNotHandedOver { document });
        }
    }
    for returned in books.returns {
        let home = returned
            .header
            .as_ref()
            .map(|header| (&header.store, header.business_date));
        let differs = returned
            .lines
            .values()
            .any(|line| line.added.kind == LineKind::Goods && !line.to_take_back().is_zero());
        if returned.completed.is_some() && books.is_here(home) && differs {
            let document = returned.id;
            report.gaps.push(BooksGap::UnitsNotTakenBack { document });
        }
    }
}
