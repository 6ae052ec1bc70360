//! Whether the server lives, whether it is ready, and what it counts.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::IntoResponse,
};

use super::{
    access::ApiState,
    openapi::openapi_json,
    problem::{Problem, ProblemBody},
};
use crate::{
    api_key::Scope,
    metrics::Figures,
    store::{CursorName, NodeRecord, PageLimit, Store},
};

const METRICS_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether the process answers at all. Needs no key.
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200, body = String)))]
pub(super) async fn livez() -> &'static str {
    "live\n"
}

/// Whether the server's file answers. Needs no key.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = String), (status = 503, body = ProblemBody)))]
pub(super) async fn readyz(State(state): State<ApiState>) -> Result<&'static str, Problem> {
    let asked = state.ask(|store: &dyn Store| Ok(store.as_of()?)).await;
    asked.map(|_| "ready\n").map_err(|_| Problem::Unavailable)
}

/// What the server counts, in Prometheus's text format.
#[utoipa::path(get, path = "/metrics", tag = "health", security(("key" = ["operations"])),
    responses((status = 200, body = String), (status = "default", body = ProblemBody)))]
pub(super) async fn metrics(
    State(state): State<ApiState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let ask = |store: &dyn Store| {
        // The cursors first: both only grow, so the log's end is never before them.
        let reacted = store.cursor(CursorName::React)?;
        Ok((reacted, store.as_of()?, all_nodes(store)?))
    };
    let (reacted, as_of, nodes) = state.answer(&headers, Scope::Operations, ask).await?;
    let text = state.metrics.text(&Figures {
        as_of,
        reacted,
        nodes: &nodes,
    });
    Ok(([(header::CONTENT_TYPE, METRICS_CONTENT_TYPE)], text))
}

fn all_nodes(store: &dyn Store) -> Result<Vec<NodeRecord>, Problem> {
    let mut nodes: Vec<NodeRecord> = Vec::new();
    loop {
        let after = nodes.last().map(|node| node.node);
        let page = store.nodes(after, PageLimit::MAX)?;
        if page.is_empty() {
            return Ok(nodes);
        }
        nodes.extend(page);
    }
}

/// This description. Needs no key.
pub(super) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], openapi_json())
}
