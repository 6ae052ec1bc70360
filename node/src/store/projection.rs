//! Projections: rows that are derived from a document's changes, and can be derived again at any time.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    identity::{
        CustomerId, DocumentId, ExternalRef, NodeNumber, OrderNumber, ReceiptNumber, Sku, StoreId,
    },
    order::OrderStatus,
    text::encode_hex,
    time::BusinessDate,
    value::{Currency, Measure, MinorUnits},
};
use ring::digest::{Context, SHA256};
use rusqlite::{ToSql, Transaction, params, types::ValueRef};
use serde::Serialize;

use super::{
    StoreError,
    value::{to_integer, to_name},
};

/// All rows of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DocumentRows {
    pub(crate) document: DocumentId,
    pub(crate) summary: Option<SummaryRow>,
    /// Sessions in which it was opened, or took or gave money.
    pub(crate) sessions: BTreeSet<DocumentId>,
    pub(crate) numbers: BTreeSet<OrderNumber>,
    pub(crate) receipt: Option<ReceiptNumber>,
    pub(crate) references: BTreeSet<ExternalRef>,
    /// Its share of stock on hand.
    pub(crate) levels: Levels,
    /// Each as the JSON that a person or a program reads.
    pub(crate) misfits: Vec<String>,
}

impl DocumentRows {
    /// The rows of a document of which nothing is known.
    pub(crate) fn none(document: DocumentId) -> Self {
        Self {
            document,
            summary: None,
            sessions: BTreeSet::new(),
            numbers: BTreeSet::new(),
            receipt: None,
            references: BTreeSet::new(),
            levels: Levels::new(),
            misfits: Vec::new(),
        }
    }

    /// The till that put the order aside, while nobody took it up.
    pub(crate) fn suspended_by(&self) -> Option<NodeNumber> {
        match self.summary.as_ref()? {
            SummaryRow::Order(order) => order.suspended_by,
            SummaryRow::Return(_) | SummaryRow::Session(_) | SummaryRow::Safe(_) => None,
        }
    }

    /// The greatest of its numbers that this till issued.
    pub(crate) fn last_number_of(&self, node: NodeNumber) -> Option<OrderNumber> {
        let issued = self.numbers.iter().filter(|number| number.node() == node);
        issued.max().copied()
    }
}

/// What a list shows of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SummaryRow {
    Order(OrderRow),
    Return(ReturnRow),
    Session(SessionRow),
    Safe(SafeRow),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderRow {
    pub(crate) number: OrderNumber,
    pub(crate) store: StoreId,
    pub(crate) business_date: BusinessDate,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) status: OrderStatus,
    pub(crate) currency: Currency,
    pub(crate) total_minor: MinorUnits,
    pub(crate) held_minor: MinorUnits,
    /// The till that put it aside, while nobody took it up.
    pub(crate) suspended_by: Option<NodeNumber>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReturnRow {
    pub(crate) number: OrderNumber,
    pub(crate) original: Option<DocumentId>,
    pub(crate) store: StoreId,
    pub(crate) business_date: BusinessDate,
    pub(crate) completed: bool,
    pub(crate) currency: Currency,
    pub(crate) total_minor: MinorUnits,
    pub(crate) refunded_minor: MinorUnits,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionRow {
    pub(crate) till: NodeNumber,
    pub(crate) store: StoreId,
    pub(crate) business_date: BusinessDate,
    pub(crate) currency: Currency,
    pub(crate) is_open: bool,
}

/// A paper about a store's safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SafeRow {
    pub(crate) store: StoreId,
    pub(crate) business_date: BusinessDate,
}

/// Of which store's stock of which product, in which measure.
pub(crate) type LevelKey = (StoreId, Sku, Measure);
/// Shares of stock on hand.
pub(crate) type Levels = BTreeMap<LevelKey, Level>;

/// A share of stock on hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Level {
    /// How many rises and falls.
    pub(crate) movements: i64,
    /// Their sum, in thousandths of the measure.
    pub(crate) thousandths: i64,
}

impl Level {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            movements: self.movements.saturating_add(other.movements),
            thousandths: self.thousandths.saturating_add(other.thousandths),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            movements: self.movements.saturating_sub(other.movements),
            thousandths: self.thousandths.saturating_sub(other.thousandths),
        }
    }
}

/// Writes what differs between the rows that a document has, which are those of its fold so far, and those that it is to
/// have. So no table needs an index by which to find what a document had, and a new document deletes nothing.
pub(crate) fn replace(
    transaction: &Transaction<'_>,
    before: &DocumentRows,
    after: &DocumentRows,
) -> Result<(), StoreError> {
    if before.summary != after.summary {
        replace_summary(transaction, before, after)?;
    }
    replace_names(transaction, before, after)?;
    change_levels(transaction, before, after)?;
    if before.misfits != after.misfits {
        replace_misfits(transaction, after)?;
    }
    Ok(())
}

