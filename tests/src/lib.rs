//! Holdfast's harness: the bundled sample trade, the trading day, and what integration tests share.

pub mod process;
pub mod relay;
pub mod sample;
