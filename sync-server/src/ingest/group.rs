//! Group commit: one task takes what all sessions bring, as many frames at once as are waiting.

use std::sync::Arc;

use holdfast_schemas::{
    identity::LogPosition,
    planted::{self, Planted},
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{feeds::FeedBells, lead::Lead};
use crate::store::{EntryNumber, FrameOutcome, FramePrepared, GroupTaken, Store};

/// The most frames that wait for the writer. Whoever brings another waits with it.
const QUEUE_FRAMES_MAX: usize = 1_024;

/// The most frames in one transaction.
const GROUP_FRAMES_MAX: usize = 256;

/// With so many entries a transaction is full: from here on a longer one saves little of the disk's time, and whoever is
/// in it waits for all of it, while nobody sends.
const GROUP_ENTRIES_MAX: usize = 2_048;

/// Why a frame was not taken. It is not acknowledged, and so comes again.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The store failed; the writer has said so in the log.
    #[error("the store did not take the frame")]
    Store,
    /// The server is shutting down.
    #[error("the server takes no more frames")]
    Closed,
}

type Waiting = (FramePrepared, oneshot::Sender<FrameOutcome>);

/// Where sessions bring their frames.
#[derive(Debug, Clone)]
pub struct Ingest {
    queue: mpsc::Sender<Waiting>,
}

/// The writer. It commits inline, so whoever runs it decides which thread waits for the disk.
pub struct IngestTask {
    store: Arc<dyn Store>,
    waiting: mpsc::Receiver<Waiting>,
    committed: watch::Sender<EntryNumber>,
    lead: Lead,
    feeds: Arc<FeedBells>,
}

impl Ingest {
    /// Makes the writer, to be run. Whoever holds the other end of `committed` hears of every commit, by its last entry;
    /// `projected` is where it hears how far the projection has come, and `feeds` are rung for those that have grown.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        committed: watch::Sender<EntryNumber>,
        projected: watch::Receiver<EntryNumber>,
        feeds: Arc<FeedBells>,
    ) -> (Self, IngestTask) {
        let (queue, waiting) = mpsc::channel(QUEUE_FRAMES_MAX);
        let task = IngestTask {
            store,
            waiting,
            committed,
            lead: Lead::new(projected),
            feeds,
        };
        (Self { queue }, task)
    }

    /// Brings one frame. The answer comes when it is durable.
    ///
    /// # Errors
    /// [`IngestError::Closed`].
    pub async fn bring(
        &self,
        frame: FramePrepared,
    ) -> Result<oneshot::Receiver<FrameOutcome>, IngestError> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .send((frame, answer))
            .await
            .map_err(|_| IngestError::Closed)?;
        Ok(answered)
    }
}

impl IngestTask {
    /// Takes frames until every [`Ingest`] is gone and what they brought is durable.
    pub async fn run(mut self) {
        while let Some(first) = self.waiting.recv().await {
            let end = *self.committed.borrow();
            self.lead.wait(end).await;
            let mut entries = first.0.entries.len();
            let mut frames = vec![first.0];
            let mut answers = vec![first.1];
            while frames.len() < GROUP_FRAMES_MAX
                && entries < GROUP_ENTRIES_MAX
                && let Ok((frame, answer)) = self.waiting.try_recv()
            {
                entries += frame.entries.len();
                frames.push(frame);
                answers.push(answer);
            }
            if planted::is(Planted::AcknowledgedBeforeCommit) {
                for (answer, frame) in answers.drain(..).zip(&frames) {
                    let _ = answer.send(hoped_for(frame));
                }
                tokio::task::yield_now().await;
            }
            match self.store.ingest_group(&frames) {
                Ok(GroupTaken {
                    outcomes,
                    end,
                    grown,
                }) => {
                    for (answer, outcome) in answers.into_iter().zip(outcomes) {
                        // A session that is gone gets its answer at the next hello.
                        let _ = answer.send(outcome);
                    }
                    self.committed
                        .send_if_modified(|last| end > std::mem::replace(last, end.max(*last)));
                    self.feeds.ring(&grown);
                }
                // Dropping the answers ends the sessions; their tills come again.
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "can't take frames"
                    );
                }
            }
        }
    }
}

/// What [`Planted::AcknowledgedBeforeCommit`] answers.
fn hoped_for(frame: &FramePrepared) -> FrameOutcome {
    let last = frame.first.get() + frame.entries.len() as u64 - 1;
    FrameOutcome::Durable {
        position: LogPosition::new(last).unwrap_or(frame.first),
        added: u32::try_from(frame.entries.len()).unwrap_or(u32::MAX),
        quarantined: 0,
    }
}
