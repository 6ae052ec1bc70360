//! The rows, in maps.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    identity::{DocumentId, Sku, StoreId},
    value::Measure,
};

use super::{MemoryStore, State, count};
use crate::store::{
    AsOf, CursorName, DocumentRows, EntryNumber, MisfitCursor, MisfitRow, OrderFilter, OrderKey,
    OrderRow, Page, PageLimit, ProjectionBatch, ReadModel, ReturnRow, SessionFilter, SessionRow,
    StockCursor, StockLevel, StockThousandths, StoreDateFilter, StoreError, SummaryRow, TradingDay,
    TradingDayFilter, TradingDayRows, ViewJson,
    read_model::{measure_name, thousandths},
};

/// Cuts a page to its limit; the cursor of its last row is where the next one begins.
fn page<Row, Cursor>(
    state: &State,
    rows: impl Iterator<Item = Row>,
    limit: PageLimit,
    cursor: impl Fn(&Row) -> Cursor,
) -> Page<Row, Cursor> {
    let mut rows: Vec<Row> = rows.take(count(limit.get()) + 1).collect();
    let more = rows.len() > count(limit.get());
    rows.truncate(count(limit.get()));
    Page {
        next: rows.last().filter(|_| more).map(cursor),
        rows,
        as_of: as_of(state),
    }
}

fn as_of(state: &State) -> AsOf {
    AsOf {
        projected: state.cursor(CursorName::Project),
        durable: state.log_end(),
    }
}

/// The documents after a cursor.
fn rows_after(
    state: &State,
    after: Option<DocumentId>,
) -> impl Iterator<Item = (&DocumentId, &DocumentRows)> {
    state
        .rows
        .iter()
        .filter(move |(document, _)| after.is_none_or(|after| **document > after))
}

impl StoreDateFilter {
    fn allows(
        &self,
        store: &StoreId,
        till: holdfast_schemas::identity::NodeNumber,
        date: holdfast_schemas::time::BusinessDate,
    ) -> bool {
        self.store.as_ref().is_none_or(|wanted| wanted == store)
            && self.till.is_none_or(|wanted| wanted == till)
            && self.business_date.is_none_or(|wanted| wanted == date)
    }
}

impl OrderFilter {
    fn allows(&self, row: &OrderRow) -> bool {
        let place = StoreDateFilter {
            store: self.store.clone(),
            till: self.till,
            business_date: self.business_date,
        };
        place.allows(&row.store, row.till, row.business_date)
            && self
                .status
                .as_ref()
                .is_none_or(|status| *status == row.status)
    }
}

