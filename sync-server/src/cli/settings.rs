//! `settings import`.

use std::path::Path;

use holdfast_schemas::identity::{PriceListVersion, StoreId};
use serde::Serialize;

use super::{answer::Answer, context::Context, error::CommandError};
use crate::{
    exit_code,
    store::{ReferenceStore, Registry},
    store_settings::{SettingsFault, read_store_settings, settings_record},
};

/// What became of a store's settings.
#[derive(Debug, Serialize)]
pub(super) struct SettingsAnswer {
    imported: bool,
    store: StoreId,
    version: Option<PriceListVersion>,
    faults: Vec<FaultAnswer>,
}

#[derive(Debug, Serialize)]
struct FaultAnswer {
    line: usize,
    message: String,
}

impl From<SettingsFault> for FaultAnswer {
    fn from(fault: SettingsFault) -> Self {
        Self {
            line: fault.line,
            message: fault.message,
        }
    }
}

pub(super) fn import(
    context: &Context,
    store_id: StoreId,
    path: &Path,
) -> Result<SettingsAnswer, CommandError> {
    let store = context.open_store_to_write()?;
    if !store.stores()?.iter().any(|known| known.store == store_id) {
        return Err(CommandError::NotFound(format!("store {store_id}")));
    }
    let text = std::fs::read_to_string(path).map_err(|source| CommandError::File {
        attempted: "read",
        file: path.to_owned(),
        source,
    })?;
    let settings = match read_store_settings(&text) {
        Ok(settings) => settings,
        Err(faults) => {
            return Ok(SettingsAnswer {
                imported: false,
                store: store_id,
                version: None,
                faults: faults.into_iter().map(FaultAnswer::from).collect(),
            });
        }
    };
    let record =
        settings_record(store_id.clone(), settings).map_err(|source| CommandError::Failed {
            attempted: "write the settings as reference data",
            source: Box::new(source),
        })?;
    let version = store.import_reference(&[record])?;
    Ok(SettingsAnswer {
        imported: true,
        store: store_id,
        version: Some(version),
        faults: Vec::new(),
    })
}

impl Answer for SettingsAnswer {
    fn text(&self) -> String {
        if let Some(version) = self.version {
            let (store, version) = (&self.store, version.get());
            return format!("store {store} is run so from version {version} on");
        }
        let faults = self.faults.iter();
        let mut lines: Vec<String> = faults
            .map(|fault| format!("line {}: {}", fault.line, fault.message.trim_end()))
            .collect();
        lines.push(format!(
            "nothing was imported: {} faults",
            self.faults.len()
        ));
        lines.join("\n")
    }

    fn exit_code(&self) -> u8 {
        if self.imported {
            exit_code::SUCCESS
        } else {
            exit_code::INPUT_REFUSED
        }
    }
}
