//! Till sessions: one till's trading from open to close.

mod breakdown;
mod decide;
mod fold;
mod journal;
mod state;
mod takings;

pub use breakdown::{BREAKDOWN_ROWS_MAX, TakingsBreakdown};
pub use decide::decide_till_session;
pub use fold::{denominations_minor, fold_till_session};
pub use journal::{JournalEntry, SessionJournal};
pub use state::{CashCount, TillSessionState};
pub use takings::{KindTakings, SessionTakings};

use crate::{
    identity::ReasonCode,
    operation::{
        BasketVoided, CashCounted, CashDropped, LoanReceived, LogRange, NoSale, PaidIn, PaidOut,
        SessionOpened,
    },
};

/// What somebody wants to do in a till session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionCommand {
    /// Open it, with its float.
    Open(SessionOpened),
    /// Put cash in that is no sale.
    PayIn(PaidIn),
    /// Take cash out that is no refund.
    PayOut(PaidOut),
    /// Fetch change money from the safe.
    ReceiveLoan(LoanReceived),
    /// Bring cash to the safe.
    DropCash(CashDropped),
    /// Count the drawer.
    CountCash(CashCounted),
    /// Open the drawer without a sale.
    NoSale(NoSale),
    /// Give a basket up.
    VoidBasket(BasketVoided),
    /// Write something down that moves no money.
    Journal(JournalEntry),
    /// Close it: its Z report.
    Close(CloseSession),
    /// Close it by force, as what is known of it says.
    ForceClose(ForceClose),
}

/// The close of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseSession {
    /// What the session's own orders and returns took and gave.
    pub takings: SessionTakings,
    /// The log ranges that the takings cover.
    pub covers: Vec<LogRange>,
    /// Why the drawer is over or short, where it is.
    pub over_short_reason: Option<ReasonCode>,
}

/// The close of a session that was left open, by somebody who may not even be at its till. What was counted last is what
/// its Z report compares; where nothing was, it says what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForceClose {
    /// What the session's own orders and returns took and gave, as far as is known where it is closed.
    pub takings: SessionTakings,
    /// The log ranges that the takings cover.
    pub covers: Vec<LogRange>,
    /// Why.
    pub reason: ReasonCode,
}

#[cfg(test)]
mod scenario_tests;
#[cfg(test)]
mod z_report_tests;
