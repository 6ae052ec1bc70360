//! `store backup` and `store restore`.
//!
//! A backup is a folder: the server's file and that of what is made from it, the certificate authority, without which no till would talk to a restored
//! server, and the key of the server's own logs, without which it would not take back what it decided after the backup.

use std::{
    fs::{self, DirBuilder, File},
    io::ErrorKind,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use holdfast_schemas::{
    identity::{NodeNumber, TenantId},
    wire::ServerEpoch,
};
use serde::Serialize;

use super::{
    answer::Answer,
    context::{Context, STORE_FILE},
    error::CommandError,
    shut_out::{ShutOut, shut_out},
};
use crate::{
    pki::PkiFolder,
    random,
    store::{
        Upkeep,
        sqlite::{SqliteStore, made_beside},
    },
};

/// How many node numbers a restored server passes over: more tills than anybody enrols between two backups. A number
/// that was given out after the backup must never be given to another till.
const RESTORE_SKIPS_NODES: u32 = 1_000;

/// A backup that was written.
#[derive(Debug, Serialize)]
pub(super) struct BackupAnswer {
    folder: PathBuf,
    /// Of the server's file in it.
    bytes: u64,
}

/// A backup that is the server's file now.
#[derive(Debug, Serialize)]
pub(super) struct RestoreAnswer {
    tenant: TenantId,
    epoch: ServerEpoch,
    /// Where the file that was there is now; it is never deleted.
    set_aside: Option<PathBuf>,
    #[serde(flatten)]
    shut_out: ShutOut,
}

/// The folder appears whole or not at all.
pub(super) fn backup(context: &Context, folder: &Path) -> Result<BackupAnswer, CommandError> {
    if folder.exists() {
        return Err(CommandError::AlreadyExists(folder.display().to_string()));
    }
    // Without a slash at its end.
    let folder: PathBuf = folder.components().collect();
    let store = context.open_store()?;
    // A server that never ran has no key of its logs yet; the backup is to have the one that it will use.
    context.pki().log_signer(store.identity()?.tenant)?;
    let staging = with_suffix(&folder, ".partial");
    match fs::remove_dir_all(&staging) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(failed("clear", &staging)(error));
        }
        Ok(()) | Err(_) => {}
    }
    DirBuilder::new()
        .mode(0o700)
        .create(&staging)
        .map_err(failed("make", &staging))?;
    let copy = staging.join(STORE_FILE);
    store.backup(&copy)?;
    let bytes = fs::metadata(&copy).map_err(failed("read", &copy))?.len();
    PkiFolder::of(&staging).complete_from(&context.pki())?;
    sync_folder(&staging)?;
    fs::rename(&staging, &folder).map_err(failed("put in place", &folder))?;
    if let Some(parent) = folder.parent().filter(|parent| *parent != Path::new("")) {
        sync_folder(parent)?;
    }
    Ok(BackupAnswer { folder, bytes })
}

/// The files of the backup are copied beside the server's, opened, brought to a new epoch, and only then put in
/// their place: cut short at any point, the server has either log whole. Keys come last: who finds them finds a server.
pub(super) fn restore(context: &Context, folder: &Path) -> Result<RestoreAnswer, CommandError> {
    context.make_data_dir()?;
    let _lock = context.lock()?;
    let kept = context.store_file();
    let staging = beside(&kept, "restoring");
    remove(&staging)?;
    remove(&made_beside(staging.clone()))?;
    let copied = folder.join(STORE_FILE);
    fs::copy(&copied, &staging).map_err(failed("copy", &copied))?;
    let (made, made_staging) = (made_beside(copied), made_beside(staging.clone()));
    if made.exists() {
        fs::copy(&made, &made_staging).map_err(failed("copy", &made))?;
    }
    let epoch = ServerEpoch::from_bytes(random::bytes());
    let restored = SqliteStore::open(&staging).map_err(|source| refused(folder, source))?;
    let tenant = restored.identity()?.tenant;
    must_be_ours(context, folder, &tenant)?;
    restored.begin_epoch(epoch, RESTORE_SKIPS_NODES)?;
    let of_backup = PkiFolder::of(folder).revocations().read()?;
    let mut revocations = of_backup.clone();
    revocations.extend(context.pki().revocations().read()?);
    let shut_out = shut_out(&restored, revocations)?;
    drop(restored);

    let aside = beside(
        &kept,
        &format!("before-restore-{}", context.now().milliseconds()),
    );
    let set_aside = kept.exists().then(|| aside.clone());
    // What is made from the log goes first and comes first: until the log is there, nothing is made from another one.
    let made_kept = made_beside(kept.clone());
    move_aside(&made_kept, &made_beside(aside.clone()))?;
    move_aside(&kept, &aside)?;
    for (from, to) in [(&made_staging, &made_kept), (&staging, &kept)] {
        fs::rename(from, to).map_err(failed("put in place", to))?;
    }
    sync_folder(context.data_dir())?;
    context.pki().complete_from(&PkiFolder::of(folder))?;
    context.pki().revocations().complete_from(&of_backup)?;
    Ok(RestoreAnswer {
        tenant,
        epoch,
        set_aside,
        shut_out,
    })
}

