//! Projections: rows that are derived from a document's changes, and can be derived again at any time.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{
        ChangeHash, CustomerId, DocumentId, ExternalRef, NodeNumber, OrderNumber, ReceiptNumber,
        Sku, StoreId,
    },
    order::OrderStatus,
    text::encode_hex,
    time::BusinessDate,
    value::{Currency, Measure, MinorUnits},
};
use ring::digest::{Context, SHA256};
use rusqlite::{Transaction, params, types::ValueRef};
use serde::Serialize;

use super::{
    StoreError,
    value::{to_integer, to_name},
};

/// All rows of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DocumentRows {
    pub(crate) document: DocumentId,
    /// The kind's name, of this version or a later one; empty while the first change is missing.
    pub(crate) kind: Box<str>,
    pub(crate) heads: Vec<ChangeHash>,
    pub(crate) last_counter: u64,
    pub(crate) summary: Option<SummaryRow>,
    /// Sessions in which it was opened, or took or gave money.
    pub(crate) sessions: BTreeSet<DocumentId>,
    pub(crate) numbers: BTreeSet<OrderNumber>,
    pub(crate) receipt: Option<ReceiptNumber>,
    pub(crate) references: BTreeSet<ExternalRef>,
    pub(crate) movements: Vec<MovementRow>,
    /// Each as the JSON that a person or a program reads.
    pub(crate) misfits: Vec<String>,
}

/// What a list shows of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SummaryRow {
    Order(OrderRow),
    Return(ReturnRow),
    Session(SessionRow),
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

/// One rise or fall of stock, in thousandths of its measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MovementRow {
    pub(crate) store: StoreId,
    pub(crate) product: Sku,
    pub(crate) measure: Measure,
    pub(crate) business_date: Option<BusinessDate>,
    pub(crate) thousandths: i64,
}

/// Replaces all rows of a document.
pub(crate) fn replace(
    transaction: &Transaction<'_>,
    rows: &DocumentRows,
) -> Result<(), StoreError> {
    erase(transaction, rows.document)?;
    insert_document(transaction, rows)?;
    match &rows.summary {
        Some(SummaryRow::Order(order)) => insert_order(transaction, rows.document, order)?,
        Some(SummaryRow::Return(returned)) => insert_return(transaction, rows.document, returned)?,
        Some(SummaryRow::Session(session)) => insert_session(transaction, rows.document, session)?,
        None => {}
    }
    insert_names(transaction, rows)?;
    insert_movements(transaction, rows)?;
    let mut misfit = transaction
        .prepare_cached("INSERT INTO misfit (document, line, misfit) VALUES (?1, ?2, ?3)")?;
    for (line, text) in rows.misfits.iter().enumerate() {
        misfit.execute(params![rows.document.to_bytes(), to_integer(line), text])?;
    }
    Ok(())
}

/// Takes all rows of a document away, and its movements out of the stock levels.
fn erase(transaction: &Transaction<'_>, document: DocumentId) -> Result<(), StoreError> {
    let key = document.to_bytes();
    let known = transaction
        .prepare_cached("DELETE FROM document WHERE document = ?1")?
        .execute([key])?;
    if known == 0 {
        return Ok(());
    }
    transaction
        .prepare_cached(
            "UPDATE stock_level
             SET movements = stock_level.movements - gone.movements,
                 thousandths = stock_level.thousandths - gone.thousandths
             FROM (SELECT store, product, measure, count(*) AS movements, sum(thousandths) AS thousandths
                   FROM stock_movement WHERE document = ?1 GROUP BY store, product, measure) AS gone
             WHERE stock_level.store = gone.store AND stock_level.product = gone.product
               AND stock_level.measure = gone.measure",
        )?
        .execute([key])?;
    transaction
        .prepare_cached(
            "DELETE FROM stock_level WHERE movements = 0 AND (store, product, measure) IN
             (SELECT store, product, measure FROM stock_movement WHERE document = ?1)",
        )?
        .execute([key])?;
    for statement in [
        "DELETE FROM order_summary WHERE document = ?1",
        "DELETE FROM return_summary WHERE document = ?1",
        "DELETE FROM session_summary WHERE document = ?1",
        "DELETE FROM session_document WHERE document = ?1",
        "DELETE FROM document_number WHERE document = ?1",
        "DELETE FROM document_receipt WHERE document = ?1",
        "DELETE FROM external_reference WHERE document = ?1",
        "DELETE FROM stock_movement WHERE document = ?1",
        "DELETE FROM misfit WHERE document = ?1",
    ] {
        transaction.prepare_cached(statement)?.execute([key])?;
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
pub(crate) const PROJECTIONS: [&str; 12] = [
    "document",
    "order_summary",
    "return_summary",
    "session_summary",
    "session_document",
    "document_number",
    "document_receipt",
    "external_reference",
    "stock_movement",
    "stock_level",
    "unsent",
    "misfit",
];

fn insert_document(transaction: &Transaction<'_>, rows: &DocumentRows) -> Result<(), StoreError> {
    let heads: Vec<u8> = rows
        .heads
        .iter()
        .flat_map(|head| head.as_bytes().iter().copied())
        .collect();
    transaction
        .prepare_cached(
            "INSERT INTO document (document, kind, heads, last_counter) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            rows.document.to_bytes(),
            rows.kind,
            heads,
            to_integer(rows.last_counter)
        ])?;
    Ok(())
}

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

/// Sessions, numbers and outside references: by what the document is found.
fn insert_names(transaction: &Transaction<'_>, rows: &DocumentRows) -> Result<(), StoreError> {
    let key = rows.document.to_bytes();
    let mut session = transaction
        .prepare_cached("INSERT INTO session_document (session, document) VALUES (?1, ?2)")?;
    for found in &rows.sessions {
        session.execute(params![found.to_bytes(), key])?;
    }
    let mut number = transaction.prepare_cached(
        "INSERT INTO document_number (number, document, node) VALUES (?1, ?2, ?3)",
    )?;
    for found in &rows.numbers {
        number.execute(params![found.to_i64(), key, found.node().get()])?;
    }
    if let Some(receipt) = rows.receipt {
        transaction
            .prepare_cached(
                "INSERT INTO document_receipt (till, count, document) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![receipt.till().get(), receipt.count(), key])?;
    }
    let mut reference = transaction.prepare_cached(
        "INSERT INTO external_reference (channel, value, document) VALUES (?1, ?2, ?3)",
    )?;
    for found in &rows.references {
        reference.execute(params![found.channel.as_str(), found.value.as_str(), key])?;
    }
    Ok(())
}

fn insert_movements(transaction: &Transaction<'_>, rows: &DocumentRows) -> Result<(), StoreError> {
    let mut movement = transaction.prepare_cached(
        "INSERT INTO stock_movement (document, line, store, product, measure, business_date, thousandths)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut level = transaction.prepare_cached(
        "INSERT INTO stock_level (store, product, measure, movements, thousandths)
         VALUES (?1, ?2, ?3, 1, ?4)
         ON CONFLICT (store, product, measure) DO UPDATE
         SET movements = movements + 1, thousandths = thousandths + excluded.thousandths",
    )?;
    for (line, row) in rows.movements.iter().enumerate() {
        let measure = to_name(&row.measure)?;
        movement.execute(params![
            rows.document.to_bytes(),
            to_integer(line),
            row.store.as_str(),
            row.product.as_str(),
            measure,
            row.business_date.map(|date| date.to_string()),
            row.thousandths,
        ])?;
        level.execute(params![
            row.store.as_str(),
            row.product.as_str(),
            measure,
            row.thousandths
        ])?;
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
