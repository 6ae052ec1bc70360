//! The open basket: what a cashier rings up before anything is an order.
//!
//! A pure state machine. [`Basket::decide`] says no, or gives a [`BasketStep`] that a till writes into its file before it
//! shows it; [`Basket::replay`] of the steps gives the basket back after a power cut. Every step can be undone. Nothing in
//! it is a document until it is paid: then [`BasketState::sale`] is what [`crate::order::sell`] decides on.

mod decide;
mod item;
mod refusal;
mod resume;
mod state;

pub use decide::{BasketCommand, BasketContext};
pub use item::{AddedAmount, BasketItem, LabelAmountError, amount_on_label};
pub use refusal::BasketRefusal;
pub use resume::{ResumedProduct, resumed_events};
pub use state::{
    Basket, BasketEvent, BasketState, BasketStep, LineNote, LineNoteError, LinePrice,
    ManualDiscount, ManualDiscountValue, RungUpLine,
};

#[cfg(test)]
mod tests;
