//! What the server counts, in Prometheus's text format (version 0.0.4).

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::store::{AsOf, EntryNumber, FrameOutcome, NodeRecord};

/// Counters of this process. All but the connected sessions only grow, and begin again at zero with the process.
#[derive(Debug, Default)]
pub struct Metrics {
    sessions_connected: AtomicU64,
    entries_ingested: AtomicU64,
    entries_quarantined: AtomicU64,
    http_requests: AtomicU64,
    http_connections_refused: AtomicU64,
}

/// What the store knows, as of one moment.
#[derive(Debug, Clone, Copy)]
pub struct Figures<'a> {
    /// How far the log and the read model are.
    pub as_of: AsOf,
    /// The last entry that the server has reacted to.
    pub reacted: EntryNumber,
    /// All tills.
    pub nodes: &'a [NodeRecord],
}

/// One metric: its name, its type, what it says, and its value.
type Metric = (&'static str, &'static str, &'static str, u64);

impl Metrics {
    /// A till's session began.
    pub(crate) fn count_session_begun(&self) {
        self.sessions_connected.fetch_add(1, Ordering::Relaxed);
    }

    /// A till's session ended.
    pub(crate) fn count_session_ended(&self) {
        self.sessions_connected.fetch_sub(1, Ordering::Relaxed);
    }

    /// A till's frame of so many entries was answered.
    pub(crate) fn count_frame(&self, entries: u64, outcome: &FrameOutcome) {
        let (ingested, quarantined) = match *outcome {
            FrameOutcome::Durable {
                position: _,
                added,
                quarantined,
            } => (added.into(), quarantined.into()),
            FrameOutcome::Gap { .. } => (0, 0),
            FrameOutcome::Forked { .. } | FrameOutcome::NotSigned => (0, entries),
        };
        self.entries_ingested.fetch_add(ingested, Ordering::Relaxed);
        self.entries_quarantined
            .fetch_add(quarantined, Ordering::Relaxed);
    }

    /// A request to the HTTP API was answered.
    pub fn count_http_request(&self) {
        self.http_requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection to the HTTP API broke off before its first request: no TLS, or too slow.
    pub fn count_http_connection_refused(&self) {
        self.http_connections_refused
            .fetch_add(1, Ordering::Relaxed);
    }

    /// All metrics as text.
    #[must_use]
    pub fn text(&self, figures: &Figures<'_>) -> String {
        let mut text = String::new();
        for (name, kind, help, value) in self.counted().into_iter().chain(known(figures)) {
            // Writing to a string can't fail.
            let _ = writeln!(
                text,
                "# HELP {name} {help}.\n# TYPE {name} {kind}\n{name} {value}"
            );
        }
        text
    }

    /// What this process counted.
    fn counted(&self) -> [Metric; 5] {
        [
            (
                "holdfast_sessions_connected",
                "gauge",
                "Tills that are connected",
                self.sessions_connected.load(Ordering::Relaxed),
            ),
            (
                "holdfast_entries_ingested_total",
                "counter",
                "Entries that tills brought and that were new, those in quarantine with them",
                self.entries_ingested.load(Ordering::Relaxed),
            ),
            (
                "holdfast_entries_quarantined_total",
                "counter",
                "Entries that tills brought and that were put aside",
                self.entries_quarantined.load(Ordering::Relaxed),
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
        ]
    }
}

/// What the store knows.
fn known(figures: &Figures<'_>) -> [Metric; 6] {
    let Figures {
        as_of,
        reacted,
        nodes,
    } = figures;
    let count = |wanted: fn(&NodeRecord) -> bool| {
        u64::try_from(nodes.iter().filter(|node| wanted(node)).count()).unwrap_or(u64::MAX)
    };
    let behind = |reached: EntryNumber| as_of.durable.get().saturating_sub(reached.get());
    [
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
            behind(as_of.projected),
        ),
        (
            "holdfast_reaction_lag_entries",
            "gauge",
            "Entries that the server has not reacted to yet",
            behind(*reacted),
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
    ]
}
