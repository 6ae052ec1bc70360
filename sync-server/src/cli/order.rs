//! `order unalias`.

use std::sync::Arc;

use holdfast_schemas::{
    identity::{DocumentId, ReasonCode},
    operation::{Author, Role},
};
use serde::Serialize;

use super::{answer::Answer, context::Context, error::CommandError};
use crate::{
    random,
    react::{Reactor, UnaliasError},
    store::{OrderKey, ReadModel, Upkeep},
};

/// Two orders that are two again.
#[derive(Debug, Serialize)]
pub(super) struct UnaliasedAnswer {
    orders: [DocumentId; 2],
    /// How many operations were written; one in each order that named the other.
    written: u32,
}

pub(super) fn unalias(
    context: &Context,
    one: &OrderKey,
    other: &OrderKey,
    reason: &ReasonCode,
) -> Result<UnaliasedAnswer, CommandError> {
    let store = context.open_store_to_write()?;
    let find = |key: &OrderKey| -> Result<DocumentId, CommandError> {
        let found = store.find_orders(key)?;
        match *found.as_slice() {
            [document] => Ok(document),
            [] => Err(CommandError::NotFound(format!(
                "an order that goes by {key}"
            ))),
            _ => Err(CommandError::Input {
                what: "the order's number".to_owned(),
                source: "several orders go or went by it: name the document".into(),
            }),
        }
    };
    let orders = [find(one)?, find(other)?];
    let by = Author {
        role: Role::Headquarters,
        user: None,
    };
    let signer = Arc::new(context.pki().log_signer(store.identity()?.tenant)?);
    // Logs of this command's own: a log is written by one process.
    let written = Reactor::new(random::bytes(), signer, &store)?
        .unalias(&store, orders, reason, &by, context.now())
        .map_err(|source| match source {
            UnaliasError::React(source) => CommandError::Failed {
                attempted: "write the decision",
                source: Box::new(source),
            },
            refused @ (UnaliasError::NotAnOrder(_) | UnaliasError::Refused(_)) => {
                CommandError::Input {
                    what: "the decision".to_owned(),
                    source: Box::new(refused),
                }
            }
        })?;
    tracing::info!(one = %orders[0], other = %orders[1], %reason, "an operator took an alias back");
    Ok(UnaliasedAnswer { orders, written })
}

impl Answer for UnaliasedAnswer {
    fn text(&self) -> String {
        let [one, other] = self.orders;
        format!("orders {one} and {other} are two again")
    }
}
