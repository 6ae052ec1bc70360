//! Values of settings that have rules of their own.

use std::{fmt, str::FromStr};

use rustls_pki_types::ServerName;
use serde::{Deserialize, Serialize};

/// The longest time that an enrolment code may be good for, in minutes: one week.
pub const ENROLMENT_CODE_MINUTES_MAX: u32 = 7 * 24 * 60;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl fmt::Display for LogFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

impl FromStr for LogFormat {
    type Err = LogFormatError;
    fn from_str(text: &str) -> Result<Self, LogFormatError> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(LogFormatError),
        }
    }
}

/// A text that is no log format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a log format is text or json")]
pub struct LogFormatError;

/// How long an enrolment code is good for: 1 to [`ENROLMENT_CODE_MINUTES_MAX`] minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct CodeMinutes(u32);

/// A time that an enrolment code may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an enrolment code is good for 1 to {ENROLMENT_CODE_MINUTES_MAX} minutes")]
pub struct CodeMinutesError;

impl Default for CodeMinutes {
    /// One hour.
    fn default() -> Self {
        Self(60)
    }
}

impl CodeMinutes {
    /// Checks the range.
    ///
    /// # Errors
    /// [`CodeMinutesError`].
    pub fn new(minutes: u32) -> Result<Self, CodeMinutesError> {
        if (1..=ENROLMENT_CODE_MINUTES_MAX).contains(&minutes) {
            Ok(Self(minutes))
        } else {
            Err(CodeMinutesError)
        }
    }

    /// The time in milliseconds.
    #[must_use]
    pub fn milliseconds(self) -> i64 {
        i64::from(self.0) * 60_000
    }
}

impl TryFrom<u32> for CodeMinutes {
    type Error = CodeMinutesError;
    fn try_from(minutes: u32) -> Result<Self, CodeMinutesError> {
        Self::new(minutes)
    }
}

impl From<CodeMinutes> for u32 {
    fn from(minutes: CodeMinutes) -> Self {
        minutes.0
    }
}

impl FromStr for CodeMinutes {
    type Err = CodeMinutesError;
    fn from_str(text: &str) -> Result<Self, CodeMinutesError> {
        Self::new(text.parse().map_err(|_| CodeMinutesError)?)
    }
}

impl fmt::Display for CodeMinutes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Which log lines are written, such as `info` or `warn,holdfast_server=debug`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogFilter(String);

/// A text that is no log filter.
#[derive(Debug, thiserror::Error)]
#[error("not a log filter")]
pub struct LogFilterError(#[source] tracing_subscriber::filter::ParseError);

impl Default for LogFilter {
    /// Every change of state, and what is wrong.
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl LogFilter {
    /// The filter as `tracing-subscriber` wants it.
    ///
    /// # Errors
    /// [`LogFilterError`]: never for a value that was resolved, since it was read once.
    pub fn filter(&self) -> Result<tracing_subscriber::EnvFilter, LogFilterError> {
        tracing_subscriber::EnvFilter::try_new(&self.0).map_err(LogFilterError)
    }
}

impl FromStr for LogFilter {
    type Err = LogFilterError;
    fn from_str(text: &str) -> Result<Self, LogFilterError> {
        let filter = Self(text.to_owned());
        filter.filter()?;
        Ok(filter)
    }
}

impl TryFrom<String> for LogFilter {
    type Error = LogFilterError;
    fn try_from(text: String) -> Result<Self, LogFilterError> {
        text.parse()
    }
}

impl From<LogFilter> for String {
    fn from(filter: LogFilter) -> Self {
        filter.0
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The most names that the server's certificate takes besides its own.
pub const HOST_NAMES_MAX: usize = 16;

/// Host names and addresses, as text `hq.example.com,192.0.2.7`, in the settings file as a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct HostNames(Vec<ServerName<'static>>);

/// Names that a certificate can't hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostNamesError {
    /// Not a name and not an address.
    #[error("{0:?} is neither a host name nor an IP address")]
    Name(String),
    /// Too many of them.
    #[error("at most {HOST_NAMES_MAX} names fit into a certificate")]
    TooMany,
}

impl HostNames {
    /// The names.
    #[must_use]
    pub fn as_slice(&self) -> &[ServerName<'static>] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for HostNames {
    type Error = HostNamesError;

    fn try_from(names: Vec<String>) -> Result<Self, HostNamesError> {
        if names.len() > HOST_NAMES_MAX {
            return Err(HostNamesError::TooMany);
        }
        let parse = |name: String| {
            ServerName::try_from(name.clone()).map_err(|_| HostNamesError::Name(name))
        };
        Ok(Self(
            names.into_iter().map(parse).collect::<Result<_, _>>()?,
        ))
    }
}

impl From<HostNames> for Vec<String> {
    fn from(HostNames(names): HostNames) -> Self {
        names
            .iter()
            .map(|name| name.to_str().into_owned())
            .collect()
    }
}

impl FromStr for HostNames {
    type Err = HostNamesError;

    fn from_str(text: &str) -> Result<Self, HostNamesError> {
        let names = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        names.map(str::to_owned).collect::<Vec<_>>().try_into()
    }
}

impl fmt::Display for HostNames {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&Vec::from(self.clone()).join(","))
    }
}
