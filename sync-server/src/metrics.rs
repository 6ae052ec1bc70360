//! What the server counts, in Prometheus's text format (version 0.0.4).

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::store::{AsOf, NodeRecord};

/// Counters of this process. They only grow, and begin again at zero with the process.
#[derive(Debug, Default)]
pub struct Metrics {
    http_requests: AtomicU64,
    http_connections_refused: AtomicU64,
}

impl Metrics {
    /// A request to the HTTP API was answered.
    pub fn count_http_request(&self) {
        self.http_requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection to the HTTP API broke off before its first request: no TLS, or too slow.
    pub fn count_http_connection_refused(&self) {
        self.http_connections_refused
            .fetch_add(1, Ordering::Relaxed);
    }

    /// All metrics as text. `nodes` are all tills, `as_of` how far the read model is.
    #[must_use]
    pub fn text(&self, as_of: AsOf, nodes: &[NodeRecord]) -> String {
        let mut text = String::new();
        let count = |wanted: fn(&NodeRecord) -> bool| {
            u64::try_from(nodes.iter().filter(|node| wanted(node)).count()).unwrap_or(u64::MAX)
        };
        let lag = as_of.durable.get().saturating_sub(as_of.projected.get());
        let figures = [
            (
                "holdfast_log_entries_total",
                "counter",
                "Entries in the server's log",
                as_of.durable.get(),
            ),
            (
                "holdfast_projected_entries_total",
                "counter",
                "Entries that the read model includes",
                as_of.projected.get(),
            ),
            (
                "holdfast_projection_lag_entries",
                "gauge",
                "Entries that the read model does not include yet",
                lag,
            ),
            (
                "holdfast_tills",
                "gauge",
                "Tills that were enrolled and not revoked",
                count(|node| node.revoked_at.is_none()),
            ),
            (
                "holdfast_tills_frozen",
                "gauge",
                "Tills whose changes go to quarantine",
                count(|node| node.revoked_at.is_none() && node.frozen.is_some()),
            ),
            (
                "holdfast_http_requests_total",
                "counter",
                "Requests to the HTTP API that were answered",
                self.http_requests.load(Ordering::Relaxed),
            ),
            (
                "holdfast_http_connections_refused_total",
                "counter",
                "Connections to the HTTP API that broke off before their first request",
                self.http_connections_refused.load(Ordering::Relaxed),
            ),
        ];
        for (name, kind, help, value) in figures {
            // Writing to a string can't fail.
            let _ = writeln!(
                text,
                "# HELP {name} {help}.\n# TYPE {name} {kind}\n{name} {value}"
            );
        }
        text
    }
}
