//! Old backups, on both sides, and a disk that was copied: what was forgotten comes back, and comes once.

use std::{collections::BTreeSet, fs};

use holdfast_node::{
    clock::{Clock, SystemClock},
    node::Surroundings,
};
use holdfast_schemas::{identity::StoreId, sync::till::Link, time::Timestamp};
use holdfast_tests::relay::Relay;
use serde_json::Value;

use crate::{
    enrolment::is_revoked,
    ledger::Ledger,
    shop::{Shop, leeds, york},
    till::TillFolder,
};

/// A clock that stands still.
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// To bring a backup back takes a person a minute. (Order numbers hold the second in which they were made: a copy that
/// sells in the same second as the disk that it was made of gives numbers again.)
struct AMinuteLater;

impl Clock for AMinuteLater {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_milliseconds(60_000)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_restored_from_an_old_backup_gets_everything_back_from_the_tills() {
    let mut shop = Shop::open().await;
    let dying = shop.enrol(leeds(), "dying", None).await.start();
    let near = shop.enrol(leeds(), "near", None).await.start();
    let far = shop.enrol(york(), "far", None).await.start();
    let mut ledger = Ledger::default();
    for till in [&dying, &near, &far] {
        till.trade(2, &mut ledger).await;
        till.sent().await;
    }
    let epoch = near.epoch();
    let backup = shop.path("backup").display().to_string();
    shop.command(&["store", "backup", &backup]).await;

    let mut of_the_dead = Ledger::default();
    dying.trade(3, &mut of_the_dead).await;
    dying.sent().await;
    near.trade(3, &mut ledger).await;
    far.trade(3, &mut ledger).await;
    near.holds(&of_the_dead.ids()).await;
    ledger.absorb(of_the_dead);
    let dead = dying.stop().await;
    fs::remove_dir_all(dead.path).expect("removed");
    near.sent().await;
    far.sent().await;
    shop.shows(&ledger).await;

