//! The number of an author: a till, or the server.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest node number: 20 bits.
pub const NODE_NUMBER_MAX: u32 = (1 << 20) - 1;

/// A node's number within its tenant, 0 to 1,048,575. Assigned at enrolment and never assigned again.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u32", into = "u32")]
pub struct NodeNumber(#[schemars(range(min = 0, max = 1_048_575))] u32);

/// A number beyond 20 bits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("node number {0} is over {NODE_NUMBER_MAX}")]
pub struct NodeNumberError(pub u32);

impl NodeNumber {
    /// The server, which is one more author.
    pub const SERVER: Self = Self(0);

    /// Checks the range.
    ///
    /// # Errors
    /// [`NodeNumberError`] for a number over [`NODE_NUMBER_MAX`].
    pub fn new(number: u32) -> Result<Self, NodeNumberError> {
        if number > NODE_NUMBER_MAX {
            Err(NodeNumberError(number))
        } else {
            Ok(Self(number))
        }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for NodeNumber {
    type Error = NodeNumberError;
    fn try_from(number: u32) -> Result<Self, NodeNumberError> {
        Self::new(number)
    }
}

impl From<NodeNumber> for u32 {
    fn from(number: NodeNumber) -> Self {
        number.0
    }
}

impl fmt::Display for NodeNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
