//! A damaged file: how it is found, and how it is set aside whole. It is never deleted, since it may hold what was not
//! sent; `crate::salvage` reads it.
//!
//! What is looked at when a file is opened, beside what SQLite itself meets:
//!
//! * all of it where file and write-ahead log have at most [`WHOLE_CHECK_BYTES_MAX`] bytes (SQLite's own
//!   check of 63 MB in the machine's cache took 0.2 s on two cores that were busy);
//! * of a larger one the tables without which no till can start or send: they are small
//!   however large the file is;
//! * all of it, and every index too, where somebody met damage before ([`StorePlace::suspect_damage`]).

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use holdfast_schemas::time::Timestamp;
use rusqlite::{Connection, Row};

use super::{StoreError, StorePlace, migration::newest_version};

/// Up to how many bytes of file and write-ahead log are looked at whole each time the file is opened.
const WHOLE_CHECK_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is looked at in a larger file.
const SACRED_AND_SMALL: &[&str] = &[
    "identity",
    "log",
    "fork",
    "sync",
    "held_right",
    "mint",
    "reference",
];

/// What stands between the name of the till's file and the moment in the name of a damaged one.
const DAMAGED: &str = ".damaged-";
/// The empty file that says that the till's file may be damaged.
const SUSPECT: &str = ".suspect";
/// What SQLite puts beside a file.
const PARTS: [&str; 2] = ["-wal", "-shm"];

impl StorePlace {
    /// Notes that somebody met damage in the file: the next start looks at all of it. Nothing where the note can't be
    /// written, or in a simulator; the damage is then met again.
    pub fn suspect_damage(&self) {
        if self.is_on_disk() {
            // A disk that fails may fail here too.
            let _ = File::create(self.beside(SUSPECT));
        }
    }

    /// The damaged files that were set aside and are still there, oldest first.
    ///
    /// # Errors
    /// [`io::Error`] where the folder can't be read.
    pub fn damaged_files(&self) -> io::Result<Vec<PathBuf>> {
        let (Some(folder), Some(name)) = (self.path().parent(), self.path().file_name()) else {
            return Ok(Vec::new());
        };
        let begins = format!("{}{DAMAGED}", name.to_string_lossy());
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(&begins) && !PARTS.iter().any(|part| name.ends_with(part)) {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    }

    fn bytes(&self) -> u64 {
        let of = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        of(self.path()).saturating_add(of(&self.beside("-wal")))
    }
}

/// Looks for damage in a file that was just opened.
///
/// # Errors
/// [`StoreError::Damaged`] and [`StoreError::Corrupt`] for a damaged one.
pub(super) fn look(connection: &Connection, place: &StorePlace) -> Result<(), StoreError> {
    if !place.is_on_disk() {
        return Ok(());
    }
    let suspect = place.beside(SUSPECT);
    if suspect.exists() {
        run(connection, "PRAGMA integrity_check(1)")?;
        tracing::warn!(
            "damage was met in the till's file before; all of it was looked at, and it is whole"
        );
        remove(&suspect)
    } else if place.bytes() <= WHOLE_CHECK_BYTES_MAX {
        run(connection, "PRAGMA quick_check(1)")
    } else {
        look_at_sacred(connection)
    }
}

/// A file of another version may lack these tables, and is left to the migration.
fn look_at_sacred(connection: &Connection) -> Result<(), StoreError> {
    let version = |row: &Row<'_>| row.get::<_, i64>(0);
    if connection.pragma_query_value(None, "user_version", version)? != newest_version() {
        return Ok(());
    }
    SACRED_AND_SMALL
        .iter()
        .try_for_each(|table| run(connection, &format!("PRAGMA quick_check('{table}')")))
}

fn run(connection: &Connection, check: &str) -> Result<(), StoreError> {
    let what = connection.query_row(check, [], |row| row.get::<_, String>(0))?;
    if what == "ok" {
        return Ok(());
    }
    Err(StoreError::Damaged { what })
}

/// Renames the damaged file, then what belongs to it.
///
/// # Errors
/// [`StoreError::SetAside`].
pub(super) fn set_aside(place: &StorePlace, now: Timestamp) -> Result<PathBuf, StoreError> {
    let aside = place.beside(&format!("{DAMAGED}{}", moment(now)));
    if aside.exists() {
        return Err(StoreError::SetAside {
            path: aside,
            source: io::ErrorKind::AlreadyExists.into(),
        });
    }
    rename(place.path(), &aside)?;
    set_parts_aside(place, &aside)?;
    remove(&place.beside(SUSPECT))?;
    Ok(aside)
}

/// Where the process was stopped between the damaged file and its write-ahead log, that is still there: a new file would
/// take it for its own.
///
/// # Errors
/// [`StoreError::SetAside`].
pub(super) fn finish_setting_aside(place: &StorePlace) -> Result<(), StoreError> {
    if !place.is_on_disk() || place.path().exists() {
        return Ok(());
    }
    let damaged = place
        .damaged_files()
        .map_err(|source| failed(place.path(), source))?;
    match damaged.last() {
        Some(aside) => set_parts_aside(place, aside),
        None => Ok(()),
    }
}

fn set_parts_aside(place: &StorePlace, aside: &Path) -> Result<(), StoreError> {
    for part in PARTS {
        let from = place.beside(part);
        if from.exists() {
            let mut to = aside.as_os_str().to_owned();
            to.push(part);
            let to = Path::new(&to);
            if to.exists() {
                return Err(failed(to, io::ErrorKind::AlreadyExists.into()));
            }
            rename(&from, to)?;
        }
    }
    match place.path().parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| failed(folder, source)),
        Some(_) | None => Ok(()),
    }
}

/// A moment as it stands in a file's name: UTC, so that names sort by time.
fn moment(now: Timestamp) -> String {
    let milliseconds = now.milliseconds();
    jiff::Timestamp::from_millisecond(milliseconds).map_or_else(
        |_| milliseconds.to_string(),
        |moment| moment.strftime("%Y%m%dT%H%M%S.%3fZ").to_string(),
    )
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(|source| failed(from, source))
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, error)),
        Err(_) | Ok(()) => Ok(()),
    }
}

fn failed(path: &Path, source: io::Error) -> StoreError {
    StoreError::SetAside {
        path: path.to_owned(),
        source,
    }
}
