//! What a code means.

use std::fmt;

use super::{
    OwnCode, ScanError, ScannedItem, VariableMeasureItem, VariableMeasureRules, digital_link,
    element_string, wedge::SCAN_CHARACTERS_MAX,
};
use crate::{
    gtin::{Gtin, GtinError},
    identity::Sku,
    time::BusinessDate,
};

/// A price look-up code: 4 or 5 digits, by which loose goods are keyed in. A zero in front counts for nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceLookUpCode(u32);

/// A number that is no price look-up code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a price look-up code is a number from 1000 to 99999")]
pub struct PriceLookUpCodeError;

impl PriceLookUpCode {
    fn read(text: &str) -> Result<Self, PriceLookUpCodeError> {
        let number = element_string::digits(text).ok_or(PriceLookUpCodeError)?;
        match number {
            1_000..=99_999 => Ok(Self(number)),
            _ => Err(PriceLookUpCodeError),
        }
    }
}

impl fmt::Display for PriceLookUpCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for PriceLookUpCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PriceLookUpCode({self})")
    }
}

/// Under what a product may be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductKey {
    /// One of its barcodes.
    Gtin(Gtin),
    /// Its stock code.
    Sku(Sku),
}

/// What a scanned or typed code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannedCode {
    /// A trade item.
    Item(Box<ScannedItem>),
    /// A piece with its price or weight in the barcode.
    VariableMeasure(VariableMeasureItem),
    /// Loose goods by their number. The product is kept under a stock code of the same digits.
    PriceLookUp(PriceLookUpCode),
    /// Perhaps a stock code of the store's own.
    StockCode(Sku),
    /// A receipt, a pickup, a badge or a customer card.
    Own(OwnCode),
}

impl ScannedCode {
    /// Under what the product may be found; `None` for codes that are no product.
    #[must_use]
    pub fn product_key(&self) -> Option<ProductKey> {
        match self {
            Self::Item(item) => Some(ProductKey::Gtin(item.gtin)),
            Self::VariableMeasure(item) => Some(ProductKey::Gtin(item.gtin())),
            Self::PriceLookUp(code) => Sku::new(code.to_string()).ok().map(ProductKey::Sku),
            Self::StockCode(sku) => Some(ProductKey::Sku(sku.clone())),
            Self::Own(_) => None,
        }
    }
}

/// How a scanner names the symbology in front of what it read. Source: ISO/IEC 15424 and GS1 General Specifications,
/// 5.1.3 (symbology identifiers).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Symbology {
    /// EAN-13, UPC-A and UPC-E, transmitted with 13 digits.
    Ean13,
    /// The same with a small code at the side.
    Ean13WithAddOn,
    /// The small code at the side alone.
    AddOn,
    /// EAN-8.
    Ean8,
    /// GS1-128, GS1 DataBar, GS1 DataMatrix, GS1 QR, GS1 DotCode, ITF-14 read as an element string.
    Gs1,
    /// Any other, which says nothing of what it holds.
    Other,
}

fn strip_symbology(text: &str) -> (Option<Symbology>, &str) {
    let named = text.starts_with(']') && text.len() > 3 && text.is_char_boundary(3);
    if !named {
        return (None, text);
    }
    let (identifier, rest) = text.split_at(3);
    let symbology = match &identifier[1..] {
        "E0" => Symbology::Ean13,
        "E1" | "E2" => Symbology::AddOn,
        "E3" => Symbology::Ean13WithAddOn,
        "E4" => Symbology::Ean8,
        "C1" | "e0" | "e1" | "e2" | "d2" | "Q3" | "J1" => Symbology::Gs1,
        _ => Symbology::Other,
    };
    (Some(symbology), rest)
}

