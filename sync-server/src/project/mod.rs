//! S2: rows made from the log, by a cursor of their own.
//!
//! A row is a function of the log up to the cursor and of nothing else, so the rows can be dropped and made again, and
//! are then the same. Each step reads a stretch of the log, folds the documents that it touches (and those whose rows
//! depend on them: a return's order, the documents that are one order), and replaces their rows in one transaction.

mod documents;
mod rows;

use std::collections::BTreeSet;

use holdfast_schemas::{
    change::ChangeRefusal,
    document::Document,
    identity::DocumentId,
    operation::DocumentKind,
    planted::{self, Planted},
};

pub(crate) use self::documents::Documents;
use crate::store::{CursorName, EntryNumber, PageLimit, ProjectionBatch, Store, StoreError};

/// How many entries one step reads, at most: enough that neighbours in the tables are written together, and so few that
/// whoever reads figures sees them move.
pub const STEP_ENTRIES_MAX: PageLimit = PageLimit::clamped(512);

/// Why a step was not made. The rows are as they were.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The log holds bytes that ingest would have refused: the file is damaged.
    #[error("entry {entry} is no change")]
    Damaged {
        /// Which entry.
        entry: EntryNumber,
        /// What is wrong with it.
        source: ChangeRefusal,
    },
    /// A view can't be written as JSON.
    #[error("the view of document {document} can't be written")]
    View {
        /// Which document.
        document: DocumentId,
        /// Why.
        source: serde_json::Error,
    },
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The cursor now.
    pub cursor: EntryNumber,
    /// Whether there was anything to do; if so there may be more.
    pub moved: bool,
}

/// Makes one step.
///
/// # Errors
/// [`ProjectError`].
pub fn step(store: &dyn Store) -> Result<Progress, ProjectError> {
    step_of(store, STEP_ENTRIES_MAX)
}

/// Makes one step of at most so many entries. The rows in the end do not depend on how the log was cut into steps.
///
/// # Errors
/// [`ProjectError`].
pub fn step_of(store: &dyn Store, entries_max: PageLimit) -> Result<Progress, ProjectError> {
    let from = store.cursor(CursorName::Project)?;
    let mut stretch = store.stretch(from, entries_max.get())?;
    let Some(to) = stretch.to else {
        return Ok(Progress {
            cursor: from,
            moved: false,
        });
    };
    if planted::is(Planted::ProjectionCursorAhead) {
        stretch.documents.pop_last();
    }
    let touched = stretch.documents.keys().copied().collect();
    let mut documents = Documents::of_stretch(store, to, stretch.documents)?;
    let affected = affected(&mut documents, touched)?;
    let rows = affected
        .into_iter()
        .map(|document| rows::make(&mut documents, document))
        .collect::<Result<_, _>>()?;
    store.project(&ProjectionBatch {
        from,
        to,
        documents: rows,
    })?;
    Ok(Progress {
        cursor: to,
        moved: true,
    })
}

/// Drops all rows and makes them again. Returns where the cursor ends.
///
/// # Errors
/// [`ProjectError`]; what was made so far stays, and the next step goes on there.
pub fn rebuild(store: &dyn Store) -> Result<EntryNumber, ProjectError> {
    store.drop_projection()?;
    loop {
        let progress = step(store)?;
        if !progress.moved {
            return Ok(progress.cursor);
        }
    }
}

/// A document with all that has come in of it.
///
/// # Errors
/// [`ProjectError`].
pub fn read_document(store: &dyn Store, id: DocumentId) -> Result<Document, ProjectError> {
    documents::document(id, &store.document_entries(id, None)?)
}

/// The documents whose rows may differ once these have changed.
fn affected(
    documents: &mut Documents<'_>,
    touched: BTreeSet<DocumentId>,
) -> Result<BTreeSet<DocumentId>, ProjectError> {
    let mut affected = touched.clone();
    if planted::is(Planted::RowsNotMadeAgain) {
        return Ok(affected);
    }
    for document in touched {
        match documents.kind(document)? {
            Some(DocumentKind::Order) => affected.extend(documents.same_order(document)?),
            Some(DocumentKind::Return) => {
                let order = documents.returned(document)?.order();
                // Of an order that has not come in there is no row to make again.
                if let Some(order) = order
                    && documents.kind(order)? == Some(DocumentKind::Order)
                {
                    affected.extend(documents.same_order(order)?);
                }
            }
            Some(DocumentKind::TillSession | DocumentKind::Stock | DocumentKind::Safe) | None => {}
        }
    }
    Ok(affected)
}
