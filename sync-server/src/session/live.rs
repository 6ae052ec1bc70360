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

/// How many connections one till may have. It uses one; some more are those of a bad line that the server has not
/// noticed the end of yet, and the second of a cloned disk. Without a bound, one stolen till could fill the door.
pub(super) const CONNECTIONS_PER_NODE_MAX: usize = 8;

#[derive(Debug, Default)]
struct Table {
    next: u64,
    newest: BTreeMap<NodeNumber, (u64, mpsc::Sender<YieldRequest>)>,
    count: usize,
    /// How many connections each node has, from its admission on.
    admitted: BTreeMap<NodeNumber, usize>,
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
    ticket: LiveTicket,
}

/// What a place in the table is known by, while the connection is live and afterwards.
#[derive(Debug, Clone)]
pub(super) struct LiveTicket {
    table: LiveTable,
    node: NodeNumber,
    number: u64,
}

/// One admitted connection of a node; it counts until this is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    table: LiveTable,
    node: NodeNumber,
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

    /// Counts one more connection of a node; none where it has [`CONNECTIONS_PER_NODE_MAX`] already.
    pub(super) fn admit(&self, node: NodeNumber) -> Option<Admitted> {
        let mut table = self.lock();
        let connections = table.admitted.entry(node).or_default();
        if *connections >= CONNECTIONS_PER_NODE_MAX {
            return None;
        }
        *connections += 1;
        Some(Admitted {
            table: self.clone(),
            node,
        })
    }

    pub(super) fn enter(&self, node: NodeNumber) -> (LivePlace, mpsc::Receiver<YieldRequest>) {
        let (sender, requests) = mpsc::channel(YIELDS_WAITING_MAX);
        let mut table = self.lock();
        table.next += 1;
        table.count += 1;
        let number = table.next;
        table.newest.insert(node, (number, sender));
        self.metrics.count_session_begun();
        let ticket = LiveTicket {
            table: self.clone(),
            node,
            number,
        };
        (LivePlace { ticket }, requests)
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
    pub(super) fn ticket(&self) -> &LiveTicket {
        &self.ticket
    }
}

impl LiveTicket {
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

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut table = self.table.lock();
        if let Some(connections) = table.admitted.get_mut(&self.node) {
            *connections -= 1;
            if *connections == 0 {
                table.admitted.remove(&self.node);
            }
        }
    }
}

impl Drop for LivePlace {
    fn drop(&mut self) {
        let LiveTicket { table, node, .. } = &self.ticket;
        let mut connections = table.lock();
        connections.count -= 1;
        table.metrics.count_session_ended();
        if self.ticket.is_newest(&connections) {
            connections.newest.remove(node);
        }
    }
}
