//! What the view says of unsent changes is what a plain recount of the file gives, whatever happened before.

use std::{collections::BTreeMap, fs, path::Path};

use holdfast_node::engine::{Action, Origin};
use holdfast_schemas::{
    change::{Change, recognise},
    identity::{LogId, LogPosition, NodeNumber},
    log::{LogEntry, LogHead},
    operation::{
        Author, Body, Operation, OrderBody, Recorded, ReturnBody, Role, TenderKind, TenderTaken,
    },
    value::{Currency, MinorUnits, Money},
    wire::ServerEpoch,
};
use proptest::prelude::*;

use crate::support::{Till, blind_return, edit};

/// All that can happen to what is unsent.
#[derive(Debug, Clone)]
enum Step {
    Sell {
        count: u32,
    },
    TakeBack {
        count: u32,
    },
    /// The server has this many hundredths of one of the logs.
    Acknowledge {
        log: usize,
        hundredths: u64,
    },
    /// A server that was restored says that it has this many hundredths of each log.
    Epoch {
        number: u8,
        hundredths: u64,
    },
    /// All that this till ever wrote comes back, newest first, in pages.
    GiveBack {
        origin: Origin,
        page_entries: usize,
    },
    /// The file is copied.
    Copy,
    /// The last copy takes the file's place.
    Restore,
    Restart,
    Rebuild,
}

fn step() -> impl Strategy<Value = Step> {
    let origin = prop_oneof![
        Just(Origin::File),
        Just(Origin::Repair),
        Just(Origin::LookUp)
    ];
    prop_oneof![
        6 => (1_u32..5).prop_map(|count| Step::Sell { count }),
        2 => (1_u32..5).prop_map(|count| Step::TakeBack { count }),
        3 => (0_usize..4, 0_u64..=100).prop_map(|(log, hundredths)| Step::Acknowledge { log, hundredths }),
        1 => (any::<u8>(), 0_u64..=100).prop_map(|(number, hundredths)| Step::Epoch { number, hundredths }),
        1 => (origin, 1_usize..9).prop_map(|(origin, page_entries)| Step::GiveBack { origin, page_entries }),
        1 => Just(Step::Copy),
        1 => Just(Step::Restore),
        1 => Just(Step::Restart),
        1 => Just(Step::Rebuild),
    ]
}

/// That share of a log, from its start.
fn part(head: LogHead, hundredths: u64) -> LogHead {
    let position = LogPosition::new(head.position.get() * hundredths / 100).expect("not above");
    LogHead { position, ..head }
}

/// A till and all that it ever wrote, by place: what a server or an operator may bring back.
struct Life {
    till: Till,
    written: BTreeMap<(LogId, LogPosition), LogEntry>,
}

impl Life {
    fn step(mut self, step: &Step) -> Self {
        match *step {
            Step::Sell { count } => {
                self.till.sell(&[("MUG", count, "4.50")]);
            }
            Step::TakeBack { count } => {
                let request = blind_return("BOWL", count, "9.99");
                self.till.submit(Action::Return(request));
            }
            Step::Acknowledge { log, hundredths } => self.acknowledge(log, hundredths),
            Step::Epoch { number, hundredths } => self.meet(number, hundredths),
            Step::GiveBack {
                origin,
                page_entries,
            } => self.give_back(origin, page_entries),
            Step::Copy => {
                let copy = self.till.directory().join("copy.db");
                drop(fs::remove_file(&copy));
                self.till.engine.store().backup(&copy).expect("a copy");
            }
            Step::Restore => self.till = self.till.restart_on(restore),
            Step::Restart => self.till = self.till.restart(),
            Step::Rebuild => self.till.engine.rebuild().expect("a rebuild"),
        }
        let own = self.till.own_entries().into_iter();
        self.written
            .extend(own.map(|entry| ((entry.log, entry.position), entry)));
        self
    }

    fn acknowledge(&mut self, log: usize, hundredths: u64) {
        let logs = self.till.engine.store().own_logs(usize::MAX).expect("logs");
        if let Some(state) = logs.get(log) {
            let durable = part(state.head, hundredths);
            self.till
                .engine
                .acknowledge(durable.log, durable.position)
                .expect("T3");
        }
    }

    fn meet(&mut self, number: u8, hundredths: u64) {
        let logs = self.till.engine.store().own_logs(usize::MAX).expect("logs");
        let durable: Vec<LogHead> = logs
            .iter()
            .map(|state| part(state.head, hundredths))
            .collect();
        self.till
            .engine
            .begin_epoch(ServerEpoch::from_bytes([number; 16]), &durable)
            .expect("an epoch");
    }

    fn give_back(&mut self, origin: Origin, page_entries: usize) {
        let entries: Vec<LogEntry> = self.written.values().rev().cloned().collect();
        for page in entries.chunks(page_entries) {
            let now = self.till.now;
            self.till
                .engine
                .apply_entries(page, origin, now)
                .expect("a page");
        }
    }
}

