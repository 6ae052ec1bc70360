//! What must hold at the end, looked up in the databases by somebody who trusts none of the product's own figures.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use holdfast_schemas::{
    identity::{ChangeHash, DocumentId, LogId, StoreId},
    operation::TenderKind,
    wire::{Right, RightKind},
};
use holdfast_server::store::{
    Upkeep,
    sqlite::{SqlitePlace, SqliteStore},
};

use super::{
    ledger::{self, Entry, Ledger, Reading, log_id},
    model::{Deed, Effects, Fate, Tag},
    rows,
    vfs::VFS,
    world::{Till, World},
};

/// What the auditor saw, to see that there was something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) entries: usize,
    pub(super) deeds: usize,
}

/// What tills were told to be durable must be there, at any moment.
pub(super) fn check_acknowledged(world: &World) {
    check_acknowledged_of(world, &world.tills());
}

/// The same, of some tills.
pub(super) fn check_acknowledged_of(world: &World, tills: &[Rc<Till>]) {
    if !world.headquarters.site.machine.power.is_on() {
        return;
    }
    let server = world.headquarters.ledger();
    let epoch = server.rows("SELECT lower(hex(epoch)) FROM server", |row| {
        row.get::<_, String>(0)
    });
    let sql = "SELECT log, position FROM log";
    let durable: BTreeMap<LogId, i64> = server
        .rows(sql, |row| Ok((log_id(row.get(0)?), row.get(1)?)))
        .into_iter()
        .collect();
    for till in tills {
        if !till.site.machine.power.is_on() {
            continue;
        }
        let file = till.ledger();
        rows::check_unsent(&file);
        let sql = "SELECT lower(replace(epoch, '-', '')) FROM sync WHERE epoch IS NOT NULL";
        let its = file.rows(sql, |row| row.get::<_, String>(0));
        if its.is_empty() || its != epoch {
            continue;
        }
        let sql = "SELECT log, acknowledged FROM log WHERE own = 1 AND acknowledged > 0";
        for (log, acknowledged) in
            file.rows(sql, |row| Ok((log_id(row.get(0)?), row.get::<_, i64>(1)?)))
        {
            let stored = durable.get(&log).copied().unwrap_or(0);
            assert!(
                acknowledged <= stored,
                "{}: {log} was acknowledged up to {acknowledged}, and headquarters has it up to {stored}",
                till.site.machine.name
            );
        }
    }
}

/// Looks through all databases.
pub(super) fn check(world: &World) -> Seen {
    let server = world.headquarters.ledger();
    assert_eq!(server.damage(), Vec::<String>::new(), "headquarters' file");
    let place = SqlitePlace::in_vfs(world.headquarters.file(), VFS);
    let found = SqliteStore::open_in(place).and_then(|store| store.check());
    assert_eq!(found.expect("checked"), [], "headquarters' own check");
    let entries = server.entries("bytes");
    check_entries(&entries);
    check_nothing_is_lost(world, &server, &entries);
    let readings = ledger::read(&entries);
    let deeds = check_deeds(world, &readings);
    check_sums(world, &server, &readings);
    check_feeds(&server);
    check_numbers(&server);
    rows::check_headquarters(&server, &readings);
    rows::check_intruder(&server, world.intruder.get());
    check_rights(world, &server);
    for till in world.tills() {
        rows::check_revoked(&server, &till);
        check_till(&till, &server);
    }
    check_acknowledged(world);
    Seen {
        entries: entries.len(),
        deeds,
    }
}

/// Every log without a gap, and no change twice.
fn check_entries(entries: &[Entry]) {
    let mut positions: BTreeMap<LogId, BTreeSet<u64>> = BTreeMap::new();
    let mut hashes = BTreeSet::new();
    for entry in entries {
        let (log, position) = (entry.log, entry.position);
        assert!(hashes.insert(entry.hash), "{log}:{position} is there twice");
        let new = positions.entry(log).or_default().insert(position);
        assert!(new, "two entries at {log}:{position}");
    }
    for (log, positions) in positions {
        let last = positions.last().copied().unwrap_or(0);
        let count = u64::try_from(positions.len()).expect("few entries");
        assert_eq!(last, count, "the log {log} has a gap");
    }
}

