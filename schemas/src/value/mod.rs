//! Amounts: money, quantities, prices, rates. No float anywhere; arithmetic is checked.

mod cash;
mod money;
mod price;
mod quantity;
mod quantity_total;

pub use cash::{CashRoundingStep, CashRoundingStepError};
pub use money::{Currency, CurrencyError, MinorUnits, Money, MoneyError};
pub use price::{Rate, RateError, UnitPrice, UnitPriceError};
pub use quantity::{Measure, Quantity, QuantityChange, QuantityError};
pub use quantity_total::QuantityTotal;
