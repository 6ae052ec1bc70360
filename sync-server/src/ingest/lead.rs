//! How far ingest may get ahead of the projection.
//!
//! Ingest is faster. Without a bound, tills that come back with months of trade would put headquarters' figures hours
//! behind; with it, whatever is durable can be read soon after, and tills keep the rest a little longer.

use std::time::Duration;

use tokio::{sync::watch, time};

use crate::store::EntryNumber;

/// The most entries that are durable and can't be read yet, but for one group: some ten seconds of the projection's work.
const AHEAD_ENTRIES_MAX: u64 = 65_536;

/// A projection that has not moved for so long is not waited for: what is durable comes before what can be read.
const STALLED_AFTER: Duration = Duration::from_secs(1);

/// The distance between the log's end and the projection.
#[derive(Debug)]
pub(super) struct Lead {
    projected: watch::Receiver<EntryNumber>,
    /// The projection stood still when it was last waited for.
    stalled: bool,
}

impl Lead {
    pub(super) fn new(projected: watch::Receiver<EntryNumber>) -> Self {
        Self {
            projected,
            stalled: false,
        }
    }

    /// Waits until the log's end is within the bound, for as long as the projection moves.
    pub(super) async fn wait(&mut self, end: EntryNumber) {
        if self.stalled && !self.projected.has_changed().unwrap_or(false) {
            return;
        }
        self.stalled = false;
        loop {
            let projected = *self.projected.borrow_and_update();
            if end.get().saturating_sub(projected.get()) <= AHEAD_ENTRIES_MAX {
                return;
            }
            match time::timeout(STALLED_AFTER, self.projected.changed()).await {
                Ok(Ok(())) => {}
                // It stands still, or is gone: the server is ending.
                Ok(Err(_)) | Err(_) => {
                    self.stalled = true;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const END: EntryNumber = EntryNumber::new(AHEAD_ENTRIES_MAX + 10);

    #[tokio::test(start_paused = true)]
    async fn ingest_waits_for_a_projection_that_is_too_far_behind_and_moves() {
        let (projection, projected) = watch::channel(EntryNumber::START);
        let mut lead = Lead::new(projected);
        let began = Instant::now();
        let moving = async {
            for entry in 1..=10 {
                time::sleep(STALLED_AFTER / 2).await;
                projection.send_replace(EntryNumber::new(entry));
            }
        };
        tokio::join!(lead.wait(END), moving);
        assert_eq!(began.elapsed(), STALLED_AFTER * 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_projection_that_stands_still_stops_nobody_from_sending() {
        let (projection, projected) = watch::channel(EntryNumber::START);
        let mut lead = Lead::new(projected);
        let began = Instant::now();
        for _ in 0..1_000 {
            lead.wait(END).await;
        }
        assert_eq!(began.elapsed(), STALLED_AFTER, "it is waited for once");
        projection.send_replace(EntryNumber::new(1));
        lead.wait(END).await;
        assert_eq!(
            began.elapsed(),
            STALLED_AFTER * 2,
            "and again once it has moved"
        );
    }
}
