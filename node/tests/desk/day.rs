//! A day at the till, from the morning's float to the Z report.

use holdfast_node::desk::{
    DeskCommand, DeskDone, DeskRefusal, ProductSearch, ReceiptKey, ReturnLookUp, ScanDone,
    StaffView, VerifiedReturn,
};
use holdfast_schemas::{
    basket::BasketCommand,
    identity::UserId,
    operation::{Disposition, DocumentKind, LineNumber, TenderKind},
    refusal::Refusal,
    return_::VerifiedLine,
    value::{MinorUnits, Quantity},
};

use crate::shop::{MANAGER, MUG, SUPERVISOR, Shop, cash, counted, pin, reason, scan};

fn minor(amount: i64) -> MinorUnits {
    MinorUnits::new(amount)
}

#[tokio::test]
async fn three_scans_and_one_note_are_a_sale() {
    let shop = Shop::open().await;
    assert!(matches!(
        shop.refused(scan(MUG)).await,
        DeskRefusal::NobodySignedOn
    ));
    shop.begin().await;
    shop.scan(MUG).await;
    shop.scan(MUG).await;
    shop.scan("TEA").await;
    let view = shop.view();
    assert_eq!(view.basket.total_minor, minor(1340));
    assert_eq!(view.basket.lines.len(), 2);
    assert_eq!(view.tendering.suggested_cash_minor[0], minor(1340));
    let sold = shop.pay_cash(2000).await;
    assert_eq!(
        (sold.total_minor, sold.change_minor),
        (minor(1340), minor(660))
    );
    assert_eq!(sold.receipt.expect("a number").to_string(), "12-000001");
    let view = shop.view();
    assert!(view.basket.lines.is_empty());
    assert_eq!(view.last.as_deref(), Some(&sold));
    shop.scan(MUG).await;
    assert_eq!(shop.view().last, None);
    let next = shop.pay_cash(545).await;
    assert_eq!(next.receipt.expect("a number").to_string(), "12-000002");
}

#[tokio::test]
async fn a_restart_gives_back_what_was_shown() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    shop.scan("TEA").await;
    let note = BasketCommand::RemoveLine {
        line: LineNumber::new(1).expect("a line"),
    };
    shop.tell(DeskCommand::Basket(note)).await;
    shop.tell(DeskCommand::Basket(BasketCommand::Undo)).await;
    shop.tell(cash(300)).await;
    let before = shop.view();
    let shop = shop.restart().await;
    let after = shop.view();
    assert_eq!(after.basket.lines, before.basket.lines);
    assert_eq!(after.basket.total_minor, before.basket.total_minor);
    assert_eq!(after.tendering, before.tendering);
    assert_eq!(after.tendering.due_minor, minor(495));
    assert_eq!(after.session, before.session);
    assert!(matches!(after.staff, StaffView::Locked(_)));
    assert!(matches!(
        shop.refused(cash(500)).await,
        DeskRefusal::Locked(_)
    ));
    shop.sign_on(crate::shop::CASHIER).await;
    let sold = shop.pay_cash(495).await;
    assert_eq!(sold.total_minor, minor(795));
    let shop = shop.restart().await;
    assert_eq!(shop.view().last.as_deref(), Some(&sold));
}

#[tokio::test]
async fn money_that_is_held_keeps_the_basket_as_it_is() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    shop.tell(cash(100)).await;
    assert!(matches!(
        shop.refused(scan("TEA")).await,
        DeskRefusal::TendersHeld { .. }
    ));
    let back = DeskCommand::VoidTender { place: 0 };
    let needs = shop.refused(DeskCommand::SignOff).await;
    assert!(matches!(needs, DeskRefusal::BasketNotEmpty));
    shop.tell(back).await;
    shop.scan("TEA").await;
    let voucher = DeskCommand::TakeTender {
        kind: TenderKind::Voucher,
        amount_minor: minor(100),
    };
    assert!(matches!(
        shop.refused(voucher).await,
        DeskRefusal::TenderNotTaken(TenderKind::Voucher)
    ));
    let card = DeskCommand::PayByCard { amount_minor: None };
    assert!(matches!(shop.refused(card).await, DeskRefusal::NoTerminal));
    shop.tell(DeskCommand::VoidBasket { reason: reason() })
        .await;
    assert!(shop.view().basket.lines.is_empty());
}

#[tokio::test]
async fn goods_come_back_to_the_penny_and_the_drawer_agrees_at_the_close() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    shop.scan(MUG).await;
    let sold = shop.pay_cash(1090).await;
    let number = sold.number.expect("a number");
    let ScanDone::Receipt(found) = shop.scan(&number.to_string()).await else {
        panic!("a receipt");
    };
    let by_receipt = shop
        .desk
        .look_up(ReceiptKey::Receipt(sold.receipt.expect("a number")))
        .await;
    assert_eq!(
        by_receipt.expect("read"),
        ReturnLookUp::Found(found.clone())
    );
    let line = VerifiedLine {
        line: LineNumber::new(1).expect("a line"),
        quantity: Quantity::pieces(1).expect("one"),
        reason: reason(),
        disposition: Disposition::Restock,
    };
    let back = DeskCommand::Return(VerifiedReturn {
        order: found.order,
        lines: vec![line],
    });
    let DeskDone::Returned(returned) = shop.tell(back.clone()).await else {
        panic!("a return");
    };
    assert_eq!(returned.kind, DocumentKind::Return);
    assert_eq!(returned.total_minor, minor(545));
    assert_eq!(returned.receipt.expect("a number").to_string(), "12-000002");
    shop.tell(back.clone()).await;
    assert_eq!(shop.refused(back).await.code(), "more_than_left");

    shop.tell(DeskCommand::CountCash(counted(9_000))).await;
    let close = |over_short_reason| DeskCommand::CloseSession { over_short_reason };
    let short = shop.refused(close(None)).await;
    assert!(matches!(
        short,
        DeskRefusal::Document(Refusal::OverShortReason { over_short }) if over_short.minor == minor(-1000)
    ));
    shop.tell(DeskCommand::CountCash(counted(10_000))).await;
    let session = shop.view().session.clone().expect("open").document;
    shop.tell(close(None)).await;
    assert_eq!(shop.view().session, None);
    let needs = shop.desk.figures(Some(session)).await.expect_err("refused");
    assert!(matches!(needs, DeskRefusal::NeedsOverride { .. }));
    shop.tell(DeskCommand::SignOff).await;
    shop.sign_on(MANAGER).await;
    let figures = shop.desk.figures(Some(session)).await.expect("figures");
    assert!(figures.closed);
    assert_eq!((figures.totals.orders, figures.totals.returns), (1, 2));
    assert_eq!(figures.totals.expected_cash_minor, minor(10_000));
    assert!(figures.text.contains("Z REPORT") || figures.text.contains("Z report"));
}

