//! Signing on, and who is made to wait.

use holdfast_node::desk::{Credential, DeskCommand, DeskRefusal, StaffView};
use holdfast_schemas::{
    operation::SignOffCause,
    reference::ReferenceRecord,
    staff::{FREE_TRIES, Pin},
};

use crate::shop::{
    CASHIER, MANAGER, MUG, SUPERVISOR, Shop, badge, counted, page, pin, reason, user,
};

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

async fn journal(shop: &Shop) -> Vec<(String, &'static str)> {
    let journal = shop.desk.journal(None).await.expect("a journal");
    let lines = journal.iter().rev();
    let by = |by: &Option<holdfast_schemas::identity::UserId>| {
        by.as_ref().map_or_else(String::new, ToString::to_string)
    };
    lines.map(|line| (by(&line.by), line.name)).collect()
}

#[tokio::test]
async fn whom_headquarters_removed_makes_room_for_the_next() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.scan(MUG).await;
    let user = user(CASHIER.0);
    let gone = page(1, &[ReferenceRecord::UserRemoved { user }]);
    let node = shop.desk.node();
    let applied = node.engine(move |engine, _| engine.apply_reference_page(&gone));
    applied.await.expect("applied");
    assert!(matches!(shop.view().staff, StaffView::Nobody));
    assert_eq!(
        shop.refused(DeskCommand::SignOff).await.code(),
        "nobody_signed_on"
    );
    let again = DeskCommand::SignOn(pin(CASHIER));
    assert_eq!(shop.refused(again).await.code(), "wrong_credential");
    shop.sign_on(SUPERVISOR).await;
    assert_eq!(shop.view().basket.lines.len(), 1);
    let written = journal(&shop).await;
    let expected = [("7", "signed_off"), ("7", "signed_on")];
    let expected = expected.map(|(by, name)| (by.to_owned(), name));
    assert_eq!(written[written.len() - 2..], expected);
    shop.pay_cash(545).await;
}

/// Who was at the till is the till's own story; what they practised is thrown away.
#[tokio::test]
async fn who_signs_on_while_the_till_trains_is_in_its_own_journal() {
    let shop = Shop::open().await;
    shop.begin().await;
    shop.tell(DeskCommand::SignOff).await;
    shop.sign_on(SUPERVISOR).await;
    shop.tell(DeskCommand::SetTraining(true)).await;
    let float = counted(1);
    shop.tell(DeskCommand::OpenSession { float }).await;
    shop.tell(DeskCommand::OpenDrawer { reason: reason() })
        .await;
    shop.tell(DeskCommand::SignOff).await;
    shop.sign_on(CASHIER).await;
    let off = DeskCommand::Overridden {
        command: Box::new(DeskCommand::SetTraining(false)),
        credential: pin(SUPERVISOR),
        reason: reason(),
    };
    shop.tell(off).await;
    let written = journal(&shop).await;
    let expected = [
        ("101", "session_opened"),
        ("101", "signed_on"),
        ("101", "signed_off"),
        ("7", "signed_on"),
        ("7", "signed_off"),
        ("101", "signed_on"),
        ("101", "override_granted"),
    ];
    assert_eq!(written, expected.map(|(by, name)| (by.to_owned(), name)));
}
