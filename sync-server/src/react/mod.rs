//! S3: what the server decides when documents arrive, by a cursor that is never set back.
//!
//! Each decision is an operation in the document, written to the server's own log in the same transaction that moves
//! the cursor. Its cause is stored for ever, so that neither a rebuild nor a second look writes it again.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use holdfast_schemas::{
    change::Change,
    document::{AppendError, Document},
    identity::{
        DocumentId, LogId, NodeNumber, OrderNumber, OrderNumberError, OrderNumberMint, ReactionId,
        ReasonCode,
    },
    operation::{Author, Body, DocumentKind, Operation, OrderBody},
    order::{OrderState, fold_order},
    reaction::{Reaction, react, unalias},
    refusal::Refusal,
    time::Timestamp,
};
use ring::digest;

use crate::{
    ingest::prepare_change,
    project::{self, Progress, ProjectError},
    store::{CursorName, EntryNumber, OrderKey, OwnEntry, Store, StoreError},
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

/// Who reacts: the server's own log of this process, and its order numbers.
#[derive(Debug)]
pub struct Reactor {
    log: LogId,
    mint: OrderNumberMint,
}

impl Reactor {
    /// A reactor that writes to this log, which nobody wrote to before. Its order numbers go on after the last one
    /// that any process of the server gave.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn new(log: LogId, store: &dyn Store) -> Result<Self, StoreError> {
        let last = store.last_own_number()?;
        let mint = OrderNumberMint::new(NodeNumber::SERVER, last);
        Ok(Self { log, mint })
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
        store.append_own(self.log, &written, Some((from, to)), now)?;
        Ok(Progress {
            cursor: to,
            moved: true,
        })
    }

    /// S4: writes what headquarters decided, at once.
    ///
    /// # Errors
    /// [`ReactError`].
    pub fn command(
        &self,
        store: &dyn Store,
        operations: Vec<Reaction>,
        now: Timestamp,
    ) -> Result<u32, ReactError> {
        let written = self.write(store, operations.into_iter())?;
        Ok(store.append_own(self.log, &written, None, now)?.added)
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
        let read = |id| read_order(store, id)?.ok_or(UnaliasError::NotAnOrder(id));
        let [one, other] = [read(orders[0])?, read(orders[1])?];
        let decided = unalias(&one, &other, reason, now, by)?;
        Ok(self.command(store, decided, now)?)
    }

    fn decide(
        &mut self,
        store: &dyn Store,
        id: DocumentId,
        now: Timestamp,
        decided: &mut BTreeMap<ReactionId, Reaction>,
    ) -> Result<(), ReactError> {
        let Some(order) = read_order(store, id)? else {
            return Ok(());
        };
        let mut found = BTreeSet::new();
        for number in order.numbers() {
            found.extend(store.find(&OrderKey::Number(number))?);
        }
        for reference in &order.references {
            found.extend(store.find(&OrderKey::Reference(reference.clone()))?);
        }
        found.remove(&id);
        let mut others = Vec::new();
        for other in found {
            others.extend(read_order(store, other)?);
        }
        if others.is_empty() {
            return Ok(());
        }
        for reaction in react(&order, &others, now, &mut self.mint)? {
            let cause = cause_of(&reaction);
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
            let cause = cause_of(&reaction);
            let document = match documents.entry(id) {
                Entry::Occupied(read) => read.into_mut(),
                Entry::Vacant(vacant) => vacant.insert(project::read_document(store, id)?),
            };
            let (change, bytes) = append(document, self.log, &reaction.operation)?;
            written.push(OwnEntry {
                cause,
                number: minted(&reaction.operation),
                entry: prepare_change(self.log, id, &change, bytes),
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

/// The order number that an operation of the server's gives out.
fn minted(operation: &Operation) -> Option<OrderNumber> {
    match &operation.body {
        Body::Order(OrderBody::NumberReassigned(reassigned)) => Some(reassigned.number),
        Body::Order(_) | Body::Return(_) | Body::TillSession(_) | Body::Stock(_) => None,
    }
}

/// What an operation of the server's reacts to. A person's command reacts to nothing: its id is drawn from the
/// operation itself, so that the same command twice counts once.
fn cause_of(reaction: &Reaction) -> ReactionId {
    reaction.operation.cause.unwrap_or_else(|| {
        let mut text = b"holdfast command 1".to_vec();
        text.extend(reaction.document.to_bytes());
        text.extend(format!("{:?}", reaction.operation).into_bytes());
        let digest = digest::digest(&digest::SHA256, &text);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_ref()[..16]);
        ReactionId::from_bytes(bytes)
    })
}

/// An order with all that has come in of it; `None` for a document of another kind.
fn read_order(store: &dyn Store, id: DocumentId) -> Result<Option<OrderState>, ReactError> {
    let document = project::read_document(store, id)?;
    let is_order = document.kind() == Some(DocumentKind::Order);
    Ok(is_order.then(|| fold_order(id, document.operations())))
}
