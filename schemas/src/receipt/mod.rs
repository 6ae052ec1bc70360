//! Receipts: one layout, built from what is known of a document, and rendered as text or for a receipt printer.
//!
//! [`Receipt`] says what stands where; [`Receipt::to_text`] and [`Receipt::to_escpos`] say how. A screen draws the same
//! layout. Nothing is printed before the commit returned, and a drawer is opened by its own command ([`drawer_kick`]),
//! never by a receipt.

mod escpos;
mod format;
mod layout;
mod number;
mod sale;
mod session;
mod text;
mod words;

pub use escpos::{cut_off, drawer_kick, encode_1252};
pub use format::{Format, LocalTime};
pub use layout::{Align, PaperWidth, Receipt, ReceiptItem, TextSize, TextStyle};
pub use number::number_receipt;
pub use sale::{ReceiptContext, ReceiptMark, gift_receipt, return_receipt, sale_receipt};
pub use session::{SessionReport, session_report};

#[cfg(test)]
mod tests;
