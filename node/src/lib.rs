//! Placeholder.
pub mod replay;
