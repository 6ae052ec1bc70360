//! Recognises a change: reads exactly what [`super::write_change`] writes.

use std::{cell::Cell, num::NonZeroU64};

use super::{
    CHANGE_BYTES_MAX, COUNTER_MAX, Change, ChangeOperation, ChangeRefusal, DEPS_PER_CHANGE_MAX,
    DocumentStart, OPERATIONS_PER_CHANGE_MAX, SEQUENCE_MAX,
    columns::{Puts, START_KEYS, last_counter},
    cursor::Cursor,
    leb128::Comparison,
    writer::{CHUNK_CHANGE, MAGIC, hash_chunk, write_body},
};
use crate::{
    identity::{ChangeHash, LogId, OperationId},
    operation::parse_operation,
};

/// Reads a change of our one shape, from anybody.
///
/// Takes time and memory in proportion to the bytes, of which there are [`CHANGE_BYTES_MAX`] at most, and never panics.
/// What it accepts has exactly one spelling, so bytes and hash stand for each other.
///
/// # Errors
/// [`ChangeRefusal`], with what is wrong first.
pub fn recognise(bytes: &[u8]) -> Result<Change, ChangeRefusal> {
    recognise_counting(bytes, &Cell::new(0))
}

/// As [`recognise`], and adds to `steps` how many reads it took: of a byte of a number, or of a stretch of bytes. There
/// are never more than twice as many as bytes, and one.
///
/// # Errors
/// [`ChangeRefusal`].
pub fn recognise_counting(bytes: &[u8], steps: &Cell<u64>) -> Result<Change, ChangeRefusal> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(ChangeRefusal::TooLong { bytes: bytes.len() });
    }
    let (body, hash) = open_chunk(Cursor::new(bytes, steps))?;
    let mut cursor = Cursor::new(body, steps);
    let deps = read_deps(&mut cursor)?;
    let log = read_author(&mut cursor)?;
    let sequence = read_counter(&mut cursor, "sequence number", SEQUENCE_MAX)?;
    let first_counter = read_counter(&mut cursor, "first counter", COUNTER_MAX)?;
    expect_zero(&mut cursor, "a time of its own")?;
    expect_zero(&mut cursor, "a message")?;
    expect_zero(&mut cursor, "other actors")?;
    let puts = Puts::read(&mut cursor, log, first_counter.get())?;
    let last_counter = last_counter(first_counter.get(), puts.values.len())
        .and_then(NonZeroU64::new)
        .ok_or(ChangeRefusal::CounterRange("last counter"))?;

    let is_first = deps.is_empty() && sequence.get() == 1 && first_counter.get() == 1;
    if puts.starts != deps.is_empty() || puts.starts && !is_first {
        return Err(ChangeRefusal::Start);
    }
    let mut canonical = Comparison::with(body);
    write_body(&mut canonical, &deps, sequence.get(), &puts);
    if !canonical.is_equal() {
        return Err(ChangeRefusal::NotCanonical);
    }
    let (start, operations) = read_puts(&puts)?;
    Ok(Change {
        hash,
        log,
        sequence,
        deps,
        start,
        operations,
        last_counter,
    })
}

/// Checks the header and the checksum; gives the body and the whole hash.
fn open_chunk(mut cursor: Cursor<'_>) -> Result<(&[u8], ChangeHash), ChangeRefusal> {
    let bytes = cursor.rest();
    if cursor.array("header")? != MAGIC {
        return Err(ChangeRefusal::Magic);
    }
    let checksum: [u8; 4] = cursor.array("header")?;
    let [chunk_type] = cursor.array("header")?;
    if chunk_type != CHUNK_CHANGE {
        return Err(ChangeRefusal::ChunkType(chunk_type));
    }
    let before_length = cursor.rest().len();
    let length = cursor.unsigned("length")?;
    let length_bytes = before_length - cursor.rest().len();
    let body = cursor.take(length, "body")?;
    cursor.end("chunk")?;
    // The length stands outside of the body, so its one spelling is checked here.
    if length_bytes > 1 && bytes[bytes.len() - body.len() - 1] == 0 {
        return Err(ChangeRefusal::NotCanonical);
    }
    let hash = hash_chunk(body);
    if !hash.as_bytes().starts_with(&checksum) {
        return Err(ChangeRefusal::Checksum);
    }
    Ok((body, hash))
}

fn read_deps(cursor: &mut Cursor<'_>) -> Result<Vec<ChangeHash>, ChangeRefusal> {
    let claimed = cursor.unsigned("number of dependencies")?;
    let count = usize::try_from(claimed)
        .ok()
        .filter(|count| *count <= DEPS_PER_CHANGE_MAX)
        .ok_or(ChangeRefusal::TooManyDeps(claimed))?;
    let mut deps = Vec::with_capacity(count);
    for _ in 0..count {
        deps.push(ChangeHash::from_bytes(cursor.array("dependencies")?));
    }
    if deps.is_sorted_by(|first, second| first < second) {
        Ok(deps)
    } else {
        Err(ChangeRefusal::DepsOrder)
    }
}

fn read_author(cursor: &mut Cursor<'_>) -> Result<LogId, ChangeRefusal> {
    let length = cursor.unsigned("author's length")?;
    if length != 16 {
        return Err(ChangeRefusal::AuthorLength(length));
    }
    LogId::from_bytes(cursor.array("author")?).map_err(ChangeRefusal::Author)
}

fn read_counter(
    cursor: &mut Cursor<'_>,
    what: &'static str,
    max: u64,
) -> Result<NonZeroU64, ChangeRefusal> {
    NonZeroU64::new(cursor.unsigned(what)?)
        .filter(|value| value.get() <= max)
        .ok_or(ChangeRefusal::CounterRange(what))
}

fn expect_zero(cursor: &mut Cursor<'_>, what: &'static str) -> Result<(), ChangeRefusal> {
    if cursor.unsigned(what)? == 0 {
        Ok(())
    } else {
        Err(ChangeRefusal::Shape(what))
    }
}

/// What the puts say: how the document begins, and the operations.
fn read_puts(
    puts: &Puts<'_>,
) -> Result<(Option<DocumentStart>, Vec<ChangeOperation>), ChangeRefusal> {
    let first_operation = if puts.starts { START_KEYS.len() } else { 0 };
    let start = match puts.values.as_slice() {
        [kind, schema, ..] if puts.starts => {
            Some(DocumentStart::parse(kind, schema).ok_or(ChangeRefusal::StartValues)?)
        }
        _ => None,
    };
    let texts = puts.values.get(first_operation..).unwrap_or_default();
    if !(1..=OPERATIONS_PER_CHANGE_MAX).contains(&texts.len()) {
        return Err(ChangeRefusal::OperationCount(texts.len() as u64));
    }
    let mut operations = Vec::with_capacity(texts.len());
    for (counter, json) in (puts.first_counter..).skip(first_operation).zip(texts) {
        let counter = NonZeroU64::new(counter).ok_or(ChangeRefusal::CounterRange("counter"))?;
        let id = OperationId::new(counter, puts.log);
        let recorded =
            parse_operation(json).map_err(|source| ChangeRefusal::Operation { id, source })?;
        operations.push(ChangeOperation {
            id,
            json: (*json).into(),
            recorded,
        });
    }
    Ok((start, operations))
}
