//! A sync fails, the process dies, and its successor finds a log of which a part can be read and is on no platter. Found
//! by a seed: what the successor wrote behind that part was lost with it.

use holdfast_node::store::{Store as TillFile, StorePlace};
use holdfast_schemas::{
    identity::{StoreId, TenantId},
    wire::ServerEpoch,
};
use holdfast_server::store::{
    Registry, StoreError, StoreRecord,
    sqlite::{SqlitePlace, SqliteStore},
};
use rusqlite::Connection;

use super::{
    disk::Illness,
    machine::{Machine, WallClock},
    vfs::VFS,
};

/// Disks differ in what they promise, and in what they lose.
const DISKS: u64 = 40;

/// Lets the process end while the disk can't sync; the disk is sound again.
fn die_of_a_failed_sync<P>(machine: &Machine, process: P, write: impl FnOnce(&P) -> bool) {
    machine.disk.borrow_mut().fall_ill(Illness::SyncFails);
    assert!(!write(&process), "what can't be synced is not committed");
    machine.disk.borrow_mut().remount();
    drop(process);
    machine.disk.borrow_mut().heal();
}

fn lose_power<P>(machine: &Machine, process: P) {
    machine.power.cut();
    drop(process);
    machine.restore_power();
}

fn add_store(server: &SqliteStore, name: &str) -> Result<(), StoreError> {
    let store = StoreRecord {
        store: StoreId::new(name).expect("a store's code"),
        added_at: holdfast_schemas::time::Timestamp::from_milliseconds(0),
    };
    server.add_store(&store).map(|_| ())
}

#[test]
fn a_server_loses_nothing_that_it_wrote_after_its_predecessor_could_not_sync() {
    for disk in 0..DISKS {
        let clock = WallClock::beginning_now();
        let machine = Machine::new("unsynced-server", disk, &clock);
        let place = || SqlitePlace::in_vfs(machine.path("server.sqlite"), VFS);
        let tenant = TenantId::new("example").expect("a tenant's name");
        let epoch = ServerEpoch::from_bytes([1; 16]);
        let first = SqliteStore::create_in(place(), &tenant, epoch).expect("a new file");
        add_store(&first, "york").expect("added");
        die_of_a_failed_sync(&machine, first, |server| add_store(server, "leeds").is_ok());
        let second = SqliteStore::open_in(place()).expect("a whole file");
        add_store(&second, "hull").expect("added");
        lose_power(&machine, second);
        let third = SqliteStore::open_in(place()).expect("a whole file");
        let stores = third.stores().expect("read");
        assert!(
            stores.iter().any(|known| known.store.as_str() == "hull"),
            "disk {disk} has {stores:?}"
        );
    }
}

#[test]
fn a_till_loses_nothing_that_it_wrote_after_its_predecessor_could_not_sync() {
    for disk in 0..DISKS {
        let clock = WallClock::beginning_now();
        let machine = Machine::new("unsynced-till", disk, &clock);
        let path = machine.path("till.sqlite");
        let open = || {
            let place = StorePlace::in_vfs(path.clone(), VFS);
            TillFile::open(&place, clock.time())
                .expect("a whole file")
                .store
        };
        drop(open());
        machine.disk.borrow_mut().remount();
        let sql = |sql: &str| {
            let flags = rusqlite::OpenFlags::default();
            let writer = Connection::open_with_flags_and_vfs(&path, flags, VFS).expect("a file");
            let written = writer.execute_batch(sql);
            (written.is_ok(), writer)
        };
        let (written, first) = sql("PRAGMA synchronous = FULL; UPDATE sync SET trouble = 'one'");
        assert!(written);
        die_of_a_failed_sync(&machine, first, |writer| {
            writer
                .execute_batch("UPDATE sync SET trouble = 'two'")
                .is_ok()
        });
        let opened = open();
        let (written, second) = sql("PRAGMA synchronous = FULL; UPDATE sync SET feed_cursor = 7");
        assert!(written);
        lose_power(&machine, (opened, second));
        let cursor = open().read(|transaction| {
            transaction
                .query_row("SELECT feed_cursor FROM sync", [], |row| {
                    row.get::<_, i64>(0)
                })
                .map_err(holdfast_node::store::StoreError::from)
        });
        assert_eq!(cursor.expect("read"), 7, "disk {disk}");
    }
}
