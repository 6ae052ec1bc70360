//! What all folds have in common: which operations count, and what is noted about the others.

use std::collections::BTreeSet;

use crate::{
    identity::{OperationId, ReactionId},
    misfit::Misfit,
    operation::{DocumentKind, Operation, Recorded},
    rules::AMOUNT_MINOR_MAX,
    value::MinorUnits,
};

/// A fold under way.
pub(crate) struct Folding {
    kind: DocumentKind,
    /// The causes of the operations that count.
    pub(crate) causes: BTreeSet<ReactionId>,
    pub(crate) frozen: bool,
    pub(crate) misfits: Vec<Misfit>,
}

impl Folding {
    pub(crate) fn new(kind: DocumentKind) -> Self {
        Self {
            kind,
            causes: BTreeSet::new(),
            frozen: false,
            misfits: Vec::new(),
        }
    }

    /// The operation, where it counts: known, and the first of its cause. Notes what is wrong with the others.
    pub(crate) fn read<'a>(
        &mut self,
        id: OperationId,
        recorded: &'a Recorded,
    ) -> Option<&'a Operation> {
        match recorded {
            Recorded::Known(operation) => {
                if operation.body.kind() != self.kind {
                    self.misfit(Misfit::WrongKind {
                        operation: id,
                        name: operation.body.name().into(),
                        kind: operation.body.kind(),
                    });
                    return None;
                }
                let first = operation
                    .cause
                    .is_none_or(|cause| self.causes.insert(cause));
                first.then_some(operation)
            }
            Recorded::Unknown { name, critical } => {
                if *critical {
                    self.frozen = true;
                    self.misfit(Misfit::UnknownCritical {
                        operation: id,
                        name: name.clone(),
                    });
                }
                None
            }
        }
    }

    pub(crate) fn misfit(&mut self, misfit: Misfit) {
        self.misfits.push(misfit);
    }

    /// An amount of money that changed hands, as it counts: at least zero and at most [`AMOUNT_MINOR_MAX`]. Notes
    /// where that is not what was written, or where it is nothing.
    pub(crate) fn amount(&mut self, operation: OperationId, written: MinorUnits) -> MinorUnits {
        let counted = written.clamp(MinorUnits::ZERO, AMOUNT_MINOR_MAX);
        if counted != written || !written.is_positive() {
            self.misfit(Misfit::AmountClamped {
                operation,
                written_minor: written,
                counted_minor: counted,
            });
        }
        counted
    }
}
