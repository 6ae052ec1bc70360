//! `misfit list` and `quarantine list`.

use holdfast_schemas::{
    identity::{ChangeHash, DocumentId, LogId, LogPosition, NodeNumber},
    operation::DocumentKind,
    time::Timestamp,
};
use serde::Serialize;

use super::{
    answer::{Answer, as_moment, moment, table},
    context::Context,
    error::CommandError,
};
use crate::{
    exceptions::Explainer,
    store::{
        AsOf, LogStore, PageLimit, QuarantineNumber, QuarantineReason, Quarantined, ReadModel,
    },
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
    kind: Option<DocumentKind>,
    name: Box<str>,
    what: String,
    what_to_do: String,
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
    let mut explainer = Explainer::new(&store);
    let mut misfits = Vec::new();
    let mut after = None;
    loop {
        let page = store.misfits(None, after, PageLimit::MAX)?;
        for (at, row) in page.rows {
            let explained = explainer.explain(at.document, &row)?;
            misfits.push(MisfitAnswer {
                document: at.document,
                kind: explained.kind,
                name: row.name.0,
                what: explained.what,
                what_to_do: explained.what_to_do,
                misfit: serde_json::from_str(&row.view.0).unwrap_or_default(),
            });
        }
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

impl MisfitAnswer {
    fn text(&self) -> String {
        let kind = self.kind.map_or("document", DocumentKind::name);
        let kind = kind.replace(['_', '-'], " ");
        let (document, name, what) = (self.document, &self.name, &self.what);
        let mut text = format!("{kind} {document}: {name}\n  {what}.");
        if !self.what_to_do.is_empty() {
            text.push_str("\n  ");
            text.push_str(&self.what_to_do);
        }
        text
    }
}

impl Answer for MisfitsAnswer {
    fn text(&self) -> String {
        let mut lines: Vec<String> = self.misfits.iter().map(MisfitAnswer::text).collect();
        if lines.is_empty() {
            lines.push("all fits".to_owned());
        }
        let AsOf { projected, durable } = self.as_of;
        lines.push(format!("(as of entry {projected} of {durable})"));
        lines.join("\n")
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

#[cfg(test)]
mod tests {
    use holdfast_schemas::value::MinorUnits;

    use super::*;
    use crate::store::EntryNumber;

    #[test]
    fn misfits_are_listed_in_words_and_not_as_json() {
        let as_of = AsOf {
            projected: EntryNumber::new(7),
            durable: EntryNumber::new(9),
        };
        let document = DocumentId::from_bytes([1; 16]);
        let misfit = MisfitAnswer {
            document,
            kind: Some(DocumentKind::TillSession),
            name: "alias_both_paid".into(),
            what: "both were paid".to_owned(),
            what_to_do: "Refund one.".to_owned(),
            misfit: serde_json::json!({ "amount_minor": MinorUnits::new(1) }),
        };
        let text = MisfitsAnswer {
            as_of,
            misfits: vec![misfit],
        }
        .text();
        let expected = format!(
            "till session {document}: alias_both_paid\n  both were paid.\n  Refund one.\n(as of entry 7 of 9)"
        );
        assert_eq!(text, expected);
        let misfits = Vec::new();
        let nothing = MisfitsAnswer { as_of, misfits }.text();
        assert_eq!(nothing, "all fits\n(as of entry 7 of 9)");
    }
}
