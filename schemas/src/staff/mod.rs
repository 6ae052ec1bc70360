//! Who works at the till, and what each may do there.
//!
//! Users are reference data: a till knows them offline, and a user who is erased is in no document, which hold numbers
//! only. PINs are hashed outside of this crate; here is what a PIN must be, how its hash is written, how tries are slowed
//! down, and who may do what, up to which limit, and with whose override.

mod action;
mod pin;
mod rights;
mod sign_on;
mod user;

pub use action::{StaffRole, TillAction};
pub use pin::{PIN_DIGITS_MAX, PIN_DIGITS_MIN, Pin, PinError, PinHash, PinHashError};
pub use rights::{
    ActionRule, Limits, Permission, RightsTable, RightsTableError, Size, TillRequest,
};
pub use sign_on::{
    FORGET_AFTER_MS, FREE_TRIES, SignOnThrottle, TRY_DELAY_MS_MAX, TRY_DELAY_MS_MIN, TryLater,
};
pub use user::{ManagerOverride, OverrideError, PersonName, PersonNameError, User, UserStores};

#[cfg(test)]
mod tests;
