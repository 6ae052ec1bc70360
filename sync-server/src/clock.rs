//! The one place where this binary reads clocks. Everything else takes time as an argument.

use std::{
    fmt,
    time::{Duration, Instant, SystemTime},
};

use holdfast_schemas::time::Timestamp;

/// Where time comes from: the system in the binary, a counter in a simulation.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The wall clock: data for people, never an order of events.
    fn now(&self) -> Timestamp;

    /// Time since this clock was made. It never goes back; time-outs are measured on it.
    fn elapsed(&self) -> Duration;
}

/// The system's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everybody else is told to use"
    )]
    fn default() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everybody else is told to use"
    )]
    fn now(&self) -> Timestamp {
        // A clock before 1970 or beyond 292 million years is wrong either way, and wrong time is data.
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_milliseconds(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
