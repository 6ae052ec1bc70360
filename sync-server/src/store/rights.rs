//! Rights: who alone may do something with a document, until a durable release.

use holdfast_schemas::{
    identity::{DocumentId, NodeNumber, StoreId},
    time::Timestamp,
    wire::{HeldRight, Right},
};

use super::{PageLimit, StoreError};

/// What became of asking for a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeOutcome {
    /// The asker holds it now (or did already).
    Taken {
        /// Since when.
        since: Timestamp,
    },
    /// Somebody else holds it.
    Held {
        /// Who.
        by: NodeNumber,
        /// Since when.
        since: Timestamp,
    },
}

/// A right and who holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RightRow {
    /// Which.
    pub right: Right,
    /// Who.
    pub node: NodeNumber,
    /// Since when, by the clock of the server that gave it.
    pub since: Timestamp,
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

    /// Passes a right on, in one transaction: nobody comes between. `false` where `from` does not hold it: nothing was
    /// changed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn pass_right(
        &self,
        right: Right,
        from: NodeNumber,
        to: NodeNumber,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Learns the rights that a node says it holds: after a restored backup only its holder knows of one. Of two
    /// holders the one since later is the holder: it was given the right after the other had released it. Returns what
    /// the node does not hold, in the order of the claims.
    ///
    /// # Errors
    /// [`StoreError`].
    fn claim_rights(
        &self,
        node: NodeNumber,
        claims: &[HeldRight],
    ) -> Result<Vec<Right>, StoreError>;

    /// The rights that are held, by document and kind, after one of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn rights(&self, after: Option<Right>, limit: PageLimit) -> Result<Vec<RightRow>, StoreError>;

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
