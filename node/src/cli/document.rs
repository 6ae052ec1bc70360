//! Commands that show one document: an order with its returns, or a till session.

use std::fmt;

use holdfast_schemas::{
    document::Document,
    identity::DocumentId,
    misfit::Misfit,
    operation::{Body, DocumentKind},
    order::fold_order,
    return_::fold_return,
    till_session::{SessionTakings, fold_till_session},
    value::{Currency, MinorUnits},
    view::{OrderView, ReturnView, SessionView, TimelineEntry, timeline},
};
use serde::Serialize;

use super::{
    OutputFormat,
    arguments::OrderName,
    error::CommandError,
    listing::{money, name},
    output,
    till_file::open_to_read,
    time,
};
use crate::{
    settings::Settings,
    store::{Store, query},
};

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
}

pub(super) fn show_order(
    settings: &Settings,
    wanted: &OrderName,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let file = open_to_read(settings)?;
    let mut orders = Vec::new();
    for document in find(&file, wanted)? {
        let mut returns = Vec::new();
        for returned in file.returns_of(document.id())? {
            if let Some(returned) = file.document(returned)? {
                let state = fold_return(returned.id(), returned.operations());
                returns.push(ReturnView::from(&state));
            }
        }
        let state = fold_order(document.id(), document.operations());
        orders.push(ShownOrder {
            order: OrderView::from(&state),
            history: timeline(document.operations()),
            returns,
        });
    }
    output::print(format, &ShownOrders { orders })
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
}

pub(super) fn order_history(
    settings: &Settings,
    wanted: &OrderName,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let file = open_to_read(settings)?;
    let documents = find(&file, wanted)?
        .iter()
        .map(|document| History {
            document: document.id(),
            operations: timeline(document.operations()),
        })
        .collect();
    output::print(format, &Histories { documents })
}

fn find(file: &Store, wanted: &OrderName) -> Result<Vec<Document>, CommandError> {
    let (ids, what) = match wanted {
        OrderName::Document(id) => (vec![*id], format!("document {id}")),
        OrderName::Number(number) => (
            file.documents_by_number(*number)?,
            format!("order number {number}"),
        ),
        OrderName::Reference(reference) => (
            file.documents_by_reference(reference)?,
            format!("reference {reference}"),
        ),
    };
    let mut documents = Vec::new();
    for id in ids {
        documents.extend(file.document(id)?);
    }
    if documents.is_empty() {
        return Err(CommandError::NotFound { what });
    }
    Ok(documents)
}

/// A till session.
#[derive(Serialize)]
struct ShownSession {
    session: SessionView,
    history: Vec<TimelineEntry>,
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
    let state = fold_till_session(id, document.operations());
    let takings = takings(&file, id)?;
    output::print(
        format,
        &ShownSession {
            session: SessionView::new(&state, &takings),
            history: timeline(document.operations()),
        },
    )
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
            Some(DocumentKind::Return) => {
                SessionTakings::of_return(session, &fold_return(id, document.operations()))
            }
            Some(DocumentKind::TillSession | DocumentKind::Stock) | None => continue,
        };
        takings = takings.plus(&more);
    }
    Ok(takings)
}

fn amount(minor: MinorUnits, currency: Option<Currency>) -> String {
    currency.map_or_else(|| minor.to_string(), |currency| money(minor, currency))
}

fn write_misfits(formatter: &mut fmt::Formatter<'_>, misfits: &[Misfit]) -> fmt::Result {
    misfits
        .iter()
        .try_for_each(|misfit| writeln!(formatter, "  MISFIT {}: {}", misfit.code(), name(misfit)))
}

fn write_history(formatter: &mut fmt::Formatter<'_>, history: &[TimelineEntry]) -> fmt::Result {
    let rows: Vec<[String; 5]> = history
        .iter()
        .map(|entry| {
            [
                entry.at.map_or_else(|| "-".to_owned(), time),
                entry.node.to_string(),
                entry.by.as_ref().map_or_else(
                    || "-".to_owned(),
                    |by| match &by.user {
                        Some(user) => format!("{} {user}", name(&by.role)),
                        None => name(&by.role),
                    },
                ),
                entry.name.clone(),
                entry.body.as_ref().map(details).unwrap_or_default(),
            ]
        })
        .collect();
    output::columns(
        formatter,
        ["AT", "TILL", "BY", "OPERATION", "DETAILS"],
        &rows,
    )
}

