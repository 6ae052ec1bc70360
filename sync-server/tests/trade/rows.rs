//! S2: rows are a function of the log.

use holdfast_schemas::{
    identity::{DocumentId, Sku},
    operation::DocumentKind,
    value::MinorUnits,
};
use holdfast_server::{
    project,
    react::Reactor,
    store::{
        CursorName, OrderFilter, PageLimit, SessionFilter, StockThousandths, Store,
        StoreDateFilter, memory::MemoryStore,
    },
};
use proptest::{prelude::*, sample::Index};

use super::{
    dump,
    shop::{Company, OPENED, database, epoch, on_both, reactor, settle, store_id, tenant},
};

/// Something that happens in the shops.
#[derive(Debug, Clone)]
enum Event {
    Sell {
        till: usize,
        product: usize,
        pieces: u32,
        reference: Option<u8>,
    },
    TakeBack {
        till: usize,
        order: Index,
    },
    Receive {
        till: usize,
        product: usize,
    },
    Close {
        till: usize,
    },
    /// A till brings so many of its entries that the server lacks.
    Bring {
        till: usize,
        entries: u64,
    },
    Project {
        entries: u32,
    },
    React,
}

const PRODUCTS: [&str; 2] = ["TEA", "MUG"];

fn event() -> impl Strategy<Value = Event> {
    let till = 0_usize..3;
    prop_oneof![
        6 => (till.clone(), 0_usize..2, 1_u32..4, prop::option::weighted(0.4, 0_u8..3))
            .prop_map(|(till, product, pieces, reference)| Event::Sell { till, product, pieces, reference }),
        3 => (till.clone(), any::<Index>()).prop_map(|(till, order)| Event::TakeBack { till, order }),
        1 => (till.clone(), 0_usize..2).prop_map(|(till, product)| Event::Receive { till, product }),
        1 => till.clone().prop_map(|till| Event::Close { till }),
        4 => (till, 1_u64..6).prop_map(|(till, entries)| Event::Bring { till, entries }),
        3 => (1_u32..5).prop_map(|entries| Event::Project { entries }),
        2 => Just(Event::React),
    ]
}

