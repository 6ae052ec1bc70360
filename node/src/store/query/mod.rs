//! What can be asked of a till's file.

mod document;
mod order;
mod reference;
mod session;
mod stock;
mod sync;

use rusqlite::{Row, Transaction};

pub use document::MisfitRow;
pub(crate) use document::{changes_of, misfit_count, read_whole};
pub use order::OrderSummary;
pub(crate) use order::returns_of;
pub use session::SessionSummary;
pub(crate) use session::{documents_of_session, log_ranges_of_session, open_session};
pub use stock::StockLevel;

use super::StoreError;

fn collect<T>(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: impl rusqlite::Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}
