//! Operations as JSON text, and what becomes of those that this version does not know.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

use super::{Body, Operation};

/// The most bytes that one operation's JSON may have.
pub const OPERATION_BYTES_MAX: usize = 64 * 1024;

/// How deep values may be nested in an operation's JSON. Ours are nested six deep. Readers of exports follow each level
/// with a call of their own, so a text of brackets alone could end their programs.
pub const OPERATION_DEPTH_MAX: usize = 32;

/// An operation as it is read from a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// One that this version knows.
    Known(Box<Operation>),
    /// One of a later version: kept and forwarded byte for byte, not understood.
    Unknown {
        /// Its name.
        name: Box<str>,
        /// Whether one must know it to decide on the document.
        critical: bool,
    },
}

/// Why a text is no operation.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// Longer than [`OPERATION_BYTES_MAX`].
    #[error("an operation has {bytes} bytes; at most {OPERATION_BYTES_MAX} are allowed")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Nested deeper than [`OPERATION_DEPTH_MAX`].
    #[error("an operation's values are nested more than {OPERATION_DEPTH_MAX} deep")]
    TooDeep,
    /// Not JSON, not an envelope, or a known operation with a value that is not allowed.
    #[error("an operation is malformed")]
    Malformed(#[source] serde_json::Error),
}

/// The envelope as any version writes it.
#[derive(Deserialize)]
struct Envelope {
    critical: bool,
    body: BodyName,
}

/// The one name in a body, whatever stands under it. A second entry, be it of the same name, is refused: readers of JSON
/// differ in which of the two they see.
struct BodyName(Box<str>);

impl<'de> Deserialize<'de> for BodyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneEntry;

        impl<'de> Visitor<'de> for OneEntry {
            type Value = BodyName;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object with one entry")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BodyName, A::Error> {
                let Some((name, _)) = map.next_entry::<Box<str>, IgnoredAny>()? else {
                    return Err(A::Error::custom("a body without an entry"));
                };
                match map.next_key::<IgnoredAny>()? {
                    None => Ok(BodyName(name)),
                    Some(_) => Err(A::Error::custom("a body with a second entry")),
                }
            }
        }

        deserializer.deserialize_map(OneEntry)
    }
}

/// Reads one operation. Unknown *fields* are passed over (their bytes stay in the document); an unknown *name* gives
/// [`Recorded::Unknown`].
///
/// # Errors
/// [`OperationError`]: the text is refused, and nobody's document may hold it.
pub fn parse_operation(json: &str) -> Result<Recorded, OperationError> {
    if json.len() > OPERATION_BYTES_MAX {
        return Err(OperationError::TooLong { bytes: json.len() });
    }
    if is_too_deep(json) {
        return Err(OperationError::TooDeep);
    }
    let malformed = match serde_json::from_str::<Operation>(json) {
        Ok(operation) => return Ok(Recorded::Known(Box::new(operation))),
        Err(malformed) => malformed,
    };
    // The slow path: a later version's operation, or nonsense.
    let envelope = serde_json::from_str::<Envelope>(json).map_err(OperationError::Malformed)?;
    let BodyName(name) = envelope.body;
    if Body::NAMES.contains(&&*name) {
        return Err(OperationError::Malformed(malformed));
    }
    Ok(Recorded::Unknown {
        name,
        critical: envelope.critical,
    })
}

/// Whether values are nested deeper than they may be; for what is no JSON, whatever comes out of it.
fn is_too_deep(json: &str) -> bool {
    let opens = |byte: &u8| matches!(byte, b'[' | b'{');
    // Nearly every text has few brackets in all, and so can't be deep.
    if json.bytes().filter(opens).count() <= OPERATION_DEPTH_MAX {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if std::mem::take(&mut escaped) => {}
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > OPERATION_DEPTH_MAX {
            return true;
        }
    }
    false
}

/// Writes one operation as the JSON text that a document holds.
///
/// # Errors
/// [`OperationError`] where it would be too long to be read again.
pub fn write_operation(operation: &Operation) -> Result<String, OperationError> {
    let json = serde_json::to_string(operation).map_err(OperationError::Malformed)?;
    if json.len() > OPERATION_BYTES_MAX {
        return Err(OperationError::TooLong { bytes: json.len() });
    }
    Ok(json)
}
