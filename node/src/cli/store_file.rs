//! `store …`: every repair of a till's file is a command.

use std::{
    fmt,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use holdfast_schemas::{
    identity::{LogId, LogPosition},
    wire::{
        Push,
        export::{read_export, write_export},
    },
};
use serde::Serialize;

use super::{
    OutputFormat,
    error::CommandError,
    output,
    till_file::{open_engine, open_to_read},
};
use crate::{
    clock::{Clock, SystemClock},
    engine::{Engine, Finding, Unproved},
    enrol::{IdentityFolder, TillSigner},
    node::store_place,
    random::SystemRandom,
    settings::Settings,
    store::{self, Store, StoreError, StorePlace, TillIdentity},
};

#[derive(Serialize)]
struct Checked {
    findings: Vec<Finding>,
}

impl fmt::Display for Checked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            return writeln!(formatter, "all is well");
        }
        self.findings.iter().try_for_each(|finding| match finding {
            Finding::Damage { what } => writeln!(formatter, "damage: {what}"),
            Finding::Change {
                log,
                position,
                reason,
            } => writeln!(formatter, "change {position} of log {log}: {reason}"),
            Finding::Chain { log } => {
                writeln!(
                    formatter,
                    "the chain of log {log} does not lead to its head"
                )
            }
            Finding::Projection { table } => {
                writeln!(
                    formatter,
                    "{table} is not what the changes give: run store rebuild"
                )
            }
        })
    }
}

/// Checks the file. A damaged one is reported, not set aside: that is for the till's next start.
pub(super) fn check(settings: &Settings, format: OutputFormat) -> Result<(), CommandError> {
    let damage = match open_to_read(settings)?.integrity_findings() {
        Err(error) if error.is_damage() => vec![whole_message(&error)],
        damage => damage?,
    };
    let findings = if damage.is_empty() {
        open_engine(settings)?.check()?
    } else {
        store_place(&settings.data_dir.value).suspect_damage();
        let finding = |what| Finding::Damage { what };
        damage.into_iter().map(finding).collect()
    };
    let checked = Checked { findings };
    output::print(format, &checked)?;
    match checked.findings.len() {
        0 => Ok(()),
        findings => Err(CommandError::Damaged { findings }),
    }
}

#[derive(Serialize)]
struct Rebuilt {
    projections: Vec<RebuiltProjection>,
}

#[derive(Serialize)]
struct RebuiltProjection {
    table: &'static str,
    rows: u64,
    digest: String,
    changed: bool,
}

impl fmt::Display for Rebuilt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 3]> = self
            .projections
            .iter()
            .map(|projection| {
                let changed = if projection.changed {
                    "changed"
                } else {
                    "as before"
                };
                [
                    projection.table.to_owned(),
                    projection.rows.to_string(),
                    changed.to_owned(),
                ]
            })
            .collect();
        output::columns(formatter, ["PROJECTION", "ROWS", ""], &rows)
    }
}

/// Builds the projections anew, and says which of them came out otherwise.
pub(super) fn rebuild(settings: &Settings, format: OutputFormat) -> Result<(), CommandError> {
    let mut engine = open_engine(settings)?;
    let before = engine.projection_digests()?;
    engine.rebuild()?;
    let projections = engine
        .projection_digests()?
        .into_iter()
        .map(|after| RebuiltProjection {
            changed: !before.contains(&after),
            table: after.table,
            rows: after.rows,
            digest: after.digest,
        })
        .collect();
    output::print(format, &Rebuilt { projections })
}

#[derive(Serialize)]
struct Exported {
    file: PathBuf,
    logs: usize,
    entries: usize,
    bytes: usize,
}

impl fmt::Display for Exported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} changes of {} logs are in {} ({} bytes). At the server: holdfast-server till import FILE",
            self.entries,
            self.logs,
            self.file.display(),
            self.bytes
        )
    }
}

