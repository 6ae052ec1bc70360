//! What this till wrote and the server does not have: figures of each log, kept by T1, T2, T3 and a new epoch, so that a
//! view reads a few rows however long the line was cut.

use std::collections::BTreeMap;

use holdfast_schemas::{
    identity::{ChangeHash, DocumentId, LogId, LogPosition},
    planted::{self, Planted},
    time::Timestamp,
    value::{Currency, MinorUnits, Money},
};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    StoreError,
    log::{self, NewEntry},
    value::{read_count, read_document, read_position, read_text, to_integer},
};

/// Changes in one currency, or in none, and the money that they took, less what they gave back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct UnsentRow {
    pub(crate) entries: u64,
    pub(crate) taken_minor: MinorUnits,
}

/// Figures by currency; those of changes that took no money under none.
pub(crate) type Unsent = BTreeMap<Option<Currency>, UnsentRow>;

/// Counts one more change.
fn add(unsent: &mut Unsent, taken: Option<Money>) {
    let row = unsent.entry(taken.map(|money| money.currency)).or_default();
    row.entries += 1;
    row.taken_minor = row
        .taken_minor
        .saturating_plus(taken.map_or(MinorUnits::ZERO, |money| money.minor));
}

/// The figures of all of this till's logs together.
pub(crate) fn figures(transaction: &Transaction<'_>) -> Result<Unsent, StoreError> {
    let mut statement =
        transaction.prepare_cached("SELECT currency, entries, taken_minor FROM unsent")?;
    let mut rows = statement.query([])?;
    let mut unsent = Unsent::new();
    while let Some(row) = rows.next()? {
        let sum = unsent.entry(read_currency(row.get(0)?)?).or_default();
        sum.entries += read_count(row.get(1)?)?;
        sum.taken_minor = sum
            .taken_minor
            .saturating_plus(MinorUnits::new(row.get(2)?));
    }
    Ok(unsent)
}

/// The documents of which the server does not have all, the oldest first: since when, and how many changes.
pub(crate) fn documents(
    transaction: &Transaction<'_>,
    documents_max: usize,
) -> Result<Vec<(DocumentId, Timestamp, u64)>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT document, min(recorded_at), count(*) FROM log
         JOIN entry ON entry.log = log.log AND entry.position > log.acknowledged
         WHERE log.own = 1 AND log.position > log.acknowledged
         GROUP BY document ORDER BY min(entry.number) LIMIT ?1",
    )?;
    let mut rows = statement.query([to_integer(documents_max)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((
            read_document(row.get(0)?),
            Timestamp::from_milliseconds(row.get(1)?),
            read_count(row.get(2)?)?,
        ));
    }
    Ok(found)
}

/// When the file got the first change of a log that the server does not have; the earliest of all of this till's logs.
pub(crate) fn oldest(transaction: &Transaction<'_>) -> Result<Option<Timestamp>, StoreError> {
    let milliseconds = transaction
        .prepare_cached(
            "SELECT min((SELECT recorded_at FROM entry
                         WHERE entry.log = log.log AND entry.position > log.acknowledged
                         ORDER BY entry.position LIMIT 1))
             FROM log WHERE log IN (SELECT log FROM unsent)",
        )?
        .query_row([], |row| row.get::<_, Option<i64>>(0))?;
    Ok(milliseconds.map(Timestamp::from_milliseconds))
}

/// Whether an entry at this place of a log is counted.
pub(crate) fn is_unsent(position: LogPosition, acknowledged: LogPosition) -> bool {
    position > acknowledged && !planted::is(Planted::UnsentNotCounted)
}

/// Counts an entry of this till's own that was just written, unless the server has its log up to there.
pub(crate) fn note(
    transaction: &Transaction<'_>,
    new: &NewEntry,
    acknowledged: LogPosition,
) -> Result<(), StoreError> {
    let log = new.entry.log;
    if !is_unsent(new.entry.position, acknowledged) {
        return Ok(());
    }
    let mut unsent = read(transaction, log)?;
    add(&mut unsent, new.taken);
    let currency = new.taken.map(|money| money.currency);
    let row = unsent.get(&currency).copied().unwrap_or_default();
    write(transaction, log, currency, row)
}

