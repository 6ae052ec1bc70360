//! The single writer of a till's file.
//!
//! [`Engine`] is synchronous and runs inline on whatever thread calls it. Every public method that writes is one named
//! transaction, and works out everything before it begins it:
//!
//! | method | transaction | together, or not at all |
//! |---|---|---|
//! | [`Engine::submit`] | T1 | change, log position and chain, last order number, projection, stock, unsent figures |
//! | [`Engine::apply_feed_page`], [`Engine::apply_entries`], [`Engine::import`] | T2 | changes, refolded documents, quarantine, unsent figures, cursor |
//! | [`Engine::acknowledge`] | T3 | acknowledged position, unsent figures |
//! | [`Engine::begin_epoch`] | epoch | epoch, cursors, acknowledged positions, unsent figures |
//! | [`Engine::freeze`] | freeze | the fork |
//! | [`Engine::note_trouble`] | trouble | what keeps the till from its server |
//! | [`Engine::keep_right`], [`Engine::give_up_right`], [`Engine::yield_right`], [`Engine::forget_rights`] | right | the rights that the till holds |
//! | [`Engine::apply_reference_page`] | reference | records, version |
//! | the desk's own | basket, desk, try, print | a step of the open basket; who is at the till; a try to sign on; a print job |
//! | [`Engine::rebuild`] | rebuild | all projections |

mod apply;
mod command;
mod decide;
mod desk;
mod import;
mod known;
mod meeting;
mod project;
mod rebuild;
mod reference;
mod rights;
mod submit;
mod trouble;
mod view;

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{DocumentId, LogId},
    planted::{self, Planted},
    till_session::SessionTakings,
    wire::Right,
};

pub use apply::{Applied, Origin};
pub use command::{
    Action, Command, IntendPayment, OpenSession, Receipt, SafeDeed, StockPaper, SubmitError,
};
pub(crate) use decide::{business_date, read_after_sale};
pub use import::Unproved;
pub use rebuild::Finding;
pub use rights::Yielded;
pub(crate) use submit::{BasketAfter, Beside};
pub use trouble::Trouble;
pub use view::{NodeView, Pending, TroubleView};

use self::known::Known;
use crate::{
    random::Random,
    store::{Store, StoreError, TillIdentity, log},
};

/// The single writer of a till's file.
#[derive(Debug)]
pub struct Engine {
    store: Store,
    till: TillIdentity,
    log: LogId,
    /// What somebody at this till is in the middle of.
    in_use: BTreeSet<Right>,
    known: Known,
}

impl Engine {
    /// Draws this process's log, which the file will know by its first entry.
    ///
    /// # Errors
    /// [`StoreError::NoIdentity`] for a file that belongs to no till yet.
    pub fn new(store: Store, random: &mut dyn Random) -> Result<Self, StoreError> {
        let till = store.identity()?.ok_or(StoreError::NoIdentity)?;
        let mut drawn = [0; 12];
        random.fill(&mut drawn);
        let mut log = LogId::new(till.node, drawn);
        if planted::is(Planted::OldLogExtended) {
            let last = store.read(|transaction| log::newest(transaction, true, 1))?;
            log = last.first().map_or(log, |state| state.head.log);
        }
        Ok(Self {
            log,
            store,
            till,
            in_use: BTreeSet::new(),
            known: Known::default(),
        })
    }

    /// The file, to be asked.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Which till it is.
    #[must_use]
    pub fn till(&self) -> &TillIdentity {
        &self.till
    }

    /// The log that this process writes.
    #[must_use]
    pub fn log(&self) -> LogId {
        self.log
    }

    /// What the orders and returns of a session took and gave.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn takings(&self, session: DocumentId) -> Result<SessionTakings, StoreError> {
        self.store
            .read(|transaction| decide::takings(transaction, session))
    }

    /// Gives the file back; this log is never written again.
    #[must_use]
    pub fn into_store(self) -> Store {
        self.store
    }

    /// The file, to be written: what is known of it is read again afterwards.
    fn store_mut(&mut self) -> &mut Store {
        self.known = Known::default();
        &mut self.store
    }

    /// The file, to write tables of which nothing is known here: the desk's.
    fn desk_store_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}
