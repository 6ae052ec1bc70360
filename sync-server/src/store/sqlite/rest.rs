//! Reference data and upkeep over SQLite.

use std::path::Path;

use holdfast_schemas::{
    identity::{ChainHash, DocumentId, LogId, LogPosition, NodeNumber, PriceListVersion, StoreId},
    log::{LogHead, chain},
    planted::{self, Planted},
    wire::ServerEpoch,
};
use rusqlite::{OpenFlags, OptionalExtension, Transaction, backup::Backup, params};

use super::{
    SqlitePlace, SqliteStore, failed,
    key_rows::from_json,
    made::made_beside,
    open,
    rows::{self, collect},
    stock_rows::StockChanges,
    values::{Column, column, text},
};
use crate::store::{
    CheckFinding, MovementRow, PageLimit, ReferenceDelta, ReferenceKey, ReferenceRecord,
    ReferenceStore, ServerIdentity, StoreError, Upkeep,
    upkeep::{last_node, node_after},
};

/// How many pages of the file are copied in one step of a backup.
const BACKUP_PAGES_PER_STEP: std::ffi::c_int = 1_024;

impl ReferenceStore for SqliteStore {
    fn import_reference(
        &self,
        records: &[ReferenceRecord],
    ) -> Result<PriceListVersion, StoreError> {
        self.write(|transaction| put_references(transaction, records))
    }

    fn change_reference(
        &self,
        key: &ReferenceKey,
        change: &mut dyn FnMut(Option<&str>) -> Option<Box<str>>,
    ) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let before = reference_json(transaction, key)?.flatten();
            let Some(json) = change(before.as_deref()) else {
                return Ok(false);
            };
            let record = ReferenceRecord {
                key: key.clone(),
                json: Some(json),
            };
            put_references(transaction, &[record])?;
            Ok(true)
        })
    }

    fn reference_delta(
        &self,
        after: PriceListVersion,
        limit: PageLimit,
    ) -> Result<ReferenceDelta, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT version, key, json FROM reference_record WHERE version > ?1 ORDER BY version LIMIT ?2";
            let values: [&dyn rusqlite::ToSql; 2] = [&Column(after), &limit.get()];
            let records = collect(transaction, "read reference data", sql, &values, |row| {
                let record = ReferenceRecord {
                    key: ReferenceKey(row.get::<_, String>(1)?.into()),
                    json: row.get::<_, Option<String>>(2)?.map(Into::into),
                };
                Ok((column(row, 0)?, record))
            })?;
            Ok(ReferenceDelta {
                records,
                newest: reference_version(transaction)?,
            })
        })
    }

    fn reference_record(&self, key: &ReferenceKey) -> Result<Option<Box<str>>, StoreError> {
        self.read(|transaction| {
            let json = reference_json(transaction, key)?;
            Ok(json.flatten().map(Into::into))
        })
    }

    fn reference_version(&self) -> Result<PriceListVersion, StoreError> {
        self.read(reference_version)
    }
}

fn reference_version(transaction: &Transaction<'_>) -> Result<PriceListVersion, StoreError> {
    transaction
        .query_row("SELECT reference_version FROM server", [], |row| {
            column(row, 0)
        })
        .map_err(failed("read the reference data's version"))
}

/// Puts records in, each that differs at a version of its own. The newest version.
fn put_references(
    transaction: &Transaction<'_>,
    records: &[ReferenceRecord],
) -> Result<PriceListVersion, StoreError> {
    let mut version = reference_version(transaction)?;
    for record in records {
        let next = PriceListVersion::new(version.get() + 1);
        if put_reference(transaction, record, next)? {
            version = next;
        }
    }
    transaction
        .execute(
            "UPDATE server SET reference_version = ?1",
            [Column(version)],
        )
        .map_err(failed("write reference data"))?;
    Ok(version)
}

/// The record's JSON; `Some(None)` where it was removed, `None` where it was never there.
fn reference_json(
    transaction: &Transaction<'_>,
    key: &ReferenceKey,
) -> Result<Option<Option<String>>, StoreError> {
    transaction
        .prepare_cached("SELECT json FROM reference_record WHERE key = ?1")
        .and_then(|mut statement| statement.query_row([&*key.0], |row| row.get(0)).optional())
        .map_err(failed("read reference data"))
}

