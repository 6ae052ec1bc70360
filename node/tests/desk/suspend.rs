//! Putting a basket aside and taking it up, at one till.

use holdfast_node::desk::{DeskCommand, DeskDone};
use holdfast_schemas::value::MinorUnits;

use crate::shop::{CASHIER, MUG, Shop};

#[tokio::test]
async fn a_basket_that_was_put_aside_is_taken_up_once() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    shop.scan("TEA").await;
    let DeskDone::Suspended { order } = shop.tell(DeskCommand::Suspend).await else {
        panic!("put aside");
    };
    let view = shop.view();
    assert!(view.basket.lines.is_empty());
    assert_eq!(view.suspended.len(), 1);
    assert_eq!(view.suspended[0].total_minor, MinorUnits::new(795));
    let shop = shop.restart().await;
    shop.sign_on(CASHIER).await;
    shop.tell(DeskCommand::Resume { order }).await;
    let view = shop.view();
    assert_eq!(view.basket.total_minor, MinorUnits::new(795));
    assert!(view.suspended.is_empty());
    let shop = shop.restart().await;
    assert_eq!(shop.view().basket.total_minor, MinorUnits::new(795));
    shop.sign_on(CASHIER).await;
    shop.pay_cash(795).await;
    let again = shop.refused(DeskCommand::Resume { order }).await;
    assert_eq!(again.code(), "right_not_reachable");
}
