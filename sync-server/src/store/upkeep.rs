//! The store itself: whose it is, whether it is sound, and its copies.

use std::path::Path;

use holdfast_schemas::identity::{NodeNumber, TenantId};

use super::StoreError;

/// Which life of the server this is. A server restored from a backup begins a new one, and every cursor of an
/// earlier one is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerEpoch(pub [u8; 16]);

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
    /// the backup.
    ///
    /// # Errors
    /// [`StoreError`].
    fn begin_epoch(&self, epoch: ServerEpoch, skip_nodes: u32) -> Result<(), StoreError>;

    /// Checks the engine's own integrity, every log's chain, and every feed's numbers. An empty list is a sound store.
    ///
    /// # Errors
    /// [`StoreError`].
    fn check(&self) -> Result<Vec<CheckFinding>, StoreError>;

    /// Writes a consistent copy of the whole store to a new file, while others go on writing.
    ///
    /// # Errors
    /// [`StoreError::Database`], also where the file is there already.
    fn backup(&self, file: &Path) -> Result<(), StoreError>;
}
