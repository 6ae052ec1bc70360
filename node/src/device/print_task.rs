//! The print queue: whole jobs, in their order, each until the printer took it.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::ReceiptPrinter;
use crate::{
    desk::{DeskRefusal, DeskView, PrinterTrouble},
    handle::{CallError, NodeHandle},
    store::desk::{self as rows, PrintJob},
    watched::Watched,
};

/// How long a printer that could not print is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(2);
/// How old a drawer's kick may be, in milliseconds: a drawer that opens an hour later opens for nobody.
const KICK_AGE_MS_MAX: i64 = 60_000;

/// The task that prints.
pub(crate) struct PrintTask {
    handle: NodeHandle,
    views: Watched<Arc<DeskView>>,
    /// None: nothing is set up, so that nothing waits.
    printer: Option<Box<dyn ReceiptPrinter>>,
}

/// What is to be done next.
enum Next {
    Print(PrintJob),
    /// It is not worth printing any more.
    Drop(PrintJob),
    Nothing,
}

impl PrintTask {
    pub(crate) fn new(handle: NodeHandle, printer: Option<Box<dyn ReceiptPrinter>>) -> Self {
        Self {
            views: handle.watch_desk(),
            handle,
            printer,
        }
    }

    /// Prints until the desk is gone.
    pub(crate) async fn run(mut self) {
        if self.printer.is_none() {
            let trouble = Some(PrinterTrouble::NotSetUp);
            let _ = self.tell(move |desk| desk.set_trouble(trouble)).await;
        }
        loop {
            let worked = self.work().await;
            let Err(error) = worked else { continue };
            match error {
                Wait::Stopped => return,
                Wait::ForMore => {
                    if self.views.changed().await.is_err() {
                        return;
                    }
                }
                Wait::ForPrinter => sleep(RETRY_AFTER).await,
            }
        }
    }

    /// One job.
    async fn work(&mut self) -> Result<(), Wait> {
        match self.next().await? {
            Next::Nothing => Err(Wait::ForMore),
            Next::Drop(job) => self.end(job.number).await,
            Next::Print(job) => {
                let Some(printer) = &mut self.printer else {
                    return self.end(job.number).await;
                };
                let number = job.number;
                let begun = self
                    .handle
                    .engine(move |engine, _| engine.begin_print(number));
                begun.await.map_err(|error| Wait::of_file(&error))?;
                match printer.print(&job.bytes, job.begun).await {
                    Ok(()) => self.printed(number).await,
                    Err(trouble) => {
                        tracing::debug!(?trouble, "the printer could not print");
                        self.tell(move |desk| desk.set_trouble(Some(trouble)))
                            .await?;
                        Err(Wait::ForPrinter)
                    }
                }
            }
        }
    }

    async fn next(&self) -> Result<Next, Wait> {
        let found = self.handle.engine_query(|engine, now| {
            let job = engine.store().read(rows::next_print)?;
            Ok(match job {
                None => Next::Nothing,
                Some(job)
                    if job.kick && now.milliseconds_since(job.queued_at) > KICK_AGE_MS_MAX =>
                {
                    Next::Drop(job)
                }
                Some(job) => Next::Print(job),
            })
        });
        found.await.map_err(|error| Wait::of_file(&error))
    }

    async fn end(&self, number: i64) -> Result<(), Wait> {
        let ended = self
            .handle
            .engine(move |engine, _| engine.end_print(Some(number)));
        ended.await.map_err(|error| Wait::of_file(&error))
    }

    async fn printed(&self, number: i64) -> Result<(), Wait> {
        self.end(number).await?;
        if self.views.latest().printing.trouble.is_some() {
            self.tell(|desk| desk.set_trouble(None)).await?;
        }
        Ok(())
    }

    async fn tell(
        &self,
        work: impl FnOnce(&mut crate::desk::state::AtDesk<'_>) + Send + 'static,
    ) -> Result<(), Wait> {
        let told = self.handle.at_desk(false, |desk| {
            work(desk);
            Ok(())
        });
        told.await
            .map_err(|error: CallError<DeskRefusal>| match error {
                CallError::Stopped => Wait::Stopped,
                CallError::Engine(_) => Wait::ForPrinter,
            })
    }
}

/// For what the task waits.
enum Wait {
    /// For nothing more: the engine is gone.
    Stopped,
    /// For something to print.
    ForMore,
    /// For the printer, or the disk, to be well again.
    ForPrinter,
}

impl Wait {
    fn of_file(error: &CallError<crate::store::StoreError>) -> Self {
        match error {
            CallError::Stopped => Self::Stopped,
            CallError::Engine(_) => Self::ForPrinter,
        }
    }
}
