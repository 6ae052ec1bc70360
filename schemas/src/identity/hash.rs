//! Hashes: of a change, of a log up to an entry, of what a reaction reacts to.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::text::{decode_hex, encode_hex};

/// A text that is no hash of the wanted length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hash is {digits} digits of lower-case hexadecimal")]
pub struct HashError {
    digits: usize,
}

macro_rules! hash {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// A hash by its bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&encode_hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = HashError;
            fn from_str(text: &str) -> Result<Self, HashError> {
                decode_hex(text).map(Self).ok_or(HashError { digits: $bytes * 2 })
            }
        }

        impl TryFrom<String> for $name {
            type Error = HashError;
            fn try_from(text: String) -> Result<Self, HashError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(hash: $name) -> Self {
                hash.to_string()
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": format!("^[0-9a-f]{{{}}}$", $bytes * 2) })
            }
        }
    };
}

hash!(
    /// The SHA-256 of a change chunk, as Automerge defines it: the change's identity.
    ChangeHash, 32
);
hash!(
    /// The hash of a log up to and with one entry: each covers the one before it.
    ChainHash, 32
);
hash!(
    /// What a decision of the server reacts to. The same cause gives the same id, so a reaction that is decided
    /// twice (after a restored backup, by two servers) counts once.
    ReactionId, 16
);

impl ChainHash {
    /// Before a log's first entry.
    pub const START: Self = Self([0; 32]);
}
