//! Paying: cash with change, several tenders, and cards whose outcome is asked for and never charged again.

mod card;
mod cash;
mod tenders;
mod terminal;

pub use card::{CARD_ASK_AGAIN_MS, CardPayment, CardStep, CardWork};
pub use cash::{SUGGESTED_CASH_MAX, suggested_cash};
pub use tenders::{TakenTender, Tendering, TenderingError, TenderingStep};
pub use terminal::{Decline, PaymentId, TerminalAnswer, TerminalRequest};

#[cfg(test)]
mod tests;
