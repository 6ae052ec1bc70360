//! Logs and their entries: what this file must never lose.

use holdfast_schemas::{
    identity::{ChainHash, ChangeHash, DocumentId, LogId, LogPosition},
    log::{HeadSignature, LogEntry, LogHead, SignedHead},
    time::Timestamp,
    value::Money,
    wire::Buckets,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{
    StoreError,
    value::{read_document, read_hash, read_log, read_position, to_integer},
};

/// What the file knows of one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogState {
    /// How far the log goes here without a gap.
    pub head: LogHead,
    /// Whether this till wrote it.
    pub own: bool,
    /// How much of it is durable at the server; may be more than is here.
    pub acknowledged: LogPosition,
}

/// An entry that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewEntry {
    pub(crate) entry: LogEntry,
    pub(crate) hash: ChangeHash,
    /// The chain hash of the log up to here, for an entry that came where the log ended.
    pub(crate) chain: Option<ChainHash>,
    /// Whether another node wrote it and this till's feed has it.
    pub(crate) fed: bool,
    /// When this file got it.
    pub(crate) recorded_at: Timestamp,
    /// The money that it took, less what it gave back.
    pub(crate) taken: Option<Money>,
    /// Whether it can't be read here, and is kept for its log alone.
    pub(crate) aside: bool,
}

/// One link of a chain: where an entry is, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) position: LogPosition,
    pub(crate) document: DocumentId,
    pub(crate) hash: ChangeHash,
}

fn read_state(row: &Row<'_>) -> Result<LogState, StoreError> {
    Ok(LogState {
        head: LogHead {
            log: read_log(row.get(0)?)?,
            position: read_position(row.get(2)?)?,
            chain: ChainHash::from_bytes(row.get(3)?),
        },
        own: row.get(1)?,
        acknowledged: read_position(row.get(4)?)?,
    })
}

/// What is known of a log; none where no entry of it was ever here.
pub(crate) fn state(
    transaction: &Transaction<'_>,
    log: LogId,
) -> Result<Option<LogState>, StoreError> {
    let mut statement = transaction
        .prepare_cached("SELECT log, own, position, chain, acknowledged FROM log WHERE log = ?1")?;
    let mut rows = statement.query([log.as_bytes()])?;
    rows.next()?.map(read_state).transpose()
}

/// The newest logs, own or foreign, newest first.
pub(crate) fn newest(
    transaction: &Transaction<'_>,
    own: bool,
    logs_max: usize,
) -> Result<Vec<LogState>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT log, own, position, chain, acknowledged FROM log WHERE own = ?1
         ORDER BY number DESC LIMIT ?2",
    )?;
    let mut rows = statement.query(params![own, to_integer(logs_max)])?;
    let mut states = Vec::new();
    while let Some(row) = rows.next()? {
        states.push(read_state(row)?);
    }
    Ok(states)
}

/// Own logs of which the server does not have everything yet, oldest first.
pub(crate) fn unacknowledged(
    transaction: &Transaction<'_>,
    logs_max: usize,
) -> Result<Vec<LogState>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT log, own, position, chain, acknowledged FROM log
         WHERE own = 1 AND position > acknowledged ORDER BY number LIMIT ?1",
    )?;
    let mut rows = statement.query([to_integer(logs_max)])?;
    let mut states = Vec::new();
    while let Some(row) = rows.next()? {
        states.push(read_state(row)?);
    }
    Ok(states)
}

/// Writes how far a log goes; the first time, the log's row begins.
pub(crate) fn put_head(
    transaction: &Transaction<'_>,
    head: &LogHead,
    own: bool,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO log (log, own, position, chain) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (log) DO UPDATE SET position = excluded.position, chain = excluded.chain",
        )?
        .execute(params![
            head.log.as_bytes(),
            own,
            to_integer(head.position.get()),
            head.chain.as_bytes(),
        ])?;
    Ok(())
}

