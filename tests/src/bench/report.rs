//! Rows, their goals, and the report that they make up.
#![expect(
    clippy::float_arithmetic,
    reason = "ratios of measurements; no money is counted here"
)]

use std::{fmt, fs, io, path::Path, time::Duration};

use serde::Serialize;

/// In what a row's figures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Orders a second.
    OrdersPerSecond,
    /// Bytes.
    Bytes,
    /// KiB.
    Kibibytes,
    /// MiB.
    Mebibytes,
}

impl Unit {
    /// How it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Microseconds => "µs",
            Self::Milliseconds => "ms",
            Self::OrdersPerSecond => "orders/s",
            Self::Bytes => "bytes",
            Self::Kibibytes => "KiB",
            Self::Mebibytes => "MiB",
        }
    }
}

/// What a row is to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// Ours is at most so many times the yardstick.
    AtMostTimes(f64),
    /// Ours is at least so many times the yardstick.
    AtLeastTimes(f64),
    /// Ours is at most this, in the row's unit.
    AtMost(f64),
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMostTimes(times) => write!(formatter, "≤ {times} ×"),
            Self::AtLeastTimes(times) => write!(formatter, "≥ {times} ×"),
            Self::AtMost(figure) => write!(formatter, "≤ {figure}"),
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// Holdfast's figure.
    pub ours: f64,
    /// The yardstick's, in the same run; none where the goal is absolute.
    pub yardstick: Option<f64>,
    /// Ours divided by the yardstick.
    pub ratio: Option<f64>,
    /// In what both figures are.
    pub unit: &'static str,
    /// What is to be reached.
    pub goal: String,
    /// Whether it is.
    pub met: bool,
}

impl Row {
    /// A figure beside its yardstick.
    #[must_use]
    pub fn beside(name: &str, unit: Unit, ours: f64, yardstick: f64, goal: Goal) -> Self {
        let ratio = ours / yardstick;
        Self {
            name: name.to_owned(),
            ours: rounded(ours),
            yardstick: Some(rounded(yardstick)),
            ratio: Some((ratio * 1_000.0).round() / 1_000.0),
            unit: unit.name(),
            goal: goal.to_string(),
            met: match goal {
                Goal::AtMostTimes(times) => ratio <= times,
                Goal::AtLeastTimes(times) => ratio >= times,
                Goal::AtMost(figure) => ours <= figure,
            },
        }
    }

    /// A figure for itself.
    #[must_use]
    pub fn alone(name: &str, unit: Unit, ours: f64, most: f64) -> Self {
        Self {
            name: name.to_owned(),
            ours: rounded(ours),
            yardstick: None,
            ratio: None,
            unit: unit.name(),
            goal: Goal::AtMost(most).to_string(),
            met: ours <= most,
        }
    }
}

/// Three digits after the point are more than any measurement here is good for.
fn rounded(figure: f64) -> f64 {
    (figure * 1_000.0).round() / 1_000.0
}

/// A duration in microseconds.
pub(super) fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// A duration in milliseconds.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// So many in this time, a second.
pub(super) fn a_second(count: usize, duration: Duration) -> f64 {
    count as f64 / duration.as_secs_f64()
}

/// A figure without what comes after its point.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "orders a second are positive, and far below 2^53"
)]
pub(super) fn whole(figure: f64) -> u64 {
    figure.round() as u64
}

/// A whole for each of so many.
pub(super) fn for_each(whole: u64, count: usize) -> f64 {
    whole as f64 / count as f64
}

/// Every row of one run.
#[derive(Debug, Default)]
pub struct Report(pub Vec<Row>);

impl Report {
    /// How many goals are missed.
    #[must_use]
    pub fn missed(&self) -> usize {
        self.0.iter().filter(|row| !row.met).count()
    }

    /// Writes the rows as JSON.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, serde_json::to_string_pretty(&self.0)? + "\n")
    }
}

/// As a table of Markdown.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "| what | ours | yardstick | unit | ratio | goal | |"
        )?;
        writeln!(formatter, "|---|--:|--:|---|--:|---|---|")?;
        for row in &self.0 {
            writeln!(
                formatter,
                "| {} | {} | {} | {} | {} | {} | {} |",
                row.name,
                figure(row.ours),
                row.yardstick.map_or_else(|| "—".to_owned(), figure),
                row.unit,
                row.ratio
                    .map_or_else(|| "—".to_owned(), |ratio| format!("{ratio:.2} ×")),
                row.goal,
                if row.met { "met" } else { "**missed**" },
            )?;
        }
        Ok(())
    }
}

/// Whole numbers from 100 on, two digits after the point below.
fn figure(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}