/// The server has a log durable up to here: its entries up to there are not unsent any more. Never goes back.
pub(crate) fn acknowledge(
    transaction: &Transaction<'_>,
    log: LogId,
    through: LogPosition,
) -> Result<(), StoreError> {
    let before = acknowledged(transaction, log)?;
    if through <= before {
        return Ok(());
    }
    let sent = sum(transaction, log, before, through)?;
    log::raise_acknowledged(transaction, log, through)?;
    let unsent = read(transaction, log)?;
    for (currency, sent) in sent {
        let row = unsent.get(&currency).copied().unwrap_or_default();
        let left = UnsentRow {
            entries: row.entries.saturating_sub(sent.entries),
            taken_minor: row.taken_minor.saturating_minus(sent.taken_minor),
        };
        write(transaction, log, currency, left)?;
    }
    Ok(())
}

/// Writes what a change that is here took, now that more of its document is known.
pub(crate) fn retake(
    transaction: &Transaction<'_>,
    hash: &ChangeHash,
    taken: Option<Money>,
) -> Result<(), StoreError> {
    match log::put_taken(transaction, hash, taken)? {
        Some(log) => recount_log(transaction, log),
        None => Ok(()),
    }
}

/// Counts again, from the entries, all that the server does not have.
pub(crate) fn recount(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM unsent", [])?;
    for state in log::newest(transaction, true, usize::MAX)? {
        recount_log(transaction, state.head.log)?;
    }
    Ok(())
}

fn recount_log(transaction: &Transaction<'_>, log: LogId) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM unsent WHERE log = ?1")?
        .execute([log.as_bytes()])?;
    let after = acknowledged(transaction, log)?;
    for (currency, row) in sum(transaction, log, after, LogPosition::MAX)? {
        write(transaction, log, currency, row)?;
    }
    Ok(())
}

/// Up to where the server has a log; its start where the file does not know it yet.
pub(crate) fn acknowledged(
    transaction: &Transaction<'_>,
    log: LogId,
) -> Result<LogPosition, StoreError> {
    let position = transaction
        .prepare_cached("SELECT acknowledged FROM log WHERE log = ?1")?
        .query_row([log.as_bytes()], |row| row.get(0))
        .optional()?;
    position.map_or(Ok(LogPosition::START), read_position)
}

/// The figures of a log's entries after a position, up to another.
fn sum(
    transaction: &Transaction<'_>,
    log: LogId,
    after: LogPosition,
    through: LogPosition,
) -> Result<Unsent, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT currency, taken_minor FROM entry WHERE log = ?1 AND position > ?2 AND position <= ?3",
    )?;
    let mut rows = statement.query(params![
        log.as_bytes(),
        to_integer(after.get()),
        to_integer(through.get())
    ])?;
    let mut sums = Unsent::new();
    while let Some(row) = rows.next()? {
        let minor = MinorUnits::new(row.get(1)?);
        let taken = read_currency(row.get(0)?)?.map(|currency| Money { currency, minor });
        add(&mut sums, taken);
    }
    Ok(sums)
}

fn read(transaction: &Transaction<'_>, log: LogId) -> Result<Unsent, StoreError> {
    let mut statement = transaction
        .prepare_cached("SELECT currency, entries, taken_minor FROM unsent WHERE log = ?1")?;
    let mut rows = statement.query([log.as_bytes()])?;
    let mut unsent = Unsent::new();
    while let Some(row) = rows.next()? {
        let figures = UnsentRow {
            entries: read_count(row.get(1)?)?,
            taken_minor: MinorUnits::new(row.get(2)?),
        };
        unsent.insert(read_currency(row.get(0)?)?, figures);
    }
    Ok(unsent)
}

/// A row of no entries is no row.
fn write(
    transaction: &Transaction<'_>,
    log: LogId,
    currency: Option<Currency>,
    row: UnsentRow,
) -> Result<(), StoreError> {
    let currency = currency.map_or_else(String::new, |currency| currency.to_string());
    if row.entries == 0 {
        transaction
            .prepare_cached("DELETE FROM unsent WHERE log = ?1 AND currency = ?2")?
            .execute(params![log.as_bytes(), currency])?;
        return Ok(());
    }
    transaction
        .prepare_cached(
            "INSERT INTO unsent (log, currency, entries, taken_minor) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (log, currency) DO UPDATE
             SET entries = excluded.entries, taken_minor = excluded.taken_minor",
        )?
        .execute(params![
            log.as_bytes(),
            currency,
            to_integer(row.entries),
            row.taken_minor.get()
        ])?;
    Ok(())
}

/// Reads a currency of either table: none is NULL in `entry`, and empty in a key.
fn read_currency(text: Option<String>) -> Result<Option<Currency>, StoreError> {
    text.filter(|text| !text.is_empty())
        .map(|text| read_text("currency", &text))
        .transpose()
}
