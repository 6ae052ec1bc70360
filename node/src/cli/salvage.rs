//! `store export --from`: what was not sent, out of a damaged file.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use holdfast_schemas::wire::export::write_export;
use serde::Serialize;

use super::{OutputFormat, error::CommandError, output, store_file::write_new};
use crate::{
    enrol::{IdentityFolder, TillSigner},
    salvage::{Missing, Salvage},
    settings::Settings,
};

#[derive(Serialize)]
struct Salvaged {
    file: PathBuf,
    from: PathBuf,
    logs: usize,
    entries: usize,
    bytes: usize,
    missing: Vec<Missing>,
}

impl fmt::Display for Salvaged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, from) = (self.file.display(), self.from.display());
        writeln!(
            formatter,
            "{} changes of {} logs of {from} are in {file} ({} bytes)",
            self.entries, self.logs, self.bytes
        )?;
        for missing in &self.missing {
            let known = match missing.at_server {
                true => "the server has it, by this file",
                false => "not known to be at the server",
            };
            let Missing {
                log, from, through, ..
            } = missing;
            writeln!(
                formatter,
                "missing: {from} to {through} of log {log}: {known}"
            )?;
        }
        writeln!(
            formatter,
            "At the server: holdfast-server till import {file}. It passes over what it has, and takes of each log what \
             follows on that; this till gets it back from there. Then move {from} to a safe place.",
        )
    }
}

/// Writes all that proves itself. Reads only, so it also serves beside the till that runs on a new file.
pub(super) fn export(
    settings: &Settings,
    damaged: &Path,
    file: &Path,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let identity = IdentityFolder::within(&settings.data_dir.value);
    let signer = TillSigner::new(&identity.key()?)?;
    let till = identity.enrolment()?.enrolled;
    let salvage =
        Salvage::read(damaged, till.node).map_err(|source| CommandError::file(damaged, source))?;
    let pushes = salvage.pushes(&till.tenant, &signer);
    let entries = pushes.iter().map(|push| push.entries.len()).sum();
    let bytes = write_export(pushes)?;
    write_new(file, &bytes)?;
    let salvaged = Salvaged {
        file: file.to_owned(),
        from: damaged.to_owned(),
        logs: salvage.logs(),
        entries,
        bytes: bytes.len(),
        missing: salvage.missing(),
    };
    output::print(format, &salvaged)?;
    match salvaged
        .missing
        .iter()
        .filter(|gone| !gone.at_server)
        .count()
    {
        0 => Ok(()),
        stretches => Err(CommandError::Missing { stretches }),
    }
}
