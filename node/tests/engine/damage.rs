//! Files of which pages were overwritten: what is sold is never lost for it, and what can be read is read.

use std::{
    collections::BTreeSet,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use holdfast_node::{
    engine::Engine,
    handle::{CallError, EngineTask},
    node::open_engine,
    random::SeededRandom,
    salvage::Salvage,
    store::{StoreError, StorePlace},
};
use holdfast_schemas::{log::LogEntry, time::Timestamp, wire::Push};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{
    handle::StoppedClock,
    support::{KEY, Till, identity},
};

/// What every till's file is made of.
const PAGE_BYTES: usize = 4096;

/// A till that stopped in order, and its file.
struct Stopped {
    place: StorePlace,
    now: Timestamp,
    entries: Vec<LogEntry>,
    folder: TempDir,
}

/// Two processes' trade, on many pages; one change does not fit on a page.
fn traded() -> Stopped {
    let mut till = Till::new(1);
    till.open_session();
    for count in 1..=12 {
        till.sell(&[("MUG", count, "4.50"), ("BOWL", 1, "9.99")]);
    }
    let mut till = till.restart();
    let long: Vec<(&str, u32, &str)> = (1..=60).map(|count| ("PLATE", count, "3.00")).collect();
    till.sell(&long);
    for count in 1..=12 {
        till.sell(&[("MUG", count, "4.50")]);
    }
    let entries = till.own_entries();
    assert_eq!(entries.len(), 26);
    let longest = entries.iter().map(|entry| entry.change.len()).max();
    assert!(longest > Some(PAGE_BYTES), "one overflows");
    let (place, now) = (till.place().clone(), till.now);
    let (engine, folder) = till.into_parts();
    drop(engine);
    Stopped {
        place,
        now,
        entries,
        folder,
    }
}

impl Stopped {
    /// Another machine with the same file.
    fn again(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let place = StorePlace::on_disk(folder.path().join("till.db"));
        std::fs::copy(self.place.path(), place.path()).expect("a copy");
        Self {
            place,
            now: self.now,
            entries: self.entries.clone(),
            folder,
        }
    }

    fn pages(&self) -> usize {
        std::fs::read(self.place.path()).expect("the file").len() / PAGE_BYTES
    }

    /// Overwrites pages, from 1, and gives what the file is then.
    fn damage(&self, pages: RangeInclusive<usize>) -> Vec<u8> {
        let mut bytes = std::fs::read(self.place.path()).expect("the file");
        bytes[(pages.start() - 1) * PAGE_BYTES..pages.end() * PAGE_BYTES].fill(0x5a);
        std::fs::write(self.place.path(), &bytes).expect("the file");
        bytes
    }

    fn start(&self) -> Result<Engine, StoreError> {
        let mut random = SeededRandom::new(99);
        open_engine(&self.place, &identity(1), self.now, &mut random)
    }

    fn set_aside(&self) -> Vec<PathBuf> {
        self.place.damaged_files().expect("the folder")
    }

    /// What a file gives, with what it lacks; each entry is one or the other.
    fn salvage(&self, file: &Path) -> Vec<Push> {
        let salvage = Salvage::read(file, identity(1).node).expect("a file");
        let pushes = salvage.pushes(&identity(1).tenant, &KEY);
        let found: BTreeSet<_> = pushes
            .iter()
            .flat_map(|push| &push.entries)
            .map(|entry| (entry.log, entry.position))
            .collect();
        let missing = salvage.missing();
        for entry in &self.entries {
            let place = (entry.log, entry.position);
            let lacking = missing.iter().any(|missing| {
                missing.log == entry.log
                    && (missing.from..=missing.through).contains(&entry.position)
            });
            assert!(
                !(found.contains(&place) && lacking),
                "{place:?} is said to be missing"
            );
        }
        for entry in pushes.iter().flat_map(|push| &push.entries) {
            assert!(self.entries.contains(entry), "nothing is made up");
        }
        assert!(pushes.iter().all(Push::is_gapless));
        pushes
    }
}

#[test]
fn a_file_that_is_damaged_anywhere_is_set_aside_and_the_till_starts() {
    let traded = traded();
    for pages in [1..=1, 2..=2, 3..=3, 3..=11, 8..=8, 7..=7, 12..=20] {
        let till = traded.again();
        let damaged = till.damage(pages.clone());
        let engine = till
            .start()
            .unwrap_or_else(|error| panic!("{pages:?}: {error:?}"));
        let [aside] = &till.set_aside()[..] else {
            panic!("{pages:?}: it is set aside");
        };
        assert_eq!(
            std::fs::read(aside).expect("it is kept"),
            damaged,
            "{pages:?}"
        );
        assert_eq!(engine.till(), &identity(1), "the same till goes on");
        assert_eq!(engine.view().expect("a view").pending.entries, 0);
        drop(engine);
        till.start().expect("the new file is whole");
        assert_eq!(till.set_aside().len(), 1, "and stays");
        drop(till.folder);
    }
}

#[test]
fn whatever_page_is_damaged_the_till_starts_and_all_other_entries_come_out() {
    let traded = traded();
    let pages = traded.pages();
    let mut whole = 0;
    for page in 1..=pages {
        let till = traded.again();
        till.damage(page..=page);
        let mut engine = till
            .start()
            .unwrap_or_else(|error| panic!("page {page}: {error:?}"));
        let asides = till.set_aside();
        let pushes = till.salvage(asides.first().map_or(till.place.path(), PathBuf::as_path));
        let count: usize = pushes.iter().map(|push| push.entries.len()).sum();
        assert!(
            count + 16 >= till.entries.len(),
            "page {page}: {count} entries"
        );
        whole += usize::from(count == till.entries.len());
        for push in &pushes {
            if push.after.get() == 0 {
                let taken = engine.import(push, &KEY, till.now).expect("a file");
                assert!(taken.is_ok(), "page {page}: {taken:?}");
            }
        }
    }
    assert!(
        whole * 2 > pages,
        "most pages hold no entry: {whole} of {pages}"
    );
}

#[test]
fn all_comes_out_of_a_file_whose_write_ahead_log_was_never_copied_into_it() {
    let mut till = Till::new(1);
    till.open_session();
    till.sell(&[("MUG", 1, "4.50")]);
    // As a power cut leaves it: the process has not closed its file.
    let copy = till.directory().join("copy.db");
    std::fs::copy(till.place().path(), &copy).expect("a copy");
    let wal = till.directory().join("till.db-wal");
    std::fs::copy(wal, till.directory().join("copy.db-wal")).expect("a copy");
    let salvage = Salvage::read(&copy, identity(1).node).expect("a file");
    let pushes = salvage.pushes(&identity(1).tenant, &KEY);
    let entries: Vec<LogEntry> = pushes.into_iter().flat_map(|push| push.entries).collect();
    assert_eq!(entries, till.own_entries());
    assert_eq!(salvage.missing(), []);
}

#[test]
fn a_change_that_was_altered_is_named_and_what_follows_it_begins_anew() {
    let till = traded();
    let mut bytes = std::fs::read(till.place.path()).expect("the file");
    let victim = &till.entries[4];
    let at = bytes
        .windows(victim.change.len())
        .position(|window| *window == *victim.change)
        .expect("it is there in one piece");
    bytes[at + victim.change.len() / 2] ^= 1;
    let file = till.folder.path().join("altered");
    std::fs::write(&file, &bytes).expect("written");
    let salvage = Salvage::read(&file, identity(1).node).expect("a file");
    let missing = salvage.missing();
    assert_eq!(missing.len(), 1);
    assert_eq!(
        (
            missing[0].log,
            missing[0].from,
            missing[0].through,
            missing[0].at_server
        ),
        (victim.log, victim.position, victim.position, false)
    );
    let count: usize = till
        .salvage(&file)
        .iter()
        .map(|push| push.entries.len())
        .sum();
    assert_eq!(count, till.entries.len() - 1);
}

#[test]
fn a_write_ahead_log_that_was_left_behind_is_set_aside_too() {
    let till = traded();
    till.damage(3..=3);
    let wal = till.folder.path().join("till.db-wal");
    // As a process leaves it that is stopped after it renamed the file.
    std::fs::rename(
        till.place.path(),
        till.folder.path().join("till.db.damaged-1"),
    )
    .expect("renamed");
    std::fs::write(&wal, "what was not sent").expect("written");
    drop(till.start().expect("a new file"));
    let kept = std::fs::read(till.folder.path().join("till.db.damaged-1-wal"));
    assert_eq!(kept.expect("kept"), b"what was not sent");
    assert_eq!(till.set_aside().len(), 1);
}

#[tokio::test]
async fn damage_that_is_met_while_the_till_runs_is_looked_for_at_its_next_start() {
    let till = traded();
    let suspect = till.folder.path().join("till.db.suspect");
    let clock = Box::new(StoppedClock(till.now));
    let engine = till.start().expect("a whole file");
    let (task, handle) =
        EngineTask::new(engine, clock, Box::new(SeededRandom::new(7))).expect("an engine's state");
    let mut tasks = JoinSet::new();
    tasks.spawn(task.run());
    let damage = || StoreError::Damaged {
        what: "an example".to_owned(),
    };
    let answer = handle.query(move |_| Err::<(), _>(damage())).await;
    let Err(CallError::Engine(error)) = answer else {
        panic!("it is told");
    };
    assert!(
        error
            .what_to_do()
            .is_some_and(|advice| advice.contains("again"))
    );
    assert!(suspect.exists());
    drop(handle);
    tasks.join_next().await.expect("ends").expect("in order");
    // It was only said: the file is whole, and stays.
    drop(till.start().expect("a whole file"));
    assert!(!suspect.exists());
    assert_eq!(till.set_aside(), Vec::<PathBuf>::new());
}
