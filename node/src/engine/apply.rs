//! T2: what others wrote, and what this till's own disk forgot.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::{
    change::{Change, hash_of_any, recognise},
    document::Document,
    identity::{ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber},
    log::{LogEntry, LogHead, SignedHead, chain},
    planted::{self, Planted},
    time::Timestamp,
    value::Money,
    wire::{FeedPage, FeedPosition},
};
use rusqlite::Transaction;

use super::{
    Engine,
    project::{money_taken, project},
};
use crate::store::{
    Quarantined, Store, StoreError,
    log::{self, Link, NewEntry},
    projection::{self, DocumentRows},
    query, sync, unsent,
};

/// What became of entries that came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// How many were new and are kept now.
    pub new: usize,
    /// How many were here already.
    pub known: usize,
    /// How many could not be taken, and are in quarantine.
    pub quarantined: usize,
}

/// From where entries come that the feed did not bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From the server, after a comparison: they are of this till's feed.
    Repair,
    /// From the server, which was asked for an order: they may be of another store, and digests leave them out until
    /// the feed brings them.
    LookUp,
    /// From a file that an operator brought: the server may not have them.
    File,
}

/// From where entries come.
#[derive(Clone, Copy)]
enum Source {
    Feed(FeedPosition),
    Other(Origin),
}

impl Source {
    /// Whether the entries are of this till's feed, which digests compare.
    fn is_feed(self) -> bool {
        match self {
            Self::Feed(_) | Self::Other(Origin::Repair) => true,
            Self::Other(Origin::LookUp | Origin::File) => false,
        }
    }

    /// Whether the server of the present epoch is known to have the entries.
    fn is_server(self) -> bool {
        match self {
            Self::Feed(_) | Self::Other(Origin::Repair | Origin::LookUp) => true,
            Self::Other(Origin::File) => false,
        }
    }
}

/// All that T2 writes; worked out before it begins.
#[derive(Default)]
struct Plan {
    /// Entries that were here already, and of which the feed shows now that they are part of it.
    fed: Vec<ChangeHash>,
    entries: Vec<NewEntry>,
    heads: Vec<LogHead>,
    /// The rows that each touched document has, and those that it is to have.
    rows: Vec<(DocumentRows, DocumentRows)>,
    /// What own changes took that were here already, now that more of their documents is.
    retaken: Vec<(ChangeHash, Option<Money>)>,
    quarantine: Vec<Quarantined>,
    /// Own logs of which the server was found to have this much.
    durable: BTreeMap<LogId, LogPosition>,
    fork: Option<(LogId, LogPosition)>,
}

impl Engine {
    /// Takes a page of the feed, its signed heads and its cursor (T2). Taking it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]: nothing of the page was taken.
    pub fn apply_feed_page(
        &mut self,
        page: &FeedPage,
        now: Timestamp,
    ) -> Result<Applied, StoreError> {
        self.apply(&page.entries, &page.heads, Source::Feed(page.through), now)
    }

    /// Takes entries that did not come by the feed (T2). Own entries that come back from the server are durable there;
    /// those that come from a file are sent.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was taken.
    pub fn apply_entries(
        &mut self,
        entries: &[LogEntry],
        origin: Origin,
        now: Timestamp,
    ) -> Result<Applied, StoreError> {
        self.apply(entries, &[], Source::Other(origin), now)
    }

    fn apply(
        &mut self,
        entries: &[LogEntry],
        signed: &[SignedHead],
        source: Source,
        now: Timestamp,
    ) -> Result<Applied, StoreError> {
        let node = self.till().node;
        let (plan, applied) = self
            .store()
            .read(|transaction| plan(transaction, node, entries, source, now))?;
        commit(self.store_mut(), node, &plan, signed, source)?;
        Ok(applied)
    }
}

