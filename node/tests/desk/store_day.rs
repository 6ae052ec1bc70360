//! The manager's evening: sessions, safe, bank.

use holdfast_node::desk::{DeskCommand, StoreSessionState};
use holdfast_schemas::{
    operation::{CashCounted, DenominationCount},
    value::MinorUnits,
};

use crate::shop::{CASHIER, MANAGER, MUG, Shop, counted, reason};

fn minor(amount: i64) -> MinorUnits {
    MinorUnits::new(amount)
}

#[tokio::test]
async fn a_float_is_kept_as_it_was_counted() {
    let shop = Shop::open().await;
    shop.sign_on(CASHIER).await;
    let pieces = |worth, pieces| DenominationCount {
        denomination_minor: minor(worth),
        pieces,
    };
    let float = |counted_minor| CashCounted {
        counted_minor: minor(counted_minor),
        denominations: vec![pieces(1000, 9), pieces(50, 20)],
    };
    let wrong = DeskCommand::OpenSession { float: float(9999) };
    assert_eq!(shop.refused(wrong).await.code(), "count_does_not_add_up");
    shop.tell(DeskCommand::OpenSession {
        float: float(10_000),
    })
    .await;
    let shop = shop.restart().await;
    let view = shop.view();
    let session = view.session.as_ref().expect("open");
    assert_eq!(session.float, [pieces(1000, 9), pieces(50, 20)]);
    shop.sign_on(CASHIER).await;
    let journal = shop.desk.journal(None).await.expect("a journal");
    let names: Vec<&str> = journal.iter().rev().map(|line| line.name).collect();
    assert_eq!(names[..3], ["session_opened", "float_counted", "signed_on"]);
}

#[tokio::test]
async fn the_manager_closes_what_was_left_open_and_counts_the_safe() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    shop.pay_cash(545).await;
    let session = shop.view().session.clone().expect("open").document;
    let force = DeskCommand::ForceClose {
        session,
        reason: reason(),
    };
    assert_eq!(shop.refused(force.clone()).await.code(), "needs_override");
    let needs = shop.desk.store_day(None).await.expect_err("refused");
    assert_eq!(needs.code(), "needs_override");
    let bank = DeskCommand::BankCash {
        amount_minor: minor(5000),
        bag: "4711".parse().ok(),
    };
    assert_eq!(shop.refused(bank.clone()).await.code(), "needs_override");
    shop.tell(DeskCommand::SignOff).await;
    shop.sign_on(MANAGER).await;
    let day = shop.desk.store_day(None).await.expect("a day");
    assert_eq!(day.sessions.len(), 1);
    assert_eq!(day.sessions[0].state, StoreSessionState::Open);
    assert_eq!(day.totals.sales_minor, minor(545));
    shop.tell(force.clone()).await;
    assert_eq!(shop.view().session, None);
    assert_eq!(shop.refused(force).await.code(), "session_closed");
    // No session is open, and the safe is counted all the same.
    shop.tell(bank).await;
    shop.tell(DeskCommand::CountSafe(counted(25_000))).await;
    let day = shop.desk.store_day(None).await.expect("a day");
    assert_eq!(day.sessions[0].state, StoreSessionState::Forced(reason()));
    assert_eq!(day.sessions[0].totals.expected_cash_minor, minor(10_545));
    assert_eq!(day.safe.movements.banked_minor, minor(5000));
    assert_eq!(day.safe.movements.from_tills_minor, minor(10_545));
    assert_eq!(day.safe.counted_minor, Some(minor(25_000)));
    assert_eq!(day.safe.expected_minor, None, "it was never counted before");
    let page = shop.desk.sync_page().await.expect("a page");
    assert_eq!(page.pending.len(), 4, "sale, session, bag and count");
    assert!(page.quarantined.is_empty());
}
