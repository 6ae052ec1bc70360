//! What a frame does to the log, written once for every engine.
//!
//! An engine gives its tables inside a transaction that it opened; nothing here opens one, decodes or logs.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{
        ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, OrderNumber, ReactionId,
        StoreId,
    },
    log::{LogHead, SignedHead, chain},
    planted::{self, Planted},
    time::Timestamp,
};

use crate::store::{
    Appended, DocumentScope, EntryNumber, EntryVerdict, FrameOutcome, FramePrepared, FreezeReason,
    OwnEntry, PreparedEntry, QuarantineReason, StoreError,
};

/// What the registry says of an author, for a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) store: StoreId,
    pub(crate) barred: bool,
}

/// What is at a place of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) log: LogId,
    pub(crate) position: LogPosition,
    pub(crate) chain: ChainHash,
}

/// An entry for quarantine.
pub(crate) struct Aside<'a> {
    pub(crate) log: LogId,
    pub(crate) position: LogPosition,
    /// The log's chain there; `None` where the place does not count as used.
    pub(crate) chain: Option<ChainHash>,
    pub(crate) entry: &'a PreparedEntry,
    pub(crate) reason: QuarantineReason,
    pub(crate) detail: &'a str,
    pub(crate) delivered_by: NodeNumber,
    pub(crate) at: Timestamp,
}

