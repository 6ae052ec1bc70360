//! Rights: what this till alone may do, as its file has it.

use holdfast_schemas::{
    identity::NodeNumber,
    sync::till::TillRights,
    wire::{HeldRight, Right, RightKind},
};

use super::Engine;
use crate::store::{StoreError, rights};

/// What the file says to who asks for a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yielded {
    /// It is not held here, or not any more.
    Released,
    /// It is being used.
    InUse,
}

impl Engine {
    /// The rights of the file.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rights(&self) -> Result<TillRights, StoreError> {
        self.store().read(rights::of_till)
    }

    /// Begins to use a right: it is not yielded until [`Engine::stop_using`], or the end of this process. `false` where
    /// the till does not hold it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn use_right(&mut self, right: Right) -> Result<bool, StoreError> {
        let held = self.holds(right)?;
        if held {
            self.in_use.insert(right);
        }
        Ok(held)
    }

    /// Whether the till holds a right: it was given it, or it is to refund a sale of its own and it was never given away.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn holds(&self, right: Right) -> Result<bool, StoreError> {
        let given = self.rights()?.held.iter().any(|held| held.right == right);
        Ok(given
            || (self.is_born_with(&right)
                && !self
                    .store()
                    .read(|transaction| rights::is_away(transaction, &right))?))
    }

    /// A till has the right to refund what it sold without asking: most goods come back to it, and it may be alone.
    fn is_born_with(&self, right: &Right) -> bool {
        right.kind == RightKind::Refund && right.document.node() == self.till().node
    }

    /// A right is not being used any more; the till still holds it.
    pub fn stop_using(&mut self, right: &Right) {
        self.in_use.remove(right);
    }

    /// Keeps a right that the server gave (right).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_right(&mut self, held: &HeldRight) -> Result<(), StoreError> {
        let transaction = self.store_mut().begin()?;
        rights::keep(&transaction, held)?;
        transaction.commit()?;
        Ok(())
    }

    /// Gives a right up, and remembers that the server has to be told (right). What is not held stays so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn give_up_right(
        &mut self,
        right: &Right,
        to: Option<NodeNumber>,
    ) -> Result<(), StoreError> {
        let born_with = self.is_born_with(right);
        let transaction = self.store_mut().begin()?;
        rights::give_up(&transaction, right, to)?;
        if born_with {
            rights::put_away(&transaction, right)?;
        }
        transaction.commit()?;
        self.in_use.remove(right);
        Ok(())
    }

    /// Gives a right up because another till asks, unless it is being used here (right).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn yield_right(&mut self, right: &Right) -> Result<Yielded, StoreError> {
        if self.in_use.contains(right) {
            return Ok(Yielded::InUse);
        }
        self.give_up_right(right, None)?;
        Ok(Yielded::Released)
    }

    /// Forgets rights that are settled with the server, or that another till holds (right).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_rights(&mut self, settled: &[Right]) -> Result<(), StoreError> {
        let transaction = self.store_mut().begin()?;
        for right in settled {
            rights::forget(&transaction, right)?;
        }
        transaction.commit()?;
        for right in settled {
            self.in_use.remove(right);
        }
        Ok(())
    }
}