/// Puts one record in at a version; `false` where it is there just so.
fn put_reference(
    transaction: &Transaction<'_>,
    record: &ReferenceRecord,
    version: PriceListVersion,
) -> Result<bool, StoreError> {
    let before = reference_json(transaction, &record.key)?;
    let same = match &before {
        Some(json) => json.as_deref() == record.json.as_deref(),
        None => record.json.is_none(),
    };
    if same {
        return Ok(false);
    }
    transaction
        .prepare_cached(
            "INSERT INTO reference_record (key, version, json) VALUES (?1, ?2, ?3)
             ON CONFLICT (key) DO UPDATE SET version = excluded.version, json = excluded.json",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                &*record.key.0,
                Column(version),
                record.json.as_deref()
            ])
        })
        .map_err(failed("write reference data"))?;
    Ok(true)
}

pub(super) fn known_store(
    transaction: &Transaction<'_>,
    store: &StoreId,
) -> Result<(), StoreError> {
    let known: bool = transaction
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM store WHERE store = ?1)",
            [store.as_str()],
            |row| row.get(0),
        )
        .map_err(failed("read a store"))?;
    if known {
        Ok(())
    } else {
        Err(StoreError::UnknownStore(store.clone()))
    }
}

impl Upkeep for SqliteStore {
    fn identity(&self) -> Result<ServerIdentity, StoreError> {
        self.read(|transaction| {
            transaction
                .query_row("SELECT tenant, epoch, next_node FROM server", [], |row| {
                    Ok(ServerIdentity {
                        tenant: text(row, 0)?,
                        epoch: ServerEpoch::from_bytes(row.get(1)?),
                        next_node: column(row, 2)?,
                    })
                })
                .map_err(failed("read whose store it is"))
        })
    }

    fn begin_epoch(&self, epoch: ServerEpoch, skip_nodes: u32) -> Result<(), StoreError> {
        if planted::is(Planted::EpochKept) {
            return Ok(());
        }
        self.write(|transaction| {
            let attempted = failed("begin an epoch");
            let node: NodeNumber = transaction
                .query_row("SELECT next_node FROM server", [], |row| column(row, 0))
                .map_err(&attempted)?;
            let next = node_after(node, skip_nodes).unwrap_or_else(last_node);
            transaction
                .execute(
                    "UPDATE server SET epoch = ?1, next_node = ?2",
                    params![epoch.as_bytes(), Column(next)],
                )
                .map_err(&attempted)?;
            transaction
                .execute("UPDATE node SET awaited = 1", [])
                .map_err(&attempted)?;
            transaction
                .execute(
                    "UPDATE enrolment_code SET expires_at = created_at WHERE used_by IS NULL",
                    [],
                )
                .map_err(&attempted)?;
            Ok(())
        })
    }

    fn check(&self) -> Result<Vec<CheckFinding>, StoreError> {
        self.read(|transaction| {
            let mut findings = check_engine(transaction)?;
            findings.extend(check_chains(transaction)?);
            findings.extend(check_feeds(transaction)?);
            findings.extend(check_stock(transaction)?);
            Ok(findings)
        })
    }

    /// Copies what is in the write-ahead log into the file. A commit does so too, at a far longer log; then it finds little
    /// left to do.
    fn tidy(&self) -> Result<(), StoreError> {
        self.writer.copy_log()
    }

    fn backup(&self, file: &Path) -> Result<(), StoreError> {
        if file.exists() {
            return Err(StoreError::Database {
                attempted: "write a copy",
                source: "the file is there already".into(),
            });
        }
        // What is made from the log comes first, so that the log of the copy goes as far as it at least.
        copy(&self.place.made(), &made_beside(file.to_owned()))?;
        copy(&self.place, file)
    }
}

