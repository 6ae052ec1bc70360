//! The six columns of a change of our shape: keys, insert flags, actions, value types and lengths, values, and how many
//! predecessors each put has. Every other column would be empty, and so is not there.

use std::fmt::Write;

use super::{
    COUNTER_MAX, ChangeRefusal, OPERATIONS_PER_CHANGE_MAX,
    cursor::Cursor,
    leb128::{Sink, write_length, write_signed, write_unsigned},
};
use crate::identity::LogId;

/// Column id (times 16) and column type, as the format numbers them, in the order in which they are written.
const KEY_STRING: u64 = 0x15;
const INSERT: u64 = 0x34;
const ACTION: u64 = 0x42;
const VALUE_TYPE: u64 = 0x56;
const VALUE: u64 = 0x57;
const PREDECESSOR_COUNT: u64 = 0x70;
const COLUMNS: [u64; 6] = [
    KEY_STRING,
    INSERT,
    ACTION,
    VALUE_TYPE,
    VALUE,
    PREDECESSOR_COUNT,
];

/// The action "put a value".
const ACTION_PUT: u64 = 1;

/// The low four bits of a value's type and length for a string; the length in bytes stands above them.
const STRING_TYPE: u64 = 6;
const TYPE_BITS: u32 = 4;

/// The puts that begin a document, before those of its operations.
pub(super) const START_KEYS: [&str; 2] = ["kind", "schema"];

/// The most puts of a change.
const PUTS_MAX: usize = OPERATIONS_PER_CHANGE_MAX + START_KEYS.len();

/// The puts of a change: their values; their keys follow from author and first counter.
pub(super) struct Puts<'a> {
    pub(super) log: LogId,
    /// The counter of the first put; with the number of puts it stays within [`COUNTER_MAX`].
    pub(super) first_counter: u64,
    /// Whether the first two are those of [`START_KEYS`].
    pub(super) starts: bool,
    pub(super) values: Vec<&'a str>,
}

impl<'a> Puts<'a> {
    /// Appends how many columns there are, their types and lengths, and the columns.
    pub(super) fn write(&self, out: &mut impl Sink) {
        let count = self.values.len();
        let before_values = [
            self.keys(),
            bytes_of(|out| write_length(out, count)),
            bytes_of(|out| write_repeated(out, ACTION_PUT, count)),
            bytes_of(|out| write_runs(out, &self.value_types())),
        ];
        // The values may be long, and are written without a copy of them all.
        let values_length = self.values.iter().map(|value| value.len()).sum();
        let after_values = bytes_of(|out| write_repeated(out, 0, count));
        let lengths = before_values
            .iter()
            .map(Vec::len)
            .chain([values_length, after_values.len()]);
        write_length(out, COLUMNS.len());
        for (column, length) in COLUMNS.iter().zip(lengths) {
            write_unsigned(out, *column);
            write_length(out, length);
        }
        for bytes in &before_values {
            out.put(bytes);
        }
        for value in &self.values {
            out.put(value.as_bytes());
        }
        out.put(&after_values);
    }

    /// Reads columns that begin at the cursor, which must be all that is left.
    pub(super) fn read(
        cursor: &mut Cursor<'a>,
        log: LogId,
        first_counter: u64,
    ) -> Result<Self, ChangeRefusal> {
        let [keys, insert, actions, value_types, values, predecessors] = split(cursor)?;
        let count = read_insert(insert)?;
        read_repeated(actions, ACTION_PUT, count, "another action than put")?;
        read_repeated(predecessors, 0, count, "a put over another")?;
        // Keys come first: each of them takes bytes, so that from here on so many puts really are there, and what is
        // allocated for them is less than what came.
        let starts = read_keys(keys, log, first_counter, count)?;
        let values = read_values(&read_value_lengths(value_types, count)?, values)?;
        Ok(Self {
            log,
            first_counter,
            starts,
            values,
        })
    }

    fn keys(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut key = String::new();
        write_literal_count(&mut out, self.values.len());
        for index in 0..self.values.len() {
            write_key(&mut key, self.log, self.first_counter, self.starts, index);
            write_length(&mut out, key.len());
            out.extend_from_slice(key.as_bytes());
        }
        out
    }

    fn value_types(&self) -> Vec<u64> {
        let length = |value: &&str| u64::try_from(value.len()).expect("a length fits 64 bits");
        self.values
            .iter()
            .map(|value| length(value) << TYPE_BITS | STRING_TYPE)
            .collect()
    }
}

/// The key of the put at `index`, written over `key`.
fn write_key(key: &mut String, log: LogId, first_counter: u64, starts: bool, index: usize) {
    key.clear();
    match START_KEYS.get(index) {
        Some(name) if starts => key.push_str(name),
        Some(_) | None => {
            let index = u64::try_from(index).expect("an index fits 64 bits");
            write!(key, "op/{}@{log}", first_counter + index).expect("a string takes any text");
        }
    }
}

/// Cuts the columns apart: exactly those that are expected, in order, and nothing behind them.
fn split<'a>(cursor: &mut Cursor<'a>) -> Result<[Cursor<'a>; COLUMNS.len()], ChangeRefusal> {
    if cursor.unsigned("number of columns")? != COLUMNS.len() as u64 {
        return Err(ChangeRefusal::Shape("other columns than a change of ours"));
    }
    let mut lengths = [0; COLUMNS.len()];
    for (expected, length) in COLUMNS.iter().zip(&mut lengths) {
        if cursor.unsigned("column type")? != *expected {
            return Err(ChangeRefusal::Shape("other columns than a change of ours"));
        }
        *length = cursor.unsigned("column length")?;
    }
    let mut columns = [cursor.over(&[]); COLUMNS.len()];
    for (column, length) in columns.iter_mut().zip(lengths) {
        *column = cursor.over(cursor.take(length, "columns")?);
    }
    cursor.end("change")?;
    Ok(columns)
}

