//! `store check`, `store rebuild`, `store backup` and `store restore`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use holdfast_schemas::{identity::TenantId, wire::ServerEpoch};
use serde::Serialize;

use super::{answer::Answer, context::Context, error::CommandError};
use crate::{
    exit_code, project, random,
    store::{EntryNumber, Upkeep, sqlite::SqliteStore},
};

/// How many node numbers a restored server passes over: more tills than anybody enrols between two backups. A number
/// that was given out after the backup must never be given to another till.
const RESTORE_SKIPS_NODES: u32 = 1_000;

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

/// A backup that was written.
#[derive(Debug, Serialize)]
pub(super) struct BackupAnswer {
    file: PathBuf,
    bytes: u64,
}

/// A backup that is the server's file now.
#[derive(Debug, Serialize)]
pub(super) struct RestoreAnswer {
    tenant: TenantId,
    epoch: ServerEpoch,
    /// Where the file that was there is now; it is never deleted.
    set_aside: Option<PathBuf>,
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
    let store = context.open_store()?;
    let _lock = context.lock()?;
    let projected = project::rebuild(&store).map_err(|source| CommandError::Failed {
        attempted: "build the projections anew",
        source: Box::new(source),
    })?;
    Ok(RebuildAnswer { projected })
}

pub(super) fn backup(context: &Context, file: PathBuf) -> Result<BackupAnswer, CommandError> {
    if file.exists() {
        return Err(CommandError::AlreadyExists(file.display().to_string()));
    }
    context.open_store()?.backup(&file)?;
    let bytes = fs::metadata(&file).map_err(failed("read", &file))?.len();
    Ok(BackupAnswer { file, bytes })
}

/// The backup is copied beside the server's file, opened, brought to a new epoch, and only then put in its place: cut
/// short at any point, the server has either file whole.
pub(super) fn restore(context: &Context, file: &Path) -> Result<RestoreAnswer, CommandError> {
    let _lock = context.lock()?;
    let kept = context.store_file();
    let staging = beside(&kept, "restoring");
    remove_with_logs(&staging)?;
    fs::copy(file, &staging).map_err(failed("copy", file))?;
    let epoch = ServerEpoch::from_bytes(random::bytes());
    let restored = SqliteStore::open(&staging).map_err(|source| CommandError::Input {
        what: file.display().to_string(),
        source: Box::new(source),
    })?;
    let tenant = restored.identity()?.tenant;
    must_be_ours(context, file, &tenant)?;
    restored.begin_epoch(epoch, RESTORE_SKIPS_NODES)?;
    drop(restored);

    let set_aside = kept.exists().then(|| {
        beside(
            &kept,
            &format!("before-restore-{}", context.now().milliseconds()),
        )
    });
    if let Some(aside) = &set_aside {
        for suffix in ["", "-wal", "-shm"] {
            let (from, to) = (with_suffix(&kept, suffix), with_suffix(aside, suffix));
            if from.exists() {
                fs::rename(&from, &to).map_err(failed("set aside", &from))?;
            }
        }
    }
    fs::rename(&staging, &kept).map_err(failed("put in place", &kept))?;
    fs::File::open(context.data_dir())
        .and_then(|folder| folder.sync_all())
        .map_err(failed("write", context.data_dir()))?;
    Ok(RestoreAnswer {
        tenant,
        epoch,
        set_aside,
    })
}

/// Every till trusts the authority that is in this data folder, which belongs to one tenant.
fn must_be_ours(context: &Context, file: &Path, tenant: &TenantId) -> Result<(), CommandError> {
    let authority = context.pki().authority(tenant.clone())?;
    if authority.is_of(tenant) {
        return Ok(());
    }
    Err(CommandError::Input {
        what: file.display().to_string(),
        source: format!("it is tenant {tenant}'s, and the certificate authority is not").into(),
    })
}

fn beside(file: &Path, what: &str) -> PathBuf {
    file.with_extension(format!("{what}.sqlite"))
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// What an earlier restore that was cut short left behind.
fn remove_with_logs(file: &Path) -> Result<(), CommandError> {
    for suffix in ["", "-wal", "-shm"] {
        let file = with_suffix(file, suffix);
        if file.exists() {
            fs::remove_file(&file).map_err(failed("remove", &file))?;
        }
    }
    Ok(())
}

fn failed(attempted: &'static str, file: &Path) -> impl FnOnce(std::io::Error) -> CommandError {
    let file = file.to_owned();
    move |source| CommandError::File {
        attempted,
        file,
        source,
    }
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

impl Answer for BackupAnswer {
    fn text(&self) -> String {
        format!(
            "{} bytes are in {}; the folder `pki` is not in it, and is to be backed up beside it",
            self.bytes,
            self.file.display()
        )
    }
}

impl Answer for RestoreAnswer {
    fn text(&self) -> String {
        let aside = self.set_aside.as_ref().map_or_else(String::new, |file| {
            format!("\nwhat was there is in {}", file.display())
        });
        format!(
            "the backup is in place, and epoch {} begins: every till gives back what the backup lacks{aside}",
            self.epoch
        )
    }
}
