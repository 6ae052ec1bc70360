//! A store whose line is cut goes on trading; once the line is whole, headquarters and the other tills have it all.

use holdfast_tests::relay::Relay;

use crate::{
    ledger::Ledger,
    shop::{Shop, leeds, york},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_traded_without_a_line_is_everywhere_once_it_is_whole() {
    let shop = Shop::open().await;
    let line = Relay::open(shop.sync()).await.expect("a line");
    let far = shop
        .enrol(leeds(), "far", Some(line.address()))
        .await
        .start();
    let near = shop.enrol(leeds(), "near", None).await.start();
    let elsewhere = shop.enrol(york(), "elsewhere", None).await.start();
    let mut ledger = Ledger::default();
    for till in [&far, &near, &elsewhere] {
        till.online().await;
        till.trade(2, &mut ledger).await;
        till.sent().await;
    }
    shop.shows(&ledger).await;

    line.cut();
    let mut unseen = Ledger::default();
    far.trade(5, &mut unseen).await;
    assert_eq!(far.unsent(), 6, "five sales and a return");
    near.trade(3, &mut ledger).await;
    near.sent().await;
    shop.shows(&ledger).await;
    for document in unseen.ids() {
        assert!(near.document_is_missing(document).await);
    }

    line.join();
    far.sent().await;
    near.holds(&unseen.ids()).await;
    ledger.absorb(unseen.clone());
    far.holds(&near_ids(&ledger, &elsewhere).await).await;
    for document in unseen.ids() {
        assert!(
            elsewhere.document_is_missing(document).await,
            "another store has nothing to do with it"
        );
    }
    shop.close(vec![far, near, elsewhere], &ledger).await;
}

/// What the tills of the other store do not hold.
async fn near_ids(
    ledger: &Ledger,
    elsewhere: &crate::till::Till,
) -> Vec<holdfast_schemas::identity::DocumentId> {
    let mut ids = Vec::new();
    for document in ledger.ids() {
        if elsewhere.document_is_missing(document).await {
            ids.push(document);
        }
    }
    ids
}
