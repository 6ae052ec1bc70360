//! What a screen may ask without changing anything.

use holdfast_schemas::{
    identity::{
        DocumentId, NodeNumber, OperationId, OrderNumber, ReasonCode, ReceiptNumber, Sku, UserId,
    },
    operation::{DocumentKind, SessionBreakdown, SessionTotals, TaxMode, TenderKind},
    reference::Product,
    safe::SafeDay,
    time::{BusinessDate, Timestamp},
    value::{Currency, MinorUnits},
    view::AfterSaleView,
};

/// The most products of one page of a search.
pub const PRODUCT_PAGE_MAX: usize = 50;
/// The most words of a search that count; the rest is passed over.
pub const SEARCH_WORDS_MAX: usize = 8;
/// The most characters of a search that count.
pub const SEARCH_CHARACTERS_MAX: usize = 128;
/// The most entries of one page of the journal.
pub const JOURNAL_PAGE_MAX: usize = 200;
/// The most baskets that are shown as put aside.
pub const SUSPENDED_MAX: usize = 50;

/// The most customers that a search finds.
pub const CUSTOMERS_FOUND_MAX: usize = 50;
/// The most entries of each list of what is not at headquarters.
pub const UNSENT_LISTED_MAX: usize = 200;

/// A store on one trading day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreDay {
    /// The trading day.
    pub business_date: BusinessDate,
    /// The trading day that it is now.
    pub today: BusinessDate,
    /// The currency of the amounts.
    pub currency: Currency,
    /// The day's sessions, and those of days before that are still open; the oldest first. As far as this till knows.
    pub sessions: Vec<StoreSession>,
    /// The sums over the day's own sessions, those that are open as they stand.
    pub totals: SessionTotals,
    /// The safe.
    pub safe: SafeDay,
}

/// A till's session, as the manager sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSession {
    /// Its document.
    pub document: DocumentId,
    /// Whose.
    pub till: NodeNumber,
    /// Its trading day.
    pub business_date: BusinessDate,
    /// When it was opened, by its till's clock.
    pub opened_at: Timestamp,
    /// Where it stands.
    pub state: StoreSessionState,
    /// Who is signed on, as far as is known here.
    pub signed_on: Option<UserId>,
    /// Whether its drawer was counted.
    pub counted: bool,
    /// Its figures: those of its Z report once it is closed.
    pub totals: SessionTotals,
}

/// Where a session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreSessionState {
    /// It is open, and it is its day.
    Open,
    /// It is open, and its day is over.
    Forgotten,
    /// It is closed.
    Closed,
    /// It was closed by force, for this reason.
    Forced(ReasonCode),
}

/// Something that is only on this till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingDocument {
    /// The document.
    pub document: DocumentId,
    /// Its kind; none of a later version's.
    pub kind: Option<DocumentKind>,
    /// The number that it goes by.
    pub number: Option<OrderNumber>,
    /// When the first part of it that headquarters does not have was written, by this till's clock.
    pub since: Timestamp,
    /// How many changes of it.
    pub changes: u64,
}

/// Something that came and could not be taken, or that a rule says does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedDocument {
    /// The document.
    pub document: DocumentId,
    /// When it came.
    pub since: Timestamp,
    /// Why it could not be taken.
    pub reason: Box<str>,
    /// What a person does about it, in English.
    pub what_to_do: &'static str,
}

/// What is not at headquarters, or not in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncPage {
    /// What is only on this till, the oldest first; at most [`UNSENT_LISTED_MAX`].
    pub pending: Vec<PendingDocument>,
    /// What could not be taken, the oldest first; at most [`UNSENT_LISTED_MAX`].
    pub quarantined: Vec<QuarantinedDocument>,
}

/// A place in the list of products, to go on from. Only for the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProductPlace(pub(crate) i64);

/// A search as somebody types it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductSearch {
    /// Beginnings of words of the name, of the stock code or of a barcode, in any order; all must be there. Case and
    /// accents do not matter.
    pub words: Box<str>,
    /// After the last page.
    pub after: Option<ProductPlace>,
    /// How many at most; never more than [`PRODUCT_PAGE_MAX`].
    pub products_max: usize,
}

/// A page of products, in the order in which the price list got them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductPage {
    /// The products.
    pub products: Vec<Product>,
    /// Where the next page begins; none where this is the last.
    pub next: Option<ProductPlace>,
}

/// What a product costs here, for a price check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceCheck {
    /// The product.
    pub product: Product,
    /// What this piece costs: the label's price where it has one, else one piece, kilogram, litre or metre.
    pub price_minor: MinorUnits,
    /// Whether tax comes on top.
    pub tax_mode: TaxMode,
    /// Stock on hand at this store as far as this till knows, in thousandths of its measure; none where it was never
    /// moved.
    pub stock_thousandths: Option<i64>,
}

/// By what an order is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptKey {
    /// The order number, from its barcode or typed.
    Number(OrderNumber),
    /// The number of the receipt, typed.
    Receipt(ReceiptNumber),
    /// The document.
    Document(DocumentId),
}

/// An order, and what can be taken back of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returnable {
    /// The order.
    pub order: DocumentId,
    /// Its number.
    pub number: Option<OrderNumber>,
    /// The trading day of its sale.
    pub business_date: Option<BusinessDate>,
    /// Its lines with what is left of each, what was paid and refunded.
    pub after_sale: AfterSaleView,
    /// In which money it was paid, and how much of each is left to refund, in the order in which it is refunded: cards
    /// first, cash last.
    pub refundable: Vec<RefundableTender>,
    /// The texts of its lines, in the order of `after_sale.lines`.
    pub descriptions: Vec<Box<str>>,
}

/// Money of one kind that can be refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundableTender {
    /// Which kind.
    pub kind: TenderKind,
    /// How much.
    pub amount_minor: MinorUnits,
}

/// What came of looking an order up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnLookUp {
    /// Here it is.
    Found(Box<Returnable>),
    /// No store has it.
    NotFound,
    /// It is not here, and headquarters can't be asked: a blind return by policy, and this is why.
    NotReachable {
        /// As of when this till's data are complete; none if they never were.
        data_as_of: Option<Timestamp>,
    },
}

/// Figures of a session: an X report, or a Z report once it is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFigures {
    /// The session.
    pub document: DocumentId,
    /// The trading day.
    pub business_date: BusinessDate,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Whether it is closed: these are its Z report, and never change.
    pub closed: bool,
    /// The figures. While it is open, `expected_cash_minor`, `counted_cash_minor` and `over_short_minor` are zero: whoever
    /// counts counts blind.
    pub totals: SessionTotals,
    /// By tax, department and cashier.
    pub breakdown: SessionBreakdown,
    /// The report as text, 42 characters wide.
    pub text: Box<str>,
}

/// Something that was written down in the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine {
    /// The operation.
    pub operation: OperationId,
    /// When, by the till's clock.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<UserId>,
    /// What: the operation's stable name, such as `override_granted`.
    pub name: &'static str,
    /// Of how much money, where it moved some.
    pub amount_minor: Option<MinorUnits>,
    /// Who allowed it, where it was an override.
    pub granted_by: Option<UserId>,
}

/// The stock code and price that a quick key shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickKeyProduct {
    /// Which product.
    pub sku: Sku,
    /// The product; none where the price list has none.
    pub product: Option<Product>,
}
