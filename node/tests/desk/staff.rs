//! Signing on, and who is made to wait.

use holdfast_node::desk::{Credential, DeskCommand, DeskRefusal, StaffView};
use holdfast_schemas::{
    operation::SignOffCause,
    staff::{FREE_TRIES, Pin},
};

use crate::shop::{CASHIER, MANAGER, MUG, SUPERVISOR, Shop, badge, pin, user};

#[tokio::test]
async fn wrong_tries_are_counted_in_the_file_before_they_are_answered() {
    let shop = Shop::open().await;
    let wrong = || DeskCommand::SignOn(pin((CASHIER.0, "0000")));
    for _ in 0..FREE_TRIES {
        let refusal = shop.refused(wrong()).await;
        assert!(matches!(refusal, DeskRefusal::WrongCredential));
    }
    let right = DeskCommand::SignOn(pin(CASHIER));
    let refusal = shop.refused(right.clone()).await;
    assert!(matches!(refusal, DeskRefusal::TryLater { wait_ms } if wait_ms > 0));
    let shop = shop.restart().await;
    let refusal = shop.refused(right).await;
    assert!(matches!(refusal, DeskRefusal::TryLater { .. }));
    let stranger = Credential::Pin {
        user: user("999"),
        pin: Pin::typed("1234").expect("digits"),
    };
    let refusal = shop.refused(DeskCommand::SignOn(stranger)).await;
    assert!(matches!(refusal, DeskRefusal::WrongCredential));
    shop.sign_on(MANAGER).await;
}

#[tokio::test]
async fn a_locked_till_is_unlocked_by_its_user_and_taken_over_by_a_supervisor() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    let other = DeskCommand::SignOn(pin(MANAGER));
    assert!(matches!(
        shop.refused(other.clone()).await,
        DeskRefusal::SignedOn(_)
    ));
    shop.tell(DeskCommand::Lock(SignOffCause::Locked)).await;
    assert!(matches!(shop.view().staff, StaffView::Locked(_)));
    shop.sign_on(CASHIER).await;
    shop.tell(DeskCommand::Lock(SignOffCause::Idle)).await;
    let with_badge = DeskCommand::SignOn(Credential::Badge(badge()));
    shop.tell(with_badge).await;
    let StaffView::SignedOn(member) = &shop.view().staff else {
        panic!("somebody is signed on");
    };
    assert_eq!(member.user, user(SUPERVISOR.0));
    assert_eq!(shop.view().basket.lines.len(), 1);
    let journal = shop.desk.journal(None).await.expect("a journal");
    let names: Vec<&str> = journal.iter().rev().map(|line| line.name).collect();
    assert_eq!(
        names,
        [
            "session_opened",
            "signed_on",
            "signed_off",
            "signed_on",
            "signed_off",
            "signed_off",
            "signed_on"
        ]
    );
}
