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

use super::in_place::{Known, out_of_place};
use crate::store::{
    DocumentScope, EntryNumber, EntryVerdict, FrameOutcome, FramePrepared, FreezeReason, OwnEntry,
    PreparedEntry, QuarantineNumber, QuarantineReason, RecognisedChange, SignOwnHead, StoreError,
};

/// What the registry says of an author, for a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) store: StoreId,
    pub(crate) barred: bool,
}

/// Who wrote a log.
enum Writer {
    Server,
    Till(Option<Author>),
}

impl Writer {
    fn of(tables: &impl LogTables, log: LogId) -> Result<Self, StoreError> {
        if log.node() == NodeNumber::SERVER {
            return Ok(Self::Server);
        }
        tables.author(log.node()).map(Self::Till)
    }

    fn store(&self) -> Option<&StoreId> {
        match self {
            Self::Till(Some(author)) => Some(&author.store),
            Self::Server | Self::Till(None) => None,
        }
    }
}

/// What is at a place of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) log: LogId,
    pub(crate) position: LogPosition,
    pub(crate) chain: ChainHash,
}

/// What makes an entry the same as another at its place: what its chain is made of. A change may be the very same in two
/// documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryId {
    pub(crate) document: DocumentId,
    pub(crate) hash: ChangeHash,
}

impl EntryId {
    pub(crate) fn of(entry: &PreparedEntry) -> Self {
        Self {
            document: entry.document,
            hash: entry.hash,
        }
    }
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
    /// What is at a place that counts as used, in the log or in quarantine.
    fn entry_at(&self, log: LogId, position: LogPosition) -> Result<Option<EntryId>, StoreError>;
    fn put_signature(&mut self, signed: &SignedHead) -> Result<(), StoreError>;

