//! Who is connected now.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use holdfast_schemas::{
    identity::NodeNumber,
    wire::{Answer, Right},
};
use tokio::sync::{mpsc, oneshot};

use crate::metrics::Metrics;

/// How many questions of other tills wait for one session.
const YIELDS_WAITING_MAX: usize = 32;

/// Another till asks for a right that this session's till holds.
#[derive(Debug)]
pub(super) struct YieldRequest {
    pub(super) right: Right,
    pub(super) to: NodeNumber,
    /// What came of it; closed where nobody waits any more.
    pub(super) answer: oneshot::Sender<Answer>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    newest: BTreeMap<NodeNumber, (u64, mpsc::Sender<YieldRequest>)>,
    count: usize,
}

/// The connections that are live, newest of each node first known.
#[derive(Debug, Clone)]
pub(super) struct LiveTable {
    table: Arc<Mutex<Table>>,
    metrics: Arc<Metrics>,
}

/// One connection's place in the table; it leaves when this is dropped.
#[derive(Debug)]
pub(super) struct LivePlace {
    table: LiveTable,
    node: NodeNumber,
    number: u64,
}

impl LiveTable {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            table: Arc::default(),
            metrics,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // A panic while holding it can't leave it half-written: every use is one step.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, node: NodeNumber) -> (LivePlace, mpsc::Receiver<YieldRequest>) {
        let (sender, requests) = mpsc::channel(YIELDS_WAITING_MAX);
        let mut table = self.lock();
        table.next += 1;
        table.count += 1;
        let number = table.next;
        table.newest.insert(node, (number, sender));
        self.metrics.count_session_begun();
        let place = LivePlace {
            table: self.clone(),
            node,
            number,
        };
        (place, requests)
    }

    /// Asks a till to yield; `None` where it is not connected, or is asked too much.
    pub(super) fn ask_to_yield(
        &self,
        holder: NodeNumber,
        right: Right,
        to: NodeNumber,
    ) -> Option<oneshot::Receiver<Answer>> {
        let (answer, answered) = oneshot::channel();
        let table = self.lock();
        let (_, requests) = table.newest.get(&holder)?;
        let request = YieldRequest { right, to, answer };
        requests.try_send(request).ok()?;
        Some(answered)
    }

    pub(super) fn count(&self) -> usize {
        self.lock().count
    }
}

impl LivePlace {
    /// Whether a later connection of the same node was made. A till that speaks over two connections at once is two
    /// tills: its disk was cloned. (One that merely lost its line falls silent on the old one.)
    pub(super) fn is_overtaken(&self) -> bool {
        !self.is_newest(&self.table.lock())
    }

    fn is_newest(&self, table: &Table) -> bool {
        let newest = table.newest.get(&self.node);
        newest.is_some_and(|(number, _)| *number == self.number)
    }
}

impl Drop for LivePlace {
    fn drop(&mut self) {
        let mut table = self.table.lock();
        table.count -= 1;
        self.table.metrics.count_session_ended();
        if self.is_newest(&table) {
            table.newest.remove(&self.node);
        }
    }
}
