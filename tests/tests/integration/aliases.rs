//! One outside order that was captured at two tills, and two that were taken for one.

use std::fs;

use holdfast_schemas::{identity::DocumentId, order::fold_order};
use holdfast_tests::trade;
use tokio::time::timeout;

use crate::{
    ledger::Ledger,
    shop::{PATIENCE, Shop, leeds},
    till::Till,
};

impl Till {
    /// Sells in the name of an outside order.
    async fn sell_web_order(&self, ledger: &mut Ledger) -> (DocumentId, String) {
        let till = self.handle();
        trade::open_session(&till).await.expect("opened");
        let reference = "web:7".parse().expect("a reference");
        let sold = trade::sell_as(&till, 2, reference).await.expect("sold");
        ledger.add(&self.folder.store, &sold, 2);
        let number = sold.number.expect("an order has a number");
        (sold.document, number.to_string())
    }

    /// Waits until this till knows that an order is one with another, or no longer is.
    async fn sees_alias(&self, order: DocumentId, aliased: bool) {
        let till = self.handle();
        let mut view = till.watch();
        let seen = async {
            loop {
                let document = till.document(order).await.expect("read");
                let is_aliased = document.is_some_and(|document| {
                    !fold_order(order, document.operations()).aliases.is_empty()
                });
                if is_aliased == aliased {
                    return;
                }
                view.changed().await.expect("the engine runs");
            }
        };
        timeout(PATIENCE, seen).await.expect("the till sees it");
    }
}

/// Two tills that took one outside order, and know that they did.
async fn two_tills_with_one_order(
    shop: &Shop,
    ledger: &mut Ledger,
) -> ([Till; 2], [(DocumentId, String); 2]) {
    let first = shop.enrol(leeds(), "first", None).await.start();
    let second = shop.enrol(leeds(), "second", None).await.start();
    let orders = [
        first.sell_web_order(ledger).await,
        second.sell_web_order(ledger).await,
    ];
    for till in [&first, &second] {
        for (order, _) in &orders {
            till.sees_alias(*order, true).await;
        }
    }
    ([first, second], orders)
}

async fn unalias(shop: &Shop, tills: &[Till; 2], orders: &[(DocumentId, String); 2]) {
    let [(_, number), (document, _)] = orders;
    let document = document.to_string();
    let command = [
        "order",
        "unalias",
        number,
        &document,
        "--reason",
        "two-people",
    ];
    let taken_back = shop.command(&command).await;
    assert_eq!(taken_back["written"], 2, "{taken_back:#}");
    for till in tills {
        for (order, _) in orders {
            till.sees_alias(*order, false).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_that_headquarters_takes_back_is_gone_at_every_till() {
    let shop = Shop::open().await;
    let mut ledger = Ledger::default();
    let (tills, orders) = two_tills_with_one_order(&shop, &mut ledger).await;
    let headquarters = shop.headquarters();
    shop.until("/v1/misfits", |misfits| {
        misfits
            .iter()
            .any(|misfit| misfit["name"] == "alias_both_paid")
    })
    .await;
    let canonical = || -> Vec<bool> {
        let orders: Vec<serde_json::Value> = headquarters.list("/v1/orders").expect("orders");
        let mut own = orders.iter().map(|order| order["canonical"] == order["id"]);
        [own.next(), own.next()].into_iter().flatten().collect()
    };
    assert_eq!(
        canonical(),
        [true, false],
        "the earlier one stands for both"
    );

    unalias(&shop, &tills, &orders).await;
    let shown = tills[1]
        .folder
        .command(&["order", "show", &orders[0].1])
        .await;
    let text = shown.to_string();
    assert!(text.contains("order_unaliased"), "{shown:#}");
    shop.until("/v1/orders", |_| canonical() == [true, true])
        .await;
    let again = shop
        .try_command(&[
            "order",
            "unalias",
            &orders[0].1,
            &orders[1].1,
            "--reason",
            "two-people",
        ])
        .await;
    assert!(again.is_err(), "there is nothing left to take back");
    shop.close(tills.into(), &ledger).await;
}

/// What the server decided after the backup comes back from the tills, since the backup has the key that proves it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_machine_is_lost_is_whole_again_from_its_backup_alone() {
    let mut shop = Shop::open().await;
    let mut ledger = Ledger::default();
    let (tills, orders) = two_tills_with_one_order(&shop, &mut ledger).await;
    let backup = shop.path("backup").display().to_string();
    shop.command(&["store", "backup", &backup]).await;
    unalias(&shop, &tills, &orders).await;
    for till in &tills {
        till.sent().await;
    }

    let epoch = tills[0].epoch();
    shop.stop().await;
    fs::remove_dir_all(shop.data_dir()).expect("the machine is lost");
    shop.command(&["store", "restore", &backup]).await;
    shop.start().await;
    for till in &tills {
        till.meets_another_epoch(epoch).await;
    }
    // Two orders again: the goods of both left the stock.
    shop.close(tills.into(), &ledger).await;
}
