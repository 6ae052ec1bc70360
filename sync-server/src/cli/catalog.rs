//! `catalog import`.

use std::{fs::File, path::Path};

use holdfast_schemas::identity::PriceListVersion;
use serde::Serialize;

use super::{answer::Answer, context::Context, error::CommandError};
use crate::{
    catalog::{CatalogError, LineError, read_catalog, records},
    exit_code,
    store::ReferenceStore,
};

/// What became of a product list.
#[derive(Debug, Serialize)]
pub(super) struct ImportAnswer {
    imported: bool,
    products: usize,
    version: Option<PriceListVersion>,
    faults: Vec<FaultAnswer>,
}

#[derive(Debug, Serialize)]
struct FaultAnswer {
    line: u64,
    message: String,
}

impl From<LineError> for FaultAnswer {
    fn from(error: LineError) -> Self {
        Self {
            line: error.line,
            message: error.problem.to_string(),
        }
    }
}

pub(super) fn import(context: &Context, path: &Path) -> Result<ImportAnswer, CommandError> {
    let store = context.open_store()?;
    let failed = |source| CommandError::File {
        attempted: "read",
        file: path.to_owned(),
        source,
    };
    let catalog = match read_catalog(File::open(path).map_err(failed)?) {
        Ok(catalog) => catalog,
        Err(CatalogError::Read(source)) => return Err(failed(source)),
        Err(CatalogError::Lines(errors)) => {
            return Ok(ImportAnswer {
                imported: false,
                products: 0,
                version: None,
                faults: errors.into_iter().map(FaultAnswer::from).collect(),
            });
        }
    };
    let records = records(catalog).map_err(|source| CommandError::Failed {
        attempted: "write products as reference data",
        source: Box::new(source),
    })?;
    let version = store.import_reference(&records)?;
    Ok(ImportAnswer {
        imported: true,
        products: records.len(),
        version: Some(version),
        faults: Vec::new(),
    })
}

impl Answer for ImportAnswer {
    fn text(&self) -> String {
        if let Some(version) = self.version {
            let (products, version) = (self.products, version.get());
            return format!("{products} products are in; the price list is at version {version}");
        }
        let mut lines: Vec<String> = self
            .faults
            .iter()
            .map(|fault| format!("line {}: {}", fault.line, fault.message))
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
