//! Rows made from the log, and headquarters' queries over them. All of it may be dropped and made again.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{DocumentId, ExternalRef, NodeNumber, OperationId, OrderNumber, Sku, StoreId},
    operation::DocumentKind,
    time::BusinessDate,
    value::{Measure, MinorUnits, QuantityChange},
};

use std::fmt;

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{EntryNumber, StoreError};

/// A short word of the core's, as it is stored and filtered by: a status, a misfit's name.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct RowText(pub Box<str>);

impl RowText {
    /// A unit variant's name as it is written in JSON; nothing for anything else.
    #[must_use]
    pub fn of(variant: &impl serde::Serialize) -> Self {
        let name = serde_json::to_value(variant).ok();
        let name = name.as_ref().and_then(|name| name.as_str());
        Self(name.unwrap_or_default().into())
    }
}

/// A view as JSON text, as the API gives it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewJson(pub Box<str>);

/// How fresh an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct AsOf {
    /// The last entry that the rows include.
    pub projected: EntryNumber,
    /// The last entry that is durable.
    pub durable: EntryNumber,
}

/// How many items a page may have: 1 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u32);

impl PageLimit {
    /// The most.
    pub const MAX: Self = Self(1_000);

    /// Clamps to what is allowed.
    #[must_use]
    pub const fn clamped(items: u32) -> Self {
        match items {
            0 => Self(1),
            1..=1_000 => Self(items),
            _ => Self::MAX,
        }
    }

    /// The limit.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// A page of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<Row, Cursor> {
    /// The rows, in order of the cursor.
    pub rows: Vec<Row>,
    /// Where the next page begins; `None` where this was the last.
    pub next: Option<Cursor>,
    /// How fresh it is.
    pub as_of: AsOf,
}

/// An order's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Its number.
    pub number: OrderNumber,
    /// The store that sells.
    pub store: StoreId,
    /// The till that opened it.
    pub till: NodeNumber,
    /// Its business date.
    pub business_date: BusinessDate,
    /// Its status.
    pub status: RowText,
    /// The document that stands for it: itself, or the smallest of those that are one order with it.
    pub canonical: DocumentId,
    /// What its lines cost.
    pub total_minor: MinorUnits,
    /// What was paid for it.
    pub paid_minor: MinorUnits,
    /// What was refunded of it.
    pub refunded_minor: MinorUnits,
}

/// A return's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnRow {
    /// Its number.
    pub number: OrderNumber,
    /// The store that takes back.
    pub store: StoreId,
    /// The till that opened it.
    pub till: NodeNumber,
    /// Its business date.
    pub business_date: BusinessDate,
    /// Its status.
    pub status: RowText,
    /// The order that it gives back; none for a blind return.
    pub order: Option<DocumentId>,
    /// What was refunded.
    pub refunded_minor: MinorUnits,
}

/// A till session's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The store.
    pub store: StoreId,
    /// The till.
    pub till: NodeNumber,
    /// Its business date.
    pub business_date: BusinessDate,
    /// Its status.
    pub status: RowText,
}

/// What a document is shown as in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryRow {
    /// An order.
    Order(OrderRow),
    /// A return.
    Return(ReturnRow),
    /// A till session.
    Session(SessionRow),
    /// A stock paper: its movements say all.
    Stock,
    /// A document of which the beginning has not come in.
    NotBegun,
}

/// Something that did not fit, for people to settle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisfitRow {
    /// Its name.
    pub name: RowText,
    /// The whole of it.
    pub view: ViewJson,
}

/// A quantity in thousandths of its measure, so that a database can sum it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct StockThousandths(pub i64);

/// A rise or fall of one product's stock.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MovementRow {
    /// Where.
    pub store: StoreId,
    /// Which product.
    pub product: Sku,
    /// By how much.
    pub change: QuantityChange,
    /// On which trading day; none where the document does not say.
    pub business_date: Option<BusinessDate>,
    /// Why, as a word.
    pub cause: RowText,
    /// The operation that it follows from.
    pub operation: OperationId,
    /// Its place among the movements of that operation, from 0.
    pub index: u32,
}

/// A trading day of one store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct TradingDay {
    /// The store.
    pub store: StoreId,
    /// The day.
    pub business_date: BusinessDate,
}

