//! When which till was heard of last.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use holdfast_schemas::identity::NodeNumber;

use crate::store::{Contact, Store, StoreError};

/// Contacts that are not written down yet. They wait for each other, so that a thousand tills that are heard of at once
/// cost one commit; what a crash forgets of them is a moment, never that somebody was there.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    waiting: Mutex<BTreeMap<NodeNumber, Vec<Contact>>>,
}

impl Contacts {
    /// Notes that a till was heard of.
    pub(super) fn note(&self, node: NodeNumber, contact: Contact) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let contacts = waiting.entry(node).or_default();
        match contacts.last_mut() {
            // The same was said a moment ago.
            Some(last) if (last.complete, last.cloned) == (contact.complete, contact.cloned) => {
                *last = contact;
            }
            Some(_) | None => contacts.push(contact),
        }
    }

    /// Writes them down.
    ///
    /// # Errors
    /// [`StoreError`]: they are forgotten, and the next ones say it again.
    pub(super) fn write_down(&self, store: &dyn Store) -> Result<(), StoreError> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *waiting);
        drop(waiting);
        if taken.is_empty() {
            return Ok(());
        }
        let contacts = taken.into_iter();
        let contacts: Vec<(NodeNumber, Contact)> = contacts
            .flat_map(|(node, contacts)| contacts.into_iter().map(move |contact| (node, contact)))
            .collect();
        store.note_contacts(&contacts)
    }
}
