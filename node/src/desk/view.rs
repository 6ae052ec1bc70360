//! What a screen shows of the desk. Everything in it is durable: it is what a restart gives back.

use std::sync::Arc;

use holdfast_schemas::{
    basket::RungUpLine,
    identity::{
        CustomerId, DocumentId, NodeNumber, OperationId, OrderNumber, ReceiptNumber,
        TenderReference, UserId,
    },
    operation::{DenominationCount, DocumentKind, LineNumber, TenderKind},
    reference::{MinimumAge, StoreSettings},
    staff::{PersonName, StaffRole},
    store_settings::Language,
    tendering::Decline,
    time::{BusinessDate, Timestamp},
    value::{Currency, MinorUnits, PricedLine},
};

use crate::{engine::NodeView, store::TillIdentity};

/// The desk at one moment, after a commit. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskView {
    /// Which till, of which store.
    pub till: TillIdentity,
    /// How the store is run: labels, tenders, reasons, denominations, quick keys, rights, texts.
    pub settings: Arc<StoreSettings>,
    /// Who is at the till.
    pub staff: StaffView,
    /// Whether all of this is training: nothing of it reaches books, journal, printer or server.
    pub training: bool,
    /// The session that is open.
    pub session: Option<SessionView>,
    /// What is rung up.
    pub basket: BasketView,
    /// What comes back in exchange for it.
    pub exchange: Option<ExchangeView>,
    /// How it is paid.
    pub tendering: TenderingView,
    /// The sale or return that was finished last, until something is rung up again: the change screen.
    pub last: Option<Arc<DocumentFigures>>,
    /// Baskets of the store that were put aside and not taken up, as far as this file knows, the oldest first; at most
    /// [`super::SUSPENDED_MAX`].
    pub suspended: Vec<SuspendedView>,
    /// What waits to be printed.
    pub printing: PrintView,
    /// The node's own state: what is pending at headquarters by count, money and age, misfits, quarantine, trouble.
    pub node: Arc<NodeView>,
}

/// Who is at the till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaffView {
    /// Nobody.
    Nobody,
    /// They sell.
    SignedOn(StaffMember),
    /// They locked it, or the till was started anew: their PIN or badge unlocks it, a supervisor's takes it over.
    Locked(StaffMember),
}

/// Somebody at the till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// Their number.
    pub user: UserId,
    /// What they are called. Personal data: for the screen only.
    pub called: PersonName,
    /// In which part they work.
    pub role: StaffRole,
    /// The language of their screens.
    pub language: Language,
}

/// The open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// Its document.
    pub document: DocumentId,
    /// The trading day that it was opened for.
    pub business_date: BusinessDate,
    /// The trading day that it is now: later than `business_date` where the session was left open.
    pub today: BusinessDate,
    /// The currency of its amounts.
    pub currency: Currency,
    /// The change money that it began with.
    pub float_minor: MinorUnits,
    /// How that was made up, where it was counted by denomination.
    pub float: Vec<DenominationCount>,
    /// What was counted, once somebody counted. What is expected is nowhere before the close.
    pub counted_minor: Option<MinorUnits>,
}

/// What is rung up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BasketView {
    /// Its lines, without those taken off.
    pub lines: Vec<BasketLineView>,
    /// The line that was touched last, to be shown.
    pub last_line: Option<LineNumber>,
    /// How many discounts on all of it there are.
    pub discounts: usize,
    /// What its lines cost before discounts.
    pub gross_minor: MinorUnits,
    /// What discounts take off.
    pub discount_minor: MinorUnits,
    /// The tax in the total.
    pub tax_minor: MinorUnits,
    /// What the customer pays.
    pub total_minor: MinorUnits,
    /// Who buys.
    pub customer: Option<CustomerId>,
    /// What they are called, where their record is here. Personal data: for the screen only.
    pub customer_called: Option<PersonName>,
    /// The highest age that the customer was found to have.
    pub old_enough_for: Option<MinimumAge>,
    /// Whether there is something to undo.
    pub can_undo: bool,
}

