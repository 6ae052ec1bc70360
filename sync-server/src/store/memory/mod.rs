//! The model: the same answers as the database, from maps. The oracle of the conformance suite and of simulations.

mod log;
mod read_model;
mod registry;
mod rest;

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU64,
    sync::{Mutex, MutexGuard, PoisonError},
};

use holdfast_schemas::{
    identity::{
        ChainHash, DocumentId, LogId, LogPosition, NodeNumber, OrderNumber, PriceListVersion,
        ReactionId, StoreId, TenantId,
    },
    log::{LogHead, SignedHead},
    time::Timestamp,
    wire::{Right, ServerEpoch},
};

use super::{
    ApiKeyId, ApiKeyRecord, CursorName, DocumentRows, DocumentScope, EnrolmentCode, EntryNumber,
    NodeRecord, PublicKey, QuarantineNumber, Quarantined, ReferenceKey, SecretHash, StoreRecord,
    StoredEntry,
};
use crate::ingest::apply::EntryId;

/// A server's store in memory. What it holds is gone with it.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
}

/// Everything, in maps.
#[derive(Debug, Clone)]
struct State {
    tenant: TenantId,
    epoch: ServerEpoch,
    next_node: NodeNumber,
    stores: BTreeMap<StoreId, StoreRecord>,
    nodes: BTreeMap<NodeNumber, NodeRecord>,
    /// Numbers that were shut out while nobody was known to have them.
    revoked_numbers: BTreeMap<NodeNumber, Timestamp>,
    codes: BTreeMap<SecretHash, Code>,
    api_keys: BTreeMap<ApiKeyId, ApiKeyRecord>,
    heads: BTreeMap<LogId, LogHead>,
    signatures: BTreeMap<(LogId, LogPosition), SignedHead>,
    entries: Vec<(StoredEntry, ChainHash)>,
    /// The last counter of each, in their order.
    last_counters: Vec<NonZeroU64>,
    places: BTreeMap<(LogId, LogPosition), (EntryId, ChainHash)>,
    documents: BTreeMap<DocumentId, DocumentState>,
    feeds: BTreeMap<StoreId, Vec<FeedItem>>,
    quarantine: Vec<Aside>,
    causes: BTreeSet<ReactionId>,
    last_own_number: Option<OrderNumber>,
    cursors: BTreeMap<CursorName, EntryNumber>,
    rights: BTreeMap<Right, (NodeNumber, Timestamp)>,
    /// When the newest right counts as given.
    newest_right: Timestamp,
    awaited: BTreeSet<NodeNumber>,
    reference: BTreeMap<ReferenceKey, (PriceListVersion, Option<Box<str>>)>,
    reference_version: PriceListVersion,
    rows: BTreeMap<DocumentId, DocumentRows>,
}

/// A code, and which till used it.
#[derive(Debug, Clone)]
struct Code {
    code: EnrolmentCode,
    used_by: Option<(NodeNumber, PublicKey)>,
}

/// What a feed names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FeedItem {
    Entry(EntryNumber),
    /// For its author alone.
    Aside(QuarantineNumber),
}

/// A document's place in the log.
#[derive(Debug, Clone, Default)]
struct DocumentState {
    begun: Option<(DocumentScope, EntryNumber)>,
    scope: BTreeSet<StoreId>,
    entries: Vec<EntryNumber>,
}

/// An entry in quarantine, its chain where its place counts as used, and whether it was released.
#[derive(Debug, Clone)]
struct Aside {
    entry: Quarantined,
    chain: Option<ChainHash>,
    released: bool,
}

impl MemoryStore {
    /// An empty store of a tenant.
    #[must_use]
    pub fn new(tenant: TenantId, epoch: ServerEpoch) -> Self {
        Self {
            state: Mutex::new(State {
                tenant,
                epoch,
                next_node: super::upkeep::first_node(),
                stores: BTreeMap::new(),
                nodes: BTreeMap::new(),
                revoked_numbers: BTreeMap::new(),
                codes: BTreeMap::new(),
                api_keys: BTreeMap::new(),
                heads: BTreeMap::new(),
                signatures: BTreeMap::new(),
                entries: Vec::new(),
                last_counters: Vec::new(),
                places: BTreeMap::new(),
                documents: BTreeMap::new(),
                feeds: BTreeMap::new(),
                quarantine: Vec::new(),
                causes: BTreeSet::new(),
                last_own_number: None,
                cursors: BTreeMap::new(),
                rights: BTreeMap::new(),
                newest_right: Timestamp::from_milliseconds(0),
                awaited: BTreeSet::new(),
                reference: BTreeMap::new(),
                reference_version: PriceListVersion::default(),
                rows: BTreeMap::new(),
            }),
        }
    }

    /// The state. A panic while it was held is a bug that some test reports; what it left is still the best there is.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn entry(&self, number: EntryNumber) -> Option<&StoredEntry> {
        let index = usize::try_from(number.get().checked_sub(1)?).ok()?;
        self.entries.get(index).map(|(entry, _)| entry)
    }

    fn log_end(&self) -> EntryNumber {
        self.entries
            .last()
            .map_or(EntryNumber::START, |(entry, _)| entry.number)
    }

    fn cursor(&self, cursor: CursorName) -> EntryNumber {
        self.cursors.get(&cursor).copied().unwrap_or_default()
    }

    /// The entries after a number, by index.
    fn after(&self, number: EntryNumber) -> &[(StoredEntry, ChainHash)] {
        let start = usize::try_from(number.get()).unwrap_or(usize::MAX);
        self.entries.get(start..).unwrap_or_default()
    }
}

/// How many items a page holds.
fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
