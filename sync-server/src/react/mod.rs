//! S3: what the server decides when documents arrive, by a cursor that is never set back.
//!
//! Each decision is an operation in the document, written to a log of the server's own in the same transaction that
//! moves the cursor. Its cause is stored for ever, so that neither a rebuild nor a second look writes it again.
//!
//! A process of the server writes one log for each store, of documents that are in that store's feed. So each till of
//! the store holds the log without gaps, with heads that the server signed, and can prove it to a server that was
//! restored from a backup and lost its end.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use holdfast_schemas::{
    change::Change,
    document::{AppendError, Document},
    identity::{
        DocumentId, LogId, NodeNumber, OrderNumberError, OrderNumberMint, ReactionId, ReasonCode,
        StoreId,
    },
    log::{LogHead, SignedHead},
    operation::{Author, Operation},
    reaction::{Numbered, Reaction, react, unalias},
    refusal::Refusal,
    time::Timestamp,
};
use ring::digest;

use crate::{
    ingest::{decided, prepare_change},
    pki::ServerSigner,
    project::{self, Progress, ProjectError},
    store::{CursorName, Decided, EntryNumber, OrderKey, OwnEntry, Store, StoreError},
};

/// How many entries one step looks at, at most. Of nearly all of them the rows say at once that there is nothing to
/// decide.
pub const STEP_ENTRIES_MAX: u64 = 4_096;