/// Raises what is durable at the server. Never lowers it. What is unsent changes with it (`super::unsent`).
pub(crate) fn raise_acknowledged(
    transaction: &Transaction<'_>,
    log: LogId,
    position: LogPosition,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE log SET acknowledged = max(acknowledged, ?2) WHERE log = ?1")?
        .execute(params![log.as_bytes(), to_integer(position.get())])?;
    Ok(())
}

/// Forgets what a former epoch of the server acknowledged.
pub(crate) fn forget_acknowledged(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("UPDATE log SET acknowledged = 0", [])?;
    Ok(())
}

/// Writes an entry.
pub(crate) fn insert(transaction: &Transaction<'_>, new: &NewEntry) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO entry (log, position, document, hash, chain, fed, recorded_at, currency, taken_minor, aside,
             change) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            new.entry.log.as_bytes(),
            to_integer(new.entry.position.get()),
            new.entry.document.to_bytes(),
            new.hash.as_bytes(),
            new.chain.as_ref().map(ChainHash::as_bytes),
            new.fed,
            new.recorded_at.milliseconds(),
            new.taken.map(|money| money.currency.to_string()),
            new.taken.map_or(0, |money| money.minor.get()),
            new.aside,
            &new.entry.change,
        ])?;
    Ok(())
}

/// Writes what a change took. Gives its log where that is another amount than was written before.
pub(crate) fn put_taken(
    transaction: &Transaction<'_>,
    hash: &ChangeHash,
    taken: Option<Money>,
) -> Result<Option<LogId>, StoreError> {
    let log = transaction
        .prepare_cached(
            "UPDATE entry SET currency = ?2, taken_minor = ?3
             WHERE hash = ?1 AND (currency IS NOT ?2 OR taken_minor <> ?3) RETURNING log",
        )?
        .query_row(
            params![
                hash.as_bytes(),
                taken.map(|money| money.currency.to_string()),
                taken.map_or(0, |money| money.minor.get()),
            ],
            |row| row.get(0),
        )
        .optional()?;
    log.map(read_log).transpose()
}

/// The hash of the entry at one place of a log, if it is here.
pub(crate) fn hash_at(
    transaction: &Transaction<'_>,
    log: LogId,
    position: LogPosition,
) -> Result<Option<ChangeHash>, StoreError> {
    let bytes = transaction
        .prepare_cached("SELECT hash FROM entry WHERE log = ?1 AND position = ?2")?
        .query_row(params![log.as_bytes(), to_integer(position.get())], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(bytes.map(ChangeHash::from_bytes))
}

/// The last place of a log up to a position with which its chain hash was stored.
pub(crate) fn last_chain(
    transaction: &Transaction<'_>,
    log: LogId,
    up_to: LogPosition,
) -> Result<Option<(LogPosition, ChainHash)>, StoreError> {
    let found = transaction
        .prepare_cached(
            "SELECT position, chain FROM entry WHERE log = ?1 AND position <= ?2 AND chain IS NOT NULL
             ORDER BY position DESC LIMIT 1",
        )?
        .query_row(params![log.as_bytes(), to_integer(up_to.get())], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    found
        .map(|(position, chain)| Ok((read_position(position)?, ChainHash::from_bytes(chain))))
        .transpose()
}

/// Whether a change is here.
pub(crate) fn holds(transaction: &Transaction<'_>, hash: &ChangeHash) -> Result<bool, StoreError> {
    Ok(transaction
        .prepare_cached("SELECT 1 FROM entry WHERE hash = ?1")?
        .exists([hash.as_bytes()])?)
}

/// The links of a log after a position, without their changes.
pub(crate) fn links_after(
    transaction: &Transaction<'_>,
    log: LogId,
    after: LogPosition,
) -> Result<Vec<Link>, StoreError> {
    links_between(transaction, log, after, LogPosition::MAX)
}

/// The links of a log after a position up to another, without their changes.
pub(crate) fn links_between(
    transaction: &Transaction<'_>,
    log: LogId,
    after: LogPosition,
    through: LogPosition,
) -> Result<Vec<Link>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT position, document, hash FROM entry WHERE log = ?1 AND position > ?2 AND position <= ?3
         ORDER BY position",
    )?;
    let mut rows = statement.query(params![
        log.as_bytes(),
        to_integer(after.get()),
        to_integer(through.get())
    ])?;
    let mut links = Vec::new();
    while let Some(row) = rows.next()? {
        links.push(Link {
            position: read_position(row.get(0)?)?,
            document: read_document(row.get(1)?),
            hash: read_hash(row.get(2)?),
        });
    }
    Ok(links)
}

