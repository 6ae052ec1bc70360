//! How answers are written: every answer is a plain-data struct that serialises for machines and displays for people.

use std::{
    fmt,
    io::{self, Write},
};

use serde::Serialize;

use super::{OutputFormat, error::CommandError};

/// Writes one answer to standard output.
pub(super) fn print<T: Serialize + fmt::Display>(
    format: OutputFormat,
    answer: &T,
) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    match format {
        OutputFormat::Text => write!(out, "{answer}"),
        OutputFormat::Json => write_json(&mut out, answer),
    }
    .and_then(|()| out.flush())
    .map_err(CommandError::Output)
}

/// Writes one JSON document and ends the line.
pub(super) fn write_json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Writes rows in columns as wide as their widest cell; the last column is not filled up.
pub(super) fn columns<const N: usize>(
    formatter: &mut fmt::Formatter<'_>,
    heading: [&str; N],
    rows: &[[String; N]],
) -> fmt::Result {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.fold(heading[column].chars().count(), usize::max)
    });
    let mut line = |cells: [&str; N]| {
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            if column + 1 == N {
                writeln!(formatter, "{cell}")?;
            } else {
                write!(formatter, "{cell:<width$}  ")?;
            }
        }
        Ok(())
    };
    line(heading)?;
    rows.iter()
        .try_for_each(|row| line(std::array::from_fn(|column| row[column].as_str())))
}
