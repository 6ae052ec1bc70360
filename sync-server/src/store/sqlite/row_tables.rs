//! The rows that are made from the log, as tables.

use holdfast_schemas::{
    identity::{DocumentId, ExternalRef, OperationId, OrderNumber, StoreId},
    operation::DocumentKind,
    time::BusinessDate,
    value::{Measure, QuantityChange},
};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use rust_decimal::Decimal;

use super::{
    stock_rows::StockChanges,
    values::{Column, column, optional, text},
};
use crate::store::{
    DocumentRows, MisfitRow, MovementRow, OrderRow, ReturnRow, RowText, SessionRow, StockLevel,
    StockThousandths, SummaryRow, TradingDay, ViewJson,
    read_model::{measure_name, thousandths},
};

/// Every table that is made from the log, document by document.
pub(super) const ROW_TABLES: [&str; 10] = [
    "document_row",
    "order_row",
    "return_row",
    "session_row",
    "number_row",
    "reference_row",
    "misfit_row",
    "movement_row",
    "day_row",
    "named_session_row",
];

pub(super) const SELECT_ORDERS: &str =
    "SELECT document, view, number, store, till, business_date, status, canonical, total_minor, paid_minor,
     refunded_minor FROM order_row JOIN document_row USING (document)";

pub(super) const SELECT_RETURNS: &str =
    "SELECT document, view, number, store, till, business_date, status, order_document, refunded_minor
     FROM return_row JOIN document_row USING (document)";

pub(super) const SELECT_SESSIONS: &str = "SELECT document, view, store, till, business_date, status
     FROM session_row JOIN document_row USING (document)";

/// Puts a document's rows in the place of those that it had, and notes what that changes in the stock.
pub(super) fn replace(
    transaction: &Transaction<'_>,
    rows: &DocumentRows,
    stock: &mut StockChanges,
) -> rusqlite::Result<()> {
    let document = Column(rows.document);
    let put_document = || {
        transaction
            .prepare_cached(
                "INSERT INTO document_row (document, kind, view) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                document,
                rows.kind.map(DocumentKind::name),
                rows.view.0
            ])
    };
    // Whatever has rows has this one, and most documents come once.
    let is_new = put_document()? == 1;
    if !is_new {
        stock.take_out(transaction, rows.document)?;
        remove(transaction, rows.document)?;
        put_document()?;
    }
    rows.movements
        .iter()
        .for_each(|movement| stock.add(movement));
    put_summary(transaction, rows)?;
    put_keys(transaction, rows)?;
    put_misfits(transaction, rows)?;
    put_movements(transaction, rows)?;
    put_days(transaction, rows)
}

fn remove(transaction: &Transaction<'_>, document: DocumentId) -> rusqlite::Result<()> {
    for table in ROW_TABLES {
        transaction
            .prepare_cached(&format!("DELETE FROM {table} WHERE document = ?1"))?
            .execute([&Column(document)])?;
    }
    Ok(())
}

fn put_summary(transaction: &Transaction<'_>, rows: &DocumentRows) -> rusqlite::Result<()> {
    let document = Column(rows.document);
    match &rows.summary {
        SummaryRow::Order(row) => transaction
            .prepare_cached(
                "INSERT INTO order_row VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                document,
                Column(row.number),
                row.store.as_str(),
                Column(row.till),
                row.business_date.to_string(),
                row.status.0,
                Column(row.canonical),
                Column(row.total_minor),
                Column(row.paid_minor),
                Column(row.refunded_minor)
            ])?,
        SummaryRow::Return(row) => transaction
            .prepare_cached("INSERT INTO return_row VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![
                document,
                Column(row.number),
                row.store.as_str(),
                Column(row.till),
                row.business_date.to_string(),
                row.status.0,
                row.order.map(Column),
                Column(row.refunded_minor)
            ])?,
        SummaryRow::Session(row) => transaction
            .prepare_cached("INSERT INTO session_row VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                document,
                row.store.as_str(),
                Column(row.till),
                row.business_date.to_string(),
                row.status.0
            ])?,
        SummaryRow::Stock | SummaryRow::NotBegun => 0,
    };
    Ok(())
}

