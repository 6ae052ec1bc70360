//! Rights: who alone may do something with a document, until a durable release.

use holdfast_schemas::{
    identity::{DocumentId, NodeNumber, StoreId},
    time::Timestamp,
    wire::Right,
};

use super::StoreError;

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
        right: Right,
        node: NodeNumber,
        at: Timestamp,
    ) -> Result<TakeOutcome, StoreError>;

    /// Takes back a right. `false` where the node did not hold it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn release_right(&self, right: Right, node: NodeNumber) -> Result<bool, StoreError>;

    /// Who holds a right, and since when.
    ///
    /// # Errors
    /// [`StoreError`].
    fn right_holder(&self, right: Right) -> Result<Option<(NodeNumber, Timestamp)>, StoreError>;

    /// The tills that may hold a right to this document of which a restored backup does not know: those of the stores
    /// that have it in scope, enrolled before the epoch began, that have not yet told all that they have, by number.
    /// A revoked till is not waited for.
    ///
    /// # Errors
    /// [`StoreError`].
    fn awaited(&self, document: DocumentId) -> Result<Vec<NodeNumber>, StoreError>;

    /// Waits no longer for the tills of a store: an operator says that none of them holds a right. Returns those that
    /// were awaited, by number.
    ///
    /// # Errors
    /// [`StoreError::UnknownStore`].
    fn open_rights(&self, store: &StoreId) -> Result<Vec<NodeNumber>, StoreError>;
}
