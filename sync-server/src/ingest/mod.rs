//! S1: what tills send, into the log.

pub(crate) mod apply;