/// Every till trusts the authority of its server's data folder, which belongs to one tenant.
fn must_be_ours(context: &Context, folder: &Path, tenant: &TenantId) -> Result<(), CommandError> {
    let authority = PkiFolder::of(folder).authority(tenant.clone())?;
    if !authority.is_of(tenant) {
        let why = format!("it is tenant {tenant}'s, and its certificate authority is not");
        return Err(refused(folder, why));
    }
    let here = context.pki();
    if here.exists() && here.authority(tenant.clone())?.fingerprint() != authority.fingerprint() {
        let why = "its certificate authority is not the one in the data folder; if that one is new, and no till trusts \
                   it, restore into an empty data folder";
        return Err(refused(folder, why));
    }
    Ok(())
}

fn refused(
    folder: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> CommandError {
    CommandError::Input {
        what: folder.display().to_string(),
        source: source.into(),
    }
}

fn sync_folder(folder: &Path) -> Result<(), CommandError> {
    File::open(folder)
        .and_then(|opened| opened.sync_all())
        .map_err(failed("write", folder))
}

fn beside(file: &Path, what: &str) -> PathBuf {
    file.with_extension(format!("{what}.sqlite"))
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// What SQLite puts beside a file, and the file itself.
const WITH_LOGS: [&str; 3] = ["-wal", "-shm", ""];

/// A write-ahead log that stays behind without its file would be played into the restored one.
fn move_aside(file: &Path, aside: &Path) -> Result<(), CommandError> {
    for suffix in WITH_LOGS {
        let (from, to) = (with_suffix(file, suffix), with_suffix(aside, suffix));
        if from.exists() {
            fs::rename(&from, &to).map_err(failed("set aside", &from))?;
        }
    }
    Ok(())
}

/// What an earlier restore that was cut short left behind.
fn remove(file: &Path) -> Result<(), CommandError> {
    for suffix in WITH_LOGS {
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

fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

impl Answer for BackupAnswer {
    fn text(&self) -> String {
        format!(
            "a copy of the server's file ({} bytes) and of its keys is in {}: whoever has the keys can be the server, so \
             keep it as safe as the server itself",
            self.bytes,
            self.folder.display()
        )
    }
}

impl Answer for RestoreAnswer {
    fn text(&self) -> String {
        let aside = self.set_aside.as_ref().map_or_else(String::new, |file| {
            format!("\nwhat was there is in {}", file.display())
        });
        let shut_out = &self.shut_out;
        let tills = shut_out.revoked_tills.iter().map(NodeNumber::to_string);
        let keys = shut_out.revoked_keys.iter().map(|key| key.0.to_string());
        let who = [
            ("tills that stay revoked", listed(tills)),
            ("API keys that stay revoked", listed(keys)),
        ];
        let who = who.into_iter().filter(|(_, names)| !names.is_empty());
        let who: String = who
            .map(|(what, names)| format!("\n{what}: {names}"))
            .collect();
        format!(
            "the backup is in place, and epoch {} begins: every till gives back what the backup lacks{aside}{who}\n\
             stores and API keys that were made after the backup have to be made again, and enrolment codes that were not \
             used before it are void",
            self.epoch
        )
    }
}
