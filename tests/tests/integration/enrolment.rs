//! Who is let in, and who is shut out: codes, revocation, and servers of somebody else.

use holdfast_node::{
    exit_code,
    node::Surroundings,
    settings::{Environment, Flags, Settings},
};
use holdfast_schemas::{
    identity::TenantId,
    sync::till::Link,
    wire::{
        Refuse,
        enrol::{CodeSecret, EnrolCode},
    },
};
use holdfast_server::{
    clock::{Clock, SystemClock},
    enrol::make_code,
    pki::PkiFolder,
    random,
    store::sqlite::SqliteStore,
};
use holdfast_tests::process::ProgramError;

use crate::{
    ledger::Ledger,
    shop::{Shop, leeds},
    till::TillFolder,
};

const HOUR_MS: i64 = 60 * 60 * 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_is_revoked_is_cut_off_and_what_it_had_not_sent_comes_in_by_a_file() {
    let shop = Shop::open().await;
    let till = shop.enrol(leeds(), "till", None).await.start();
    let mut ledger = Ledger::default();
    till.online().await;
    till.trade(2, &mut ledger).await;
    till.sent().await;

    let number = till.folder.number().to_string();
    shop.command(&["till", "revoke", &number]).await;
    till.link(is_revoked).await;
    let sent = ledger.clone();
    // It still sells: the shop is open, whoever was right.
    till.trade(3, &mut ledger).await;
    assert_eq!(till.unsent(), 4);

    // Nor does it come in again by starting anew.
    let till = till.stop().await.start();
    till.link(is_revoked).await;
    assert_eq!(till.unsent(), 4);
    shop.shows(&sent).await;

    let folder = till.stop().await;
    folder.is_in_trouble("revoked").await;
    let file = shop.path("unsent").display().to_string();
    let exported = folder.command(&["store", "export", &file]).await;
    assert_eq!(exported["entries"], 4);
    let imported = shop.command(&["till", "import", &file]).await;
    assert_eq!(
        (&imported["added"], &imported["quarantined"]),
        (&4.into(), &0.into())
    );
    shop.shows(&ledger).await;
    let again = shop.command(&["till", "import", &file]).await;
    assert_eq!(again["added"], 0);
    shop.close(Vec::new(), &ledger).await;
}

pub(crate) fn is_revoked(link: &Link) -> bool {
    matches!(
        link,
        Link::Refused {
            reason: Refuse::Revoked,
            ..
        }
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_used_unknown_or_expired_lets_no_till_in() {
    let shop = Shop::open().await;
    let used = shop.code(&leeds()).await;
    let first = TillFolder::make(leeds(), shop.path("first")).await;
    first.enrol(shop.sync(), &used).await.expect("enrolled");

    let authority = PkiFolder::of(&shop.data_dir())
        .authority(TenantId::new("example").expect("a tenant"))
        .expect("the authority");
    let unknown = EnrolCode {
        secret: CodeSecret::from_bytes([9; 16]),
        ca: authority.fingerprint(),
    };
    let store = SqliteStore::open_beside(&shop.data_dir().join("holdfast-server.sqlite"));
    let expired = make_code(
        &store.expect("the server's file"),
        &authority,
        leeds(),
        CodeSecret::from_bytes(random::bytes()),
        SystemClock::default().now().plus_milliseconds(-2 * HOUR_MS),
        HOUR_MS,
    );

    let second = TillFolder::make(leeds(), shop.path("second")).await;
    let codes = [
        used,
        unknown.to_string(),
        expired.expect("made").to_string(),
    ];
    for (code, why) in codes.iter().zip(["used", "not known", "expired"]) {
        let refused = second.enrol(shop.sync(), code).await;
        assert_refused(&refused.map(drop), exit_code::NOT_TRUSTED, why);
        let run = second.try_command(&["run"]).await;
        assert_refused(&run.map(drop), exit_code::NOT_ENROLLED, "not enrolled");
    }
    let enrolled = second.enrol(shop.sync(), &shop.code(&leeds()).await).await;
    enrolled.expect("a good code, after all");
    shop.until("/v1/tills", |tills| tills.len() == 2).await;
}

fn assert_refused(answer: &Result<(), ProgramError>, code: u8, why: &str) {
    let Err(ProgramError::Failed { status, stderr, .. }) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(status.code(), Some(code.into()), "{stderr}");
    assert!(stderr.contains(why), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_and_a_server_of_another_company_have_nothing_to_say_to_each_other() {
    let (ours, theirs) = (Shop::open().await, Shop::open().await);
    let folder = ours.enrol(leeds(), "till", None).await;
    let mut ledger = Ledger::default();

    // Both companies even go by the same name: what counts is who signed.
    let flags = Flags {
        data_dir: Some(folder.path.clone()),
        server_address: Some(theirs.sync().to_string().parse().expect("an address")),
        ..Flags::default()
    };
    let settings = Settings::resolve(flags, &Environment::default()).expect("settings");
    let surroundings = Surroundings::of_machine().expect("a socket");
    let till = folder.start_with(&settings, surroundings);
    till.trade(2, &mut ledger).await;
    for _ in 0..2 {
        till.link(|link| matches!(link, Link::Waiting { .. })).await;
        till.link(|link| *link == Link::Connecting).await;
    }
    assert_eq!(till.unsent(), 4, "a session, two sales and a return");
    till.folder.is_in_trouble("server_not_trusted").await;
    theirs.shows(&Ledger::default()).await;
    theirs.until("/v1/tills", <[_]>::is_empty).await;

    let code = theirs.code(&leeds()).await;
    let stray = TillFolder::make(leeds(), ours.path("stray")).await;
    let refused = stray.enrol(ours.sync(), &code).await;
    assert_refused(&refused.map(drop), exit_code::NOT_TRUSTED, "trust");

    let till = till.stop().await.start();
    till.sent().await;
    let status = till.folder.command(&["sync", "status"]).await;
    assert!(status["trouble"].is_null(), "{status:#}");
    ours.close(vec![till], &ledger).await;
}
