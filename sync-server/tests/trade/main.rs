//! The server over real changes: what tills decide and write goes in, and rows, reactions and quarantine come out.

mod dump;
mod frames;
mod line;
mod reactions;
mod rows;
mod shop;
