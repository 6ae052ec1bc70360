//! What somebody at a till waits for, as far as it can be measured without a window.

mod shop;

use std::{path::Path, time::Duration};

use holdfast_node::desk::{DeskCommand, DeskDone, DeskHandle};
use holdfast_schemas::value::MinorUnits;

use self::shop::{ORDERS, PRODUCTS, SMALL_ORDERS, SMALL_PRODUCTS, Shop};
use super::{
    Bench, Goal, Row, Subject, Unit,
    child::{Child, Running, resident_kib},
    clock::Stopwatch,
    report::{for_each, microseconds, milliseconds},
    statistics::Samples,
    yardstick::BareFile,
};

/// What `make bench-till` measures.
pub const SUBJECTS: &[Subject] = &[
    Subject {
        name: "start",
        measure: start,
    },
    Subject {
        name: "scan",
        measure: scan,
    },
    Subject {
        name: "cash",
        measure: cash,
    },
    Subject {
        name: "day",
        measure: day,
    },
];

/// How many products one sale has.
const SALE_SCANS: usize = 3;
/// What the desk may take of the goal for a painted line.
const SCAN_MS_MAX: f64 = 5.0;
/// The goal for a sale screen that can be used.
const START_MS_MAX: f64 = 1_000.0;
/// What nobody notices.
const SALE_MS_MAX: f64 = 50.0;
/// The goal after a long day.
const MEMORY_MIB_MAX: f64 = 80.0;
/// About how many bytes a sale of three lines has as a change.
const SALE_BYTES: usize = 1_024;

/// From the start of a process until the desk shows its first state.
fn start(bench: &Bench) -> Vec<Row> {
    let folder = shop::large(bench);
    let started: Samples = (0..bench.size(7, 1))
        .map(|_| {
            let watch = Stopwatch::start();
            let child = Running::start(Child::OpenShop, &folder);
            let elapsed = watch.elapsed();
            child.stop();
            elapsed
        })
        .collect();
    vec![Row::alone(
        &format!("start until the desk shows its state, {}", sizes(bench)),
        Unit::Milliseconds,
        milliseconds(started.median()),
        START_MS_MAX,
    )]
}

fn sizes(bench: &Bench) -> String {
    let products = bench.size(PRODUCTS, SMALL_PRODUCTS);
    let orders = bench.size(ORDERS, SMALL_ORDERS);
    format!("{products} products and {orders} orders in the file")
}

/// From a scanned code until the desk shows its line, durably.
fn scan(bench: &Bench) -> Vec<Row> {
    let folder = shop::large(bench);
    let products = bench.size(PRODUCTS, SMALL_PRODUCTS);
    let scanned = runtime().block_on(async {
        let shop = Shop::start(&folder);
        shop.sign_on().await;
        let mut scanned = Samples::default();
        for sale in 0..bench.size(200, 2) {
            for scan in 0..SALE_SCANS {
                // Far apart, so that each is on a page of its own.
                let product = (sale * SALE_SCANS + scan) * 7_919 % products;
                scanned.add(timed(&shop.desk, shop::scan(product)).await);
            }
            pay(&shop.desk).await;
        }
        shop.stop().await;
        scanned
    });
    [50, 95]
        .map(|percent| {
            Row::alone(
                &format!(
                    "scan until it is in the basket, {}, p{percent}",
                    sizes(bench)
                ),
                Unit::Milliseconds,
                milliseconds(scanned.percentile(percent)),
                SCAN_MS_MAX,
            )
        })
        .into()
}

/// From the cash that pays the rest until the sale is durable, its receipt queued, and all of it shown.
fn cash(bench: &Bench) -> Vec<Row> {
    let folder = bench.scratch();
    shop::make(folder.path(), SMALL_PRODUCTS, 0);
    let mut bare = BareFile::create(&folder.path().join("bare.sqlite"));
    let (paid, inserted) = runtime().block_on(async {
        let shop = Shop::start(folder.path());
        shop.sign_on().await;
        let (mut paid, mut inserted) = (Samples::default(), Samples::default());
        for _ in 0..bench.size(500, 5) {
            basket(&shop.desk).await;
            paid.add(pay(&shop.desk).await);
            inserted.add(bare.insert([[0; SALE_BYTES].as_slice()]));
        }
        shop.stop().await;
        (paid, inserted)
    });
    [50, 99]
        .map(|percent| {
            Row::beside(
                &format!("cash until a sale of 3 lines is durable, beside 1 KiB in a bare insert, p{percent}"),
                Unit::Milliseconds,
                milliseconds(paid.percentile(percent)),
                milliseconds(inserted.percentile(percent)),
                Goal::AtMost(SALE_MS_MAX),
            )
        })
        .into()
}

