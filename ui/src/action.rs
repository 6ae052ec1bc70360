//! What a person can do on a screen.

use holdfast_node::desk::DeskCommand;
use holdfast_schemas::{
    identity::{DocumentId, ReasonCode, Sku, UserId},
    operation::{LineNumber, TenderKind},
    store_settings::Language,
    value::MinorUnits,
};

/// Something that a key of a screen, a row or a key of the keyboard does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A character is typed.
    Type(char),
    /// The last character is taken back.
    Erase,
    /// What was typed is taken.
    Submit,
    /// Back to where one came from; in the sale, what was typed is dropped.
    Back,
    /// Another page.
    Go(Place),
    /// The row above is chosen.
    Previous,
    /// The row below is chosen.
    Next,
    /// A row is chosen by its place.
    Choose(usize),
    /// What is chosen is taken.
    Take,

    /// Somebody wants to sign on.
    User(UserId),
    /// The till is locked.
    Lock,
    /// They sign off.
    SignOff,

    /// What was typed is the number of pieces of the next scan.
    Times,
    /// A line of the basket is chosen.
    Line(LineNumber),
    /// A page of quick keys.
    QuickPage(usize),
    /// A product is rung up.
    Add(Sku),
    /// Another quantity for the chosen line.
    AskQuantity,
    /// Another price for the chosen line.
    AskPrice,
    /// A discount on the chosen line.
    AskLineDiscount,
    /// A discount on the basket.
    AskBasketDiscount,
    /// The chosen line is taken off.
    RemoveLine,
    /// The last step is undone.
    Undo,
    /// The basket is put aside.
    Suspend,
    /// The basket is given up.
    GiveUp,
    /// To paying; what costs nothing is finished at once.
    Pay,

    /// So much cash was handed over.
    Cash(MinorUnits),
    /// All that is due, or what was typed, by card.
    Card,
    /// All that is due, or what was typed, in other money.
    Tender(TenderKind),
    /// A tender is given back.
    VoidTender(usize),

    /// One more of a line comes back.
    ReturnMore(usize),
    /// Goods come back without their sale.
    Blind,
    /// A command as it is.
    Tell(Box<DeskCommand>),
    /// A receipt is looked at.
    ShowReceipt(DocumentId),
    /// The drawer is opened.
    NoSale,
    /// The session's figures.
    Figures,
    /// Closes the session with what was counted.
    Close,

    /// The answer to a question.
    Answer(bool),
    /// A reason.
    Reason(ReasonCode),
    /// Between light and dark.
    Theme,
    /// Another language.
    Language(Language),
}

impl Action {
    /// What a screen knows it by. Nothing is read from it: it is compared with what is on the screen.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{self:?}")
    }
}

/// A page that a key leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The sale.
    Sale,
    /// The list of products.
    Search,
    /// What something costs.
    PriceCheck,
    /// Baskets that were put aside.
    Recall,
    /// Goods come back.
    Return,
    /// All that a till does besides.
    Menu,
    /// Cash put in.
    PayIn,
    /// Cash taken out.
    PayOut,
    /// Change money from the safe.
    Loan,
    /// Cash to the safe.
    Drop,
    /// The drawer is counted.
    Count,
    /// The last receipts.
    Receipts,
    /// What is at headquarters.
    Sync,
    /// What was written down in the session.
    Journal,
    /// A customer's number.
    Customer,
}
