//! `run`: the till until it is told to stop.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{arguments::RunArguments, error::CommandError, output::write_json};
use crate::{node::Node, settings::Settings, store::TillIdentity};

/// What the ready file says.
#[derive(Serialize)]
struct Ready {
    #[serde(flatten)]
    till: TillIdentity,
    process: u32,
}

/// Runs the till until SIGTERM or SIGINT.
pub(super) async fn run(settings: &Settings, arguments: &RunArguments) -> Result<(), CommandError> {
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let node = Node::start(settings)?;
    let till = node.handle().watch().latest().till.clone();
    let ready = arguments
        .ready_file
        .as_deref()
        .map(|path| ReadyFile::write(path, till.clone()))
        .transpose()?;
    tracing::info!(%till, "the till runs");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    drop(ready);
    node.stop().await;
    tracing::info!("the till stopped");
    Ok(())
}

fn listen(kind: SignalKind) -> Result<Signal, CommandError> {
    signal(kind).map_err(CommandError::Runtime)
}

/// The ready file, as long as the till runs.
struct ReadyFile(PathBuf);

impl ReadyFile {
    /// Written beside and renamed: whoever sees it reads all of it.
    fn write(path: &Path, till: TillIdentity) -> Result<Self, CommandError> {
        let failed = |source: io::Error| CommandError::File {
            path: path.to_owned(),
            source,
        };
        let ready = Ready {
            till,
            process: std::process::id(),
        };
        let mut json = Vec::new();
        write_json(&mut json, &ready).map_err(failed)?;
        let beside = path.with_extension("new");
        std::fs::write(&beside, json).map_err(failed)?;
        std::fs::rename(&beside, path).map_err(failed)?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // Somebody else may have removed it; it says nothing any more either way.
        let _ = std::fs::remove_file(&self.0);
    }
}
