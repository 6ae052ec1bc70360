//! The key of a document.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{NODE_NUMBER_MAX, NodeNumber};
use crate::{
    text::{decode_crockford, encode_crockford},
    time::Timestamp,
};

/// A document's key everywhere: 48 bits milliseconds since 1970, 20 bits node number, 60 random bits.
///
/// Written as 26 digits of Crockford base 32, whose text order is the time order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentId(u128);

/// A text that is no document id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a document id is 26 digits of Crockford base 32")]
pub struct DocumentIdError;

const RANDOM_BITS: u32 = 60;
const NODE_BITS: u32 = 20;

impl DocumentId {
    /// A new id. Time before 1970 counts as 1970 and time beyond 48 bits as the last of them: uniqueness rests on
    /// the node number and the random bits, the time only orders.
    #[must_use]
    pub fn new(at: Timestamp, node: NodeNumber, random: u64) -> Self {
        let milliseconds = u128::from(
            u64::try_from(at.milliseconds())
                .unwrap_or(0)
                .min((1 << 48) - 1),
        );
        let random = u128::from(random) & ((1 << RANDOM_BITS) - 1);
        Self(
            milliseconds << (NODE_BITS + RANDOM_BITS)
                | u128::from(node.get()) << RANDOM_BITS
                | random,
        )
    }

    /// An id by its 16 bytes, big-endian.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// The 16 bytes, big-endian: their order is the id's order.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// When it was drawn, by the clock of who drew it.
    #[must_use]
    pub fn drawn_at(self) -> Timestamp {
        let milliseconds = i64::try_from(self.0 >> (NODE_BITS + RANDOM_BITS)).unwrap_or(i64::MAX);
        Timestamp::from_milliseconds(milliseconds)
    }

    /// The node that drew it.
    #[must_use]
    pub fn node(self) -> NodeNumber {
        let bits = (self.0 >> RANDOM_BITS) & u128::from(NODE_NUMBER_MAX);
        u32::try_from(bits)
            .ok()
            .and_then(|number| NodeNumber::new(number).ok())
            .expect("20 bits are a node number")
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&encode_crockford(self.0, 26))
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DocumentId({self})")
    }
}

impl FromStr for DocumentId {
    type Err = DocumentIdError;
    fn from_str(text: &str) -> Result<Self, DocumentIdError> {
        if text.len() != 26 {
            return Err(DocumentIdError);
        }
        decode_crockford(text).map(Self).ok_or(DocumentIdError)
    }
}

impl TryFrom<String> for DocumentId {
    type Error = DocumentIdError;
    fn try_from(text: String) -> Result<Self, DocumentIdError> {
        text.parse()
    }
}

impl From<DocumentId> for String {
    fn from(id: DocumentId) -> Self {
        id.to_string()
    }
}

impl JsonSchema for DocumentId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DocumentId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_document_id_reads_what_it_writes(bytes: [u8; 16]) {
            let id = DocumentId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn a_document_id_names_its_node(at: i64, number in 0..=NODE_NUMBER_MAX, random: u64) {
            let node = NodeNumber::new(number).expect("in range");
            let id = DocumentId::new(Timestamp::from_milliseconds(at), node, random);
            prop_assert_eq!(id.node(), node);
        }

        #[test]
        fn later_documents_sort_later(early in 0_i64..1 << 40, later in 1_i64..1 << 40, one: u64, other: u64) {
            let node = NodeNumber::new(7).expect("in range");
            let first = DocumentId::new(Timestamp::from_milliseconds(early), node, one);
            let second = DocumentId::new(Timestamp::from_milliseconds(early + later), node, other);
            prop_assert!(first < second && first.to_string() < second.to_string());
        }
    }
}
