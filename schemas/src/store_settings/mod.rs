//! What a store prints, takes and asks for: its header, tenders, reasons, departments, notes and coins, and texts.
//!
//! Part of [`crate::reference::StoreSettings`]; what a store does not say is as usual for its currency and language.

mod denominations;
mod header;
mod label;
mod lists;
mod quick_keys;

pub use denominations::{
    Denomination, DenominationKind, Denominations, DenominationsError, usual_cash_rounding,
};
pub use header::{ReceiptTexts, StoreHeader, TaxNumber, TaxNumberError};
pub use label::{Label, LabelError, Language, LanguageError, PrintedText, PrintedTextError};
pub use lists::{
    Department, Departments, ListError, Reason, ReasonUse, Reasons, TenderSetting, TenderTaking,
    Tenders,
};

pub use quick_keys::{
    KeyColour, KeyPicture, QUICK_KEY_PAGES_MAX, QUICK_KEYS_PER_PAGE_MAX, QuickKey, QuickKeyPage,
    QuickKeys, QuickKeysError,
};

#[cfg(test)]
mod tests;
