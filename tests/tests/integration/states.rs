//! The states that `docs/repairs.md` tells people about, each brought about, seen by its commands, and mended by them.

use std::fs;

use holdfast_node::{
    engine::SubmitError,
    enrol::{renewal_request, validity},
    exit_code,
    handle::CallError,
    node::Surroundings,
    random::SeededRandom,
};
use holdfast_schemas::{identity::TenantId, sync::till::Link, wire::enrol::Der};
use holdfast_server::{
    clock::{Clock, SystemClock},
    pki::{CertificateSerial, PkiFolder, TillRequest, TillSubject},
    random,
};
use holdfast_tests::{process::ProgramError, relay::Relay, trade};

use crate::{
    ledger::Ledger,
    shop::{Shop, leeds, york},
    till::TillFolder,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What failed, and what it said.
fn failure<T: std::fmt::Debug>(answer: Result<T, ProgramError>) -> (Option<i32>, String) {
    match answer {
        Err(ProgramError::Failed { status, stderr, .. }) => (status.code(), stderr),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_with_two_histories_is_frozen_on_both_sides_and_a_new_one_takes_its_place() {
    let mut shop = Shop::open().await;
    let line = Relay::open(shop.sync()).await.expect("a line");
    let folder = shop.enrol(leeds(), "till", Some(line.address())).await;
    let twin = folder.copy(shop.path("twin"));
    // A machine that is copied while it runs: both go on with what was in memory, and so with one log.
    let one_machine = || Surroundings {
        random: Box::new(SeededRandom::new(7)),
        ..Surroundings::of_machine().expect("a socket")
    };
    let original = folder.start_in(one_machine());
    let mut ledger = Ledger::default();
    original.trade(2, &mut ledger).await;
    original.sent().await;
    let original = original.stop().await;

    line.cut();
    let twin = twin.start_in(one_machine());
    let mut apart = Ledger::default();
    twin.trade(3, &mut apart).await;
    line.join();
    twin.link(|link| matches!(link, Link::Frozen(_))).await;
    let refused = trade::sell(&twin.handle(), 1).await;
    assert!(
        matches!(refused, Err(CallError::Engine(SubmitError::Frozen { .. }))),
        "{refused:?}"
    );
    // Nor does it sell after a new start.
    let twin = twin.stop().await.start();
    let refused = trade::sell(&twin.handle(), 1).await;
    assert!(refused.is_err(), "{refused:?}");
    let twin = twin.stop().await;
    twin.is_in_trouble("frozen").await;
    shop.until("/v1/tills", |tills| tills[0]["frozen_at"].is_string())
        .await;
    let listed = shop.command_text(&["till", "list"]).await;
    assert!(listed.contains("frozen"), "{listed}");

    // What it sold apart can't come in at places that are taken; headquarters has it, to be looked at.
    let file = shop.path("unsent").display().to_string();
    let exported = twin.command(&["store", "export", &file]).await;
    assert_eq!(exported["entries"], 5, "a session, three sales, a return");
    let (code, said) = failure(shop.try_command(&["till", "import", &file]).await);
    assert_eq!(
        code,
        Some(i32::from(holdfast_server::exit_code::INPUT_REFUSED)),
        "{said}"
    );
    shop.until("/v1/quarantine", |aside| {
        aside.len() == 5 && aside.iter().all(|entry| entry["reason"] == "forked")
    })
    .await;

    // One of the two goes on once somebody has looked; the other one makes a new start.
    let number = original.number().to_string();
    shop.command(&["till", "unfreeze", &number, "--reason", "disk-copied"])
        .await;
    let original = original.start();
    let fresh = shop.enrol(leeds(), "fresh", None).await.start();
    for till in [&original, &fresh] {
        till.trade(2, &mut ledger).await;
        till.sent().await;
    }
    shop.shows(&ledger).await;
    for till in [original, fresh] {
        let folder = till.stop().await;
        let checked = folder.command(&["store", "check"]).await;
        assert_eq!(checked["findings"], serde_json::json!([]));
    }
    shop.stop().await;
    let checked = shop.command(&["store", "check"]).await;
    assert_eq!(checked["sound"], true, "{checked:#}");
}

/// A till that was switched off for longer than its certificate is good for: the server signs it one of long ago.
fn let_certificate_expire(shop: &Shop, folder: &TillFolder) {
    let identity = folder.identity();
    let mut enrolment = identity.enrolment().expect("enrolled");
    let authority = PkiFolder::of(&shop.data_dir())
        .authority(TenantId::new("example").expect("a tenant"))
        .expect("the authority");
    let request = renewal_request(&identity).expect("a request");
    let request = TillRequest::parse(request.as_bytes()).expect("a request");
    let subject = TillSubject {
        store: enrolment.enrolled.store.clone(),
        node: enrolment.enrolled.node,
    };
    let now = SystemClock::default().now();
    let long_ago = now.plus_milliseconds(-60 * DAY_MS);
    let serial = CertificateSerial(random::bytes());
    let signed = authority
        .issue_till(&request, &subject, long_ago, serial)
        .expect("signed");
    enrolment.enrolled.certificates[0] = Der::new(signed.to_vec()).expect("short");
    assert!(validity(&enrolment.enrolled).expect("a validity").until < now);
    identity.keep(&enrolment).expect("kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_whose_certificate_expired_sells_on_and_what_it_sold_comes_in_by_a_file() {
    let shop = Shop::open().await;
    let till = shop.enrol(leeds(), "till", None).await.start();
    let mut ledger = Ledger::default();
    till.trade(2, &mut ledger).await;
    till.sent().await;
    let folder = till.stop().await;
    let_certificate_expire(&shop, &folder);

    let till = folder.start();
    till.trade(3, &mut ledger).await;
    for _ in 0..2 {
        till.link(|link| matches!(link, Link::Waiting { .. })).await;
        till.link(|link| *link == Link::Connecting).await;
    }
    till.folder.is_in_trouble("certificate_expired").await;
    assert_eq!(till.unsent(), 4, "three sales and a return");
    // A new start changes nothing, and the shop is open.
    let till = till.stop().await.start();
    till.trade(1, &mut ledger).await;
    assert_eq!(till.unsent(), 6);

    let folder = till.stop().await;
    let file = shop.path("unsent").display().to_string();
    folder.command(&["store", "export", &file]).await;
    let imported = shop.command(&["till", "import", &file]).await;
    assert_eq!(
        (&imported["added"], &imported["quarantined"]),
        (&6.into(), &0.into())
    );
    shop.shows(&ledger).await;
    let fresh = shop.enrol(leeds(), "fresh", None).await.start();
    fresh.trade(1, &mut ledger).await;
    shop.close(vec![fresh], &ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_till_is_refused_and_left_as_it_is() {
    let (ours, theirs) = (Shop::open().await, Shop::open_for("other").await);
    let till = ours.enrol(leeds(), "till", None).await.start();
    let mut ledger = Ledger::default();
    till.trade(2, &mut ledger).await;
    let folder = till.stop().await;
    let file = |folder: &TillFolder| folder.path.join("till.sqlite");
    let bytes = fs::read(file(&folder)).expect("its file");

    let of_another_store = ours.enrol(york(), "york", None).await;
    let of_another_company = theirs.enrol(leeds(), "till", None).await;
    for other in [of_another_store, of_another_company] {
        fs::write(file(&other), &bytes).expect("copied");
        let (code, said) = failure(other.try_command(&["run"]).await);
        assert_eq!(code, Some(i32::from(exit_code::STORE)), "{said}");
        assert!(said.contains("belongs to till"), "{said}");
        let there = fs::read(file(&other)).expect("still there");
        assert!(there == bytes, "it is left as it is");
        // With a file of its own it is a till.
        fs::remove_file(file(&other)).expect("removed");
        let other = other.start();
        other.online().await;
        other.stop().await;
    }
    let till = folder.start();
    till.trade(1, &mut ledger).await;
    ours.close(vec![till], &ledger).await;
}