/// Says what a code means, by its own digits and the store's rules for price and weight barcodes. `today` settles which
/// century a date of two digits is in.
///
/// # Errors
/// [`ScanError`], which says what to do.
pub fn decode(
    text: &str,
    rules: &VariableMeasureRules,
    today: BusinessDate,
) -> Result<ScannedCode, ScanError> {
    let text = text.trim_matches([' ', '\r', '\n', '\t']);
    if text.is_empty() {
        return Err(ScanError::Empty);
    }
    if text.len() > SCAN_CHARACTERS_MAX {
        return Err(ScanError::TooLong);
    }
    let (symbology, text) = strip_symbology(text);
    match symbology {
        Some(Symbology::AddOn) => Err(ScanError::AddOnAlone),
        Some(Symbology::Ean13WithAddOn) => {
            let code = text.get(..13).ok_or(GtinError::Length(text.len()))?;
            trade_item(code.parse()?, rules)
        }
        Some(Symbology::Ean13 | Symbology::Ean8) => trade_item(text.parse()?, rules),
        Some(Symbology::Gs1) => element_string(text, today),
        Some(Symbology::Other) | None => by_shape(text, rules, today),
    }
}

fn by_shape(
    text: &str,
    rules: &VariableMeasureRules,
    today: BusinessDate,
) -> Result<ScannedCode, ScanError> {
    if OwnCode::is_prefix_of(text) {
        return text.parse().map(ScannedCode::Own);
    }
    if digital_link::is_link(text) {
        let item = ScannedItem::from_elements(&digital_link::elements(text)?, today)?;
        return Ok(ScannedCode::Item(Box::new(item)));
    }
    if let Some(number) = OwnCode::typed_order(text) {
        return Ok(ScannedCode::Own(OwnCode::Order(number)));
    }
    if text.contains('\u{1d}') || is_bare_element_string(text) {
        return element_string(text, today);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return by_digits(text, rules);
    }
    Sku::new(text)
        .map(ScannedCode::StockCode)
        .map_err(ScanError::StockCode)
}

/// A scanner that leaves out FNC1 at the front: a trade item number under its identifier, and more behind it.
fn is_bare_element_string(text: &str) -> bool {
    text.strip_prefix("01")
        .and_then(|rest| rest.get(..Gtin::DIGITS))
        .is_some_and(|gtin| gtin.parse::<Gtin>().is_ok())
}

fn by_digits(text: &str, rules: &VariableMeasureRules) -> Result<ScannedCode, ScanError> {
    match text.len() {
        4 | 5 => Ok(ScannedCode::PriceLookUp(PriceLookUpCode::read(text)?)),
        8 => match expand_upc_e(text) {
            // EAN-8 that begin with 0 are a store's own, so a UPC-E that fits comes first.
            Some(expanded) if expanded.parse::<Gtin>().is_ok() => {
                trade_item(expanded.parse()?, rules)
            }
            Some(_) | None => trade_item(text.parse()?, rules),
        },
        12..=14 => trade_item(text.parse()?, rules),
        length => Err(ScanError::Digits(length)),
    }
}

fn trade_item(gtin: Gtin, rules: &VariableMeasureRules) -> Result<ScannedCode, ScanError> {
    match rules.read(gtin) {
        Some(measured) => Ok(ScannedCode::VariableMeasure(measured?)),
        None => Ok(ScannedCode::Item(Box::new(ScannedItem::new(gtin)))),
    }
}

fn element_string(text: &str, today: BusinessDate) -> Result<ScannedCode, ScanError> {
    let item = ScannedItem::from_elements(&element_string::elements(text)?, today)?;
    Ok(ScannedCode::Item(Box::new(item)))
}

/// The twelve digits of a UPC-E of eight: number system 0, six digits, check digit. `None` for another number system.
/// Source: GS1 General Specifications, 5.2.2.4.2 (zero suppression).
pub(super) fn expand_upc_e(text: &str) -> Option<String> {
    let digits = text.strip_prefix('0')?;
    let (six, check) = digits.split_at_checked(6)?;
    let (a, b) = (&six[..2], &six[2..5]);
    Some(match &six[5..] {
        last @ ("0" | "1" | "2") => format!("0{a}{last}0000{b}{check}"),
        "3" => format!("0{}00000{}{check}", &six[..3], &six[3..5]),
        "4" => format!("0{}00000{}{check}", &six[..4], &six[4..5]),
        last => format!("0{}0000{last}{check}", &six[..5]),
    })
}
