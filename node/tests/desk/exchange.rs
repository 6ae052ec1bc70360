//! Goods back and goods out in one go.

use holdfast_node::desk::{
    BlindReturn, BlindReturnLine, DeskCommand, DeskDone, DocumentFigures, ExchangeGoods,
    VerifiedReturn,
};
use holdfast_schemas::{
    exchange::EXCHANGE_KIND,
    identity::{DocumentId, Sku},
    operation::{BlindReason, Disposition, LineNumber, TenderKind},
    return_::VerifiedLine,
    value::{MinorUnits, Quantity},
};

use crate::shop::{CASHIER, MANAGER, MUG, SUPERVISOR, Shop, counted, pin, reason};

fn mug_of(order: DocumentId) -> VerifiedReturn {
    VerifiedReturn {
        order,
        lines: vec![VerifiedLine {
            line: LineNumber::new(1).expect("a line"),
            quantity: Quantity::pieces(1).expect("one"),
            reason: reason(),
            disposition: Disposition::Restock,
        }],
    }
}

fn exchange(order: DocumentId) -> DeskCommand {
    DeskCommand::BeginExchange(ExchangeGoods::Verified(mug_of(order)))
}

/// The sale of an exchange, and the return that was written with it.
async fn both(shop: &Shop, done: DeskDone) -> (DocumentFigures, DocumentFigures) {
    let DeskDone::Sold(sold) = done else {
        panic!("an exchange");
    };
    let returned = shop
        .desk
        .receipt(sold.exchanged.expect("an exchange"))
        .await;
    (sold, returned.expect("read"))
}

async fn sold_mug(shop: &Shop) -> DocumentId {
    shop.scan(MUG).await;
    shop.pay_cash(545).await.document
}

#[tokio::test]
async fn a_dearer_mug_is_paid_with_the_old_one_and_the_difference() {
    let shop = Shop::open().await;
    shop.begin().await;
    let order = sold_mug(&shop).await;
    shop.tell(exchange(order)).await;
    shop.scan("MUG-2").await;
    let view = shop.view();
    let exchange = view.exchange.clone().expect("under way");
    assert_eq!(exchange.worth_minor, MinorUnits::new(545));
    assert_eq!(view.tendering.due_minor, MinorUnits::new(50));
    // The power may go in the middle of it.
    let shop = shop.restart().await;
    shop.sign_on(CASHIER).await;
    assert_eq!(shop.view().exchange, Some(exchange));
    let paid = DeskCommand::TakeCash {
        tendered_minor: MinorUnits::new(100),
    };
    let (sold, returned) = both(&shop, shop.tell(paid).await).await;
    assert_eq!(sold.change_minor, MinorUnits::new(50));
    assert_eq!(returned.total_minor, MinorUnits::new(545));
    assert_ne!(sold.number, returned.number);
    assert_eq!(returned.receipt.expect("a number").to_string(), "12-000002");
    assert_eq!(sold.receipt.expect("a number").to_string(), "12-000003");
    assert_eq!(shop.view().exchange, None);
    // What was exchanged is gone for good.
    let again = DeskCommand::Return(mug_of(order));
    assert_eq!(shop.refused(again).await.code(), "more_than_left");
    balanced(&shop, 10_595).await;
}

#[tokio::test]
async fn an_even_exchange_moves_no_money_and_a_cheaper_one_gives_back_the_difference() {
    let shop = Shop::open().await;
    shop.begin().await;
    let order = sold_mug(&shop).await;
    shop.scan(MUG).await;
    shop.tell(exchange(order)).await;
    assert_eq!(shop.view().tendering.due_minor, MinorUnits::ZERO);
    let (sold, _) = both(&shop, shop.tell(DeskCommand::Finish).await).await;
    // And that one again, for tea.
    shop.tell(exchange(sold.document)).await;
    let other = exchange(order);
    assert_eq!(shop.refused(other).await.code(), "exchange_open");
    shop.scan("TEA").await;
    let view = shop.view();
    let exchange = view.exchange.as_ref().expect("under way");
    assert_eq!(exchange.refund_minor, MinorUnits::new(295));
    let aside = shop.refused(DeskCommand::Suspend).await;
    assert_eq!(aside.code(), "exchange_open");
    both(&shop, shop.tell(DeskCommand::Finish).await).await;
    balanced(&shop, 10_250).await;
}

#[tokio::test]
async fn an_exchange_that_comes_to_nothing_leaves_nothing() {
    let shop = Shop::open().await;
    shop.begin().await;
    let order = sold_mug(&shop).await;
    shop.tell(exchange(order)).await;
    shop.tell(DeskCommand::EndExchange).await;
    assert_eq!(shop.view().exchange, None);
    // Nothing is chosen instead: it is a return.
    shop.tell(exchange(order)).await;
    let DeskDone::Returned(back) = shop.tell(DeskCommand::Finish).await else {
        panic!("a return");
    };
    assert_eq!(back.total_minor, MinorUnits::new(545));
    balanced(&shop, 10_000).await;
}

#[tokio::test]
async fn a_blind_return_over_its_policy_is_somebody_elses_to_allow() {
    let shop = Shop::open().await;
    shop.begin().await;
    let blind = |pieces, price: Option<&str>| BlindReturn {
        because: BlindReason::NotFound,
        lines: vec![BlindReturnLine {
            product: Sku::new("MUG-1").expect("a stock code"),
            quantity: Quantity::pieces(pieces).expect("some"),
            unit_price: price.map(|price| price.parse().expect("a price")),
            reason: reason(),
            disposition: Disposition::Damaged,
        }],
        refund: TenderKind::Cash,
    };
    // Within the cap, at the price list's price or less.
    shop.tell(DeskCommand::BlindReturn(blind(1, None))).await;
    shop.tell(DeskCommand::BlindReturn(blind(1, Some("5"))))
        .await;
    for over in [blind(10, None), blind(1, Some("5.46"))] {
        let over = DeskCommand::BlindReturn(over);
        assert_eq!(shop.refused(over.clone()).await.code(), "needs_override");
        let overridden = DeskCommand::Overridden {
            command: Box::new(over),
            credential: pin(SUPERVISOR),
            reason: reason(),
        };
        shop.tell(overridden).await;
    }
    let exchange = DeskCommand::BeginExchange(ExchangeGoods::Blind(blind(1, None)));
    shop.tell(exchange).await;
    shop.scan(MUG).await;
    both(&shop, shop.tell(DeskCommand::Finish).await).await;
    balanced(&shop, 10_000 - 545 - 500 - 5450 - 546).await;
}

/// The drawer holds what it should, and says so at the close.
async fn balanced(shop: &Shop, drawer: i64) {
    shop.tell(DeskCommand::CountCash(counted(drawer))).await;
    let session = shop.view().session.clone().expect("open").document;
    let close = DeskCommand::CloseSession {
        over_short_reason: None,
    };
    shop.tell(close).await;
    shop.tell(DeskCommand::SignOff).await;
    shop.sign_on(MANAGER).await;
    let figures = shop.desk.figures(Some(session)).await.expect("figures");
    let exchanged = figures.totals.tenders.iter();
    let exchanged = exchanged.filter(|tender| tender.kind == EXCHANGE_KIND);
    for tender in exchanged {
        assert_eq!(tender.taken_minor, tender.refunded_minor);
    }
}
