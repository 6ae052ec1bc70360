//! What happened, as one hash: equal for equal seeds, on any machine. And what was logged, since an ERROR fails a run.

use std::{
    fmt::{self, Write as _},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ring::digest::{Context, SHA256};
use tokio::time::Instant;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::machine::PowerSwitch;

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Till,
    Server,
}

impl Side {
    /// Whose log line this is, by the module that wrote it.
    fn of(target: &str) -> Option<Self> {
        if target.starts_with("holdfast_node") {
            Some(Self::Till)
        } else if target.starts_with("holdfast_server") {
            Some(Self::Server)
        } else {
            None
        }
    }
}

struct Record {
    began: Instant,
    hash: Context,
    /// Everything, to be read; where it is asked for.
    text: Option<String>,
    machines: Vec<(Side, Arc<PowerSwitch>)>,
    errors: Vec<String>,
}

/// What happened in a run.
#[derive(Clone)]
pub(super) struct Journal(Arc<Mutex<Record>>);

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Journal")
    }
}

impl Journal {
    /// Begins now. `keep`: the whole text is wanted, not its hash only.
    pub(super) fn new(keep: bool) -> Self {
        Self(Arc::new(Mutex::new(Record {
            began: Instant::now(),
            hash: Context::new(&SHA256),
            text: keep.then(String::new),
            machines: Vec::new(),
            errors: Vec::new(),
        })))
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down a step of the run itself.
    pub(super) fn note(&self, what: fmt::Arguments<'_>) {
        self.record().line(what);
    }

    pub(super) fn datagram(&self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let content = fingerprint(bytes);
        let length = bytes.len();
        self.record()
            .line(format_args!("{from} > {to} {length} {content:016x}"));
    }

    /// What runs on this machine may log errors while its disk is ill or it has no power.
    pub(super) fn watch(&self, side: Side, machine: Arc<PowerSwitch>) {
        self.record().machines.push((side, machine));
    }

    /// The errors that nothing excused.
    pub(super) fn errors(&self) -> Vec<String> {
        self.record().errors.clone()
    }

    /// The first 16 hexadecimal digits of the hash over everything.
    pub(super) fn hash(&self) -> String {
        let digest = self.record().hash.clone().finish();
        digest.as_ref()[..8]
            .iter()
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
    }

    /// Everything, where it was kept.
    pub(super) fn text(&self) -> String {
        self.record().text.clone().unwrap_or_default()
    }
}

impl Record {
    fn line(&mut self, what: fmt::Arguments<'_>) {
        let at = self.began.elapsed().as_micros();
        let line = format!("{at:>12} {what}\n");
        self.hash.update(line.as_bytes());
        if let Some(text) = &mut self.text {
            text.push_str(&line);
        }
    }
}

/// FNV-1a (Fowler, Noll and Vo): enough to tell one datagram from another.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Takes the log lines of the thread that simulates.
pub(super) struct JournalSubscriber(pub(super) Journal);

impl Subscriber for JournalSubscriber {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Side::of(metadata.target()).is_some() && *metadata.level() <= Level::DEBUG
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = String::new();
        event.record(&mut Text(&mut text));
        let metadata = event.metadata();
        let (level, target) = (metadata.level(), metadata.target());
        let mut record = self.0.record();
        record.line(format_args!("{level} {target}{text}"));
        let side = Side::of(target);
        let mut machines = record.machines.iter();
        let excused = machines.any(|(of, machine)| Some(*of) == side && !machine.is_well());
        if *level == Level::ERROR && !excused {
            record.errors.push(format!("{target}{text}"));
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// A log line's fields as text, an error with all its sources.
struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let _ = write!(self.0, " {}={value}", field.name());
        let mut source = value.source();
        while let Some(error) = source {
            let _ = write!(self.0, ": {error}");
            source = error.source();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}
