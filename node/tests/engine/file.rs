//! The file itself: reopened, locked, refused, set aside.

use holdfast_node::{
    engine::Origin,
    store::{Store, StoreError, StorePlace},
};
use holdfast_schemas::time::Timestamp;

use crate::support::{Till, identity};

#[test]
fn what_was_sold_is_there_after_a_restart() {
    let mut till = Till::new(1);
    till.open_session();
    let sold = till.sell(&[("MUG", 2, "4.50")]);
    let before = till.engine.projection_digests().expect("digests");
    let till = till.restart();
    assert_eq!(till.engine.projection_digests().expect("digests"), before);
    let orders = till.engine.store().orders_before(None, 10).expect("orders");
    assert_eq!(orders.len(), 1);
    assert_eq!(Some(orders[0].number), sold.number);
    let view = till.engine.view().expect("a view");
    assert_eq!(
        (view.pending.entries, view.pending.oldest.is_some()),
        (2, true)
    );
    assert!(view.session.is_some(), "the session is still open");
}

#[test]
fn a_new_process_writes_a_new_log_and_numbers_go_on() {
    let mut till = Till::new(1);
    till.open_session();
    let first = till.sell(&[("MUG", 1, "4.50")]);
    let mut till = till.restart();
    till.now = Timestamp::from_milliseconds(0);
    let second = till.sell(&[("MUG", 1, "4.50")]);
    assert_ne!(first.log, second.log);
    assert_eq!(second.position.get(), 1);
    assert!(
        second.number > first.number,
        "though the clock was set back"
    );
}

#[test]
fn numbers_go_on_after_those_that_came_back_to_an_empty_file() {
    let mut lost = Till::new(1);
    lost.open_session();
    let sold = lost.sell(&[("MUG", 1, "4.50")]);
    let mut till = Till::new(1);
    till.now = Timestamp::from_milliseconds(0);
    till.engine
        .apply_entries(&lost.own_entries(), Origin::Repair, lost.now)
        .expect("own entries");
    till.engine.rebuild().expect("a rebuild");
    let next = till.sell(&[("MUG", 1, "4.50")]);
    assert!(next.number > sold.number, "though the clock was set back");
}

#[test]
fn a_second_process_is_refused() {
    let till = Till::new(1);
    let second = Store::open(till.place(), till.now);
    assert!(
        matches!(second, Err(StoreError::InUse { .. })),
        "{second:?}"
    );
    let place = till.place().clone();
    let now = till.now;
    let till = till.restart();
    assert!(Store::open(&place, now).is_err(), "the successor has it");
    drop(till.engine);
}

#[test]
fn a_reader_reads_beside_the_writer_and_can_write_nothing() {
    let mut till = Till::new(1);
    till.open_session();
    till.sell(&[("MUG", 1, "4.50")]);
    let mut reader = Store::open_to_read(till.place()).expect("a reader");
    assert_eq!(reader.orders_before(None, 10).expect("orders").len(), 1);
    assert!(reader.claim(&identity(2)).is_err());
}

#[test]
fn a_file_of_another_till_is_refused() {
    let till = Till::new(1);
    let mut store = till.engine.into_store();
    store.claim(&identity(1)).expect("its own till");
    assert!(matches!(
        store.claim(&identity(2)),
        Err(StoreError::OtherIdentity { .. })
    ));
}

#[test]
fn a_newer_file_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("till.db");
    let place = StorePlace::on_disk(&path);
    let now = Timestamp::from_milliseconds(1);
    drop(Store::open(&place, now).expect("a new file"));
    // Bytes 60 to 63 of an SQLite file are its user version.
    let mut bytes = std::fs::read(&path).expect("the file");
    bytes[60..64].copy_from_slice(&1_000_000_u32.to_be_bytes());
    std::fs::write(&path, &bytes).expect("the file");
    let refused = Store::open(&place, now);
    assert!(
        matches!(
            refused,
            Err(StoreError::Newer {
                found: 1_000_000,
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(
        std::fs::read(&path).expect("the file")[60..64],
        bytes[60..64]
    );
}

#[test]
fn a_damaged_file_is_set_aside_whole() {
    let mut till = Till::new(1);
    till.open_session();
    till.sell(&[("MUG", 1, "4.50")]);
    let (place, now) = (till.place().clone(), till.now);
    let directory = till.directory().to_owned();
    let (engine, keep) = till.into_parts();
    drop(engine);
    let damaged = vec![0x5a; 8192];
    std::fs::write(place.path(), &damaged).expect("the file");
    let opened = Store::open(&place, now).expect("a new file in its place");
    let aside = opened.set_aside.expect("it is said where it went");
    assert_eq!(aside.parent(), Some(directory.as_path()));
    assert_eq!(std::fs::read(aside).expect("it is kept"), damaged);
    assert_eq!(opened.store.identity().expect("readable"), None);
    drop(keep);
}

#[test]
fn a_backup_taken_while_trading_is_a_whole_file() {
    let mut till = Till::new(1);
    till.open_session();
    till.sell(&[("MUG", 1, "4.50")]);
    let target = till.directory().join("backup.db");
    till.engine.store().backup(&target).expect("a backup");
    till.sell(&[("MUG", 1, "4.50")]);
    let backup = Store::open_to_read(&StorePlace::on_disk(target)).expect("a whole file");
    assert_eq!(backup.orders_before(None, 10).expect("orders").len(), 1);
}