/// All that belongs to a trading day, read at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradingDayRows {
    /// Its documents, ascending: those that were begun on it or moved stock on it, and those that name one of its till
    /// sessions.
    pub documents: Vec<DocumentId>,
    /// The stock ledger's rows of the day, by document and their order in it.
    pub movements: Vec<(DocumentId, MovementRow)>,
    /// How fresh it is.
    pub as_of: AsOf,
}

/// All rows of one document; they replace those that it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRows {
    /// The document.
    pub document: DocumentId,
    /// Its kind; none where its beginning has not come in.
    pub kind: Option<DocumentKind>,
    /// Its place in lists.
    pub summary: SummaryRow,
    /// Its view.
    pub view: ViewJson,
    /// Every number that finds it.
    pub numbers: Vec<OrderNumber>,
    /// Every outside reference that finds it.
    pub references: Vec<ExternalRef>,
    /// What does not fit.
    pub misfits: Vec<MisfitRow>,
    /// What it moved.
    pub movements: Vec<MovementRow>,
    /// The trading days that it belongs to, whether or not its movements are among the rows.
    pub days: BTreeSet<TradingDay>,
    /// The till sessions that it names: in which it was begun, or its money moved.
    pub sessions: BTreeSet<DocumentId>,
}

impl DocumentRows {
    /// The store that the document's misfits are listed under.
    #[must_use]
    pub fn store(&self) -> Option<&StoreId> {
        match &self.summary {
            SummaryRow::Order(row) => Some(&row.store),
            SummaryRow::Return(row) => Some(&row.store),
            SummaryRow::Session(row) => Some(&row.store),
            SummaryRow::Stock => self.movements.first().map(|movement| &movement.store),
            SummaryRow::NotBegun => None,
        }
    }
}

impl StockLevel {
    /// Where the page after this level begins.
    #[must_use]
    pub fn cursor(&self) -> StockCursor {
        StockCursor {
            store: self.store.clone(),
            product: self.product.clone(),
            measure: RowText(measure_name(self.measure).into()),
        }
    }
}

/// The measure's name, as it is stored and sorted.
#[must_use]
pub(super) fn measure_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Each => "each",
        Measure::Kilogram => "kilogram",
        Measure::Litre => "litre",
        Measure::Metre => "metre",
    }
}

/// A change of stock in thousandths: exact, since no measure has more than three decimals, and no change more than
/// 10^12 thousandths.
#[must_use]
pub(super) fn thousandths(change: &QuantityChange) -> StockThousandths {
    let scaled = change.amount() * Decimal::from(1_000);
    StockThousandths(
        scaled
            .to_i64()
            .expect("a quantity has at most 3 decimals and is at most 10^9"),
    )
}

/// S2: one step of the projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionBatch {
    /// Where the cursor was.
    pub from: EntryNumber,
    /// Where it goes.
    pub to: EntryNumber,
    /// The documents that changed on the way.
    pub documents: Vec<DocumentRows>,
}

/// How to find an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderKey {
    /// By document.
    Document(DocumentId),
    /// By number. A number that was minted twice finds both.
    Number(OrderNumber),
    /// By what another system calls it.
    Reference(ExternalRef),
}

impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(document) => document.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Reference(reference) => reference.fmt(f),
        }
    }
}

/// Which orders to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Only of this store.
    pub store: Option<StoreId>,
    /// Only of this till.
    pub till: Option<NodeNumber>,
    /// Only of this business date.
    pub business_date: Option<BusinessDate>,
    /// Only with this status.
    pub status: Option<RowText>,
}

/// Which returns to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreDateFilter {
    /// Only of this store.
    pub store: Option<StoreId>,
    /// Only of this till.
    pub till: Option<NodeNumber>,
    /// Only of this business date.
    pub business_date: Option<BusinessDate>,
}

/// Which till sessions to list.
pub type SessionFilter = StoreDateFilter;

/// Which trading days to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TradingDayFilter {
    /// Only of this store.
    pub store: Option<StoreId>,
    /// Only this business date.
    pub business_date: Option<BusinessDate>,
}

/// Where a page of stock begins: after this product of this store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockCursor {
    /// The store.
    pub store: StoreId,
    /// The product.
    pub product: Sku,
    /// The measure.
    pub measure: RowText,
}

