//! Rights: who alone may do something with a document, until a durable release.

use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
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
///
/// The moment since which a right is held tells one grant from another, and which of two was later: it is always later
/// than that of any right that was given or learned before, also where the clock was set back.
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

    /// Passes a right on, in one transaction: nobody comes between. Since when the heir holds it; none where `from` does
    /// not hold it: nothing was changed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn pass_right(
        &self,
        right: Right,
        from: NodeNumber,
        to: NodeNumber,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// Compares the rights that a node says it holds. From one that is awaited after a restored backup they are learned,
    /// since only it knows of them: of two holders the one since later is the holder, as it was given the right after the
    /// other had released it. From any other nothing is learned: what is written down here is the truth, and who claims
    /// more was restored itself, or holds what nobody gave. Returns what the node does not hold, in the order of the
    /// claims.
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

    /// The tills that may hold rights of which a restored backup does not know: those that were enrolled before the epoch
    /// began and have not yet told all that they have, by number. Of any store: which of them looked a document up after
    /// the backup, and so could be given a right to it, the backup does not know either. A revoked till is not waited
    /// for.
    ///
    /// # Errors
    /// [`StoreError`].
    fn awaited(&self) -> Result<Vec<NodeNumber>, StoreError>;

    /// Waits no longer for the tills of a store: an operator says that none of them holds a right. Returns those that
    /// were awaited, by number.
    ///
    /// # Errors
    /// [`StoreError::UnknownStore`].
    fn open_rights(&self, store: &StoreId) -> Result<Vec<NodeNumber>, StoreError>;
}