fn replace_summary(
    transaction: &Transaction<'_>,
    before: &DocumentRows,
    after: &DocumentRows,
) -> Result<(), StoreError> {
    let erase = match &before.summary {
        Some(SummaryRow::Order(_)) => Some("DELETE FROM order_summary WHERE document = ?1"),
        Some(SummaryRow::Return(_)) => Some("DELETE FROM return_summary WHERE document = ?1"),
        Some(SummaryRow::Session(_)) => Some("DELETE FROM session_summary WHERE document = ?1"),
        Some(SummaryRow::Safe(_)) => Some("DELETE FROM safe_summary WHERE document = ?1"),
        None => None,
    };
    if let Some(erase) = erase {
        transaction
            .prepare_cached(erase)?
            .execute([before.document.to_bytes()])?;
    }
    match &after.summary {
        Some(SummaryRow::Order(order)) => insert_order(transaction, after.document, order),
        Some(SummaryRow::Return(returned)) => insert_return(transaction, after.document, returned),
        Some(SummaryRow::Session(session)) => insert_session(transaction, after.document, session),
        Some(SummaryRow::Safe(safe)) => insert_safe(transaction, after.document, safe),
        None => Ok(()),
    }
}

fn replace_misfits(transaction: &Transaction<'_>, rows: &DocumentRows) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM misfit WHERE document = ?1")?
        .execute([rows.document.to_bytes()])?;
    let mut misfit = transaction
        .prepare_cached("INSERT INTO misfit (document, line, misfit) VALUES (?1, ?2, ?3)")?;
    for (line, text) in rows.misfits.iter().enumerate() {
        misfit.execute(params![rows.document.to_bytes(), to_integer(line), text])?;
    }
    Ok(())
}

/// Takes all rows of all documents away, before they are derived again.
pub(crate) fn erase_all(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    for table in PROJECTIONS {
        transaction.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(())
}

/// Every table that is a projection, with nothing else in it.
pub(crate) const PROJECTIONS: [&str; 11] = [
    "order_summary",
    "return_summary",
    "session_summary",
    "safe_summary",
    "session_document",
    "document_number",
    "document_receipt",
    "external_reference",
    "stock_level",
    "unsent",
    "misfit",
];

fn insert_order(
    transaction: &Transaction<'_>,
    document: DocumentId,
    order: &OrderRow,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO order_summary
             (document, number, store, business_date, customer, status, currency, total_minor, held_minor,
              suspended_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            document.to_bytes(),
            order.number.to_i64(),
            order.store.as_str(),
            order.business_date.to_string(),
            order.customer.as_ref().map(CustomerId::as_str),
            to_name(&order.status)?,
            order.currency.code(),
            order.total_minor.get(),
            order.held_minor.get(),
            order.suspended_by.map(NodeNumber::get),
        ])?;
    Ok(())
}

fn insert_return(
    transaction: &Transaction<'_>,
    document: DocumentId,
    returned: &ReturnRow,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO return_summary
             (document, number, original, store, business_date, completed, currency, total_minor, refunded_minor)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            document.to_bytes(),
            returned.number.to_i64(),
            returned.original.map(DocumentId::to_bytes),
            returned.store.as_str(),
            returned.business_date.to_string(),
            returned.completed,
            returned.currency.code(),
            returned.total_minor.get(),
            returned.refunded_minor.get(),
        ])?;
    Ok(())
}

fn insert_session(
    transaction: &Transaction<'_>,
    document: DocumentId,
    session: &SessionRow,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO session_summary (document, till, store, business_date, currency, is_open)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            document.to_bytes(),
            session.till.get(),
            session.store.as_str(),
            session.business_date.to_string(),
            session.currency.code(),
            session.is_open,
        ])?;
    Ok(())
}

fn insert_safe(
    transaction: &Transaction<'_>,
    document: DocumentId,
    safe: &SafeRow,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO safe_summary (document, store, business_date) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![
            document.to_bytes(),
            safe.store.as_str(),
            safe.business_date.to_string(),
        ])?;
    Ok(())
}

/// Sessions, numbers, receipts and outside references: by what the document is found.
fn replace_names(
    transaction: &Transaction<'_>,
    before: &DocumentRows,
    after: &DocumentRows,
) -> Result<(), StoreError> {
    let key = after.document.to_bytes();
    let run = |sql: &str, name: &dyn ToSql| -> Result<(), StoreError> {
        transaction
            .prepare_cached(sql)?
            .execute(params![name, key])?;
        Ok(())
    };
    for gone in before.sessions.difference(&after.sessions) {
        let sql = "DELETE FROM session_document WHERE session = ?1 AND document = ?2";
        run(sql, &gone.to_bytes())?;
    }
    for new in after.sessions.difference(&before.sessions) {
        let sql = "INSERT INTO session_document (session, document) VALUES (?1, ?2)";
        run(sql, &new.to_bytes())?;
    }
    for gone in before.numbers.difference(&after.numbers) {
        let sql = "DELETE FROM document_number WHERE number = ?1 AND document = ?2";
        run(sql, &gone.to_i64())?;
    }
    for new in after.numbers.difference(&before.numbers) {
        let sql = "INSERT INTO document_number (number, document) VALUES (?1, ?2)";
        run(sql, &new.to_i64())?;
    }
    if before.receipt != after.receipt {
        replace_receipt(transaction, before, after)?;
    }
    replace_references(transaction, before, after)
}

