//! A till's engine: its SQLite file, its single writer, and the handle in front of it.
//!
//! Nothing here names the server's crate or the screen's. The engine is synchronous and runs inline on whatever
//! thread calls it; clock, randomness and file are handed in, so that it runs unchanged in a simulator.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod cli;
pub mod clock;
pub mod desk;
pub mod device;
pub mod engine;
pub mod enrol;
pub mod exit_code;
pub mod handle;
pub mod net;
pub mod node;
pub mod random;
pub mod replay;
pub mod salvage;
pub mod settings;
pub mod store;
pub mod watched;

pub use node::{Node, StartError, Surroundings};
