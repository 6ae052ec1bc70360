//! Settings: flag before environment before file before default, resolved here and nowhere else.

mod value;

use std::{
    collections::BTreeMap,
    error::Error,
    ffi::OsString,
    fmt,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::Deserialize;

pub use value::{
    CodeMinutes, CodeMinutesError, ENROLMENT_CODE_MINUTES_MAX, HOST_NAMES_MAX, HostNames,
    HostNamesError, LogFilter, LogFilterError, LogFormat, LogFormatError,
};

/// What every variable of the environment that this program reads begins with.
pub const VARIABLE_PREFIX: &str = "HOLDFAST_SERVER_";
/// The variable that names the settings file.
pub const CONFIG_VARIABLE: &str = "HOLDFAST_SERVER_CONFIG";

const DATA_DIR_DEFAULT: &str = "holdfast-server-data";
const SYNC_PORT_DEFAULT: u16 = 7443;
const HTTP_PORT_DEFAULT: u16 = 8443;

/// Every setting, resolved, each with where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder that holds the server's file, its certificate authority and its keys.
    pub data_dir: Value<PathBuf>,
    /// Where tills connect (UDP, QUIC). Port 0 takes a free one.
    pub sync_listen: Value<SocketAddr>,
    /// Where headquarters asks (TCP, HTTPS). Port 0 takes a free one.
    pub http_listen: Value<SocketAddr>,
    /// By which names and addresses headquarters reaches it, beside `localhost` and 127.0.0.1: its certificate names them.
    pub http_names: Value<HostNames>,
    /// How long an enrolment code is good for unless the command says otherwise.
    pub enrolment_code_minutes: Value<CodeMinutes>,
    /// Which log lines are written, in the syntax of `tracing-subscriber`.
    pub log_filter: Value<LogFilter>,
    /// How log lines are written.
    pub log_format: Value<LogFormat>,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A flag of the command line.
    Flag(&'static str),
    /// A variable of the environment.
    Environment(&'static str),
    /// The settings file.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(formatter, "flag {flag}"),
            Self::Environment(variable) => write!(formatter, "environment {variable}"),
            Self::File(file) => write!(formatter, "file {}", file.display()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// What the command line says. `None`: it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--sync-listen`.
    pub sync_listen: Option<SocketAddr>,
    /// `--http-listen`.
    pub http_listen: Option<SocketAddr>,
    /// `--log-filter`.
    pub log_filter: Option<LogFilter>,
    /// `--log-format`.
    pub log_format: Option<LogFormat>,
}

/// The variables of the environment that begin with [`VARIABLE_PREFIX`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// This process's.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect()
    }

    fn get<T: FromStr>(&self, variable: &'static str) -> Result<Option<T>, SettingsError>
    where
        T::Err: Error + Send + Sync + 'static,
    {
        let Some(text) = self.0.get(variable) else {
            return Ok(None);
        };
        let text = text
            .to_str()
            .ok_or(SettingsError::VariableText { variable })?;
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(SettingsError::Variable {
                variable,
                source: Box::new(error),
            }),
        }
    }
}

impl FromIterator<(String, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, OsString)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .filter(|(name, _)| name.starts_with(VARIABLE_PREFIX))
                .collect(),
        )
    }
}

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file can't be read.
    #[error("can't read the settings file {}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is not TOML, has an unknown key, or a value that is not allowed.
    #[error("the settings file {} is refused", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// Where, and what is wrong there.
        source: Box<toml::de::Error>,
    },
    /// A variable of our prefix that means nothing.
    #[error("the environment variable {variable} is unknown; known are: {known}", known = VARIABLES.join(", "))]
    UnknownVariable {
        /// Which one.
        variable: String,
    },
    /// A variable whose value is no UTF-8.
    #[error("the environment variable {variable} is not text")]
    VariableText {
        /// Which one.
        variable: &'static str,
    },
    /// A variable whose value is not allowed.
    #[error("the environment variable {variable} is refused")]
    Variable {
        /// Which one.
        variable: &'static str,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Every variable of the environment that is read.
const VARIABLES: [&str; 8] = [
    CONFIG_VARIABLE,
    "HOLDFAST_SERVER_DATA_DIR",
    "HOLDFAST_SERVER_SYNC_LISTEN",
    "HOLDFAST_SERVER_HTTP_LISTEN",
    "HOLDFAST_SERVER_HTTP_NAMES",
    "HOLDFAST_SERVER_ENROLMENT_CODE_MINUTES",
    "HOLDFAST_SERVER_LOG_FILTER",
    "HOLDFAST_SERVER_LOG_FORMAT",
];

/// The settings file. Every key may be left out; a key that is not here is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SettingsFile {
    data_dir: Option<PathBuf>,
    sync: ListenSection,
    http: HttpSection,
    enrolment: EnrolmentSection,
    log: LogSection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ListenSection {
    listen: Option<SocketAddr>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HttpSection {
    listen: Option<SocketAddr>,
    names: Option<HostNames>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EnrolmentSection {
    code_minutes: Option<CodeMinutes>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogSection {
    filter: Option<LogFilter>,
    format: Option<LogFormat>,
}

impl Settings {
    /// Resolves every setting.
    ///
    /// # Errors
    /// [`SettingsError`], naming the file or variable that is wrong.
    pub fn resolve(flags: Flags, environment: &Environment) -> Result<Self, SettingsError> {
        let unknown = environment
            .0
            .keys()
            .find(|name| !VARIABLES.contains(&name.as_str()));
        if let Some(variable) = unknown {
            return Err(SettingsError::UnknownVariable {
                variable: variable.clone(),
            });
        }
        let path = match flags.config {
            Some(path) => Some(path),
            None => environment.get(CONFIG_VARIABLE)?,
        };
        let file = path.as_deref().map(read_file).transpose()?;
        let file = file.unwrap_or_default();
        let sources = Sources {
            environment,
            file: path.unwrap_or_default(),
        };
        Ok(Self {
            data_dir: sources.pick(
                ("--data-dir", flags.data_dir),
                "HOLDFAST_SERVER_DATA_DIR",
                file.data_dir,
                || PathBuf::from(DATA_DIR_DEFAULT),
            )?,
            sync_listen: sources.pick(
                ("--sync-listen", flags.sync_listen),
                "HOLDFAST_SERVER_SYNC_LISTEN",
                file.sync.listen,
                || everywhere(SYNC_PORT_DEFAULT),
            )?,
            http_listen: sources.pick(
                ("--http-listen", flags.http_listen),
                "HOLDFAST_SERVER_HTTP_LISTEN",
                file.http.listen,
                || loopback(HTTP_PORT_DEFAULT),
            )?,
            http_names: sources.pick(
                ("", None),
                "HOLDFAST_SERVER_HTTP_NAMES",
                file.http.names,
                HostNames::default,
            )?,
            enrolment_code_minutes: sources.pick(
                ("", None),
                "HOLDFAST_SERVER_ENROLMENT_CODE_MINUTES",
                file.enrolment.code_minutes,
                CodeMinutes::default,
            )?,
            log_filter: sources.pick(
                ("--log-filter", flags.log_filter),
                "HOLDFAST_SERVER_LOG_FILTER",
                file.log.filter,
                LogFilter::default,
            )?,
            log_format: sources.pick(
                ("--log-format", flags.log_format),
                "HOLDFAST_SERVER_LOG_FORMAT",
                file.log.format,
                || LogFormat::Text,
            )?,
        })
    }

    /// Every setting as `(key of the file, value, source)`, in the order of the example file.
    #[must_use]
    pub fn listing(&self) -> Vec<(&'static str, String, String)> {
        fn row<T>(
            key: &'static str,
            shown: impl Into<String>,
            value: &Value<T>,
        ) -> (&'static str, String, String) {
            (key, shown.into(), value.source.to_string())
        }
        vec![
            row(
                "data_dir",
                self.data_dir.value.display().to_string(),
                &self.data_dir,
            ),
            row(
                "sync.listen",
                self.sync_listen.value.to_string(),
                &self.sync_listen,
            ),
            row(
                "http.listen",
                self.http_listen.value.to_string(),
                &self.http_listen,
            ),
            row(
                "http.names",
                self.http_names.value.to_string(),
                &self.http_names,
            ),
            row(
                "enrolment.code_minutes",
                self.enrolment_code_minutes.value.to_string(),
                &self.enrolment_code_minutes,
            ),
            row(
                "log.filter",
                self.log_filter.value.to_string(),
                &self.log_filter,
            ),
            row(
                "log.format",
                self.log_format.value.to_string(),
                &self.log_format,
            ),
        ]
    }
}

fn everywhere(port: u16) -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}

fn read_file(path: &Path) -> Result<SettingsFile, SettingsError> {
    let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Read {
        file: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|source| SettingsError::File {
        file: path.to_owned(),
        source: Box::new(source),
    })
}

/// Where values are looked for, beside the flags.
struct Sources<'a> {
    environment: &'a Environment,
    file: PathBuf,
}

impl Sources<'_> {
    /// The order of precedence.
    fn pick<T: FromStr>(
        &self,
        (flag, flagged): (&'static str, Option<T>),
        variable: &'static str,
        filed: Option<T>,
        default: impl FnOnce() -> T,
    ) -> Result<Value<T>, SettingsError>
    where
        T::Err: Error + Send + Sync + 'static,
    {
        // A variable that is wrong is an error even where a flag hides it.
        let variable_value = self.environment.get(variable)?;
        let (value, source) = match (flagged, variable_value, filed) {
            (Some(value), _, _) => (value, Source::Flag(flag)),
            (None, Some(value), _) => (value, Source::Environment(variable)),
            (None, None, Some(value)) => (value, Source::File(self.file.clone())),
            (None, None, None) => (default(), Source::Default),
        };
        Ok(Value { value, source })
    }
}

#[cfg(test)]
mod tests;
