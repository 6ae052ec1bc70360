//! What can be rung up, and how much of it a label says.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::{
    identity::{DepartmentCode, Sku, TaxCode},
    operation::LineKind,
    reference::{MinimumAge, Product, StoreSettings},
    scan::{NetMeasure, ScannedCode, VariableMeasureItem},
    text_value::Description,
    value::{Currency, Measure, MinorUnits, Quantity, Rate, UnitPrice},
};

/// A product with its values resolved, as they are when it is rung up. A later change of the price list does not touch
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasketItem {
    /// What it is.
    pub product: Sku,
    /// Its text.
    pub description: Description,
    /// Whether it moves stock.
    pub kind: LineKind,
    /// Its department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentCode>,
    /// What one costs by the price list.
    pub list_price: UnitPrice,
    /// What one is.
    pub measure: Measure,
    /// Its tax class.
    pub tax_code: TaxCode,
    /// The class's rate.
    pub tax_rate: Rate,
    /// How old a customer must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_age: Option<MinimumAge>,
    /// It is not ordered any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub discontinued: bool,
}

impl BasketItem {
    /// A product of the price list, taxed as the store taxes it.
    #[must_use]
    pub fn of(product: &Product, settings: &StoreSettings) -> Self {
        Self {
            product: product.sku.clone(),
            description: product.description.clone(),
            kind: product.kind,
            department: product.department.clone(),
            list_price: product.price,
            measure: product.measure,
            tax_code: product.tax_class.clone(),
            tax_rate: settings.tax_rates.rate(&product.tax_class),
            minimum_age: product.minimum_age,
            discontinued: product.discontinued,
        }
    }

    /// One piece; `None` for goods that are weighed or measured.
    #[must_use]
    pub fn one(&self) -> Option<Quantity> {
        match self.measure {
            Measure::Each => Quantity::pieces(1).ok(),
            Measure::Kilogram | Measure::Litre | Measure::Metre => None,
        }
    }
}

/// How much is rung up at once, and at which price where that is not the price list's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddedAmount {
    /// How much.
    pub quantity: Quantity,
    /// The price of one, where the label or the cashier says it.
    pub unit_price: Option<UnitPrice>,
}

/// Why a label does not say how much is to be rung up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelAmountError {
    /// The product is weighed or measured, and its label does not say how much it is.
    #[error("{0:?} must be weighed or measured")]
    Measure(Measure),
    /// The label has a price in another currency, or one that can't be paid.
    #[error("the label's price can't be taken here")]
    Price,
    /// The label's price can't be had with the product's own: the product costs nothing.
    #[error("the product has no price that the label's could be a part of")]
    NoListPrice,
}

/// How much a scanned label says of a product: one piece, where it says nothing.
///
/// A label with a price is rung up at exactly that price: of goods that are weighed, the quantity is what that price buys,
/// to the gram, and the price of one is what makes the two meet.
///
/// # Errors
/// [`LabelAmountError`], where somebody must weigh it or look at it.
pub fn amount_on_label(
    code: &ScannedCode,
    item: &BasketItem,
    currency: Currency,
) -> Result<AddedAmount, LabelAmountError> {
    let (net, count, price) = match code {
        ScannedCode::Item(scanned) => {
            let net = scanned.net.as_ref().and_then(NetMeasure::quantity);
            let price = scanned.price.map(|price| price.minor(currency));
            let price = price.map(|minor| minor.ok_or(LabelAmountError::Price));
            (net, scanned.count, price.transpose()?)
        }
        ScannedCode::VariableMeasure(VariableMeasureItem::Priced { price_minor, .. }) => {
            (None, None, Some(*price_minor))
        }
        ScannedCode::VariableMeasure(VariableMeasureItem::Weighed { quantity, .. }) => {
            (Some(*quantity), None, None)
        }
        ScannedCode::PriceLookUp(_) | ScannedCode::StockCode(_) | ScannedCode::Own(_) => {
            (None, None, None)
        }
    };
    let net = net.filter(|quantity| quantity.measure() == item.measure);
    let quantity = match (item.measure, net, price) {
        (_, Some(net), _) => net,
        (Measure::Each, None, Some(_)) => one_piece()?,
        (Measure::Each, None, None) => match count {
            Some(count) => Quantity::pieces(count).map_err(|_| LabelAmountError::Price)?,
            None => one_piece()?,
        },
        (_, None, Some(price)) => bought_for(price, item, currency)?,
        (measure, None, None) => return Err(LabelAmountError::Measure(measure)),
    };
    let unit_price = price.map(|price| price_of_one(price, quantity, currency));
    Ok(AddedAmount {
        quantity,
        unit_price: unit_price.transpose()?,
    })
}

fn one_piece() -> Result<Quantity, LabelAmountError> {
    Quantity::pieces(1).map_err(|_| LabelAmountError::Price)
}

fn major(minor: MinorUnits, currency: Currency) -> Decimal {
    Decimal::new(minor.get(), currency.minor_digits())
}

/// What so much money buys by the price list, to the last decimal of the measure, and at least so much.
fn bought_for(
    price: MinorUnits,
    item: &BasketItem,
    currency: Currency,
) -> Result<Quantity, LabelAmountError> {
    let decimals = item.measure.decimals_max();
    let least = Decimal::new(1, decimals);
    let amount = major(price, currency)
        .checked_div(item.list_price.amount())
        .ok_or(LabelAmountError::NoListPrice)?
        .round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven)
        .max(least);
    Quantity::new(amount, item.measure).map_err(|_| LabelAmountError::Price)
}

/// The price of one at which so much costs exactly the label's price.
fn price_of_one(
    price: MinorUnits,
    quantity: Quantity,
    currency: Currency,
) -> Result<UnitPrice, LabelAmountError> {
    let one = major(price, currency)
        .checked_div(quantity.amount())
        .map(|one| one.round_dp_with_strategy(6, RoundingStrategy::MidpointNearestEven))
        .and_then(|one| UnitPrice::new(one).ok())
        .ok_or(LabelAmountError::Price)?;
    match one.extend(quantity, currency) {
        Ok(total) if total == price => Ok(one),
        Ok(_) | Err(_) => Err(LabelAmountError::Price),
    }
}
