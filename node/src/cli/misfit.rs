//! `misfit list`.

use std::fmt;

use holdfast_schemas::{
    document::Document,
    identity::DocumentId,
    misfit::Misfit,
    operation::DocumentKind,
    order::fold_order,
    return_::fold_return,
    safe::fold_safe,
    stock::fold_stock,
    till_session::fold_till_session,
    value::Currency,
    view::{OrderView, ReturnView},
};
use serde::Serialize;

use super::{OutputFormat, error::CommandError, output, till_file::open_to_read};
use crate::settings::Settings;

#[derive(Serialize)]
struct MisfitList {
    misfits: Vec<ListedMisfit>,
}

#[derive(Serialize)]
struct ListedMisfit {
    document: DocumentId,
    kind: DocumentKind,
    misfit: Misfit,
    what: String,
    what_to_do: String,
}

impl fmt::Display for MisfitList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.misfits.is_empty() {
            return writeln!(formatter, "all fits");
        }
        self.misfits.iter().try_for_each(|listed| {
            let (kind, code) = (
                listed.kind.name().replace(['_', '-'], " "),
                listed.misfit.code(),
            );
            writeln!(formatter, "{kind} {}: {code}", listed.document)?;
            writeln!(formatter, "  {}.", listed.what)?;
            writeln!(formatter, "  {}", listed.what_to_do)
        })
    }
}

/// Lists what does not fit, document by document.
pub(super) fn list(
    settings: &Settings,
    documents_max: usize,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let file = open_to_read(settings)?;
    let mut misfits = Vec::new();
    for id in file.misfit_documents(documents_max)? {
        if let Some(document) = file.document(id)? {
            misfits.extend(misfits_of(&document));
        }
    }
    output::print(format, &MisfitList { misfits })
}

/// What does not fit in one document; nothing where its kind is not known here.
fn misfits_of(document: &Document) -> Vec<ListedMisfit> {
    let (id, operations) = (document.id(), document.operations());
    let Some(kind) = document.kind() else {
        return Vec::new();
    };
    let (misfits, currency): (Vec<Misfit>, Option<Currency>) = match kind {
        DocumentKind::Order => {
            let order = OrderView::from(&fold_order(id, operations));
            (order.misfits, order.currency)
        }
        DocumentKind::Return => {
            let returned = ReturnView::from(&fold_return(id, operations));
            (returned.misfits, returned.currency)
        }
        DocumentKind::TillSession => {
            let session = fold_till_session(id, operations);
            let currency = session.header.map(|header| header.currency);
            (session.misfits, currency)
        }
        DocumentKind::Stock => (fold_stock(id, operations).misfits, None),
        DocumentKind::Safe => (fold_safe(id, operations).misfits, None),
    };
    let listed = misfits.into_iter().map(|misfit| ListedMisfit {
        document: id,
        kind,
        what: misfit.words(currency),
        what_to_do: misfit.what_to_do(currency),
        misfit,
    });
    listed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_schemas::{
        identity::{LogId, NodeNumber, StoreId},
        operation::{Author, Operation, Role, SessionOpened},
        reference::StoreSettings,
        time::{BusinessDate, Timestamp},
        value::MinorUnits,
    };

    #[test]
    fn what_does_not_fit_is_listed_in_words_with_what_to_do() {
        let now = Timestamp::from_milliseconds(1_772_445_600_000);
        let till = NodeNumber::new(12).expect("a till");
        let settings = StoreSettings::default();
        let opened = SessionOpened {
            till,
            store: StoreId::new("north").expect("a store"),
            business_date: BusinessDate::new(2026, 3, 2).expect("a day"),
            time_zone: settings.time_zone,
            cut_over_hour: settings.cut_over_hour,
            currency: settings.currency,
            float_minor: MinorUnits::ZERO,
        };
        let by = Author {
            role: Role::Manager,
            user: None,
        };
        let open = Operation::new(now, by, opened.into());
        let mut document = Document::new(DocumentId::new(now, till, 1));
        let appended = document
            .append(LogId::new(till, [1; 12]), &[open.clone(), open])
            .expect("small");
        document.insert(appended.change);
        let misfits = misfits_of(&document);
        assert_eq!(misfits.len(), 1);
        let shown = MisfitList { misfits }.to_string();
        assert!(shown.starts_with("till session "), "{shown}");
        assert!(shown.contains(": second_header\n  "), "{shown}");
        assert_eq!(shown.lines().count(), 3, "{shown}");
    }
}
