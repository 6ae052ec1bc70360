//! `misfit list` and `quarantine list`.

use holdfast_schemas::{
    identity::{ChangeHash, DocumentId, LogId, LogPosition, NodeNumber},
    time::Timestamp,
};
use serde::Serialize;

use super::{
    answer::{Answer, as_moment, moment, table},
    context::Context,
    error::CommandError,
};
use crate::store::{
    AsOf, LogStore, PageLimit, QuarantineNumber, QuarantineReason, Quarantined, ReadModel,
};

/// What does not fit.
#[derive(Debug, Serialize)]
pub(super) struct MisfitsAnswer {
    as_of: AsOf,
    misfits: Vec<MisfitAnswer>,
}

#[derive(Debug, Serialize)]
struct MisfitAnswer {
    document: DocumentId,
    name: Box<str>,
    misfit: serde_json::Value,
}

/// What was not taken in.
#[derive(Debug, Serialize)]
pub(super) struct QuarantineAnswer {
    quarantined: Vec<QuarantinedAnswer>,
}

#[derive(Debug, Serialize)]
struct QuarantinedAnswer {
    number: u64,
    log: LogId,
    position: LogPosition,
    document: DocumentId,
    hash: ChangeHash,
    bytes: usize,
    reason: QuarantineReason,
    detail: String,
    delivered_by: NodeNumber,
    #[serde(serialize_with = "as_moment")]
    at: Timestamp,
}

impl From<Quarantined> for QuarantinedAnswer {
    fn from(entry: Quarantined) -> Self {
        Self {
            number: entry.number.get(),
            log: entry.log,
            position: entry.position,
            document: entry.document,
            hash: entry.hash,
            bytes: entry.bytes.len(),
            reason: entry.reason,
            detail: entry.detail,
            delivered_by: entry.delivered_by,
            at: entry.at,
        }
    }
}

pub(super) fn misfits(context: &Context) -> Result<MisfitsAnswer, CommandError> {
    let store = context.open_store()?;
    let as_of = store.as_of()?;
    let mut misfits = Vec::new();
    let mut after = None;
    loop {
        let page = store.misfits(None, after, PageLimit::MAX)?;
        misfits.extend(page.rows.into_iter().map(|(at, row)| MisfitAnswer {
            document: at.document,
            name: row.name.0,
            misfit: serde_json::from_str(&row.view.0).unwrap_or_default(),
        }));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(MisfitsAnswer { as_of, misfits }),
        }
    }
}

pub(super) fn quarantine(context: &Context) -> Result<QuarantineAnswer, CommandError> {
    let store = context.open_store()?;
    let mut quarantined = Vec::new();
    let mut after = QuarantineNumber::START;
    loop {
        let page = store.quarantined(after, PageLimit::MAX)?;
        let Some(last) = page.last() else {
            return Ok(QuarantineAnswer { quarantined });
        };
        after = last.number;
        quarantined.extend(page.into_iter().map(QuarantinedAnswer::from));
    }
}

impl Answer for MisfitsAnswer {
    fn text(&self) -> String {
        let row = |misfit: &MisfitAnswer| {
            [
                misfit.document.to_string(),
                misfit.name.to_string(),
                misfit.misfit.to_string(),
            ]
        };
        format!(
            "{}\n(as of entry {} of {})",
            table(
                ["DOCUMENT", "MISFIT", "DETAIL"],
                self.misfits.iter().map(row)
            ),
            self.as_of.projected,
            self.as_of.durable
        )
    }
}

impl Answer for QuarantineAnswer {
    fn text(&self) -> String {
        let row = |entry: &QuarantinedAnswer| {
            [
                entry.number.to_string(),
                moment(entry.at),
                entry.delivered_by.to_string(),
                entry.document.to_string(),
                entry.reason.name().to_owned(),
                entry.detail.clone(),
            ]
        };
        let header = [
            "NUMBER",
            "SINCE",
            "DELIVERED BY",
            "DOCUMENT",
            "REASON",
            "DETAIL",
        ];
        table(header, self.quarantined.iter().map(row))
    }
}
