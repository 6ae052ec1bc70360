//! One card payment: written down, then asked, then asked about, until it is known.

use crate::{operation::PaymentAnswer, time::Timestamp, value::Money};

use super::{PaymentId, TerminalAnswer, TerminalRequest};

/// How long the till waits for an answer before it asks what became of the payment, in milliseconds.
pub const CARD_ASK_AGAIN_MS: i64 = 5_000;

/// Where a payment stands at its till.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardStep {
    /// The intent is in the till's file, and the terminal was not asked yet.
    ToAsk,
    /// The terminal was asked, or may have been: only its outcome is asked for from now on.
    Asked {
        /// When the outcome is asked for next.
        ask_at: Timestamp,
    },
    /// The outcome is known.
    Settled,
}

/// What the till is to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardWork {
    /// Send this to the terminal.
    Send(TerminalRequest),
    /// Write this answer into the order, then show it.
    Write(PaymentAnswer),
}

/// One card payment at the till that began it.
///
/// It is made when the transaction with the intent has returned ([`CardPayment::begun`]), or from the till's file after a
/// restart ([`CardPayment::after_restart`]), and then gives [`CardWork`] until it is settled. `Charge` is given at most
/// once, and never after a restart, since it may have been sent before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardPayment {
    payment: PaymentId,
    amount: Money,
    step: CardStep,
}

impl CardPayment {
    /// The intent was just committed.
    #[must_use]
    pub fn begun(payment: PaymentId, amount: Money) -> Self {
        let step = CardStep::ToAsk;
        Self {
            payment,
            amount,
            step,
        }
    }

    /// The till's file has the intent and no outcome.
    #[must_use]
    pub fn after_restart(payment: PaymentId, amount: Money, now: Timestamp) -> Self {
        let step = CardStep::Asked { ask_at: now };
        Self {
            payment,
            amount,
            step,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn step(&self) -> CardStep {
        self.step
    }

    /// When to call [`CardPayment::poll`] next; `None` where it is settled, or asks at once.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match self.step {
            CardStep::Asked { ask_at } => Some(ask_at),
            CardStep::ToAsk | CardStep::Settled => None,
        }
    }

    /// What is to be sent now.
    pub fn poll(&mut self, now: Timestamp) -> Option<CardWork> {
        let payment = self.payment;
        let request = match self.step {
            CardStep::ToAsk => TerminalRequest::Charge {
                payment,
                amount: self.amount,
            },
            CardStep::Asked { ask_at } if now >= ask_at => TerminalRequest::Outcome { payment },
            CardStep::Asked { .. } | CardStep::Settled => return None,
        };
        self.step = CardStep::Asked {
            ask_at: now.plus_milliseconds(CARD_ASK_AGAIN_MS),
        };
        Some(CardWork::Send(request))
    }

    /// The terminal answered. A second answer is written down as well where it is an approval: the fold counts one payment
    /// once, and names two.
    pub fn answered(&mut self, answer: &TerminalAnswer) -> Option<CardWork> {
        if answer.payment() != self.payment {
            return None;
        }
        let answer = match answer {
            TerminalAnswer::InProgress { .. } => return None,
            TerminalAnswer::Declined { .. } if self.step == CardStep::Settled => return None,
            TerminalAnswer::Declined { because, .. } => {
                let because = *because;
                PaymentAnswer::Declined { because }
            }
            // Of money in another currency this till knows nothing: somebody must look at the terminal.
            TerminalAnswer::Approved { amount, .. } if amount.currency != self.amount.currency => {
                return None;
            }
            TerminalAnswer::Approved {
                amount, reference, ..
            } => PaymentAnswer::Approved {
                amount_minor: amount.minor,
                reference: reference.clone(),
            },
        };
        self.step = CardStep::Settled;
        Some(CardWork::Write(answer))
    }
}
