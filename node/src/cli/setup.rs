//! `init`, `enrol` and `config show`: a till before it trades.

use std::{fmt, fs::DirBuilder, path::PathBuf, sync::Arc};

use holdfast_schemas::{
    identity::{NodeNumber, StoreId, TenantId},
    time::Timestamp,
};
use rustls::time_provider::DefaultTimeProvider;
use serde::Serialize;

use super::{OutputFormat, arguments::EnrolArguments, error::CommandError, output, time};
use crate::{
    clock::{Clock, SystemClock},
    enrol::{self, IdentityFolder, validity},
    net,
    node::{open_store, store_place},
    settings::{Settings, Source, Value},
    store::TillIdentity,
};

#[derive(Serialize)]
struct Initialised {
    data_dir: PathBuf,
    made_key: bool,
}

impl fmt::Display for Initialised {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = if self.made_key {
            "made"
        } else {
            "there already"
        };
        writeln!(
            formatter,
            "{} is ready, its key is {key}. Next: holdfast-node enrol --code CODE --server HOST:PORT",
            self.data_dir.display()
        )
    }
}

/// Makes the data folder, which only its owner may read, and the key. Doing it again changes nothing.
pub(super) fn init(settings: &Settings, format: OutputFormat) -> Result<(), CommandError> {
    let data_dir = settings.data_dir.value.clone();
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(&data_dir)
        .map_err(|source| CommandError::file(&data_dir, source))?;
    let folder = IdentityFolder::within(&data_dir);
    let made_key = !folder.has_key();
    folder.key_or_new()?;
    output::print(format, &Initialised { data_dir, made_key })
}

#[derive(Serialize)]
struct EnrolledTill {
    tenant: TenantId,
    store: StoreId,
    node: NodeNumber,
    server: String,
    certificate_until: Timestamp,
}

impl fmt::Display for EnrolledTill {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "This is till {} of store {} of {}, with the server at {}.\nIts certificate holds until {} and renews itself.",
            self.node,
            self.store,
            self.tenant,
            self.server,
            time(self.certificate_until)
        )
    }
}

/// Gets this till's certificate, and makes its file.
pub(super) async fn enrol(
    settings: &Settings,
    arguments: &EnrolArguments,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let server = settings
        .server_address
        .as_ref()
        .ok_or(CommandError::NoServer)?
        .value
        .clone();
    let data_dir = &settings.data_dir.value;
    let now = SystemClock.now();
    let endpoint = net::endpoint().map_err(|source| enrol::EnrolError::Net {
        server: server.clone(),
        source,
    })?;
    let folder = IdentityFolder::within(data_dir);
    let tls_time = Arc::new(DefaultTimeProvider);
    let enrolment = enrol::enrol(&endpoint, &folder, server, arguments.code, now, tls_time).await;
    endpoint.wait_idle().await;
    let enrolment = enrolment?;
    let till = TillIdentity::from(&enrolment.enrolled);
    open_store(&store_place(data_dir), &till, now)?;
    output::print(
        format,
        &EnrolledTill {
            tenant: till.tenant,
            store: till.store,
            node: till.node,
            server: enrolment.server.to_string(),
            certificate_until: validity(&enrolment.enrolled)
                .map_err(enrol::EnrolError::from)?
                .until,
        },
    )
}

#[derive(Serialize)]
struct SettingsListing {
    settings: Vec<SettingRow>,
}

#[derive(Serialize)]
struct SettingRow {
    key: &'static str,
    value: Option<String>,
    source: String,
}

impl SettingRow {
    fn new<T>(key: &'static str, shown: impl Into<String>, value: &Value<T>) -> Self {
        Self {
            key,
            value: Some(shown.into()),
            source: value.source.to_string(),
        }
    }

    /// A setting that may be left out.
    fn optional<T: fmt::Display>(key: &'static str, value: Option<&Value<T>>) -> Self {
        match value {
            Some(value) => Self::new(key, value.value.to_string(), value),
            None => Self {
                key,
                value: None,
                source: Source::Default.to_string(),
            },
        }
    }
}

impl fmt::Display for SettingsListing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 3]> = self
            .settings
            .iter()
            .map(|row| {
                [
                    row.key.to_owned(),
                    row.value.clone().unwrap_or_else(|| "-".to_owned()),
                    row.source.clone(),
                ]
            })
            .collect();
        output::columns(formatter, ["SETTING", "VALUE", "FROM"], &rows)
    }
}

/// Prints each setting with its source, in the order of the example file.
pub(super) fn show_config(settings: &Settings, format: OutputFormat) -> Result<(), CommandError> {
    let server = match &settings.server_address {
        Some(address) => SettingRow::new("server.address", address.value.to_string(), address),
        None => {
            let folder = IdentityFolder::within(&settings.data_dir.value);
            let enrolled = folder.enrolment().ok();
            SettingRow {
                key: "server.address",
                value: enrolled.map(|enrolment| enrolment.server.to_string()),
                source: Source::Enrolment.to_string(),
            }
        }
    };
    let listing = SettingsListing {
        settings: vec![
            SettingRow::new(
                "data_dir",
                settings.data_dir.value.display().to_string(),
                &settings.data_dir,
            ),
            server,
            SettingRow::optional("terminal.address", settings.terminal_address.as_ref()),
            SettingRow::optional("printer.address", settings.printer_address.as_ref()),
            SettingRow::new(
                "log.filter",
                settings.log_filter.value.to_string(),
                &settings.log_filter,
            ),
            SettingRow::new(
                "log.format",
                settings.log_format.value.to_string(),
                &settings.log_format,
            ),
        ],
    };
    output::print(format, &listing)
}
