//! One document's rows.

use std::{collections::BTreeSet, rc::Rc};

use holdfast_schemas::{
    after_sale::after_sale,
    document::Document,
    identity::{DocumentId, NodeNumber, StoreId},
    misfit::Misfit,
    operation::DocumentKind,
    order::{OrderState, resolve_aliases},
    return_::ReturnState,
    safe::fold_safe,
    stock::{StockMovement, fold_stock, order_movements, return_movements, stock_movements},
    till_session::{SessionTakings, fold_till_session},
    time::BusinessDate,
    value::QuantityChange,
    view::{AfterSaleView, OrderView, ReturnView, SafeView, SessionView, StockView},
};
use serde::Serialize;

use super::{
    ProjectError,
    documents::{Covered, Documents},
};
use crate::store::{
    DocumentRows, MisfitRow, MovementRow, OrderRow, ReturnRow, RowText, SessionRow, SummaryRow,
    TradingDay, ViewJson,
};

/// An order as headquarters sees it: itself, and what came back of it.
#[derive(Serialize)]
struct OrderWithReturns {
    #[serde(flatten)]
    order: OrderView,
    after_sale: AfterSaleView,
}

/// Makes the rows of one document.
pub(super) fn make(
    documents: &mut Documents<'_>,
    id: DocumentId,
) -> Result<DocumentRows, ProjectError> {
    match documents.kind(id)? {
        Some(DocumentKind::Order) => order(documents, id),
        Some(DocumentKind::Return) => returned(documents, id),
        Some(DocumentKind::TillSession) => session(documents, id),
        Some(DocumentKind::Stock) => stock(documents, id),
        Some(DocumentKind::Safe) => safe(documents, id),
        None => Ok(rows(id, None, ViewJson("null".into()))),
    }
}

fn rows(document: DocumentId, kind: Option<DocumentKind>, view: ViewJson) -> DocumentRows {
    DocumentRows {
        document,
        kind,
        summary: SummaryRow::NotBegun,
        view,
        numbers: Vec::new(),
        references: Vec::new(),
        misfits: Vec::new(),
        movements: Vec::new(),
        days: BTreeSet::new(),
        sessions: BTreeSet::new(),
    }
}

fn order(documents: &mut Documents<'_>, id: DocumentId) -> Result<DocumentRows, ProjectError> {
    let state = documents.order(id)?;
    let returns = documents.returns_of(id)?;
    let left = after_sale(&state, &returns);
    let same = documents
        .same_order(id)?
        .into_iter()
        .map(|other| documents.order(other))
        .collect::<Result<Vec<_>, _>>()?;
    let aliased = resolve_aliases(same.iter().map(Rc::as_ref));
    let canonical = aliased.as_ref().map_or(id, |aliased| aliased.canonical);
    let view = OrderWithReturns {
        order: OrderView::from(&*state),
        after_sale: AfterSaleView::from(&left),
    };
    let mut misfits = state.misfits.clone();
    misfits.extend(left.misfits.iter().cloned());
    let mut moves = same.len() == 1;
    if let Some(aliased) = aliased {
        moves |= aliased.stock == Some(id);
        // What is wrong between documents that are one order is told once.
        if canonical == id {
            misfits.extend(aliased.misfits);
        }
    }
    let till = author(documents.get(id)?);
    let mut rows = rows(id, Some(DocumentKind::Order), json(id, &view)?);
    rows.numbers = state.numbers.all().collect();
    rows.references = state.references.iter().cloned().collect();
    rows.misfits = misfit_rows(id, &misfits)?;
    let movements = order_movements(&state);
    if moves {
        rows.movements = movement_rows(&movements);
    }
    rows.days = movement_days(&movements);
    rows.sessions = state.sessions().collect();
    if let Some(header) = &state.header {
        rows.days.insert(day(&header.store, header.business_date));
    }
    if let Some(row) = order_row(&state, till, canonical, left.refunded_minor) {
        rows.summary = SummaryRow::Order(row);
    }
    Ok(rows)
}

fn order_row(
    state: &OrderState,
    till: NodeNumber,
    canonical: DocumentId,
    refunded_minor: holdfast_schemas::value::MinorUnits,
) -> Option<OrderRow> {
    let header = state.header.as_ref()?;
    Some(OrderRow {
        number: state.numbers.current().unwrap_or(header.number),
        store: header.store.clone(),
        till,
        business_date: header.business_date,
        status: RowText::of(&state.status()),
        canonical,
        total_minor: state.total_minor(),
        paid_minor: state.held_minor(),
        refunded_minor,
    })
}

fn returned(documents: &mut Documents<'_>, id: DocumentId) -> Result<DocumentRows, ProjectError> {
    let state = documents.returned(id)?;
    let till = author(documents.get(id)?);
    let mut rows = rows(
        id,
        Some(DocumentKind::Return),
        json(id, &ReturnView::from(&state))?,
    );
    rows.misfits = misfit_rows(id, &state.misfits)?;
    rows.numbers = state.numbers.all().collect();
    let movements = return_movements(&state);
    rows.movements = movement_rows(&movements);
    rows.days = movement_days(&movements);
    rows.sessions = state.sessions().collect();
    if let Some(row) = return_row(&state, till) {
        rows.days.insert(day(&row.store, row.business_date));
        rows.summary = SummaryRow::Return(row);
    }
    Ok(rows)
}