/// The tables of the log, inside a transaction.
pub(crate) trait LogTables {
    fn author(&self, node: NodeNumber) -> Result<Option<Author>, StoreError>;
    fn freeze(
        &mut self,
        node: NodeNumber,
        reason: FreezeReason,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    fn head(&self, log: LogId) -> Result<Option<LogHead>, StoreError>;
    fn set_head(&mut self, head: &LogHead) -> Result<(), StoreError>;
    /// The hash that is at a place that counts as used, in the log or in quarantine.
    fn hash_at(&self, log: LogId, position: LogPosition) -> Result<Option<ChangeHash>, StoreError>;
    fn put_signature(&mut self, signed: &SignedHead) -> Result<(), StoreError>;

    fn put_entry(
        &mut self,
        place: &Place,
        entry: &PreparedEntry,
    ) -> Result<EntryNumber, StoreError>;
    fn put_aside(&mut self, aside: &Aside<'_>) -> Result<(), StoreError>;
    /// Whether an entry with this hash was put aside at this place before.
    fn is_aside(
        &self,
        log: LogId,
        position: LogPosition,
        hash: ChangeHash,
    ) -> Result<bool, StoreError>;

    /// Whether the document is known, and whether its beginning is.
    fn document(&self, document: DocumentId) -> Result<Option<bool>, StoreError>;
    fn put_document(&mut self, document: DocumentId) -> Result<(), StoreError>;
    fn begin_document(
        &mut self,
        document: DocumentId,
        scope: &DocumentScope,
        entry: EntryNumber,
    ) -> Result<(), StoreError>;
    fn referring(&self, document: DocumentId) -> Result<Vec<DocumentId>, StoreError>;

    fn scope(&self, document: DocumentId) -> Result<BTreeSet<StoreId>, StoreError>;
    fn put_scope(&mut self, document: DocumentId, store: &StoreId) -> Result<(), StoreError>;
    fn entries_of(&self, document: DocumentId) -> Result<Vec<EntryNumber>, StoreError>;
    fn put_feed(&mut self, store: &StoreId, entry: EntryNumber) -> Result<(), StoreError>;

    /// Remembers a cause; `false` where it was known.
    fn put_cause(&mut self, cause: ReactionId) -> Result<bool, StoreError>;
    /// Remembers the last order number of the server's own.
    fn put_own_number(&mut self, number: OrderNumber) -> Result<(), StoreError>;
}

/// Takes one frame.
pub(crate) fn take_frame(
    tables: &mut impl LogTables,
    frame: &FramePrepared,
) -> Result<FrameOutcome, StoreError> {
    let head = tables
        .head(frame.log)?
        .unwrap_or_else(|| LogHead::start(frame.log));
    let known = head.position.get();
    if frame.first.get() > known + 1 {
        return Ok(FrameOutcome::Gap {
            durable: head.position,
        });
    }
    if let Some(at) = first_difference(tables, frame, known)? {
        return not_ours(tables, frame, at);
    }
    let places = places_after(&head, frame);
    let Some((last, _)) = places.last() else {
        if planted::is(Planted::StoredTwice) {
            store_again(tables, frame, head.chain)?;
        }
        return Ok(FrameOutcome::Durable {
            position: head.position,
            added: 0,
            quarantined: 0,
        });
    };
    let signed = match frame.head {
        Some(signed)
            if signed.head.position == last.position
                && (signed.head.chain == last.chain || planted::is(Planted::ChainNotChecked)) =>
        {
            signed
        }
        Some(_) => return not_ours(tables, frame, places[0].0.position),
        None => return not_signed(tables, frame),
    };
    let author = tables.author(frame.log.node())?;
    let mut quarantined = 0;
    for (place, entry) in &places {
        match refusal(tables, frame, author.as_ref(), entry)? {
            Some((reason, detail)) => {
                quarantined += 1;
                if planted::is(Planted::QuarantineDropped) {
                    continue;
                }
                tables.put_aside(&aside(
                    frame,
                    place.position,
                    Some(place.chain),
                    entry,
                    reason,
                    detail,
                ))?;
            }
            None if planted::is(Planted::EntryLeftOut) && place.position == last.position => {}
            None => {
                let store = author.as_ref().map(|author| &author.store);
                accept(tables, place, entry, store)?;
            }
        }
    }
    tables.set_head(&LogHead {
        log: frame.log,
        position: last.position,
        chain: last.chain,
    })?;
    tables.put_signature(&signed)?;
    Ok(FrameOutcome::Durable {
        position: last.position,
        added: u32::try_from(places.len()).unwrap_or(u32::MAX),
        quarantined,
    })
}

/// What [`Planted::StoredTwice`] does.
fn store_again(
    tables: &mut impl LogTables,
    frame: &FramePrepared,
    chain: ChainHash,
) -> Result<(), StoreError> {
    for (position, entry) in positions(frame) {
        let place = Place {
            log: frame.log,
            position,
            chain,
        };
        accept(tables, &place, entry, None)?;
    }
    Ok(())
}

/// The first of the frame's entries that differs from what is durable at its place.
fn first_difference(
    tables: &impl LogTables,
    frame: &FramePrepared,
    known: u64,
) -> Result<Option<LogPosition>, StoreError> {
    for (position, entry) in positions(frame).take_while(|(position, _)| position.get() <= known) {
        match tables.hash_at(frame.log, position)? {
            Some(hash) if hash == entry.hash => {}
            Some(_) | None => return Ok(Some(position)),
        }
    }
    Ok(None)
}

fn positions(frame: &FramePrepared) -> impl Iterator<Item = (LogPosition, &PreparedEntry)> {
    let first = frame.first.get();
    (first..)
        .map_while(LogPosition::new)
        .zip(frame.entries.iter())
}

/// The places of the frame's entries that are new, each with its chain.
fn places_after<'a>(head: &LogHead, frame: &'a FramePrepared) -> Vec<(Place, &'a PreparedEntry)> {
    let mut before = head.chain;
    positions(frame)
        .filter(|(position, _)| position.get() > head.position.get())
        .map(|(position, entry)| {
            before = chain(before, position, entry.document, entry.hash);
            let place = Place {
                log: frame.log,
                position,
                chain: before,
            };
            (place, entry)
        })
        .collect()
}

/// The frame's log is not the one that is durable. If the author itself says so, it has two histories, and is frozen;
/// somebody else's word proves nothing against it.
fn not_ours(
    tables: &mut impl LogTables,
    frame: &FramePrepared,
    at: LogPosition,
) -> Result<FrameOutcome, StoreError> {
    let author = frame.log.node();
    if frame.head.is_none() || frame.delivered_by != author {
        return not_signed(tables, frame);
    }
    put_all_aside(tables, frame, QuarantineReason::Forked)?;
    tables.freeze(author, FreezeReason::Forked, frame.received_at)?;
    Ok(FrameOutcome::Forked { at })
}

fn not_signed(
    tables: &mut impl LogTables,
    frame: &FramePrepared,
) -> Result<FrameOutcome, StoreError> {
    put_all_aside(tables, frame, QuarantineReason::NotSigned)?;
    Ok(FrameOutcome::NotSigned)
}

fn put_all_aside(
    tables: &mut impl LogTables,
    frame: &FramePrepared,
    reason: QuarantineReason,
) -> Result<(), StoreError> {
    for (position, entry) in positions(frame) {
        // What is durable just so needs no second copy, nor does what came before: whoever repeats a frame for ever
        // must not fill the disk with it.
        let is_kept = tables.hash_at(frame.log, position)? == Some(entry.hash)
            || tables.is_aside(frame.log, position, entry.hash)?;
        if !is_kept {
            tables.put_aside(&aside(frame, position, None, entry, reason, ""))?;
        }
    }
    Ok(())
}

fn aside<'a>(
    frame: &FramePrepared,
    position: LogPosition,
    chain: Option<ChainHash>,
    entry: &'a PreparedEntry,
    reason: QuarantineReason,
    detail: &'a str,
) -> Aside<'a> {
    Aside {
        log: frame.log,
        position,
        chain,
        entry,
        reason,
        detail,
        delivered_by: frame.delivered_by,
        at: frame.received_at,
    }
}

