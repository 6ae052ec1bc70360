//! The registry, in maps.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    time::Timestamp,
};

use super::{Code, MemoryStore, State, count};
use crate::store::{
    ApiKeyId, ApiKeyRecord, Contact, EnrolRefusal, Enrolled, EnrolmentCode, EnrolmentRequest,
    NodeRecord, PageLimit, PublicKey, Registry, StoreError, StoreRecord, upkeep::node_after,
};

impl Registry for MemoryStore {
    fn add_store(&self, store: &StoreRecord) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.stores.contains_key(&store.store) {
            return Ok(false);
        }
        state.stores.insert(store.store.clone(), store.clone());
        Ok(true)
    }

    fn stores(&self) -> Result<Vec<StoreRecord>, StoreError> {
        Ok(self.state().stores.values().cloned().collect())
    }

    fn add_enrolment_code(&self, code: &EnrolmentCode) -> Result<(), StoreError> {
        let mut state = self.state();
        if !state.stores.contains_key(&code.store) {
            return Err(StoreError::UnknownStore(code.store.clone()));
        }
        let unused = Code {
            code: code.clone(),
            used_by: None,
        };
        state.codes.entry(code.secret).or_insert(unused);
        Ok(())
    }

    fn enrol(
        &self,
        request: &EnrolmentRequest,
    ) -> Result<Result<Enrolled, EnrolRefusal>, StoreError> {
        let mut state = self.state();
        let node = state.next_node;
        let Some(code) = state.codes.get_mut(&request.secret) else {
            return Ok(Err(EnrolRefusal::UnknownCode));
        };
        let store = code.code.store.clone();
        match code.used_by {
            Some((node, key)) if key == request.public_key => {
                return Ok(Ok(Enrolled { node, store }));
            }
            Some(_) => return Ok(Err(EnrolRefusal::UsedCode)),
            None if request.at >= code.code.expires_at => {
                return Ok(Err(EnrolRefusal::ExpiredCode));
            }
            None => {}
        }
        let Some(next) = node_after(node, 1) else {
            return Ok(Err(EnrolRefusal::NoNumberLeft));
        };
        code.used_by = Some((node, request.public_key));
        state.next_node = next;
        state.nodes.insert(
            node,
            NodeRecord {
                node,
                store: store.clone(),
                public_keys: vec![request.public_key],
                enrolled_at: request.at,
                revoked_at: None,
                frozen: None,
                unfrozen: None,
                cloned_at: None,
                last_contact_at: None,
                complete_to: None,
            },
        );
        Ok(Ok(Enrolled { node, store }))
    }

    fn readmit(
        &self,
        node: NodeNumber,
        store: &StoreId,
        public_key: PublicKey,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let given = node < state.next_node && !state.nodes.contains_key(&node);
        if !given || !state.stores.contains_key(store) {
            return Ok(false);
        }
        let record = NodeRecord {
            node,
            store: store.clone(),
            public_keys: vec![public_key],
            enrolled_at: at,
            revoked_at: state.revoked_numbers.get(&node).copied(),
            frozen: None,
            unfrozen: None,
            cloned_at: None,
            last_contact_at: None,
            complete_to: None,
        };
        state.nodes.insert(node, record);
        state.awaited.insert(node);
        Ok(true)
    }

    fn add_node_key(
        &self,
        node: NodeNumber,
        public_key: PublicKey,
        _at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let record = state
            .nodes
            .get_mut(&node)
            .ok_or(StoreError::UnknownNode(node))?;
        if !record.public_keys.contains(&public_key) {
            record.public_keys.push(public_key);
        }
        Ok(())
    }

    fn node(&self, node: NodeNumber) -> Result<Option<NodeRecord>, StoreError> {
        Ok(self.state().nodes.get(&node).cloned())
    }

    fn nodes(
        &self,
        after: Option<NodeNumber>,
        limit: PageLimit,
    ) -> Result<Vec<NodeRecord>, StoreError> {
        let state = self.state();
        let nodes = state
            .nodes
            .values()
            .filter(|record| after.is_none_or(|after| record.node > after));
        Ok(nodes.take(count(limit.get())).cloned().collect())
    }

    fn revoke_node(&self, node: NodeNumber, at: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        let was_given = node != NodeNumber::SERVER && node < state.next_node;
        let State {
            nodes,
            revoked_numbers,
            ..
        } = &mut *state;
        if let Some(record) = nodes.get_mut(&node) {
            let first = record.revoked_at.is_none();
            record.revoked_at.get_or_insert(at);
            return Ok(first);
        }
        if !was_given {
            return Err(StoreError::UnknownNode(node));
        }
        let first = !revoked_numbers.contains_key(&node);
        revoked_numbers.entry(node).or_insert(at);
        Ok(first)
    }

    fn note_contacts(&self, contacts: &[(NodeNumber, Contact)]) -> Result<(), StoreError> {
        self.transact(|state| {
            for (node, contact) in contacts {
                if contact.complete {
                    state.awaited.remove(node);
                }
                let record = state
                    .nodes
                    .get_mut(node)
                    .ok_or(StoreError::UnknownNode(*node))?;
                record.last_contact_at = Some(contact.at);
                if contact.complete {
                    record.complete_to = Some(contact.at);
                }
                if contact.cloned {
                    record.cloned_at = Some(contact.at);
                }
            }
            Ok(())
        })
    }

    fn revoked_nodes(&self) -> Result<BTreeSet<NodeNumber>, StoreError> {
        let state = self.state();
        let revoked = state
            .nodes
            .values()
            .filter(|node| node.revoked_at.is_some());
        let numbers = state.revoked_numbers.keys().copied();
        Ok(revoked.map(|node| node.node).chain(numbers).collect())
    }

    fn add_api_key(&self, key: &ApiKeyRecord) -> Result<(), StoreError> {
        let mut state = self.state();
        state
            .api_keys
            .entry(key.id.clone())
            .or_insert_with(|| key.clone());
        Ok(())
    }

    fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        Ok(self.state().api_keys.values().cloned().collect())
    }

    fn api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        Ok(self.state().api_keys.get(id).cloned())
    }

    fn revoke_api_key(&self, id: &ApiKeyId, at: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(key) = state.api_keys.get_mut(id) else {
            return Ok(false);
        };
        let first = key.revoked_at.is_none();
        key.revoked_at.get_or_insert(at);
        Ok(first)
    }
}
