//! Documents, whole, and what does not fit in them.

use holdfast_schemas::{
    change::{Change, recognise},
    document::Document,
    identity::DocumentId,
    log::LogEntry,
};
use rusqlite::Transaction;
use serde::Serialize;

use super::collect;
use crate::store::{
    Store, StoreError, log,
    value::{read_count, read_document, to_integer},
};

/// A misfit of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MisfitRow {
    /// The document.
    pub document: DocumentId,
    /// The misfit, as the core writes it: an object with a stable `code`.
    pub misfit: serde_json::Value,
}

impl Store {
    /// A document, whole, of every change that is here.
    ///
    /// # Errors
    /// [`StoreError`]; a change of our own file that is not recognised is damage.
    pub fn document(&self, document: DocumentId) -> Result<Option<Document>, StoreError> {
        self.read(|transaction| read_whole(transaction, document))
    }

    /// The entries of a document, by log and position.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn entries_of(&self, document: DocumentId) -> Result<Vec<LogEntry>, StoreError> {
        self.read(|transaction| log::of_document(transaction, document))
    }

    /// The documents in which something does not fit, ascending.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn misfit_documents(&self, documents_max: usize) -> Result<Vec<DocumentId>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT DISTINCT document FROM misfit ORDER BY document LIMIT ?1",
                [to_integer(documents_max)],
                |row| Ok(read_document(row.get(0)?)),
            )
        })
    }

    /// Misfits, by document.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn misfits(&self, misfits_max: usize) -> Result<Vec<MisfitRow>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document, misfit FROM misfit ORDER BY document, line LIMIT ?1",
                [to_integer(misfits_max)],
                |row| {
                    Ok(MisfitRow {
                        document: read_document(row.get(0)?),
                        misfit: serde_json::from_str(&row.get::<_, String>(1)?)
                            .map_err(|error| StoreError::unreadable("misfit", &error))?,
                    })
                },
            )
        })
    }
}

/// A document, whole; none where nothing of it is here.
pub(crate) fn read_whole(
    transaction: &Transaction<'_>,
    document: DocumentId,
) -> Result<Option<Document>, StoreError> {
    let changes = changes_of(transaction, document)?;
    Ok((!changes.is_empty()).then(|| Document::from_changes(document, changes)))
}

/// The changes of a document, by log and position.
pub(crate) fn changes_of(
    transaction: &Transaction<'_>,
    document: DocumentId,
) -> Result<Vec<Change>, StoreError> {
    let entries = log::of_document(transaction, document)?;
    let changes = entries.iter().map(|entry| {
        recognise(&entry.change).map_err(|refusal| StoreError::unreadable("change", &refusal))
    });
    changes.collect()
}

/// How many misfits there are.
pub(crate) fn misfit_count(transaction: &Transaction<'_>) -> Result<u64, StoreError> {
    let count = transaction
        .prepare_cached("SELECT count(*) FROM misfit")?
        .query_row([], |row| row.get(0))?;
    read_count(count)
}
