//! The store itself: whose it is, whether it is sound, and its copies.

use std::path::Path;

use holdfast_schemas::{
    identity::{NODE_NUMBER_MAX, NodeNumber, TenantId},
    wire::ServerEpoch,
};

use super::StoreError;

/// Whose store it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerIdentity {
    /// The company.
    pub tenant: TenantId,
    /// The server's epoch.
    pub epoch: ServerEpoch,
    /// The next node number that enrolment will give out.
    pub next_node: NodeNumber,
}

/// Something that an integrity check found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFinding {
    /// What was checked.
    pub what: &'static str,
    /// What is wrong.
    pub detail: String,
}

/// The store itself.
pub trait Upkeep {
    /// Whose it is, and which epoch.
    ///
    /// # Errors
    /// [`StoreError`].
    fn identity(&self) -> Result<ServerIdentity, StoreError>;

    /// Begins a new epoch after a restore, and skips `skip_nodes` node numbers that may have been given out since
    /// the backup. Enrolment codes that were not used yet expire: they may have been used since.
    ///
    /// # Errors
    /// [`StoreError`].
    fn begin_epoch(&self, epoch: ServerEpoch, skip_nodes: u32) -> Result<(), StoreError>;

    /// Checks the engine's own integrity, every log's chain, every feed's numbers, and the sums of the stock ledger. An
    /// empty list is a sound store.
    ///
    /// # Errors
    /// [`StoreError`].
    fn check(&self) -> Result<Vec<CheckFinding>, StoreError>;

    /// Does at once, and in small parts, what the engine would do in one large part, in somebody's way.
    ///
    /// # Errors
    /// [`StoreError`].
    fn tidy(&self) -> Result<(), StoreError>;

    /// Writes a consistent copy of the whole store to a new file, while others go on writing.
    ///
    /// # Errors
    /// [`StoreError::Database`], also where the file is there already.
    fn backup(&self, file: &Path) -> Result<(), StoreError>;
}

/// The number so many after this one; `None` beyond the last.
pub(super) fn node_after(node: NodeNumber, count: u32) -> Option<NodeNumber> {
    NodeNumber::new(node.get().saturating_add(count)).ok()
}

/// The first number that enrolment gives out; 0 is the server itself.
pub(super) fn first_node() -> NodeNumber {
    node_after(NodeNumber::SERVER, 1).unwrap_or(NodeNumber::SERVER)
}

/// The last number, which is never given out: reaching it means that none is left.
pub(super) fn last_node() -> NodeNumber {
    NodeNumber::new(NODE_NUMBER_MAX).unwrap_or(NodeNumber::SERVER)
}