/// T2: entries, refolded documents, how far logs go, what is unsent, quarantine, signed heads and the feed's cursor.
fn commit(
    store: &mut Store,
    node: NodeNumber,
    plan: &Plan,
    signed: &[SignedHead],
    source: Source,
) -> Result<(), StoreError> {
    if planted::is(Planted::CursorBeforePage)
        && let Source::Feed(through) = source
    {
        let early = store.begin()?;
        sync::raise_feed(&early, through)?;
        early.commit()?;
    }
    let transaction = store.begin()?;
    for entry in &plan.entries {
        log::insert(&transaction, entry)?;
        if entry.entry.log.node() == node {
            let acknowledged = unsent::acknowledged(&transaction, entry.entry.log)?;
            unsent::note(&transaction, entry, acknowledged)?;
        }
    }
    for hash in &plan.fed {
        log::mark_fed(&transaction, hash)?;
    }
    for head in &plan.heads {
        log::put_head(&transaction, head, head.log.node() == node)?;
    }
    for (own, position) in &plan.durable {
        unsent::acknowledge(&transaction, *own, *position)?;
    }
    for (hash, taken) in &plan.retaken {
        unsent::retake(&transaction, hash, *taken)?;
    }
    for (before, after) in &plan.rows {
        projection::replace(&transaction, before, after)?;
        if let Some(number) = after.last_number_of(node) {
            sync::put_last_number(&transaction, number)?;
        }
    }
    for quarantined in &plan.quarantine {
        sync::keep_quarantined(&transaction, quarantined)?;
    }
    for head in signed {
        log::keep_signed_head(&transaction, head)?;
    }
    if let Some((forked, position)) = plan.fork {
        log::put_fork(&transaction, forked, position)?;
    }
    if let Source::Feed(through) = source {
        sync::raise_feed(&transaction, through)?;
    }
    transaction.commit()?;
    Ok(())
}

fn plan(
    transaction: &Transaction<'_>,
    node: NodeNumber,
    entries: &[LogEntry],
    source: Source,
    now: Timestamp,
) -> Result<(Plan, Applied), StoreError> {
    let mut plan = Plan::default();
    let mut applied = Applied::default();
    let mut taken = Taken::default();
    for entry in entries {
        let own = entry.log.node() == node;
        match judge(transaction, &taken, entry, own)? {
            Verdict::New(change) => {
                applied.new += 1;
                taken.hashes.insert(change.hash());
                taken
                    .places
                    .insert((entry.log, entry.position), change.hash());
                taken.entries.push((entry.clone(), change));
            }
            Verdict::Aside(hash) => {
                applied.new += 1;
                taken.hashes.insert(hash);
                taken.places.insert((entry.log, entry.position), hash);
                taken.aside.push((entry.clone(), hash));
            }
            Verdict::Known(hash) => {
                applied.known += 1;
                if source.is_feed() && !own {
                    plan.fed.push(hash);
                }
            }
            Verdict::Refused { reason, forked } => {
                applied.quarantined += 1;
                if forked && own {
                    plan.fork = Some((entry.log, entry.position));
                }
                plan.quarantine.push(Quarantined {
                    received_at: now,
                    entry: entry.clone(),
                    hash: hash_of_bytes(&entry.change),
                    reason,
                });
                continue;
            }
        }
        if own && source.is_server() {
            let durable = plan.durable.entry(entry.log).or_insert(entry.position);
            *durable = entry.position.max(*durable);
        }
    }
    let (heads, chains) = heads(transaction, &taken)?;
    plan.heads = heads;
    refold(transaction, node, taken, now, &mut plan)?;
    for new in &mut plan.entries {
        new.chain = chains.get(&(new.entry.log, new.entry.position)).copied();
        new.fed = source.is_feed() && new.entry.log.node() != node;
    }
    Ok((plan, applied))
}

/// Entries of this page that will be kept.
#[derive(Default)]
struct Taken {
    entries: Vec<(LogEntry, Change)>,
    /// Own ones that can't be read here.
    aside: Vec<(LogEntry, ChangeHash)>,
    hashes: BTreeSet<ChangeHash>,
    places: BTreeMap<(LogId, LogPosition), ChangeHash>,
}

enum Verdict {
    New(Change),
    /// This till's own, and it can't be read here: the server keeps it in quarantine. It stays in its log all the same,
    /// so that what comes after it can be sent to a server that was restored.
    Aside(ChangeHash),
    Known(ChangeHash),
    Refused {
        reason: String,
        /// Another change is at this place of the log.
        forked: bool,
    },
}

