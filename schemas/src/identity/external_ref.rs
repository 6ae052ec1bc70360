//! What others call an order.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{Channel, CodeError};

/// The outside name itself: 1 to 128 bytes of printable text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalValue(Box<str>);

impl ExternalValue {
    /// The most bytes that it may have.
    pub const BYTES_MAX: usize = 128;

    /// Checks length and characters.
    ///
    /// # Errors
    /// [`CodeError`], naming what is wrong.
    pub fn new(text: impl Into<String>) -> Result<Self, CodeError> {
        const WHAT: &str = "outside reference";
        let text = text.into();
        if text.trim().is_empty() {
            return Err(CodeError::Empty { what: WHAT });
        }
        if text.len() > Self::BYTES_MAX {
            return Err(CodeError::TooLong {
                what: WHAT,
                bytes: text.len(),
                bytes_max: Self::BYTES_MAX,
            });
        }
        if let Some(character) = text.chars().find(|character| !character.is_ascii_graphic()) {
            return Err(CodeError::Character {
                what: WHAT,
                character,
            });
        }
        Ok(Self(text.into_boxed_str()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ExternalValue {
    type Error = CodeError;
    fn try_from(text: String) -> Result<Self, CodeError> {
        Self::new(text)
    }
}

impl From<ExternalValue> for String {
    fn from(value: ExternalValue) -> Self {
        value.0.into()
    }
}

impl JsonSchema for ExternalValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ExternalValue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" })
    }
}

/// What another system calls an order: the web shop's number, a marketplace's, a receipt's.
/// Written `channel:value`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct ExternalRef {
    /// Whose name it is.
    pub channel: Channel,
    /// The name.
    pub value: ExternalValue,
}

/// A text that is no outside reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExternalRefError {
    /// There is no colon in it.
    #[error("an outside reference is written channel:value")]
    NoColon,
    /// One of its two parts is not allowed.
    #[error("an outside reference has a part that is not allowed")]
    Part(#[from] CodeError),
}

impl fmt::Display for ExternalRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.channel, self.value.as_str())
    }
}

impl FromStr for ExternalRef {
    type Err = ExternalRefError;
    fn from_str(text: &str) -> Result<Self, ExternalRefError> {
        let (channel, value) = text.split_once(':').ok_or(ExternalRefError::NoColon)?;
        Ok(Self {
            channel: Channel::new(channel)?,
            value: ExternalValue::new(value)?,
        })
    }
}
