//! Stock: papers that move it, and the ledger of all movements, each traceable to its document.

mod decide;
mod fold;
mod ledger;
mod movement;

pub use decide::decide_stock;
pub use fold::fold_stock;
pub use ledger::{StockLedger, StockOnHand};
pub use movement::{
    MovementCause, StockMovement, order_movements, return_movements, stock_movements,
};

use crate::{
    identity::{DocumentId, OperationId},
    misfit::Misfit,
    operation::StockMoved,
};

/// A stock paper, folded from its operations. Built by [`fold_stock`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockState {
    /// The document.
    pub id: DocumentId,
    /// What moved, in folding order.
    pub moved: Vec<(OperationId, StockMoved)>,
    /// Whether it holds a critical operation that this version does not know: nothing may be decided on it.
    pub frozen: bool,
    /// What did not fit.
    pub misfits: Vec<Misfit>,
}
