//! Why a scan means nothing here, and what to do.

use super::{
    ApplicationIdentifier, ItemTextError, PriceLookUpCodeError, VariableMeasureError,
    element_string::ELEMENTS_MAX,
};
use crate::{
    gtin::GtinError,
    identity::{CodeError, OrderNumberError, SecretCodeError},
};

/// Why a scan means nothing here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// No character at all.
    #[error("the scan is empty")]
    Empty,
    /// More characters than a code has.
    #[error("the scan is too long to be a code")]
    TooLong,
    /// A trade item number that is misread, or none.
    #[error(transparent)]
    Gtin(#[from] GtinError),
    /// So many digits are no kind of code.
    #[error("no code has {0} digits")]
    Digits(usize),
    /// No digits and no other code, nor a stock code.
    #[error("this is no code that is known")]
    StockCode(#[source] CodeError),
    /// Not a price look-up code.
    #[error(transparent)]
    PriceLookUp(#[from] PriceLookUpCodeError),
    /// A price or weight in the barcode that was misread.
    #[error("the price or weight in the barcode was misread")]
    Measured(#[from] VariableMeasureError),
    /// A GS1 element whose identifier is none.
    #[error("the barcode holds an element that begins with no identifier: {0:?}")]
    UnknownElement(Box<str>),
    /// A GS1 element that ends too early.
    #[error("the barcode's element ({0}) is too short or too long")]
    ElementLength(ApplicationIdentifier),
    /// A GS1 element whose value is not allowed.
    #[error("the barcode's element ({0}) has a value that is not allowed")]
    ElementValue(ApplicationIdentifier),
    /// A batch or serial number that is not allowed.
    #[error("the barcode's element ({identifier}): {error}")]
    ElementText {
        /// Which element.
        identifier: ApplicationIdentifier,
        /// What is wrong.
        error: ItemTextError,
    },
    /// One element twice, with two values.
    #[error("the barcode's element ({0}) is there twice, with two values")]
    ElementTwice(ApplicationIdentifier),
    /// More elements than a barcode has.
    #[error("a barcode has at most {ELEMENTS_MAX} elements")]
    TooManyElements,
    /// A GS1 barcode of something that is no trade item: a pallet, a place, a coupon.
    #[error("the barcode names no trade item")]
    NoItem,
    /// A web address that names no trade item, or a compressed one.
    #[error("the web address names no trade item")]
    LinkWithoutItem,
    /// A web address that is not well formed.
    #[error("the web address is not well formed")]
    Link,
    /// An add-on symbol without the code that it belongs to.
    #[error("only the small code at the side was read")]
    AddOnAlone,
    /// One of our order numbers, misread.
    #[error(transparent)]
    OrderNumber(#[from] OrderNumberError),
    /// One of our badges or pickup codes, misread.
    #[error(transparent)]
    SecretCode(#[from] SecretCodeError),
    /// A code that does not begin as ours do.
    #[error("this is no receipt, pickup code, badge or customer card")]
    NotOwn,
    /// One of our customer cards, misread.
    #[error("the customer card was misread")]
    Customer(#[source] CodeError),
}

impl ScanError {
    /// The error's code, which never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "scan_empty",
            Self::TooLong => "scan_too_long",
            Self::Gtin(_) => "scan_check_digit",
            Self::Digits(_) => "scan_digits",
            Self::StockCode(_) => "scan_unknown",
            Self::PriceLookUp(_) => "scan_price_look_up",
            Self::Measured(_) => "scan_measured",
            Self::UnknownElement(_)
            | Self::ElementLength(_)
            | Self::ElementValue(_)
            | Self::ElementText { .. }
            | Self::ElementTwice(_)
            | Self::TooManyElements => "scan_element",
            Self::NoItem => "scan_no_item",
            Self::LinkWithoutItem | Self::Link => "scan_link",
            Self::AddOnAlone => "scan_add_on",
            Self::OrderNumber(_) => "scan_order_number",
            Self::SecretCode(_) => "scan_secret_code",
            Self::NotOwn => "scan_not_own",
            Self::Customer(_) => "scan_customer",
        }
    }

    /// What the person at the till can do.
    #[must_use]
    pub fn what_to_do(&self) -> &'static str {
        match self {
            Self::Empty | Self::AddOnAlone => "Scan again, with the whole barcode in view.",
            Self::TooLong | Self::UnknownElement(_) | Self::TooManyElements => {
                "Scan the item's own barcode; this one is of no kind that is sold."
            }
            Self::Gtin(_)
            | Self::Measured(_)
            | Self::OrderNumber(_)
            | Self::SecretCode(_)
            | Self::NotOwn
            | Self::Customer(_) => "Scan again; if it stays so, type the number below the barcode.",
            Self::Digits(_) | Self::PriceLookUp(_) | Self::StockCode(_) => {
                "Type the number again, or search the item by name."
            }
            Self::ElementLength(_)
            | Self::ElementValue(_)
            | Self::ElementText { .. }
            | Self::ElementTwice(_) => {
                "The label is misprinted: take another piece, or search the item by name."
            }
            Self::NoItem => "This labels a box, a pallet or a place: scan the item itself.",
            Self::LinkWithoutItem | Self::Link => {
                "This code is for phones: scan the item's other barcode."
            }
        }
    }
}
