//! What can still be read of a damaged till's file: every entry of this till's own logs that proves itself.
//!
//! SQLite stops at the first page that is damaged. This reads each page by itself instead, whatever became of the trees
//! above it, of the schema and of the file's header, and takes what has the shape of an entry. An entry proves itself: its
//! bytes give its hash, and its hash leads from the chain of the entry before to its own. Which of them the server has is
//! not asked: it takes twice what it has without harm.

mod pages;
mod rows;

use std::{collections::BTreeMap, io, path::Path};

use holdfast_schemas::{
    change::{hash_of_any, recognise},
    identity::{ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, TenantId},
    log::{HeadSigner, LogEntry, LogHead, SignedHead},
    wire::{
        Push,
        limits::{FRAME_CHANGES_MAX, PAGE_BYTES_TARGET},
    },
};
use serde::Serialize;

use pages::Pages;
use rows::Value;

/// What was found in a damaged file.
#[derive(Debug, Default)]
pub struct Salvage {
    logs: BTreeMap<LogId, FoundLog>,
}

/// What was found of one log.
#[derive(Debug, Default)]
struct FoundLog {
    entries: BTreeMap<LogPosition, FoundEntry>,
    /// Up to where the log goes, as far as the file says.
    position: LogPosition,
    /// Up to where the server was known to have it.
    acknowledged: LogPosition,
}

/// An entry whose bytes give its hash.
#[derive(Debug)]
struct FoundEntry {
    document: DocumentId,
    hash: ChangeHash,
    /// The chain up to here, where the file had it.
    chain: Option<ChainHash>,
    change: Box<[u8]>,
}

/// A stretch of a log that was not found, or does not prove itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Whose log.
    pub log: LogId,
    /// The first position.
    pub from: LogPosition,
    /// The last.
    pub through: LogPosition,
    /// Whether the file says that the server has all of it.
    pub at_server: bool,
}

/// Entries that follow each other, each with the chain up to it.
type Stretch = Vec<(LogEntry, ChainHash)>;

impl Salvage {
    /// Reads what is left of the logs of this till in a file and in the write-ahead log beside it. Neither is changed.
    ///
    /// # Errors
    /// [`io::Error`] where the file can't be opened.
    pub fn read(file: &Path, node: NodeNumber) -> io::Result<Self> {
        let mut pages = Pages::open(file)?;
        let mut salvage = Self::default();
        rows::for_each(&mut pages, |row| salvage.take(row, node));
        Ok(salvage)
    }

    fn take(&mut self, row: &[Value], node: NodeNumber) {
        if let Some((log, position, entry)) = read_entry(row)
            && log.node() == node
        {
            let found = self.logs.entry(log).or_default();
            found.position = found.position.max(position);
            found.entries.entry(position).or_insert(entry);
        } else if let Some((log, position, acknowledged)) = read_log(row)
            && log.node() == node
        {
            let found = self.logs.entry(log).or_default();
            found.position = found.position.max(position);
            found.acknowledged = found.acknowledged.max(acknowledged);
        }
    }

    /// How many logs something was found of.
    #[must_use]
    pub fn logs(&self) -> usize {
        self.logs
            .values()
            .filter(|log| !log.entries.is_empty())
            .count()
    }

    /// All that proves itself, in order, as it would be sent; each stretch with its head signed by this till's key.
    #[must_use]
    pub fn pushes(&self, tenant: &TenantId, signer: &impl HeadSigner) -> Vec<Push> {
        let mut pushes = Vec::new();
        for (log, found) in &self.logs {
            for stretch in found.stretches(*log) {
                pushes.extend(frames(&stretch).map(|frame| push(frame, tenant, signer)));
            }
        }
        pushes
    }

    /// What of each log was not found, or does not prove itself.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let mut missing = Vec::new();
        for (log, found) in &self.logs {
            let mut next = LogPosition::START.next();
            let mut gap = |from: Option<LogPosition>, through: LogPosition| {
                if let Some(from) = from.filter(|from| *from <= through) {
                    missing.push(Missing {
                        log: *log,
                        from,
                        through,
                        at_server: through <= found.acknowledged,
                    });
                }
            };
            for stretch in found.stretches(*log) {
                if let (Some((first, _)), Some((last, _))) = (stretch.first(), stretch.last()) {
                    gap(next, before(first.position));
                    next = last.position.next();
                }
            }
            gap(next, found.position);
        }
        missing
    }
}

