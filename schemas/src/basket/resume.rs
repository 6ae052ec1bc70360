//! A basket that was put aside, as lines to ring up again.

use super::{BasketEvent, BasketItem, LinePrice, RungUpLine};
use crate::{
    identity::ReasonCode,
    operation::{LineAdded, PriceSource, SuspendedLine},
    order::{OrderState, Suspension},
    reference::MinimumAge,
    staff::StaffRole,
};

/// What is known of a line's product besides what the order holds of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResumedProduct {
    /// How old a customer must be. A basket that is taken up asks again.
    pub minimum_age: Option<MinimumAge>,
    /// It is not ordered any more.
    pub discontinued: bool,
}

/// The basket that was put aside as this order: its customer, its lines in their order at the prices that they had, and
/// what was granted in it as it was granted, so that its limits hold on.
pub fn resumed_events(
    order: &OrderState,
    product: impl Fn(&LineAdded) -> ResumedProduct,
) -> Vec<BasketEvent> {
    let customer = order
        .header
        .as_ref()
        .and_then(|header| header.customer.clone());
    let customer = customer.map(|customer| BasketEvent::CustomerSet {
        customer: Some(customer),
    });
    let suspension = order.suspension.as_ref();
    let lines = order.standing_lines().map(|line| {
        let (added, known) = (&line.added, product(&line.added));
        let granted = granted(suspension, added);
        BasketEvent::LineAdded(Box::new(rung_up(added, known, granted)))
    });
    let discounts = suspension.map_or(&[][..], |suspension| &suspension.granted.discounts);
    let discounts = discounts.iter().cloned();
    let discounts = discounts.map(|discount| BasketEvent::BasketDiscounted { discount });
    customer.into_iter().chain(lines).chain(discounts).collect()
}

fn granted<'a>(suspension: Option<&'a Suspension>, added: &LineAdded) -> Option<&'a SuspendedLine> {
    let mut lines = suspension?.granted.lines.iter();
    lines.find(|line| line.line == added.line)
}

fn rung_up(
    added: &LineAdded,
    product: ResumedProduct,
    granted: Option<&SuspendedLine>,
) -> RungUpLine {
    let overridden = granted.and_then(|line| line.overridden.as_ref());
    RungUpLine {
        item: BasketItem {
            product: added.product.clone(),
            description: added.description.clone(),
            kind: added.kind,
            department: added.department.clone(),
            list_price: overridden.map_or(added.unit_price, |price| price.list_price),
            measure: added.quantity.measure(),
            tax_code: added.tax.code.clone(),
            tax_rate: added.tax.rate,
            minimum_age: product.minimum_age,
            discontinued: product.discontinued,
        },
        quantity: added.quantity,
        price: match (added.price_source, overridden) {
            (PriceSource::PriceList, _) => LinePrice::List,
            (PriceSource::Keyed, _) => LinePrice::Keyed(added.unit_price),
            (PriceSource::Override, granted) => LinePrice::Overridden {
                unit_price: added.unit_price,
                reason: granted.map_or_else(unknown_reason, |granted| granted.reason.clone()),
                allowed_by: granted.map_or(StaffRole::Manager, |granted| granted.allowed_by),
            },
        },
        discounts: granted.map_or_else(Vec::new, |line| line.discounts.clone()),
        note: None,
    }
}

/// A price that was overridden, and nothing says why: another system put the basket aside.
fn unknown_reason() -> ReasonCode {
    ReasonCode::new("resumed").expect("a code in its alphabet")
}
