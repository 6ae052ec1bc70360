//! Holdfast's central server: ingest over QUIC, one order identity, stock, reference data, headquarters' API.
//!
//! The log is sacred and everything else is read from it: [`store`] keeps it, [`ingest`] fills it (S1), [`project`]
//! makes rows of it that may be dropped and made again (S2), and [`react`] lets the server add what it decides (S3).
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod api;
pub mod api_key;
pub mod books;
pub mod catalog;
pub mod cli;
pub mod clock;
mod customers;
pub mod enrol;
mod exceptions;
pub mod exit_code;
pub mod ingest;
pub mod metrics;
mod moment;
pub mod pki;
pub mod project;
pub mod random;
pub mod react;
pub mod session;
pub mod settings;
pub mod staff;
pub mod store;
pub mod store_settings;