/// Why an entry of a proved log may not go into it.
fn refusal<'a>(
    tables: &impl LogTables,
    frame: &FramePrepared,
    author: Option<&Author>,
    entry: &'a PreparedEntry,
) -> Result<Option<(QuarantineReason, &'a str)>, StoreError> {
    let begins = match &entry.verdict {
        EntryVerdict::Refused { reason, detail } => return Ok(Some((*reason, detail))),
        EntryVerdict::Recognised { begins } => begins.as_ref(),
    };
    let Some(author) = author else {
        return Ok(Some((QuarantineReason::UnknownAuthor, "")));
    };
    // What an operator imports from a revoked till was looked at by the operator.
    if author.barred && frame.delivered_by != NodeNumber::SERVER {
        return Ok(Some((QuarantineReason::AuthorBarred, "")));
    }
    let known = tables.document(entry.document)?;
    let reason = match (begins, known) {
        (Some(_), Some(true)) => Some(QuarantineReason::BegunTwice),
        (Some(scope), Some(false) | None) => scope
            .store
            .as_ref()
            .is_some_and(|store| *store != author.store)
            .then_some(QuarantineReason::OtherStore),
        (None, Some(_)) => (!tables.scope(entry.document)?.contains(&author.store))
            .then_some(QuarantineReason::OutOfScope),
        // Its beginning is another log's and still on its way.
        (None, None) => None,
    };
    Ok(reason.map(|reason| (reason, "")))
}

/// Puts an entry into the log and into every feed that its document is in. `store`: the author's.
fn accept(
    tables: &mut impl LogTables,
    place: &Place,
    entry: &PreparedEntry,
    store: Option<&StoreId>,
) -> Result<(), StoreError> {
    let document = entry.document;
    if tables.document(document)?.is_none() {
        tables.put_document(document)?;
        if let Some(store) = store {
            add_scope(tables, document, store)?;
        }
    }
    let begins = match &entry.verdict {
        EntryVerdict::Recognised { begins } => begins.as_ref(),
        EntryVerdict::Refused { .. } => None,
    };
    if let Some(begins) = begins {
        widen_scope(tables, document, begins)?;
    }
    let number = tables.put_entry(place, entry)?;
    if let Some(begins) = begins {
        tables.begin_document(document, begins, number)?;
    }
    for store in tables.scope(document)? {
        tables.put_feed(&store, number)?;
    }
    Ok(())
}