/// The insert column is one run of "no": its length is the number of puts, and is bounded here for all that follows.
fn read_insert(mut column: Cursor<'_>) -> Result<usize, ChangeRefusal> {
    let count = column.unsigned("insert column")?;
    column.end("insert column")?;
    usize::try_from(count)
        .ok()
        .filter(|count| (1..=PUTS_MAX).contains(count))
        .ok_or(ChangeRefusal::OperationCount(count))
}

/// A column of one value that stands in it `count` times.
fn read_repeated(
    mut column: Cursor<'_>,
    value: u64,
    count: usize,
    otherwise: &'static str,
) -> Result<(), ChangeRefusal> {
    let run = column.signed("run of a column")?;
    let expected = if count == 1 {
        Some(-1)
    } else {
        i64::try_from(count).ok()
    };
    if Some(run) != expected || column.unsigned("value of a column")? != value {
        return Err(ChangeRefusal::Shape(otherwise));
    }
    column.end("column")
}

/// The length of each of `count` values, all of them strings.
fn read_value_lengths(mut column: Cursor<'_>, count: usize) -> Result<Vec<u64>, ChangeRefusal> {
    let mut lengths = Vec::with_capacity(count);
    while lengths.len() < count {
        let run = column.signed("run of value lengths")?;
        let of_run = usize::try_from(run.unsigned_abs())
            .ok()
            .filter(|of_run| (1..=count - lengths.len()).contains(of_run))
            .ok_or(ChangeRefusal::Shape(
                "another number of values than of puts",
            ))?;
        // A positive run is one value that repeats, a negative one counts different values.
        if run > 0 {
            let length = read_value_length(&mut column)?;
            lengths.extend(std::iter::repeat_n(length, of_run));
        } else {
            for _ in 0..of_run {
                lengths.push(read_value_length(&mut column)?);
            }
        }
    }
    column.end("value lengths")?;
    Ok(lengths)
}

fn read_value_length(column: &mut Cursor<'_>) -> Result<u64, ChangeRefusal> {
    let value_type = column.unsigned("value length")?;
    if value_type & ((1 << TYPE_BITS) - 1) != STRING_TYPE {
        return Err(ChangeRefusal::Shape("a value that is no string"));
    }
    Ok(value_type >> TYPE_BITS)
}

fn read_values<'a>(lengths: &[u64], mut column: Cursor<'a>) -> Result<Vec<&'a str>, ChangeRefusal> {
    let mut values = Vec::with_capacity(lengths.len());
    for length in lengths {
        let bytes = column.take(*length, "values")?;
        values.push(std::str::from_utf8(bytes).map_err(|_| ChangeRefusal::Text("value"))?);
    }
    column.end("values")?;
    Ok(values)
}

/// Checks each key, and tells whether the puts begin a document.
fn read_keys(
    mut column: Cursor<'_>,
    log: LogId,
    first_counter: u64,
    count: usize,
) -> Result<bool, ChangeRefusal> {
    let run = column.signed("run of keys")?;
    if run.checked_neg().and_then(|run| usize::try_from(run).ok()) != Some(count) {
        return Err(ChangeRefusal::Shape("another number of keys than of puts"));
    }
    let (mut starts, mut expected) = (false, String::new());
    for index in 0..count {
        let length = column.unsigned("length of a key")?;
        let key = column.take(length, "keys")?;
        if index == 0 {
            starts = key == START_KEYS[0].as_bytes();
        }
        write_key(&mut expected, log, first_counter, starts, index);
        if key != expected.as_bytes() {
            return Err(ChangeRefusal::Key { index });
        }
    }
    column.end("keys")?;
    Ok(starts)
}

/// Whether the counters of `puts` puts from `first_counter` stay within the limit.
pub(super) fn last_counter(first_counter: u64, puts: usize) -> Option<u64> {
    let after_first = u64::try_from(puts).ok()?.checked_sub(1)?;
    first_counter
        .checked_add(after_first)
        .filter(|last| first_counter > 0 && *last <= COUNTER_MAX)
}

fn bytes_of(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

fn write_repeated(out: &mut Vec<u8>, value: u64, count: usize) {
    if count == 1 {
        write_literal_count(out, 1);
    } else {
        write_run(out, count);
    }
    write_unsigned(out, value);
}

/// Run-length encoding: two or more equal values are a run, all others stand in the longest literal runs there are.
fn write_runs(out: &mut Vec<u8>, values: &[u64]) {
    let mut literals: &[u64] = &[];
    let mut rest = values;
    while let Some(first) = rest.first() {
        let equal = rest.iter().take_while(|value| *value == first).count();
        let at = values.len() - rest.len();
        if equal > 1 {
            write_literal_run(out, literals);
            literals = &[];
            write_run(out, equal);
            write_unsigned(out, *first);
        } else {
            literals = &values[at - literals.len()..=at];
        }
        rest = &rest[equal..];
    }
    write_literal_run(out, literals);
}

fn write_literal_run(out: &mut Vec<u8>, literals: &[u64]) {
    if !literals.is_empty() {
        write_literal_count(out, literals.len());
    }
    for value in literals {
        write_unsigned(out, *value);
    }
}

fn write_run(out: &mut Vec<u8>, count: usize) {
    write_signed(out, i64::try_from(count).expect("a length fits 63 bits"));
}

fn write_literal_count(out: &mut Vec<u8>, count: usize) {
    write_signed(out, -i64::try_from(count).expect("a length fits 63 bits"));
}
