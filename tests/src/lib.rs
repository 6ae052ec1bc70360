//! Holdfast's harness: the bundled sample trade, the trading day, benchmarks, and what integration tests share.

pub mod bench;
pub mod counter;
mod device;
pub mod example;
pub mod faults;
pub mod forms;
pub mod headquarters;
pub mod hostile;
pub mod printer;
pub mod process;
pub mod relay;
pub mod sample;
pub mod simulation;
pub mod terminal;
pub mod trade;
pub mod trading_day;
