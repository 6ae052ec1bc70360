//! Books: whether sales, money, drawers, Z reports and stock agree, per store and business date.
//!
//! - sales − refunds (tax included) = tenders − refunds paid, but for the named exceptions;
//! - float + cash tenders + cash rounding + loans + paid-in − paid-out − drops + over/short = counted cash;
//! - each Z report = the documents of its session;
//! - the stock ledger = goods handed over, taken back, and moved by stock papers.

mod balance;
mod drawer;
mod money;
mod stock;

pub use balance::{Books, balance};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    identity::{DocumentId, OperationId, StoreId},
    misfit::SessionFigure,
    operation::TenderKind,
    time::BusinessDate,
    value::{Currency, MinorUnits, QuantityTotal},
};

/// One store's books of one business date, in one currency. All amounts include tax, except where it is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BooksReport {
    /// The store.
    pub store: StoreId,
    /// The trading day.
    pub business_date: BusinessDate,
    /// The currency.
    pub currency: Currency,
    /// How many orders were completed.
    pub orders: u32,
    /// How many returns were completed.
    pub returns: u32,
    /// What the orders cost, less what the returns gave back, without tax.
    pub net_sales_minor: MinorUnits,
    /// The tax in the orders, less that in the returns.
    pub tax_minor: MinorUnits,
    /// Money taken, less given back and refunded, by kind.
    pub net_tenders_minor: BTreeMap<TenderKind, MinorUnits>,
    /// What cash rounding added.
    pub rounding_minor: MinorUnits,
    /// What goods moved in the ledger on this day.
    pub movements: u32,
    /// Differences that are as they should be, each with its reason.
    pub exceptions: Vec<BooksException>,
    /// Differences that somebody must settle.
    pub gaps: Vec<BooksGap>,
}

impl BooksReport {
    /// Whether the books balance: there is no gap.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// A difference that is as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum BooksException {
    /// Money is held for an order that is not completed.
    HeldForOpenOrder {
        /// The order.
        document: DocumentId,
        /// How much was taken on this day, less given back.
        amount_minor: MinorUnits,
    },
    /// An order's or a return's money moved on another day, or in another store, than its sale.
    OtherDay {
        /// The order or return.
        document: DocumentId,
        /// The money of this day, less the sale of this day.
        amount_minor: MinorUnits,
    },
    /// A return is not completed; part of it is refunded already.
    OpenReturn {
        /// The return.
        document: DocumentId,
        /// What was refunded on this day, negative.
        amount_minor: MinorUnits,
    },
    /// The order was captured twice; its sale counts in another document.
    Aliased {
        /// The order.
        document: DocumentId,
        /// What was paid in this document on this day.
        amount_minor: MinorUnits,
    },
    /// The session is not closed yet: its drawer was not compared.
    SessionOpen {
        /// The session.
        document: DocumentId,
    },
}

impl BooksException {
    /// How much more money than sales it explains.
    #[must_use]
    pub fn amount_minor(&self) -> MinorUnits {
        match self {
            Self::HeldForOpenOrder { amount_minor, .. }
            | Self::OtherDay { amount_minor, .. }
            | Self::OpenReturn { amount_minor, .. }
            | Self::Aliased { amount_minor, .. } => *amount_minor,
            Self::SessionOpen { .. } => MinorUnits::ZERO,
        }
    }
}

/// A difference that somebody must settle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum BooksGap {
    /// An order's money is not what it costs.
    OrderMoney {
        /// The order.
        document: DocumentId,
        /// Money held, less the total: negative where too little was taken. For a cancelled order, what is still held.
        difference_minor: MinorUnits,
    },
    /// A return's money is not what its lines are worth.
    ReturnMoney {
        /// The return.
        document: DocumentId,
        /// Money refunded, less what the lines are worth.
        difference_minor: MinorUnits,
    },
    /// A document of this day names a session that is not among the sessions.
    SessionMissing {
        /// The session.
        session: DocumentId,
        /// A document that names it.
        document: DocumentId,
    },
    /// A document in another currency than the books'; it is not counted.
    OtherCurrency {
        /// The document.
        document: DocumentId,
    },
    /// The drawer's equation does not hold with the documents' cash.
    Drawer {
        /// The session.
        session: DocumentId,
        /// What was counted, less what float, cash, loans, paid-in, paid-out, drops and over/short add up to.
        difference_minor: MinorUnits,
    },
    /// A Z report's figure is not what the session's documents add up to.
    ZReport {
        /// The session.
        session: DocumentId,
        /// Which figure.
        figure: SessionFigure,
        /// What the Z report says.
        written_minor: MinorUnits,
        /// What the documents add up to.
        documents_minor: MinorUnits,
    },
    /// A Z report counts other documents than there are.
    ZReportCount {
        /// The session.
        session: DocumentId,
        /// What the Z report counted: orders and returns.
        written: u64,
        /// How many there are.
        documents: u64,
    },
    /// A movement that follows from a document is not in the ledger.
    MovementMissing {
        /// The document.
        document: DocumentId,
        /// The operation.
        operation: OperationId,
        /// By how much stock should have moved.
        change: QuantityTotal,
    },
    /// A movement in the ledger follows from no document, or is there twice.
    MovementSurplus {
        /// The document that it names.
        document: DocumentId,
        /// The operation that it names.
        operation: OperationId,
        /// By how much stock moved.
        change: QuantityTotal,
    },
    /// Goods of a completed order were not handed over as they were sold.
    UnitsNotHandedOver {
        /// The order.
        document: DocumentId,
    },
    /// Goods of a completed return were not taken back as it says.
    UnitsNotTakenBack {
        /// The return.
        document: DocumentId,
    },
}

#[cfg(test)]
mod tests;
