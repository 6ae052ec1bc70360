//! Short texts that name things: stores, products, users, reasons.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Why a text can't be a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// No character at all.
    #[error("{what} is empty")]
    Empty {
        /// What the code names.
        what: &'static str,
    },
    /// More bytes than the code may have.
    #[error("{what} has {bytes} bytes; at most {bytes_max} are allowed")]
    TooLong {
        /// What the code names.
        what: &'static str,
        /// How long it is, in bytes of UTF-8.
        bytes: usize,
        /// How long it may be.
        bytes_max: usize,
    },
    /// A character that this code may not hold.
    #[error("{what} may not hold {character:?}")]
    Character {
        /// What the code names.
        what: &'static str,
        /// The first character that is not allowed.
        character: char,
    },
}

/// Which characters a code may hold.
#[derive(Clone, Copy)]
enum Alphabet {
    /// Letters, digits, `.`, `_`, `-`, `/` and `+`.
    Identifier,
    /// Any printable ASCII character, with single spaces inside.
    Printable,
}

impl Alphabet {
    fn allows(self, character: char) -> bool {
        match self {
            Self::Identifier => character.is_ascii_alphanumeric() || "._-/+".contains(character),
            Self::Printable => character.is_ascii_graphic() || character == ' ',
        }
    }

    fn pattern(self) -> &'static str {
        match self {
            Self::Identifier => "^[A-Za-z0-9._/+-]+$",
            Self::Printable => "^[ -~]+$",
        }
    }
}

fn check(
    what: &'static str,
    text: &str,
    bytes_max: usize,
    alphabet: Alphabet,
) -> Result<(), CodeError> {
    if text.trim().is_empty() {
        return Err(CodeError::Empty { what });
    }
    if text.len() > bytes_max {
        return Err(CodeError::TooLong {
            what,
            bytes: text.len(),
            bytes_max,
        });
    }
    match text.chars().find(|character| !alphabet.allows(*character)) {
        Some(character) => Err(CodeError::Character { what, character }),
        None => Ok(()),
    }
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $what:literal, $bytes_max:literal, $alphabet:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The most bytes that it may have.
            pub const BYTES_MAX: usize = $bytes_max;

            /// Checks length and alphabet.
            ///
            /// # Errors
            /// [`CodeError`], naming what is wrong.
            pub fn new(text: impl Into<String>) -> Result<Self, CodeError> {
                let text = text.into();
                check($what, &text, $bytes_max, $alphabet)?;
                Ok(Self(text.into_boxed_str()))
            }

            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;
            fn try_from(text: String) -> Result<Self, CodeError> {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = CodeError;
            fn from_str(text: &str) -> Result<Self, CodeError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string", "minLength": 1, "maxLength": $bytes_max, "pattern": $alphabet.pattern(),
                })
            }
        }
    };
}

code!(
    /// The company that owns a server and all its stores. One tenant for each server.
    TenantId, "tenant", 32, Alphabet::Identifier
);
code!(
    /// A store, by the code that its people use.
    StoreId, "store", 32, Alphabet::Identifier
);
code!(
    /// A user of the till, by number; never a name.
    UserId, "user", 32, Alphabet::Identifier
);
code!(
    /// A customer, by reference; the record itself is erasable reference data and never in an operation.
    CustomerId, "customer", 64, Alphabet::Identifier
);
code!(
    /// A stock keeping unit: one sellable product.
    Sku, "SKU", 64, Alphabet::Printable
);
code!(
    /// A department of the catalogue.
    DepartmentCode, "department", 32, Alphabet::Identifier
);
code!(
    /// A tax class, such as `standard` or `zero`.
    TaxCode, "tax code", 32, Alphabet::Identifier
);
code!(
    /// Why something out of the ordinary was done.
    ReasonCode, "reason", 64, Alphabet::Identifier
);
code!(
    /// A promotion or manual discount, by its code.
    DiscountCode, "discount", 64, Alphabet::Identifier
);
code!(
    /// A sales channel, such as `till`, `web` or a marketplace.
    Channel, "channel", 32, Alphabet::Identifier
);
code!(
    /// What a payment provider calls a payment: a token or authorisation code, never a card number.
    TenderReference, "tender reference", 64, Alphabet::Identifier
);
code!(
    /// The number that is printed on a sealed bag of cash for the bank.
    BankBag, "bank bag", 32, Alphabet::Identifier
);
code!(
    /// A time zone by its IANA name, such as `Europe/London`.
    TimeZoneName, "time zone", 64, Alphabet::Identifier
);

/// The version of the reference data from which a price was taken. Zero: no reference data yet.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct PriceListVersion(u64);

impl PriceListVersion {
    /// A version by its number.
    #[must_use]
    pub fn new(version: u64) -> Self {
        Self(version)
    }

    /// The version's number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_refused_with_what_is_wrong() {
        assert_eq!(StoreId::new(""), Err(CodeError::Empty { what: "store" }));
        assert_eq!(
            StoreId::new("a b"),
            Err(CodeError::Character {
                what: "store",
                character: ' '
            })
        );
        assert_eq!(
            StoreId::new("x".repeat(33)),
            Err(CodeError::TooLong {
                what: "store",
                bytes: 33,
                bytes_max: 32
            })
        );
        assert!(Sku::new("BANK CHARGES").is_ok());
        assert!(Sku::new("tab\t").is_err());
        assert!(serde_json::from_str::<StoreId>("\"no such store\"").is_err());
    }
}
