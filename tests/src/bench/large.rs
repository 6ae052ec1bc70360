//! A till's file after years of trade: how long it takes to open, and how much memory the till then needs.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use holdfast_node::{
    clock::{Clock, SystemClock},
    engine::{Engine, NodeView},
    node::{open_store, store_place},
    random::SystemRandom,
    store::TillIdentity,
};
use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    wire::{FeedPage, FeedPosition, limits::FRAME_CHANGES_MAX},
};

use super::{
    Bench, Row, Unit,
    child::{Child, Running, resident_kib},
    clock,
    orders::{Book, tenant},
    report::{for_each, milliseconds},
    statistics::Samples,
};

/// How many orders are sold before they are taken into the file.
const BATCH_ORDERS: usize = 16 * FRAME_CHANGES_MAX;
/// The goals.
const MEMORY_MIB_MAX: f64 = 60.0;
const OPEN_MS_MAX: f64 = 500.0;

/// A process of its own opens the file as a till does when it starts, and sells nothing.
pub(super) fn measure(bench: &Bench) -> Vec<Row> {
    let orders = bench.size(1_000_000, 500);
    let folder = file_with(bench, orders);
    let mut opened = Samples::default();
    let mut resident = Vec::new();
    for _ in 0..bench.size(5, 1) {
        let child = Running::start(Child::OpenTill, &folder);
        let microseconds = child.said.parse().expect("a number");
        opened.add(Duration::from_micros(microseconds));
        resident.push(resident_kib(child.id()));
        child.stop();
    }
    resident.sort_unstable();
    vec![
        Row::alone(
            "node with 1,000,000 orders in its file: memory",
            Unit::Mebibytes,
            for_each(resident[resident.len() / 2], 1024),
            MEMORY_MIB_MAX,
        ),
        Row::alone(
            "node with 1,000,000 orders in its file: open",
            Unit::Milliseconds,
            milliseconds(opened.median()),
            OPEN_MS_MAX,
        ),
    ]
}

/// The file, made where it is not kept from an earlier run: a till's own log as the server gives it back to an empty
/// disk, page by page through the engine.
fn file_with(bench: &Bench, orders: usize) -> PathBuf {
    let folder = bench.kept().join(format!("till-{orders}"));
    if folder.is_dir() && engine(&folder).view().is_ok() {
        return folder;
    }
    drop(fs::remove_dir_all(&folder));
    let making = folder.with_extension("new");
    drop(fs::remove_dir_all(&making));
    fs::create_dir(&making).expect("a new folder");
    fill(&mut engine(&making), orders);
    fs::rename(&making, &folder).expect("renamed");
    folder
}

pub(super) fn fill(engine: &mut Engine, orders: usize) {
    let till = identity();
    let mut book = Book::open(till.node, till.store, [5; 12]);
    let (mut through, mut left) = (0_u64, orders);
    while left > 0 {
        let batch = left.min(BATCH_ORDERS);
        book.sell(batch);
        left -= batch;
        for entries in book.take_entries().chunks(FRAME_CHANGES_MAX) {
            let after = FeedPosition::new(through);
            through += entries.len() as u64;
            let page = FeedPage {
                after,
                through: FeedPosition::new(through),
                end: FeedPosition::new(through),
                entries: entries.to_vec(),
                heads: Vec::new(),
            };
            engine
                .apply_feed_page(&page, SystemClock.now())
                .expect("taken");
        }
    }
}

pub(super) fn identity() -> TillIdentity {
    TillIdentity {
        tenant: tenant(),
        store: StoreId::new("leeds").expect("a store's code"),
        node: NodeNumber::new(1).expect("a node number"),
    }
}

pub(super) fn engine(folder: &Path) -> Engine {
    let file = open_store(&store_place(folder), &identity(), SystemClock.now()).expect("a file");
    Engine::new(file, &mut SystemRandom).expect("an engine")
}

/// An open till.
pub(super) struct Opened {
    _engine: Engine,
    _view: NodeView,
    elapsed: Duration,
}

impl Opened {
    /// How long it took, in microseconds.
    pub(super) fn elapsed_us(&self) -> u128 {
        self.elapsed.as_micros()
    }
}

/// Opens a till's file, as far as its first view.
pub(super) fn open(folder: &Path) -> Opened {
    assert!(store_place(folder).path().is_file(), "there is a file");
    let (elapsed, (engine, view)) = clock::time(|| {
        let engine = engine(folder);
        let view = engine.view().expect("read");
        (engine, view)
    });
    Opened {
        _engine: engine,
        _view: view,
        elapsed,
    }
}
