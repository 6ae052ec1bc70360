//! The only place of this binary that reads a clock.

use std::time::{SystemTime, UNIX_EPOCH};

use holdfast_schemas::time::Timestamp;

/// Where the time comes from: the machine's clock, or a simulator's.
pub trait Clock: Send {
    /// The moment by this clock. It may stand still or jump; nothing is ordered by it.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one clock of this binary; everything else gets the time as an argument"
    )]
    fn now(&self) -> Timestamp {
        let milliseconds =
            |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let since = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => milliseconds(after),
            Err(before) => -milliseconds(before.duration()),
        };
        Timestamp::from_milliseconds(since)
    }
}
