//! Operations as JSON text, and what becomes of those that this version does not know.

use serde::{Deserialize, de::IgnoredAny};

use super::{Body, Operation};

/// The most bytes that one operation's JSON may have.
pub const OPERATION_BYTES_MAX: usize = 64 * 1024;

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
    /// Not JSON, not an envelope, or a known operation with a value that is not allowed.
    #[error("an operation is malformed")]
    Malformed(#[source] serde_json::Error),
}

/// The envelope as any version writes it.
#[derive(Deserialize)]
struct Envelope {
    critical: bool,
    body: std::collections::BTreeMap<String, IgnoredAny>,
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
    let malformed = match serde_json::from_str::<Operation>(json) {
        Ok(operation) => return Ok(Recorded::Known(Box::new(operation))),
        Err(malformed) => malformed,
    };
    // The slow path: a later version's operation, or nonsense.
    let envelope = serde_json::from_str::<Envelope>(json).map_err(OperationError::Malformed)?;
    let mut names = envelope.body.into_keys();
    match (names.next(), names.next()) {
        (Some(name), None) if !Body::NAMES.contains(&name.as_str()) => Ok(Recorded::Unknown {
            name: name.into_boxed_str(),
            critical: envelope.critical,
        }),
        _ => Err(OperationError::Malformed(malformed)),
    }
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