fn return_row(state: &ReturnState, till: NodeNumber) -> Option<ReturnRow> {
    let header = state.header.as_ref()?;
    let status = if state.completed.is_some() {
        "completed"
    } else {
        "open"
    };
    Some(ReturnRow {
        number: state.numbers.current().unwrap_or(header.number),
        store: header.store.clone(),
        till,
        business_date: header.business_date,
        status: RowText(status.into()),
        order: state.order(),
        refunded_minor: state.refunded_minor(),
    })
}

fn session(documents: &mut Documents<'_>, id: DocumentId) -> Result<DocumentRows, ProjectError> {
    let state = fold_till_session(id, documents.get(id)?.operations());
    let takings = takings(id, &documents.covered(id)?);
    let view = SessionView::new(&state, &takings);
    let mut rows = rows(id, Some(DocumentKind::TillSession), json(id, &view)?);
    rows.misfits = misfit_rows(id, &state.misfits)?;
    if let Some(header) = &state.header {
        rows.days.insert(day(&header.store, header.business_date));
        let status = if state.is_open() { "open" } else { "closed" };
        rows.summary = SummaryRow::Session(SessionRow {
            store: header.store.clone(),
            till: header.till,
            business_date: header.business_date,
            status: RowText(status.into()),
        });
    }
    Ok(rows)
}

/// What a closed session's documents brought, reckoned anew: headquarters does not take the till's word for it.
fn takings(session: DocumentId, covered: &Covered) -> SessionTakings {
    let orders = covered
        .orders
        .iter()
        .map(|order| SessionTakings::of_order(session, order));
    let returns = covered
        .returns
        .iter()
        .map(|returned| SessionTakings::of_return(session, returned));
    orders
        .chain(returns)
        .fold(SessionTakings::default(), |sum, takings| sum.plus(&takings))
}

fn stock(documents: &mut Documents<'_>, id: DocumentId) -> Result<DocumentRows, ProjectError> {
    let state = fold_stock(id, documents.get(id)?.operations());
    let view = json(id, &StockView::from(&state))?;
    let mut rows = rows(id, Some(DocumentKind::Stock), view);
    rows.summary = SummaryRow::Stock;
    rows.misfits = misfit_rows(id, &state.misfits)?;
    let movements = stock_movements(&state);
    rows.movements = movement_rows(&movements);
    rows.days = movement_days(&movements);
    Ok(rows)
}

fn safe(documents: &mut Documents<'_>, id: DocumentId) -> Result<DocumentRows, ProjectError> {
    let state = fold_safe(id, documents.get(id)?.operations());
    let view = json(id, &SafeView::from(&state))?;
    let mut rows = rows(id, Some(DocumentKind::Safe), view);
    rows.summary = SummaryRow::Stock;
    rows.misfits = misfit_rows(id, &state.misfits)?;
    Ok(rows)
}

/// Who began a document: its first operation's author.
fn author(document: &Document) -> NodeNumber {
    document
        .operations()
        .next()
        .map_or(NodeNumber::SERVER, |(id, _)| id.log().node())
}

fn json(document: DocumentId, view: &impl Serialize) -> Result<ViewJson, ProjectError> {
    serde_json::to_string(view)
        .map(|json| ViewJson(json.into()))
        .map_err(|source| ProjectError::View { document, source })
}

fn misfit_rows(document: DocumentId, misfits: &[Misfit]) -> Result<Vec<MisfitRow>, ProjectError> {
    misfits
        .iter()
        .map(|misfit| {
            Ok(MisfitRow {
                name: RowText(misfit.code().into()),
                view: json(document, misfit)?,
            })
        })
        .collect()
}

fn day(store: &StoreId, business_date: BusinessDate) -> TradingDay {
    TradingDay {
        store: store.clone(),
        business_date,
    }
}

/// The trading days on which stock moved.
fn movement_days(movements: &[StockMovement]) -> BTreeSet<TradingDay> {
    let days = movements.iter();
    days.filter_map(|movement| Some(day(&movement.store, movement.business_date?)))
        .collect()
}

/// Movements as rows. One that moves nothing, or more than a quantity can be, leaves no row: a fold has named it.
fn movement_rows(movements: &[StockMovement]) -> Vec<MovementRow> {
    movements
        .iter()
        .filter_map(|movement| {
            let change = &movement.change;
            Some(MovementRow {
                store: movement.store.clone(),
                product: movement.product.clone(),
                change: QuantityChange::new(change.amount(), change.measure()).ok()?,
                business_date: movement.business_date,
                cause: RowText::of(&movement.cause),
                operation: movement.operation,
                index: movement.index,
            })
        })
        .collect()
}
