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
    let far = shop.enrol(leeds(), "far", Some(line.address())).await;
    let near = shop.enrol(leeds(), "near", None).await;
    let elsewhere = shop.enrol(york(), "elsewhere", None).await;
    let (far, near, elsewhere) = (far.start(), near.start(), elsewhere.start());
    let (mut in_leeds, mut in_york) = (Ledger::default(), Ledger::default());
    for till in [&far, &near, &elsewhere] {
        till.online().await;
    }
    far.trade(2, &mut in_leeds).await;
    far.sent().await;
    shop.shows(&in_leeds).await;

    line.cut();
    let mut unseen = Ledger::default();
    far.trade(5, &mut unseen).await;
    assert_eq!(far.unsent(), 6, "five sales and a return");
    near.trade(3, &mut in_leeds).await;
    near.sent().await;
    shop.shows(&in_leeds).await;
    for document in unseen.ids() {
        assert!(near.document_is_missing(document).await);
    }

    line.join();
    far.sent().await;
    in_leeds.absorb(unseen);
    for till in [&far, &near] {
        till.holds(&in_leeds.ids()).await;
    }
    elsewhere.trade(2, &mut in_york).await;
    for document in in_leeds.ids() {
        assert!(
            elsewhere.document_is_missing(document).await,
            "another store has nothing to do with it"
        );
    }
    in_leeds.absorb(in_york);
    shop.close(vec![far, near, elsewhere], &in_leeds).await;
}