/// A line of the basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasketLineView {
    /// Its number, which stays the same.
    pub number: LineNumber,
    /// What, how much, at which price, with which discounts and note.
    pub line: RungUpLine,
    /// What it costs.
    pub priced: PricedLine,
}

/// An exchange that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeView {
    /// The order whose goods come back; none for goods without their sale.
    pub order: Option<DocumentId>,
    /// How many of its lines.
    pub lines: usize,
    /// What they are worth.
    pub worth_minor: MinorUnits,
    /// What of that is settled by the basket.
    pub exchanged_minor: MinorUnits,
    /// What the basket costs more: to be paid.
    pub due_minor: MinorUnits,
    /// What it costs less: refunded at the end.
    pub refund_minor: MinorUnits,
}

/// How the basket is paid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenderingView {
    /// What was taken and not given back.
    pub taken: Vec<TenderLine>,
    /// What is left to pay.
    pub due_minor: MinorUnits,
    /// What is left to pay where it is paid in cash: rounded to the smallest coin.
    pub due_in_cash_minor: MinorUnits,
    /// What customers are likely to hand over for it, the least first.
    pub suggested_cash_minor: Vec<MinorUnits>,
    /// The card payment that was begun last for this basket.
    pub card: Option<CardView>,
}

/// A tender that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderLine {
    /// Its place, for [`super::DeskCommand::VoidTender`].
    pub place: usize,
    /// What kind of money.
    pub kind: TenderKind,
    /// How much of the sale it settles.
    pub amount_minor: MinorUnits,
    /// What the customer handed over in cash.
    pub tendered_minor: Option<MinorUnits>,
    /// The provider's name of the payment.
    pub reference: Option<TenderReference>,
}

/// A card payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardView {
    /// The payment.
    pub payment: OperationId,
    /// How much.
    pub amount_minor: MinorUnits,
    /// Where it stands.
    pub state: CardState,
}

/// Where a card payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardState {
    /// The terminal was asked; its answer is not known.
    Open,
    /// The card was charged.
    Approved,
    /// It was not, and will not be.
    Declined(Decline),
}

/// A finished order or return, as the change screen, a list and a receipt preview show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFigures {
    /// The document.
    pub document: DocumentId,
    /// An order or a return.
    pub kind: DocumentKind,
    /// Its order number.
    pub number: Option<OrderNumber>,
    /// Its receipt's number.
    pub receipt: Option<ReceiptNumber>,
    /// What was paid, or refunded.
    pub total_minor: MinorUnits,
    /// What the customer handed over in cash.
    pub tendered_minor: MinorUnits,
    /// The change that goes back.
    pub change_minor: MinorUnits,
    /// The return that was written with it in one commit, where it was an exchange: only in the answer to the command.
    pub exchanged: Option<DocumentId>,
    /// The currency of these amounts.
    pub currency: Currency,
    /// Its receipt as text, 42 characters wide.
    pub text: Arc<str>,
}

/// A basket that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspendedView {
    /// The order.
    pub order: DocumentId,
    /// Its number.
    pub number: OrderNumber,
    /// The till that put it aside.
    pub till: NodeNumber,
    /// When, by that till's clock.
    pub since: Timestamp,
    /// What its lines cost.
    pub total_minor: MinorUnits,
}

/// What waits to be printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrintView {
    /// How many receipts and reports wait.
    pub waiting: u64,
    /// When the oldest of them was queued.
    pub oldest: Option<Timestamp>,
    /// What keeps the printer from printing; none where it prints, or nothing was tried.
    pub trouble: Option<PrinterTrouble>,
}

/// What keeps a printer from printing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrinterTrouble {
    /// No printer is set up.
    NotSetUp,
    /// It does not answer.
    Away,
    /// Its paper is out.
    PaperOut,
    /// Its cover is open, or it says of itself that it can't print.
    Offline,
}
