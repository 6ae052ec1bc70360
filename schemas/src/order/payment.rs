//! Card payments of an order: what was intended, what became of it, and what contradicts itself.

use crate::{
    folding::Folding,
    identity::{OperationId, TenderReference},
    misfit::Misfit,
    operation::{Body, PaymentAnswer, PaymentAnswered, PaymentIntended, TenderKind, TenderTaken},
    refusal::Refusal,
    value::MinorUnits,
};

use super::{OrderState, decide::check_tender};

/// A card payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// As it was intended.
    pub intended: PaymentIntended,
    /// The answers, in folding order.
    pub answers: Vec<(OperationId, PaymentAnswer)>,
}

impl Payment {
    /// Whether nobody knows yet what became of it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.answers.is_empty()
    }

    /// The provider's names under which it was charged: more than one where the terminal charged twice.
    pub fn charges(&self) -> impl Iterator<Item = (&TenderReference, MinorUnits)> {
        self.answers.iter().filter_map(|(_, answer)| match answer {
            PaymentAnswer::Approved {
                reference,
                amount_minor,
            } => Some((reference, *amount_minor)),
            PaymentAnswer::Declined { .. } => None,
        })
    }
}

impl OrderState {
    /// The payments of which nobody knows yet what became of them.
    pub fn open_payments(&self) -> impl Iterator<Item = (OperationId, &Payment)> {
        let payments = self.payments.iter();
        payments
            .filter(|(_, payment)| payment.is_open())
            .map(|(id, payment)| (*id, payment))
    }

    /// What may still be taken in other money: what is due, less what open payments may bring.
    #[must_use]
    pub fn free_due_minor(&self) -> MinorUnits {
        self.open_payments()
            .fold(self.due_minor(), |due, (_, payment)| {
                due.saturating_minus(payment.intended.amount_minor)
            })
    }

    pub(super) fn refuse_open_payment(&self) -> Result<(), Refusal> {
        match self.open_payments().next() {
            Some((payment, _)) => Err(Refusal::PaymentOpen { payment }),
            None => Ok(()),
        }
    }
}

pub(super) fn intend(order: &OrderState, intended: &PaymentIntended) -> Result<Vec<Body>, Refusal> {
    order.refuse_open_payment()?;
    check_tender(&tender(intended.amount_minor, None), order.due_minor())?;
    Ok(vec![intended.clone().into()])
}

/// An answer, and the tender that counts its money. One that is known already is written once.
pub(super) fn answer(order: &OrderState, answered: &PaymentAnswered) -> Result<Vec<Body>, Refusal> {
    let payment = answered.payment;
    let known = order
        .payments
        .get(&payment)
        .ok_or(Refusal::NoSuchPayment { payment })?;
    let said = known
        .answers
        .iter()
        .any(|(_, said)| *said == answered.answer);
    if said {
        return Ok(Vec::new());
    }
    let taken = match &answered.answer {
        PaymentAnswer::Approved {
            amount_minor,
            reference,
        } => Some(TenderTaken {
            session: answered.session,
            ..tender(*amount_minor, Some(reference.clone()))
        }),
        PaymentAnswer::Declined { .. } => None,
    };
    let bodies = [Body::from(answered.clone())].into_iter();
    Ok(bodies.chain(taken.map(Body::from)).collect())
}

fn tender(amount_minor: MinorUnits, reference: Option<TenderReference>) -> TenderTaken {
    TenderTaken {
        session: None,
        kind: TenderKind::Card,
        amount_minor,
        tendered_minor: None,
        rounding_minor: None,
        reference,
    }
}

pub(super) fn fold_intended(
    order: &mut OrderState,
    operation: OperationId,
    intended: &PaymentIntended,
) {
    let payment = Payment {
        intended: intended.clone(),
        answers: Vec::new(),
    };
    order.payments.insert(operation, payment);
}

pub(super) fn fold_answered(
    (order, folding): (&mut OrderState, &mut Folding),
    operation: OperationId,
    answered: &PaymentAnswered,
) {
    let payment = answered.payment;
    let Some(known) = order.payments.get_mut(&payment) else {
        folding.misfit(Misfit::UnknownPayment { operation, payment });
        return;
    };
    if known
        .answers
        .iter()
        .any(|(_, said)| *said == answered.answer)
    {
        return;
    }
    let charged_before = known.charges().next().is_some();
    let declined_before = known.answers.len() > known.charges().count();
    match &answered.answer {
        PaymentAnswer::Approved { amount_minor, .. } if charged_before => {
            let amount_minor = *amount_minor;
            folding.misfit(Misfit::ChargedTwice {
                operation,
                payment,
                amount_minor,
            });
        }
        PaymentAnswer::Approved { .. } if declined_before => {
            folding.misfit(Misfit::PaymentContradicted { operation, payment });
        }
        PaymentAnswer::Declined { .. } if charged_before => {
            folding.misfit(Misfit::PaymentContradicted { operation, payment });
        }
        PaymentAnswer::Approved { .. } | PaymentAnswer::Declined { .. } => {}
    }
    known.answers.push((operation, answered.answer.clone()));
}

/// What is wrong with the payments as the order stands.
pub(super) fn standing_misfits(order: &OrderState) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    for (payment, known) in &order.payments {
        if known.is_open() && order.end.is_some() {
            misfits.push(Misfit::PaymentOutcomeUnknown {
                payment: *payment,
                amount_minor: known.intended.amount_minor,
            });
        }
        for (reference, amount_minor) in known.charges() {
            let mut tenders = order.tenders.values();
            if !tenders.any(|tender| tender.taken.reference.as_ref() == Some(reference)) {
                misfits.push(Misfit::PaymentNotCounted {
                    payment: *payment,
                    amount_minor,
                });
            }
        }
    }
    misfits
}
