//! What stands above and below on a receipt.

use std::{collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{Language, PrintedText};

/// A company's tax number as receipts must show it: 1 to 32 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaxNumber(Box<str>);

/// Why a text is no tax number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tax number has 1 to 32 letters, digits, spaces, `.`, `/` or `-`")]
pub struct TaxNumberError;

impl TaxNumber {
    /// Checks length and characters. The numbers' own check digits differ by country, and are not looked at.
    ///
    /// # Errors
    /// [`TaxNumberError`].
    pub fn new(text: &str) -> Result<Self, TaxNumberError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" ./-".contains(&byte);
        let plain = text.trim() == text && text.bytes().all(allowed);
        if plain && (1..=32).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(TaxNumberError)
        }
    }
}

impl fmt::Display for TaxNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for TaxNumber {
    type Error = TaxNumberError;
    fn try_from(text: String) -> Result<Self, TaxNumberError> {
        Self::new(&text)
    }
}

impl From<TaxNumber> for String {
    fn from(number: TaxNumber) -> Self {
        number.0.into()
    }
}

impl JsonSchema for TaxNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TaxNumber".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": 32, "pattern": "^[A-Za-z0-9 ./-]+$",
        })
    }
}

/// Whose receipt it is. The store's own data, not a person's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StoreHeader {
    /// What the store is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PrintedText>,
    /// Its address, and how to reach it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub address: Vec<PrintedText>,
    /// Its company's tax number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_number: Option<TaxNumber>,
    /// Whether the receipt printer's stored logo stands above it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub logo: bool,
}

/// What the store says at the end of its receipts, in each language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReceiptTexts {
    /// The language of receipts, unless a user's or customer's is known.
    pub language: Language,
    /// At the end of every receipt.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub footer: BTreeMap<Language, Vec<PrintedText>>,
    /// How things are taken back.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub return_policy: BTreeMap<Language, Vec<PrintedText>>,
}

impl ReceiptTexts {
    /// What stands at the end of every receipt, in a language; in the store's where there is none.
    #[must_use]
    pub fn footer_lines(&self, language: Language) -> &[PrintedText] {
        self.lines(&self.footer, language)
    }

    /// How things are taken back, in a language; in the store's where there is none.
    #[must_use]
    pub fn return_policy_lines(&self, language: Language) -> &[PrintedText] {
        self.lines(&self.return_policy, language)
    }

    fn lines<'a>(
        &self,
        texts: &'a BTreeMap<Language, Vec<PrintedText>>,
        language: Language,
    ) -> &'a [PrintedText] {
        texts
            .get(&language)
            .or_else(|| texts.get(&self.language))
            .map_or(&[], Vec::as_slice)
    }
}