fn read_entry(row: &Row<'_>) -> Result<LogEntry, StoreError> {
    Ok(LogEntry {
        log: read_log(row.get(0)?)?,
        position: read_position(row.get(1)?)?,
        document: read_document(row.get(2)?),
        change: row.get::<_, Vec<u8>>(3)?.into_boxed_slice(),
    })
}

/// A page of a log's entries after a position: at most so many, and so many bytes of changes, but one at least.
pub(crate) fn entries_after(
    transaction: &Transaction<'_>,
    log: LogId,
    after: LogPosition,
    entries_max: usize,
    bytes_max: usize,
) -> Result<Vec<LogEntry>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT log, position, document, change FROM entry WHERE log = ?1 AND position > ?2
         ORDER BY position LIMIT ?3",
    )?;
    let mut rows = statement.query(params![
        log.as_bytes(),
        to_integer(after.get()),
        to_integer(entries_max)
    ])?;
    let mut page = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let entry = read_entry(row)?;
        bytes += entry.change.len();
        if bytes > bytes_max && !page.is_empty() {
            break;
        }
        page.push(entry);
    }
    Ok(page)
}

/// Whether the entry with this hash is kept for its log alone, because it can't be read here.
pub(crate) fn is_aside(
    transaction: &Transaction<'_>,
    hash: &ChangeHash,
) -> Result<bool, StoreError> {
    Ok(transaction
        .prepare_cached("SELECT 1 FROM entry WHERE hash = ?1 AND aside = 1")?
        .exists([hash.as_bytes()])?)
}

/// The entry with this hash, if it is here.
pub(crate) fn entry_by_hash(
    transaction: &Transaction<'_>,
    hash: &ChangeHash,
) -> Result<Option<LogEntry>, StoreError> {
    let mut statement = transaction
        .prepare_cached("SELECT log, position, document, change FROM entry WHERE hash = ?1")?;
    let mut rows = statement.query([hash.as_bytes()])?;
    rows.next()?.map(read_entry).transpose()
}

/// All entries of a document that can be read here.
pub(crate) fn of_document(
    transaction: &Transaction<'_>,
    document: DocumentId,
) -> Result<Vec<LogEntry>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT log, position, document, change FROM entry WHERE document = ?1 AND aside = 0
         ORDER BY log, position",
    )?;
    let mut rows = statement.query([document.to_bytes()])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(read_entry(row)?);
    }
    Ok(entries)
}

/// A page of all documents of which there are entries, after one of them.
pub(crate) fn documents_after(
    transaction: &Transaction<'_>,
    after: Option<DocumentId>,
    documents_max: usize,
) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT DISTINCT document FROM entry WHERE document > ?1 ORDER BY document LIMIT ?2",
    )?;
    let after = after.map_or_else(Vec::new, |document| document.to_bytes().to_vec());
    let mut rows = statement.query(params![after, to_integer(documents_max)])?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        documents.push(read_document(row.get(0)?));
    }
    Ok(documents)
}

/// Whether a change is here and needs no repair: an own one, or one that is known to be of the feed.
pub(crate) fn holds_repaired(
    transaction: &Transaction<'_>,
    hash: &ChangeHash,
) -> Result<bool, StoreError> {
    Ok(transaction
        .prepare_cached(
            "SELECT 1 FROM entry JOIN log USING (log) WHERE entry.hash = ?1 AND (entry.fed = 1 OR log.own = 1)",
        )?
        .exists([hash.as_bytes()])?)
}

