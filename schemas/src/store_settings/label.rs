//! Texts that are printed and shown, in each language.

use std::{collections::BTreeMap, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A language of screens and receipts, by its ISO 639 code.
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
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// Spanish.
    Es,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::En, Self::De, Self::Es];

    /// The ISO 639 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Es => "es",
        }
    }
}

/// A code of no language that is spoken here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the languages are en, de and es")]
pub struct LanguageError;

impl FromStr for Language {
    type Err = LanguageError;
    fn from_str(text: &str) -> Result<Self, LanguageError> {
        let mut all = Self::ALL.into_iter();
        all.find(|language| language.code() == text)
            .ok_or(LanguageError)
    }
}

/// A line of a store's own text: 1 to 96 bytes without control characters, without spaces around it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrintedText(Box<str>);

/// Why a text can't be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a printed line has 1 to {} bytes, no control characters and no spaces around it",
    PrintedText::BYTES_MAX
)]
pub struct PrintedTextError;

impl PrintedText {
    /// The most bytes that it may have.
    pub const BYTES_MAX: usize = 96;

    /// Checks length and characters.
    ///
    /// # Errors
    /// [`PrintedTextError`].
    pub fn new(text: &str) -> Result<Self, PrintedTextError> {
        let printable = !text.chars().any(char::is_control) && text.trim() == text;
        if printable && (1..=Self::BYTES_MAX).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(PrintedTextError)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PrintedText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for PrintedText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrintedText({self})")
    }
}

impl FromStr for PrintedText {
    type Err = PrintedTextError;
    fn from_str(text: &str) -> Result<Self, PrintedTextError> {
        Self::new(text)
    }
}

impl TryFrom<String> for PrintedText {
    type Error = PrintedTextError;
    fn try_from(text: String) -> Result<Self, PrintedTextError> {
        Self::new(&text)
    }
}

impl From<PrintedText> for String {
    fn from(text: PrintedText) -> Self {
        text.0.into()
    }
}

impl JsonSchema for PrintedText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PrintedText".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": Self::BYTES_MAX })
    }
}

/// What something is called, in at least one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    try_from = "BTreeMap<Language, PrintedText>",
    into = "BTreeMap<Language, PrintedText>"
)]
pub struct Label(#[schemars(extend("minProperties" = 1))] BTreeMap<Language, PrintedText>);

/// A label in no language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a label is in at least one language")]
pub struct LabelError;

impl Label {
    /// Checks that there is a text.
    ///
    /// # Errors
    /// [`LabelError`].
    pub fn new(
        texts: impl IntoIterator<Item = (Language, PrintedText)>,
    ) -> Result<Self, LabelError> {
        let texts: BTreeMap<Language, PrintedText> = texts.into_iter().collect();
        if texts.is_empty() {
            Err(LabelError)
        } else {
            Ok(Self(texts))
        }
    }

    /// The text in a language; in English, or else in any other, where there is none.
    #[must_use]
    pub fn text(&self, language: Language) -> &str {
        let text = self
            .0
            .get(&language)
            .or_else(|| self.0.get(&Language::En))
            .or_else(|| self.0.values().next());
        text.map_or("", PrintedText::as_str)
    }
}

impl TryFrom<BTreeMap<Language, PrintedText>> for Label {
    type Error = LabelError;
    fn try_from(texts: BTreeMap<Language, PrintedText>) -> Result<Self, LabelError> {
        Self::new(texts)
    }
}

impl From<Label> for BTreeMap<Language, PrintedText> {
    fn from(label: Label) -> Self {
        label.0
    }
}
