//! Reference data, rights and upkeep, in maps.

use std::path::Path;

use holdfast_schemas::{
    identity::{DocumentId, NodeNumber, PriceListVersion, StoreId},
    time::Timestamp,
    wire::{HeldRight, Right, ServerEpoch},
};

use super::{MemoryStore, State, count};
use crate::store::{
    CheckFinding, PageLimit, ReferenceDelta, ReferenceKey, ReferenceRecord, ReferenceStore,
    RightRow, RightsStore, ServerIdentity, StoreError, TakeOutcome, Upkeep,
    upkeep::{last_node, node_after},
};

impl ReferenceStore for MemoryStore {
    fn import_reference(
        &self,
        records: &[ReferenceRecord],
    ) -> Result<PriceListVersion, StoreError> {
        let mut state = self.state();
        for record in records {
            state.put_reference(&record.key, record.json.clone());
        }
        Ok(state.reference_version)
    }

    fn change_reference(
        &self,
        key: &ReferenceKey,
        change: &mut dyn FnMut(Option<&str>) -> Option<Box<str>>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let before = state.reference.get(key);
        let before = before.and_then(|(_, json)| json.as_deref());
        let Some(json) = change(before) else {
            return Ok(false);
        };
        state.put_reference(key, Some(json));
        Ok(true)
    }

    fn reference_delta(
        &self,
        after: PriceListVersion,
        limit: PageLimit,
    ) -> Result<ReferenceDelta, StoreError> {
        let state = self.state();
        let mut records: Vec<(PriceListVersion, ReferenceRecord)> = state
            .reference
            .iter()
            .filter(|(_, (version, _))| *version > after)
            .map(|(key, (version, json))| {
                let record = ReferenceRecord {
                    key: key.clone(),
                    json: json.clone(),
                };
                (*version, record)
            })
            .collect();
        records.sort_by_key(|(version, _)| *version);
        records.truncate(count(limit.get()));
        Ok(ReferenceDelta {
            records,
            newest: state.reference_version,
        })
    }

    fn reference_record(&self, key: &ReferenceKey) -> Result<Option<Box<str>>, StoreError> {
        let state = self.state();
        Ok(state.reference.get(key).and_then(|(_, json)| json.clone()))
    }

    fn reference_version(&self) -> Result<PriceListVersion, StoreError> {
        Ok(self.state().reference_version)
    }
}

impl State {
    fn put_reference(&mut self, key: &ReferenceKey, json: Option<Box<str>>) {
        let same = match self.reference.get(key) {
            Some((_, before)) => *before == json,
            None => json.is_none(),
        };
        if !same {
            let version = PriceListVersion::new(self.reference_version.get() + 1);
            self.reference_version = version;
            self.reference.insert(key.clone(), (version, json));
        }
    }
}

/// By document, then the kind's name.
fn place(right: Right) -> (DocumentId, &'static str) {
    (right.document, right.kind.name())
}

impl State {
    /// When a right that is given now counts as given.
    fn stamp(&mut self, at: Timestamp) -> Timestamp {
        self.newest_right = at.max(self.newest_right.plus_milliseconds(1));
        self.newest_right
    }
}

impl RightsStore for MemoryStore {
    fn take_right(
        &self,
        right: Right,
        node: NodeNumber,
        at: Timestamp,
    ) -> Result<TakeOutcome, StoreError> {
        let mut state = self.state();
        Ok(match state.rights.get(&right).copied() {
            Some((by, since)) if by == node => TakeOutcome::Taken { since },
            Some((by, since)) => TakeOutcome::Held { by, since },
            None => {
                let since = state.stamp(at);
                state.rights.insert(right, (node, since));
                TakeOutcome::Taken { since }
            }
        })
    }

    fn pass_right(
        &self,
        right: Right,
        from: NodeNumber,
        to: NodeNumber,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let mut state = self.state();
        if state.rights.get(&right).is_none_or(|(by, _)| *by != from) {
            return Ok(None);
        }
        let since = state.stamp(at);
        state.rights.insert(right, (to, since));
        Ok(Some(since))
    }

    fn claim_rights(
        &self,
        node: NodeNumber,
        claims: &[HeldRight],
    ) -> Result<Vec<Right>, StoreError> {
        let mut state = self.state();
        let mut lost = Vec::new();
        let learns = state.awaited.contains(&node);
        for HeldRight { right, since } in claims {
            let holder = state.rights.get(right).copied();
            if learns && holder.is_none_or(|(_, known)| known < *since) {
                state.newest_right = state.newest_right.max(*since);
                state.rights.insert(*right, (node, *since));
            } else if holder.is_none_or(|(by, _)| by != node) {
                lost.push(*right);
            }
        }
        Ok(lost)
    }

    fn rights(&self, after: Option<Right>, limit: PageLimit) -> Result<Vec<RightRow>, StoreError> {
        let state = self.state();
        let mut rows: Vec<RightRow> = state
            .rights
            .iter()
            .map(|(right, (node, since))| RightRow {
                right: *right,
                node: *node,
                since: *since,
            })
            .filter(|row| after.is_none_or(|after| place(row.right) > place(after)))
            .collect();
        rows.sort_unstable_by_key(|row| place(row.right));
        rows.truncate(count(limit.get()));
        Ok(rows)
    }

    fn release_right(&self, right: Right, node: NodeNumber) -> Result<bool, StoreError> {
        let mut state = self.state();
        let held = state.rights.get(&right).is_some_and(|(by, _)| *by == node);
        if held {
            state.rights.remove(&right);
        }
        Ok(held)
    }

    fn awaited(&self) -> Result<Vec<NodeNumber>, StoreError> {
        let state = self.state();
        let awaited = state.awaited.iter();
        let awaited = awaited.filter(|node| state.nodes[node].revoked_at.is_none());
        Ok(awaited.copied().collect())
    }

    fn open_rights(&self, store: &StoreId) -> Result<Vec<NodeNumber>, StoreError> {
        let mut state = self.state();
        if !state.stores.contains_key(store) {
            return Err(StoreError::UnknownStore(store.clone()));
        }
        let State { awaited, nodes, .. } = &mut *state;
        Ok(awaited
            .extract_if(.., |node| nodes[node].store == *store)
            .collect())
    }
}

impl Upkeep for MemoryStore {
    fn identity(&self) -> Result<ServerIdentity, StoreError> {
        let state = self.state();
        Ok(ServerIdentity {
            tenant: state.tenant.clone(),
            epoch: state.epoch,
            next_node: state.next_node,
        })
    }

    fn begin_epoch(&self, epoch: ServerEpoch, skip_nodes: u32) -> Result<(), StoreError> {
        let mut state = self.state();
        state.epoch = epoch;
        state.next_node = node_after(state.next_node, skip_nodes).unwrap_or_else(last_node);
        state.awaited = state.nodes.keys().copied().collect();
        let unused = state.codes.values_mut();
        for code in unused.filter(|code| code.used_by.is_none()) {
            code.code.expires_at = code.code.created_at;
        }
        Ok(())
    }

    fn check(&self) -> Result<Vec<CheckFinding>, StoreError> {
        Ok(Vec::new())
    }

    fn tidy(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn backup(&self, _file: &Path) -> Result<(), StoreError> {
        Err(StoreError::Database {
            attempted: "write a copy",
            source: "a store in memory has no file".into(),
        })
    }
}
