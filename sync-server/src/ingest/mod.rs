//! S1: what tills send, into the log.
//!
//! A frame is recognised and its signature checked where it arrives, by as many sessions as there are; then the one
//! writer takes the frames of all of them in groups, each group one transaction.

pub(crate) mod apply;
mod feeds;
mod group;
pub(crate) mod in_place;
mod lead;
mod prepare;

pub use feeds::FeedBells;
pub use group::{Ingest, IngestError, IngestTask};
pub use prepare::{decided, prepare, prepare_change};