fn put_keys(transaction: &Transaction<'_>, rows: &DocumentRows) -> rusqlite::Result<()> {
    let document = Column(rows.document);
    for (place, number) in (0_i64..).zip(&rows.numbers) {
        transaction
            .prepare_cached("INSERT INTO number_row (number, document, place) VALUES (?1, ?2, ?3)")?
            .execute(params![Column(*number), document, place])?;
    }
    for (place, reference) in (0_i64..).zip(&rows.references) {
        transaction
            .prepare_cached(
                "INSERT INTO reference_row (channel, value, document, place) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                reference.channel.as_str(),
                reference.value.as_str(),
                document,
                place
            ])?;
    }
    Ok(())
}

fn put_misfits(transaction: &Transaction<'_>, rows: &DocumentRows) -> rusqlite::Result<()> {
    let store = rows.store().map(StoreId::as_str);
    for (place, misfit) in (0_i64..).zip(&rows.misfits) {
        transaction
            .prepare_cached(
                "INSERT INTO misfit_row (document, place, store, name, view) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                Column(rows.document),
                place,
                store,
                misfit.name.0,
                misfit.view.0
            ])?;
    }
    Ok(())
}

fn put_movements(transaction: &Transaction<'_>, rows: &DocumentRows) -> rusqlite::Result<()> {
    for (place, movement) in (0_i64..).zip(&rows.movements) {
        transaction
            .prepare_cached(
                "INSERT INTO movement_row VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                Column(rows.document),
                place,
                movement.store.as_str(),
                movement.product.as_str(),
                measure_name(movement.change.measure()),
                thousandths(&movement.change).0,
                movement.business_date.map(|date| date.to_string()),
                movement.cause.0,
                Column(movement.operation.log()),
                Column(movement.operation.counter()),
                movement.index
            ])?;
    }
    Ok(())
}

fn put_days(transaction: &Transaction<'_>, rows: &DocumentRows) -> rusqlite::Result<()> {
    let document = Column(rows.document);
    for day in &rows.days {
        transaction
            .prepare_cached(
                "INSERT INTO day_row (store, business_date, document) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![
                day.store.as_str(),
                day.business_date.to_string(),
                document
            ])?;
    }
    for session in &rows.sessions {
        transaction
            .prepare_cached("INSERT INTO named_session_row (session, document) VALUES (?1, ?2)")?
            .execute(params![Column(*session), document])?;
    }
    Ok(())
}

fn row_text(row: &Row<'_>, index: usize) -> rusqlite::Result<RowText> {
    Ok(RowText(row.get::<_, String>(index)?.into()))
}

fn view(row: &Row<'_>, index: usize) -> rusqlite::Result<ViewJson> {
    Ok(ViewJson(row.get::<_, String>(index)?.into()))
}

/// Reads a row of [`SELECT_ORDERS`].
pub(super) fn listed_order(row: &Row<'_>) -> rusqlite::Result<(DocumentId, OrderRow, ViewJson)> {
    let order = OrderRow {
        number: column(row, 2)?,
        store: text(row, 3)?,
        till: column(row, 4)?,
        business_date: text(row, 5)?,
        status: row_text(row, 6)?,
        canonical: column(row, 7)?,
        total_minor: column(row, 8)?,
        paid_minor: column(row, 9)?,
        refunded_minor: column(row, 10)?,
    };
    Ok((column(row, 0)?, order, view(row, 1)?))
}

/// Reads a row of [`SELECT_RETURNS`].
pub(super) fn listed_return(row: &Row<'_>) -> rusqlite::Result<(DocumentId, ReturnRow, ViewJson)> {
    let taken_back = ReturnRow {
        number: column(row, 2)?,
        store: text(row, 3)?,
        till: column(row, 4)?,
        business_date: text(row, 5)?,
        status: row_text(row, 6)?,
        order: optional(row, 7)?,
        refunded_minor: column(row, 8)?,
    };
    Ok((column(row, 0)?, taken_back, view(row, 1)?))
}

