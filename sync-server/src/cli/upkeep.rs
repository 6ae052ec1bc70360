//! `store check` and `store rebuild`.

use serde::Serialize;

use super::{answer::Answer, context::Context, error::CommandError};
use crate::{
    exit_code, project,
    store::{EntryNumber, Upkeep},
};

/// What a check found.
#[derive(Debug, Serialize)]
pub(super) struct CheckAnswer {
    sound: bool,
    findings: Vec<FindingAnswer>,
}

#[derive(Debug, Serialize)]
struct FindingAnswer {
    what: &'static str,
    detail: String,
}

/// Projections that were made anew.
#[derive(Debug, Serialize)]
pub(super) struct RebuildAnswer {
    /// The last entry that they include.
    projected: EntryNumber,
}

pub(super) fn check(context: &Context) -> Result<CheckAnswer, CommandError> {
    let findings = context.open_store()?.check()?;
    Ok(CheckAnswer {
        sound: findings.is_empty(),
        findings: findings
            .into_iter()
            .map(|finding| FindingAnswer {
                what: finding.what,
                detail: finding.detail,
            })
            .collect(),
    })
}

/// The server must not run: two that project at once would only get in each other's way.
pub(super) fn rebuild(context: &Context) -> Result<RebuildAnswer, CommandError> {
    let (store, _lock) = context.open_store_alone()?;
    let projected = project::rebuild(&store).map_err(|source| CommandError::Failed {
        attempted: "build the projections anew",
        source: Box::new(source),
    })?;
    Ok(RebuildAnswer { projected })
}

impl Answer for CheckAnswer {
    fn text(&self) -> String {
        if self.sound {
            return "the server's file is sound".to_owned();
        }
        let lines: Vec<_> = self
            .findings
            .iter()
            .map(|finding| format!("{}: {}", finding.what, finding.detail))
            .collect();
        lines.join("\n")
    }

    fn exit_code(&self) -> u8 {
        if self.sound {
            exit_code::SUCCESS
        } else {
            exit_code::DAMAGED
        }
    }
}

impl Answer for RebuildAnswer {
    fn text(&self) -> String {
        format!(
            "the projections are made anew, up to entry {}",
            self.projected
        )
    }
}