/// What a store has of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLevel {
    /// The store.
    pub store: StoreId,
    /// The product.
    pub product: Sku,
    /// In what it is measured.
    pub measure: Measure,
    /// How much there is; may be negative.
    pub on_hand: StockThousandths,
}

/// Where a page of misfits begins: after this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MisfitCursor {
    /// The document.
    pub document: DocumentId,
    /// Which of its misfits, from 0.
    pub index: u32,
}

/// The rows.
pub trait ReadModel {
    /// S2: replaces the rows of the documents in the batch and moves the cursor.
    ///
    /// # Errors
    /// [`StoreError::CursorMoved`] where the cursor is not at `from`.
    fn project(&self, batch: &ProjectionBatch) -> Result<(), StoreError>;

    /// Drops all rows and sets the projection's cursor back to the start. The log is not touched.
    ///
    /// # Errors
    /// [`StoreError`].
    fn drop_projection(&self) -> Result<(), StoreError>;

    /// Orders, by document id, with their views.
    ///
    /// # Errors
    /// [`StoreError`].
    fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<DocumentId>,
        limit: PageLimit,
    ) -> Result<Page<(DocumentId, OrderRow, ViewJson), DocumentId>, StoreError>;

    /// Returns, by document id, with their views.
    ///
    /// # Errors
    /// [`StoreError`].
    fn returns(
        &self,
        filter: &StoreDateFilter,
        after: Option<DocumentId>,
        limit: PageLimit,
    ) -> Result<Page<(DocumentId, ReturnRow, ViewJson), DocumentId>, StoreError>;

    /// Till sessions, by document id, with their views.
    ///
    /// # Errors
    /// [`StoreError`].
    fn sessions(
        &self,
        filter: &SessionFilter,
        after: Option<DocumentId>,
        limit: PageLimit,
    ) -> Result<Page<(DocumentId, SessionRow, ViewJson), DocumentId>, StoreError>;

    /// Stock levels, by store, product and measure.
    ///
    /// # Errors
    /// [`StoreError`].
    fn stock(
        &self,
        store: Option<&StoreId>,
        product: Option<&Sku>,
        after: Option<&StockCursor>,
        limit: PageLimit,
    ) -> Result<Page<StockLevel, StockCursor>, StoreError>;

    /// Misfits, by document and their order in it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn misfits(
        &self,
        store: Option<&StoreId>,
        after: Option<MisfitCursor>,
        limit: PageLimit,
    ) -> Result<Page<(MisfitCursor, MisfitRow), MisfitCursor>, StoreError>;

    /// The trading days on which something happened, by store and date.
    ///
    /// # Errors
    /// [`StoreError`].
    fn trading_days(
        &self,
        filter: &TradingDayFilter,
        after: Option<&TradingDay>,
        limit: PageLimit,
    ) -> Result<Page<TradingDay, TradingDay>, StoreError>;

    /// All that belongs to one trading day; nothing for a day on which nothing happened.
    ///
    /// # Errors
    /// [`StoreError`].
    fn trading_day(&self, day: &TradingDay) -> Result<TradingDayRows, StoreError>;

    /// The documents that a key finds, by document id: more than one where a number or a reference is shared.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&self, key: &OrderKey) -> Result<Vec<DocumentId>, StoreError>;

    /// The orders among them: one number may have been minted for an order and for a return.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_orders(&self, key: &OrderKey) -> Result<Vec<DocumentId>, StoreError> {
        let mut orders = Vec::new();
        for document in self.find(key)? {
            let rows = self.document_rows(document)?;
            if rows.is_some_and(|rows| rows.kind == Some(DocumentKind::Order)) {
                orders.push(document);
            }
        }
        Ok(orders)
    }

    /// All rows of one document as they were projected.
    ///
    /// # Errors
    /// [`StoreError`].
    fn document_rows(&self, document: DocumentId) -> Result<Option<DocumentRows>, StoreError>;

    /// How fresh the rows are.
    ///
    /// # Errors
    /// [`StoreError`].
    fn as_of(&self) -> Result<AsOf, StoreError>;

    /// The documents of a stretch of the log (after `from`, up to `to`) whose rows have an order number or an outside
    /// reference that another document's rows have too, by document id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn share_keys(&self, from: EntryNumber, to: EntryNumber)
    -> Result<Vec<DocumentId>, StoreError>;
}
