//! Commands that show one document: an order with its returns, a return, or a till session.

mod order;
mod return_;
mod session;
mod style;
#[cfg(test)]
mod tests;
mod timeline;

use std::fmt;

use holdfast_schemas::{
    document::Document,
    identity::{DocumentId, NodeNumber, StoreId},
    operation::{Body, DocumentKind, TillSessionBody},
    order::fold_order,
    return_::{ReturnState, fold_return},
    till_session::{SessionTakings, fold_till_session},
    value::{Currency, Money},
    view::{OrderView, ReturnView, SessionView, TimelineEntry, timeline as history_of},
};
use serde::Serialize;

use super::{
    OutputFormat, arguments::OrderName, error::CommandError, output, till_file::open_to_read,
};
use crate::{
    settings::Settings,
    store::{Store, query},
};
use style::Style;

/// An order, all that happened to it, and its returns. More than one: a number that was minted twice.
#[derive(Serialize)]
struct ShownOrders {
    orders: Vec<ShownOrder>,
}

#[derive(Serialize)]
struct ShownOrder {
    order: OrderView,
    history: Vec<TimelineEntry>,
    returns: Vec<ReturnView>,
    #[serde(skip)]
    style: Style,
}

pub(super) fn show_order(
    settings: &Settings,
    wanted: &OrderName,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let file = open_to_read(settings)?;
    let mut orders = Vec::new();
    for document in find(&file, wanted, DocumentKind::Order)? {
        let mut returns = Vec::new();
        for returned in file.returns_of(document.id())? {
            if let Some(returned) = file.document(returned)? {
                returns.push(ReturnView::from(&fold(&returned)));
            }
        }
        let order = OrderView::from(&fold_order(document.id(), document.operations()));
        orders.push(ShownOrder {
            style: style(&file, order.currency, order.store.as_ref())?,
            order,
            history: history_of(document.operations()),
            returns,
        });
    }
    output::print(format, &ShownOrders { orders })
}

/// A return and all that happened to it. More than one: a number that was minted twice.
#[derive(Serialize)]
struct ShownReturns {
    returns: Vec<ShownReturn>,
}

#[derive(Serialize)]
struct ShownReturn {
    #[serde(rename = "return")]
    returned: ReturnView,
    history: Vec<TimelineEntry>,
    #[serde(skip)]
    style: Style,
}

pub(super) fn show_return(
    settings: &Settings,
    wanted: &OrderName,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let file = open_to_read(settings)?;
    let mut returns = Vec::new();
    for document in find(&file, wanted, DocumentKind::Return)? {
        let returned = ReturnView::from(&fold(&document));
        returns.push(ShownReturn {
            style: style(&file, returned.currency, returned.store.as_ref())?,
            returned,
            history: history_of(document.operations()),
        });
    }
    output::print(format, &ShownReturns { returns })
}

fn fold(returned: &Document) -> ReturnState {
    fold_return(returned.id(), returned.operations())
}

/// All that happened to an order, or to each order that goes by the number.
#[derive(Serialize)]
struct Histories {
    documents: Vec<History>,
}

#[derive(Serialize)]
struct History {
    document: DocumentId,
    operations: Vec<TimelineEntry>,
    #[serde(skip)]
    style: Style,
}

pub(super) fn order_history(
    settings: &Settings,
    wanted: &OrderName,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let file = open_to_read(settings)?;
    let mut documents = Vec::new();
    for document in find(&file, wanted, DocumentKind::Order)? {
        let order = OrderView::from(&fold_order(document.id(), document.operations()));
        documents.push(History {
            document: document.id(),
            operations: history_of(document.operations()),
            style: style(&file, order.currency, order.store.as_ref())?,
        });
    }
    output::print(format, &Histories { documents })
}

/// The documents of one kind that go by this name; also one of which the beginning is not here.
fn find(
    file: &Store,
    wanted: &OrderName,
    kind: DocumentKind,
) -> Result<Vec<Document>, CommandError> {
    let (ids, what) = match wanted {
        OrderName::Document(id) => (vec![*id], format!("document {id}")),
        OrderName::Number(number) => (
            file.documents_by_number(*number)?,
            format!("number {number}"),
        ),
        OrderName::Reference(reference) => (
            file.documents_by_reference(reference)?,
            format!("reference {reference}"),
        ),
    };
    let mut documents = Vec::new();
    let mut other = None;
    for id in ids {
        let Some(document) = file.document(id)? else {
            continue;
        };
        match document.kind() {
            Some(found) if found != kind => other = Some(found),
            Some(_) | None => documents.push(document),
        }
    }
    match other {
        _ if !documents.is_empty() => Ok(documents),
        Some(found) => Err(CommandError::OtherKind { what, found }),
        None => Err(CommandError::NotFound { what }),
    }
}

