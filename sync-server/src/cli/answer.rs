//! How answers are written to standard output.

use std::io::Write;

use holdfast_schemas::time::Timestamp;
use serde::Serialize;

use super::OutputFormat;
pub(super) use crate::moment::moment;

/// What a command answers: for people and for programs. The JSON shape is stable: fields are added, never renamed.
pub(super) trait Answer: Serialize {
    /// The answer for people, without a line end.
    fn text(&self) -> String;

    /// What the process exits with.
    fn exit_code(&self) -> u8 {
        crate::exit_code::SUCCESS
    }
}

/// Writes an answer. Whoever stopped reading does not want it, so a closed pipe is no error.
pub(super) fn print(answer: &impl Answer, format: OutputFormat) -> u8 {
    let text = match format {
        OutputFormat::Text => answer.text(),
        OutputFormat::Json => json(answer),
    };
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{text}").and_then(|()| output.flush());
    answer.exit_code()
}

/// Pretty JSON: the shapes here hold no map with keys that are no text, so it can't fail.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}

/// [`moment`], or a dash.
pub(super) fn moment_or_dash(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), moment)
}

/// Rows under a header, in columns as wide as their widest cell.
pub(super) fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut lines = vec![header.map(str::to_owned)];
    lines.extend(rows);
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or(0)
    });
    let written = lines.iter().map(|line| {
        let cells = line.iter().zip(widths);
        let padded: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    });
    written.collect::<Vec<_>>().join("\n")
}

/// Serialises as its text.
pub(super) fn as_text<S: serde::Serializer>(
    value: &impl std::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Serialises a moment as [`moment`].
pub(super) fn as_moment<S: serde::Serializer>(
    at: &Timestamp,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&moment(*at))
}

/// Serialises a moment that may be missing.
pub(super) fn as_moment_or_null<S: serde::Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    at.map(moment).serialize(serializer)
}

/// A number with what is counted: `1 product is`, `2 products are`.
pub(super) fn count(number: usize, one: &str, more: &str) -> String {
    let counted = if number == 1 { one } else { more };
    format!("{number} {counted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_as_wide_as_its_cells() {
        let row = |one: &str, two: &str| [one.to_owned(), two.to_owned()];
        let text = table(["store", "x"], [row("a", "1"), row("longest", "")]);
        assert_eq!(text, "store    x\na        1\nlongest");
    }
}
