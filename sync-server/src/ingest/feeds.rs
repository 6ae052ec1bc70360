//! Whoever waits for a store's feed to grow.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use holdfast_schemas::{identity::StoreId, wire::FeedPosition};
use tokio::sync::watch;

use crate::store::{Store, StoreError};

/// A bell for each store whose feed somebody listens to. A till hears of its own store's feed and of no other: a commit
/// wakes those whom it concerns, however many are connected.
#[derive(Debug, Default)]
pub struct FeedBells {
    bells: Mutex<BTreeMap<StoreId, watch::Sender<FeedPosition>>>,
}

impl FeedBells {
    /// Listens to a store's feed, which may have grown already.
    #[must_use]
    pub fn listen(&self, store: &StoreId) -> watch::Receiver<FeedPosition> {
        let mut bells = self.bells();
        bells.retain(|_, bell| bell.receiver_count() > 0);
        bells.entry(store.clone()).or_default().subscribe()
    }

    /// Says how far feeds go now.
    pub fn ring(&self, grown: &BTreeMap<StoreId, FeedPosition>) {
        let bells = self.bells();
        for (store, end) in grown {
            if let Some(bell) = bells.get(store) {
                // Two may ring at once; a feed never gets shorter.
                bell.send_if_modified(|known| *end > std::mem::replace(known, *end.max(known)));
            }
        }
    }

    /// Looks how far one feed goes: after something else than ingest wrote to it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn look_at(&self, store: &dyn Store, feed: StoreId) -> Result<(), StoreError> {
        let end = store.feed_end(&feed)?;
        self.ring(&BTreeMap::from([(feed, end)]));
        Ok(())
    }

    /// Looks how far every feed goes that somebody listens to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn look(&self, store: &dyn Store) -> Result<(), StoreError> {
        let listened: Vec<StoreId> = self.bells().keys().cloned().collect();
        listened
            .into_iter()
            .try_for_each(|feed| self.look_at(store, feed))
    }

    fn bells(&self) -> MutexGuard<'_, BTreeMap<StoreId, watch::Sender<FeedPosition>>> {
        // A panic while holding it can't leave it half-written: every use is one step.
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
