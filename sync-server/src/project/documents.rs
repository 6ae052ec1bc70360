//! Documents as the log has them up to an entry, each folded once a step.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{DocumentId, LogPosition},
    operation::{Body, DocumentKind, LogRange, Recorded, TillSessionBody},
    order::{OrderState, alias_component, fold_order},
    return_::{ReturnState, fold_return},
};

use super::ProjectError;
use crate::store::{EntryNumber, Store, StoredEntry, TouchedDocument};

/// How many entries of a log are read at once.
const LOG_PAGE_ENTRIES: u32 = 512;

/// Reads a document from its entries.
pub(super) fn document(id: DocumentId, entries: &[StoredEntry]) -> Result<Document, ProjectError> {
    let mut document = Document::new(id);
    for entry in entries {
        let change = recognise(&entry.bytes).map_err(|source| ProjectError::Damaged {
            entry: entry.number,
            source,
        })?;
        document.insert(change);
    }
    Ok(document)
}

/// The documents of the log up to one entry.
pub(crate) struct Documents<'a> {
    store: &'a dyn Store,
    up_to: EntryNumber,
    read: BTreeMap<DocumentId, Document>,
    orders: BTreeMap<DocumentId, Rc<OrderState>>,
    /// What refers to the documents of a stretch.
    referring: BTreeMap<DocumentId, Vec<DocumentId>>,
}

impl<'a> Documents<'a> {
    /// The documents as of an entry.
    pub(crate) fn new(store: &'a dyn Store, up_to: EntryNumber) -> Self {
        Self {
            store,
            up_to,
            read: BTreeMap::new(),
            orders: BTreeMap::new(),
            referring: BTreeMap::new(),
        }
    }

    /// The documents as of the end of a stretch of the log, with those that it changes at hand.
    pub(super) fn of_stretch(
        store: &'a dyn Store,
        up_to: EntryNumber,
        touched: BTreeMap<DocumentId, TouchedDocument>,
    ) -> Result<Self, ProjectError> {
        let mut documents = Self::new(store, up_to);
        for (id, touched) in touched {
            documents.read.insert(id, document(id, &touched.entries)?);
            documents.referring.insert(id, touched.referring);
        }
        Ok(documents)
    }

    pub(crate) fn get(&mut self, id: DocumentId) -> Result<&Document, ProjectError> {
        use std::collections::btree_map::Entry;
        Ok(match self.read.entry(id) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(vacant) => {
                let entries = self.store.document_entries(id, Some(self.up_to))?;
                vacant.insert(document(id, &entries)?)
            }
        })
    }

    pub(crate) fn kind(&mut self, id: DocumentId) -> Result<Option<DocumentKind>, ProjectError> {
        Ok(self.get(id)?.kind())
    }

    pub(crate) fn order(&mut self, id: DocumentId) -> Result<Rc<OrderState>, ProjectError> {
        if let Some(folded) = self.orders.get(&id) {
            return Ok(Rc::clone(folded));
        }
        let folded = Rc::new(fold_order(id, self.get(id)?.operations()));
        self.orders.insert(id, Rc::clone(&folded));
        Ok(folded)
    }

    pub(crate) fn returned(&mut self, id: DocumentId) -> Result<ReturnState, ProjectError> {
        Ok(fold_return(id, self.get(id)?.operations()))
    }

    /// The returns of an order.
    pub(super) fn returns_of(
        &mut self,
        order: DocumentId,
    ) -> Result<Vec<ReturnState>, ProjectError> {
        let documents = match self.referring.get(&order) {
            Some(referring) => referring.clone(),
            None => self.store.referring_documents(order, Some(self.up_to))?,
        };
        documents.into_iter().map(|id| self.returned(id)).collect()
    }

    /// The documents that are one order with this one, itself included.
    pub(crate) fn same_order(
        &mut self,
        id: DocumentId,
    ) -> Result<BTreeSet<DocumentId>, ProjectError> {
        let mut orders: BTreeMap<DocumentId, Rc<OrderState>> = BTreeMap::new();
        let mut waiting = BTreeSet::from([id]);
        while let Some(next) = waiting.pop_first() {
            let order = self.order(next)?;
            waiting.extend(
                order
                    .aliases
                    .keys()
                    .filter(|other| !orders.contains_key(other)),
            );
            waiting.remove(&next);
            orders.insert(next, order);
        }
        Ok(alias_component(id, orders.values().map(Rc::as_ref)))
    }

    /// The orders and returns that a closed session's report covers, as of its close; nothing while it is open.
    pub(super) fn covered(&mut self, session: DocumentId) -> Result<Covered, ProjectError> {
        let mut covered = Covered::default();
        let Some((closed_at, ranges)) = self.close_of(session)? else {
            return Ok(covered);
        };
        let mut ids = BTreeSet::new();
        for range in &ranges {
            ids.extend(self.documents_in(range)?);
        }
        for id in ids {
            let entries = self.store.document_entries(id, Some(closed_at))?;
            let document = document(id, &entries)?;
            match document.kind() {
                Some(DocumentKind::Order) => {
                    covered.orders.push(fold_order(id, document.operations()));
                }
                Some(DocumentKind::Return) => {
                    covered.returns.push(fold_return(id, document.operations()));
                }
                Some(DocumentKind::TillSession | DocumentKind::Stock | DocumentKind::Safe)
                | None => {}
            }
        }
        Ok(covered)
    }

    /// The entry that closed a session, and the log ranges that its report covers.
    fn close_of(
        &self,
        session: DocumentId,
    ) -> Result<Option<(EntryNumber, Vec<LogRange>)>, ProjectError> {
        for entry in self.store.document_entries(session, Some(self.up_to))? {
            let change = recognise(&entry.bytes).map_err(|source| ProjectError::Damaged {
                entry: entry.number,
                source,
            })?;
            for operation in change.operations() {
                if let Recorded::Known(operation) = &operation.recorded
                    && let Body::TillSession(TillSessionBody::SessionClosed(closed)) =
                        &operation.body
                {
                    return Ok(Some((entry.number, closed.covers.clone())));
                }
            }
        }
        Ok(None)
    }

    fn documents_in(&self, range: &LogRange) -> Result<BTreeSet<DocumentId>, ProjectError> {
        let mut documents = BTreeSet::new();
        let before_first = range.first.get().saturating_sub(1);
        let mut after = LogPosition::new(before_first).unwrap_or_default();
        loop {
            let entries = self.store.log_entries(range.log, after, LOG_PAGE_ENTRIES)?;
            let Some(last) = entries.last().map(|entry| entry.position) else {
                return Ok(documents);
            };
            let within = entries
                .iter()
                .filter(|entry| entry.position <= range.last)
                .map(|entry| entry.document);
            documents.extend(within);
            if last >= range.last {
                return Ok(documents);
            }
            after = last;
        }
    }
}

/// What a session's report covers.
#[derive(Debug, Default)]
pub(super) struct Covered {
    pub(super) orders: Vec<OrderState>,
    pub(super) returns: Vec<ReturnState>,
}
