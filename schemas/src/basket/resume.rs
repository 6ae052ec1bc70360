//! A basket that was put aside, as lines to ring up again.

use super::{BasketEvent, BasketItem, LinePrice, ManualDiscount, ManualDiscountValue, RungUpLine};
use crate::{
    identity::ReasonCode,
    operation::{LineAdded, PriceSource},
    order::OrderState,
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

/// The lines of an order that was put aside, in their order: at the prices, and with the shares of discounts, that they
/// had. Discounts that were allowed once are allowed: they are fixed amounts now.
pub fn resumed_events<'a>(
    order: &'a OrderState,
    product: impl Fn(&LineAdded) -> ResumedProduct + 'a,
) -> impl Iterator<Item = BasketEvent> + 'a {
    let lines = order.standing_lines();
    lines.map(move |line| {
        let added = &line.added;
        BasketEvent::LineAdded(Box::new(rung_up(added, product(added))))
    })
}

fn rung_up(added: &LineAdded, product: ResumedProduct) -> RungUpLine {
    let discounts = added.discounts.iter().map(|share| ManualDiscount {
        code: share.discount.clone(),
        value: ManualDiscountValue::Amount(share.amount_minor),
        allowed_by: StaffRole::Manager,
    });
    RungUpLine {
        item: BasketItem {
            product: added.product.clone(),
            description: added.description.clone(),
            kind: added.kind,
            department: added.department.clone(),
            list_price: added.unit_price,
            measure: added.quantity.measure(),
            tax_code: added.tax.code.clone(),
            tax_rate: added.tax.rate,
            minimum_age: product.minimum_age,
            discontinued: product.discontinued,
        },
        quantity: added.quantity,
        price: match added.price_source {
            PriceSource::PriceList => LinePrice::List,
            PriceSource::Keyed => LinePrice::Keyed(added.unit_price),
            PriceSource::Override => LinePrice::Overridden {
                unit_price: added.unit_price,
                reason: ReasonCode::new("resumed").expect("a code in its alphabet"),
                allowed_by: StaffRole::Manager,
            },
        },
        discounts: discounts.collect(),
        note: None,
    }
}
