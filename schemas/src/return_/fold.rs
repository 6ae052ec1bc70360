//! From operations to what is known of a return. Total: it never fails.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::{Refund, ReturnLine, ReturnState, TakenBack};
use crate::{
    folding::Folding,
    identity::{DocumentId, OperationId},
    misfit::{LineAmount, Misfit},
    numbers::Numbers,
    operation::{
        Body, DocumentKind, GoodsTakenBack, LineKind, LineNumber, Recorded, RefundPaid, ReturnBody,
        ReturnLineAdded, ReturnOpened,
    },
    value::{MinorUnits, QuantityTotal},
};

/// Folds a return's operations, given in folding order (the order of their ids), each once.
#[must_use]
pub fn fold_return<'a>(
    id: DocumentId,
    operations: impl IntoIterator<Item = (OperationId, &'a Recorded)>,
) -> ReturnState {
    let mut fold = ReturnFold::new(id);
    for (operation, recorded) in operations {
        if let Recorded::Known(known) = recorded
            && let Body::Return(ReturnBody::ReturnNumberReassigned(reassigned)) = &known.body
        {
            fold.state.numbers.give(reassigned.0.number);
        }
        if let Some(known) = fold.folding.read(operation, recorded)
            && let Body::Return(body) = &known.body
        {
            let begins = fold.state.header.is_none();
            fold.apply(operation, body);
            if begins && fold.state.header.is_some() {
                fold.state.opened_by.clone_from(&known.by.user);
            }
        }
    }
    fold.finish()
}

struct ReturnFold {
    folding: Folding,
    state: ReturnState,
}

impl ReturnFold {
    fn new(id: DocumentId) -> Self {
        Self {
            folding: Folding::new(DocumentKind::Return),
            state: ReturnState {
                id,
                header: None,
                opened_by: None,
                lines: BTreeMap::new(),
                taken_back: Vec::new(),
                refunds: BTreeMap::new(),
                completed: None,
                receipt: None,
                numbers: Numbers::default(),
                reactions: BTreeSet::new(),
                frozen: false,
                misfits: Vec::new(),
            },
        }
    }

    fn apply(&mut self, operation: OperationId, body: &ReturnBody) {
        match body {
            ReturnBody::ReturnOpened(opened) => self.open(operation, opened),
            ReturnBody::ReturnLineAdded(added) => self.add_line(operation, added),
            ReturnBody::GoodsTakenBack(taken) => self.take_back(operation, taken),
            ReturnBody::RefundPaid(paid) => self.refund(operation, paid),
            ReturnBody::ReturnCompleted(completed) => {
                if self.state.completed.is_none() {
                    self.state.completed = Some(operation);
                    self.state.receipt = completed.receipt;
                }
            }
            ReturnBody::ReturnNumberReassigned(reassigned) => {
                let clash = self.state.numbers.reassign(&reassigned.0);
                self.folding.misfit(clash);
            }
        }
    }

    fn open(&mut self, operation: OperationId, opened: &ReturnOpened) {
        if self.state.header.is_some() {
            self.folding.misfit(Misfit::SecondHeader { operation });
        } else {
            self.state.header = Some(opened.clone());
            self.state.numbers.open(opened.number);
        }
    }

    fn add_line(&mut self, operation: OperationId, added: &ReturnLineAdded) {
        let line = added.line;
        if let Some(because) = self.state.completed {
            self.folding.misfit(Misfit::IntentReversed {
                operation,
                name: "return_line_added".into(),
                because,
            });
            return;
        }
        match self.state.lines.entry(line) {
            Entry::Vacant(free) => {
                free.insert(ReturnLine {
                    added: added.clone(),
                    taken_back: QuantityTotal::zero(added.quantity.measure()),
                });
            }
            Entry::Occupied(_) => {
                self.folding
                    .misfit(Misfit::LineNumberTwice { operation, line });
            }
        }
    }

    fn take_back(&mut self, operation: OperationId, taken: &GoodsTakenBack) {
        let parts: Vec<(LineNumber, QuantityTotal)> = if taken.lines.is_empty() {
            self.all_the_rest()
        } else {
            let parts = taken.lines.iter();
            parts
                .map(|part| (part.line, part.quantity.into()))
                .collect()
        };
        if parts.is_empty() {
            self.folding.misfit(Misfit::TakenBackNothing { operation });
        }
        for (line, quantity) in parts {
            let Some(state) = self.state.lines.get_mut(&line) else {
                self.folding.misfit(Misfit::UnknownLine { operation, line });
                continue;
            };
            let Some(total) = state.taken_back.plus(quantity) else {
                self.folding.misfit(Misfit::WrongMeasure {
                    operation,
                    line,
                    expected: state.taken_back.measure(),
                    written: quantity.measure(),
                });
                continue;
            };
            state.taken_back = total;
            self.state.taken_back.push(TakenBack {
                operation,
                store: taken.store.clone(),
                line,
                quantity,
            });
        }
    }

    fn all_the_rest(&self) -> Vec<(LineNumber, QuantityTotal)> {
        let lines = self.state.lines.iter();
        lines
            .map(|(number, line)| (*number, line.to_take_back()))
            .filter(|(_, rest)| rest.is_positive())
            .collect()
    }

    fn refund(&mut self, operation: OperationId, paid: &RefundPaid) {
        let refund = Refund {
            paid: paid.clone(),
            amount_minor: self.folding.amount(operation, paid.amount_minor),
        };
        self.state.refunds.insert(operation, refund);
    }

    fn finish(self) -> ReturnState {
        let mut state = self.state;
        state.reactions = self.folding.causes;
        state.frozen = self.folding.frozen;
        state.misfits = self.folding.misfits;
        let standing = standing_misfits(&state);
        state.misfits.extend(standing);
        state
    }
}

/// What does not fit in how the return stands, whatever led there.
fn standing_misfits(state: &ReturnState) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    if state.header.is_none() {
        misfits.push(Misfit::NoHeader {});
    }
    let due_minor = state.worth_minor().saturating_minus(state.refunded_minor());
    if due_minor.is_negative() {
        let over_minor = MinorUnits::ZERO.saturating_minus(due_minor);
        misfits.push(Misfit::RefundedTooMuch { over_minor });
    }
    if state.completed.is_some() && due_minor.is_positive() {
        misfits.push(Misfit::CompletedUnrefunded { due_minor });
    }
    for (number, line) in &state.lines {
        misfits.extend(line_misfits(*number, line, state.completed.is_some()));
    }
    misfits
}

fn line_misfits(number: LineNumber, line: &ReturnLine, completed: bool) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    let refund = line.added.refund_minor;
    let tax = line.added.tax.tax_minor;
    let possible_refund = refund.max(MinorUnits::ZERO);
    let possible_tax = tax.clamp(MinorUnits::ZERO, possible_refund);
    let amounts = [
        (LineAmount::Total, possible_refund, refund),
        (LineAmount::Tax, possible_tax, tax),
    ];
    for (amount, expected_minor, written_minor) in amounts {
        if expected_minor != written_minor {
            misfits.push(Misfit::LineDoesNotAddUp {
                line: number,
                amount,
                expected_minor,
                written_minor,
            });
        }
    }
    let left = line.to_take_back();
    if left.is_negative() && line.added.kind == LineKind::Goods {
        misfits.push(Misfit::TakenBackTooMuch {
            line: number,
            over: left.negated(),
        });
    } else if completed && left.is_positive() {
        misfits.push(Misfit::CompletedNotTakenBack {
            line: number,
            missing: left,
        });
    }
    misfits
}
