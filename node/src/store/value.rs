//! Values as the file holds them, and back.

use std::{fmt::Display, str::FromStr};

use super::StoreError;

/// Reads a text of the file as a domain value.
pub(super) fn read_text<T: FromStr<Err: Display>>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse()
        .map_err(|error| StoreError::unreadable(what, &error))
}