impl ReadModel for MemoryStore {
    fn project(&self, batch: &ProjectionBatch) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.cursor(CursorName::Project) != batch.from {
            return Err(StoreError::CursorMoved {
                cursor: CursorName::Project.name(),
            });
        }
        for rows in &batch.documents {
            state.rows.insert(rows.document, rows.clone());
        }
        state.cursors.insert(CursorName::Project, batch.to);
        Ok(())
    }

    fn drop_projection(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        state.rows.clear();
        state
            .cursors
            .insert(CursorName::Project, EntryNumber::START);
        Ok(())
    }

    fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<DocumentId>,
        limit: PageLimit,
    ) -> Result<Page<(DocumentId, OrderRow, ViewJson), DocumentId>, StoreError> {
        let state = self.state();
        let rows = rows_after(&state, after).filter_map(|(document, rows)| match &rows.summary {
            SummaryRow::Order(row) if filter.allows(row) => {
                Some((*document, row.clone(), rows.view.clone()))
            }
            SummaryRow::Order(_)
            | SummaryRow::Return(_)
            | SummaryRow::Session(_)
            | SummaryRow::Stock
            | SummaryRow::NotBegun => None,
        });
        Ok(page(&state, rows, limit, |(document, _, _)| *document))
    }

    fn returns(
        &self,
        filter: &StoreDateFilter,
        after: Option<DocumentId>,
        limit: PageLimit,
    ) -> Result<Page<(DocumentId, ReturnRow, ViewJson), DocumentId>, StoreError> {
        let state = self.state();
        let rows = rows_after(&state, after).filter_map(|(document, rows)| match &rows.summary {
            SummaryRow::Return(row) if filter.allows(&row.store, row.till, row.business_date) => {
                Some((*document, row.clone(), rows.view.clone()))
            }
            SummaryRow::Order(_)
            | SummaryRow::Return(_)
            | SummaryRow::Session(_)
            | SummaryRow::Stock
            | SummaryRow::NotBegun => None,
        });
        Ok(page(&state, rows, limit, |(document, _, _)| *document))
    }

    fn sessions(
        &self,
        filter: &SessionFilter,
        after: Option<DocumentId>,
        limit: PageLimit,
    ) -> Result<Page<(DocumentId, SessionRow, ViewJson), DocumentId>, StoreError> {
        let state = self.state();
        let rows = rows_after(&state, after).filter_map(|(document, rows)| match &rows.summary {
            SummaryRow::Session(row) if filter.allows(&row.store, row.till, row.business_date) => {
                Some((*document, row.clone(), rows.view.clone()))
            }
            SummaryRow::Order(_)
            | SummaryRow::Return(_)
            | SummaryRow::Session(_)
            | SummaryRow::Stock
            | SummaryRow::NotBegun => None,
        });
        Ok(page(&state, rows, limit, |(document, _, _)| *document))
    }

    fn stock(
        &self,
        store: Option<&StoreId>,
        product: Option<&Sku>,
        after: Option<&StockCursor>,
        limit: PageLimit,
    ) -> Result<Page<StockLevel, StockCursor>, StoreError> {
        let state = self.state();
        let mut levels: BTreeMap<(StoreId, Sku, &'static str), (Measure, i64)> = BTreeMap::new();
        for movement in state.rows.values().flat_map(|rows| &rows.movements) {
            let wanted = store.is_none_or(|store| *store == movement.store)
                && product.is_none_or(|product| *product == movement.product);
            if wanted {
                let measure = movement.change.measure();
                let key = (
                    movement.store.clone(),
                    movement.product.clone(),
                    measure_name(measure),
                );
                let level = levels.entry(key).or_insert((measure, 0));
                level.1 = level.1.saturating_add(thousandths(&movement.change).0);
            }
        }
        let rows = levels
            .into_iter()
            .filter(|((store, product, measure), _)| {
                after.is_none_or(|after| {
                    (store, product, *measure) > (&after.store, &after.product, &*after.measure.0)
                })
            })
            .map(|((store, product, _), (measure, on_hand))| StockLevel {
                store,
                product,
                measure,
                on_hand: StockThousandths(on_hand),
            });
        Ok(page(&state, rows, limit, StockLevel::cursor))
    }

    fn misfits(
        &self,
        store: Option<&StoreId>,
        after: Option<MisfitCursor>,
        limit: PageLimit,
    ) -> Result<Page<(MisfitCursor, MisfitRow), MisfitCursor>, StoreError> {
        let state = self.state();
        let rows = state
            .rows
            .iter()
            .filter(|(_, rows)| store.is_none() || rows.store() == store)
            .flat_map(|(document, rows)| {
                (0..).zip(&rows.misfits).map(|(index, misfit)| {
                    let cursor = MisfitCursor {
                        document: *document,
                        index,
                    };
                    (cursor, misfit.clone())
                })
            })
            .filter(|(cursor, _)| after.is_none_or(|after| *cursor > after));
        Ok(page(&state, rows, limit, |(cursor, _)| *cursor))
    }

    fn trading_days(
        &self,
        filter: &TradingDayFilter,
        after: Option<&TradingDay>,
        limit: PageLimit,
    ) -> Result<Page<TradingDay, TradingDay>, StoreError> {
        let state = self.state();
        let days: BTreeSet<&TradingDay> = state.rows.values().flat_map(|rows| &rows.days).collect();
        let wanted = days.into_iter().filter(|day| {
            let date = filter.business_date;
            after.is_none_or(|after| *day > after)
                && filter
                    .store
                    .as_ref()
                    .is_none_or(|store| *store == day.store)
                && date.is_none_or(|date| date == day.business_date)
        });
        Ok(page(&state, wanted.cloned(), limit, Clone::clone))
    }

    fn trading_day(&self, day: &TradingDay) -> Result<TradingDayRows, StoreError> {
        let state = self.state();
        let is_session_here = |id: &DocumentId| {
            let rows = state.rows.get(id);
            rows.is_some_and(|rows| match &rows.summary {
                SummaryRow::Session(row) => {
                    (&row.store, row.business_date) == (&day.store, day.business_date)
                }
                SummaryRow::Order(_)
                | SummaryRow::Return(_)
                | SummaryRow::Stock
                | SummaryRow::NotBegun => false,
            })
        };
        let documents = state
            .rows
            .values()
            .filter(|rows| rows.days.contains(day) || rows.sessions.iter().any(is_session_here))
            .map(|rows| rows.document);
        let movements = state.rows.iter().flat_map(|(document, rows)| {
            let here = rows.movements.iter().filter(|movement| {
                movement.store == day.store && movement.business_date == Some(day.business_date)
            });
            here.map(|movement| (*document, movement.clone()))
        });
        Ok(TradingDayRows {
            documents: documents.collect(),
            movements: movements.collect(),
            as_of: as_of(&state),
        })
    }

    fn find(&self, key: &OrderKey) -> Result<Vec<DocumentId>, StoreError> {
        let state = self.state();
        let found = state.rows.iter().filter(|(document, rows)| match key {
            OrderKey::Document(wanted) => wanted == *document,
            OrderKey::Number(number) => rows.numbers.contains(number),
            OrderKey::Reference(reference) => rows.references.contains(reference),
        });
        Ok(found.map(|(document, _)| *document).collect())
    }

    fn document_rows(&self, document: DocumentId) -> Result<Option<DocumentRows>, StoreError> {
        Ok(self.state().rows.get(&document).cloned())
    }

    fn as_of(&self) -> Result<AsOf, StoreError> {
        Ok(as_of(&self.state()))
    }

    fn share_keys(
        &self,
        from: EntryNumber,
        to: EntryNumber,
    ) -> Result<Vec<DocumentId>, StoreError> {
        let state = self.state();
        let entries = state.after(from).iter().map(|(entry, _)| entry);
        let touched: BTreeSet<DocumentId> = entries
            .take_while(|entry| entry.number <= to)
            .map(|entry| entry.document)
            .collect();
        let shares = |id: &DocumentId| {
            state.rows.get(id).is_some_and(|own| {
                state.rows.iter().any(|(other, rows)| {
                    other != id
                        && (own
                            .numbers
                            .iter()
                            .any(|number| rows.numbers.contains(number))
                            || own
                                .references
                                .iter()
                                .any(|key| rows.references.contains(key)))
                })
            })
        };
        Ok(touched.into_iter().filter(shares).collect())
    }
}
