//! One order or return, by any of its names, with all that happened to it.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{DocumentId, NodeNumber, OperationId},
    operation::{Author, Recorded},
};
use serde::Serialize;
use serde_json::Value;

use super::{
    access::ApiState,
    documents::{OrderItem, ReturnItem, order_item, return_item, view},
    page::AsOfBody,
    problem::{Problem, ProblemBody},
};
use crate::{
    api_key::Scope,
    moment::moment,
    store::{AsOf, DocumentRows, MisfitRow, OrderKey, Store, StoreError, SummaryRow},
};

/// An order with its history.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OrderDetail)]
pub(super) struct OrderDetail {
    /// The order.
    #[serde(flatten)]
    order: OrderItem,
    /// The returns that refer to it.
    #[schema(value_type = Vec<String>)]
    returns: Vec<DocumentId>,
    /// What does not fit in it.
    #[schema(value_type = Vec<Object>)]
    misfits: Vec<Value>,
    /// Everything that happened to it, in the order in which it counts.
    timeline: Vec<TimelineItem>,
}

/// One thing that happened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = TimelineItem)]
pub(super) struct TimelineItem {
    /// The operation's id.
    #[schema(value_type = String)]
    id: OperationId,
    /// The node that wrote it; 0 is the server.
    #[schema(value_type = u32)]
    node: NodeNumber,
    /// What happened: the operation's name.
    name: String,
    /// Whether it must be known to decide on the order.
    critical: bool,
    /// When, by the author's clock (RFC 3339); null for an operation of a later version.
    at: Option<String>,
    /// Who did it; null for an operation of a later version.
    #[schema(value_type = Option<Object>)]
    by: Option<Author>,
    /// What exactly; null for an operation of a later version.
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
}

/// A return with its history.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ReturnDetail)]
pub(super) struct ReturnDetail {
    /// The return.
    #[serde(flatten)]
    returned: ReturnItem,
    /// What does not fit in it.
    #[schema(value_type = Vec<Object>)]
    misfits: Vec<Value>,
    /// Everything that happened to it, in the order in which it counts.
    timeline: Vec<TimelineItem>,
}

/// The orders that one key finds: nearly always one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OrdersFound)]
pub(super) struct OrdersFound {
    /// How fresh it is.
    as_of: AsOfBody,
    /// The orders, oldest first. More than one where a number was minted twice, or two orders claim one reference.
    items: Vec<OrderDetail>,
}

/// Finds an order by its document, its number, or what another system calls it, with all that happened to it.
#[utoipa::path(get, path = "/v1/orders/{key}", tag = "orders", security(("key" = ["orders"])),
    params(("key" = String, Path, description = "a document id, an order number, or channel:value")),
    responses((status = 200, body = OrdersFound), (status = 404, body = ProblemBody), (status = "default", body = ProblemBody)))]
pub(super) async fn order(
    State(state): State<ApiState>,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Result<Json<OrdersFound>, Problem> {
    let key = order_key(&key).ok_or_else(|| Problem::Parameter {
        detail: "an order is named by its document id, its number, or channel:value".to_owned(),
    })?;
    let ask = move |store: &dyn Store| {
        let (as_of, items) = find(store, &key, order_detail)?;
        Ok(OrdersFound { as_of, items })
    };
    Ok(Json(state.answer(&headers, Scope::Orders, ask).await?))
}

/// The returns that one key finds: nearly always one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ReturnsFound)]
pub(super) struct ReturnsFound {
    /// How fresh it is.
    as_of: AsOfBody,
    /// The returns, oldest first. More than one where a number was minted twice.
    items: Vec<ReturnDetail>,
}

/// Finds a return by its document or its number, with all that happened to it.
#[utoipa::path(get, path = "/v1/returns/{key}", tag = "orders", security(("key" = ["orders"])),
    params(("key" = String, Path, description = "a document id, or a return's number")),
    responses((status = 200, body = ReturnsFound), (status = 404, body = ProblemBody), (status = "default", body = ProblemBody)))]
