//! From operations to what is known of an order. Total: it never fails.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Handover, OrderEnd, OrderLine, OrderState, Tender, line_check::wrong_amounts, payment, suspend,
};
use crate::{
    folding::Folding,
    identity::{DocumentId, OperationId},
    misfit::Misfit,
    numbers::Numbers,
    operation::{
        Body, DocumentKind, GoodsHandedOver, LineAdded, LineKind, LineNumber, LineVoided,
        OrderAliased, OrderBody, OrderOpened, OrderUnaliased, Recorded, TenderTaken, TenderVoided,
    },
    value::{MinorUnits, QuantityTotal},
};

/// Folds an order's operations, given in folding order (the order of their ids), each once.
#[must_use]
pub fn fold_order<'a>(
    id: DocumentId,
    operations: impl IntoIterator<Item = (OperationId, &'a Recorded)>,
) -> OrderState {
    let mut fold = OrderFold::new(id);
    for (operation, recorded) in operations {
        if let Recorded::Known(known) = recorded
            && let Body::Order(OrderBody::NumberReassigned(reassigned)) = &known.body
        {
            fold.order.numbers.give(reassigned.number);
        }
        if let Some(known) = fold.folding.read(operation, recorded)
            && let Body::Order(body) = &known.body
        {
            let begins = fold.order.header.is_none();
            fold.apply(operation, body);
            if begins && fold.order.header.is_some() {
                fold.order.opened_by.clone_from(&known.by.user);
            }
        }
    }
    fold.finish()
}

struct OrderFold {
    folding: Folding,
    order: OrderState,
}

impl OrderFold {
    fn new(id: DocumentId) -> Self {
        Self {
            folding: Folding::new(DocumentKind::Order),
            order: OrderState {
                id,
                header: None,
                opened_by: None,
                lines: BTreeMap::new(),
                tenders: BTreeMap::new(),
                payments: BTreeMap::new(),
                suspension: None,
                handovers: Vec::new(),
                end: None,
                receipt: None,
                references: BTreeSet::new(),
                aliases: BTreeMap::new(),
                numbers: Numbers::default(),
                reactions: BTreeSet::new(),
                frozen: false,
                misfits: Vec::new(),
            },
        }
    }

    fn apply(&mut self, operation: OperationId, body: &OrderBody) {
        match body {
            OrderBody::OrderOpened(opened) => self.open(operation, opened),
            OrderBody::LineAdded(added) => {
                if self.intent_counts(operation, "line_added") {
                    self.add_line(operation, added);
                }
            }
            OrderBody::LineVoided(voided) => {
                if self.intent_counts(operation, "line_voided") {
                    self.void_line(operation, voided);
                }
            }
            OrderBody::TenderTaken(taken) => self.take_tender(operation, taken),
            OrderBody::TenderVoided(voided) => self.void_tender(operation, voided),
            OrderBody::PaymentIntended(intended) => {
                payment::fold_intended(&mut self.order, operation, intended);
            }
            OrderBody::PaymentAnswered(answered) => {
                let fold = (&mut self.order, &mut self.folding);
                payment::fold_answered(fold, operation, answered);
            }
            OrderBody::OrderSuspended(suspended) => {
                if self.intent_counts(operation, "order_suspended") {
                    suspend::fold_suspended(&mut self.order, operation, suspended);
                }
            }
            OrderBody::OrderResumed(resumed) => {
                let fold = (&mut self.order, &mut self.folding);
                suspend::fold_resumed(fold, operation, resumed);
            }
            OrderBody::GoodsHandedOver(handed) => self.hand_over(operation, handed),
            OrderBody::OrderCompleted(completed) => match self.order.end {
                Some(OrderEnd::Completed { .. }) => {}
                None | Some(OrderEnd::Cancelled { .. }) => {
                    if self.intent_counts(operation, "order_completed") {
                        self.order.end = Some(OrderEnd::Completed { operation });
                        self.order.receipt = completed.receipt;
                    }
                }
            },
            OrderBody::OrderCancelled(cancelled) => match self.order.end {
                Some(OrderEnd::Cancelled { .. }) => {}
                None | Some(OrderEnd::Completed { .. }) => {
                    if self.intent_counts(operation, "order_cancelled") {
                        self.order.end = Some(OrderEnd::Cancelled {
                            operation,
                            reason: cancelled.reason,
                        });
                    }
                }
            },
            OrderBody::ReferenceClaimed(claimed) => {
                self.order.references.insert(claimed.reference.clone());
            }
            OrderBody::OrderAliased(aliased) => self.alias(operation, aliased),
            OrderBody::OrderUnaliased(unaliased) => self.unalias(operation, unaliased),
            OrderBody::NumberReassigned(reassigned) => {
                let clash = self.order.numbers.reassign(reassigned);
                self.folding.misfit(clash);
            }
        }
    }

    /// Whether an intent still has effect: it has none after the order's end, and that is named.
    fn intent_counts(&mut self, operation: OperationId, name: &'static str) -> bool {
        if let Some(end) = &self.order.end {
            self.folding.misfit(Misfit::IntentReversed {
                operation,
                name: name.into(),
                because: end.operation(),
            });
        }
        self.order.end.is_none()
    }

    fn open(&mut self, operation: OperationId, opened: &OrderOpened) {
        if self.order.header.is_some() {
            self.folding.misfit(Misfit::SecondHeader { operation });
            return;
        }
        self.order.header = Some(opened.clone());
        self.order.numbers.open(opened.number);
    }

