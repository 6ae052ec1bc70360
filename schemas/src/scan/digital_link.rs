//! GS1 Digital Link: a web address that names a trade item. Source: GS1 Digital Link Standard: URI Syntax, 1.6.

use std::borrow::Cow;

use super::{
    ScanError,
    element_string::{ELEMENTS_MAX, Element, element},
};

/// Whether a text is a web address.
pub(super) fn is_link(text: &str) -> bool {
    let scheme = |scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    scheme("https://") || scheme("http://")
}

/// The elements of a web address: of its path from `01` on, and of its query.
pub(super) fn elements(link: &str) -> Result<Vec<Element<'_>>, ScanError> {
    let link = link.split('#').next().unwrap_or(link);
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let segments: Vec<&str> = path
        .split('/')
        .skip(3)
        .filter(|segment| !segment.is_empty())
        .collect();
    let item = segments
        .iter()
        .zip(segments.iter().skip(1))
        .rposition(|(name, value)| *name == "01" && is_gtin_length(value))
        .ok_or(ScanError::LinkWithoutItem)?;
    let mut found = Vec::new();
    for pair in segments[item..].chunks(2) {
        let [name, value] = pair else {
            return Err(ScanError::Link);
        };
        let value = if *name == "01" {
            Cow::Owned(format!("{value:0>14}"))
        } else {
            decode_percent(value)?
        };
        found.push(element(name, value).ok_or(ScanError::Link)??);
    }
    for part in query.split(['&', ';']).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        // What is no identifier is for the web site, not for us.
        if let Some(read) = element(name, decode_percent(value)?) {
            found.push(read?);
        }
    }
    if found.len() > ELEMENTS_MAX {
        return Err(ScanError::TooManyElements);
    }
    Ok(found)
}

/// Older links leave leading zeros out.
fn is_gtin_length(value: &str) -> bool {
    matches!(value.len(), 8 | 12 | 13 | 14) && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn decode_percent(text: &str) -> Result<Cow<'_, str>, ScanError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let (pair, after) = after.split_at_checked(2).ok_or(ScanError::Link)?;
            let pair = std::str::from_utf8(pair).map_err(|_| ScanError::Link)?;
            let signed = pair.starts_with('+');
            let byte = u8::from_str_radix(pair, 16).map_err(|_| ScanError::Link)?;
            if signed {
                return Err(ScanError::Link);
            }
            bytes.push(byte);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| ScanError::Link)?;
    Ok(Cow::Owned(text))
}
