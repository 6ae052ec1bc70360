//! A trading day's books: its documents, folded anew from the log, against its Z reports and the stock ledger's rows.
//!
//! The rows say which documents belong to a day, and nothing else of what is compared but the ledger: a fault of the
//! projection, or a till's report of what it never sent, shows as a gap.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use holdfast_schemas::{
    books::{Books, BooksReport, balance},
    identity::DocumentId,
    operation::DocumentKind,
    order::OrderState,
    return_::ReturnState,
    stock::{StockMovement, StockState, fold_stock},
    till_session::{TillSessionState, fold_till_session},
    value::Currency,
};

use crate::{
    project::{Documents, ProjectError},
    store::{AsOf, MovementRow, Store, StoreError, TradingDay},
};

/// The books of one trading day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayBooks {
    /// How fresh they are.
    pub as_of: AsOf,
    /// How many documents were read for them.
    pub documents: usize,
    /// One for each currency in which something happened, by currency; the first one has the stock papers too. On a day
    /// of stock papers alone there is one without a currency ([`Currency::NONE`]).
    pub reports: Vec<BooksReport>,
}

/// Balances a trading day, in each of its currencies.
///
/// # Errors
/// [`ProjectError`].
pub fn of_day(store: &dyn Store, day: &TradingDay) -> Result<DayBooks, ProjectError> {
    let rows = store.trading_day(day)?;
    let mut documents = Documents::new(store, rows.as_of.projected);
    let folded = Folded::read(&mut documents, &rows.documents)?;
    let ledger = rows
        .movements
        .into_iter()
        .map(|(document, row)| movement(document, row))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(DayBooks {
        as_of: rows.as_of,
        documents: rows.documents.len(),
        reports: folded.balance(day, &ledger),
    })
}

/// What a day's books are made of. Orders that are one with an order of the day, and sessions that a document names,
/// are here whichever day they belong to.
#[derive(Default)]
struct Folded {
    orders: BTreeMap<DocumentId, OrderState>,
    returns: Vec<ReturnState>,
    sessions: Vec<TillSessionState>,
    papers: Vec<StockState>,
    /// The currencies of the day's own documents.
    currencies: BTreeSet<Currency>,
}

impl Folded {
    fn read(documents: &mut Documents<'_>, of_day: &[DocumentId]) -> Result<Self, ProjectError> {
        let mut folded = Self::default();
        let mut sessions = BTreeSet::new();
        for &id in of_day {
            match documents.kind(id)? {
                Some(DocumentKind::Order) => {
                    for same in documents.same_order(id)? {
                        let order = documents.order(same)?;
                        sessions.extend(order.sessions());
                        folded.orders.insert(same, Rc::unwrap_or_clone(order));
                    }
                    let currency = folded.orders.get(&id).and_then(OrderState::currency);
                    folded.currencies.extend(currency);
                }
                Some(DocumentKind::Return) => {
                    let returned = documents.returned(id)?;
                    sessions.extend(returned.sessions());
                    folded.currencies.extend(returned.currency());
                    folded.returns.push(returned);
                }
                Some(DocumentKind::TillSession) => {
                    let session = fold_till_session(id, documents.get(id)?.operations());
                    folded.currencies.extend(currency_of(&session));
                    sessions.insert(id);
                }
                Some(DocumentKind::Stock) => {
                    let paper = fold_stock(id, documents.get(id)?.operations());
                    folded.papers.push(paper);
                }
                // What is in the safe is no part of a day's takings.
                Some(DocumentKind::Safe) | None => {}
            }
        }
        for id in sessions {
            // A session that has not come in is missing from the books, and they say so.
            if documents.kind(id)? == Some(DocumentKind::TillSession) {
                let session = fold_till_session(id, documents.get(id)?.operations());
                folded.sessions.push(session);
            }
        }
        Ok(folded)
    }

    fn balance(self, day: &TradingDay, ledger: &[StockMovement]) -> Vec<BooksReport> {
        let mut currencies = self.currencies.clone();
        if currencies.is_empty() {
            currencies.insert(Currency::NONE);
        }
        let first = currencies.first().copied();
        let other_currency = self.documents_outside(first);
        let report = |currency: &Currency| {
            let is_first = first == Some(*currency);
            let orders = self.orders.values();
            let orders: Vec<OrderState> = orders
                .filter(|order| belongs(order.currency(), *currency, is_first))
                .cloned()
                .collect();
            let returns = self.returns.iter();
            let returns: Vec<ReturnState> = returns
                .filter(|returned| belongs(returned.currency(), *currency, is_first))
                .cloned()
                .collect();
            let sessions = self.sessions.iter();
            let sessions: Vec<TillSessionState> = sessions
                .filter(|session| belongs(currency_of(session), *currency, is_first))
                .cloned()
                .collect();
            let ledger = ledger.iter();
            let ledger: Vec<StockMovement> = ledger
                .filter(|movement| {
                    let outside = other_currency.get(&movement.document);
                    outside.map_or(is_first, |outside| outside == currency)
                })
                .cloned()
                .collect();
            balance(&Books {
                store: &day.store,
                business_date: day.business_date,
                currency: *currency,
                orders: &orders,
                returns: &returns,
                sessions: &sessions,
                papers: if is_first { &self.papers } else { &[] },
                ledger: &ledger,
            })
        };
        currencies.iter().map(report).collect()
    }

    /// The orders and returns that are in another currency than the first.
    fn documents_outside(&self, first: Option<Currency>) -> BTreeMap<DocumentId, Currency> {
        let orders = self.orders.values();
        let orders = orders.map(|order| (order.id, order.currency()));
        let returns = self.returns.iter();
        let returns = returns.map(|returned| (returned.id, returned.currency()));
        orders
            .chain(returns)
            .filter(|(_, currency)| *currency != first)
            .filter_map(|(document, currency)| Some((document, currency?)))
            .collect()
    }
}

/// Whether a document counts in the books of `wanted`; one whose opening has not come in counts in the first.
fn belongs(currency: Option<Currency>, wanted: Currency, is_first: bool) -> bool {
    currency.map_or(is_first, |currency| currency == wanted)
}

fn currency_of(session: &TillSessionState) -> Option<Currency> {
    session.header.as_ref().map(|header| header.currency)
}

/// A row of the ledger as the core has it.
fn movement(document: DocumentId, row: MovementRow) -> Result<StockMovement, StoreError> {
    let cause = serde_json::to_value(&row.cause).and_then(serde_json::from_value);
    Ok(StockMovement {
        store: row.store,
        product: row.product,
        change: row.change.into(),
        business_date: row.business_date,
        document,
        operation: row.operation,
        index: row.index,
        cause: cause.map_err(|source| StoreError::Stored {
            what: "movement's cause",
            source: source.into(),
        })?,
    })
}
