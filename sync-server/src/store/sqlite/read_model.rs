//! The read model's use cases over SQLite.

use holdfast_schemas::identity::{DocumentId, Sku, StoreId};
use rusqlite::{ToSql, Transaction};

use super::{
    SqliteStore, failed,
    key_rows::shares_keys,
    log::log_end,
    made::{self, projected},
    row_tables,
    rows::collect,
    stock_rows::StockChanges,
    values::{Column, column},
};
use crate::store::{
    AsOf, DocumentRows, EntryNumber, MisfitCursor, MisfitRow, OrderFilter, OrderKey, OrderRow,
    Page, PageLimit, ProjectionBatch, ReadModel, ReturnRow, RowText, SessionFilter, SessionRow,
    StockCursor, StockLevel, StoreDateFilter, StoreError, TradingDay, TradingDayFilter,
    TradingDayRows, ViewJson,
};

/// The conditions of a query, of which all must hold, each with its value.
#[derive(Default)]
struct Conditions<'a> {
    sql: Vec<String>,
    values: Vec<Box<dyn ToSql + 'a>>,
}

impl<'a> Conditions<'a> {
    /// Adds `column operator value`, where there is a value.
    fn and<T: ToSql + 'a>(&mut self, column: &str, operator: &str, value: Option<T>) {
        if let Some(value) = value {
            self.values.push(Box::new(value));
            self.sql
                .push(format!("{column} {operator} ?{}", self.values.len()));
        }
    }

    /// `WHERE …`, or nothing.
    fn sql(&self) -> String {
        if self.sql.is_empty() {
            String::new()
        } else {
            format!("WHERE {}", self.sql.join(" AND "))
        }
    }

    fn values(&self) -> Vec<&dyn ToSql> {
        self.values
            .iter()
            .map(|value| &**value as &dyn ToSql)
            .collect()
    }
}

/// Runs a query for one row more than the page holds, to know whether there is a next page.
fn read_page<Row, Cursor>(
    transaction: &Transaction<'_>,
    (select, end): (&str, &str),
    conditions: &Conditions<'_>,
    limit: PageLimit,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<Row>,
    cursor: impl Fn(&Row) -> Cursor,
) -> Result<Page<Row, Cursor>, StoreError> {
    let sql = format!(
        "{select} {} {end} LIMIT {}",
        conditions.sql(),
        limit.get() + 1
    );
    let mut rows = collect(transaction, "read a page", &sql, &conditions.values(), read)?;
    let page = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let more = rows.len() > page;
    rows.truncate(page);
    Ok(Page {
        next: rows.last().filter(|_| more).map(cursor),
        rows,
        as_of: as_of(transaction)?,
    })
}

/// The cursor first: the log has grown no less by the time its end is read.
fn as_of(transaction: &Transaction<'_>) -> Result<AsOf, StoreError> {
    Ok(AsOf {
        projected: projected(transaction)?,
        durable: log_end(transaction)?,
    })
}

/// The conditions on place and date that the lists share, and where the page begins.
fn listed<'a>(filter: &'a StoreDateFilter, after: Option<DocumentId>) -> Conditions<'a> {
    let mut conditions = Conditions::default();
    conditions.and("document", ">", after.map(Column));
    conditions.and("store", "=", filter.store.as_ref().map(StoreId::as_str));
    conditions.and("till", "=", filter.till.map(Column));
    conditions.and(
        "business_date",
        "=",
        filter.business_date.map(|date| date.to_string()),
    );
    conditions
}

impl ReadModel for SqliteStore {
    fn project(&self, batch: &ProjectionBatch) -> Result<(), StoreError> {
        let hash = self.read(|transaction| made::hash_of(transaction, batch.to))?;
        self.make(|transaction| {
            made::move_on(transaction, (batch.from, batch.to), hash)?;
            let mut stock = StockChanges::default();
            for rows in &batch.documents {
                row_tables::replace(transaction, rows, &mut stock)?;
            }
            stock
                .write(transaction)
                .map_err(failed("write the stock on hand"))
        })
    }

    fn drop_projection(&self) -> Result<(), StoreError> {
        self.make(made::clear)
    }

    fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<DocumentId>,
        limit: PageLimit,
    ) -> Result<Page<(DocumentId, OrderRow, ViewJson), DocumentId>, StoreError> {
        let place = StoreDateFilter {
            store: filter.store.clone(),
            till: filter.till,
            business_date: filter.business_date,
        };
        let mut conditions = listed(&place, after);
        conditions.and(
            "status",
            "=",
            filter.status.as_ref().map(|status| &*status.0),
        );
        let sql = (row_tables::SELECT_ORDERS, "ORDER BY document");
        self.read(|transaction| {
            read_page(
                transaction,
                sql,
                &conditions,
                limit,
                row_tables::listed_order,
                |row| row.0,
            )
        })
    }

    fn returns(
        &self,
        filter: &StoreDateFilter,
        after: Option<DocumentId>,
        limit: PageLimit,
    ) -> Result<Page<(DocumentId, ReturnRow, ViewJson), DocumentId>, StoreError> {
        let conditions = listed(filter, after);
        let sql = (row_tables::SELECT_RETURNS, "ORDER BY document");
        self.read(|transaction| {
            read_page(
                transaction,
                sql,
                &conditions,
                limit,
                row_tables::listed_return,
                |row| row.0,
            )
        })
    }

    fn sessions(
        &self,
        filter: &SessionFilter,
        after: Option<DocumentId>,
        limit: PageLimit,
    ) -> Result<Page<(DocumentId, SessionRow, ViewJson), DocumentId>, StoreError> {
        let conditions = listed(filter, after);
        let sql = (row_tables::SELECT_SESSIONS, "ORDER BY document");
        self.read(|transaction| {
            read_page(
                transaction,
                sql,
                &conditions,
                limit,
                row_tables::listed_session,
                |row| row.0,
            )
        })
    }

    fn stock(
        &self,
        store: Option<&StoreId>,
        product: Option<&Sku>,
        after: Option<&StockCursor>,
        limit: PageLimit,
    ) -> Result<Page<StockLevel, StockCursor>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.and("store", "=", store.map(StoreId::as_str));
        conditions.and("product", "=", product.map(Sku::as_str));
        if let Some(after) = after {
            let place = conditions.values.len();
            conditions.values.push(Box::new(after.store.as_str()));
            conditions.values.push(Box::new(after.product.as_str()));
            conditions.values.push(Box::new(&*after.measure.0));
            conditions.sql.push(format!(
                "(store, product, measure) > (?{}, ?{}, ?{})",
                place + 1,
                place + 2,
                place + 3
            ));
        }
        let sql = (
            "SELECT store, product, measure, thousandths FROM stock_row",
            "ORDER BY store, product, measure",
        );
        self.read(|transaction| {
            read_page(
                transaction,
                sql,
                &conditions,
                limit,
                row_tables::stock_level,
                StockLevel::cursor,
            )
        })
    }

    fn misfits(
        &self,
        store: Option<&StoreId>,
        after: Option<MisfitCursor>,
        limit: PageLimit,
    ) -> Result<Page<(MisfitCursor, MisfitRow), MisfitCursor>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.and("store", "=", store.map(StoreId::as_str));
        if let Some(after) = after {
            let place = conditions.values.len();
            conditions.values.push(Box::new(Column(after.document)));
            conditions.values.push(Box::new(after.index));
            conditions.sql.push(format!(
                "(document, place) > (?{}, ?{})",
                place + 1,
                place + 2
            ));
        }
        let sql = (
            "SELECT document, place, name, view FROM misfit_row",
            "ORDER BY document, place",
        );
        let read = |row: &rusqlite::Row<'_>| {
            let cursor = MisfitCursor {
                document: column(row, 0)?,
                index: row.get(1)?,
            };
            let misfit = MisfitRow {
                name: RowText(row.get::<_, String>(2)?.into()),
                view: ViewJson(row.get::<_, String>(3)?.into()),
            };
            Ok((cursor, misfit))
        };
        self.read(|transaction| {
            read_page(transaction, sql, &conditions, limit, read, |(cursor, _)| {
                *cursor
            })
        })
    }

    fn trading_days(
        &self,
        filter: &TradingDayFilter,
        after: Option<&TradingDay>,
        limit: PageLimit,
    ) -> Result<Page<TradingDay, TradingDay>, StoreError> {
        let mut conditions = Conditions::default();
        let date = filter.business_date.map(|date| date.to_string());
        conditions.and("store", "=", filter.store.as_ref().map(StoreId::as_str));
        conditions.and("business_date", "=", date);
        if let Some(after) = after {
            let place = conditions.values.len();
            conditions.values.push(Box::new(after.store.as_str()));
            let date = after.business_date.to_string();
            conditions.values.push(Box::new(date));
            conditions.sql.push(format!(
                "(store, business_date) > (?{}, ?{})",
                place + 1,
                place + 2
            ));
        }
        let sql = (
            "SELECT DISTINCT store, business_date FROM day_row",
            "ORDER BY store, business_date",
        );
        self.read(|transaction| {
            let read = row_tables::trading_day;
            read_page(transaction, sql, &conditions, limit, read, Clone::clone)
        })
    }

    fn trading_day(&self, day: &TradingDay) -> Result<TradingDayRows, StoreError> {
        self.read(|transaction| {
            Ok(TradingDayRows {
                documents: row_tables::documents_of_day(transaction, day)
                    .map_err(failed("read a trading day's documents"))?,
                movements: row_tables::movements_of_day(transaction, day)?,
                as_of: as_of(transaction)?,
            })
        })
    }

    fn find(&self, key: &OrderKey) -> Result<Vec<DocumentId>, StoreError> {
        self.read(|transaction| {
            let find = |sql: &str, values: &[&dyn ToSql]| {
                collect(transaction, "find a document", sql, values, |row| column(row, 0))
            };
            match key {
                OrderKey::Document(document) => find(
                    "SELECT document FROM document_row WHERE document = ?1",
                    &[&Column(*document)],
                ),
                OrderKey::Number(number) => find(
                    "SELECT document FROM number_row WHERE number = ?1 ORDER BY document",
                    &[&Column(*number)],
                ),
                OrderKey::Reference(reference) => find(
                    "SELECT document FROM reference_row WHERE channel = ?1 AND value = ?2 ORDER BY document",
                    &[&reference.channel.as_str(), &reference.value.as_str()],
                ),
            }
        })
    }

    fn document_rows(&self, document: DocumentId) -> Result<Option<DocumentRows>, StoreError> {
        self.read(|transaction| row_tables::read(transaction, document))
    }

    fn as_of(&self) -> Result<AsOf, StoreError> {
        self.read(as_of)
    }

    fn share_keys(
        &self,
        from: EntryNumber,
        to: EntryNumber,
    ) -> Result<Vec<DocumentId>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT DISTINCT document FROM entry WHERE number > ?1 AND number <= ?2 ORDER BY document";
            let values: [&dyn ToSql; 2] = [&Column(from), &Column(to)];
            let read = |row: &rusqlite::Row<'_>| column(row, 0);
            let documents = collect(transaction, "read the log", sql, &values, read)?;
            let mut sharing = Vec::new();
            for document in documents {
                if shares_keys(transaction, document)? {
                    sharing.push(document);
                }
            }
            Ok(sharing)
        })
    }
}
