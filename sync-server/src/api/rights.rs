//! Rights: who alone may do what to a document.

use axum::{Json, extract::State, http::HeaderMap};
use holdfast_schemas::{
    identity::{DocumentId, NodeNumber},
    wire::{Right, RightKind},
};
use serde::Serialize;

use super::{
    access::ApiState,
    documents::Parameters,
    page::{PageBody, PageParameters, after, cursor, limit},
    problem::{Problem, ProblemBody},
};
use crate::{
    api_key::Scope,
    moment::moment,
    store::{RightRow, Store},
};

/// A right that a till holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Right)]
pub(super) struct RightItem {
    /// To do what: `resume`, `refund` or `handover`.
    #[schema(value_type = String)]
    kind: RightKind,
    /// To which document.
    #[schema(value_type = String)]
    document: DocumentId,
    /// The node number of the till that holds it.
    #[schema(value_type = u32)]
    node: NodeNumber,
    /// Since when (RFC 3339).
    since: String,
}

impl From<RightRow> for RightItem {
    fn from(row: RightRow) -> Self {
        Self {
            kind: row.right.kind,
            document: row.right.document,
            node: row.node,
            since: moment(row.since),
        }
    }
}

/// Lists the rights that tills hold, by document.
#[utoipa::path(get, path = "/v1/rights", params(PageParameters), tag = "operations", security(("key" = ["operations"])),
    responses((status = 200, body = PageBody<RightItem>), (status = "default", body = ProblemBody)))]
pub(super) async fn rights(
    State(state): State<ApiState>,
    headers: HeaderMap,
    parameters: Parameters<PageParameters>,
) -> Result<Json<PageBody<RightItem>>, Problem> {
    let limit = limit(parameters.0.limit)?;
    let from: Option<Right> = after(parameters.0.after.as_deref())?;
    let ask = move |store: &dyn Store| Ok((store.as_of()?, store.rights(from, limit)?));
    let (as_of, rows) = state.answer(&headers, Scope::Operations, ask).await?;
    let next = rows.last().map(|row| cursor(&row.right));
    let is_full = rows.len() as u64 == u64::from(limit.get());
    Ok(Json(PageBody {
        as_of: as_of.into(),
        items: rows.into_iter().map(RightItem::from).collect(),
        next: next.filter(|_| is_full),
    }))
}