    fn put_entry(
        &mut self,
        place: &Place,
        entry: &PreparedEntry,
        change: &RecognisedChange,
    ) -> Result<EntryNumber, StoreError>;
    fn put_aside(&mut self, aside: &Aside<'_>) -> Result<QuarantineNumber, StoreError>;
    /// Whether an entry with this hash was put aside at this place before.
    fn is_aside(
        &self,
        log: LogId,
        position: LogPosition,
        hash: ChangeHash,
    ) -> Result<bool, StoreError>;
    /// What the log holds of a document: see [`Known`].
    fn known(&self, document: DocumentId, place: &Place) -> Result<Known, StoreError>;

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
    /// Puts what is in quarantine into its author's store's feed, where its author alone reads it.
    fn put_feed_aside(
        &mut self,
        store: &StoreId,
        aside: QuarantineNumber,
    ) -> Result<(), StoreError>;

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
    let writer = Writer::of(tables, frame.log)?;
    let mut quarantined = 0;
    for (place, entry) in &places {
        match judge(tables, frame, &writer, place, entry)? {
            Err((reason, detail)) => {
                quarantined += 1;
                if planted::is(Planted::QuarantineDropped) {
                    continue;
                }
                set_aside(tables, frame, &writer, place, entry, (reason, detail))?;
            }
            Ok(_) if planted::is(Planted::EntryLeftOut) && place.position == last.position => {}
            Ok(change) => take_in(tables, place, entry, change, &writer)?,
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
        let EntryVerdict::Recognised(change) = &entry.verdict else {
            continue;
        };
        let place = Place {
            log: frame.log,
            position,
            chain,
        };
        accept(tables, &place, entry, change, None)?;
    }
    Ok(())
}

/// Puts an entry into quarantine at its place. It is in the feed for its author alone: a disk that was put back gets its
/// own log back without a hole, and can give the whole log to a server that was put back as well.
fn set_aside(
    tables: &mut impl LogTables,
    frame: &FramePrepared,
    writer: &Writer,
    place: &Place,
    entry: &PreparedEntry,
    (reason, detail): (QuarantineReason, &str),
) -> Result<(), StoreError> {
    let (position, chain) = (place.position, Some(place.chain));
    let number = tables.put_aside(&aside(frame, position, chain, entry, reason, detail))?;
    match writer.store() {
        Some(store) => tables.put_feed_aside(store, number),
        None => Ok(()),
    }
}

/// Accepts an entry of a frame. What the server itself decided before it was restored from a backup is not decided
/// again.
fn take_in(
    tables: &mut impl LogTables,
    place: &Place,
    entry: &PreparedEntry,
    change: &RecognisedChange,
    writer: &Writer,
) -> Result<(), StoreError> {
    if let Some(decided) = change.decided {
        tables.put_cause(decided.cause)?;
        if let Some(number) = decided.number {
            tables.put_own_number(number)?;
        }
    }
    accept(tables, place, entry, change, writer.store())
}

/// The first of the frame's entries that differs from what is durable at its place.
fn first_difference(
    tables: &impl LogTables,
    frame: &FramePrepared,
    known: u64,
) -> Result<Option<LogPosition>, StoreError> {
    for (position, entry) in positions(frame).take_while(|(position, _)| position.get() <= known) {
        match tables.entry_at(frame.log, position)? {
            Some(durable) if durable == EntryId::of(entry) => {}
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
/// an operator who carries its file says the same, and knows what to do; somebody else's word proves nothing against it.
fn not_ours(
    tables: &mut impl LogTables,
    frame: &FramePrepared,
    at: LogPosition,
) -> Result<FrameOutcome, StoreError> {
    let author = frame.log.node();
    // The server is not frozen by what it wrote: it never pushes to itself.
    let by_author = frame.delivered_by == author && author != NodeNumber::SERVER;
    let by_operator = frame.delivered_by == NodeNumber::SERVER && author != NodeNumber::SERVER;
    if frame.head.is_none() || !(by_author || by_operator) {
        return not_signed(tables, frame);
    }
    put_all_aside(tables, frame, QuarantineReason::Forked)?;
    if by_author {
        tables.freeze(author, FreezeReason::Forked, frame.received_at)?;
    }
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
        let is_kept = tables.entry_at(frame.log, position)? == Some(EntryId::of(entry))
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

/// What an entry of a proved log says, or why it may not go into the log.
fn judge<'a>(
    tables: &impl LogTables,
    frame: &FramePrepared,
    writer: &Writer,
    place: &Place,
    entry: &'a PreparedEntry,
) -> Result<Result<&'a RecognisedChange, (QuarantineReason, &'a str)>, StoreError> {
    let change = match &entry.verdict {
        EntryVerdict::Refused { reason, detail } => return Ok(Err((*reason, detail))),
        EntryVerdict::Recognised(change) => change,
    };
    let reason = match writer {
        // The server has no store, and begins no document.
        Writer::Server => change
            .begins
            .is_some()
            .then_some(QuarantineReason::OtherStore),
        Writer::Till(None) => Some(QuarantineReason::UnknownAuthor),
        // What an operator imports from a revoked till was looked at by the operator.
        Writer::Till(Some(author)) if author.barred && frame.delivered_by != NodeNumber::SERVER => {
            Some(QuarantineReason::AuthorBarred)
        }
        Writer::Till(Some(author)) => out_of_scope(tables, author, entry, change)?,
    };
    let reason = match reason {
        Some(reason) => Some(reason),
        None => out_of_place(tables, place, entry.document, change)?,
    };
    Ok(reason.map_or(Ok(change), |reason| Err((reason, ""))))
}

/// Whether a till may write to the document.
fn out_of_scope(
    tables: &impl LogTables,
    author: &Author,
    entry: &PreparedEntry,
    change: &RecognisedChange,
) -> Result<Option<QuarantineReason>, StoreError> {
    let known = tables.document(entry.document)?;
    Ok(match (&change.begins, known) {
        (Some(_), Some(true)) => Some(QuarantineReason::BegunTwice),
        (Some(scope), Some(false) | None) => scope
            .store
            .as_ref()
            .is_some_and(|store| *store != author.store && !planted::is(Planted::StoreNotChecked))
            .then_some(QuarantineReason::OtherStore),
        (None, Some(_)) => (!tables.scope(entry.document)?.contains(&author.store))
            .then_some(QuarantineReason::OutOfScope),
        // Its beginning is another log's and still on its way.
        (None, None) => None,
    })
}

/// Puts an entry into the log and into every feed that its document is in. `store`: the author's; none for the server.
fn accept(
    tables: &mut impl LogTables,
    place: &Place,
    entry: &PreparedEntry,
    change: &RecognisedChange,
    store: Option<&StoreId>,
) -> Result<(), StoreError> {
    let document = entry.document;
    let known = tables.document(document)?;
    if known.is_none() {
        tables.put_document(document)?;
    }
    // Also where the server's own entry came first, which puts a document into no store's scope.
    if let Some(store) = store
        && known != Some(true)
        && tables.scope(document)?.is_empty()
    {
        add_scope(tables, document, store)?;
    }
    if let Some(begins) = &change.begins {
        widen_scope(tables, document, begins)?;
    }
    let number = tables.put_entry(place, entry, change)?;
    if let Some(begins) = &change.begins {
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

/// Appends what the server wrote to its own logs. A cause that is known is passed over. Every entry has a signed head:
/// tills keep them, so that they can prove to a restored server what it wrote.
pub(crate) fn append_own(
    tables: &mut impl LogTables,
    entries: &[OwnEntry],
    sign: SignOwnHead<'_>,
) -> Result<u32, StoreError> {
    let mut added = 0;
    for OwnEntry {
        log,
        decided,
        entry,
    } in entries
    {
        let EntryVerdict::Recognised(change) = &entry.verdict else {
            continue;
        };
        let mut head = tables.head(*log)?.unwrap_or_else(|| LogHead::start(*log));
        let Some(position) = head.position.next() else {
            continue;
        };
        if !tables.put_cause(decided.cause)? {
            continue;
        }
        head.chain = chain(head.chain, position, entry.document, entry.hash);
        head.position = position;
        let place = Place {
            log: *log,
            position,
            chain: head.chain,
        };
        accept(tables, &place, entry, change, None)?;
        if let Some(number) = decided.number {
            tables.put_own_number(number)?;
        }
        tables.set_head(&head)?;
        tables.put_signature(&sign(head))?;
        added += 1;
    }
    Ok(added)
}

/// Puts an entry from quarantine into the log at the place that it has used all along. A person may say that a change
/// is welcome, but not that it fits where it does not.
pub(crate) fn release(
    tables: &mut impl LogTables,
    place: &Place,
    entry: &PreparedEntry,
    change: &RecognisedChange,
) -> Result<bool, StoreError> {
    let begun = change.begins.is_some() && tables.document(entry.document)? == Some(true);
    if begun || out_of_place(tables, place, entry.document, change)?.is_some() {
        return Ok(false);
    }
    let author = tables.author(place.log.node())?;
    let store = author.map(|author| author.store);
    if let Some(store) = &store
        && tables.document(entry.document)?.is_some()
    {
        add_scope(tables, entry.document, store)?;
    }
    accept(tables, place, entry, change, store.as_ref())?;
    Ok(true)
}
