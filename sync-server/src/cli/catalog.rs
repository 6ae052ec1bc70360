//! `catalog import`.

use std::{fs::File, path::Path};

use holdfast_schemas::{identity::PriceListVersion, reference::ReferenceRecord as Record};
use serde::Serialize;

use super::{
    answer::{Answer, count},
    context::Context,
    error::CommandError,
};
use crate::{
    catalog::{Catalog, CatalogError, LINE_ERRORS_MAX, LineError, read_catalog, records},
    exit_code,
    store::{PageLimit, ReferenceStore, sqlite::SqliteStore},
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
    let store = context.open_store_to_write()?;
    let failed = |source| CommandError::File {
        attempted: "read",
        file: path.to_owned(),
        source,
    };
    let catalog = match read_catalog(File::open(path).map_err(failed)?) {
        Ok(catalog) => catalog,
        Err(CatalogError::Read(source)) => return Err(failed(source)),
        Err(CatalogError::Lines(errors)) => return Ok(ImportAnswer::refused(errors)),
    };
    let clashes = clashes(&store, &catalog)?;
    if !clashes.is_empty() {
        return Ok(ImportAnswer::refused(clashes));
    }
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

/// What of a product list does not go with the products that are there and stay.
fn clashes(store: &SqliteStore, catalog: &Catalog) -> Result<Vec<LineError>, CommandError> {
    let mut clashes = Vec::new();
    let mut after = PriceListVersion::default();
    loop {
        let delta = store.reference_delta(after, PageLimit::MAX)?;
        let Some((last, _)) = delta.records.last() else {
            break;
        };
        after = *last;
        for (_, record) in &delta.records {
            let record = record.json.as_deref().map(serde_json::from_str);
            if let Some(Ok(Record::ProductPut(listed))) = record {
                clashes.extend(catalog.clashes_with(&listed));
            }
        }
    }
    clashes.sort_by_key(|clash| clash.line);
    clashes.truncate(LINE_ERRORS_MAX);
    Ok(clashes)
}

impl ImportAnswer {
    fn refused(errors: Vec<LineError>) -> Self {
        Self {
            imported: false,
            products: 0,
            version: None,
            faults: errors.into_iter().map(FaultAnswer::from).collect(),
        }
    }
}

impl Answer for ImportAnswer {
    fn text(&self) -> String {
        if let Some(version) = self.version {
            let (products, version) = (
                count(self.products, "product is", "products are"),
                version.get(),
            );
            return format!(
                "{products} in; the price list is at version {version}; products that are not in the file stay"
            );
        }
        let mut lines: Vec<String> = self
            .faults
            .iter()
            .map(|fault| format!("line {}: {}", fault.line, fault.message))
            .collect();
        let faults = count(self.faults.len(), "fault", "faults");
        let and_more = if self.faults.len() >= LINE_ERRORS_MAX {
            ", and maybe more"
        } else {
            ""
        };
        lines.push(format!("nothing was imported: {faults}{and_more}"));
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
