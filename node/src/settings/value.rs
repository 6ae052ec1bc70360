//! The kinds of value that a setting may have.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::device::{FilePrinter, ReceiptPrinter, TcpPrinter};

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

/// Which log lines are written, such as `info` or `warn,holdfast_node=debug`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogFilter(String);

/// A text that is no log filter.
#[derive(Debug, thiserror::Error)]
#[error("not a log filter")]
pub struct LogFilterError(#[source] tracing_subscriber::filter::ParseError);

impl LogFilter {
    /// One line for each change of state.
    pub(super) fn info() -> Self {
        Self("info".to_owned())
    }

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

/// Where the server is: a name or address, and a UDP port, as `sync.example.com:7443` or `[2001:db8::1]:7443`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerAddress {
    host: String,
    port: u16,
}

/// A text that is no address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a server's address is written host:port")]
pub struct ServerAddressError;

impl ServerAddress {
    /// The name or address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The UDP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for ServerAddress {
    type Err = ServerAddressError;
    fn from_str(text: &str) -> Result<Self, ServerAddressError> {
        let (host, port) = text.rsplit_once(':').ok_or(ServerAddressError)?;
        let bare = host
            .strip_prefix('[')
            .map_or(Some(host), |inner| inner.strip_suffix(']'))
            .ok_or(ServerAddressError)?;
        let plain = bare == host && bare.contains(':');
        if plain || bare.is_empty() || bare.contains(char::is_whitespace) {
            return Err(ServerAddressError);
        }
        Ok(Self {
            host: bare.to_owned(),
            port: port.parse().map_err(|_| ServerAddressError)?,
        })
    }
}

impl TryFrom<String> for ServerAddress {
    type Error = ServerAddressError;
    fn try_from(text: String) -> Result<Self, ServerAddressError> {
        text.parse()
    }
}

impl From<ServerAddress> for String {
    fn from(address: ServerAddress) -> Self {
        address.to_string()
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

/// Where the receipt printer is: `tcp:host:port`, `file:path` or `device:path`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum PrinterAddress {
    /// On the network: ESC/POS, with status, usually on port 9100.
    Tcp(ServerAddress),
    /// A file, to which receipts are appended.
    File(PathBuf),
    /// A device of the machine, such as `/dev/usb/lp0`.
    Device(PathBuf),
}

/// A text that is no address of a printer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a printer's address is written tcp:host:port, file:path or device:path")]
pub struct PrinterAddressError;

impl PrinterAddress {
    /// The printer that is there.
    #[must_use]
    pub fn printer(&self) -> Box<dyn ReceiptPrinter> {
        match self {
            Self::Tcp(address) => Box::new(TcpPrinter::new(address.clone())),
            Self::File(path) => Box::new(FilePrinter::file(path)),
            Self::Device(path) => Box::new(FilePrinter::device(path)),
        }
    }
}

impl FromStr for PrinterAddress {
    type Err = PrinterAddressError;
    fn from_str(text: &str) -> Result<Self, PrinterAddressError> {
        let (kind, rest) = text.split_once(':').ok_or(PrinterAddressError)?;
        match kind {
            "tcp" => rest.parse().map(Self::Tcp).map_err(|_| PrinterAddressError),
            "file" if !rest.is_empty() => Ok(Self::File(rest.into())),
            "device" if !rest.is_empty() => Ok(Self::Device(rest.into())),
            _ => Err(PrinterAddressError),
        }
    }
}

impl TryFrom<String> for PrinterAddress {
    type Error = PrinterAddressError;
    fn try_from(text: String) -> Result<Self, PrinterAddressError> {
        text.parse()
    }
}

impl From<PrinterAddress> for String {
    fn from(address: PrinterAddress) -> Self {
        address.to_string()
    }
}

impl fmt::Display for PrinterAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(formatter, "tcp:{address}"),
            Self::File(path) => write!(formatter, "file:{}", path.display()),
            Self::Device(path) => write!(formatter, "device:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for text in ["sync.example.com:7443", "192.0.2.1:1", "[2001:db8::1]:7443"] {
            let address: ServerAddress = text.parse().expect(text);
            assert_eq!(address.to_string(), text);
        }
        for text in [
            "",
            "host",
            ":7443",
            "host:",
            "host:70000",
            "::1:7443",
            "[::1:7443",
            "a b:1",
        ] {
            assert_eq!(
                text.parse::<ServerAddress>(),
                Err(ServerAddressError),
                "{text}"
            );
        }
    }

    #[test]
    fn a_printer_is_on_the_network_or_a_file() {
        for text in [
            "tcp:192.0.2.1:9100",
            "file:receipts.bin",
            "device:/dev/usb/lp0",
        ] {
            let address: PrinterAddress = text.parse().expect(text);
            assert_eq!(address.to_string(), text);
        }
        for text in ["", "tcp:", "192.0.2.1:9100", "file:", "usb:1"] {
            assert_eq!(
                text.parse::<PrinterAddress>(),
                Err(PrinterAddressError),
                "{text}"
            );
        }
    }
}
