//! How tries to sign on are slowed down.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How many wrong tries cost no time.
pub const FREE_TRIES: u32 = 5;
/// The wait after one wrong try too many, in milliseconds. It doubles with each further one.
pub const TRY_DELAY_MS_MIN: i64 = 30_000;
/// The longest wait, in milliseconds.
pub const TRY_DELAY_MS_MAX: i64 = 30 * 60_000;
/// After how long without a wrong try all is forgotten, in milliseconds: one day.
pub const FORGET_AFTER_MS: i64 = 24 * 60 * 60_000;

/// The wrong tries for one user. It is stored at the till before a try is answered, so that pulling the plug makes no
/// try free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignOnThrottle {
    /// How many tries were wrong, one after the other.
    failures: u32,
    /// When the last of them was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_failure: Option<Timestamp>,
}

/// It is too early for another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong tries: wait {} s", self.wait_ms.div_euclid(1_000) + 1)]
pub struct TryLater {
    /// How long to wait, in milliseconds.
    pub wait_ms: i64,
}

impl SignOnThrottle {
    /// As it is at this moment: what is long ago is forgotten, and where the clock was set back the wait begins anew, so
    /// that it never becomes longer than it was.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        match self.last_failure {
            Some(last) if now.milliseconds_since(last) >= FORGET_AFTER_MS => Self::default(),
            Some(last) if now < last => Self {
                last_failure: Some(now),
                ..self
            },
            Some(_) | None => self,
        }
    }

    /// Whether somebody may try now.
    ///
    /// # Errors
    /// [`TryLater`], with how long to wait.
    pub fn check(&self, now: Timestamp) -> Result<(), TryLater> {
        let this = self.at(now);
        let waited = this
            .last_failure
            .map_or(0, |last| now.milliseconds_since(last));
        match this.delay_ms() - waited {
            wait_ms if wait_ms > 0 => Err(TryLater { wait_ms }),
            _ => Ok(()),
        }
    }

    /// After a wrong try.
    #[must_use]
    pub fn failed(self, now: Timestamp) -> Self {
        Self {
            failures: self.at(now).failures.saturating_add(1),
            last_failure: Some(now),
        }
    }

    /// After a right one.
    #[must_use]
    pub fn succeeded(self) -> Self {
        Self::default()
    }

    /// How many tries were wrong, one after the other.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    fn delay_ms(self) -> i64 {
        match self.failures.checked_sub(FREE_TRIES) {
            None => 0,
            Some(over) => TRY_DELAY_MS_MIN
                .saturating_mul(1 << over.min(16))
                .min(TRY_DELAY_MS_MAX),
        }
    }
}
