//! The handle in front of the engine: what is answered, what is shown, and who waits for whom.

use std::{collections::BTreeSet, pin::pin, sync::Arc};

use holdfast_node::{
    clock::Clock,
    engine::{Action, Command, Engine, OpenSession, SubmitError},
    handle::{CallError, EngineTask, NodeHandle},
    random::SeededRandom,
    store::Store,
    watched::WatchEnded,
};
use holdfast_schemas::{
    operation::{Author, Role},
    time::Timestamp,
};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::support::{Till, sale};

/// More than wait in front of the engine at once.
const MANY: u32 = 100;

pub(crate) struct StoppedClock(pub(crate) Timestamp);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A till with an open session, whose engine runs beside the test.
struct Running {
    handle: NodeHandle,
    engine: JoinSet<Engine>,
    _folder: TempDir,
}

fn run() -> Running {
    let mut till = Till::new(1);
    till.open_session();
    let clock = Box::new(StoppedClock(till.now));
    let (engine, folder) = till.into_parts();
    let random = Box::new(SeededRandom::new(7));
    let (task, handle) = EngineTask::new(engine, clock, random).expect("an engine's state");
    let mut engine = JoinSet::new();
    engine.spawn(task.run());
    Running {
        handle,
        engine,
        _folder: folder,
    }
}

fn sell(count: u32) -> Command {
    Command {
        by: Author {
            role: Role::Cashier,
            user: None,
        },
        action: Action::Sell(sale(&[("MUG", count, "4.50")])),
    }
}

#[tokio::test]
async fn what_is_answered_is_shown_and_can_be_asked_for() {
    let till = run();
    let mut views = till.handle.watch();
    let receipt = till.handle.submit(sell(2)).await.expect("sold");
    let view = views.changed().await.expect("the engine runs");
    assert_eq!((view.position, view.pending.entries), (receipt.position, 2));
    assert_eq!(views.latest(), view);

    let number = receipt.number.expect("an order's number");
    let found = till.handle.documents_by_number(number).await;
    assert_eq!(found.expect("read"), [receipt.document]);
    let orders = till.handle.orders_before(None, 10).await.expect("read");
    assert_eq!(orders[0].document, receipt.document);
    let document = till.handle.document(receipt.document).await;
    assert!(document.expect("read").is_some());
    let counted = till.handle.query(Store::product_count).await;
    assert_eq!(counted.expect("read"), 0);
}

#[tokio::test]
async fn what_is_refused_shows_nothing() {
    let till = run();
    let views = till.handle.watch();
    let before = views.latest();
    let open_again = Command {
        action: Action::OpenSession(OpenSession {
            business_date: None,
            float_minor: Default::default(),
        }),
        ..sell(1)
    };
    let refused = till.handle.submit(open_again).await;
    assert!(
        matches!(refused, Err(CallError::Engine(SubmitError::Refused(_)))),
        "{refused:?}"
    );
    assert!(Arc::ptr_eq(&before, &views.latest()));
}

/// A borrowed state that was held while a sale was waited for once stopped the engine for good.
#[tokio::test]
async fn whoever_holds_a_view_holds_up_nobody() {
    let till = run();
    let mut views = till.handle.watch();
    let held = views.latest();
    till.handle.submit(sell(1)).await.expect("sold");
    let newer = views.changed().await.expect("the engine runs");
    till.handle.submit(sell(1)).await.expect("sold again");
    assert_eq!(held.pending.entries, 1, "what is held stays as it was");
    assert_eq!(newer.pending.entries, 2);
    let newest = views.wait_for(|view| view.pending.entries == 3).await;
    assert!(newest.is_ok());
}

#[tokio::test]
async fn calls_of_many_are_each_done_once() {
    let till = run();
    let mut callers = JoinSet::new();
    for _ in 0..MANY {
        let handle = till.handle.clone();
        callers.spawn(async move { handle.submit(sell(1)).await });
    }
    let mut positions = BTreeSet::new();
    while let Some(sold) = callers.join_next().await {
        let receipt = sold.expect("no panic").expect("sold");
        positions.insert(receipt.position.get());
    }
    // The session's opening is at 1.
    assert!(positions.into_iter().eq(2..=u64::from(MANY) + 1));
    let view = till.handle.watch().latest();
    assert_eq!(view.pending.entries, u64::from(MANY) + 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_undoes_nothing() {
    let till = run();
    {
        let mut call = pin!(till.handle.submit(sell(1)));
        tokio::select! {
            biased;
            _ = &mut call => panic!("the engine's task had no turn yet"),
            () = std::future::ready(()) => {}
        }
    }
    let orders = till.handle.orders_before(None, 10).await.expect("read");
    assert_eq!(orders.len(), 1);
}

#[tokio::test]
async fn the_engine_ends_with_its_last_handle_and_gives_its_file_back() {
    let mut till = run();
    let mut views = till.handle.watch();
    till.handle.submit(sell(1)).await.expect("sold");
    drop(till.handle);
    let engine = till.engine.join_next().await.expect("a task");
    let engine = engine.expect("no panic");
    let last = views.changed().await.expect("the sale was shown");
    assert_eq!(*last, engine.view().expect("a view"));
    drop(engine);
    assert_eq!(views.changed().await, Err(WatchEnded));
    assert_eq!(views.latest(), last, "the last state stays");
}

#[tokio::test]
async fn without_an_engine_every_call_says_so() {
    let mut till = run();
    till.engine.shutdown().await;
    let sold = till.handle.submit(sell(1)).await;
    assert!(matches!(sold, Err(CallError::Stopped)), "{sold:?}");
    let asked = till.handle.orders_before(None, 1).await;
    assert!(matches!(asked, Err(CallError::Stopped)), "{asked:?}");
}
