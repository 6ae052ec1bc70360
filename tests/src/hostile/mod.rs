//! Hostile bytes, made from good ones: whatever our own writers can write, and what becomes of it when it is damaged or
//! forged.

mod campaign;
mod corpus;
mod operations;
mod random;
mod writers;

pub use campaign::{ALLOCATED_BEYOND_MAX, Allocated, Campaign, Figures, run, with_header};
pub use corpus::{Seed, TARGETS, corpus};
pub use operations::OperationGenerator;
pub use random::Random;
pub use writers::{History, Written};
