//! How long to wait before the next try.

use crate::wire::limits::{RETRY_MS_MAX, RETRY_MS_MIN};

/// Waits that double from [`RETRY_MS_MIN`] to [`RETRY_MS_MAX`], each drawn between its half and its whole, so that the
/// tills of a store do not all come back at once.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: u32,
    random: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            failures: 0,
            random: seed,
        }
    }

    /// The next wait, in milliseconds.
    pub(super) fn next_wait_ms(&mut self) -> i64 {
        let whole = RETRY_MS_MIN
            .saturating_mul(1 << self.failures.min(30))
            .min(RETRY_MS_MAX);
        self.failures = self.failures.saturating_add(1);
        self.between(whole / 2, whole)
    }

    /// The line works: the next wait is a short one again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// A number of milliseconds from `low` up to, but not including, `high`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high.saturating_sub(low)).unwrap_or(0).max(1);
        low.saturating_add(i64::try_from(self.draw() % width).unwrap_or(0))
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_never_leave_their_range() {
        let mut backoff = Backoff::new(7);
        for whole in [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000] {
            let wait = backoff.next_wait_ms();
            assert!((whole / 2..whole).contains(&wait), "{wait} of {whole}");
        }
        backoff.reset();
        assert!(backoff.next_wait_ms() < RETRY_MS_MIN);
    }

    #[test]
    fn two_tills_wait_differently_and_one_seed_always_waits_the_same() {
        let waits = |seed| {
            let mut backoff = Backoff::new(seed);
            std::array::from_fn::<i64, 8, _>(|_| backoff.next_wait_ms())
        };
        assert_ne!(waits(1), waits(2));
        assert_eq!(waits(1), waits(1));
    }
}
