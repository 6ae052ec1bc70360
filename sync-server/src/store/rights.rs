//! Rights: who alone may do something with a document, until a durable release.

use holdfast_schemas::{
    identity::{DocumentId, NodeNumber},
    time::Timestamp,
};

use super::StoreError;

/// What only one may do at a time.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RightKind {
    /// Resume a suspended sale.
    Resume,
    /// Refund.
    Refund,
    /// Hand goods over.
    Handover,
}

impl RightKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Resume, Self::Refund, Self::Handover];

    /// The kind's name, as it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Refund => "refund",
            Self::Handover => "handover",
        }
    }
}

/// A right on a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RightKey {
    /// On which document.
    pub document: DocumentId,
    /// To do what.
    pub kind: RightKind,
}

/// What became of asking for a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeOutcome {
    /// The asker holds it now (or did already).
    Taken,
    /// Somebody else holds it.
    Held {
        /// Who.
        by: NodeNumber,
        /// Since when.
        since: Timestamp,
    },
}

/// Rights, durable.
pub trait RightsStore {
    /// Gives a right to a node if nobody else holds it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn take_right(
        &self,
        right: RightKey,
        node: NodeNumber,
        at: Timestamp,
    ) -> Result<TakeOutcome, StoreError>;

    /// Takes back a right. `false` where the node did not hold it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn release_right(&self, right: RightKey, node: NodeNumber) -> Result<bool, StoreError>;

    /// Who holds a right, and since when.
    ///
    /// # Errors
    /// [`StoreError`].
    fn right_holder(&self, right: RightKey) -> Result<Option<(NodeNumber, Timestamp)>, StoreError>;
}
