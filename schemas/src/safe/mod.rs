//! A store's safe: papers that say what was counted in it and what left it for the bank. What else goes in and out of it is
//! in the till sessions: floats and loans, drops and what was in the drawers at the close.

mod day;
mod fold;

pub use day::{SafeDay, SafeMovements, StoreDayTotals, safe_day};
pub use fold::{SafePaper, SafeState, decide_safe, fold_safe};