/// A beginning document goes to its own store and to every store that has what it refers to; what came earlier and
/// refers to it goes where it goes.
fn widen_scope(
    tables: &mut impl LogTables,
    document: DocumentId,
    begins: &DocumentScope,
) -> Result<(), StoreError> {
    if let Some(store) = &begins.store {
        add_scope(tables, document, store)?;
    }
    if let Some(other) = begins.refers_to {
        for store in tables.scope(other)? {
            add_scope(tables, document, &store)?;
        }
    }
    let stores = tables.scope(document)?;
    for referring in tables.referring(document)? {
        for store in &stores {
            add_scope(tables, referring, store)?;
        }
    }
    Ok(())
}

/// Puts a document into a store's scope: what there is of it goes to the end of the store's feed. `false` where it
/// was in it already.
fn add_scope(
    tables: &mut impl LogTables,
    document: DocumentId,
    store: &StoreId,
) -> Result<bool, StoreError> {
    if tables.scope(document)?.contains(store) {
        return Ok(false);
    }
    tables.put_scope(document, store)?;
    if planted::is(Planted::ScopeWithoutHistory) {
        return Ok(true);
    }
    for entry in tables.entries_of(document)? {
        tables.put_feed(store, entry)?;
    }
    Ok(true)
}

/// Puts a document and what refers to it into a store's scope.
pub(crate) fn grant_scope(
    tables: &mut impl LogTables,
    document: DocumentId,
    store: &StoreId,
) -> Result<bool, StoreError> {
    if tables.document(document)?.is_none() {
        return Err(StoreError::UnknownDocument(document));
    }
    let mut added = add_scope(tables, document, store)?;
    for referring in tables.referring(document)? {
        added |= add_scope(tables, referring, store)?;
    }
    Ok(added)
}

/// Appends what the server wrote to its own log. A cause that is known is passed over.
pub(crate) fn append_own(
    tables: &mut impl LogTables,
    log: LogId,
    entries: &[OwnEntry],
) -> Result<Appended, StoreError> {
    let mut head = tables.head(log)?.unwrap_or_else(|| LogHead::start(log));
    let mut added = 0;
    for OwnEntry {
        cause,
        number,
        entry,
    } in entries
    {
        let Some(position) = head.position.next() else {
            break;
        };
        if !tables.put_cause(*cause)? {
            continue;
        }
        head.chain = chain(head.chain, position, entry.document, entry.hash);
        head.position = position;
        let place = Place {
            log,
            position,
            chain: head.chain,
        };
        accept(tables, &place, entry, None)?;
        if let Some(number) = number {
            tables.put_own_number(*number)?;
        }
        added += 1;
    }
    if added > 0 {
        tables.set_head(&head)?;
    }
    Ok(Appended {
        head: head.position,
        added,
    })
}

/// Puts an entry from quarantine into the log at the place that it has used all along.
pub(crate) fn release(
    tables: &mut impl LogTables,
    place: &Place,
    entry: &PreparedEntry,
) -> Result<bool, StoreError> {
    let begins = matches!(&entry.verdict, EntryVerdict::Recognised { begins: Some(_) });
    if begins && tables.document(entry.document)? == Some(true) {
        return Ok(false);
    }
    let author = tables.author(place.log.node())?;
    let store = author.map(|author| author.store);
    if let Some(store) = &store
        && tables.document(entry.document)?.is_some()
    {
        add_scope(tables, entry.document, store)?;
    }
    accept(tables, place, entry, store.as_ref())?;
    Ok(true)
}
