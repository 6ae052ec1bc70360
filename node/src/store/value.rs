//! Values as the file holds them, and back.

use std::{fmt::Display, str::FromStr};

use holdfast_schemas::identity::{ChangeHash, DocumentId, LogId, LogPosition};

use serde::{Serialize, de::DeserializeOwned};

use super::StoreError;

/// Reads a text of the file as a domain value.
pub(super) fn read_text<T: FromStr<Err: Display>>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse()
        .map_err(|error| StoreError::unreadable(what, &error))
}

pub(super) fn read_log(bytes: [u8; 16]) -> Result<LogId, StoreError> {
    LogId::from_bytes(bytes).map_err(|error| StoreError::unreadable("log id", &error))
}

pub(super) fn read_position(position: i64) -> Result<LogPosition, StoreError> {
    u64::try_from(position)
        .ok()
        .and_then(LogPosition::new)
        .ok_or_else(|| StoreError::unreadable("log position", &position))
}

/// A count or version of the file, which is never negative.
pub(super) fn read_count(count: i64) -> Result<u64, StoreError> {
    u64::try_from(count).map_err(|error| StoreError::unreadable("count", &error))
}

pub(super) fn read_document(bytes: [u8; 16]) -> DocumentId {
    DocumentId::from_bytes(bytes)
}

pub(super) fn read_hash(bytes: [u8; 32]) -> ChangeHash {
    ChangeHash::from_bytes(bytes)
}

/// A count, limit or position as SQLite's integer. All of ours fit; a limit beyond is as good as none.
pub(super) fn to_integer(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// The name by which serde writes one of our enums without fields.
pub(super) fn to_name(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        Ok(_) => Err(StoreError::unreadable("name", &"it is no plain text")),
        Err(error) => Err(StoreError::unreadable("name", &error)),
    }
}

/// Reads what [`to_name`] wrote.
pub(super) fn from_name<T: DeserializeOwned>(
    what: &'static str,
    name: String,
) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(name))
        .map_err(|error| StoreError::unreadable(what, &error))
}
