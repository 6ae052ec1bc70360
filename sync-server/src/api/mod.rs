//! HTTP for headquarters: read-only, JSON, with an API key, over TLS.
//!
//! Every answer says as of which entry of the server's log it is. Lists come in pages with an opaque cursor. Errors
//! are problem details (RFC 9457). `docs/openapi.json` is generated from the types here.

mod access;
mod books;
mod callers;
mod documents;
mod found;
mod health;
mod openapi;
mod operations;
mod page;
mod patience;
mod problem;
mod rights;
mod serve;
#[cfg(test)]
mod tests;

pub use access::ApiState;
pub use openapi::openapi_json;
pub use serve::{HTTP_CONNECTIONS_MAX, HttpServer};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::time::Instant;

use callers::{Caller, Callers};
use problem::Problem;

/// Everything that can be asked.
pub fn router(state: ApiState) -> Router {
    Router::new()
        .route("/v1/orders", get(documents::orders))
        .route("/v1/orders/{key}", get(found::order))
        .route("/v1/returns", get(documents::returns))
        .route("/v1/returns/{key}", get(found::returned))
        .route("/v1/sessions", get(documents::sessions))
        .route("/v1/books", get(books::books))
        .route("/v1/stock", get(operations::stock))
        .route("/v1/misfits", get(operations::misfits))
        .route("/v1/quarantine", get(operations::quarantine))
        .route("/v1/tills", get(operations::tills))
        .route("/v1/rights", get(rights::rights))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(health::openapi))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::Method)
        .layer(middleware::from_fn_with_state(state.clone(), count))
        .with_state(state)
}

/// Turns an address away that has shown too many wrong keys, before its next one is looked at.
async fn limit_wrong_keys(
    callers: Callers,
    caller: Caller,
    request: Request,
    next: Next,
) -> Response {
    let shows_key = request.headers().contains_key(header::AUTHORIZATION);
    if shows_key && let Err(locked_out) = callers.may_try(caller, Instant::now()) {
        return Problem::from(locked_out).into_response();
    }
    let response = next.run(request).await;
    if shows_key && response.status() == StatusCode::UNAUTHORIZED {
        callers.wrong_key(caller, Instant::now());
    }
    response
}

async fn count(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    state.metrics.count_http_request();
    response
}
