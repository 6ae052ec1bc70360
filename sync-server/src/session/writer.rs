//! Where what waits for the disk runs.

use std::{
    io,
    thread::{Builder, JoinHandle},
};

use tokio::task::JoinSet;

/// On which threads the writer, and what is made from the log behind it, work and wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriterPlace {
    /// Each on one of its own, so that nothing else waits with it.
    OwnThread,
    /// Beside everything else: a simulation has one thread.
    Beside,
}

/// Something that runs there.
pub(super) enum Worker {
    OnThread(JoinHandle<()>),
    Beside(JoinSet<()>),
}

impl Worker {
    /// Starts it, under a name that the operating system shows.
    ///
    /// # Errors
    /// The operating system's, where it gives no thread.
    pub(super) fn start(
        name: &str,
        work: impl Future<Output = ()> + Send + 'static,
        place: WriterPlace,
    ) -> io::Result<Self> {
        match place {
            WriterPlace::OwnThread => {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()?;
                let thread = Builder::new().name(name.to_owned());
                let thread = thread.spawn(move || runtime.block_on(work))?;
                Ok(Self::OnThread(thread))
            }
            WriterPlace::Beside => {
                let mut tasks = JoinSet::new();
                tasks.spawn(work);
                Ok(Self::Beside(tasks))
            }
        }
    }

    /// Waits until it has ended.
    pub(super) async fn ended(self) {
        let ended = match self {
            Self::OnThread(thread) => thread.join().is_ok(),
            Self::Beside(mut tasks) => tasks.join_next().await.is_none_or(|ended| ended.is_ok()),
        };
        if !ended {
            tracing::error!("what writes to the store panicked");
        }
    }
}
