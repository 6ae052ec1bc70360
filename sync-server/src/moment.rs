//! Moments as people and JSON readers know them.

use holdfast_schemas::time::Timestamp;

/// RFC 3339, UTC, such as `2026-01-01T09:30:00.5Z`; milliseconds since 1970 where a clock was so wrong that the
/// calendar has no name for it.
#[must_use]
pub(crate) fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.milliseconds())
        .map_or_else(|_| format!("{} ms", at.milliseconds()), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_rfc_3339_even_where_a_clock_is_absurd() {
        let at = |milliseconds| moment(Timestamp::from_milliseconds(milliseconds));
        assert_eq!(at(1_767_225_600_123), "2026-01-01T00:00:00.123Z");
        assert_eq!(at(i64::MAX), "9223372036854775807 ms");
    }
}
