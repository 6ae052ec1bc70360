//! What travels between a till and the server.

pub mod enrol;
