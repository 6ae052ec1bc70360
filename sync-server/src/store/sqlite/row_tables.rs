//! The rows that are made from the log, as tables.

use holdfast_schemas::{
    identity::{DocumentId, StoreId},
    operation::DocumentKind,
    value::Measure,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{
    failed,
    key_rows::{Keys, from_json, to_json},
    stock_rows::StockChanges,
    values::{Column, column, optional, text},
};
use crate::store::{
    DocumentRows, MisfitRow, MovementRow, OrderRow, ReturnRow, RowText, SessionRow, StockLevel,
    StockThousandths, StoreError, SummaryRow, TradingDay, ViewJson, read_model::measure_name,
};

/// Every table that has a document's rows by its id.
const ROW_TABLES: [&str; 5] = [
    "document_row",
    "order_row",
    "return_row",
    "session_row",
    "misfit_row",
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
) -> Result<(), StoreError> {
    let keys = Keys::of(rows);
    let (keys_json, movements_json) = (to_json(&keys)?, to_json(&rows.movements)?);
    let put_document = || {
        transaction
            .prepare_cached(
                "INSERT INTO document_row (document, kind, keys, movements, view) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO NOTHING",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    Column(rows.document),
                    rows.kind.map(DocumentKind::name),
                    keys_json,
                    movements_json,
                    rows.view.0
                ])
            })
            .map_err(failed("write a document's rows"))
    };
    // Whatever has rows has this one, and most documents come once.
    let is_new = put_document()? == 1;
    if !is_new {
        take_out(transaction, rows.document, stock)?;
        put_document()?;
    }
    rows.movements
        .iter()
        .for_each(|movement| stock.add(movement));
    put_summary(transaction, rows)
        .and_then(|()| keys.put(transaction, rows.document))
        .and_then(|()| put_misfits(transaction, rows))
        .map_err(failed("write a document's rows"))
}

/// Removes the rows that a document has.
fn take_out(
    transaction: &Transaction<'_>,
    document: DocumentId,
    stock: &mut StockChanges,
) -> Result<(), StoreError> {
    let (keys, movements) = transaction
        .prepare_cached("SELECT keys, movements FROM document_row WHERE document = ?1")
        .and_then(|mut statement| {
            statement.query_row([Column(document)], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
        })
        .map_err(failed("read a document's rows"))?;
    let movements: Vec<MovementRow> = from_json(&movements)?;
    movements
        .iter()
        .for_each(|movement| stock.take_out(movement));
    from_json::<Keys>(&keys)?
        .remove(transaction, document)
        .map_err(failed("remove a document's rows"))?;
    for table in ROW_TABLES {
        transaction
            .prepare_cached(&format!("DELETE FROM {table} WHERE document = ?1"))
            .and_then(|mut statement| statement.execute([&Column(document)]))
            .map_err(failed("remove a document's rows"))?;
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

/// The stock ledger's rows of a trading day. The days on which a document moved stock are days of its own.
pub(super) fn movements_of_day(
    transaction: &Transaction<'_>,
    day: &TradingDay,
) -> Result<Vec<(DocumentId, MovementRow)>, StoreError> {
    let documents: Vec<(DocumentId, String)> = transaction
        .prepare_cached(
            "SELECT document, movements FROM day_row JOIN document_row USING (document)
             WHERE store = ?1 AND business_date = ?2 ORDER BY document",
        )
        .and_then(|mut statement| {
            let day = params![day.store.as_str(), day.business_date.to_string()];
            let read = |row: &Row<'_>| Ok((column(row, 0)?, row.get(1)?));
            statement.query_map(day, read)?.collect()
        })
        .map_err(failed("read a trading day's stock ledger"))?;
    let mut of_day = Vec::new();
    for (document, movements) in documents {
        let movements = from_json::<Vec<MovementRow>>(&movements)?.into_iter();
        let moved = movements.filter(|movement| {
            movement.store == day.store && movement.business_date == Some(day.business_date)
        });
        of_day.extend(moved.map(|movement| (document, movement)));
    }
    Ok(of_day)
}

/// All rows of one document.
pub(super) fn read(
    transaction: &Transaction<'_>,
    document: DocumentId,
) -> Result<Option<DocumentRows>, StoreError> {
    let attempted = failed("read a document's rows");
    let found = transaction
        .prepare_cached("SELECT kind, keys, movements, view FROM document_row WHERE document = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([Column(document)], |row| {
                    let kind = row.get::<_, Option<String>>(0)?;
                    let json = (row.get::<_, String>(1)?, row.get::<_, String>(2)?);
                    Ok((kind, json, view(row, 3)?))
                })
                .optional()
        })
        .map_err(&attempted)?;
    let Some((kind, (keys, movements), view)) = found else {
        return Ok(None);
    };
    let kind = kind.as_deref().and_then(DocumentKind::from_name);
    let keys: Keys = from_json(&keys)?;
    Ok(Some(DocumentRows {
        document,
        kind,
        summary: read_summary(transaction, document, kind).map_err(&attempted)?,
        view,
        numbers: keys.numbers,
        references: keys.references,
        misfits: read_misfits(transaction, document).map_err(&attempted)?,
        movements: from_json(&movements)?,
        days: keys.days,
        sessions: keys.sessions,
    }))
}

fn read_misfits(
    transaction: &Transaction<'_>,
    document: DocumentId,
) -> rusqlite::Result<Vec<MisfitRow>> {
    transaction
        .prepare_cached("SELECT name, view FROM misfit_row WHERE document = ?1 ORDER BY place")?
        .query_map([Column(document)], misfit)?
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
        Some(DocumentKind::Stock | DocumentKind::Safe) => Some(SummaryRow::Stock),
        None => None,
    };
    Ok(summary.unwrap_or(SummaryRow::NotBegun))
}

fn misfit(row: &Row<'_>) -> rusqlite::Result<MisfitRow> {
    Ok(MisfitRow {
        name: row_text(row, 0)?,
        view: view(row, 1)?,
    })
}