/// Notes of a change that is here that it is of the feed.
pub(crate) fn mark_fed(transaction: &Transaction<'_>, hash: &ChangeHash) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE entry SET fed = 1 WHERE hash = ?1 AND fed = 0")?
        .execute([hash.as_bytes()])?;
    Ok(())
}

/// Forgets what the feed of a former epoch of the server had.
pub(crate) fn forget_fed(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("UPDATE entry SET fed = 0 WHERE fed = 1", [])?;
    Ok(())
}

/// The digest of what others wrote and the feed has. Orders that were only looked up are not in it.
pub(crate) fn digest(transaction: &Transaction<'_>) -> Result<Buckets, StoreError> {
    let mut statement = transaction.prepare_cached("SELECT hash FROM entry WHERE fed = 1")?;
    let mut rows = statement.query([])?;
    let mut buckets = Buckets::default();
    while let Some(row) = rows.next()? {
        buckets.add(&read_hash(row.get(0)?));
    }
    Ok(buckets)
}

/// Keeps a signed head. The first one at a position stays: a second one there could prove nothing more.
pub(crate) fn keep_signed_head(
    transaction: &Transaction<'_>,
    signed: &SignedHead,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO signed_head (log, position, chain, signature) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (log, position) DO NOTHING",
        )?
        .execute(params![
            signed.head.log.as_bytes(),
            to_integer(signed.head.position.get()),
            signed.head.chain.as_bytes(),
            signed.signature.as_bytes(),
        ])?;
    Ok(())
}

/// The first signed head of a log after a position.
pub(crate) fn signed_head_after(
    transaction: &Transaction<'_>,
    log: LogId,
    after: LogPosition,
) -> Result<Option<SignedHead>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT position, chain, signature FROM signed_head
         WHERE log = ?1 AND position > ?2 ORDER BY position LIMIT 1",
    )?;
    let mut rows = statement.query(params![log.as_bytes(), to_integer(after.get())])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(SignedHead {
        head: LogHead {
            log,
            position: read_position(row.get(0)?)?,
            chain: ChainHash::from_bytes(row.get(1)?),
        },
        signature: HeadSignature::from_bytes(row.get(2)?),
    }))
}

/// Other tills' logs after one of them, ascending, each at its newest signed head up to which it is here whole.
pub(crate) fn provable_heads(
    transaction: &Transaction<'_>,
    after: Option<LogId>,
    logs_max: usize,
) -> Result<Vec<LogHead>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT log.log, max(signed_head.position), signed_head.chain
         FROM log JOIN signed_head ON signed_head.log = log.log AND signed_head.position <= log.position
         WHERE log.own = 0 AND log.log > ?1 GROUP BY log.log ORDER BY log.log LIMIT ?2",
    )?;
    let after = after.map_or_else(Vec::new, |log| log.as_bytes().to_vec());
    let mut rows = statement.query(params![after, to_integer(logs_max)])?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next()? {
        heads.push(LogHead {
            log: read_log(row.get(0)?)?,
            position: read_position(row.get(1)?)?,
            chain: ChainHash::from_bytes(row.get(2)?),
        });
    }
    Ok(heads)
}

/// The log of this till that has two histories, if one has.
pub(crate) fn fork(
    transaction: &Transaction<'_>,
) -> Result<Option<(LogId, LogPosition)>, StoreError> {
    let mut statement = transaction.prepare_cached("SELECT log, position FROM fork LIMIT 1")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some((read_log(row.get(0)?)?, read_position(row.get(1)?)?)))
}

/// Notes that a log has two histories.
pub(crate) fn put_fork(
    transaction: &Transaction<'_>,
    log: LogId,
    position: LogPosition,
) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT INTO fork (log, position) VALUES (?1, ?2) ON CONFLICT (log) DO NOTHING",
        params![log.as_bytes(), to_integer(position.get())],
    )?;
    Ok(())
}
