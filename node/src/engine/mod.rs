//! The single writer of a till's file.

mod view;

pub use view::{NodeView, Pending, SessionSummary};