/// The copy is the file, and the newer log beside it is gone with the old one.
fn restore(directory: &Path) {
    if fs::copy(directory.join("copy.db"), directory.join("till.db")).is_ok() {
        for beside in ["till.db-wal", "till.db-shm"] {
            drop(fs::remove_file(directory.join(beside)));
        }
    }
}

/// What is unsent, counted one change after the other.
fn recount(till: &Till) -> (u64, MinorUnits) {
    let store = till.engine.store();
    let mut entries = 0;
    let mut minor = MinorUnits::ZERO;
    for log in store.own_logs(usize::MAX).expect("logs") {
        let unsent = store
            .entries_after(log.head.log, log.acknowledged, usize::MAX, usize::MAX)
            .expect("entries");
        for entry in unsent {
            entries += 1;
            minor = minor.saturating_plus(taken(&recognise(&entry.change).expect("ours")));
        }
    }
    (entries, minor)
}

fn taken(change: &Change) -> MinorUnits {
    let mut minor = MinorUnits::ZERO;
    for operation in change.operations() {
        let Recorded::Known(operation) = &operation.recorded else {
            continue;
        };
        if let Body::Order(OrderBody::TenderTaken(taken)) = &operation.body {
            minor = minor.saturating_plus(taken.amount_minor);
        }
        if let Body::Return(ReturnBody::RefundPaid(paid)) = &operation.body {
            minor = minor.saturating_minus(paid.amount_minor);
        }
    }
    minor
}

fn assert_shown_is_counted(till: &Till) {
    let pending = till.engine.view().expect("a view").pending;
    let (entries, minor) = recount(till);
    let shown = pending.taken.first().map(|money| money.minor);
    assert_eq!(
        (pending.entries, shown.unwrap_or_default()),
        (entries, minor)
    );
    assert_eq!(pending.oldest.is_some(), entries > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_shown_as_unsent_is_a_plain_recount(steps in prop::collection::vec(step(), 1..40)) {
        let mut till = Till::new(1);
        till.open_session();
        let mut life = Life { till, written: BTreeMap::new() };
        for step in &steps {
            life = life.step(step);
            assert_shown_is_counted(&life.till);
        }
        prop_assert_eq!(life.till.engine.check().expect("a check"), vec![]);
        let before = life.till.engine.projection_digests().expect("digests");
        life.till.engine.rebuild().expect("a rebuild");
        prop_assert_eq!(life.till.engine.projection_digests().expect("digests"), before);
    }
}

#[test]
fn a_check_finds_unsent_figures_that_lie_and_a_rebuild_mends_them() {
    let mut till = Till::new(1);
    till.open_session();
    till.sell(&[("MUG", 1, "4.50")]);
    let mut till = till.restart_on(|directory| {
        edit(directory, "UPDATE unsent SET taken_minor = taken_minor - 1");
    });
    let findings = till.engine.check().expect("a check");
    assert!(format!("{findings:?}").contains("unsent"), "{findings:?}");
    till.engine.rebuild().expect("a rebuild");
    assert_eq!(till.engine.check().expect("a check"), []);
    assert_shown_is_counted(&till);
}

/// An order's opening may come after money that was taken for it, where two logs of one till come back one by one.
#[test]
fn money_of_an_order_whose_opening_comes_later_is_counted_once_it_is_there() {
    let mut first = Till::new(1);
    first.open_session();
    let sold = first.sell(&[("MUG", 1, "4.50")]);
    let order = first.engine.store().document(sold.document);
    let order = order.expect("readable").expect("there");
    let log = LogId::new(NodeNumber::new(1).expect("a till"), [9; 12]);
    let author = Author {
        role: Role::Manager,
        user: None,
    };
    let tender = TenderTaken {
        session: None,
        kind: TenderKind::Cash,
        amount_minor: MinorUnits::new(50),
        tendered_minor: None,
        rounding_minor: None,
        reference: None,
    };
    let body = Body::Order(OrderBody::TenderTaken(tender));
    let operation = Operation::new(first.now, author, body);
    let later = LogEntry {
        log,
        position: LogPosition::new(1).expect("a position"),
        document: order.id(),
        change: order
            .append(log, &[operation])
            .expect("a change")
            .bytes
            .into_boxed_slice(),
    };

    let mut till = Till::new(1);
    let mut import = |entries: &[LogEntry]| {
        let now = till.now;
        till.engine
            .apply_entries(entries, Origin::File, now)
            .expect("entries");
        till.engine.view().expect("a view").pending
    };
    let unknown = import(&[later]);
    assert_eq!((unknown.entries, unknown.taken), (1, vec![]));
    let whole = import(&first.own_entries());
    let money = Money {
        currency: Currency::GBP,
        minor: MinorUnits::new(500),
    };
    assert_eq!((whole.entries, whole.taken), (3, vec![money]));
    assert_eq!(till.engine.check().expect("a check"), []);
}