/// Copies one file as it is at one moment.
fn copy(place: &SqlitePlace, to: &Path) -> Result<(), StoreError> {
    let source = open::connect(place, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // One state for all of it. Without, each commit of another connection makes the copy begin again.
    source
        .execute_batch("BEGIN; SELECT * FROM sqlite_schema LIMIT 1;")
        .map_err(failed("read the server's file"))?;
    let mut copy = open::blank(to)?;
    let backup = Backup::new(&source, &mut copy).map_err(failed("write a copy"))?;
    backup
        .run_to_completion(BACKUP_PAGES_PER_STEP, std::time::Duration::ZERO, None)
        .map_err(failed("write a copy"))
}

fn check_engine(transaction: &Transaction<'_>) -> Result<Vec<CheckFinding>, StoreError> {
    let mut findings = Vec::new();
    for (what, sql) in [
        (
            "the file",
            "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        ),
        (
            "a reference between tables",
            "SELECT \"table\" FROM pragma_foreign_key_check",
        ),
    ] {
        let found = collect(transaction, "check the file", sql, &[], |row| row.get(0))?;
        findings.extend(
            found
                .into_iter()
                .map(|detail| CheckFinding { what, detail }),
        );
    }
    Ok(findings)
}

/// Walks every log, quarantined places included, and reckons its chain again.
fn check_chains(transaction: &Transaction<'_>) -> Result<Vec<CheckFinding>, StoreError> {
    let heads = collect(
        transaction,
        "read the logs",
        "SELECT log, position, chain FROM log ORDER BY log",
        &[],
        rows::log_head,
    )?;
    let mut findings = Vec::new();
    for head in heads {
        if let Some(detail) = check_chain(transaction, head)? {
            findings.push(CheckFinding {
                what: "a log's chain",
                detail,
            });
        }
    }
    Ok(findings)
}

fn check_chain(transaction: &Transaction<'_>, head: LogHead) -> Result<Option<String>, StoreError> {
    let attempted = failed("read a log's chain");
    let mut statement = transaction
        .prepare_cached(
            "SELECT position, document, hash, chain FROM entry WHERE log = ?1
             UNION
             SELECT position, document, hash, chain FROM quarantine WHERE log = ?1 AND chain IS NOT NULL
             ORDER BY position",
        )
        .map_err(&attempted)?;
    let mut found = statement.query([Column(head.log)]).map_err(&attempted)?;
    let mut reached = LogHead::start(head.log);
    while let Some(row) = found.next().map_err(&attempted)? {
        let place: (LogPosition, DocumentId, _, ChainHash) = (
            column(row, 0).map_err(&attempted)?,
            column(row, 1).map_err(&attempted)?,
            column(row, 2).map_err(&attempted)?,
            column(row, 3).map_err(&attempted)?,
        );
        let expected = chain(reached.chain, place.0, place.1, place.2);
        if Some(place.0) != reached.position.next() || place.3 != expected {
            return Ok(Some(wrong_place(head.log, place.0)));
        }
        reached.position = place.0;
        reached.chain = place.3;
    }
    Ok((reached != head).then(|| wrong_place(head.log, head.position)))
}

fn wrong_place(log: LogId, position: LogPosition) -> String {
    format!("log {log} does not hold together at position {position}")
}

fn check_feeds(transaction: &Transaction<'_>) -> Result<Vec<CheckFinding>, StoreError> {
    let sql = "SELECT store.store FROM store LEFT JOIN feed USING (store)
               GROUP BY store.store, store.feed_end
               HAVING COUNT(feed.number) <> store.feed_end OR COALESCE(MAX(feed.number), 0) <> store.feed_end";
    let stores = collect(transaction, "check the feeds", sql, &[], |row| {
        row.get::<_, String>(0)
    })?;
    let finding = |store| CheckFinding {
        what: "a feed's numbers",
        detail: format!("the feed of store {store} has a gap"),
    };
    Ok(stores.into_iter().map(finding).collect())
}

/// Sums the stock ledger and compares that with the sums that were moved along with it.
fn check_stock(transaction: &Transaction<'_>) -> Result<Vec<CheckFinding>, StoreError> {
    let mut summed = StockChanges::default();
    let attempted = failed("check the stock");
    let mut statement = transaction
        .prepare_cached("SELECT movements FROM document_row")
        .map_err(&attempted)?;
    let mut found = statement.query([]).map_err(&attempted)?;
    while let Some(row) = found.next().map_err(&attempted)? {
        let movements = row.get::<_, String>(0).map_err(&attempted)?;
        let movements: Vec<MovementRow> = from_json(&movements)?;
        movements.iter().for_each(|movement| summed.add(movement));
    }
    let differing = summed.differing(transaction).map_err(&attempted)?;
    let finding = |(store, product)| CheckFinding {
        what: "stock on hand",
        detail: format!(
            "that of product {product} at store {store} is not the sum of its movements"
        ),
    };
    Ok(differing.into_iter().map(finding).collect())
}