fn replace_receipt(
    transaction: &Transaction<'_>,
    before: &DocumentRows,
    after: &DocumentRows,
) -> Result<(), StoreError> {
    let key = after.document.to_bytes();
    let statements = [
        (
            before.receipt,
            "DELETE FROM document_receipt WHERE till = ?1 AND count = ?2 AND document = ?3",
        ),
        (
            after.receipt,
            "INSERT INTO document_receipt (till, count, document) VALUES (?1, ?2, ?3)",
        ),
    ];
    for (receipt, sql) in statements {
        if let Some(receipt) = receipt {
            transaction.prepare_cached(sql)?.execute(params![
                receipt.till().get(),
                receipt.count(),
                key
            ])?;
        }
    }
    Ok(())
}

fn replace_references(
    transaction: &Transaction<'_>,
    before: &DocumentRows,
    after: &DocumentRows,
) -> Result<(), StoreError> {
    let key = after.document.to_bytes();
    for gone in before.references.difference(&after.references) {
        transaction
            .prepare_cached(
                "DELETE FROM external_reference WHERE channel = ?1 AND value = ?2 AND document = ?3",
            )?
            .execute(params![gone.channel.as_str(), gone.value.as_str(), key])?;
    }
    for new in after.references.difference(&before.references) {
        transaction
            .prepare_cached(
                "INSERT INTO external_reference (channel, value, document) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![new.channel.as_str(), new.value.as_str(), key])?;
    }
    Ok(())
}

/// Adds to stock on hand what the document adds now, less what it did.
fn change_levels(
    transaction: &Transaction<'_>,
    before: &DocumentRows,
    after: &DocumentRows,
) -> Result<(), StoreError> {
    for (key, now) in &after.levels {
        let had = before.levels.get(key).copied().unwrap_or_default();
        change_level(transaction, key, now.minus(had))?;
    }
    for (key, had) in &before.levels {
        if !after.levels.contains_key(key) {
            change_level(transaction, key, Level::default().minus(*had))?;
        }
    }
    Ok(())
}

fn change_level(
    transaction: &Transaction<'_>,
    (store, product, measure): &LevelKey,
    change: Level,
) -> Result<(), StoreError> {
    if change == Level::default() {
        return Ok(());
    }
    let measure = to_name(measure)?;
    transaction
        .prepare_cached(
            "INSERT INTO stock_level (store, product, measure, movements, thousandths)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (store, product, measure) DO UPDATE
             SET movements = movements + excluded.movements, thousandths = thousandths + excluded.thousandths",
        )?
        .execute(params![
            store.as_str(),
            product.as_str(),
            measure,
            change.movements,
            change.thousandths
        ])?;
    if change.movements < 0 {
        transaction
            .prepare_cached(
                "DELETE FROM stock_level WHERE store = ?1 AND product = ?2 AND measure = ?3 AND movements = 0",
            )?
            .execute(params![store.as_str(), product.as_str(), measure])?;
    }
    Ok(())
}

/// A fingerprint of one projection's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectionDigest {
    /// The table.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over all of them, in the order of their keys, in lower-case hexadecimal.
    pub digest: String,
}

/// A fingerprint of each projection's rows.
pub(crate) fn digests(transaction: &Transaction<'_>) -> Result<Vec<ProjectionDigest>, StoreError> {
    PROJECTIONS
        .into_iter()
        .map(|table| digest(transaction, table))
        .collect()
}

fn digest(
    transaction: &Transaction<'_>,
    table: &'static str,
) -> Result<ProjectionDigest, StoreError> {
    // Every projection is a table without row ids, which SQLite walks in the order of its primary key.
    let mut statement = transaction.prepare(&format!("SELECT * FROM {table}"))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut context = Context::new(&SHA256);
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        for column in 0..columns {
            update(&mut context, row.get_ref(column)?);
        }
    }
    Ok(ProjectionDigest {
        table,
        rows: count,
        digest: encode_hex(context.finish().as_ref()),
    })
}

/// Adds a value, with its kind and length, so that no two rows give the same bytes.
fn update(context: &mut Context, value: ValueRef<'_>) {
    let (kind, bytes) = match value {
        ValueRef::Null => (b'n', Vec::new()),
        ValueRef::Integer(number) => (b'i', number.to_be_bytes().to_vec()),
        ValueRef::Real(number) => (b'r', number.to_be_bytes().to_vec()),
        ValueRef::Text(text) => (b't', text.to_vec()),
        ValueRef::Blob(blob) => (b'b', blob.to_vec()),
    };
    context.update(&[kind]);
    context.update(&bytes.len().to_be_bytes());
    context.update(&bytes);
}