    fn add_line(&mut self, operation: OperationId, added: &LineAdded) {
        let line = added.line;
        if self.order.lines.contains_key(&line) {
            self.folding
                .misfit(Misfit::LineNumberTwice { operation, line });
            return;
        }
        let line_state = OrderLine {
            added: added.clone(),
            voided: None,
            handed_over: QuantityTotal::zero(added.quantity.measure()),
        };
        self.order.lines.insert(line, line_state);
    }

    fn void_line(&mut self, operation: OperationId, voided: &LineVoided) {
        match self.order.lines.get_mut(&voided.line) {
            Some(line) => {
                line.voided.get_or_insert(operation);
            }
            None => self.folding.misfit(Misfit::UnknownLine {
                operation,
                line: voided.line,
            }),
        }
    }

    fn take_tender(&mut self, operation: OperationId, taken: &TenderTaken) {
        let tender = Tender {
            taken: taken.clone(),
            amount_minor: self.folding.amount(operation, taken.amount_minor),
            voided: Vec::new(),
        };
        self.order.tenders.insert(operation, tender);
    }

    fn void_tender(&mut self, operation: OperationId, voided: &TenderVoided) {
        let Some(tender) = self.order.tenders.get_mut(&voided.tender) else {
            self.folding.misfit(Misfit::UnknownTenderVoided {
                operation,
                tender: voided.tender,
            });
            return;
        };
        if !tender.voided.is_empty() {
            self.folding.misfit(Misfit::TenderVoidedTwice {
                operation,
                tender: voided.tender,
                amount_minor: tender.amount_minor,
            });
        }
        tender.voided.push((operation, voided.clone()));
    }

    fn hand_over(&mut self, operation: OperationId, handed: &GoodsHandedOver) {
        let parts: Vec<(LineNumber, QuantityTotal)> = if handed.lines.is_empty() {
            self.all_the_rest()
        } else {
            let parts = handed.lines.iter();
            parts
                .map(|part| (part.line, part.quantity.into()))
                .collect()
        };
        if parts.is_empty() {
            self.folding.misfit(Misfit::HandedOverNothing { operation });
        }
        for (line, quantity) in parts {
            let Some(state) = self.order.lines.get_mut(&line) else {
                self.folding.misfit(Misfit::UnknownLine { operation, line });
                continue;
            };
            let Some(total) = state.handed_over.plus(quantity) else {
                self.folding.misfit(Misfit::WrongMeasure {
                    operation,
                    line,
                    expected: state.handed_over.measure(),
                    written: quantity.measure(),
                });
                continue;
            };
            state.handed_over = total;
            self.order.handovers.push(Handover {
                operation,
                store: handed.store.clone(),
                line,
                quantity,
            });
        }
    }

    fn all_the_rest(&self) -> Vec<(LineNumber, QuantityTotal)> {
        let lines = self.order.lines.iter();
        lines
            .map(|(number, line)| (*number, line.to_hand_over()))
            .filter(|(_, rest)| rest.is_positive())
            .collect()
    }

    fn alias(&mut self, operation: OperationId, aliased: &OrderAliased) {
        let other = aliased.other;
        if other == self.order.id {
            self.folding
                .misfit(Misfit::AliasWithoutEffect { operation, other });
        } else {
            self.order.aliases.insert(other, aliased.because.clone());
        }
    }

    fn unalias(&mut self, operation: OperationId, unaliased: &OrderUnaliased) {
        let other = unaliased.other;
        if self.order.aliases.remove(&other).is_none() {
            self.folding
                .misfit(Misfit::AliasWithoutEffect { operation, other });
        }
    }

    fn finish(mut self) -> OrderState {
        match &self.order.header {
            None => self.folding.misfit(Misfit::NoHeader {}),
            Some(header) => {
                for (number, line) in &self.order.lines {
                    for wrong in wrong_amounts(&line.added, header) {
                        self.folding.misfit(Misfit::LineDoesNotAddUp {
                            line: *number,
                            amount: wrong.amount,
                            expected_minor: wrong.expected,
                            written_minor: wrong.written,
                        });
                    }
                }
            }
        }
        let mut order = self.order;
        order.reactions = self.folding.causes;
        order.frozen = self.folding.frozen;
        order.misfits = self.folding.misfits;
        let standing = standing_misfits(&order);
        order.misfits.extend(standing);
        order
    }
}

/// What does not fit in how the order stands, whatever led there. It goes away when it is settled.
fn standing_misfits(order: &OrderState) -> Vec<Misfit> {
    let cancelled = matches!(order.end, Some(OrderEnd::Cancelled { .. }));
    let completed = matches!(order.end, Some(OrderEnd::Completed { .. }));
    let held_minor = order.held_minor();
    let due_minor = order.due_minor();
    let mut misfits = payment::standing_misfits(order);
    if cancelled && held_minor.is_positive() {
        misfits.push(Misfit::MoneyAfterCancel { held_minor });
    }
    if !cancelled && due_minor.is_negative() {
        let over_minor = MinorUnits::ZERO.saturating_minus(due_minor);
        misfits.push(Misfit::Overpaid { over_minor });
    }
    if completed && due_minor.is_positive() {
        misfits.push(Misfit::CompletedUnpaid { due_minor });
    }
    for (number, line) in &order.lines {
        let (line_number, left) = (*number, line.to_hand_over());
        if cancelled && line.added.kind == LineKind::Goods && line.handed_over.is_positive() {
            misfits.push(Misfit::GoodsAfterCancel {
                line: line_number,
                handed_over: line.handed_over,
            });
        } else if left.is_negative() {
            misfits.push(Misfit::HandedOverTooMuch {
                line: line_number,
                over: left.negated(),
            });
        } else if completed && left.is_positive() {
            misfits.push(Misfit::CompletedNotHandedOver {
                line: line_number,
                missing: left,
            });
        }
    }
    misfits
}