/// Reads a row of [`SELECT_SESSIONS`].
pub(super) fn listed_session(
    row: &Row<'_>,
) -> rusqlite::Result<(DocumentId, SessionRow, ViewJson)> {
    let session = SessionRow {
        store: text(row, 2)?,
        till: column(row, 3)?,
        business_date: text(row, 4)?,
        status: row_text(row, 5)?,
    };
    Ok((column(row, 0)?, session, view(row, 1)?))
}

/// `store, product, measure, thousandths`.
pub(super) fn stock_level(row: &Row<'_>) -> rusqlite::Result<StockLevel> {
    Ok(StockLevel {
        store: text(row, 0)?,
        product: text(row, 1)?,
        measure: measure(row, 2)?,
        on_hand: StockThousandths(row.get(3)?),
    })
}

fn measure(row: &Row<'_>, index: usize) -> rusqlite::Result<Measure> {
    const ALL: [Measure; 4] = [
        Measure::Each,
        Measure::Kilogram,
        Measure::Litre,
        Measure::Metre,
    ];
    super::values::named(row, index, &ALL, measure_name)
}

/// The columns of [`movement`].
const MOVEMENT_COLUMNS: &str =
    "store, product, measure, change_thousandths, business_date, cause, log, counter, part";

/// Reads a row of [`MOVEMENT_COLUMNS`].
fn movement(row: &Row<'_>) -> rusqlite::Result<MovementRow> {
    let change = QuantityChange::new(Decimal::new(row.get(3)?, 3), measure(row, 2)?);
    let business_date = match row.get::<_, Option<String>>(4)? {
        Some(_) => Some(text::<BusinessDate>(row, 4)?),
        None => None,
    };
    Ok(MovementRow {
        store: text(row, 0)?,
        product: text(row, 1)?,
        change: change.map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                3,
                rusqlite::types::Type::Integer,
                error.into(),
            )
        })?,
        business_date,
        cause: row_text(row, 5)?,
        operation: OperationId::new(column(row, 7)?, column(row, 6)?),
        index: row.get(8)?,
    })
}

/// `store, business date`.
pub(super) fn trading_day(row: &Row<'_>) -> rusqlite::Result<TradingDay> {
    Ok(TradingDay {
        store: text(row, 0)?,
        business_date: text(row, 1)?,
    })
}

/// The documents of a trading day: its own, and those that name one of its till sessions.
pub(super) fn documents_of_day(
    transaction: &Transaction<'_>,
    day: &TradingDay,
) -> rusqlite::Result<Vec<DocumentId>> {
    transaction
        .prepare_cached(
            "SELECT document FROM day_row WHERE store = ?1 AND business_date = ?2
             UNION
             SELECT named.document FROM session_row AS session
             JOIN named_session_row AS named ON named.session = session.document
             WHERE session.store = ?1 AND session.business_date = ?2
             ORDER BY document",
        )?
        .query_map(
            params![day.store.as_str(), day.business_date.to_string()],
            |row| column(row, 0),
        )?
        .collect()
}

/// The stock ledger's rows of a trading day.
pub(super) fn movements_of_day(
    transaction: &Transaction<'_>,
    day: &TradingDay,
) -> rusqlite::Result<Vec<(DocumentId, MovementRow)>> {
    transaction
        .prepare_cached(&format!(
            // The days on which a document moved stock are days of its own, so no further index is needed.
            "SELECT {MOVEMENT_COLUMNS}, movement_row.document
             FROM day_row JOIN movement_row USING (document, store, business_date)
             WHERE store = ?1 AND business_date = ?2 ORDER BY movement_row.document, place"
        ))?
        .query_map(
            params![day.store.as_str(), day.business_date.to_string()],
            |row| Ok((column(row, 9)?, movement(row)?)),
        )?
        .collect()
}

