//! Settings: flag before environment before file before default, resolved here and nowhere else.

mod source;
mod value;

#[cfg(test)]
mod tests;

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use serde::Deserialize;

pub use source::{Environment, Source, Value};
pub use value::{
    LogFilter, LogFilterError, LogFormat, LogFormatError, PrinterAddress, PrinterAddressError,
    ServerAddress, ServerAddressError,
};

use source::Sources;

/// What every variable of the environment that this program reads begins with.
pub const VARIABLE_PREFIX: &str = "HOLDFAST_NODE_";

const CONFIG_VARIABLE: &str = "HOLDFAST_NODE_CONFIG";
const DATA_DIR_VARIABLE: &str = "HOLDFAST_NODE_DATA_DIR";
const SERVER_ADDRESS_VARIABLE: &str = "HOLDFAST_NODE_SERVER_ADDRESS";
const TERMINAL_ADDRESS_VARIABLE: &str = "HOLDFAST_NODE_TERMINAL_ADDRESS";
const PRINTER_ADDRESS_VARIABLE: &str = "HOLDFAST_NODE_PRINTER_ADDRESS";
const LOG_FILTER_VARIABLE: &str = "HOLDFAST_NODE_LOG_FILTER";
const LOG_FORMAT_VARIABLE: &str = "HOLDFAST_NODE_LOG_FORMAT";

/// Every variable of the environment that is read.
const VARIABLES: [&str; 7] = [
    CONFIG_VARIABLE,
    DATA_DIR_VARIABLE,
    SERVER_ADDRESS_VARIABLE,
    TERMINAL_ADDRESS_VARIABLE,
    PRINTER_ADDRESS_VARIABLE,
    LOG_FILTER_VARIABLE,
    LOG_FORMAT_VARIABLE,
];

const DATA_DIR_DEFAULT: &str = "holdfast-node-data";

/// Every setting, resolved, each with where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder that holds the till's file, its key and its certificate.
    pub data_dir: Value<PathBuf>,
    /// Where the server is (UDP, QUIC). `None`: where it was when this till enrolled.
    pub server_address: Option<Value<ServerAddress>>,
    /// Where the card terminal is (TCP). `None`: there is none.
    pub terminal_address: Option<Value<ServerAddress>>,
    /// Where the receipt printer is. `None`: there is none, and nothing waits to be printed.
    pub printer_address: Option<Value<PrinterAddress>>,
    /// Which log lines are written, in the syntax of `tracing-subscriber`.
    pub log_filter: Value<LogFilter>,
    /// How log lines are written.
    pub log_format: Value<LogFormat>,
}

/// What the command line says. `None`: it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--server`.
    pub server_address: Option<ServerAddress>,
    /// `--terminal`.
    pub terminal_address: Option<ServerAddress>,
    /// `--printer`.
    pub printer_address: Option<PrinterAddress>,
    /// `--log-filter`.
    pub log_filter: Option<LogFilter>,
    /// `--log-format`.
    pub log_format: Option<LogFormat>,
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

/// The settings file. Every key may be left out; a key that is not here is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SettingsFile {
    data_dir: Option<PathBuf>,
    server: ServerSection,
    terminal: TerminalSection,
    printer: PrinterSection,
    log: LogSection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServerSection {
    address: Option<ServerAddress>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TerminalSection {
    address: Option<ServerAddress>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PrinterSection {
    address: Option<PrinterAddress>,
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
        if let Some(variable) = environment.names().find(|name| !VARIABLES.contains(name)) {
            return Err(SettingsError::UnknownVariable {
                variable: variable.to_owned(),
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
            data_dir: sources.pick_or(
                ("--data-dir", flags.data_dir),
                DATA_DIR_VARIABLE,
                file.data_dir,
                || PathBuf::from(DATA_DIR_DEFAULT),
            )?,
            server_address: sources.pick(
                ("--server", flags.server_address),
                SERVER_ADDRESS_VARIABLE,
                file.server.address,
            )?,
            terminal_address: sources.pick(
                ("--terminal", flags.terminal_address),
                TERMINAL_ADDRESS_VARIABLE,
                file.terminal.address,
            )?,
            printer_address: sources.pick(
                ("--printer", flags.printer_address),
                PRINTER_ADDRESS_VARIABLE,
                file.printer.address,
            )?,
            log_filter: sources.pick_or(
                ("--log-filter", flags.log_filter),
                LOG_FILTER_VARIABLE,
                file.log.filter,
                LogFilter::info,
            )?,
            log_format: sources.pick_or(
                ("--log-format", flags.log_format),
                LOG_FORMAT_VARIABLE,
                file.log.format,
                || LogFormat::Text,
            )?,
        })
    }

    /// Settings for a data folder, all else by default: for programs that embed the node.
    #[must_use]
    pub fn for_data_dir(data_dir: impl Into<PathBuf>) -> Self {
        fn by_default<T>(value: T) -> Value<T> {
            Value {
                value,
                source: Source::Default,
            }
        }
        Self {
            data_dir: by_default(data_dir.into()),
            server_address: None,
            terminal_address: None,
            printer_address: None,
            log_filter: by_default(LogFilter::info()),
            log_format: by_default(LogFormat::Text),
        }
    }
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
