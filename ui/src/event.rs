//! What happens to the screens, and what they want done.

use std::sync::Arc;

use holdfast_node::{
    desk::{
        DeskCommand, DeskDone, DeskRefusal, DeskView, DocumentFigures, JournalLine, PriceCheck,
        ProductPage, ProductSearch, QuickKeyProduct, ReceiptKey, ReturnLookUp, SessionFigures,
        StaffMember,
    },
    store::OrderSummary,
};
use holdfast_schemas::{identity::DocumentId, receipt::LocalTime, time::Timestamp};

use crate::{action::Action, key::KeyName};

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// The screens are there.
    Started,
    /// A key of the keyboard, or of a scanner.
    Key(KeyName, Timestamp),
    /// Nothing was pressed for a while: what the decoder holds may be typing.
    Quiet(Timestamp),
    /// Something on the screen was pressed.
    Pressed(Action),
    /// The desk is another.
    Desk(Arc<DeskView>),
    /// Whether headquarters can be reached.
    Line(bool),
    /// A command was done, or not; and the desk after it.
    Told(Box<Told>),
    /// A question was answered.
    Answered(Box<Answered>),
    /// The time of day, and for how long what headquarters does not have has waited.
    Time {
        /// By the store's clocks.
        local: LocalTime,
        /// In minutes.
        pending_minutes: i64,
    },
    /// Nobody touched the till for as long as it may be left.
    Idle,
}

/// What came of a command.
#[derive(Debug)]
pub struct Told {
    /// The command.
    pub command: DeskCommand,
    /// What came of it.
    pub result: Result<DeskDone, DeskRefusal>,
    /// The desk after it.
    pub desk: Arc<DeskView>,
}

/// Something that is asked without changing anything.
#[derive(Debug, Clone)]
pub enum Question {
    /// Who may sign on.
    Users,
    /// A page of quick keys.
    QuickKeys(usize),
    /// Products.
    Search(ProductSearch),
    /// What something costs.
    Price(Box<str>),
    /// A sale.
    LookUp(ReceiptKey),
    /// An X report, or that of a session.
    Figures(Option<DocumentId>),
    /// The newest orders.
    Orders,
    /// A receipt.
    Receipt(DocumentId),
    /// The session's journal.
    Journal,
}

/// An answer.
#[derive(Debug)]
pub enum Answered {
    /// Who may sign on.
    Users(Vec<StaffMember>),
    /// A page of quick keys.
    QuickKeys(usize, Vec<QuickKeyProduct>),
    /// Products, for these words.
    Search(Box<str>, ProductPage),
    /// What something costs.
    Price(Box<PriceCheck>),
    /// A sale.
    LookUp(ReturnLookUp),
    /// Figures of a session.
    Figures(Box<SessionFigures>),
    /// The newest orders.
    Orders(Vec<OrderSummary>),
    /// A receipt.
    Receipt(Box<DocumentFigures>),
    /// The session's journal.
    Journal(Vec<JournalLine>),
    /// It was refused.
    Refused(DeskRefusal),
}

/// What the screens want done.
#[derive(Debug, Clone)]
pub enum Effect {
    /// The desk is told something.
    Tell(DeskCommand),
    /// Something is asked.
    Ask(Question),
    /// A sound.
    Sound(Sound),
}

/// What is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// It was taken.
    Good,
    /// It was not.
    Bad,
}