/// What an operation says, without its name: `kind: cash, amount_minor: 1250`.
fn details(body: &Body) -> String {
    let Ok(serde_json::Value::Object(body)) = serde_json::to_value(body) else {
        return String::new();
    };
    body.values()
        .filter_map(serde_json::Value::as_object)
        .flatten()
        .map(|(key, value)| match value {
            serde_json::Value::String(text) => format!("{key}: {text}"),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => format!("{key}: {value}"),
        })
        .collect::<Vec<_>>()
        .join(", ")
}

impl fmt::Display for Histories {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.documents.iter().try_for_each(|history| {
            writeln!(formatter, "document {}", history.document)?;
            write_history(formatter, &history.operations)
        })
    }
}

impl fmt::Display for ShownOrders {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.orders.iter().try_for_each(|shown| {
            write_order(formatter, &shown.order)?;
            for returned in &shown.returns {
                write_return(formatter, returned)?;
            }
            writeln!(formatter)?;
            write_history(formatter, &shown.history)
        })
    }
}

fn write_order(formatter: &mut fmt::Formatter<'_>, order: &OrderView) -> fmt::Result {
    let number = order.number.map(|number| number.to_string());
    writeln!(
        formatter,
        "order {}  {}",
        number.as_deref().unwrap_or("without a number"),
        order.id
    )?;
    writeln!(
        formatter,
        "  {}, payment {}, goods {}",
        name(&order.status),
        name(&order.payment_status),
        name(&order.fulfilment_status)
    )?;
    for line in &order.lines {
        let voided = if line.voided { "  (taken off)" } else { "" };
        writeln!(
            formatter,
            "  {:>3}  {} × {}  {} at {}: {}, handed over {}{voided}",
            line.line,
            line.quantity,
            line.product,
            line.description,
            line.unit_price,
            amount(line.total_minor, order.currency),
            line.handed_over,
        )?;
    }
    for tender in &order.tenders {
        let voided = if tender.voided_by.is_empty() {
            ""
        } else {
            "  (given back)"
        };
        writeln!(
            formatter,
            "  {} {}{voided}",
            name(&tender.kind),
            amount(tender.amount_minor, order.currency)
        )?;
    }
    writeln!(
        formatter,
        "  total {}, tax in it {}, held {}, due {}",
        amount(order.total_minor, order.currency),
        amount(order.tax_minor, order.currency),
        amount(order.held_minor, order.currency),
        amount(order.due_minor, order.currency)
    )?;
    if order.frozen {
        writeln!(
            formatter,
            "  FROZEN: it holds an operation that only a later version knows"
        )?;
    }
    write_misfits(formatter, &order.misfits)
}

fn write_return(formatter: &mut fmt::Formatter<'_>, returned: &ReturnView) -> fmt::Result {
    writeln!(
        formatter,
        "return {}: {} lines worth {}, refunded {}",
        returned.id,
        returned.lines.len(),
        amount(returned.worth_minor, returned.currency),
        amount(returned.refunded_minor, returned.currency)
    )?;
    write_misfits(formatter, &returned.misfits)
}

impl fmt::Display for ShownSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SessionView {
            currency, figures, ..
        } = &self.session;
        let state = if self.session.open { "open" } else { "closed" };
        writeln!(formatter, "session {}  {state}", self.session.id)?;
        let rows = [
            ("orders", figures.orders.to_string()),
            ("returns", figures.returns.to_string()),
            ("sales", amount(figures.sales_minor, *currency)),
            ("refunds", amount(figures.refunds_minor, *currency)),
            ("paid in", amount(figures.paid_in_minor, *currency)),
            ("paid out", amount(figures.paid_out_minor, *currency)),
            (
                "cash expected",
                amount(figures.expected_cash_minor, *currency),
            ),
            (
                "cash counted",
                amount(figures.counted_cash_minor, *currency),
            ),
            ("over or short", amount(figures.over_short_minor, *currency)),
        ];
        for (what, value) in rows {
            writeln!(formatter, "  {what:<14} {value}")?;
        }
        write_misfits(formatter, &self.session.misfits)?;
        writeln!(formatter)?;
        write_history(formatter, &self.history)
    }
}
