//! A sale at the till: the whole of T1, through the handle that a screen has, until it is durable.

use std::time::Duration;

use holdfast_node::{
    clock::SystemClock,
    engine::{Action, Command, Engine, OpenSession},
    handle::{EngineTask, NodeHandle},
    node::{open_store, store_place},
    random::SystemRandom,
    store::TillIdentity,
};
use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    operation::{Author, Role},
    value::MinorUnits,
};

use super::{
    Bench, Goal, Row, Stopwatch, Unit,
    orders::{Book, tenant},
    report::microseconds,
    statistics::Samples,
    yardstick::BareFile,
};

/// Sells, and after each sale inserts the same number of bytes into a bare table, in the same folder.
pub(super) fn measure(bench: &Bench) -> Vec<Row> {
    let sales = bench.size(1_000, 20);
    let folder = bench.scratch();
    let mut bare = BareFile::create(&folder.path().join("bare.sqlite"));
    let mut book = Book::open(node(), store(), [1; 12]);
    book.sell(sales);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let (mut ours, mut yardstick) = (Samples::default(), Samples::default());
    let (task, till) = till(folder.path());
    runtime.spawn(task.run());
    runtime.block_on(async {
        let opened = OpenSession {
            business_date: None,
            float_minor: MinorUnits::new(10_000),
        };
        submit(&till, Action::OpenSession(opened)).await;
        for sold in 1..=sales {
            let sale = book.next_sale();
            ours.add(submit(&till, Action::Sell(sale)).await);
            yardstick.add(bare.insert([&*book.entries()[sold].change]));
        }
    });
    drop(till);
    [50, 99]
        .map(|percent| {
            Row::beside(
                &format!("sale commit at the till, p{percent}"),
                Unit::Microseconds,
                microseconds(ours.percentile(percent)),
                microseconds(yardstick.percentile(percent)),
                Goal::AtMostTimes(1.3),
            )
        })
        .into()
}

fn node() -> NodeNumber {
    NodeNumber::new(1).expect("a node number")
}

fn store() -> StoreId {
    StoreId::new("leeds").expect("a store's code")
}

/// A till on a real file.
fn till(folder: &std::path::Path) -> (EngineTask, NodeHandle) {
    let identity = TillIdentity {
        tenant: tenant(),
        store: store(),
        node: node(),
    };
    let now = holdfast_node::clock::Clock::now(&SystemClock);
    let file = open_store(&store_place(folder), &identity, now).expect("a file");
    let engine = Engine::new(file, &mut SystemRandom).expect("an engine");
    EngineTask::new(engine, Box::new(SystemClock), Box::new(SystemRandom)).expect("a task")
}

async fn submit(till: &NodeHandle, action: Action) -> Duration {
    let by = Author {
        role: Role::Manager,
        user: None,
    };
    let watch = Stopwatch::start();
    let done = till.submit(Command { by, action }).await;
    let elapsed = watch.elapsed();
    done.expect("an example sale is allowed");
    elapsed
}
