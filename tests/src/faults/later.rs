//! A till that a later version of the program ran for a moment: its file holds an operation that this version does not
//! know, which has to be kept, sent and handed on byte for byte.

use std::num::NonZeroU64;

use holdfast_node::{
    engine::Engine,
    random::SeededRandom,
    store::{Store, StorePlace},
};
use holdfast_schemas::{
    change::{ChangeBase, ChangeDraft, write_change},
    document::Document,
    identity::{ChangeHash, LogId, LogPosition},
    log::{LogEntry, LogHead},
    time::Timestamp,
};
use rusqlite::{Connection, OpenFlags, params};
use serde_json::json;

use super::{machine::Machine, random::Random, vfs::VFS};

/// Of how many of the newest orders one gets the operation.
const ORDERS_MAX: usize = 20;

/// Appends such an operation to an order in the till's file, in a log of its own, as a process does. `None` where the
/// file has no order.
pub(super) fn write_unknown_operation(
    machine: &Machine,
    file: &str,
    random: &mut Random,
) -> Option<ChangeHash> {
    let place = StorePlace::in_vfs(machine.path(file), VFS);
    let now = machine.clock.time();
    let store = Store::open(&place, now).expect("a whole file").store;
    let node = store.identity().expect("read").expect("a till's file").node;
    let orders = store.orders_before(None, ORDERS_MAX).expect("read");
    let own_store = store.identity().expect("read")?.store;
    let own: Vec<_> = orders
        .iter()
        .filter(|order| order.store == own_store)
        .collect();
    let order = random.pick(&own)?.document;
    let document = store.document(order).expect("read").expect("an order");
    drop(store);
    let log = LogId::new(node, random.bytes());
    let (entry, hash) = unknown_operation(&document, log, now, random.chance(50));
    write_down(machine, file, &entry, hash, now);
    // The later program projected what it knew; this one starts from what it knows itself.
    let store = Store::open(&place, now).expect("a whole file").store;
    let mut engine = Engine::new(store, &mut SeededRandom::new(random.next())).expect("a till");
    engine.rebuild().expect("rebuilt");
    Some(hash)
}

fn unknown_operation(
    document: &Document,
    log: LogId,
    at: Timestamp,
    critical: bool,
) -> (LogEntry, ChangeHash) {
    let operation = json!({
        "at": at,
        "by": { "role": "manager" },
        "critical": critical,
        "body": { "loyalty_points_earned": { "points": 12, "card": "example" } },
    });
    let deps: Vec<ChangeHash> = document.heads().collect();
    let draft = ChangeDraft {
        log,
        base: ChangeBase::Changes {
            deps: &deps,
            sequence: NonZeroU64::MIN,
            first_counter: NonZeroU64::new(document.last_counter() + 1).expect("not zero"),
        },
        operations: &[operation.to_string()],
    };
    let written = write_change(&draft).expect("a change");
    let entry = LogEntry {
        log,
        position: LogPosition::new(1).expect("the first"),
        document: document.id(),
        change: written.bytes.into_boxed_slice(),
    };
    (entry, written.hash)
}

fn write_down(machine: &Machine, file: &str, entry: &LogEntry, hash: ChangeHash, now: Timestamp) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags_and_vfs(machine.path(file), flags, VFS).expect("the file");
    connection
        .pragma_update(None, "synchronous", "FULL")
        .expect("set");
    let chain = entry.chain(LogHead::start(entry.log).chain, hash);
    let position = i64::try_from(entry.position.get()).expect("small");
    let transaction = connection.transaction().expect("begun");
    transaction
        .execute(
            "INSERT INTO log (log, own, position, chain) VALUES (?1, 1, ?2, ?3)",
            params![entry.log.as_bytes(), position, chain.as_bytes()],
        )
        .expect("a log");
    transaction
        .execute(
            "INSERT INTO entry (log, position, document, hash, chain, fed, recorded_at, taken_minor, aside, change)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, 0, 0, ?7)",
            params![
                entry.log.as_bytes(),
                position,
                entry.document.to_bytes(),
                hash.as_bytes(),
                chain.as_bytes(),
                now.milliseconds(),
                &entry.change,
            ],
        )
        .expect("an entry");
    transaction.commit().expect("committed");
}
