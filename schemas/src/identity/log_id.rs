//! Logs and operations: who wrote what, and in which order.

use std::{fmt, num::NonZeroU64, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{NodeNumber, NodeNumberError};
use crate::text::{decode_hex, encode_hex};

/// One process's log, which is also its Automerge actor: 4 bytes node number, big-endian, and 12 random bytes.
///
/// It is drawn anew at each process start and never stored for reuse, so that a restored or cloned disk can
/// never extend a log that somebody else already extended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogId([u8; 16]);

/// Why bytes or a text are no log id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogIdError {
    /// Not 32 digits of lower-case hexadecimal.
    #[error("a log id is 32 digits of lower-case hexadecimal")]
    Text,
    /// The first four bytes name no node.
    #[error("a log id begins with its node number")]
    Node(#[source] NodeNumberError),
}

impl LogId {
    /// The log of a process of `node` that drew `random` at its start.
    #[must_use]
    pub fn new(node: NodeNumber, random: [u8; 12]) -> Self {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&node.get().to_be_bytes());
        bytes[4..].copy_from_slice(&random);
        Self(bytes)
    }

    /// Checks that the bytes name a node.
    ///
    /// # Errors
    /// [`LogIdError::Node`] where the node number is out of range.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, LogIdError> {
        NodeNumber::new(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            .map_err(LogIdError::Node)?;
        Ok(Self(bytes))
    }

    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The node that writes this log.
    #[must_use]
    pub fn node(&self) -> NodeNumber {
        NodeNumber::new(u32::from_be_bytes([
            self.0[0], self.0[1], self.0[2], self.0[3],
        ]))
        .unwrap_or(NodeNumber::SERVER)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&encode_hex(&self.0))
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LogId({self})")
    }
}

impl FromStr for LogId {
    type Err = LogIdError;
    fn from_str(text: &str) -> Result<Self, LogIdError> {
        Self::from_bytes(decode_hex(text).ok_or(LogIdError::Text)?)
    }
}

impl TryFrom<String> for LogId {
    type Error = LogIdError;
    fn try_from(text: String) -> Result<Self, LogIdError> {
        text.parse()
    }
}

impl From<LogId> for String {
    fn from(log: LogId) -> Self {
        log.to_string()
    }
}

impl JsonSchema for LogId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LogId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })
    }
}

/// The largest position in a log: 2^53 - 1, so that every JSON reader can hold it.
pub const LOG_POSITION_MAX: u64 = (1 << 53) - 1;

/// How many entries of a log there are up to and with one entry: the first entry is at 1, and 0 is before all.
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
#[serde(try_from = "u64", into = "u64")]
pub struct LogPosition(u64);

impl LogPosition {
    /// Before the first entry.
    pub const START: Self = Self(0);
    /// The last that there can be.
    pub const MAX: Self = Self(LOG_POSITION_MAX);

    /// A position, if it is within [`LOG_POSITION_MAX`].
    #[must_use]
    pub fn new(position: u64) -> Option<Self> {
        (position <= LOG_POSITION_MAX).then_some(Self(position))
    }

    /// The position as a number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// The position of the next entry; `None` at the very end.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }
}

impl TryFrom<u64> for LogPosition {
    type Error = String;
    fn try_from(position: u64) -> Result<Self, String> {
        Self::new(position)
            .ok_or_else(|| format!("log position {position} is over {LOG_POSITION_MAX}"))
    }
}

impl From<LogPosition> for u64 {
    fn from(position: LogPosition) -> Self {
        position.0
    }
}

impl fmt::Display for LogPosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One operation, everywhere and for ever: Automerge's own operation id.
///
/// Its order is Automerge's Lamport order (counter first, then actor) and so the order in which a document is
/// folded. Written `counter@log`, as Automerge prints it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OperationId {
    counter: NonZeroU64,
    log: LogId,
}

/// A text that is no operation id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an operation id is written counter@log")]
pub struct OperationIdError;

impl OperationId {
    /// The operation with this Lamport counter in this log.
    #[must_use]
    pub fn new(counter: NonZeroU64, log: LogId) -> Self {
        Self { counter, log }
    }

    /// The Lamport counter, from 1.
    #[must_use]
    pub fn counter(&self) -> NonZeroU64 {
        self.counter
    }

    /// The log (and so the author) that it belongs to.
    #[must_use]
    pub fn log(&self) -> LogId {
        self.log
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.counter, self.log)
    }
}

impl fmt::Debug for OperationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OperationId({self})")
    }
}

impl FromStr for OperationId {
    type Err = OperationIdError;
    fn from_str(text: &str) -> Result<Self, OperationIdError> {
        let (counter, log) = text.split_once('@').ok_or(OperationIdError)?;
        // One text for each id: no sign, no leading zero.
        if !counter.starts_with(|first: char| ('1'..='9').contains(&first)) {
            return Err(OperationIdError);
        }
        Ok(Self {
            counter: counter.parse().map_err(|_| OperationIdError)?,
            log: log.parse().map_err(|_| OperationIdError)?,
        })
    }
}

impl TryFrom<String> for OperationId {
    type Error = OperationIdError;
    fn try_from(text: String) -> Result<Self, OperationIdError> {
        text.parse()
    }
}

impl From<OperationId> for String {
    fn from(id: OperationId) -> Self {
        id.to_string()
    }
}

impl JsonSchema for OperationId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OperationId".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[1-9][0-9]*@[0-9a-f]{32}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_operation_id_reads_what_it_writes(counter in 1_u64.., node in 0..=super::super::NODE_NUMBER_MAX, random: [u8; 12]) {
            let id = OperationId::new(
                NonZeroU64::new(counter).expect("from 1"),
                LogId::new(NodeNumber::new(node).expect("in range"), random),
            );
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn an_operation_id_has_one_text_only() {
        let log = "0".repeat(32);
        assert!(format!("1@{log}").parse::<OperationId>().is_ok());
        for text in [
            format!("01@{log}"),
            format!("+1@{log}"),
            format!("0@{log}"),
            format!("1@{}", "A".repeat(32)),
        ] {
            assert_eq!(text.parse::<OperationId>(), Err(OperationIdError), "{text}");
        }
    }
}