impl FoundLog {
    /// The entries that follow each other and lead from one chain to the next.
    fn stretches(&self, log: LogId) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut last = Some(LogHead::start(log));
        for (position, found) in &self.entries {
            let entry = LogEntry {
                log,
                position: *position,
                document: found.document,
                change: found.change.clone(),
            };
            let follows = last.filter(|last| last.position.next() == Some(*position));
            let computed = follows.map(|last| entry.chain(last.chain, found.hash));
            let chain = match (computed, found.chain) {
                // The document, or a chain hash, is not what was written.
                (Some(computed), Some(kept)) if computed != kept => None,
                (Some(chain), _) | (None, Some(chain)) => Some(chain),
                (None, None) => None,
            };
            last = chain.map(|chain| LogHead {
                log,
                position: *position,
                chain,
            });
            let Some(chain) = chain else {
                continue;
            };
            match stretches.last_mut().filter(|_| computed.is_some()) {
                Some(stretch) => stretch.push((entry, chain)),
                None => stretches.push(vec![(entry, chain)]),
            }
        }
        stretches
    }
}

/// A stretch in parts that fit into a frame each.
fn frames(stretch: &[(LogEntry, ChainHash)]) -> impl Iterator<Item = &[(LogEntry, ChainHash)]> {
    let mut rest = stretch;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = rest
            .iter()
            .take(FRAME_CHANGES_MAX)
            .take_while(|(entry, _)| {
                bytes += entry.change.len();
                bytes <= PAGE_BYTES_TARGET
            });
        let (frame, after) = rest.split_at_checked(fits.count().max(1))?;
        rest = after;
        Some(frame)
    })
}

/// `frame` is never empty.
fn push(frame: &[(LogEntry, ChainHash)], tenant: &TenantId, signer: &impl HeadSigner) -> Push {
    let (first, (last, chain)) = (&frame[0].0, &frame[frame.len() - 1]);
    let head = LogHead {
        log: last.log,
        position: last.position,
        chain: *chain,
    };
    Push {
        after: before(first.position),
        entries: frame.iter().map(|(entry, _)| entry.clone()).collect(),
        head: SignedHead::sign(head, tenant, signer),
    }
}

fn before(position: LogPosition) -> LogPosition {
    let before = position.get().checked_sub(1).and_then(LogPosition::new);
    before.unwrap_or(LogPosition::START)
}

/// A row of `entry`, if it is one and proves itself.
fn read_entry(row: &[Value]) -> Option<(LogId, LogPosition, FoundEntry)> {
    use Value::{Blob, Integer, Null};
    let [
        Null,
        Blob(log),
        Integer(position),
        Blob(document),
        Blob(hash),
        chain,
        ..,
        Integer(aside),
        Blob(change),
    ] = row
    else {
        return None;
    };
    let log = LogId::from_bytes(log.as_slice().try_into().ok()?).ok()?;
    let position = read_position(*position).filter(|position| *position > LogPosition::START)?;
    let hash = ChangeHash::from_bytes(hash.as_slice().try_into().ok()?);
    let proved = match recognise(change) {
        Ok(recognised) => recognised.hash() == hash && recognised.log() == log,
        // It could not be read before either, and is in the log for its bytes alone.
        Err(_) => *aside == 1 && hash_of_any(change) == hash,
    };
    let entry = FoundEntry {
        document: DocumentId::from_bytes(document.as_slice().try_into().ok()?),
        hash,
        chain: match chain {
            Blob(chain) => Some(ChainHash::from_bytes(chain.as_slice().try_into().ok()?)),
            Null | Integer(_) | Value::Other => None,
        },
        change: change.clone().into_boxed_slice(),
    };
    proved.then_some((log, position, entry))
}

/// A row of `log`, if it is one: how far the log goes, and how far the server has it.
fn read_log(row: &[Value]) -> Option<(LogId, LogPosition, LogPosition)> {
    use Value::{Blob, Integer, Null};
    let [
        Null,
        Blob(log),
        Integer(0 | 1),
        Integer(position),
        Blob(chain),
        Integer(acknowledged),
    ] = row
    else {
        return None;
    };
    if chain.len() != 32 {
        return None;
    }
    let log = LogId::from_bytes(log.as_slice().try_into().ok()?).ok()?;
    Some((
        log,
        read_position(*position)?,
        read_position(*acknowledged)?,
    ))
}

fn read_position(position: i64) -> Option<LogPosition> {
    u64::try_from(position).ok().and_then(LogPosition::new)
}
