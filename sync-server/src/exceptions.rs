//! What does not fit, for people: in words, with its amounts in the document's currency, and what to do about it.

use holdfast_schemas::{
    identity::DocumentId, misfit::Misfit, operation::DocumentKind, value::Currency,
};
use serde::Deserialize;

use crate::store::{MisfitRow, Store, StoreError};

/// A misfit in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explained {
    /// The kind of its document; none while that is not known.
    pub(crate) kind: Option<DocumentKind>,
    /// What does not fit, without a full stop.
    pub(crate) what: String,
    /// What people can do about it; empty for a misfit of a later version.
    pub(crate) what_to_do: String,
}

/// Puts misfits into words, those of one document after the other.
pub(crate) struct Explainer<'a> {
    store: &'a dyn Store,
    last: Option<(DocumentId, Option<DocumentKind>, Option<Currency>)>,
}

/// What a document's view has of it.
#[derive(Deserialize)]
struct WithCurrency {
    currency: Option<Currency>,
}

impl<'a> Explainer<'a> {
    pub(crate) fn new(store: &'a dyn Store) -> Self {
        Self { store, last: None }
    }

    /// # Errors
    /// [`StoreError`].
    pub(crate) fn explain(
        &mut self,
        document: DocumentId,
        row: &MisfitRow,
    ) -> Result<Explained, StoreError> {
        let (kind, currency) = self.look_at(document)?;
        let misfit: Option<Misfit> = serde_json::from_str(&row.view.0).ok();
        Ok(Explained {
            kind,
            what: misfit.as_ref().map_or_else(
                || row.name.0.replace('_', " "),
                |misfit| misfit.words(currency),
            ),
            what_to_do: misfit.map_or_else(String::new, |misfit| misfit.what_to_do(currency)),
        })
    }

    fn look_at(
        &mut self,
        document: DocumentId,
    ) -> Result<(Option<DocumentKind>, Option<Currency>), StoreError> {
        match self.last {
            Some((last, kind, currency)) if last == document => Ok((kind, currency)),
            Some(_) | None => {
                let rows = self.store.document_rows(document)?;
                let kind = rows.as_ref().and_then(|rows| rows.kind);
                let view = rows.and_then(|rows| serde_json::from_str(&rows.view.0).ok());
                let currency = view.and_then(|WithCurrency { currency }| currency);
                self.last = Some((document, kind, currency));
                Ok((kind, currency))
            }
        }
    }
}
