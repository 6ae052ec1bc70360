//! What a cashier can not get around: prices, limits, voids, and what was said of the customer before.

use holdfast_node::desk::{CustomerDetails, DeskCommand, DeskDone, ScanDone};
use holdfast_schemas::{
    basket::{BasketCommand, ManualDiscountValue},
    customer::ContactText,
    identity::{CustomerId, Sku},
    operation::LineNumber,
    staff::PersonName,
    value::MinorUnits,
};

use crate::shop::{CASHIER, MANAGER, MUG, Shop, cash, pin, reason, scan};

fn first() -> LineNumber {
    LineNumber::new(1).expect("a line")
}

fn discount() -> DeskCommand {
    DeskCommand::Basket(BasketCommand::DiscountBasket {
        code: "example".parse().expect("a code"),
        value: ManualDiscountValue::Percent("10".parse().expect("a rate")),
    })
}

#[tokio::test]
async fn a_keyed_price_does_not_sell_a_mug_for_a_penny() {
    let shop = Shop::open().await;
    shop.begin().await;
    let keyed = |sku: &str, price: &str| DeskCommand::Add {
        product: Sku::new(sku).expect("a stock code"),
        quantity: None,
        unit_price: Some(price.parse().expect("a price")),
        discontinued_accepted: false,
    };
    assert_eq!(
        shop.refused(keyed("MUG-1", "0.01")).await.code(),
        "keyed_price"
    );
    assert!(shop.view().basket.lines.is_empty());
    shop.tell(keyed("GIFT", "7.50")).await;
    assert_eq!(shop.view().basket.total_minor, MinorUnits::new(750));
}

#[tokio::test]
async fn the_next_customer_gets_nothing_of_the_one_before() {
    let shop = Shop::open().await;
    shop.begin().await;
    let customer = CustomerId::new("C-1").ok();
    shop.scan(MUG).await;
    shop.tell(DeskCommand::SetCustomer(customer.clone())).await;
    shop.tell(discount()).await;
    let off = BasketCommand::RemoveLine { line: first() };
    shop.tell(DeskCommand::Basket(off)).await;
    shop.scan(MUG).await;
    let view = shop.view();
    let basket = &view.basket;
    assert_eq!((basket.discounts, basket.customer.clone()), (0, None));
    assert_eq!(basket.total_minor, MinorUnits::new(545));
    shop.pay_cash(545).await;
    // Nor does who signs on next.
    shop.tell(DeskCommand::SetCustomer(customer)).await;
    shop.tell(DeskCommand::SignOff).await;
    shop.sign_on(MANAGER).await;
    assert_eq!(shop.view().basket.customer, None);
}

#[tokio::test]
async fn a_basket_that_is_taken_up_has_its_customer_and_its_limits() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    shop.tell(DeskCommand::SetCustomer(CustomerId::new("C-1").ok()))
        .await;
    shop.tell(discount()).await;
    for _ in 0..2 {
        let DeskDone::Suspended { order } = shop.tell(DeskCommand::Suspend).await else {
            panic!("put aside");
        };
        assert_eq!(shop.view().basket.customer, None);
        shop.tell(DeskCommand::Resume { order }).await;
        let view = shop.view();
        let basket = &view.basket;
        assert_eq!(basket.customer, CustomerId::new("C-1").ok());
        assert_eq!(
            (basket.discounts, basket.total_minor),
            (1, MinorUnits::new(491))
        );
        assert_eq!(shop.refused(discount()).await.code(), "needs_override");
    }
}

#[tokio::test]
async fn a_gift_receipt_or_copy_is_only_of_what_was_paid() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    let DeskDone::Suspended { order } = shop.tell(DeskCommand::Suspend).await else {
        panic!("put aside");
    };
    for command in [
        DeskCommand::PrintGiftReceipt {
            document: Some(order),
        },
        DeskCommand::Reprint {
            document: Some(order),
        },
    ] {
        assert_eq!(shop.refused(command).await.code(), "nothing_to_print");
    }
    shop.tell(DeskCommand::Resume { order }).await;
    let sold = shop.pay_cash(545).await.document;
    shop.tell(DeskCommand::PrintGiftReceipt {
        document: Some(sold),
    })
    .await;
}

