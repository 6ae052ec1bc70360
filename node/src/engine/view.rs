//! What the till's screen and the command line show of the node's state.

use holdfast_schemas::{
    identity::{LogId, LogPosition, PriceListVersion},
    time::Timestamp,
    value::{Currency, Money},
};
use serde::Serialize;

use super::{Engine, Trouble};
use crate::store::{
    SessionSummary, StoreError, SyncPosition, TillIdentity, log, query, reference, sync,
    unsent::{self, Unsent, UnsentRow},
};

/// The node's state at one moment, after a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeView {
    /// Which till, of which store.
    pub till: TillIdentity,
    /// The log that this process writes.
    pub log: LogId,
    /// How far that log goes.
    pub position: LogPosition,
    /// The session that is open, if one is.
    pub session: Option<SessionSummary>,
    /// What this till wrote and the server does not have durably yet.
    pub pending: Pending,
    /// How far the file is with the server.
    pub sync: SyncPosition,
    /// How many misfits are in this file, for people to settle.
    pub misfits: u64,
    /// How many changes came that could not be taken.
    pub quarantined: u64,
    /// The version of the reference data.
    pub reference: PriceListVersion,
    /// One of the till's logs has two histories: nothing is sold until a person has looked.
    pub frozen: bool,
    /// What keeps the till from its server, where waiting does not mend it.
    pub trouble: Option<TroubleView>,
}

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TroubleView {
    /// Which trouble.
    pub name: Trouble,
    /// Since when, by this till's clock.
    pub since: Timestamp,
    /// What is wrong, in one sentence.
    pub what: &'static str,
    /// What a person does about it.
    pub what_to_do: &'static str,
}

impl TroubleView {
    fn new((name, since): (Trouble, Timestamp)) -> Self {
        Self {
            name,
            since,
            what: name.what(),
            what_to_do: name.what_to_do(),
        }
    }
}

/// What the server does not have yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// How many changes.
    pub entries: u64,
    /// The money that they took, less what they gave back; one amount a currency.
    pub taken: Vec<Money>,
    /// When the first of them was written; its age is what the screen shows.
    pub oldest: Option<Timestamp>,
}

impl Engine {
    /// The node's state now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn view(&self) -> Result<NodeView, StoreError> {
        let view = self.known.view.or_read(|| self.read_view())?;
        // A disk that fails may fail here too.
        #[cfg(debug_assertions)]
        if let Ok(read) = self.read_view() {
            assert_eq!(*view, read, "what is known is what the file says");
        }
        Ok(view.clone())
    }

    fn read_view(&self) -> Result<NodeView, StoreError> {
        self.store.read(|transaction| {
            let state = log::state(transaction, self.log)?;
            Ok(NodeView {
                till: self.till.clone(),
                log: self.log,
                position: state.map_or(LogPosition::START, |state| state.head.position),
                session: query::open_session(transaction, self.till.node)?,
                pending: pending(&unsent::figures(transaction)?, unsent::oldest(transaction)?),
                sync: sync::position(transaction)?,
                misfits: query::misfit_count(transaction)?,
                quarantined: sync::quarantine_count(transaction)?,
                reference: reference::version(transaction)?,
                frozen: log::fork(transaction)?.is_some(),
                trouble: sync::trouble(transaction)?.map(TroubleView::new),
            })
        })
    }
}

fn pending(unsent: &Unsent, oldest: Option<Timestamp>) -> Pending {
    let money = |(currency, row): (&Option<Currency>, &UnsentRow)| {
        currency.map(|currency| Money {
            currency,
            minor: row.taken_minor,
        })
    };
    Pending {
        entries: unsent.values().map(|row| row.entries).sum(),
        taken: unsent.iter().filter_map(money).collect(),
        oldest,
    }
}