fn judge(
    transaction: &Transaction<'_>,
    taken: &Taken,
    entry: &LogEntry,
    own: bool,
) -> Result<Verdict, StoreError> {
    let refused = |reason: String| Verdict::Refused {
        reason,
        forked: false,
    };
    let read = read(entry);
    if let Err(reason) = &read
        && !own
    {
        return Ok(refused(reason.clone()));
    }
    let change_hash = hash_of_any(&entry.change);
    if entry.position == LogPosition::START {
        return Ok(refused("a log's first entry is at 1".to_owned()));
    }
    let here = match taken.places.get(&(entry.log, entry.position)) {
        Some(hash) => Some(*hash),
        None => log::hash_at(transaction, entry.log, entry.position)?,
    };
    match here {
        Some(hash) if hash == change_hash => return Ok(Verdict::Known(hash)),
        Some(hash) => {
            return Ok(Verdict::Refused {
                reason: format!("change {hash} is at this place of the log"),
                forked: true,
            });
        }
        None => {}
    }
    let elsewhere = taken.hashes.contains(&change_hash) || log::holds(transaction, &change_hash)?;
    if elsewhere {
        return Ok(refused(
            "the change is at another place of its log".to_owned(),
        ));
    }
    Ok(read.map_or(Verdict::Aside(change_hash), Verdict::New))
}

/// The change of an entry, or what is wrong with it.
fn read(entry: &LogEntry) -> Result<Change, String> {
    let change =
        recognise(&entry.change).map_err(|refusal| format!("the change is refused: {refusal}"))?;
    if change.log() != entry.log {
        return Err(format!(
            "the change says that it is of log {}",
            change.log()
        ));
    }
    Ok(change)
}

/// The chain hashes of entries that came where their logs ended.
type Chains = BTreeMap<(LogId, LogPosition), ChainHash>;

/// How far each log goes without a gap, once the new entries are in.
fn heads(
    transaction: &Transaction<'_>,
    taken: &Taken,
) -> Result<(Vec<LogHead>, Chains), StoreError> {
    let mut links: BTreeMap<LogId, Vec<Link>> = BTreeMap::new();
    let read = taken.entries.iter();
    let read = read.map(|(entry, change)| (entry, change.hash()));
    let aside = taken.aside.iter().map(|(entry, hash)| (entry, *hash));
    for (entry, hash) in read.chain(aside) {
        links.entry(entry.log).or_default().push(Link {
            position: entry.position,
            document: entry.document,
            hash,
        });
    }
    let (mut heads, mut chains) = (Vec::new(), Chains::new());
    for (log, mut links) in links {
        let mut head = match log::state(transaction, log)? {
            Some(state) => state.head,
            None => LogHead::start(log),
        };
        links.extend(log::links_after(transaction, log, head.position)?);
        links.sort_unstable_by_key(|link| link.position);
        for link in links {
            if Some(link.position) == head.position.next() {
                head.chain = chain(head.chain, link.position, link.document, link.hash);
                head.position = link.position;
                chains.insert((log, head.position), head.chain);
            }
        }
        heads.push(head);
    }
    Ok((heads, chains))
}

/// Folds each touched document once, over all that will be known of it.
fn refold(
    transaction: &Transaction<'_>,
    node: NodeNumber,
    taken: Taken,
    now: Timestamp,
    plan: &mut Plan,
) -> Result<(), StoreError> {
    let aside = taken.aside.into_iter().map(|(entry, hash)| NewEntry {
        entry,
        hash,
        chain: None,
        fed: false,
        recorded_at: now,
        taken: None,
        aside: true,
    });
    plan.entries.extend(aside);
    let mut touched: BTreeMap<DocumentId, Vec<(LogEntry, Change)>> = BTreeMap::new();
    for (entry, change) in taken.entries {
        touched
            .entry(entry.document)
            .or_default()
            .push((entry, change));
    }
    for (id, changes) in touched {
        let before = query::changes_of(transaction, id)?;
        let known = before
            .iter()
            .chain(changes.iter().map(|(_, change)| change));
        let document = Document::from_changes(id, known.cloned());
        let rows = project(&document)?;
        let rows_before = project(&Document::from_changes(id, before.iter().cloned()))?;
        for change in before.iter().filter(|change| change.log().node() == node) {
            let taken = money_taken(change, &document, &rows);
            plan.retaken.push((change.hash(), taken));
        }
        for (entry, change) in changes {
            plan.entries.push(NewEntry {
                hash: change.hash(),
                chain: None,
                fed: false,
                recorded_at: now,
                taken: money_taken(&change, &document, &rows),
                aside: false,
                entry,
            });
        }
        plan.rows.push((rows_before, rows));
    }
    Ok(())
}

fn hash_of_bytes(bytes: &[u8]) -> ChangeHash {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    ChangeHash::from_bytes(hash)
}
