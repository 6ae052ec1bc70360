//! Scans: from the keys that a scanner "types" to what the code on the paper means.
//!
//! [`Wedge`] tells a scanner from a person by the pace of the keys, and [`decode`] reads the code: trade item numbers of
//! every length, GS1 element strings and Digital Link, price or weight in the barcode, price look-up codes, and
//! Holdfast's own. Nothing is looked up: what comes out says under which keys the product may be found.
//!
//! Written here and not taken from a crate: those that read GS1 data pass over what they do not know, check no digits,
//! or bring a barcode reader along.

mod decode;
mod digital_link;
mod element_string;
mod error;
mod item;
mod own_code;
mod variable_measure;
mod wedge;

pub use decode::{PriceLookUpCode, PriceLookUpCodeError, ProductKey, ScannedCode, decode};
pub use element_string::{ApplicationIdentifier, ELEMENTS_MAX};
pub use error::ScanError;
pub use item::{
    BatchNumber, ItemTextError, NetDimension, NetMeasure, ScannedItem, ScannedPrice, SerialNumber,
};
pub use own_code::OwnCode;
pub use variable_measure::{
    InStorePrefix, InStorePrefixError, MeasuredValue, VariableMeasureError, VariableMeasureItem,
    VariableMeasureRule, VariableMeasureRules,
};
pub use wedge::{
    KEY_GAP_MS_MAX, Key, SCAN_CHARACTERS_MAX, SCAN_CHARACTERS_MIN, Wedge, WedgeOutput,
};

#[cfg(test)]
mod decode_tests;
#[cfg(test)]
mod wedge_tests;
