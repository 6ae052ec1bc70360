//! What the engine remembers of its file: as its one writer, it need not read again what nobody else can have changed.

use std::cell::OnceCell;

use holdfast_schemas::{
    document::Document,
    identity::{DocumentId, LogId, LogPosition, NodeNumber, OrderNumber},
    log::LogHead,
    reference::StoreSettings,
    till_session::TillSessionState,
    time::Timestamp,
    value::Money,
};

use super::{NodeView, Pending};
use crate::store::{OrderSummary, desk::WaitingPrints, unsent::is_unsent};

/// Each thing is read when it is first needed. A sale keeps it true; whatever else is written here makes it be read again.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) log: Remembered<KnownLog>,
    pub(super) fork: Remembered<Option<(LogId, LogPosition)>>,
    pub(super) settings: Remembered<StoreSettings>,
    pub(super) session: Remembered<Option<OpenSession>>,
    pub(super) last_number: Remembered<Option<OrderNumber>>,
    pub(super) view: Remembered<NodeView>,
    pub(super) suspended: Remembered<Vec<(OrderSummary, NodeNumber)>>,
    pub(super) waiting_prints: Remembered<WaitingPrints>,
}

/// How far this process's log goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownLog {
    pub(super) head: LogHead,
    /// How much of it is durable at the server.
    pub(super) acknowledged: LogPosition,
}

impl KnownLog {
    /// Whether some of it is here and not at the server.
    fn is_pending(&self) -> bool {
        is_unsent(self.head.position, self.acknowledged)
    }
}

/// The till's session that is open, folded.
#[derive(Debug)]
pub(super) struct OpenSession {
    pub(super) document: Document,
    pub(super) state: TillSessionState,
}

impl OpenSession {
    pub(super) fn id(&self) -> DocumentId {
        self.document.id()
    }
}

/// What an order, a return or a stock paper changed of what is known, once it is durable.
pub(super) struct Written {
    pub(super) head: LogHead,
    pub(super) recorded_at: Timestamp,
    pub(super) taken: Option<Money>,
    pub(super) number: Option<OrderNumber>,
    /// How many misfits the document had, and has.
    pub(super) misfits: (usize, usize),
    /// Whether somebody put the basket aside by it, or took it up.
    pub(super) changes_suspended: bool,
    /// What it added to the receipts that are to be printed.
    pub(super) prints: WaitingPrints,
}

impl Known {
    /// Takes in what was written. It is no till session: those change what is decided by.
    pub(super) fn take(&mut self, written: &Written) {
        if let Some(waiting) = self.waiting_prints.get_mut() {
            *waiting = waiting.plus(written.prints);
        }
        if written.changes_suspended {
            self.suspended.forget();
        }
        if let Some(number) = written.number {
            self.last_number = Remembered::of(Some(number));
        }
        let before = self.log.get_mut().map(|log| {
            let before = *log;
            log.head = written.head;
            before
        });
        let (Some(before), Some(view)) = (before, self.view.get_mut()) else {
            self.view.forget();
            return;
        };
        view.position = written.head.position;
        let (had, has) = written.misfits;
        view.misfits = (view.misfits + has as u64).saturating_sub(had as u64);
        let after = KnownLog {
            head: written.head,
            ..before
        };
        if after.is_pending() {
            view.pending.add(written, !before.is_pending());
        }
    }
}

impl Pending {
    /// Counts one more change, which is the first of its log that is pending, or not.
    fn add(&mut self, written: &Written, first: bool) {
        self.entries += 1;
        if first {
            let oldest = self.oldest.into_iter().chain([written.recorded_at]);
            self.oldest = oldest.min();
        }
        let Some(taken) = written.taken else { return };
        let place = self
            .taken
            .binary_search_by_key(&taken.currency, |sum| sum.currency);
        match place {
            Ok(place) => {
                let sum = &mut self.taken[place];
                sum.minor = sum.minor.saturating_plus(taken.minor);
            }
            Err(place) => self.taken.insert(place, taken),
        }
    }
}

/// Something that is read once.
#[derive(Debug)]
pub(super) struct Remembered<T>(OnceCell<T>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(OnceCell::new())
    }
}

impl<T> Remembered<T> {
    fn of(value: T) -> Self {
        Self(OnceCell::from(value))
    }

    fn get_mut(&mut self) -> Option<&mut T> {
        self.0.get_mut()
    }

    /// Makes it be read again.
    pub(super) fn forget(&mut self) {
        self.0.take();
    }

    /// What is remembered; read now where it is not.
    pub(super) fn or_read<E>(&self, read: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(known) = self.0.get() {
            return Ok(known);
        }
        let value = read()?;
        Ok(self.0.get_or_init(|| value))
    }
}
