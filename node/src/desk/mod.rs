//! The till's desk: what stands between the documents and the screens.
//!
//! A screen tells it [`DeskCommand`]s and watches its [`DeskView`]; [`DeskHandle`] is all that it needs. Every step is in
//! the till's file before it is shown, so that a restart gives back what was shown: who locked the till, the basket, what
//! was taken for it, the card payment whose answer is awaited, the session, what waits to be printed.

mod ask;
mod basket;
mod command;
pub(crate) mod customers;
mod exchange;
mod handle;
mod pin;
mod print;
mod query;
mod refusal;
mod returns;
mod session;
mod show;
mod staff;
pub(crate) mod state;
mod store_day;
mod tell;
pub(crate) mod tender;
mod time;
mod training;
mod view;

pub use command::{
    BlindReturn, BlindReturnLine, Credential, CustomerDetails, DeskCommand, DeskDone,
    ExchangeGoods, ScanDone, VerifiedReturn,
};
pub use handle::DeskHandle;
pub use query::{
    CUSTOMERS_FOUND_MAX, JOURNAL_PAGE_MAX, JournalLine, PRODUCT_PAGE_MAX, PendingDocument,
    PriceCheck, ProductPage, ProductPlace, ProductSearch, QuarantinedDocument, QuickKeyProduct,
    ReceiptKey, RefundableTender, ReturnLookUp, Returnable, SEARCH_CHARACTERS_MAX,
    SEARCH_WORDS_MAX, SUSPENDED_MAX, SessionFigures, StoreDay, StoreSession, StoreSessionState,
    SyncPage, UNSENT_LISTED_MAX,
};
pub use refusal::DeskRefusal;
pub use view::{
    BasketLineView, BasketView, CardState, CardView, DeskView, DocumentFigures, ExchangeView,
    PrintView, PrinterTrouble, SessionView, StaffMember, StaffView, SuspendedView, TenderLine,
    TenderingView,
};
