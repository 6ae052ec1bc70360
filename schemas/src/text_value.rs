//! Free text, of which there is exactly one kind: what a product is called.

use std::{fmt, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A product's text for receipts and screens: 0 to 256 bytes, no control characters. Never a person's data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Description(Arc<str>);

/// Why a text can't describe a product.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// More than 256 bytes.
    #[error("a product's text has {0} bytes; at most {max} are allowed", max = Description::BYTES_MAX)]
    TooLong(usize),
    /// A control character.
    #[error("a product's text may not hold {0:?}")]
    Character(char),
}

impl Description {
    /// The most bytes that it may have.
    pub const BYTES_MAX: usize = 256;

    /// Checks length and characters.
    ///
    /// # Errors
    /// [`DescriptionError`], naming what is wrong.
    pub fn new(text: impl AsRef<str>) -> Result<Self, DescriptionError> {
        let text = text.as_ref();
        if text.len() > Self::BYTES_MAX {
            return Err(DescriptionError::TooLong(text.len()));
        }
        match text.chars().find(|character| character.is_control()) {
            Some(character) => Err(DescriptionError::Character(character)),
            None => Ok(Self(text.into())),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Description {
    type Error = DescriptionError;
    fn try_from(text: String) -> Result<Self, DescriptionError> {
        Self::new(text)
    }
}

impl From<Description> for String {
    fn from(description: Description) -> Self {
        description.0.as_ref().to_owned()
    }
}

impl fmt::Display for Description {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl JsonSchema for Description {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Description".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 256 })
    }
}
