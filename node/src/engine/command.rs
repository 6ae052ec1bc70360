//! What somebody at the till wants, and what came of it.

use holdfast_schemas::{
    document::AppendError,
    identity::{
        BankBag, ChangeHash, DocumentId, LogId, LogPosition, OrderNumber, OrderNumberError,
        ReasonCode,
    },
    operation::{
        Author, BasketVoided, CashCounted, CashDropped, DenominationCount, DocumentKind,
        LoanReceived, NoSale, PaidIn, PaidOut, SignedOn, StockLine, StockMovementKind,
        SuspendedGrants,
    },
    order::{OrderCommand, Sale},
    refusal::Refusal,
    return_::ReturnRequest,
    till_session::JournalEntry,
    time::{BusinessDate, Timestamp},
    value::{MinorUnits, Money},
};
use serde::Serialize;

use super::Trouble;
use crate::store::StoreError;

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Who wants it.
    pub by: Author,
    /// What.
    pub action: Action,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Begin the till's session.
    OpenSession(OpenSession),
    /// Begin it with its float counted by denomination, and who did.
    BeginSession {
        /// How.
        open: OpenSession,
        /// How the float is made up; nothing where it was not counted so.
        float: Vec<DenominationCount>,
        /// Who is at the till.
        signed_on: SignedOn,
    },
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
    /// Close the till's session: its Z report.
    CloseSession {
        /// Why the drawer is over or short, where it is.
        over_short_reason: Option<ReasonCode>,
    },
    /// Close a session of the store that was left open, as what is known of it here says.
    ForceClose {
        /// Which.
        session: DocumentId,
        /// Why.
        reason: ReasonCode,
    },
    /// Write down what was counted in the store's safe, or what left it for the bank.
    Safe(SafeDeed),
    /// Sell a whole basket, paid and carried out.
    Sell(Sale),
    /// Take goods back and refund them. For a verified return the order must be in this file.
    Return(ReturnRequest),
    /// Begin a card payment of an order, before the terminal is asked. An order that is not there yet is begun with its
    /// lines.
    IntendPayment(IntendPayment),
    /// Do something to an order that is here, one command after the other, all together.
    Order {
        /// Which order.
        order: DocumentId,
        /// What.
        commands: Vec<OrderCommand>,
    },
    /// Put a basket aside.
    Suspend {
        /// What is in it; its tenders do not matter.
        sale: Sale,
        /// What was granted in it.
        granted: SuspendedGrants,
    },
    /// Write something into the session's journal.
    Journal(JournalEntry),
    /// Write down a rise or fall of stock that is no sale and no return.
    MoveStock(StockPaper),
}

/// A card payment that is about to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntendPayment {
    /// The order, where a payment was begun for it before; its lines are in it.
    pub order: Option<DocumentId>,
    /// What is sold; its tenders do not matter.
    pub sale: Sale,
    /// How much is to be charged.
    pub amount_minor: MinorUnits,
}

/// How a session begins. Store, time zone, cut-over hour and currency come from the store's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// The trading day; without, the one that it is now in the store's time zone.
    pub business_date: Option<BusinessDate>,
    /// The change money in the drawer.
    pub float_minor: MinorUnits,
}

/// What happened to the safe of the till's own store. Trading day and currency come from its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SafeDeed {
    /// It was counted.
    Counted(CashCounted),
    /// Cash left it for the bank.
    Banked {
        /// How much.
        amount_minor: MinorUnits,
        /// The number of its bag.
        bag: Option<BankBag>,
    },
}

/// A rise or fall of stock at the till's own store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockPaper {
    /// The trading day; without, the open session's, or the one that it is now.
    pub business_date: Option<BusinessDate>,
    /// Why.
    pub kind: StockMovementKind,
    /// Why exactly.
    pub reason: ReasonCode,
    /// What.
    pub lines: Vec<StockLine>,
}

/// What was written. It is durable on this machine when the receipt is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The document that it was written to.
    pub document: DocumentId,
    /// The document's kind.
    pub kind: DocumentKind,
    /// The order's or return's number, where this began one.
    pub number: Option<OrderNumber>,
    /// What the order costs, or the return gives back.
    pub amount: Option<Money>,
    /// When, by this till's clock.
    pub at: Timestamp,
    /// The log that it is in.
    pub log: LogId,
    /// Where in the log.
    pub position: LogPosition,
    /// The change that holds it.
    pub change: ChangeHash,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The till is frozen: one of its logs has two histories.
    #[error("the till is frozen: log {log} has two histories from position {position}")]
    Frozen {
        /// The log.
        log: LogId,
        /// Where they differ.
        position: LogPosition,
    },
    /// The document or the change would be over a limit.
    #[error("the change can't be written")]
    Append(#[from] AppendError),
    /// No order number is left.
    #[error("no order number can be minted")]
    Number(#[from] OrderNumberError),
    /// The very same was written a thousand times in this millisecond.
    #[error("the very same was written a thousand times in this millisecond; try again")]
    Repeated,
    /// The settings name a time zone that is not known.
    #[error("the store's time zone {0:?} is not known")]
    TimeZone(String),
    /// The file failed. What was asked for did not happen.
    #[error("nothing was written")]
    Store(#[from] StoreError),
}

impl SubmitError {
    /// What the person at the till can do, where that is known.
    #[must_use]
    pub fn what_to_do(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.what_to_do()),
            Self::Frozen { .. } => Some(Trouble::Frozen.what_to_do()),
            Self::TimeZone(_) => Some("Mend the store's settings at headquarters."),
            Self::Store(error) => error.what_to_do(),
            Self::Append(_) | Self::Number(_) | Self::Repeated => None,
        }
    }
}
