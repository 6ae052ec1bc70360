//! The rows of an SQLite file's tables, found on its pages one by one: the trees above them, and the schema, may be gone.
//!
//! A page of a table's rows begins with the byte 13, then has how many rows it holds and where each is. A row is its
//! length, its number, and its values: first their types, then their bytes. What does not fit on the page goes on in a
//! chain of overflow pages. See "Database File Format" at sqlite.org. Every length is checked: these bytes may be anything.

use holdfast_schemas::wire::limits::ENTRY_BYTES_MAX;

use super::pages::Pages;

const TABLE_LEAF: u8 = 13;
const LEAF_HEADER_BYTES: usize = 8;
/// The first page begins with the file's header.
const FILE_HEADER_BYTES: usize = 100;
/// The most bytes of a row of ours: a change, and what is said of it.
const ROW_BYTES_MAX: usize = ENTRY_BYTES_MAX + 64 * 1024;
/// The most columns of a table of ours, and some.
const COLUMNS_MAX: usize = 64;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Nothing; or the row's own number, which is not written.
    Null,
    Integer(i64),
    /// A text, a fraction: nothing that is looked for.
    Other,
    Blob(Vec<u8>),
}

/// All rows that can be read of all tables, page by page.
pub(super) fn for_each(pages: &mut Pages, mut row: impl FnMut(&[Value])) {
    for number in 1..=pages.count() {
        let Some(page) = pages.read(number) else {
            continue;
        };
        let header = if number == 1 { FILE_HEADER_BYTES } else { 0 };
        for at in cells(&page, header) {
            let values = page
                .get(at..)
                .and_then(|cell| payload(cell, pages))
                .and_then(|payload| values(&payload));
            if let Some(values) = values {
                row(&values);
            }
        }
    }
}

/// Where the rows of a page begin; none for a page of another kind.
fn cells(page: &[u8], header: usize) -> Vec<usize> {
    let Some(header) = page.get(header..) else {
        return Vec::new();
    };
    if header.first() != Some(&TABLE_LEAF) {
        return Vec::new();
    }
    let Some(count) = two_bytes(header, 3) else {
        return Vec::new();
    };
    (0..count)
        .map_while(|cell| two_bytes(header, LEAF_HEADER_BYTES + 2 * cell))
        .collect()
}

/// A row's types and values, put together from its page and its overflow pages.
fn payload(cell: &[u8], pages: &mut Pages) -> Option<Vec<u8>> {
    let (length, length_bytes) = varint(cell)?;
    let (_, number_bytes) = varint(cell.get(length_bytes..)?)?;
    let length = usize::try_from(length).ok()?;
    if length > ROW_BYTES_MAX {
        return None;
    }
    let cell = cell.get(length_bytes + number_bytes..)?;
    let local = local_bytes(length, pages.page_bytes());
    let mut payload = cell.get(..local)?.to_vec();
    let mut next = if local < length {
        four_bytes(cell, local)?
    } else {
        0
    };
    while payload.len() < length {
        let page = pages.read(next)?;
        let more = (length - payload.len()).min(page.len() - 4);
        payload.extend_from_slice(page.get(4..4 + more)?);
        next = four_bytes(&page, 0)?;
    }
    Some(payload)
}

/// How much of a row is on its own page.
fn local_bytes(length: usize, page_bytes: usize) -> usize {
    let most = page_bytes - 35;
    if length <= most {
        return length;
    }
    let least = (page_bytes - 12) * 32 / 255 - 23;
    let wanted = least + (length - least) % (page_bytes - 4);
    if wanted <= most { wanted } else { least }
}

/// A row's values.
fn values(payload: &[u8]) -> Option<Vec<Value>> {
    let (header, length_bytes) = varint(payload)?;
    let header = usize::try_from(header).ok()?;
    let mut types = payload.get(length_bytes..header)?;
    let mut body = payload.get(header..)?;
    let mut values = Vec::new();
    while !types.is_empty() && values.len() < COLUMNS_MAX {
        let (kind, kind_bytes) = varint(types)?;
        let (read, rest) = value(kind, body)?;
        values.push(read);
        types = &types[kind_bytes..];
        body = rest;
    }
    Some(values)
}

/// A value of this type, and what comes after it.
fn value(kind: u64, body: &[u8]) -> Option<(Value, &[u8])> {
    let bytes = match kind {
        0 | 8 | 9 => 0,
        1..=4 => usize::try_from(kind).ok()?,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        long => usize::try_from((long - 12) / 2).ok()?,
    };
    let (bytes, rest) = body.split_at_checked(bytes)?;
    let value = match kind {
        0 => Value::Null,
        1..=6 => Value::Integer(integer(bytes)),
        8 => Value::Integer(0),
        9 => Value::Integer(1),
        blob if blob >= 12 && blob % 2 == 0 => Value::Blob(bytes.to_vec()),
        _ => Value::Other,
    };
    Some((value, rest))
}

/// A big-endian number of up to eight bytes with its sign.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let start = if negative { -1 } else { 0 };
    bytes
        .iter()
        .fold(start, |number: i64, byte| (number << 8) | i64::from(*byte))
}

/// A number of one to nine bytes of seven bits each, the last of eight; and how many bytes it has.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    for at in 0..8 {
        let byte = *bytes.get(at)?;
        number = (number << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, at + 1));
        }
    }
    Some(((number << 8) | u64::from(*bytes.get(8)?), 9))
}

fn two_bytes(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 2)?;
    Some(usize::from(bytes[0]) << 8 | usize::from(bytes[1]))
}

fn four_bytes(bytes: &[u8], at: usize) -> Option<u32> {
    let (four, _) = bytes.get(at..)?.split_first_chunk::<4>()?;
    Some(u32::from_be_bytes(*four))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_sqlite_writes_them() {
        assert_eq!(varint(&[0x7f]), Some((127, 1)));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, 2)));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, 9)));
        assert_eq!(varint(&[0x81]), None);
        assert_eq!(integer(&[0xff]), -1);
        assert_eq!(integer(&[0x01, 0x00]), 256);
        assert_eq!(integer(&[0x80, 0, 0, 0, 0, 0, 0, 0]), i64::MIN);
    }

    #[test]
    fn a_row_of_any_bytes_is_read_or_passed_over() {
        let row = [4, 0, 9, 16, 0xaa, 0xbb];
        let expected = [
            Value::Null,
            Value::Integer(1),
            Value::Blob(vec![0xaa, 0xbb]),
        ];
        assert_eq!(values(&row).as_deref(), Some(expected.as_slice()));
        for length in 0..row.len() {
            assert_eq!(values(&row[..length]), None, "cut at {length}");
        }
        assert_eq!(values(&[2, 0xff]), None);
        assert_eq!(values(&[2, 10]), None);
    }
}