/// All rows of one document.
pub(super) fn read(
    transaction: &Transaction<'_>,
    document: DocumentId,
) -> rusqlite::Result<Option<DocumentRows>> {
    let found = transaction
        .query_row(
            "SELECT kind, view FROM document_row WHERE document = ?1",
            [Column(document)],
            |row| Ok((row.get::<_, Option<String>>(0)?, view(row, 1)?)),
        )
        .optional()?;
    let Some((kind, view)) = found else {
        return Ok(None);
    };
    let kind = kind.as_deref().and_then(DocumentKind::from_name);
    Ok(Some(DocumentRows {
        document,
        kind,
        summary: read_summary(transaction, document, kind)?,
        view,
        numbers: read_all(
            transaction,
            "SELECT number FROM number_row WHERE document = ?1 ORDER BY place",
            document,
            |row| column::<OrderNumber>(row, 0),
        )?,
        references: read_all(
            transaction,
            "SELECT channel, value FROM reference_row WHERE document = ?1 ORDER BY place",
            document,
            external_ref,
        )?,
        misfits: read_all(
            transaction,
            "SELECT name, view FROM misfit_row WHERE document = ?1 ORDER BY place",
            document,
            misfit,
        )?,
        movements: read_all(
            transaction,
            &format!(
                "SELECT {MOVEMENT_COLUMNS} FROM movement_row WHERE document = ?1 ORDER BY place"
            ),
            document,
            movement,
        )?,
        days: read_all(
            transaction,
            "SELECT store, business_date FROM day_row WHERE document = ?1",
            document,
            trading_day,
        )?
        .into_iter()
        .collect(),
        sessions: read_all(
            transaction,
            "SELECT session FROM named_session_row WHERE document = ?1",
            document,
            |row| column(row, 0),
        )?
        .into_iter()
        .collect(),
    }))
}

fn read_all<T>(
    transaction: &Transaction<'_>,
    sql: &str,
    document: DocumentId,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    transaction
        .prepare_cached(sql)?
        .query_map([Column(document)], read)?
        .collect()
}

fn read_summary(
    transaction: &Transaction<'_>,
    document: DocumentId,
    kind: Option<DocumentKind>,
) -> rusqlite::Result<SummaryRow> {
    let one = |select: &str| format!("{select} WHERE document = ?1");
    let document = [Column(document)];
    let summary = match kind {
        Some(DocumentKind::Order) => transaction
            .query_row(&one(SELECT_ORDERS), document, listed_order)
            .optional()?
            .map(|(_, row, _)| SummaryRow::Order(row)),
        Some(DocumentKind::Return) => transaction
            .query_row(&one(SELECT_RETURNS), document, listed_return)
            .optional()?
            .map(|(_, row, _)| SummaryRow::Return(row)),
        Some(DocumentKind::TillSession) => transaction
            .query_row(&one(SELECT_SESSIONS), document, listed_session)
            .optional()?
            .map(|(_, row, _)| SummaryRow::Session(row)),
        Some(DocumentKind::Stock) => Some(SummaryRow::Stock),
        None => None,
    };
    Ok(summary.unwrap_or(SummaryRow::NotBegun))
}

fn external_ref(row: &Row<'_>) -> rusqlite::Result<ExternalRef> {
    let value = row.get::<_, String>(1)?;
    Ok(ExternalRef {
        channel: text(row, 0)?,
        value: value
            .try_into()
            .map_err(|error: holdfast_schemas::identity::CodeError| {
                rusqlite::Error::FromSqlConversionFailure(
                    1,
                    rusqlite::types::Type::Text,
                    error.into(),
                )
            })?,
    })
}

fn misfit(row: &Row<'_>) -> rusqlite::Result<MisfitRow> {
    Ok(MisfitRow {
        name: row_text(row, 0)?,
        view: view(row, 1)?,
    })
}