/// A long day: whether a sale, and the memory, stay what they were.
fn day(bench: &Bench) -> Vec<Row> {
    let folder = bench.scratch();
    shop::make(folder.path(), SMALL_PRODUCTS, 0);
    let child = Running::start(bench.size(Child::LongDay, Child::ShortDay), folder.path());
    let said = child.said.clone();
    child.stop();
    let figures: Vec<u64> = said
        .split(' ')
        .map(|figure| figure.parse().expect("a number"))
        .collect();
    let [early_kib, late_kib, early_us, late_us] = figures[..] else {
        panic!("four figures, not {said}");
    };
    let mebibytes = |kib| for_each(kib, 1_024);
    vec![
        Row::alone(
            "memory of the till after 10,000 sales",
            Unit::Mebibytes,
            mebibytes(late_kib),
            MEMORY_MIB_MAX,
        ),
        Row::beside(
            "memory of the till after 10,000 sales, beside that after 1,000",
            Unit::Mebibytes,
            mebibytes(late_kib),
            mebibytes(early_kib),
            Goal::AtMostTimes(1.1),
        ),
        Row::beside(
            "a sale at the end of 10,000 of one session, beside one at the beginning",
            Unit::Microseconds,
            for_each(late_us, 1),
            for_each(early_us, 1),
            Goal::AtMostTimes(1.25),
        ),
    ]
}

/// Opens the shop in this folder, as far as the desk's first state.
pub(super) fn open(folder: &Path, ready: impl FnOnce()) {
    runtime().block_on(async {
        let shop = Shop::start(folder);
        drop(shop.desk.watch().latest());
        ready();
        shop.stop().await;
    });
}

/// Sells so many baskets. Resident KiB after a tenth of them and after all; the median microseconds of the first and of
/// the last hundredth.
pub(super) fn sell(folder: &Path, sales: usize) -> String {
    let (memory, times) = runtime().block_on(async {
        let shop = Shop::start(folder);
        shop.sign_on().await;
        let (mut memory, mut times) = (Vec::new(), Vec::new());
        for sold in 1..=sales {
            basket(&shop.desk).await;
            times.push(pay(&shop.desk).await);
            if sold == sales / 10 || sold == sales {
                memory.push(resident_kib(std::process::id()));
            }
        }
        shop.stop().await;
        (memory, times)
    });
    let part = sales.div_ceil(100);
    let median = |times: &[Duration]| {
        let samples: Samples = times.iter().copied().collect();
        microseconds(samples.median()).round()
    };
    let (early, late) = (median(&times[..part]), median(&times[sales - part..]));
    format!("{} {} {early} {late}", memory[0], memory[1])
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

async fn timed(desk: &DeskHandle, command: DeskCommand) -> Duration {
    let watch = Stopwatch::start();
    let done = desk.tell(command).await;
    let elapsed = watch.elapsed();
    done.expect("nothing forbids it");
    elapsed
}

async fn basket(desk: &DeskHandle) {
    for product in 0..SALE_SCANS {
        timed(desk, shop::scan(product)).await;
    }
}

/// Pays the basket with more cash than is due.
async fn pay(desk: &DeskHandle) -> Duration {
    let due = desk.watch().latest().tendering.due_in_cash_minor;
    let tendered_minor = due.saturating_plus(MinorUnits::new(100));
    let watch = Stopwatch::start();
    let done = desk.tell(DeskCommand::TakeCash { tendered_minor }).await;
    let elapsed = watch.elapsed();
    assert!(matches!(done, Ok(DeskDone::Sold(_))), "{done:?}");
    elapsed
}
