//! Who is connected now.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use holdfast_schemas::identity::NodeNumber;

use crate::metrics::Metrics;

#[derive(Debug, Default)]
struct Table {
    next: u64,
    newest: BTreeMap<NodeNumber, u64>,
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

    pub(super) fn enter(&self, node: NodeNumber) -> LivePlace {
        let mut table = self.lock();
        table.next += 1;
        table.count += 1;
        let number = table.next;
        table.newest.insert(node, number);
        self.metrics.count_session_begun();
        LivePlace {
            table: self.clone(),
            node,
            number,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.lock().count
    }
}

impl LivePlace {
    /// Whether a later connection of the same node was made. A till that speaks over two connections at once is two
    /// tills: its disk was cloned. (One that merely lost its line falls silent on the old one.)
    pub(super) fn is_overtaken(&self) -> bool {
        self.table.lock().newest.get(&self.node) != Some(&self.number)
    }
}

impl Drop for LivePlace {
    fn drop(&mut self) {
        let mut table = self.table.lock();
        table.count -= 1;
        self.table.metrics.count_session_ended();
        if table.newest.get(&self.node) == Some(&self.number) {
            table.newest.remove(&self.node);
        }
    }
}
