//! Amounts: money, quantities, prices, rates. No float anywhere; arithmetic is checked.

mod allocation;
mod cash;
mod iso_4217;
mod money;
mod price;
mod pricing;
mod quantity;
mod quantity_total;
mod refund;
mod tax;

pub use allocation::{AllocationError, allocate};
pub use cash::{CashRoundingStep, CashRoundingStepError};
pub use money::{Currency, CurrencyError, MinorUnits, Money, MoneyError};
pub use price::{Rate, RateError, UnitPrice, UnitPriceError};
pub use pricing::{
    BasketLine, Discount, DiscountValue, PricedBasket, PricedLine, PricingError, price_basket,
};
pub use quantity::{Measure, Quantity, QuantityChange, QuantityError};
pub use quantity_total::QuantityTotal;
pub use refund::{RefundError, RefundShare, ReturnedSoFar, SoldLine, refund_share};
pub use tax::{TaxableAmount, tax_lines, tax_of};

#[cfg(test)]
mod amount_tests;
