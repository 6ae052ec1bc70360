//! The pure core of Holdfast: the language that tills and server speak, and its laws.
//!
//! A document (an order, a return, a till session, a paper of stock or safe) is a *set of operations*; everything
//! else is a fold over that set. This crate never does I/O, never reads a clock and never draws a random
//! number: time, randomness and ids are arguments. See `docs/architecture.md`.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod after_sale;
pub mod basket;
pub mod books;
pub mod change;
pub mod customer;
pub mod document;
pub mod exchange;
mod folding;
pub mod gtin;
pub mod identity;
pub mod json_schema;
#[cfg(test)]
mod laws;
pub mod log;
pub mod misfit;
pub mod numbers;
pub mod operation;
pub mod order;
pub mod planted;
pub mod reaction;
pub mod receipt;
pub mod reference;
pub mod refusal;
pub mod return_;
pub mod rules;
pub mod safe;
pub mod scan;
pub mod search;
pub mod staff;
pub mod stock;
pub mod store_settings;
pub mod sync;
pub mod tendering;
#[cfg(test)]
mod testing;
pub mod text;
pub mod text_value;
pub mod till_session;
pub mod time;
pub mod value;
pub mod view;
pub mod wire;
