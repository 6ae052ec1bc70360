//! Replays a file of past trade through a till: invoice lines in the form of the UCI "Online Retail" data set.
//!
//! Reading, sorting and matching are pure; [`plan`] accounts for every row of the file, exactly once.

mod classify;
mod plan;
mod request;
mod row;
mod share;
mod trader;

pub use classify::{AdjustedRow, RefusalReason, ReturnedRow, RowFate, SoldRow, classify};
pub use plan::{
    Adjustment, Cancellation, CancelledPart, CatalogueEntry, Invoice, MatchedOriginal, PlannedLine,
    RefusalTotal, RowCounts, Trade, TradePlan, plan,
};
pub use request::{ReplayTerms, cash_of, parts_by_original, stock_lines, usual_tender};
pub use row::{INVOICE_FILE_COLUMNS, ReplayError, Row, read_rows};
pub use share::{Share, ShareError, taker};
pub use trader::{Originals, Trader, TraderAccount, TraderError};
