//! By which numbers an order or a return goes: its own, and those that were given twice.

use std::collections::BTreeSet;

use crate::{identity::OrderNumber, misfit::Misfit, operation::NumberReassigned};

/// The numbers of one document. Every one of them finds it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    current: Option<OrderNumber>,
    former: BTreeSet<OrderNumber>,
}

impl Numbers {
    /// The number that it goes by now; none while its opening has not arrived.
    #[must_use]
    pub fn current(&self) -> Option<OrderNumber> {
        self.current
    }

    /// Numbers that find it too, smallest first.
    pub fn former(&self) -> impl Iterator<Item = OrderNumber> {
        self.former.iter().copied()
    }

    /// Every number that finds it, the one it goes by first.
    pub fn all(&self) -> impl Iterator<Item = OrderNumber> {
        self.current.into_iter().chain(self.former())
    }

    /// The document begins with a number. One that it was given since stays.
    pub(crate) fn open(&mut self, number: OrderNumber) {
        self.current.get_or_insert(number);
    }

    /// The document was given a further number, by a decision that counts or by one that was taken before: a server that was
    /// restored from a backup decides again, and tills give back what it had decided. Either number may be on paper.
    pub(crate) fn give(&mut self, number: OrderNumber) {
        if self.current != Some(number) {
            self.former.insert(number);
        }
    }

    /// The document goes by a further number, and that is named.
    pub(crate) fn reassign(&mut self, reassigned: &NumberReassigned) -> Misfit {
        let former = self.current.replace(reassigned.number);
        self.former.extend(former);
        self.former.insert(reassigned.clashed);
        self.former.remove(&reassigned.number);
        Misfit::NumberClash {
            clashed: reassigned.clashed,
            number: reassigned.number,
            other: reassigned.other,
        }
    }
}
