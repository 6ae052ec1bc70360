//! `till import`: what a till had not sent, from a file that somebody carried.

use std::{collections::BTreeSet, fs::File, io::Read, path::Path};

use holdfast_schemas::{
    identity::{LogId, NodeNumber},
    wire::{
        Push,
        export::{EXPORT_BYTES_MAX, read_export},
    },
};
use serde::Serialize;

use super::{answer::Answer, context::Context, error::CommandError};
use crate::{
    exit_code,
    ingest::prepare,
    store::{FrameOutcome, FramePrepared, LogStore, Registry, Upkeep, sqlite::SqliteStore},
};

/// How many frames go into one commit.
const GROUP_FRAMES: usize = 64;

/// What became of an export.
#[derive(Debug, Default, Serialize)]
pub(super) struct ImportAnswer {
    frames: usize,
    /// Entries that had not come in before.
    added: u64,
    /// Entries of these that went to quarantine.
    quarantined: u64,
    /// Logs that could not be taken in whole.
    refused: Vec<RefusedAnswer>,
}

#[derive(Debug, Serialize)]
struct RefusedAnswer {
    log: LogId,
    why: &'static str,
}

/// Takes the file in through the same checks as a connection: each frame's head must be signed with a key that the
/// registry has for the log's author, whoever carried the file. That an author is revoked is no hindrance here: the
/// operator looked at it.
pub(super) fn import(context: &Context, file: &Path) -> Result<ImportAnswer, CommandError> {
    let store = context.open_store_to_write()?;
    let pushes = read_export(&read(file)?).map_err(|source| refused(file, source))?;
    if pushes.iter().any(|push| !push.is_gapless()) {
        return Err(refused(file, "a frame of it has a gap"));
    }
    let frames = pushes
        .into_iter()
        .map(|push| prepared(context, &store, push))
        .collect::<Result<Vec<_>, _>>()?;
    let mut answer = ImportAnswer {
        frames: frames.len(),
        ..ImportAnswer::default()
    };
    let mut refused_logs = BTreeSet::new();
    for group in frames.chunks(GROUP_FRAMES) {
        let outcomes = store.ingest(group)?;
        for (frame, outcome) in group.iter().zip(outcomes) {
            answer.count(frame.log, &outcome, &mut refused_logs);
        }
    }
    Ok(answer)
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    let bytes_max = u64::try_from(EXPORT_BYTES_MAX).unwrap_or(u64::MAX);
    File::open(path)
        // One byte more than is allowed, so that a file that is too long is seen to be.
        .and_then(|file| file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|source| CommandError::File {
            attempted: "read",
            file: path.to_owned(),
            source,
        })?;
    Ok(bytes)
}

fn prepared(
    context: &Context,
    store: &SqliteStore,
    push: Push,
) -> Result<FramePrepared, CommandError> {
    let author = store.node(push.log().node())?;
    let keys = author.map_or_else(Vec::new, |node| node.public_keys);
    let tenant = store.identity()?.tenant;
    Ok(prepare(
        push,
        NodeNumber::SERVER,
        &keys,
        &tenant,
        context.now(),
    ))
}

fn refused(
    file: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> CommandError {
    CommandError::Input {
        what: file.display().to_string(),
        source: source.into(),
    }
}

impl ImportAnswer {
    fn count(&mut self, log: LogId, outcome: &FrameOutcome, refused: &mut BTreeSet<LogId>) {
        let why = match outcome {
            FrameOutcome::Durable {
                added, quarantined, ..
            } => {
                self.added += u64::from(*added);
                self.quarantined += u64::from(*quarantined);
                return;
            }
            FrameOutcome::Gap { .. } => "entries before it have not come in",
            FrameOutcome::Forked { .. } => "it differs from what has come in",
            FrameOutcome::NotSigned => "it is not signed with its author's key",
        };
        if refused.insert(log) {
            self.refused.push(RefusedAnswer { log, why });
        }
    }
}

impl Answer for ImportAnswer {
    fn text(&self) -> String {
        let mut lines = vec![format!(
            "{} frames: {} entries are new, {} of them in quarantine",
            self.frames, self.added, self.quarantined
        )];
        let refused = self.refused.iter();
        lines.extend(refused.map(|refused| format!("log {}: {}", refused.log, refused.why)));
        lines.join("\n")
    }

    fn exit_code(&self) -> u8 {
        if self.refused.is_empty() {
            exit_code::SUCCESS
        } else {
            exit_code::INPUT_REFUSED
        }
    }
}