/// Why a step was not made. Nothing was written, and the cursor is where it was.
#[derive(Debug, thiserror::Error)]
pub enum ReactError {
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A document could not be read.
    #[error("a document could not be read")]
    Document(#[from] ProjectError),
    /// There is no further order number.
    #[error("no order number is left")]
    Number(#[from] OrderNumberError),
    /// The decision could not be written.
    #[error("the decision on document {document} could not be written")]
    Append {
        /// Which document.
        document: DocumentId,
        /// Why.
        source: AppendError,
    },
}

/// Why an alias was not taken back. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum UnaliasError {
    /// It could not be read or written.
    #[error(transparent)]
    React(#[from] ReactError),
    /// The document is no order, or not here.
    #[error("document {0} is no order")]
    NotAnOrder(DocumentId),
    /// A rule says no.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
}

/// Who reacts: the server's own logs of this process, and its order numbers.
#[derive(Debug)]
pub struct Reactor {
    process: [u8; 12],
    signer: Arc<ServerSigner>,
    mint: OrderNumberMint,
}

impl Reactor {
    /// A reactor whose logs are named after `process`, random bytes that no process had before. Its order numbers go
    /// on after the last one that any process of the server gave.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn new(
        process: [u8; 12],
        signer: Arc<ServerSigner>,
        store: &dyn Store,
    ) -> Result<Self, StoreError> {
        let last = store.last_own_number()?;
        let mint = OrderNumberMint::new(NodeNumber::SERVER, last);
        Ok(Self {
            process,
            signer,
            mint,
        })
    }

    /// Looks at the next entries that are projected already, and writes what follows from them.
    ///
    /// # Errors
    /// [`ReactError`].
    pub fn step(&mut self, store: &dyn Store, now: Timestamp) -> Result<Progress, ReactError> {
        let from = store.cursor(CursorName::React)?;
        let projected = store.cursor(CursorName::Project)?;
        // Who else goes by a number or a reference is asked of the rows, so those must be there.
        let to = projected.min(EntryNumber::new(from.get() + STEP_ENTRIES_MAX));
        if to <= from {
            return Ok(Progress {
                cursor: from,
                moved: false,
            });
        }
        let mut decided = BTreeMap::new();
        for document in store.share_keys(from, to)? {
            self.decide(store, document, now, &mut decided)?;
        }
        let written = self.write(store, decided.into_values())?;
        store.append_own(&written, Some((from, to)), &self.sign())?;
        Ok(Progress {
            cursor: to,
            moved: true,
        })
    }

    /// S4: writes what headquarters decided, at once.
    ///
    /// # Errors
    /// [`ReactError`].
    pub fn command(&self, store: &dyn Store, operations: Vec<Reaction>) -> Result<u32, ReactError> {
        let written = self.write(store, operations.into_iter())?;
        Ok(store.append_own(&written, None, &self.sign())?)
    }

    fn sign(&self) -> impl Fn(LogHead) -> SignedHead {
        |head| self.signer.sign(head)
    }

    /// The log for a document: that for the store of the till that drew the document's id, if the document is in its
    /// scope; else that for the first store that has it.
    fn log_for(&self, store: &dyn Store, document: DocumentId) -> Result<LogId, StoreError> {
        let scope = store.scope_of(document)?;
        let drawn_by = store.node(document.node())?;
        let home = drawn_by.and_then(|node| scope.get(&node.store));
        let home = home.or(scope.first()).map_or("", StoreId::as_str);
        let mut text = b"holdfast own log 1".to_vec();
        text.extend(self.process);
        text.extend(home.as_bytes());
        let digest = digest::digest(&digest::SHA256, &text);
        let mut bytes = [0; 12];
        bytes.copy_from_slice(&digest.as_ref()[..12]);
        Ok(LogId::new(NodeNumber::SERVER, bytes))
    }

    /// S4: people found that two orders are not one after all. Returns how many operations were written.
    ///
    /// # Errors
    /// [`UnaliasError`].
    pub fn unalias(
        &self,
        store: &dyn Store,
        orders: [DocumentId; 2],
        reason: &ReasonCode,
        by: &Author,
        now: Timestamp,
    ) -> Result<u32, UnaliasError> {
        let read = |id| match read_numbered(store, id)? {
            Some(Numbered::Order(order)) => Ok(order),
            Some(Numbered::Return(_)) | None => Err(UnaliasError::NotAnOrder(id)),
        };
        let [one, other] = [read(orders[0])?, read(orders[1])?];
        let decided = unalias(&one, &other, reason, now, by)?;
        Ok(self.command(store, decided)?)
    }

    fn decide(
        &mut self,
        store: &dyn Store,
        id: DocumentId,
        now: Timestamp,
        decided: &mut BTreeMap<ReactionId, Reaction>,
    ) -> Result<(), ReactError> {
        let Some(document) = read_numbered(store, id)? else {
            return Ok(());
        };
        let mut found = BTreeSet::new();
        for number in document.numbers().all() {
            found.extend(store.find(&OrderKey::Number(number))?);
        }
        for reference in document.references() {
            found.extend(store.find(&OrderKey::Reference(reference.clone()))?);
        }
        found.remove(&id);
        let mut others = Vec::new();
        for other in found {
            others.extend(read_numbered(store, other)?);
        }
        if others.is_empty() {
            return Ok(());
        }
        for reaction in react(&document, &others, now, &mut self.mint)? {
            let cause = decided_by(&reaction).cause;
            decided.entry(cause).or_insert(reaction);
        }
        Ok(())
    }

    /// Writes decisions as changes, those on one document each after the one before it.
    fn write(
        &self,
        store: &dyn Store,
        decided: impl Iterator<Item = Reaction>,
    ) -> Result<Vec<OwnEntry>, ReactError> {
        let mut documents: BTreeMap<DocumentId, Document> = BTreeMap::new();
        let mut written = Vec::new();
        for reaction in decided {
            let id = reaction.document;
            let log = self.log_for(store, id)?;
            let document = match documents.entry(id) {
                Entry::Occupied(read) => read.into_mut(),
                Entry::Vacant(vacant) => vacant.insert(project::read_document(store, id)?),
            };
            let (change, bytes) = append(document, log, &reaction.operation)?;
            written.push(OwnEntry {
                log,
                decided: decided_by(&reaction),
                entry: prepare_change(log, id, &change, bytes),
            });
            document.insert(change);
        }
        Ok(written)
    }
}

fn append(
    document: &Document,
    log: LogId,
    operation: &Operation,
) -> Result<(Change, Box<[u8]>), ReactError> {
    let appended = document
        .append(log, std::slice::from_ref(operation))
        .map_err(|source| ReactError::Append {
            document: document.id(),
            source,
        })?;
    Ok((appended.change, appended.bytes.into_boxed_slice()))
}

fn decided_by(reaction: &Reaction) -> Decided {
    decided(reaction.document, &reaction.operation)
}

/// An order or a return with all that has come in of it; `None` for a document of another kind.
fn read_numbered(store: &dyn Store, id: DocumentId) -> Result<Option<Numbered>, ReactError> {
    Ok(Numbered::of(&project::read_document(store, id)?))
}