/// Writes what the server does not have yet. Reads only, so it also serves a till that is frozen or revoked.
pub(super) fn export(
    settings: &Settings,
    file: &Path,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let key = IdentityFolder::within(&settings.data_dir.value).key()?;
    let signer = TillSigner::new(&key)?;
    let engine = Engine::new(open_to_read(settings)?, &mut SystemRandom)?;
    let forked = engine.store().fork()?.map(|(log, _)| log);
    let mut pushes = Vec::new();
    let mut logs = 0;
    for own in engine.sync_state()?.logs {
        // What the server acknowledged of a log with two histories was of the other one.
        let mut after = match forked {
            Some(log) if log == own.head.log => LogPosition::START,
            Some(_) | None => own.acknowledged,
        };
        let before = pushes.len();
        while let Some(stretch) = engine.read_log(own.head.log, after, &signer)?.stretch {
            let head = stretch.head;
            pushes.push(Push {
                after,
                entries: stretch.entries,
                head,
            });
            after = head.head.position;
        }
        logs += usize::from(pushes.len() > before);
    }
    let entries = pushes.iter().map(|push| push.entries.len()).sum();
    let bytes = write_export(pushes)?;
    write_new(file, &bytes)?;
    output::print(
        format,
        &Exported {
            file: file.to_owned(),
            logs,
            entries,
            bytes: bytes.len(),
        },
    )
}

/// Writes a new file that only its owner may read.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let mut file = create_new(path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|source| CommandError::file(path, source))
}

fn create_new(path: &Path) -> Result<File, CommandError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|source| match source.kind() == ErrorKind::AlreadyExists {
            true => CommandError::AlreadyExists {
                path: path.to_owned(),
            },
            false => CommandError::file(path, source),
        })
}

/// An error with all its causes.
fn whole_message(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", whole_message(cause)),
        None => error.to_string(),
    }
}

#[derive(Serialize)]
struct Imported {
    new: usize,
    known: usize,
    quarantined: usize,
    refused: Vec<RefusedStretch>,
}

/// A stretch of a log of which nothing was taken.
#[derive(Serialize)]
struct RefusedStretch {
    log: LogId,
    /// The first position of it.
    from: LogPosition,
    /// The last.
    through: LogPosition,
    reason: Unproved,
    what_to_do: &'static str,
}

impl RefusedStretch {
    fn new(push: &Push, reason: Unproved) -> Self {
        Self {
            log: push.log(),
            from: push.after.next().unwrap_or(push.after),
            through: push.head.head.position,
            reason,
            what_to_do: reason.what_to_do(),
        }
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} changes are new, {} were known, {} are in quarantine",
            self.new, self.known, self.quarantined
        )?;
        self.refused.iter().try_for_each(|refused| {
            let RefusedStretch {
                log, from, through, ..
            } = refused;
            writeln!(
                formatter,
                "not taken: {from} to {through} of log {log}: {}.",
                refused.reason
            )?;
            writeln!(formatter, "  {}", refused.what_to_do)
        })
    }
}

/// Takes in an export, as far as it can be proved here. Taking it in again changes nothing.
pub(super) fn import(
    settings: &Settings,
    file: &Path,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let bytes = fs::read(file).map_err(|source| CommandError::file(file, source))?;
    let pushes = read_export(&bytes)?;
    let key = TillSigner::new(&IdentityFolder::within(&settings.data_dir.value).key()?)?;
    let mut engine = open_engine(settings)?;
    let mut imported = Imported {
        new: 0,
        known: 0,
        quarantined: 0,
        refused: Vec::new(),
    };
    for push in pushes {
        match engine.import(&push, &key, SystemClock.now())? {
            Ok(applied) => {
                imported.new += applied.new;
                imported.known += applied.known;
                imported.quarantined += applied.quarantined;
            }
            Err(unproved) => imported.refused.push(RefusedStretch::new(&push, unproved)),
        }
    }
    output::print(format, &imported)?;
    match imported.refused.len() {
        0 => Ok(()),
        stretches => Err(CommandError::Unproved { stretches }),
    }
}

