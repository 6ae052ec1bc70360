//! Baskets that are put aside: an order that is not paid, until a till takes its lines up into a basket again.

use super::{
    OrderAction, OrderEnd, OrderState, OrderStatus, Sale, SaleContext,
    sell::{open, price_sale},
    transition_table,
};
use crate::{
    folding::Folding,
    identity::{NodeNumber, OperationId},
    misfit::Misfit,
    operation::{Body, CancelReason, OrderResumed, OrderSuspended, ResumeRight, SuspendedGrants},
    refusal::Refusal,
};

/// A basket that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// The operation that put it aside.
    pub operation: OperationId,
    /// The till that did.
    pub till: NodeNumber,
    /// What was granted in it.
    pub granted: SuspendedGrants,
    /// The operations that took it up, in folding order: one, if all went well.
    pub resumed: Vec<(OperationId, OrderResumed)>,
}

/// What is to be written to put a basket aside: an order with its lines and their prices, and nothing paid.
///
/// # Errors
/// [`Refusal`]: nothing is to be written.
pub fn suspend(
    sale: &Sale,
    granted: &SuspendedGrants,
    context: &SaleContext<'_>,
) -> Result<Vec<Body>, Refusal> {
    let mut bodies = place(sale, context)?;
    let suspended = OrderSuspended {
        till: context.session.trading()?.till,
        granted: granted.clone(),
    };
    bodies.push(suspended.into());
    Ok(bodies)
}

/// What is to be written to begin an order with its lines and their prices, and nothing paid.
///
/// # Errors
/// [`Refusal`]: nothing is to be written.
pub fn place(sale: &Sale, context: &SaleContext<'_>) -> Result<Vec<Body>, Refusal> {
    let session = context.session.trading()?;
    let table = transition_table(sale.order_type)?;
    for (status, action) in [
        (OrderStatus::New, OrderAction::Open),
        (OrderStatus::PendingPayment, OrderAction::AddLine),
    ] {
        table.step(status, action, context.role)?;
    }
    let mut bodies: Vec<Body> = vec![open(sale, context, session).into()];
    let lines = price_sale(sale, session.currency)?;
    bodies.extend(lines.into_iter().map(Body::from));
    Ok(bodies)
}

/// What is to be written before a till takes a basket up. Whether the till has the right is asked before: the right moves
/// by ask and answer, and where its holder is dead a manager overrides.
///
/// # Errors
/// [`Refusal::NotSuspended`] and [`Refusal::ResumedAlready`].
pub(super) fn resume(order: &OrderState, resumed: &OrderResumed) -> Result<Vec<Body>, Refusal> {
    let suspension = order.suspension.as_ref().ok_or(Refusal::NotSuspended {})?;
    match suspension.resumed.first() {
        Some((_, by)) => Err(Refusal::ResumedAlready { till: by.till }),
        None if order.held_minor().is_positive() => {
            let held_minor = order.held_minor();
            Err(Refusal::MoneyHeld { held_minor })
        }
        None => Ok(vec![resumed.clone().into()]),
    }
}

pub(super) fn fold_suspended(
    order: &mut OrderState,
    operation: OperationId,
    suspended: &OrderSuspended,
) {
    order.suspension.get_or_insert_with(|| Suspension {
        operation,
        till: suspended.till,
        granted: suspended.granted.clone(),
        resumed: Vec::new(),
    });
}

/// The first to take it up ends the order. A second one names both, since both may have sold it.
pub(super) fn fold_resumed(
    (order, folding): (&mut OrderState, &mut Folding),
    operation: OperationId,
    resumed: &OrderResumed,
) {
    let Some(suspension) = &mut order.suspension else {
        folding.misfit(Misfit::ResumedUnsuspended { operation });
        return;
    };
    if resumed.right == ResumeRight::Overridden {
        folding.misfit(Misfit::ResumedWithoutRight {
            operation,
            till: resumed.till,
            holder: suspension.till,
        });
    }
    if let Some((first, by)) = suspension.resumed.first() {
        folding.misfit(Misfit::ResumedTwice {
            first: *first,
            first_till: by.till,
            second: operation,
            second_till: resumed.till,
        });
    }
    suspension.resumed.push((operation, resumed.clone()));
    match &order.end {
        None => {
            let reason = CancelReason::Resumed;
            order.end = Some(OrderEnd::Cancelled { operation, reason });
        }
        Some(end) if suspension.resumed.len() == 1 => {
            folding.misfit(Misfit::IntentReversed {
                operation,
                name: "order_resumed".into(),
                because: end.operation(),
            });
        }
        Some(_) => {}
    }
}
