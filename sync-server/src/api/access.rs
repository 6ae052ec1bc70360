//! How handlers get at the store: with a key that allows it, off the network's threads, in bounded time.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderMap, header};

use super::problem::Problem;
use crate::{
    api_key::{self, Scope},
    metrics::Metrics,
    store::Store,
};

/// How long one answer may take.
pub(super) const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// What every handler works with.
#[derive(Clone)]
pub struct ApiState {
    /// What the server keeps.
    pub store: Arc<dyn Store>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
}

impl ApiState {
    /// Answers from the store where the request's key allows `scope`. The store blocks, so it is asked on a thread
    /// that may; key and answer are one trip.
    pub(super) async fn answer<Answer: Send + 'static>(
        &self,
        headers: &HeaderMap,
        scope: Scope,
        ask: impl FnOnce(&dyn Store) -> Result<Answer, Problem> + Send + 'static,
    ) -> Result<Answer, Problem> {
        let key = bearer(headers).ok_or(Problem::Unauthorised)?.to_owned();
        self.ask(move |store| {
            api_key::check(store, &key, scope)?;
            ask(store)
        })
        .await
    }

    /// Asks the store without a key.
    pub(super) async fn ask<Answer: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Store) -> Result<Answer, Problem> + Send + 'static,
    ) -> Result<Answer, Problem> {
        let store = Arc::clone(&self.store);
        let asked = tokio::task::spawn_blocking(move || ask(&*store));
        match tokio::time::timeout(ANSWER_TIME_MAX, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(panicked)) => {
                tracing::error!(%panicked, "an answer to headquarters failed");
                Err(Problem::Internal)
            }
            Err(_elapsed) => Err(Problem::TimedOut),
        }
    }
}

/// The key of `Authorization: Bearer KEY`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| key.trim_start())
}
