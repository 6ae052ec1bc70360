//! How answers are written: every answer is a plain-data struct that serialises for machines and displays for people.

use std::{
    fmt,
    io::{self, Write},
};

use holdfast_schemas::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{OutputFormat, error::CommandError, time};

/// Writes one answer to standard output.
pub(super) fn print<T: Serialize + fmt::Display>(
    format: OutputFormat,
    answer: &T,
) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    match format {
        OutputFormat::Text => write!(out, "{answer}"),
        OutputFormat::Json => with_moments(answer).and_then(|json| write_json(&mut out, &json)),
    }
    .and_then(|()| out.flush())
    .map_err(CommandError::Output)
}

/// The fields that are moments: milliseconds in documents and in the file, RFC 3339 for whoever reads an answer.
const MOMENTS: [&str; 7] = [
    "at",
    "since",
    "oldest",
    "data_as_of",
    "received_at",
    "certificate_until",
    "certificate_renewed_from",
];

/// An answer as JSON, its moments as the server writes them.
fn with_moments(answer: &impl Serialize) -> io::Result<Value> {
    let mut json = serde_json::to_value(answer)?;
    write_moments(&mut json);
    Ok(json)
}

fn write_moments(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_i64() {
                    Some(milliseconds) if MOMENTS.contains(&name.as_str()) => {
                        *field = time(Timestamp::from_milliseconds(milliseconds)).into();
                    }
                    Some(_) | None => write_moments(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_moments),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Writes one JSON document and ends the line.
pub(super) fn write_json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// To which side a column's cells are pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Texts.
    Left,
    /// Numbers and amounts.
    Right,
}

/// Writes rows in columns as wide as their widest cell, below their headings; nothing stands at the end of a line.
/// Columns without headings have no line for them.
pub(super) fn table<const N: usize>(
    formatter: &mut fmt::Formatter<'_>,
    columns: [(&str, Align); N],
    rows: &[[String; N]],
) -> fmt::Result {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.fold(columns[column].0.chars().count(), usize::max)
    });
    let mut line = |cells: [&str; N]| {
        let mut text = String::new();
        for (column, cell) in cells.into_iter().enumerate() {
            let (width, gap) = (widths[column], if column == 0 { "" } else { "  " });
            let cell = match columns[column].1 {
                Align::Left => format!("{gap}{cell:<width$}"),
                Align::Right => format!("{gap}{cell:>width$}"),
            };
            text.push_str(&cell);
        }
        writeln!(formatter, "{}", text.trim_end())
    };
    let headings = columns.map(|(heading, _)| heading);
    if headings.iter().any(|heading| !heading.is_empty()) {
        line(headings)?;
    }
    rows.iter()
        .try_for_each(|row| line(std::array::from_fn(|column| row[column].as_str())))
}

/// Writes rows of texts in columns below their headings.
pub(super) fn columns<const N: usize>(
    formatter: &mut fmt::Formatter<'_>,
    headings: [&str; N],
    rows: &[[String; N]],
) -> fmt::Result {
    table(
        formatter,
        headings.map(|heading| (heading, Align::Left)),
        rows,
    )
}
