//! A till's file: one SQLite database, written by one process.
//!
//! Functions here take a `&Transaction` and never open one; the transactions are T0 (`migration`) and T1 to T3 and
//! the reference page (`crate::engine`). Nothing in a transaction decodes, logs or does I/O beyond the file itself.

mod error;
mod file;
mod identity;
mod migration;
mod value;

pub use error::StoreError;
pub use file::{OpenedStore, Store, StorePlace};
pub use identity::TillIdentity;
