//! Lists of orders, returns and till sessions.

use axum::{
    Json,
    extract::{Query, State},
    http::HeaderMap,
};
use holdfast_schemas::{
    identity::{DocumentId, NodeNumber, OrderNumber, StoreId},
    order::OrderStatus,
    time::BusinessDate,
    value::MinorUnits,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    access::ApiState,
    page::{PageBody, after, cursor, limit},
    problem::{Problem, ProblemBody},
};
use crate::{
    api_key::Scope,
    store::{
        OrderFilter, OrderRow, ReturnRow, RowText, SessionRow, Store, StoreDateFilter, ViewJson,
    },
};

/// Which documents to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct DocumentParameters {
    /// Only of this store.
    #[param(value_type = Option<String>)]
    store: Option<StoreId>,
    /// Only of this till, by its node number.
    #[param(value_type = Option<u32>)]
    till: Option<NodeNumber>,
    /// Only of this business date, `YYYY-MM-DD`.
    #[param(value_type = Option<String>)]
    business_date: Option<BusinessDate>,
    /// How many items at most; 1 to 1000, 100 where it is left out.
    limit: Option<u32>,
    /// Where to begin: what an earlier page gave as `next`.
    after: Option<String>,
}

/// Which orders to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct OrderParameters {
    /// Only of this store.
    #[param(value_type = Option<String>)]
    store: Option<StoreId>,
    /// Only of this till, by its node number.
    #[param(value_type = Option<u32>)]
    till: Option<NodeNumber>,
    /// Only of this business date, `YYYY-MM-DD`.
    #[param(value_type = Option<String>)]
    business_date: Option<BusinessDate>,
    /// Only with this status: `new`, `pending_payment`, `paid`, `completed` or `cancelled`.
    #[param(value_type = Option<String>)]
    status: Option<OrderStatus>,
    /// How many items at most; 1 to 1000, 100 where it is left out.
    limit: Option<u32>,
    /// Where to begin: what an earlier page gave as `next`.
    after: Option<String>,
}

/// An order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Order)]
pub(super) struct OrderItem {
    /// The document.
    #[schema(value_type = String)]
    id: DocumentId,
    /// The order's number, the same in every channel.
    #[schema(value_type = String)]
    number: OrderNumber,
    /// The store that sells.
    #[schema(value_type = String)]
    store: StoreId,
    /// The node number of the till that opened it.
    #[schema(value_type = u32)]
    till: NodeNumber,
    /// Its business date, `YYYY-MM-DD`.
    #[schema(value_type = String)]
    business_date: BusinessDate,
    /// Its status.
    status: String,
    /// The document that stands for the order: itself, or the one that it is an alias of.
    #[schema(value_type = String)]
    canonical: DocumentId,
    /// What its lines cost, in minor units.
    #[schema(value_type = i64)]
    total_minor: MinorUnits,
    /// What was paid for it, in minor units.
    #[schema(value_type = i64)]
    paid_minor: MinorUnits,
    /// What was refunded of it, in minor units.
    #[schema(value_type = i64)]
    refunded_minor: MinorUnits,
    /// The whole order as its operations add up to.
    #[schema(value_type = Object)]
    view: Value,
}

/// A return.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Return)]
pub(super) struct ReturnItem {
    /// The document.
    #[schema(value_type = String)]
    id: DocumentId,
    /// The return's number.
    #[schema(value_type = String)]
    number: OrderNumber,
    /// The store that takes back.
    #[schema(value_type = String)]
    store: StoreId,
    /// The node number of the till that opened it.
    #[schema(value_type = u32)]
    till: NodeNumber,
    /// Its business date, `YYYY-MM-DD`.
    #[schema(value_type = String)]
    business_date: BusinessDate,
    /// Its status.
    status: String,
    /// The order that it gives back; null for a return without a receipt.
    #[schema(value_type = Option<String>)]
    order: Option<DocumentId>,
    /// What was refunded, in minor units.
    #[schema(value_type = i64)]
    refunded_minor: MinorUnits,
    /// The whole return as its operations add up to.
    #[schema(value_type = Object)]
    view: Value,
}

/// A till session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionItem {
    /// The document.
    #[schema(value_type = String)]
    id: DocumentId,
    /// The store.
    #[schema(value_type = String)]
    store: StoreId,
    /// The till's node number.
    #[schema(value_type = u32)]
    till: NodeNumber,
    /// Its business date, `YYYY-MM-DD`.
    #[schema(value_type = String)]
    business_date: BusinessDate,
    /// Its status.
    status: String,
    /// The whole session as its operations add up to.
    #[schema(value_type = Object)]
    view: Value,
}

/// A view as it was projected. It was written as JSON, so null would be a bug that readers can see.
pub(super) fn view(json: &ViewJson) -> Value {
    serde_json::from_str(&json.0).unwrap_or(Value::Null)
}