#[tokio::test]
async fn an_override_is_for_one_command_and_names_both_in_the_journal() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    let cheaper = DeskCommand::Basket(BasketCommand::OverridePrice {
        line: LineNumber::new(1).expect("a line"),
        unit_price: "5".parse().expect("a price"),
        reason: reason(),
    });
    assert_eq!(shop.refused(cheaper.clone()).await.code(), "needs_override");
    let overridden = |credential| DeskCommand::Overridden {
        command: Box::new(cheaper.clone()),
        credential,
        reason: reason(),
    };
    let own = overridden(pin(crate::shop::CASHIER));
    assert_eq!(shop.refused(own).await.code(), "override_refused");
    let wrong = overridden(pin((SUPERVISOR.0, "0000")));
    assert_eq!(shop.refused(wrong).await.code(), "wrong_credential");
    assert_eq!(shop.view().basket.total_minor, minor(545));
    shop.tell(overridden(pin(SUPERVISOR))).await;
    assert_eq!(shop.view().basket.total_minor, minor(500));
    let journal = shop.desk.journal(None).await.expect("a journal");
    let granted = journal
        .iter()
        .find(|line| line.name == "override_granted")
        .expect("written down");
    assert_eq!(granted.by.as_ref().map(UserId::as_str), Some("101"));
    assert_eq!(granted.granted_by.as_ref().map(UserId::as_str), Some("7"));
    let sold = shop.pay_cash(500).await;
    assert_eq!(sold.total_minor, minor(500));
}

#[tokio::test]
async fn a_search_finds_beginnings_of_words_in_any_order_and_goes_on_by_pages() {
    let shop = Shop::open().await;
    let search = |words: &str, after, products_max| {
        shop.desk.search_products(ProductSearch {
            words: words.into(),
            after,
            products_max,
        })
    };
    let names = |page: &holdfast_node::desk::ProductPage| -> Vec<String> {
        let skus = page.products.iter().map(|product| product.sku.to_string());
        skus.collect()
    };
    for (words, found) in [
        ("mu ena", &["MUG-1", "MUG-2"][..]),
        ("MUG-2", &["MUG-2"]),
        ("creme", &["TEA"]),
        ("चाय हिं", &["CHAI"]),
        ("40063813", &["MUG-1"]),
        ("e", &["MUG-1", "MUG-2"]),
        ("\"; DROP", &[]),
        ("", &[]),
    ] {
        let page = search(words, None, 10).await.expect("a page");
        assert_eq!(names(&page), found, "{words}");
        assert_eq!(page.next, None);
    }
    let first = search("mug", None, 1).await.expect("a page");
    assert_eq!(names(&first), ["MUG-1"]);
    let second = search("mug", first.next, 1).await.expect("a page");
    assert_eq!(names(&second), ["MUG-2"]);
    assert_eq!(second.next, None);
    let check = shop.desk.price_check(MUG.into()).await.expect("a price");
    assert_eq!(check.price_minor, minor(545));
}

#[tokio::test]
async fn training_leaves_no_trace_in_the_tills_own_file() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    let sold = shop.pay_cash(545).await;
    let before = shop.view();
    let train = DeskCommand::SetTraining(true);
    assert_eq!(shop.refused(train.clone()).await.code(), "needs_override");
    let overridden = DeskCommand::Overridden {
        command: Box::new(train),
        credential: pin(SUPERVISOR),
        reason: reason(),
    };
    shop.tell(overridden).await;
    let view = shop.view();
    assert!(view.training && view.session.is_none());
    let float = counted(1);
    shop.tell(DeskCommand::OpenSession { float }).await;
    shop.scan("TEA").await;
    let shop = shop.restart().await;
    let view = shop.view();
    assert!(view.training);
    assert_eq!(view.basket.total_minor, minor(250));
    shop.sign_on(crate::shop::CASHIER).await;
    let practised = shop.pay_cash(250).await;
    assert!(practised.text.contains("TRAINING"), "{}", practised.text);
    shop.tell(DeskCommand::SignOff).await;
    shop.sign_on(SUPERVISOR).await;
    shop.tell(DeskCommand::SetTraining(false)).await;
    let after = shop.view();
    assert!(!after.training);
    assert_eq!(after.session, before.session);
    let orders = shop.desk.orders_before(None, 10).await.expect("orders");
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].document, sold.document);
    let left = shop.settings.data_dir.value.join("till.sqlite-training");
    assert!(!left.exists());
}
