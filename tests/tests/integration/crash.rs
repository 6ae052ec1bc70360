//! Ends that nobody planned, and one that somebody did: what was acknowledged stays, and comes once.

use std::{path::Path, process::Stdio, time::Duration};

use holdfast_node::store::StoreError;
use holdfast_schemas::{identity::DocumentId, value::MinorUnits};
use holdfast_server::store::{LogStore, sqlite::SqliteStore};
use holdfast_tests::relay::Relay;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    task::{JoinSet, yield_now},
    time::timeout,
};

use crate::{
    ledger::Ledger,
    shop::{PATIENCE, Shop, leeds, york},
    till::Till,
};

/// How many sales each till makes while it goes wrong.
const SALES: u32 = 60;
/// How much passes on the lines before it does: some frames, and most likely half a one.
const BYTES_BEFORE: u64 = 20_000;
/// How long the server may take to end in order.
const SERVER_STOP_TIME_MAX: Duration = Duration::from_secs(10);

/// Two tills in Leeds and one in York, on one line.
async fn tills(shop: &Shop, line: &Relay) -> Vec<Till> {
    let mut tills = Vec::new();
    for (store, name) in [(leeds(), "one"), (leeds(), "two"), (york(), "three")] {
        let folder = shop.enrol(store, name, Some(line.address())).await;
        tills.push(folder.start());
    }
    for till in &tills {
        till.online().await;
    }
    tills
}

/// Lets every till trade in a task of its own.
fn trade_all(tills: Vec<Till>) -> JoinSet<(Till, Ledger)> {
    let mut trading = JoinSet::new();
    for till in tills {
        trading.spawn(async move {
            let mut ledger = Ledger::default();
            till.trade(SALES, &mut ledger).await;
            (till, ledger)
        });
    }
    trading
}

async fn traded(trading: JoinSet<(Till, Ledger)>, ledger: &mut Ledger) -> Vec<Till> {
    let mut tills = Vec::new();
    for (till, traded) in trading.join_all().await {
        ledger.absorb(traded);
        tills.push(till);
    }
    tills
}

async fn busy(line: &Relay) {
    let before = line.bytes();
    let busy = async {
        while line.bytes() < before + BYTES_BEFORE {
            yield_now().await;
        }
    };
    timeout(PATIENCE, busy).await.expect("the tills push");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_while_tills_push_loses_nothing_and_counts_nothing_twice() {
    let mut shop = Shop::open().await;
    let line = Relay::open(shop.sync()).await.expect("a line");
    let mut tills = tills(&shop, &line).await;
    let mut ledger = Ledger::default();
    for _ in 0..3 {
        let trading = trade_all(tills);
        busy(&line).await;
        shop.kill().await;
        shop.start().await;
        tills = traded(trading, &mut ledger).await;
        for till in &tills {
            till.sent().await;
        }
    }
    shop.close(tills, &ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_under_load_ends_soon_and_keeps_all_that_it_acknowledged() {
    let mut shop = Shop::open().await;
    let line = Relay::open(shop.sync()).await.expect("a line");
    let trading = trade_all(tills(&shop, &line).await);
    busy(&line).await;
    let stopped = timeout(SERVER_STOP_TIME_MAX, shop.stop()).await;
    stopped.expect("the server ends soon");

    let mut ledger = Ledger::default();
    let tills = traded(trading, &mut ledger).await;
    let server = SqliteStore::open_beside(&shop.data_dir().join("holdfast-server.sqlite"));
    let server = server.expect("the server's file");
    for till in &tills {
        let logs = till.handle().query(|file| file.own_logs(8)).await;
        for log in logs.expect("read") {
            let durable = server.log_head(log.head.log).expect("read");
            let durable = durable.map_or(0, |head| head.position.get());
            assert!(log.acknowledged.get() <= durable, "{log:?}");
        }
    }
    drop(server);
    shop.start().await;
    shop.close(tills, &ledger).await;
}

/// Runs a till that sells until it has answered so often, kills it, and gives what it had answered.
async fn sell_and_kill(folder: &Path, answers: usize) -> Vec<(DocumentId, MinorUnits)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_trading-till"))
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the till runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut answered = Vec::new();
    let mut killed = false;
    // After the kill, what is still in the pipe was answered as well.
    while let Some(line) = timeout(PATIENCE, lines.next_line())
        .await
        .expect("it goes on selling")
        .expect("text")
    {
        let receipt: Value = serde_json::from_str(&line).expect("a receipt");
        let document = serde_json::from_value(receipt["document"].clone()).expect("an id");
        let amount = serde_json::from_value(receipt["amount"]["minor"].clone()).expect("money");
        answered.push((document, amount));
        if answered.len() >= answers && !killed {
            child.start_kill().expect("killed");
            killed = true;
        }
    }
    child.wait().await.expect("it is gone");
    answered
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_is_killed_while_it_sells_has_all_that_it_answered_and_sends_it_once() {
    let shop = Shop::open().await;
    let folder = shop.enrol(leeds(), "till", None).await;
    let mut answered = Vec::new();
    for answers in [1, 40, 90, 25] {
        answered.extend(sell_and_kill(&folder.path, answers).await);
    }
    let till = folder.start();
    till.sent().await;
    // A sale that was written but not answered counts as well: it is in the file.
    let handle = till.handle();
    let in_file = handle.query(|file| {
        let orders = file.orders_before(None, usize::MAX)?;
        let totals = orders
            .iter()
            .map(|order| (order.document, order.total_minor));
        Ok::<_, StoreError>(totals.collect())
    });
    let mut ledger = Ledger {
        orders: in_file.await.expect("read"),
        ..Ledger::default()
    };
    for (document, amount) in &answered {
        assert_eq!(ledger.orders.get(document), Some(amount), "{document}");
    }
    assert!(
        ledger.orders.len() <= answered.len() + 4,
        "one a kill at most"
    );
    shop.shows_orders(&ledger.orders).await;
    ledger.stock = Ledger::shown(&shop.headquarters()).stock;
    shop.close(vec![till], &ledger).await;
}