#[tokio::test]
async fn a_customer_is_made_found_attached_and_erased() {
    let shop = Shop::open().await;
    shop.begin().await;
    let details = CustomerDetails {
        called: PersonName::new("Zo\u{eb} Example").expect("a name"),
        email: ContactText::new("zoe@example.com").ok(),
        phone: ContactText::new("01632 960 001").ok(),
    };
    let keep = |customer| DeskCommand::KeepCustomer {
        customer,
        details: details.clone(),
    };
    let kept = shop.tell(keep(None)).await;
    let DeskDone::Scanned(ScanDone::Customer(number)) = kept else {
        panic!("kept");
    };
    assert_eq!(shop.view().basket.customer.as_ref(), Some(&number));
    assert!(number.as_str().starts_with("12-"), "{number}");
    for words in ["zoe", "ex zo", "ZOE@EXAMPLE", "0163 2960", number.as_str()] {
        let found = shop.desk.find_customers(words.into()).await.expect("found");
        assert_eq!(found.len(), 1, "{words}");
        assert_eq!(found[0].customer, number);
    }
    let nobody = shop.desk.find_customers("ada".into()).await.expect("read");
    assert!(nobody.is_empty());
    shop.tell(DeskCommand::SetCustomer(None)).await;
    shop.tell(DeskCommand::SetCustomer(Some(number.clone())))
        .await;
    shop.scan(MUG).await;
    let called = shop.view().basket.customer_called.clone();
    assert_eq!(called.expect("a name").as_str(), "Zo\u{eb} Example");
    let sold = shop.pay_cash(545).await;
    let orders = shop.desk.orders_of_customer(number.clone(), 10).await;
    assert_eq!(orders.expect("read")[0].document, sold.document);

    let erase = DeskCommand::EraseCustomer {
        customer: number.clone(),
    };
    assert_eq!(shop.refused(erase.clone()).await.code(), "needs_override");
    let overridden = DeskCommand::Overridden {
        command: Box::new(erase),
        credential: pin(MANAGER),
        reason: reason(),
    };
    shop.tell(overridden).await;
    assert_eq!(
        shop.desk.customer(number.clone()).await.expect("read"),
        None
    );
    assert_eq!(
        shop.refused(keep(Some(number.clone()))).await.code(),
        "no_such_customer"
    );
    let orders = shop
        .desk
        .orders_of_customer(number, 10)
        .await
        .expect("read");
    assert_eq!(orders.len(), 1, "the order keeps the number");
    let file = shop.settings.data_dir.value.join("till.sqlite");
    shop.restart().await.sign_on(CASHIER).await;
    let bytes = std::fs::read(file).unwrap_or_default();
    let needle = b"zoe@example";
    assert!(!bytes.windows(needle.len()).any(|part| part == needle));
}

#[tokio::test]
async fn nothing_of_the_shop_is_shown_to_nobody() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    let sold = shop.pay_cash(545).await;
    shop.tell(DeskCommand::SignOff).await;
    let desk = &shop.desk;
    let codes = [
        desk.receipt(sold.document).await.map(|_| ()),
        desk.orders_before(None, 1).await.map(|_| ()),
        desk.sessions(1).await.map(|_| ()),
        desk.journal(None).await.map(|_| ()),
        desk.find_customers("a".into()).await.map(|_| ()),
        desk.sync_page().await.map(|_| ()),
        desk.store_day(None).await.map(|_| ()),
    ];
    for code in codes {
        assert_eq!(code.expect_err("refused").code(), "nobody_signed_on");
    }
    assert_eq!(shop.refused(scan(MUG)).await.code(), "nobody_signed_on");
    assert_eq!(shop.refused(cash(1)).await.code(), "nobody_signed_on");
}
