//! Holdfast's own codes: what receipts, pickup papers, badges and customer cards say.

use std::{fmt, str::FromStr};

use super::ScanError;
use crate::identity::{BadgeCode, CustomerId, OrderNumber, PickupCode};

/// One of our own codes: `HF`, a letter for its kind, and what it says. All of it can be printed as CODE 128 or QR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnCode {
    /// `HFO`: an order or a return, on its receipt.
    Order(OrderNumber),
    /// `HFP`: the right to collect an order.
    Pickup(PickupCode),
    /// `HFB`: a staff badge.
    Badge(BadgeCode),
    /// `HFC`: a customer card.
    Customer(CustomerId),
}

impl fmt::Display for OwnCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(number) => write!(formatter, "HFO{}", number.to_string().replace('-', "")),
            Self::Pickup(code) => write!(formatter, "HFP{code}"),
            Self::Badge(code) => write!(formatter, "HFB{code}"),
            Self::Customer(customer) => write!(formatter, "HFC{customer}"),
        }
    }
}

impl FromStr for OwnCode {
    type Err = ScanError;
    fn from_str(text: &str) -> Result<Self, ScanError> {
        let (kind, rest) = text.split_at_checked(3).ok_or(ScanError::NotOwn)?;
        match kind.to_ascii_uppercase().as_str() {
            "HFO" => Ok(Self::Order(rest.parse()?)),
            "HFP" => Ok(Self::Pickup(rest.parse()?)),
            "HFB" => Ok(Self::Badge(rest.parse()?)),
            "HFC" => CustomerId::new(rest)
                .map(Self::Customer)
                .map_err(ScanError::Customer),
            _ => Err(ScanError::NotOwn),
        }
    }
}

impl OwnCode {
    /// Whether a text begins as one of our codes does.
    pub(super) fn is_prefix_of(text: &str) -> bool {
        text.get(..3).is_some_and(|kind| {
            ["HFO", "HFP", "HFB", "HFC"]
                .iter()
                .any(|known| kind.eq_ignore_ascii_case(known))
        })
    }

    /// An order number as people type it: grouped 5-5-4.
    pub(super) fn typed_order(text: &str) -> Option<OrderNumber> {
        let groups: Vec<usize> = text.split('-').map(str::len).collect();
        (groups == [5, 5, 4]).then(|| text.parse().ok()).flatten()
    }
}