pub(super) async fn returned(
    State(state): State<ApiState>,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Result<Json<ReturnsFound>, Problem> {
    let key = order_key(&key).ok_or_else(|| Problem::Parameter {
        detail: "a return is named by its document id or its number".to_owned(),
    })?;
    let ask = move |store: &dyn Store| {
        let (as_of, items) = find(store, &key, return_detail)?;
        Ok(ReturnsFound { as_of, items })
    };
    Ok(Json(state.answer(&headers, Scope::Orders, ask).await?))
}

/// A document id has 26 digits, a number 14 and a check of its own, a reference a colon: no text is two of them.
fn order_key(text: &str) -> Option<OrderKey> {
    if let Ok(document) = text.parse() {
        return Some(OrderKey::Document(document));
    }
    if text.contains(':') {
        return text.parse().ok().map(OrderKey::Reference);
    }
    text.parse().ok().map(OrderKey::Number)
}

/// All that a key finds and `detail` takes: a number that was minted twice may find an order and a return.
fn find<Detail>(
    store: &dyn Store,
    key: &OrderKey,
    detail: impl Fn(&dyn Store, AsOf, DocumentRows) -> Result<Option<Detail>, StoreError>,
) -> Result<(AsOfBody, Vec<Detail>), Problem> {
    let as_of = store.as_of()?;
    let mut items = Vec::new();
    for id in store.find(key)? {
        if let Some(rows) = store.document_rows(id)? {
            items.extend(detail(store, as_of, rows)?);
        }
    }
    if items.is_empty() {
        return Err(Problem::NotFound);
    }
    Ok((as_of.into(), items))
}

fn order_detail(
    store: &dyn Store,
    as_of: AsOf,
    rows: DocumentRows,
) -> Result<Option<OrderDetail>, StoreError> {
    let SummaryRow::Order(row) = rows.summary else {
        return Ok(None);
    };
    let id = rows.document;
    Ok(Some(OrderDetail {
        order: order_item((id, row, rows.view)),
        returns: store.referring_documents(id, Some(as_of.projected))?,
        misfits: misfits(&rows.misfits),
        timeline: timeline(store, id, as_of)?,
    }))
}

fn return_detail(
    store: &dyn Store,
    as_of: AsOf,
    rows: DocumentRows,
) -> Result<Option<ReturnDetail>, StoreError> {
    let SummaryRow::Return(row) = rows.summary else {
        return Ok(None);
    };
    let id = rows.document;
    Ok(Some(ReturnDetail {
        returned: return_item((id, row, rows.view)),
        misfits: misfits(&rows.misfits),
        timeline: timeline(store, id, as_of)?,
    }))
}

fn misfits(rows: &[MisfitRow]) -> Vec<Value> {
    rows.iter().map(|misfit| view(&misfit.view)).collect()
}

/// What had happened to a document as of an entry.
fn timeline(
    store: &dyn Store,
    id: DocumentId,
    as_of: AsOf,
) -> Result<Vec<TimelineItem>, StoreError> {
    let entries = store.document_entries(id, Some(as_of.projected))?;
    let changes = entries
        .iter()
        .filter_map(|entry| recognise(&entry.bytes).ok());
    let document = Document::from_changes(id, changes);
    let operations = document.operations();
    Ok(operations
        .map(|(id, recorded)| timeline_item(id, recorded))
        .collect())
}

fn timeline_item(id: OperationId, recorded: &Recorded) -> TimelineItem {
    let node = id.log().node();
    match recorded {
        Recorded::Known(operation) => TimelineItem {
            id,
            node,
            name: operation.body.name().to_owned(),
            critical: operation.critical,
            at: Some(moment(operation.at)),
            by: Some(operation.by.clone()),
            body: serde_json::to_value(&operation.body).ok(),
        },
        Recorded::Unknown { name, critical } => TimelineItem {
            id,
            node,
            name: name.to_string(),
            critical: *critical,
            at: None,
            by: None,
            body: None,
        },
    }
}
