//! Rights: who uses which at this moment, as far as anybody can see; and cashiers who take, use, pass on and give up.
//!
//! The model knows nothing of how rights travel. It hears when a cashier was told that the till may use one, when that is
//! over, and when the till's process dies; and of no right may it ever hear from two.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_node::{
    handle::NodeHandle,
    net::SyncHandle,
    store::{Store, StoreError},
};
use holdfast_schemas::{
    identity::NodeNumber,
    sync::till::Link,
    wire::{Answer, Question, Right, RightKind},
};
use tokio::time::sleep;

use super::cashier::Cashier;

/// Of how many of the newest sales the rights are wanted: few, so that several tills want the same.
const WANTED_SALES: usize = 4;

/// Who uses which right.
#[derive(Debug, Default)]
pub(super) struct Users {
    using: BTreeMap<Right, Use>,
    /// Tills of which a copy trades. To the server the two are one, and one gives away what the other uses.
    copied: BTreeSet<NodeNumber>,
    /// Tills with an old disk that have not heard of the server since: they can't know what they gave up.
    unaware: BTreeSet<NodeNumber>,
    /// How often a right was used.
    pub(super) uses: u64,
}

#[derive(Debug)]
struct Use {
    by: NodeNumber,
    number: u64,
}

impl Users {
    /// A till began to use a right; the use's number.
    ///
    /// # Panics
    /// Where another till is using it.
    fn begin(&mut self, right: Right, by: NodeNumber, is_online: bool) -> u64 {
        self.uses += 1;
        if is_online {
            self.unaware.remove(&by);
        }
        if self.copied.contains(&by) || self.unaware.contains(&by) {
            return self.uses;
        }
        if let Some(other) = self.using.get(&right) {
            panic!(
                "till {by} may use {right:?} while till {} is using it",
                other.by
            );
        }
        let number = self.uses;
        self.using.insert(right, Use { by, number });
        number
    }

    fn end(&mut self, right: Right, number: u64) {
        if self
            .using
            .get(&right)
            .is_some_and(|used| used.number == number)
        {
            self.using.remove(&right);
        }
    }

    /// A till's process is dead, and nobody there is in the middle of anything.
    pub(super) fn stopped(&mut self, till: NodeNumber) {
        self.using.retain(|_, used| used.by != till);
    }

    /// From now on there are two of this till.
    pub(super) fn copied(&mut self, till: NodeNumber) {
        self.stopped(till);
        self.copied.insert(till);
    }

    /// An old disk was put into this till.
    pub(super) fn restored(&mut self, till: NodeNumber) {
        self.stopped(till);
        self.unaware.insert(till);
    }
}

impl Cashier {
    /// Something that one till alone may do with an order: takes the right to it, uses it for a while, and is done.
    pub(super) async fn use_a_right(&mut self, till: &NodeHandle, sync: &SyncHandle) {
        let Some(right) = self.draw_right(till, sync).await else {
            return;
        };
        let answer = sync.ask(Question::TakeRight { right }).await;
        let node = self.node;
        self.journal
            .note(format_args!("till {node}: take {right:?}: {answer:?}"));
        if !matches!(answer, Answer::Granted { .. }) {
            return;
        }
        let is_online = sync.status().latest().link == Link::Online;
        let using = till.engine(move |engine, _| engine.use_right(right)).await;
        self.journal
            .note(format_args!("till {node}: use {right:?}: {using:?}"));
        let Ok(true) = using else { return };
        let number = self.model.borrow_mut().users.begin(right, node, is_online);
        sleep(self.random.milliseconds(0, 3_000)).await;
        self.model.borrow_mut().users.end(right, number);
        self.be_done(till, sync, right).await;
    }

    /// One that the till's file has, or one to a sale of just now.
    async fn draw_right(&mut self, till: &NodeHandle, sync: &SyncHandle) -> Option<Right> {
        if self.random.chance(20) {
            let rows = till.query(Store::rights).await.ok()?;
            return self.random.pick(&rows).map(|row| row.held.right);
        }
        let newest = self.random.below(WANTED_SALES);
        let sold = {
            let model = self.model.borrow();
            let at = model.sold.len().checked_sub(newest + 1)?;
            model.sold[at].clone()
        };
        let kind = *self.random.pick(&RightKind::ALL)?;
        if self.random.chance(50) {
            // An order of another store has to be looked up before anybody here may have a right to it.
            self.find(till, sync, &sold).await.ok();
        }
        Some(Right {
            kind,
            document: sold.document,
        })
    }

    /// The right stays with the till, or is given up, or passed on.
    async fn be_done(&mut self, till: &NodeHandle, sync: &SyncHandle, right: Right) {
        // Where the process is dead, nothing there is in use.
        let stopped = till.engine(move |engine, _| {
            engine.stop_using(&right);
            Ok::<_, StoreError>(())
        });
        drop(stopped.await);
        let question = match self.random.below(100) {
            0..45 => return,
            45..80 => Question::ReleaseRight { right },
            _ => {
                let number = u32::try_from(self.random.between(1, 5)).expect("a small number");
                let to = NodeNumber::new(number).expect("a node's number");
                Question::GrantRight { right, to }
            }
        };
        let name = format!("till {}: {question:?}", self.node);
        let answer = sync.ask(question).await;
        self.journal.note(format_args!("{name}: {answer:?}"));
    }
}
