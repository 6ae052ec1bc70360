//! Group commit: one thread takes what all sessions bring, as many frames at once as are waiting.

use std::{
    sync::Arc,
    thread::{Builder, JoinHandle},
};

use tokio::sync::{mpsc, oneshot, watch};

use crate::store::{EntryNumber, FrameOutcome, FramePrepared, Store, StoreError};

/// The most frames that wait for the writer. Whoever brings another waits with it.
const QUEUE_FRAMES_MAX: usize = 1_024;

/// The most frames in one transaction.
const GROUP_FRAMES_MAX: usize = 256;

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

/// The writer's thread. It ends when every [`Ingest`] is gone and what they brought is durable.
#[derive(Debug)]
pub struct IngestTask {
    thread: JoinHandle<()>,
}

impl Ingest {
    /// Starts the writer. Whoever holds the other end of `committed` hears of every commit, by its last entry.
    ///
    /// # Errors
    /// The operating system's, where it gives no thread.
    pub fn start(
        store: Arc<dyn Store>,
        committed: watch::Sender<EntryNumber>,
    ) -> std::io::Result<(Self, IngestTask)> {
        let (queue, waiting) = mpsc::channel(QUEUE_FRAMES_MAX);
        let thread = Builder::new()
            .name("ingest".to_owned())
            .spawn(move || take_groups(&*store, waiting, &committed))?;
        Ok((Self { queue }, IngestTask { thread }))
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
    /// Waits until the writer has ended.
    pub fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the writer panicked");
        }
    }
}

fn take_groups(
    store: &dyn Store,
    mut waiting: mpsc::Receiver<Waiting>,
    committed: &watch::Sender<EntryNumber>,
) {
    while let Some(first) = waiting.blocking_recv() {
        let mut frames = vec![first.0];
        let mut answers = vec![first.1];
        while frames.len() < GROUP_FRAMES_MAX
            && let Ok((frame, answer)) = waiting.try_recv()
        {
            frames.push(frame);
            answers.push(answer);
        }
        match take_group(store, &frames) {
            Ok((outcomes, end)) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    // A session that is gone gets its answer at the next hello.
                    let _ = answer.send(outcome);
                }
                committed.send_if_modified(|last| std::mem::replace(last, end) != end);
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

fn take_group(
    store: &dyn Store,
    frames: &[FramePrepared],
) -> Result<(Vec<FrameOutcome>, EntryNumber), StoreError> {
    let outcomes = store.ingest(frames)?;
    Ok((outcomes, store.log_end()?))
}