pub(super) fn order_item((id, row, json): (DocumentId, OrderRow, ViewJson)) -> OrderItem {
    OrderItem {
        id,
        number: row.number,
        store: row.store,
        till: row.till,
        business_date: row.business_date,
        status: row.status.0.into(),
        canonical: row.canonical,
        total_minor: row.total_minor,
        paid_minor: row.paid_minor,
        refunded_minor: row.refunded_minor,
        view: view(&json),
    }
}

pub(super) fn return_item((id, row, json): (DocumentId, ReturnRow, ViewJson)) -> ReturnItem {
    ReturnItem {
        id,
        number: row.number,
        store: row.store,
        till: row.till,
        business_date: row.business_date,
        status: row.status.0.into(),
        order: row.order,
        refunded_minor: row.refunded_minor,
        view: view(&json),
    }
}

fn session_item((id, row, json): (DocumentId, SessionRow, ViewJson)) -> SessionItem {
    SessionItem {
        id,
        store: row.store,
        till: row.till,
        business_date: row.business_date,
        status: row.status.0.into(),
        view: view(&json),
    }
}

/// Lists orders, oldest first.
#[utoipa::path(get, path = "/v1/orders", params(OrderParameters), tag = "orders", security(("key" = ["orders"])),
    responses((status = 200, body = PageBody<OrderItem>), (status = "default", body = ProblemBody)))]
pub(super) async fn orders(
    State(state): State<ApiState>,
    headers: HeaderMap,
    parameters: Parameters<OrderParameters>,
) -> Result<Json<PageBody<OrderItem>>, Problem> {
    let parameters = parameters.0;
    let (limit, after) = (
        limit(parameters.limit)?,
        after(parameters.after.as_deref())?,
    );
    let filter = OrderFilter {
        store: parameters.store,
        till: parameters.till,
        business_date: parameters.business_date,
        status: parameters.status.as_ref().map(RowText::of),
    };
    let ask = move |store: &dyn Store| Ok(store.orders(&filter, after, limit)?);
    let page = state.answer(&headers, Scope::Orders, ask).await?;
    Ok(Json(PageBody::of(page, order_item, |id| cursor(&id))))
}

/// Lists returns, oldest first.
#[utoipa::path(get, path = "/v1/returns", params(DocumentParameters), tag = "orders", security(("key" = ["orders"])),
    responses((status = 200, body = PageBody<ReturnItem>), (status = "default", body = ProblemBody)))]
pub(super) async fn returns(
    State(state): State<ApiState>,
    headers: HeaderMap,
    parameters: Parameters<DocumentParameters>,
) -> Result<Json<PageBody<ReturnItem>>, Problem> {
    let (filter, after, limit) = split(parameters.0)?;
    let ask = move |store: &dyn Store| Ok(store.returns(&filter, after, limit)?);
    let page = state.answer(&headers, Scope::Orders, ask).await?;
    Ok(Json(PageBody::of(page, return_item, |id| cursor(&id))))
}

/// Lists till sessions, oldest first.
#[utoipa::path(get, path = "/v1/sessions", params(DocumentParameters), tag = "sessions", security(("key" = ["sessions"])),
    responses((status = 200, body = PageBody<SessionItem>), (status = "default", body = ProblemBody)))]
pub(super) async fn sessions(
    State(state): State<ApiState>,
    headers: HeaderMap,
    parameters: Parameters<DocumentParameters>,
) -> Result<Json<PageBody<SessionItem>>, Problem> {
    let (filter, after, limit) = split(parameters.0)?;
    let ask = move |store: &dyn Store| Ok(store.sessions(&filter, after, limit)?);
    let page = state.answer(&headers, Scope::Sessions, ask).await?;
    Ok(Json(PageBody::of(page, session_item, |id| cursor(&id))))
}

fn split(
    parameters: DocumentParameters,
) -> Result<(StoreDateFilter, Option<DocumentId>, crate::store::PageLimit), Problem> {
    let (limit, after) = (
        limit(parameters.limit)?,
        after(parameters.after.as_deref())?,
    );
    let filter = StoreDateFilter {
        store: parameters.store,
        till: parameters.till,
        business_date: parameters.business_date,
    };
    Ok((filter, after, limit))
}

/// The parameters of a request; one that is unknown or malformed is a [`Problem`].
pub(super) struct Parameters<T>(pub(super) T);

impl<T: serde::de::DeserializeOwned, S: Send + Sync> axum::extract::FromRequestParts<S>
    for Parameters<T>
{
    type Rejection = Problem;
    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &S,
    ) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(rejection) => Err(Problem::Parameter {
                detail: rejection.body_text(),
            }),
        }
    }
}
