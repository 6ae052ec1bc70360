//! The tills' door: a QUIC endpoint, and a session for each connection.
//!
//! A connection that chose the enrolment protocol asks for a certificate and ends. Every other one must show a
//! certificate of this server's authority that the registry knows and has not revoked; then one
//! [`holdfast_schemas::sync::server::ServerSession`] speaks with it, and this module carries out what it wants:
//! frames go to [`crate::ingest`], the rest is read from the store.

mod connection;
mod contacts;
mod desk;
mod driver;
mod live;
mod outside;
mod server;
#[cfg(test)]
mod testing;
mod transport;
mod writer;

pub use connection::{AccessRefused, CLOSE_ACCESS, CLOSE_BUSY, CLOSE_ENROLLED, CLOSE_SHUTDOWN};
pub use server::{StartError, SyncServer, SyncServerParts, quic_settings};
pub use writer::WriterPlace;
