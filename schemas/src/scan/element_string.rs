//! GS1 element strings: identifiers and values, one after the other.

use std::{fmt, str::FromStr};

use super::ScanError;

/// The most elements of one barcode.
pub const ELEMENTS_MAX: usize = 32;

/// GS1's separator after an element of variable length: FNC1, as scanners transmit it.
const SEPARATOR: char = '\u{1d}';

/// How long an element's value is, in characters.
#[derive(Clone, Copy)]
enum Length {
    /// Exactly so many, all digits; the next element follows without a separator.
    Fixed(usize),
    /// From one to so many, up to a separator or the end.
    UpTo(usize),
}

/// Elements whose identifiers begin with the same two digits.
struct Family {
    first: u8,
    last: u8,
    identifier_digits: usize,
    length: Length,
}

const fn family(first: u8, last: u8, identifier_digits: usize, length: Length) -> Family {
    Family {
        first,
        last,
        identifier_digits,
        length,
    }
}

/// Every family. What begins with other digits is no element.
///
/// Source: GS1 General Specifications, 3.2 (application identifiers in numerical order) and 7.8.5 (those of predefined
/// length). A family has the length of its longest member: where an element ends is what matters here, and the value of
/// each element that a till uses is checked by itself.
static FAMILIES: &[Family] = &[
    family(0, 0, 2, Length::Fixed(18)),
    family(1, 3, 2, Length::Fixed(14)),
    family(4, 4, 2, Length::Fixed(16)),
    family(10, 10, 2, Length::UpTo(20)),
    family(11, 19, 2, Length::Fixed(6)),
    family(20, 20, 2, Length::Fixed(2)),
    family(21, 22, 2, Length::UpTo(20)),
    family(23, 23, 3, Length::UpTo(28)),
    family(24, 25, 3, Length::UpTo(30)),
    family(30, 30, 2, Length::UpTo(8)),
    family(31, 36, 4, Length::Fixed(6)),
    family(37, 37, 2, Length::UpTo(8)),
    family(39, 39, 4, Length::UpTo(18)),
    family(40, 40, 3, Length::UpTo(30)),
    family(41, 41, 3, Length::Fixed(13)),
    family(42, 42, 3, Length::UpTo(20)),
    family(43, 43, 4, Length::UpTo(70)),
    family(70, 70, 4, Length::UpTo(90)),
    family(71, 71, 3, Length::UpTo(20)),
    family(72, 72, 4, Length::UpTo(90)),
    family(80, 82, 4, Length::UpTo(90)),
    family(90, 99, 2, Length::UpTo(90)),
];

/// What an element is about: two to four digits, such as `01` for a trade item number. Its number tells it from all
/// others, however many digits it is written with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApplicationIdentifier(u16);

impl ApplicationIdentifier {
    /// The number, without leading zeros.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }

    /// The identifier that a text begins with, and the length of its value.
    fn read(text: &str) -> Result<(Self, usize, Length), ScanError> {
        let unknown = || ScanError::UnknownElement(text.chars().take(4).collect());
        let start = text.get(..2).ok_or_else(unknown)?;
        let start: u8 = digits(start).ok_or_else(unknown)?;
        let family = FAMILIES
            .iter()
            .find(|family| (family.first..=family.last).contains(&start))
            .ok_or_else(unknown)?;
        let identifier = text
            .get(..family.identifier_digits)
            .and_then(digits)
            .ok_or_else(unknown)?;
        Ok((Self(identifier), family.identifier_digits, family.length))
    }
}

impl fmt::Display for ApplicationIdentifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}", self.0)
    }
}

impl fmt::Debug for ApplicationIdentifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApplicationIdentifier({self})")
    }
}

/// Digits as a number; `None` for a sign, a space or anything else that is no digit.
pub(super) fn digits<T: FromStr>(text: &str) -> Option<T> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// One element: what it is about, and its value.
pub(super) type Element<'a> = (ApplicationIdentifier, std::borrow::Cow<'a, str>);

/// Reads a barcode's elements, in their order.
pub(super) fn elements(text: &str) -> Result<Vec<Element<'_>>, ScanError> {
    let mut rest = text.trim_start_matches(SEPARATOR);
    let mut found = Vec::new();
    while !rest.is_empty() {
        if found.len() == ELEMENTS_MAX {
            return Err(ScanError::TooManyElements);
        }
        let (identifier, skip, length) = ApplicationIdentifier::read(rest)?;
        let value = &rest[skip..];
        let end = match length {
            Length::Fixed(length) => length,
            Length::UpTo(_) => value.find(SEPARATOR).unwrap_or(value.len()),
        };
        let value = value
            .get(..end)
            .ok_or(ScanError::ElementLength(identifier))?;
        check_value(identifier, value, length)?;
        found.push((identifier, value.into()));
        rest = &rest[skip + end..];
        // A separator after an element of fixed length is superfluous, and allowed.
        rest = rest.strip_prefix(SEPARATOR).unwrap_or(rest);
    }
    Ok(found)
}

/// One element whose identifier and value came apart, as in a web address; `None` where the name is no identifier.
pub(super) fn element<'a>(
    name: &str,
    value: std::borrow::Cow<'a, str>,
) -> Option<Result<Element<'a>, ScanError>> {
    let (identifier, used, length) = ApplicationIdentifier::read(name).ok()?;
    (used == name.len())
        .then(|| check_value(identifier, &value, length).map(|()| (identifier, value)))
}

fn check_value(
    identifier: ApplicationIdentifier,
    value: &str,
    length: Length,
) -> Result<(), ScanError> {
    let characters = value.chars().count();
    let right_length = match length {
        Length::Fixed(length) => characters == length,
        Length::UpTo(most) => (1..=most).contains(&characters),
    };
    if !right_length {
        return Err(ScanError::ElementLength(identifier));
    }
    let allowed = match length {
        Length::Fixed(_) => value.bytes().all(|byte| byte.is_ascii_digit()),
        Length::UpTo(_) => value.chars().all(is_element_character),
    };
    if allowed {
        Ok(())
    } else {
        Err(ScanError::ElementValue(identifier))
    }
}

/// Whether a value may hold this character. Source: GS1 General Specifications, 7.11 (the character sets 82 and 39 for
/// values of elements), whose union with the letters of base 64 is what any element may hold.
fn is_element_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!\"#%&'()*+,-./:;<=>?_".contains(character)
}
