//! Where the writer runs.

use std::{
    io,
    thread::{Builder, JoinHandle},
};

use tokio::task::JoinSet;

use crate::ingest::IngestTask;

/// On which thread the writer waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriterPlace {
    /// On one of its own, so that nothing else waits with it.
    OwnThread,
    /// Beside everything else: a simulation has one thread.
    Beside,
}

/// The writer, running.
pub(super) enum Writer {
    OnThread(JoinHandle<()>),
    Beside(JoinSet<()>),
}

impl Writer {
    /// Starts the writer.
    ///
    /// # Errors
    /// The operating system's, where it gives no thread.
    pub(super) fn start(task: IngestTask, place: WriterPlace) -> io::Result<Self> {
        match place {
            WriterPlace::OwnThread => {
                let runtime = tokio::runtime::Builder::new_current_thread().build()?;
                let thread = Builder::new().name("ingest".to_owned());
                let thread = thread.spawn(move || runtime.block_on(task.run()))?;
                Ok(Self::OnThread(thread))
            }
            WriterPlace::Beside => {
                let mut tasks = JoinSet::new();
                tasks.spawn(task.run());
                Ok(Self::Beside(tasks))
            }
        }
    }

    /// Waits until the writer has ended.
    pub(super) async fn ended(self) {
        let ended = match self {
            Self::OnThread(thread) => thread.join().is_ok(),
            Self::Beside(mut tasks) => tasks.join_next().await.is_none_or(|ended| ended.is_ok()),
        };
        if !ended {
            tracing::error!("the writer panicked");
        }
    }
}
