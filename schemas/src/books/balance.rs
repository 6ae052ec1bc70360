//! The day's documents against each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{BooksGap, BooksReport, drawer, money, stock};
use crate::{
    identity::{DocumentId, StoreId},
    order::{AliasedOrder, OrderState, alias_component, resolve_aliases},
    return_::ReturnState,
    stock::{StockMovement, StockState},
    till_session::TillSessionState,
    time::BusinessDate,
    value::{Currency, MinorUnits},
};

/// What is compared. Documents of other stores and days may be among them: only what falls on the day is counted.
/// Each document is given once.
#[derive(Debug, Clone, Copy)]
pub struct Books<'a> {
    /// The store.
    pub store: &'a StoreId,
    /// The trading day.
    pub business_date: BusinessDate,
    /// The currency.
    pub currency: Currency,
    /// Orders that were opened on the day, or whose money moved in its sessions.
    pub orders: &'a [OrderState],
    /// Returns that were opened on the day, or whose money moved in its sessions.
    pub returns: &'a [ReturnState],
    /// Every session that one of these names.
    pub sessions: &'a [TillSessionState],
    /// Stock papers of the day.
    pub papers: &'a [StockState],
    /// The ledger's rows of the day.
    pub ledger: &'a [StockMovement],
}

/// Where money was taken or given: the store and trading day of its session, or of its document without one.
pub(super) type Place<'a> = (&'a StoreId, BusinessDate);

impl<'a> Books<'a> {
    /// Whether something falls on the books' store and day.
    pub(super) fn is_here(&self, place: Option<Place<'_>>) -> bool {
        place == Some((self.store, self.business_date))
    }

    /// The sessions of the books' store and day.
    pub(super) fn sessions_here(&self) -> impl Iterator<Item = &'a TillSessionState> {
        let (store, date) = (self.store, self.business_date);
        self.sessions.iter().filter(move |session| {
            let header = session.header.as_ref();
            header.is_some_and(|header| &header.store == store && header.business_date == date)
        })
    }

    /// Where money of `session` belongs; `otherwise` without a session, or with one that is not known.
    pub(super) fn place(
        &self,
        session: Option<DocumentId>,
        otherwise: Option<Place<'a>>,
    ) -> Option<Place<'a>> {
        let known = |id| self.sessions.iter().find(|session| session.id == id);
        let header = session
            .and_then(known)
            .and_then(|session| session.header.as_ref());
        header
            .map(|header| (&header.store, header.business_date))
            .or(otherwise)
    }

    /// The orders that were captured more than once.
    pub(super) fn aliased(&self) -> Vec<AliasedOrder> {
        let mut seen = BTreeSet::new();
        let mut aliased = Vec::new();
        for order in self.orders.iter().filter(|order| !order.aliases.is_empty()) {
            if seen.contains(&order.id) {
                continue;
            }
            let component = alias_component(order.id, self.orders);
            let members = self
                .orders
                .iter()
                .filter(|order| component.contains(&order.id));
            aliased.extend(resolve_aliases(members));
            seen.extend(component);
        }
        aliased
    }
}

/// Compares sales with money, drawers with counts, Z reports with documents, and the stock ledger with documents.
#[must_use]
pub fn balance(books: &Books<'_>) -> BooksReport {
    let mut report = BooksReport {
        store: books.store.clone(),
        business_date: books.business_date,
        currency: books.currency,
        orders: 0,
        returns: 0,
        net_sales_minor: MinorUnits::ZERO,
        tax_minor: MinorUnits::ZERO,
        net_tenders_minor: BTreeMap::new(),
        rounding_minor: MinorUnits::ZERO,
        movements: 0,
        exceptions: Vec::new(),
        gaps: Vec::new(),
    };
    name_missing_sessions(books, &mut report);
    money::compare(books, &mut report);
    drawer::compare(books, &mut report);
    stock::compare(books, &mut report);
    report
}

fn name_missing_sessions(books: &Books<'_>, report: &mut BooksReport) {
    let known: BTreeSet<DocumentId> = books.sessions.iter().map(|session| session.id).collect();
    let orders = books
        .orders
        .iter()
        .flat_map(|order| order.sessions().map(|session| (session, order.id)));
    let returns = books
        .returns
        .iter()
        .flat_map(|returned| returned.sessions().map(|session| (session, returned.id)));
    let mut missing = BTreeMap::new();
    for (session, document) in orders.chain(returns) {
        if !known.contains(&session) {
            missing.entry(session).or_insert(document);
        }
    }
    report.gaps.extend(
        missing
            .into_iter()
            .map(|(session, document)| BooksGap::SessionMissing { session, document }),
    );
}