/// Moments are by the clocks of the document's own store, as far as its settings are known here.
fn style(
    file: &Store,
    currency: Option<Currency>,
    store: Option<&StoreId>,
) -> Result<Style, CommandError> {
    let settings = store.map(|store| file.settings(store)).transpose()?;
    let zone = settings.unwrap_or_default().time_zone;
    Ok(Style::new(currency, &zone))
}

/// A till session.
#[derive(Serialize)]
struct ShownSession {
    session: SessionView,
    history: Vec<TimelineEntry>,
    #[serde(skip)]
    style: Style,
}

pub(super) fn show_session(
    settings: &Settings,
    wanted: Option<DocumentId>,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let file = open_to_read(settings)?;
    let id = match wanted {
        Some(id) => Some(id),
        None => file.sessions(1)?.first().map(|session| session.document),
    };
    let not_found = || CommandError::NotFound {
        what: id.map_or_else(|| "a session".to_owned(), |id| format!("session {id}")),
    };
    let id = id.ok_or_else(not_found)?;
    let document = file.document(id)?.ok_or_else(not_found)?;
    if let Some(found) = document.kind()
        && found != DocumentKind::TillSession
    {
        let what = format!("document {id}");
        return Err(CommandError::OtherKind { what, found });
    }
    let state = fold_till_session(id, document.operations());
    let session = SessionView::new(&state, &takings(&file, id)?);
    let style = match &state.header {
        Some(header) => Style::new(Some(header.currency), &header.time_zone),
        None => style(&file, None, None)?,
    };
    output::print(
        format,
        &ShownSession {
            session,
            history: history_of(document.operations()),
            style,
        },
    )
}

/// What the drawer of the till's open session must hold, as far as this file knows.
pub(super) fn cash_in_drawer(
    file: &Store,
    till: NodeNumber,
) -> Result<Option<Money>, CommandError> {
    let Some(open) = file.open_session(till)? else {
        return Ok(None);
    };
    let Some(document) = file.document(open.document)? else {
        return Ok(None);
    };
    let session = fold_till_session(open.document, document.operations());
    let totals = session.totals(&takings(file, open.document)?);
    Ok(Some(Money {
        currency: open.currency,
        minor: totals.expected_cash_minor,
    }))
}

/// What the session's orders and returns took and gave.
fn takings(file: &Store, session: DocumentId) -> Result<SessionTakings, CommandError> {
    let mut takings = SessionTakings::default();
    let ids = file.read(|transaction| query::documents_of_session(transaction, session))?;
    for id in ids {
        let Some(document) = file.document(id)? else {
            continue;
        };
        let more = match document.kind() {
            Some(DocumentKind::Order) => {
                SessionTakings::of_order(session, &fold_order(id, document.operations()))
            }
            Some(DocumentKind::Return) => SessionTakings::of_return(session, &fold(&document)),
            Some(DocumentKind::TillSession | DocumentKind::Stock | DocumentKind::Safe) | None => {
                continue;
            }
        };
        takings = takings.plus(&more);
    }
    Ok(takings)
}

impl fmt::Display for ShownOrders {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, shown) in self.orders.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            order::write(formatter, &shown.style, &shown.order)?;
            for returned in &shown.returns {
                writeln!(formatter)?;
                return_::write(formatter, &shown.style, returned)?;
            }
            writeln!(formatter)?;
            timeline::write(formatter, &shown.style, &shown.history)?;
        }
        Ok(())
    }
}

impl fmt::Display for ShownReturns {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, shown) in self.returns.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            return_::write(formatter, &shown.style, &shown.returned)?;
            writeln!(formatter)?;
            timeline::write(formatter, &shown.style, &shown.history)?;
        }
        Ok(())
    }
}

impl fmt::Display for Histories {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.documents.iter().try_for_each(|history| {
            writeln!(formatter, "document {}", history.document)?;
            timeline::write(formatter, &history.style, &history.operations)
        })
    }
}

impl fmt::Display for ShownSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_count = |entry: &TimelineEntry| {
            matches!(
                entry.body,
                Some(Body::TillSession(TillSessionBody::CashCounted(_)))
            )
        };
        let counted = self.history.iter().any(is_count);
        session::write(formatter, &self.style, &self.session, counted)?;
        writeln!(formatter)?;
        timeline::write(formatter, &self.style, &self.history)
    }
}