fn happen(company: &mut Company, server: &dyn Store, reactor: &mut Reactor, event: &Event) {
    match event {
        Event::Sell {
            till,
            product,
            pieces,
            reference,
        } => {
            let reference = reference.map(|number| format!("web:{number}"));
            company.sell(*till, PRODUCTS[*product], *pieces, reference.as_deref());
        }
        Event::TakeBack { till, order } => {
            let orders = company.ids(DocumentKind::Order);
            if !orders.is_empty() {
                company.take_back(*till, *order.get(&orders));
            }
        }
        Event::Receive { till, product } => {
            company.receive(*till, PRODUCTS[*product], 10);
        }
        Event::Close { till } => {
            company.close(*till);
        }
        Event::Bring { till, entries } => {
            let till = company.till(*till);
            let known = server.log_head(till.head.log).expect("read");
            let known = known.map_or(0, |head| head.position.get());
            let end = till.head.position.get();
            if known < end {
                till.bring_up_to(server, end.min(known + entries));
            }
        }
        Event::Project { entries } => {
            project::step_of(server, PageLimit::clamped(*entries)).expect("a step");
        }
        Event::React => {
            reactor.step(server, OPENED).expect("a step");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However the log came in and in whatever steps it was projected, a rebuild gives the same rows, on either engine.
    #[test]
    fn rows_made_in_any_steps_are_those_of_a_rebuild(events in prop::collection::vec(event(), 1..40)) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database(&folder);
        let memory = MemoryStore::new(tenant(), epoch());
        let mut dumps = Vec::new();
        for server in [&memory as &dyn Store, &database] {
            let mut company = Company::found(server);
            let mut reactor = reactor(server, 1);
            for event in &events {
                happen(&mut company, server, &mut reactor, event);
            }
            company.bring_all(server);
            settle(server, &mut reactor);
            let as_made = dump::rows(server);
            let reached = server.cursor(CursorName::React).expect("a cursor");
            let end = project::rebuild(server).expect("a rebuild");
            prop_assert_eq!(end, server.log_end().expect("an end"));
            prop_assert_eq!(&dump::rows(server), &as_made);
            prop_assert_eq!(server.cursor(CursorName::React).expect("a cursor"), reached);
            prop_assert_eq!(server.check().expect("a check"), vec![]);
            dumps.push(as_made);
        }
        prop_assert_eq!(&dumps[0], &dumps[1]);
    }
}

fn on_hand(server: &dyn Store, store: &str, product: &str) -> i64 {
    let product = Sku::new(product).expect("a code");
    let page = server
        .stock(Some(&store_id(store)), Some(&product), None, PageLimit::MAX)
        .expect("a page");
    page.rows
        .iter()
        .map(|level| {
            let StockThousandths(on_hand) = level.on_hand;
            on_hand
        })
        .sum()
}

fn misfits(server: &dyn Store) -> Vec<(DocumentId, String)> {
    let page = server.misfits(None, None, PageLimit::MAX).expect("a page");
    let rows = page.rows.into_iter();
    rows.map(|(cursor, misfit)| (cursor.document, misfit.name.0.into()))
        .collect()
}

#[test]
fn a_trading_day_becomes_orders_returns_sessions_and_stock() {
    on_both(|server| {
        let mut company = Company::found(server);
        company.receive(0, "TEA", 10);
        let order = company.sell(0, "TEA", 3, Some("web:7"));
        // The other store takes one piece back.
        let returned = company.take_back(2, order).expect("it is allowed");
        let session = company.close(0).expect("it was open");
        company.bring_all(server);
        project::rebuild(server).expect("a rebuild");

        let orders = server
            .orders(&OrderFilter::default(), None, PageLimit::MAX)
            .expect("a page");
        let (id, row, view) = &orders.rows[0];
        assert_eq!((*id, orders.rows.len()), (order, 1));
        assert_eq!(
            (&row.store, row.till),
            (&store_id("north"), company.tills[0].node)
        );
        let money = [row.total_minor, row.paid_minor, row.refunded_minor];
        assert_eq!(money.map(MinorUnits::get), [750, 750, 250]);
        assert_eq!(&*row.status.0, "completed");
        assert!(view.0.contains("partly_returned"), "{}", view.0);

        let returns = server
            .returns(&StoreDateFilter::default(), None, PageLimit::MAX)
            .expect("a page");
        let (id, row, _) = &returns.rows[0];
        assert_eq!((*id, row.order), (returned, Some(order)));
        assert_eq!(
            (&row.store, row.refunded_minor.get()),
            (&store_id("south"), 250)
        );

        let sessions = server
            .sessions(&SessionFilter::default(), None, PageLimit::MAX)
            .expect("a page");
        let closed: Vec<_> = sessions
            .rows
            .iter()
            .filter(|(_, row, _)| &*row.status.0 == "closed")
            .collect();
        assert_eq!((sessions.rows.len(), closed.len()), (2, 1));
        let (id, _, view) = closed[0];
        let view: serde_json::Value = serde_json::from_str(&view.0).expect("JSON");
        assert_eq!(*id, session);
        assert_eq!(
            view["figures"], view["closed"],
            "headquarters reckons what the till did"
        );
        assert_eq!(view["figures"]["sales_minor"], 750);

        assert_eq!(on_hand(server, "north", "TEA"), 7_000);
        assert_eq!(on_hand(server, "south", "TEA"), 1_000);
        assert_eq!(misfits(server), vec![]);
    });
}

#[test]
fn two_stores_that_refund_one_piece_are_named_in_the_order_they_did_it_to() {
    on_both(|server| {
        let mut company = Company::found(server);
        let order = company.sell(0, "TEA", 1, None);
        // The line is down: the south does not know that the north took it back.
        let before = company.documents.clone();
        company.take_back(1, order).expect("it is allowed");
        company.documents = before;
        company.take_back(2, order).expect("it is allowed");
        company.bring_all(server);
        project::rebuild(server).expect("a rebuild");
        let found = misfits(server);
        assert!(!found.is_empty());
        assert!(
            found.iter().all(|(document, _)| *document == order),
            "{found:?}"
        );
    });
}

#[test]
fn a_return_whose_order_comes_later_is_counted_when_it_comes() {
    on_both(|server| {
        let mut company = Company::found(server);
        let order = company.sell(0, "TEA", 2, None);
        company.take_back(2, order).expect("it is allowed");
        let south = &company.tills[2];
        south.bring_up_to(server, south.head.position.get());
        project::rebuild(server).expect("a rebuild");
        let page = |server: &dyn Store| {
            server
                .orders(&OrderFilter::default(), None, PageLimit::MAX)
                .expect("a page")
        };
        assert_eq!(page(server).rows, vec![]);
        company.bring_all(server);
        project::step(server).expect("a step");
        assert_eq!(page(server).rows[0].1.refunded_minor.get(), 250);
    });
}
