//! From operations to what is known of a stock paper. Total: it never fails.

use super::StockState;
use crate::{
    folding::Folding,
    identity::{DocumentId, OperationId},
    misfit::Misfit,
    operation::{Body, DocumentKind, Recorded, StockBody},
};

/// Folds a stock paper's operations, given in folding order (the order of their ids), each once.
#[must_use]
pub fn fold_stock<'a>(
    id: DocumentId,
    operations: impl IntoIterator<Item = (OperationId, &'a Recorded)>,
) -> StockState {
    let mut folding = Folding::new(DocumentKind::Stock);
    let mut moved = Vec::new();
    for (operation, recorded) in operations {
        if let Some(known) = folding.read(operation, recorded)
            && let Body::Stock(body) = &known.body
        {
            match body {
                StockBody::StockMoved(paper) => {
                    if paper.lines.is_empty() {
                        folding.misfit(Misfit::NothingMoved { operation });
                    }
                    moved.push((operation, paper.clone()));
                }
            }
        }
    }
    if moved.is_empty() {
        folding.misfit(Misfit::NoHeader {});
    }
    StockState {
        id,
        moved,
        frozen: folding.frozen,
        misfits: folding.misfits,
    }
}