#[derive(Serialize)]
struct BackedUp {
    file: PathBuf,
    bytes: u64,
}

impl fmt::Display for BackedUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} holds the till's file ({} bytes); the till's key is not in it",
            self.file.display(),
            self.bytes
        )
    }
}

/// Copies the file in one consistent state, also while the till runs.
pub(super) fn backup(
    settings: &Settings,
    file: &Path,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let till = open_to_read(settings)?;
    // SQLite takes an empty file for a new one.
    drop(create_new(file)?);
    till.backup(file)?;
    let bytes = File::open(file)
        .and_then(|written| {
            written.sync_all()?;
            Ok(written.metadata()?.len())
        })
        .map_err(|source| CommandError::file(file, source))?;
    output::print(
        format,
        &BackedUp {
            file: file.to_owned(),
            bytes,
        },
    )
}

#[derive(Serialize)]
struct Restored {
    till: TillIdentity,
    replaced: Option<PathBuf>,
}

impl fmt::Display for Restored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "till {} has its file back", self.till)?;
        match &self.replaced {
            Some(kept) => writeln!(formatter, "what was there is kept as {}", kept.display()),
            None => Ok(()),
        }
    }
}

/// Puts a backup in the place of the till's file. What the backup forgot comes back from the server.
pub(super) fn restore(
    settings: &Settings,
    backup: &Path,
    replace: bool,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let data_dir = &settings.data_dir.value;
    let enrolment = IdentityFolder::within(data_dir).enrolment()?;
    let till = TillIdentity::from(&enrolment.enrolled);
    check_backup(backup, &till)?;
    let place = store_place(data_dir);
    let lock = store::lock(&place)?;
    if place.path().exists() && !replace {
        return Err(CommandError::TillFileThere {
            path: place.path().to_owned(),
        });
    }
    if place.path().exists() {
        // Its write-ahead log is moved after it: what breaks off between the two must find nothing in it. A damaged file is
        // kept as it is.
        match store::settle(&place) {
            Err(error) if !error.is_damage() => return Err(error.into()),
            Err(_) | Ok(()) => {}
        }
    }
    let replaced = exchange(backup, place.path())?;
    drop(lock);
    output::print(format, &Restored { till, replaced })
}

fn check_backup(backup: &Path, till: &TillIdentity) -> Result<(), CommandError> {
    File::open(backup).map_err(|source| CommandError::file(backup, source))?;
    let store = Store::open_to_read(&StorePlace::on_disk(backup))?;
    let found = store.identity()?.ok_or(StoreError::NoIdentity)?;
    if found != *till {
        return Err(CommandError::OtherTill {
            found: found.to_string(),
            wanted: till.to_string(),
        });
    }
    match store.integrity_findings()?.len() {
        0 => Ok(()),
        findings => Err(CommandError::Damaged { findings }),
    }
}

/// A backup may have been carried by something that knows no modes.
fn keep_private(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

/// Copies the backup beside the till's file, keeps what is there aside, and moves the copy in. Where it breaks off, either
/// the old file is in its place or all parts lie beside.
fn exchange(backup: &Path, target: &Path) -> Result<Option<PathBuf>, CommandError> {
    let beside = |suffix: &str| {
        let mut name = target.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let copy = beside(".restoring");
    let copied = fs::copy(backup, &copy).and_then(|_| {
        keep_private(&copy)?;
        File::open(&copy)?.sync_all()
    });
    copied.map_err(|source| CommandError::file(&copy, source))?;
    let aside = format!(".replaced-{}", SystemClock.now().milliseconds());
    let replaced = target.exists().then(|| beside(&aside));
    for part in ["", "-wal", "-shm"] {
        let from = beside(part);
        if from.exists() {
            let to = beside(&format!("{aside}{part}"));
            fs::rename(&from, to).map_err(|source| CommandError::file(&from, source))?;
        }
    }
    let moved = fs::rename(&copy, target).and_then(|()| match target.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    });
    moved.map_err(|source| CommandError::file(target, source))?;
    Ok(replaced)
}