fn check_nothing_is_lost(world: &World, server: &Ledger, entries: &[Entry]) {
    let revoked: BTreeSet<_> = world
        .tills()
        .iter()
        .filter(|till| till.revoked.get())
        .map(|till| till.node)
        .chain(world.intruder.get())
        .collect();
    let stored: BTreeSet<ChangeHash> = entries.iter().map(|entry| entry.hash).collect();
    let model = world.model.borrow();
    for (change, node) in model.to_be_found() {
        assert!(
            stored.contains(&change) || revoked.contains(&node),
            "a change {change} of till {node}, for which there was a receipt, is lost"
        );
    }
    let aside = "SELECT delivered_by, reason, detail FROM quarantine";
    for (node, reason, detail) in server.rows(aside, |row| {
        let node: u32 = row.get(0)?;
        Ok((node, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    }) {
        assert!(
            revoked.iter().any(|revoked| revoked.get() == node),
            "something of till {node} is in quarantine: {reason} {detail}"
        );
    }
}

/// Each deed is in one document at the most, and there comes to what was asked for.
fn check_deeds(world: &World, readings: &BTreeMap<DocumentId, Reading>) -> usize {
    let model = world.model.borrow();
    let mut found: BTreeMap<&Tag, DocumentId> = BTreeMap::new();
    for (document, reading) in readings {
        let Some(tag) = &reading.tag else {
            assert_eq!(
                reading.effects,
                Effects::default(),
                "document {document} comes to something, and nobody asked for it"
            );
            continue;
        };
        let before = found.insert(tag, *document);
        assert_eq!(before, None, "{tag:?} was done twice: {document} as well");
        let Some(deed) = model.deeds.get(tag) else {
            panic!("{tag:?} was refused, or never asked for, and is in document {document}");
        };
        let (done, asked) = (reading.effects.clone().settled(), deed.effects.clone());
        assert_eq!(done, asked.settled(), "{tag:?} came to something else");
        if let Fate::Committed { document: said, .. } = deed.fate {
            assert_eq!(
                *document, said,
                "{tag:?} is another document than its receipt says"
            );
        }
    }
    let is_there = |(tag, deed): &(&Tag, &Deed)| {
        matches!(deed.fate, Fate::Committed { .. }) && found.contains_key(tag)
    };
    model.deeds.iter().filter(is_there).count()
}

/// What moved by headquarters' ledger of stock, in thousandths. A change begins with its number.
const MOVED: &str = "SELECT moved.value ->> 'store', moved.value ->> 'product',
       sum(CAST(round(CAST(moved.value ->> 'change' AS REAL) * 1000) AS INTEGER))
     FROM document_row, json_each(document_row.movements) AS moved GROUP BY 1, 2";

/// What was read from the documents, and what headquarters' own rows say, come to the same.
fn check_sums(world: &World, server: &Ledger, readings: &BTreeMap<DocumentId, Reading>) {
    let mut read = Effects::default();
    for reading in readings.values() {
        read.add(&reading.effects);
    }
    let read = read.settled();
    let rows = Effects {
        money_minor: read.money_minor.clone(),
        stock: stock(server, MOVED),
    };
    assert_eq!(rows.settled().stock, read.stock, "headquarters' stock");
    let money: i64 = read.money_minor.values().sum();
    let sql = "SELECT (SELECT coalesce(sum(paid_minor), 0) FROM order_row)
                    - (SELECT coalesce(sum(refunded_minor), 0) FROM return_row)";
    let rows = server.rows(sql, |row| row.get::<_, i64>(0));
    assert_eq!(rows, [money], "headquarters' money");
    let model = world.model.borrow();
    let present = model.deeds.iter();
    let tags: BTreeSet<&Tag> = readings
        .values()
        .filter_map(|reading| reading.tag.as_ref())
        .collect();
    let mut wanted = Effects::default();
    for (_, deed) in present.filter(|(tag, _)| tags.contains(tag)) {
        wanted.add(&deed.effects);
    }
    let cash = |effects: &Effects| effects.money_minor.get(&TenderKind::Cash).copied();
    assert_eq!(cash(&read), cash(&wanted.settled()), "cash");
}

fn stock(file: &Ledger, sql: &str) -> BTreeMap<(StoreId, String), i64> {
    file.rows(sql, |row| {
        let store = StoreId::new(row.get::<_, String>(0)?).expect("a store's code");
        Ok(((store, row.get(1)?), row.get(2)?))
    })
    .into_iter()
    .collect()
}

/// Every feed without a gap, and nothing in it twice: entries, and for their author what is in quarantine.
fn check_feeds(server: &Ledger) {
    let sql = "SELECT store, count(*), count(DISTINCT entry) + count(DISTINCT aside), max(number)
               FROM feed GROUP BY store";
    for (store, count, distinct, last) in server.rows(sql, |row| {
        let store: String = row.get(0)?;
        let numbers: (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((store, numbers.0, numbers.1, numbers.2))
    }) {
        assert_eq!((count, count), (distinct, last), "the feed of {store}");
    }
}

/// No two orders or returns go by one number, once headquarters has seen them.
fn check_numbers(server: &Ledger) {
    let sql =
        "SELECT number FROM (SELECT number FROM order_row UNION ALL SELECT number FROM return_row)
               GROUP BY number HAVING count(*) > 1";
    let twice = server.rows(sql, |row| row.get::<_, i64>(0));
    assert_eq!(twice, Vec::<i64>::new(), "numbers that two documents go by");
}

/// The rights that headquarters knows somebody to hold, and who.
pub(super) fn held_rights(world: &World) -> Vec<(Right, u32)> {
    let sql = "SELECT document, kind, node FROM held_right ORDER BY document, kind";
    let kind = |name: String| {
        let mut kinds = RightKind::ALL.into_iter();
        kinds.find(|kind| kind.name() == name).expect("a kind")
    };
    world.headquarters.ledger().rows(sql, |row| {
        let right = Right {
            kind: kind(row.get(1)?),
            document: DocumentId::from_bytes(row.get(0)?),
        };
        Ok((right, row.get(2)?))
    })
}

/// What a till may use, headquarters knows to be its. Nobody owes anybody a word.
fn check_rights(world: &World, server: &Ledger) {
    let sql = "SELECT document, kind, node FROM held_right";
    let holders: BTreeMap<(DocumentId, String), u32> = server
        .rows(sql, |row| {
            let right = (DocumentId::from_bytes(row.get(0)?), row.get(1)?);
            Ok((right, row.get(2)?))
        })
        .into_iter()
        .collect();
    for till in world.tills() {
        // Of a till and its copy each has what the other gave up, and who was shut out can't say so any more.
        if till.is_copied.get() || till.revoked.get() {
            continue;
        }
        let sql = "SELECT document, kind, given_up FROM held_right";
        for (document, kind, given_up) in till.ledger().rows(sql, |row| {
            let document = DocumentId::from_bytes(row.get(0)?);
            Ok((document, row.get::<_, String>(1)?, row.get::<_, bool>(2)?))
        }) {
            let name = &till.site.machine.name;
            assert!(
                !given_up,
                "{name} gave up {kind} of {document}, and headquarters was not told"
            );
            let holder = holders.get(&(document, kind.clone())).copied();
            assert_eq!(
                holder,
                Some(till.node.get()),
                "{name} holds {kind} of {document}, and headquarters takes another for the holder"
            );
        }
    }
}

/// A till has all that its store's feed has, and folds it as headquarters does.
fn check_till(till: &Till, server: &Ledger) {
    let name = &till.site.machine.name;
    let file = till.ledger();
    assert_eq!(file.damage(), Vec::<String>::new(), "{name}'s file");
    if till.revoked.get() {
        return;
    }
    let store = till.store.as_str();
    let sql = format!(
        "SELECT entry.hash FROM feed JOIN entry ON entry.number = feed.entry WHERE feed.store = '{store}'"
    );
    let held = file.hashes();
    let feed = server.rows(&sql, |row| row.get(0).map(ChangeHash::from_bytes));
    for hash in feed {
        assert!(
            held.contains(&hash),
            "{name} lacks {hash} of its store's feed"
        );
    }
    let of_store = |stock: BTreeMap<(StoreId, String), i64>| {
        let mut stock = stock;
        stock.retain(|(of, _), amount| *of == till.store && *amount != 0);
        stock
    };
    let at_till = stock(&file, "SELECT store, product, thousandths FROM stock_level");
    let at_headquarters = stock(server, MOVED);
    assert_eq!(
        of_store(at_till),
        of_store(at_headquarters),
        "{name}'s stock"
    );
    let of = format!("WHERE store = '{store}' ORDER BY document");
    for (columns, at_till, at_headquarters) in [
        ("status, total_minor", "order_summary", "order_row"),
        ("'', refunded_minor", "return_summary", "return_row"),
    ] {
        let rows = |file: &Ledger, table: &str| {
            document_rows(
                file,
                &format!("SELECT document, number, {columns} FROM {table} {of}"),
            )
        };
        let (its, theirs) = (rows(&file, at_till), rows(server, at_headquarters));
        assert_eq!(its, theirs, "{name}'s {at_till}");
    }
}

fn document_rows(file: &Ledger, sql: &str) -> Vec<(DocumentId, i64, String, i64)> {
    file.rows(sql, |row| {
        let document = DocumentId::from_bytes(row.get(0)?);
        Ok((document, row.get(1)?, row.get(2)?, row.get(3)?))
    })
}
