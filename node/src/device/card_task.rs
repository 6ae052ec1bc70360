//! Card payments: what the desk wrote down is asked for once, then asked about until it is known.

use std::time::Duration;

use holdfast_schemas::tendering::{CardPayment, CardWork, TerminalAnswer, TerminalRequest};
use tokio::{sync::mpsc, time::sleep};

use super::PaymentTerminal;
use crate::{
    desk::{DeskRefusal, tender::OpenPayment},
    handle::NodeHandle,
    net::SteadyClock,
};

/// How long the task waits where no payment is open. A payment that is begun ends the wait.
const NOTHING_TO_ASK: Duration = Duration::from_secs(60);

/// The task that speaks to the terminal.
pub(crate) struct CardTask {
    handle: NodeHandle,
    terminal: Box<dyn PaymentTerminal>,
    begun: mpsc::Receiver<OpenPayment>,
    clock: SteadyClock,
    payment: Option<(OpenPayment, CardPayment)>,
}

impl CardTask {
    /// How many payments wait for the task; one till has one at a time.
    pub(crate) const BEGUN_MAX: usize = 4;

    pub(crate) fn new(
        handle: NodeHandle,
        terminal: Box<dyn PaymentTerminal>,
        begun: mpsc::Receiver<OpenPayment>,
        clock: SteadyClock,
    ) -> Self {
        Self {
            handle,
            terminal,
            begun,
            clock,
            payment: None,
        }
    }

    /// Works until the desk is gone. A payment of before this start is only asked about.
    pub(crate) async fn run(mut self) {
        self.take_up().await;
        loop {
            self.ask().await;
            let wait = self.wait();
            tokio::select! {
                biased;
                begun = self.begun.recv() => {
                    let Some(open) = begun else { return };
                    let payment = CardPayment::begun(open.id(), open.amount);
                    self.payment = Some((open, payment));
                }
                heard = self.terminal.hear() => match heard {
                    Ok(answer) => self.answered(&answer).await,
                    // What was asked is asked about when it is due.
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, "the card terminal was not heard");
                    }
                },
                () = sleep(wait) => {}
            }
        }
    }

    /// What the file says of before: a payment whose outcome is not known, or a sale that its answer paid.
    async fn take_up(&mut self) {
        let now = self.clock.now();
        let found = self.handle.at_desk(false, |desk| {
            desk.finish_answered()?;
            desk.open_payment()
        });
        match found.await {
            Ok(open) => {
                self.payment = open.map(|open| {
                    let asked = CardPayment::after_restart(open.id(), open.amount, now);
                    (open, asked)
                });
            }
            Err(error) => report("a card payment could not be taken up", &error),
        }
    }

    fn wait(&self) -> Duration {
        let deadline = self
            .payment
            .as_ref()
            .and_then(|(_, payment)| payment.deadline());
        deadline.map_or(NOTHING_TO_ASK, |deadline| {
            let left = deadline.milliseconds_since(self.clock.now());
            Duration::from_millis(u64::try_from(left).unwrap_or(0))
        })
    }

    async fn ask(&mut self) {
        let now = self.clock.now();
        let Some((_, payment)) = &mut self.payment else {
            return;
        };
        if let Some(CardWork::Send(request)) = payment.poll(now) {
            let sent = self.terminal.send(&request).await;
            if let Err(error) = sent {
                let charge = matches!(request, TerminalRequest::Charge { .. });
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    charge,
                    "the card terminal was not asked"
                );
            }
        }
    }

    async fn answered(&mut self, answer: &TerminalAnswer) {
        let Some((open, payment)) = &mut self.payment else {
            return;
        };
        let Some(CardWork::Write(answer)) = payment.answered(answer) else {
            return;
        };
        let open = *open;
        let written = self
            .handle
            .at_desk(false, move |desk| desk.answer_payment(&open, &answer));
        if let Err(error) = written.await {
            report("a card terminal's answer could not be written", &error);
            // It is asked for again, as after a restart: what the file does not have is not known.
            self.take_up().await;
        }
    }
}

fn report(what: &'static str, error: &crate::handle::CallError<DeskRefusal>) {
    match error {
        crate::handle::CallError::Stopped => {}
        crate::handle::CallError::Engine(refusal) => {
            tracing::warn!(error = refusal as &dyn std::error::Error, "{what}");
        }
    }
}
