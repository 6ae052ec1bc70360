//! `rights list`.

use std::fmt;

use serde::Serialize;

use super::{OutputFormat, error::CommandError, output, till_file::open_to_read, time};
use crate::{settings::Settings, store::RightRow};

#[derive(Serialize)]
struct RightList {
    rights: Vec<RightRow>,
}

impl fmt::Display for RightList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = |row: &RightRow| match (row.given_up, row.to) {
            (false, _) => "held".to_owned(),
            (true, None) => "given up".to_owned(),
            (true, Some(to)) => format!("given up to till {to}"),
        };
        let rows: Vec<[String; 4]> = self
            .rights
            .iter()
            .map(|row| {
                [
                    row.held.right.kind.name().to_owned(),
                    row.held.right.document.to_string(),
                    if row.held.is_given() {
                        time(row.held.since)
                    } else {
                        "put aside here".to_owned()
                    },
                    state(row),
                ]
            })
            .collect();
        output::columns(formatter, ["RIGHT", "DOCUMENT", "SINCE", "STATE"], &rows)
    }
}

pub(super) fn list(settings: &Settings, format: OutputFormat) -> Result<(), CommandError> {
    let rights = open_to_read(settings)?.rights()?;
    output::print(format, &RightList { rights })
}
