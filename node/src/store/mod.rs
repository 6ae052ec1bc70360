//! A till's file: one SQLite database, written by one process.
//!
//! Functions here take a `&Transaction` and never open one; the transactions are T0 (`migration`), claiming the file
//! (`identity`), and those of the engine (`crate::engine`). Nothing in a transaction decodes, logs or does I/O beyond
//! the file itself.

pub(crate) mod customer;
mod damage;
pub(crate) mod desk;
mod error;
mod file;
mod identity;
pub(crate) mod log;
mod migration;
pub(crate) mod projection;
pub(crate) mod query;
pub(crate) mod reference;
pub(crate) mod rights;
pub(crate) mod search;
pub(crate) mod sync;
pub(crate) mod unsent;
mod value;

pub use error::StoreError;
pub use file::{OpenedStore, Store, StorePlace};
pub(crate) use file::{lock, settle};
pub use identity::TillIdentity;
pub use log::LogState;
pub use projection::ProjectionDigest;
pub use query::{MisfitRow, OrderSummary, SessionSummary, StockLevel};
pub use rights::RightRow;
pub use sync::{Quarantined, SyncPosition};
