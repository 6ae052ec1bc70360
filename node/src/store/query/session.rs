//! Till sessions, and what belongs to one.

use holdfast_schemas::{
    identity::{DocumentId, NodeNumber, StoreId},
    operation::LogRange,
    time::BusinessDate,
    value::Currency,
};
use rusqlite::{Row, Transaction, params};
use serde::Serialize;

use super::collect;
use crate::store::{
    Store, StoreError,
    value::{read_document, read_log, read_position, read_text, to_integer},
};

/// A till session, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionSummary {
    /// The session's document.
    pub document: DocumentId,
    /// Whose session it is.
    pub till: NodeNumber,
    /// The till's store.
    pub store: StoreId,
    /// The trading day that it fixed.
    pub business_date: BusinessDate,
    /// The currency of its drawer.
    pub currency: Currency,
    /// Whether it is open.
    #[serde(rename = "open")]
    pub is_open: bool,
}

impl Store {
    /// The till's sessions, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sessions(&self, sessions_max: usize) -> Result<Vec<SessionSummary>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document, till, store, business_date, currency, is_open
                 FROM session_summary ORDER BY document DESC LIMIT ?1",
                [to_integer(sessions_max)],
                read_session,
            )
        })
    }

    /// A store's sessions of one trading day, and those of days before that are still open; oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sessions_of_day(
        &self,
        store: &StoreId,
        day: BusinessDate,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document, till, store, business_date, currency, is_open FROM session_summary
                 WHERE store = ?1 AND (business_date = ?2 OR (business_date < ?2 AND is_open = 1))
                 ORDER BY document",
                params![store.as_str(), day.to_string()],
                read_session,
            )
        })
    }

    /// A store's sessions from one trading day to another, both included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sessions_of_days(
        &self,
        store: &StoreId,
        (from, to): (BusinessDate, BusinessDate),
    ) -> Result<Vec<SessionSummary>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document, till, store, business_date, currency, is_open FROM session_summary
                 WHERE store = ?1 AND business_date BETWEEN ?2 AND ?3 ORDER BY document",
                params![store.as_str(), from.to_string(), to.to_string()],
                read_session,
            )
        })
    }

    /// The papers about a store's safe up to a trading day, newest day first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn safe_papers(
        &self,
        store: &StoreId,
        up_to: BusinessDate,
        papers_max: usize,
    ) -> Result<Vec<DocumentId>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document FROM safe_summary WHERE store = ?1 AND business_date <= ?2
                 ORDER BY business_date DESC, document DESC LIMIT ?3",
                params![store.as_str(), up_to.to_string(), to_integer(papers_max)],
                |row| Ok(read_document(row.get(0)?)),
            )
        })
    }

    /// The till's session that is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_session(&self, till: NodeNumber) -> Result<Option<SessionSummary>, StoreError> {
        self.read(|transaction| open_session(transaction, till))
    }
}

/// The till's session that is open; the newest, should there be two.
pub(crate) fn open_session(
    transaction: &Transaction<'_>,
    till: NodeNumber,
) -> Result<Option<SessionSummary>, StoreError> {
    let found = collect(
        transaction,
        "SELECT document, till, store, business_date, currency, is_open FROM session_summary
         WHERE till = ?1 AND is_open = 1 ORDER BY document DESC LIMIT 1",
        [till.get()],
        read_session,
    )?;
    Ok(found.into_iter().next())
}

/// The orders and returns that were opened, or took or gave money, in a session.
pub(crate) fn documents_of_session(
    transaction: &Transaction<'_>,
    session: DocumentId,
) -> Result<Vec<DocumentId>, StoreError> {
    collect(
        transaction,
        "SELECT document FROM session_document WHERE session = ?1 ORDER BY document",
        [session.to_bytes()],
        |row| Ok(read_document(row.get(0)?)),
    )
}

/// The stretches of logs in which a session was written, with its orders and returns: of this till's `own` logs, or of all.
pub(crate) fn log_ranges_of_session(
    transaction: &Transaction<'_>,
    session: DocumentId,
    own: bool,
) -> Result<Vec<LogRange>, StoreError> {
    collect(
        transaction,
        "SELECT log.log, min(entry.position), max(entry.position)
         FROM (SELECT ?1 AS document UNION SELECT document FROM session_document WHERE session = ?1) AS part
         JOIN entry ON entry.document = part.document
         JOIN log ON log.log = entry.log AND (log.own = 1 OR NOT ?2)
         GROUP BY log.number ORDER BY log.number",
        params![session.to_bytes(), own],
        |row| {
            Ok(LogRange {
                log: read_log(row.get(0)?)?,
                first: read_position(row.get(1)?)?,
                last: read_position(row.get(2)?)?,
            })
        },
    )
}

fn read_session(row: &Row<'_>) -> Result<SessionSummary, StoreError> {
    Ok(SessionSummary {
        document: read_document(row.get(0)?),
        till: NodeNumber::new(row.get(1)?)
            .map_err(|error| StoreError::unreadable("node number", &error))?,
        store: read_text("store", &row.get::<_, String>(2)?)?,
        business_date: read_text("business date", &row.get::<_, String>(3)?)?,
        currency: read_text("currency", &row.get::<_, String>(4)?)?,
        is_open: row.get(5)?,
    })
}
