//! One suite for every store: whatever the calls, the database answers as the model does.

mod calls;
mod rows;
mod world;

use holdfast_server::store::{
    ReferenceKey, ReferenceStore, Store, StoreError, Upkeep, memory::MemoryStore,
    sqlite::SqliteStore,
};
use proptest::prelude::*;

use self::{
    calls::{Call, Target},
    world::{epoch, tenant},
};

fn database(folder: &tempfile::TempDir) -> SqliteStore {
    SqliteStore::create(&folder.path().join("server.db"), &tenant(), epoch(1)).expect("a new file")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_store_answers_as_the_model_does(calls in prop::collection::vec(any::<Call>(), 1..60)) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database(&folder);
        let model = MemoryStore::new(tenant(), epoch(1));
        let mut of_database = Target::new(&database);
        let mut of_model = Target::new(&model);
        for call in &calls {
            prop_assert_eq!(of_database.answer(call), of_model.answer(call), "{:?}", call);
        }
        prop_assert_eq!(of_database.everything(), of_model.everything());
        prop_assert_eq!(database.check().expect("a check"), vec![]);
        drop(database);
        let again = SqliteStore::open(&folder.path().join("server.db")).expect("the same file");
        prop_assert_eq!(Target::new(&again).everything(), of_model.everything());
    }

    /// Frames may come in any order, any number of times, and from anybody: what is durable is the same.
    #[test]
    fn a_frame_that_comes_again_changes_nothing(calls in prop::collection::vec(any::<Call>(), 1..40)) {
        let model = MemoryStore::new(tenant(), epoch(1));
        let mut target = Target::new(&model);
        for call in &calls {
            target.answer(call);
        }
        let before = target.everything();
        target.bring_all_again();
        prop_assert_eq!(target.everything(), before);
    }
}

#[test]
fn a_copy_is_whole_and_a_second_one_does_not_overwrite_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = database(&folder);
    let mut target = Target::new(&database);
    for call in calls::a_busy_day() {
        target.answer(&call);
    }
    let copy = folder.path().join("copy.db");
    database.backup(&copy).expect("a copy");
    assert!(
        database.backup(&copy).is_err(),
        "a copy is never written over"
    );
    let restored = SqliteStore::open(&copy).expect("the copy");
    assert_eq!(Target::new(&restored).everything(), target.everything());
    restored.begin_epoch(epoch(2), 100).expect("a new epoch");
    let identity = restored.identity().expect("an identity");
    assert_eq!(identity.epoch, epoch(2));
    assert_eq!(
        identity.next_node.get(),
        database.identity().expect("an identity").next_node.get() + 100
    );
}

#[test]
fn a_later_version_s_file_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.db");
    drop(database(&folder));
    let other = rusqlite::Connection::open_with_flags(&file, rusqlite::OpenFlags::default())
        .expect("the file");
    other
        .pragma_update(None, "user_version", 99)
        .expect("a version");
    drop(other);
    let before = std::fs::read(&file).expect("the file");
    let refused = SqliteStore::open(&file).expect_err("a newer file");
    assert_eq!(
        refused.to_string(),
        "the file has version 99; this program knows up to 1"
    );
    assert_eq!(std::fs::read(&file).expect("the file"), before);
}

/// What the last process left in the log may be on no platter. As long as somebody reads the file that part stays, and
/// what is written behind it would be lost with it.
#[test]
fn a_file_that_somebody_reads_is_not_opened_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.db");
    drop(database(&folder));
    let reader = rusqlite::Connection::open_with_flags(&file, rusqlite::OpenFlags::default())
        .expect("the file");
    let beside = SqliteStore::open_beside(&file).expect("the file");
    beside.begin_epoch(epoch(2), 0).expect("written");
    reader
        .execute_batch("BEGIN; SELECT only FROM server;")
        .expect("read");
    drop(beside);
    let refused = SqliteStore::open(&file).expect_err("it is read");
    assert!(matches!(refused, StoreError::InUse), "{refused}");
    drop(reader);
    let alone = SqliteStore::open(&file).expect("nobody reads it");
    assert_eq!(alone.identity().expect("read").epoch, epoch(2));
}

/// Commands come and go as processes of their own: what one read, another may have changed before the first wrote.
#[test]
fn changes_of_one_record_from_several_processes_all_count() {
    const CHANGES: u32 = 25;
    let key = &ReferenceKey("example/counter".into());
    let count_up = |store: &dyn Store| {
        for _ in 0..CHANGES {
            store
                .change_reference(key, &mut |json| {
                    let counted: u32 = json.map_or(0, |json| json.parse().expect("a number"));
                    Some((counted + 1).to_string().into())
                })
                .expect("written");
        }
    };
    let folder = tempfile::tempdir().expect("a folder");
    drop(database(&folder));
    let open = || SqliteStore::open_beside(&folder.path().join("server.db")).expect("the file");
    let processes = [open(), open()];
    std::thread::scope(|scope| {
        for process in &processes {
            scope.spawn(move || count_up(process));
        }
    });
    let counted = open().reference_record(key).expect("read");
    assert_eq!(counted.as_deref(), Some((2 * CHANGES).to_string().as_str()));
}

#[test]
fn both_are_stores() {
    fn is_store<T: Store>() {}
    is_store::<SqliteStore>();
    is_store::<MemoryStore>();
}
