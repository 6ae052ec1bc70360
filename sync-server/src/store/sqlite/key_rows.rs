//! Under what a document is found: its keys, each a row of a table of keys, and all of them in the document's own row, so
//! that they can be taken out again.

use std::collections::BTreeSet;

use holdfast_schemas::identity::{DocumentId, ExternalRef, OrderNumber};
use rusqlite::{ToSql, Transaction};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{failed, values::Column};
use crate::store::{DocumentRows, StoreError, TradingDay};

/// A document's keys.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Keys {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) numbers: Vec<OrderNumber>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) references: Vec<ExternalRef>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) days: BTreeSet<TradingDay>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) sessions: BTreeSet<DocumentId>,
}

/// What is done with each row of a table of keys.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Put,
    Remove,
}

impl Keys {
    pub(super) fn of(rows: &DocumentRows) -> Self {
        Self {
            numbers: rows.numbers.clone(),
            references: rows.references.clone(),
            days: rows.days.clone(),
            sessions: rows.sessions.clone(),
        }
    }

    /// Writes them to the tables of keys.
    pub(super) fn put(
        &self,
        transaction: &Transaction<'_>,
        document: DocumentId,
    ) -> rusqlite::Result<()> {
        self.each(transaction, document, Deed::Put)
    }

    /// Takes them out of the tables of keys.
    pub(super) fn remove(
        &self,
        transaction: &Transaction<'_>,
        document: DocumentId,
    ) -> rusqlite::Result<()> {
        self.each(transaction, document, Deed::Remove)
    }

    fn each(
        &self,
        transaction: &Transaction<'_>,
        document: DocumentId,
        deed: Deed,
    ) -> rusqlite::Result<()> {
        let run = |[put, remove]: [&str; 2], values: &[&dyn ToSql]| {
            let sql = match deed {
                Deed::Put => put,
                Deed::Remove => remove,
            };
            transaction.prepare_cached(sql)?.execute(values).map(drop)
        };
        let document = Column(document);
        for number in &self.numbers {
            let sql = [
                "INSERT INTO number_row (number, document) VALUES (?1, ?2)",
                "DELETE FROM number_row WHERE number = ?1 AND document = ?2",
            ];
            run(sql, &[&Column(*number), &document])?;
        }
        for ExternalRef { channel, value } in &self.references {
            let sql = [
                "INSERT INTO reference_row (channel, value, document) VALUES (?1, ?2, ?3)",
                "DELETE FROM reference_row WHERE channel = ?1 AND value = ?2 AND document = ?3",
            ];
            run(sql, &[&channel.as_str(), &value.as_str(), &document])?;
        }
        for day in &self.days {
            let sql = [
                "INSERT INTO day_row (store, business_date, document) VALUES (?1, ?2, ?3)",
                "DELETE FROM day_row WHERE store = ?1 AND business_date = ?2 AND document = ?3",
            ];
            let date = day.business_date.to_string();
            run(sql, &[&day.store.as_str(), &date, &document])?;
        }
        for session in &self.sessions {
            let sql = [
                "INSERT INTO named_session_row (session, document) VALUES (?1, ?2)",
                "DELETE FROM named_session_row WHERE session = ?1 AND document = ?2",
            ];
            run(sql, &[&Column(*session), &document])?;
        }
        Ok(())
    }

    /// Whether another document has one of the numbers or references.
    fn are_shared(
        &self,
        transaction: &Transaction<'_>,
        document: DocumentId,
    ) -> rusqlite::Result<bool> {
        let document = Column(document);
        for number in &self.numbers {
            let sql = "SELECT 1 FROM number_row WHERE number = ?1 AND document <> ?2";
            let mut statement = transaction.prepare_cached(sql)?;
            let values: [&dyn ToSql; 2] = [&Column(*number), &document];
            if statement.exists(values.as_slice())? {
                return Ok(true);
            }
        }
        for ExternalRef { channel, value } in &self.references {
            let sql =
                "SELECT 1 FROM reference_row WHERE channel = ?1 AND value = ?2 AND document <> ?3";
            let mut statement = transaction.prepare_cached(sql)?;
            let values: [&dyn ToSql; 3] = [&channel.as_str(), &value.as_str(), &document];
            if statement.exists(values.as_slice())? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether another document has a number or a reference of this one.
pub(super) fn shares_keys(
    transaction: &Transaction<'_>,
    document: DocumentId,
) -> Result<bool, StoreError> {
    let attempted = failed("find documents that share a key");
    let keys = transaction
        .prepare_cached("SELECT keys FROM document_row WHERE document = ?1")
        .and_then(|mut statement| {
            let mut found = statement.query([Column(document)])?;
            let row = found.next()?;
            row.map(|row| row.get::<_, String>(0)).transpose()
        })
        .map_err(&attempted)?;
    let Some(keys) = keys else { return Ok(false) };
    let keys: Keys = from_json(&keys)?;
    keys.are_shared(transaction, document).map_err(attempted)
}

/// What a column of JSON holds, as text.
pub(super) fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(unreadable)
}

/// Reads what [`to_json`] wrote.
pub(super) fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(unreadable)
}

fn unreadable(source: serde_json::Error) -> StoreError {
    StoreError::Stored {
        what: "row of a document",
        source: source.into(),
    }
}
