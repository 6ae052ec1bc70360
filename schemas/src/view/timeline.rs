//! A document's history, one entry for each operation.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    identity::{NodeNumber, OperationId, ReactionId},
    operation::{Author, Body, Recorded},
    time::Timestamp,
};

/// One operation of a document, in folding order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimelineEntry {
    /// The operation.
    pub operation: OperationId,
    /// Who wrote it down: a till, or 0 for the server.
    pub node: NodeNumber,
    /// The operation's name.
    pub name: String,
    /// Whether a reader must know it to decide on the document.
    pub critical: bool,
    /// When, by the author's clock; none for an operation that this version does not know.
    pub at: Option<Timestamp>,
    /// Who did it; none for an operation that this version does not know.
    pub by: Option<Author>,
    /// What the server reacted to, where it is a decision of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<ReactionId>,
    /// What happened, as it is stored; none for an operation that this version does not know.
    pub body: Option<Body>,
}

/// The history of a document whose operations are given in folding order.
pub fn timeline<'a>(
    operations: impl IntoIterator<Item = (OperationId, &'a Recorded)>,
) -> Vec<TimelineEntry> {
    operations
        .into_iter()
        .map(|(id, recorded)| entry(id, recorded))
        .collect()
}

fn entry(operation: OperationId, recorded: &Recorded) -> TimelineEntry {
    let node = operation.log().node();
    match recorded {
        Recorded::Known(known) => TimelineEntry {
            operation,
            node,
            name: known.body.name().to_owned(),
            critical: known.critical,
            at: Some(known.at),
            by: Some(known.by.clone()),
            cause: known.cause,
            body: Some(known.body.clone()),
        },
        Recorded::Unknown { name, critical } => TimelineEntry {
            operation,
            node,
            name: name.to_string(),
            critical: *critical,
            at: None,
            by: None,
            cause: None,
            body: None,
        },
    }
}
