//! Movements of stock, derived from documents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StockState;
use crate::{
    identity::{DocumentId, OperationId, Sku, StoreId},
    operation::{Disposition, LineKind, StockMovementKind},
    order::OrderState,
    planted::{self, Planted},
    return_::ReturnState,
    time::BusinessDate,
    value::QuantityTotal,
};

/// Why stock moved.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MovementCause {
    /// Goods were handed over to a customer.
    HandedOver,
    /// A customer gave goods back, and they can be sold again.
    TakenBack,
    /// Goods came in.
    Received,
    /// The books were put right.
    Adjusted,
    /// A count found a difference.
    Counted,
    /// To or from another place.
    Transferred,
}

impl From<StockMovementKind> for MovementCause {
    fn from(kind: StockMovementKind) -> Self {
        match kind {
            StockMovementKind::Received => Self::Received,
            StockMovementKind::Adjusted => Self::Adjusted,
            StockMovementKind::Counted => Self::Counted,
            StockMovementKind::Transferred => Self::Transferred,
        }
    }
}

/// One product's rise or fall in one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMovement {
    /// Where.
    pub store: StoreId,
    /// What.
    pub product: Sku,
    /// By how much; less than nothing for a fall.
    pub change: QuantityTotal,
    /// On which trading day; none where the document's opening has not arrived.
    pub business_date: Option<BusinessDate>,
    /// The document that it follows from.
    pub document: DocumentId,
    /// The operation in that document.
    pub operation: OperationId,
    /// Its place among the movements of that operation, from 0.
    pub index: u32,
    /// Why.
    pub cause: MovementCause,
}

/// What an order moved: handed-over goods leave the store that handed them over.
#[must_use]
pub fn order_movements(order: &OrderState) -> Vec<StockMovement> {
    let business_date = order.header.as_ref().map(|header| header.business_date);
    let handovers = order.handovers.iter().filter_map(|handover| {
        let line = order.lines.get(&handover.line)?;
        (line.added.kind == LineKind::Goods).then(|| StockMovement {
            store: handover.store.clone(),
            product: line.added.product.clone(),
            change: handover.quantity.negated(),
            business_date,
            document: order.id,
            operation: handover.operation,
            index: 0,
            cause: MovementCause::HandedOver,
        })
    });
    numbered(handovers.collect())
}

/// What a return moved: goods that can be sold again come into the store that took them back.
#[must_use]
pub fn return_movements(returned: &ReturnState) -> Vec<StockMovement> {
    let business_date = returned.header.as_ref().map(|header| header.business_date);
    let taken_back = returned.taken_back.iter().filter_map(|taken| {
        let line = returned.lines.get(&taken.line)?;
        let restocked = match line.added.disposition {
            Disposition::Restock => line.added.kind == LineKind::Goods,
            Disposition::Damaged | Disposition::ReturnToVendor => false,
        };
        let change = if planted::is(Planted::ReturnTakenOutOfStock) {
            taken.quantity.negated()
        } else {
            taken.quantity
        };
        restocked.then(|| StockMovement {
            store: taken.store.clone(),
            product: line.added.product.clone(),
            change,
            business_date,
            document: returned.id,
            operation: taken.operation,
            index: 0,
            cause: MovementCause::TakenBack,
        })
    });
    numbered(taken_back.collect())
}

/// What a stock paper moved.
#[must_use]
pub fn stock_movements(stock: &StockState) -> Vec<StockMovement> {
    let moved = stock.moved.iter().flat_map(|(operation, moved)| {
        moved.lines.iter().map(|line| StockMovement {
            store: moved.store.clone(),
            product: line.product.clone(),
            change: line.change.into(),
            business_date: Some(moved.business_date),
            document: stock.id,
            operation: *operation,
            index: 0,
            cause: moved.kind.into(),
        })
    });
    numbered(moved.collect())
}

/// Numbers the movements of each operation from 0. They are in folding order, so those of one operation stand
/// together.
fn numbered(mut movements: Vec<StockMovement>) -> Vec<StockMovement> {
    let mut before: Option<(OperationId, u32)> = None;
    for movement in &mut movements {
        movement.index = match before {
            Some((operation, index)) if operation == movement.operation => index.saturating_add(1),
            Some(_) | None => 0,
        };
        before = Some((movement.operation, movement.index));
    }
    movements
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operation::{StockLine, StockMoved},
        stock::fold_stock,
        testing::{append, document_id, reason, store, written},
    };

    fn paper(lines: usize) -> StockMoved {
        let line = StockLine {
            product: Sku::new("TEA").unwrap(),
            change: "1".parse().unwrap(),
        };
        StockMoved {
            store: store(),
            business_date: "2026-01-02".parse().unwrap(),
            kind: StockMovementKind::Received,
            reason: reason(),
            lines: vec![line; lines],
        }
    }

    #[test]
    fn movements_are_numbered_from_zero_within_their_operation() {
        let mut document = written(document_id(1), vec![paper(3).into()]);
        append(&mut document, 2, vec![paper(2).into()]);
        let stock = fold_stock(document.id(), document.operations());
        let movements = stock_movements(&stock);
        let indexes: Vec<u32> = movements.iter().map(|movement| movement.index).collect();
        assert_eq!(indexes, [0, 1, 2, 0, 1]);
    }
}