    shop.stop().await;
    shop.command(&["store", "restore", &backup]).await;
    shop.start().await;
    near.meets_another_epoch(epoch).await;
    shop.shows(&ledger).await;
    near.trade(1, &mut ledger).await;
    shop.close(vec![near, far], &ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_restored_from_an_old_backup_lets_nobody_in_who_was_shut_out_since() {
    let mut shop = Shop::open().await;
    let known = shop.enrol(leeds(), "known", None).await;
    let code = shop.code(&leeds()).await;
    shop.command(&["key", "create", "lost", "--scope", "orders"])
        .await;
    let backup = shop.path("backup").display().to_string();
    shop.command(&["store", "backup", &backup]).await;

    let later = shop.enrol(york(), "later", None).await;
    let hull = StoreId::new("hull").expect("a store's code");
    shop.command(&["store", "add", "hull"]).await;
    let elsewhere = shop.enrol(hull, "elsewhere", None).await;
    for till in [&known, &later, &elsewhere] {
        let number = till.number().to_string();
        shop.command(&["till", "revoke", &number]).await;
    }
    shop.command(&["key", "revoke", "lost"]).await;
    shop.stop().await;
    let restored = shop.command(&["store", "restore", &backup]).await;
    assert_eq!(
        restored["revoked_tills"],
        serde_json::json!([known.number(), later.number(), elsewhere.number()])
    );
    assert_eq!(restored["revoked_keys"], serde_json::json!(["lost"]));
    shop.start().await;
    // The backup does not have this store; with it, its tills would come in again.
    let added = shop.command(&["store", "add", "hull"]).await;
    assert_eq!(
        added["revoked_tills"],
        serde_json::json!([elsewhere.number()])
    );

    for till in [known, later, elsewhere] {
        let till = till.start();
        till.link(is_revoked).await;
        till.stop().await;
    }
    let keys = shop.command(&["key", "list"]).await;
    let lost = keys["keys"].as_array().expect("a list").iter();
    let mut lost = lost.filter(|key| key["id"] == "lost");
    assert!(lost.next().expect("it is listed")["revoked_at"].is_string());
    // A code that may have been used since is void.
    let stranger = TillFolder::make(leeds(), shop.path("stranger")).await;
    let refused = stranger.enrol(shop.sync(), &code).await;
    let refused = refused.expect_err("refused").to_string();
    assert!(refused.contains("expired"), "{refused}");
    shop.close(Vec::new(), &Ledger::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_restored_from_an_old_copy_that_trades_first_loses_and_doubles_nothing() {
    let shop = Shop::open().await;
    let line = Relay::open(shop.sync()).await.expect("a line");
    let till = shop
        .enrol(leeds(), "till", Some(line.address()))
        .await
        .start();
    let mut ledger = Ledger::default();
    let mut receipts = till.trade(2, &mut ledger).await;
    let backup = shop.path("backup").display().to_string();
    till.folder.command(&["store", "backup", &backup]).await;
    receipts.extend(till.trade(3, &mut ledger).await);
    till.sent().await;

    let folder = till.stop().await;
    folder
        .command(&["store", "restore", "--replace", &backup])
        .await;
    line.cut();
    let till = folder.start_in(Surroundings {
        clock: Box::new(AMinuteLater),
        ..Surroundings::of_machine().expect("a socket")
    });
    receipts.extend(till.trade(4, &mut ledger).await);
    let numbers: BTreeSet<_> = receipts.iter().map(|receipt| receipt.number).collect();
    assert_eq!(numbers.len(), receipts.len(), "no number is given twice");

    line.join();
    till.sent().await;
    till.holds(&ledger.ids()).await;
    shop.close(vec![till], &ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_whose_disk_was_copied_is_flagged_and_its_clashing_numbers_are_mended() {
    let shop = Shop::open().await;
    let line = Relay::open(shop.sync()).await.expect("a line");
    let till = shop.enrol(leeds(), "till", Some(line.address())).await;
    let till = till.start();
    let mut ledger = Ledger::default();
    till.trade(2, &mut ledger).await;
    till.sent().await;
    let original = till.stop().await;
    let clone = original.copy(shop.path("clone"));

    // By clocks that stand still, and without hearing of each other, both give the same numbers to different orders.
    let now = SystemClock.now();
    let stopped = || Surroundings {
        clock: Box::new(Stopped(now)),
        ..Surroundings::of_machine().expect("a socket")
    };
    let original = original.start_in(stopped());
    original.online().await;
    shop.until("/v1/tills", |tills| tills[0]["cloned_at"].is_null())
        .await;
    let clone = clone.start_in(stopped());
    clone.online().await;
    line.cut();
    for till in [&original, &clone] {
        till.trade(3, &mut ledger).await;
    }
    line.join();
    for till in [&original, &clone] {
        till.sent().await;
        till.trade(1, &mut ledger).await;
        till.sent().await;
    }
    shop.until("/v1/tills", |tills| tills[0]["cloned_at"].is_string())
        .await;
    let listed = shop.command(&["till", "list"]).await;
    assert!(listed["tills"][0]["cloned_at"].is_string(), "{listed:#}");
    let listed = shop.command_text(&["till", "list"]).await;
    assert!(listed.contains("cloned"), "{listed}");
    original.holds(&ledger.ids()).await;
    clone.holds(&ledger.ids()).await;
    let headquarters = shop.headquarters();
    shop.until("/v1/returns", |returns| {
        let orders: Vec<Value> = headquarters.list("/v1/orders").expect("orders");
        let documents = orders.iter().chain(returns);
        let numbers: BTreeSet<_> = documents
            .clone()
            .map(|document| document["number"].as_str())
            .collect();
        documents.count() == ledger.documents() && numbers.len() == ledger.documents()
    })
    .await;
    let tills = vec![original, clone];
    shop.close_with_misfits(tills, &ledger, &["number_clash"])
        .await;
}

/// Nobody has to do anything: its certificate is of this server's own authority, and its number one that the restore
/// skipped. Where its store is not there either, the till says what to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_enrolled_after_the_backup_is_taken_in_again_with_all_its_sales() {
    let mut shop = Shop::open().await;
    let old = shop.enrol(leeds(), "old", None).await.start();
    old.online().await;
    let epoch = old.epoch();
    let backup = shop.path("backup").display().to_string();
    shop.command(&["store", "backup", &backup]).await;
    let hull = StoreId::new("hull").expect("a store's code");
    shop.command(&["store", "add", "hull"]).await;
    let mut ledger = Ledger::default();
    let new = shop.enrol(york(), "new", None).await.start();
    let stray = shop.enrol(hull, "stray", None).await.start();
    for till in [&new, &stray] {
        till.trade(2, &mut ledger).await;
        till.sent().await;
    }

    shop.stop().await;
    shop.command(&["store", "restore", &backup]).await;
    shop.start().await;
    old.meets_another_epoch(epoch).await;
    new.meets_another_epoch(epoch).await;
    new.trade(1, &mut ledger).await;
    stray
        .link(|link| matches!(link, Link::Refused { .. }))
        .await;
    stray.folder.is_in_trouble("not_enrolled").await;
    let stray = stray.stop().await;
    shop.command(&["store", "add", "hull"]).await;
    let stray = stray.start();
    shop.close(vec![old, new, stray], &ledger).await;
}
