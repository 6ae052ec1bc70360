//! State that others watch, always given out whole: whoever holds a state holds up nobody.
//!
//! A borrowed state would lock out whoever shows the next one; held while something is waited for, it stops the engine
//! for good. So there is no way here to borrow one.

use tokio::sync::watch;

/// What was watched has ended, and shows nothing new any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what was watched has ended")]
pub struct WatchEnded;

/// Watches a state that changes. Only the newest is kept: whoever is slow skips what was in between.
#[derive(Debug, Clone)]
pub struct Watched<T>(watch::Receiver<T>);

impl<T: Clone> Watched<T> {
    pub(crate) fn new(receiver: watch::Receiver<T>) -> Self {
        Self(receiver)
    }

    /// The state now.
    #[must_use]
    pub fn latest(&self) -> T {
        self.0.borrow().clone()
    }

    /// The next state that this watcher was not given yet, once there is one. Given up while it waits, nothing is lost.
    ///
    /// # Errors
    /// [`WatchEnded`].
    pub async fn changed(&mut self) -> Result<T, WatchEnded> {
        self.0.changed().await.map_err(|_| WatchEnded)?;
        Ok(self.0.borrow_and_update().clone())
    }

    /// The first state, from the present one on, for which this holds.
    ///
    /// # Errors
    /// [`WatchEnded`].
    pub async fn wait_for(&mut self, mut holds: impl FnMut(&T) -> bool) -> Result<T, WatchEnded> {
        let mut state = self.0.borrow_and_update().clone();
        while !holds(&state) {
            state = self.changed().await?;
        }
        Ok(state)
    }
}
