//! How a document begins: which kind it is, and by which schema its operations are written.

use std::num::NonZeroU32;

use crate::operation::DocumentKind;

/// The version of the document schema that this version writes.
pub const SCHEMA_VERSION: NonZeroU32 = NonZeroU32::MIN;

/// The most bytes of a kind's name.
const KIND_BYTES_MAX: usize = 32;

/// A document's kind as it is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordedKind {
    /// One that this version knows.
    Known(DocumentKind),
    /// One of a later version, by its name: kept and forwarded, not understood.
    Unknown(Box<str>),
}

/// What a document's first change says about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentStart {
    /// The value of the root key `kind`.
    pub kind: RecordedKind,
    /// The value of the root key `schema`, a decimal number.
    pub schema: NonZeroU32,
}

impl DocumentStart {
    /// The start of a document of this kind as this version writes it.
    #[must_use]
    pub fn new(kind: DocumentKind) -> Self {
        Self {
            kind: RecordedKind::Known(kind),
            schema: SCHEMA_VERSION,
        }
    }

    /// Reads the values of the two root keys; `None` where they could be of no version.
    pub(super) fn parse(kind: &str, schema: &str) -> Option<Self> {
        let is_name = !kind.is_empty()
            && kind.len() <= KIND_BYTES_MAX
            && kind
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        // One text for each version: no sign, no leading zero.
        if !is_name || !schema.starts_with(|first: char| ('1'..='9').contains(&first)) {
            return None;
        }
        Some(Self {
            kind: match DocumentKind::from_name(kind) {
                Some(kind) => RecordedKind::Known(kind),
                None => RecordedKind::Unknown(kind.into()),
            },
            schema: schema.parse().ok()?,
        })
    }
}

impl RecordedKind {
    /// The kind's name, as stored.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Known(kind) => kind.name(),
            Self::Unknown(name) => name,
        }
    }

    /// The kind, where this version knows it.
    #[must_use]
    pub fn known(&self) -> Option<DocumentKind> {
        match self {
            Self::Known(kind) => Some(*kind),
            Self::Unknown(_) => None,
        }
    }
}
