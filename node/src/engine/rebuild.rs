//! Projections derived again, and the check of the whole file.

use holdfast_schemas::{
    change::{hash_of_any, recognise},
    document::Document,
    identity::{DocumentId, LogId, LogPosition, NodeNumber},
    log::{LogHead, chain},
};
use rusqlite::Transaction;
use serde::Serialize;

use super::{
    Engine,
    project::{money_taken, project},
};
use crate::store::{
    StoreError, log,
    projection::{self, DocumentRows, ProjectionDigest},
    query, unsent,
};

/// How many documents are listed at a time.
const DOCUMENTS_PAGE: usize = 1_000;

/// Something that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// SQLite found damage.
    Damage {
        /// In its words.
        what: String,
    },
    /// A change is not what the recogniser takes, or is not the one whose hash is kept.
    Change {
        /// Its log.
        log: LogId,
        /// Its place there.
        position: LogPosition,
        /// What is wrong.
        reason: String,
    },
    /// A log's chain does not lead to the head that is kept.
    Chain {
        /// The log.
        log: LogId,
    },
    /// A projection is not what the changes give: rebuild it.
    Projection {
        /// The table.
        table: &'static str,
    },
}

impl Engine {
    /// Derives every projection again from the changes, in one transaction. The one transaction that decodes while it
    /// is open: nobody sells meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]: the projections are as they were.
    pub fn rebuild(&mut self) -> Result<(), StoreError> {
        let node = self.till().node;
        let transaction = self.store_mut().begin()?;
        derive_all(&transaction, node)?;
        transaction.commit()?;
        Ok(())
    }

    /// A fingerprint of each projection's rows: equal before and after a rebuild.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn projection_digests(&self) -> Result<Vec<ProjectionDigest>, StoreError> {
        self.store().read(projection::digests)
    }

    /// Checks the whole file: SQLite's pages, every change, every chain, every projection. Empty where all is well.
    ///
    /// # Errors
    /// [`StoreError`] where the check itself can't run.
    pub fn check(&mut self) -> Result<Vec<Finding>, StoreError> {
        let damage = self.store().integrity_findings()?;
        let mut findings: Vec<Finding> = damage
            .into_iter()
            .map(|what| Finding::Damage { what })
            .collect();
        findings.extend(self.store().read(check_logs)?);
        if findings.is_empty() {
            findings.extend(self.check_projections()?);
        }
        Ok(findings)
    }

    /// Derives everything again and takes it back.
    fn check_projections(&mut self) -> Result<Vec<Finding>, StoreError> {
        let node = self.till().node;
        let transaction = self.store_mut().begin()?;
        let kept = projection::digests(&transaction)?;
        derive_all(&transaction, node)?;
        let derived = projection::digests(&transaction)?;
        transaction.rollback()?;
        let differing = kept
            .into_iter()
            .zip(derived)
            .filter(|(kept, derived)| kept != derived);
        Ok(differing
            .map(|(kept, _)| Finding::Projection { table: kept.table })
            .collect())
    }
}

fn derive_all(transaction: &Transaction<'_>, node: NodeNumber) -> Result<(), StoreError> {
    projection::erase_all(transaction)?;
    let mut after: Option<DocumentId> = None;
    loop {
        let page = log::documents_after(transaction, after, DOCUMENTS_PAGE)?;
        let Some(last) = page.last() else {
            break;
        };
        after = Some(*last);
        for id in page {
            let changes = query::changes_of(transaction, id)?;
            let document = Document::from_changes(id, changes.iter().cloned());
            let rows = project(&document)?;
            projection::replace(transaction, &DocumentRows::none(id), &rows)?;
            for change in changes.iter().filter(|change| change.log().node() == node) {
                let taken = money_taken(change, &document, &rows);
                log::put_taken(transaction, &change.hash(), taken)?;
            }
        }
    }
    unsent::recount(transaction)
}

fn check_logs(transaction: &Transaction<'_>) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    for own in [true, false] {
        for state in log::newest(transaction, own, usize::MAX)? {
            check_log(transaction, &state.head, &mut findings)?;
        }
    }
    Ok(findings)
}

fn check_log(
    transaction: &Transaction<'_>,
    kept: &LogHead,
    findings: &mut Vec<Finding>,
) -> Result<(), StoreError> {
    let mut head = LogHead::start(kept.log);
    for link in log::links_after(transaction, kept.log, LogPosition::START)? {
        if Some(link.position) == head.position.next() {
            head.chain = chain(head.chain, link.position, link.document, link.hash);
            head.position = link.position;
        }
        let wrong = match log::entry_by_hash(transaction, &link.hash)? {
            None => Some("it is not found by its hash".to_owned()),
            Some(entry) if log::is_aside(transaction, &link.hash)? => {
                let same = hash_of_any(&entry.change) == link.hash;
                (!same).then(|| "its bytes give another hash".to_owned())
            }
            Some(entry) => match recognise(&entry.change) {
                Err(refusal) => Some(refusal.to_string()),
                Ok(change) if change.hash() != link.hash => {
                    Some("its bytes give another hash".to_owned())
                }
                Ok(_) => None,
            },
        };
        findings.extend(wrong.map(|reason| Finding::Change {
            log: kept.log,
            position: link.position,
            reason,
        }));
    }
    if head != *kept {
        findings.push(Finding::Chain { log: kept.log });
    }
    Ok(())
}
