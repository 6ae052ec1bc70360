//! Books of days that real documents make up, projected as the server does it.

use holdfast_schemas::{
    document::Document,
    identity::{
        Channel, NodeNumber, OrderNumber, PriceListVersion, ReactionId, ReasonCode, TaxCode,
        TimeZoneName,
    },
    log::{HeadSignature, LogHead, SignedHead},
    operation::{
        Author, Body, CashCounted, CutOverHour, LineKind, Operation, OrderType, PriceSource, Role,
        SessionOpened, StockLine, StockMoved, StockMovementKind, TaxMode, TaxRounding, TenderKind,
        TenderVoided,
    },
    order::{OrderState, Sale, SaleContext, SaleLine, SaleTender, fold_order, sell},
    rules::Rules,
    text_value::Description,
    till_session::{
        CloseSession, SessionCommand, SessionTakings, TillSessionState, decide_till_session,
        fold_till_session,
    },
    value::{BasketLine, Currency, Quantity, Rate},
};

use super::*;
use crate::{
    ingest::prepare_change,
    project,
    store::{Decided, OwnEntry},
};

/// Two stores' tills in one: what it writes goes straight to the server's log.
struct Shop {
    server: Server,
    key: String,
    log: LogId,
    written: u64,
}

/// Nobody checks these.
fn unsigned(head: LogHead) -> SignedHead {
    SignedHead {
        head,
        signature: HeadSignature::from_bytes([0; 64]),
    }
}

impl Shop {
    fn open() -> Self {
        let server = Server::start();
        for name in ["leeds", "york"] {
            let record = StoreRecord {
                store: store_id(name),
                added_at: at(0),
            };
            server.store.add_store(&record).expect("added");
        }
        Self {
            key: key("k", &[Scope::Sessions], &*server.store),
            server,
            log: LogId::new(NodeNumber::new(1).expect("in range"), [7; 12]),
            written: 0,
        }
    }

    fn append(&mut self, document: &mut Document, bodies: Vec<Body>) {
        let by = Author {
            role: Role::Supervisor,
            user: None,
        };
        let operations: Vec<Operation> = bodies
            .into_iter()
            .map(|body| Operation::new(at(0), by.clone(), body))
            .collect();
        let appended = document.append(self.log, &operations).expect("in limits");
        self.written += 1;
        let mut cause = [0; 16];
        cause[..8].copy_from_slice(&self.written.to_be_bytes());
        let bytes = appended.bytes.into_boxed_slice();
        let entry = OwnEntry {
            log: self.log,
            decided: Decided {
                cause: ReactionId::from_bytes(cause),
                number: None,
            },
            entry: prepare_change(self.log, document.id(), &appended.change, bytes),
        };
        let store = &self.server.store;
        store
            .append_own(&[entry], None, &unsigned)
            .expect("durable");
        document.insert(appended.change);
    }

    fn begin(&mut self, bodies: Vec<Body>) -> Document {
        let node = NodeNumber::new(1).expect("in range");
        let mut document = Document::new(DocumentId::new(at(0), node, self.written + 1));
        self.append(&mut document, bodies);
        document
    }

    fn open_session(&mut self, store: &str, date: &str, currency: Currency) -> Document {
        let opened = SessionOpened {
            till: NodeNumber::new(1).expect("in range"),
            store: store_id(store),
            business_date: date.parse().expect("a date"),
            time_zone: TimeZoneName::new("Europe/London").expect("a zone"),
            cut_over_hour: CutOverHour::MIDNIGHT,
            currency,
            float_minor: MinorUnits::new(10_000),
        };
        self.begin(vec![opened.into()])
    }

    /// Sells three of a product at 2.50 each, tax of 20 % in it.
    fn sell(&mut self, session: &Document) -> Document {
        let number = i64::try_from(self.written).expect("small") + 1;
        let context = SaleContext {
            number: OrderNumber::from_i64(number).expect("a number"),
            session: &state(session),
            role: Role::Cashier,
            rules: &Rules::default(),
        };
        let bodies = sell(&sale(), &context).expect("allowed");
        self.begin(bodies)
    }

    /// Counts the drawer and closes, with the takings of these orders.
    fn close(&mut self, session: &mut Document, orders: &[&Document]) {
        let takings = orders
            .iter()
            .map(|order| SessionTakings::of_order(session.id(), &order_state(order)))
            .fold(SessionTakings::default(), |sum, takings| sum.plus(&takings));
        let counted_minor = state(session).expected_cash_minor(&takings);
        let counted = CashCounted {
            counted_minor,
            denominations: Vec::new(),
        };
        let close = CloseSession {
            takings,
            covers: Vec::new(),
            over_short_reason: None,
        };
        for command in [
            SessionCommand::CountCash(counted),
            SessionCommand::Close(close),
        ] {
            let bodies =
                decide_till_session(&state(session), &command, Role::Cashier, &Rules::default());
            self.append(session, bodies.expect("allowed"));
        }
    }

    fn move_stock(&mut self, store: &str, date: &str) -> Document {
        let paper = StockMoved {
            store: store_id(store),
            business_date: date.parse().expect("a date"),
            kind: StockMovementKind::Received,
            reason: ReasonCode::new("delivery").expect("a reason"),
            lines: vec![StockLine {
                product: Sku::new("TEA").expect("a SKU"),
                change: "10".parse().expect("a change"),
            }],
        };
        self.begin(vec![paper.into()])
    }

    /// Projects what there is, and asks for books.
    fn books(&self, query: &str) -> (Vec<Value>, Option<String>) {
        while project::step(&*self.server.store).expect("a step").moved {}
        let path = format!("/v1/books{query}");
        let (status, _, page) = self.server.get(&path, Some(&self.key));
        assert_eq!(status, 200, "{page}");
        assert_eq!(page["as_of"]["projected"], page["as_of"]["durable"]);
        let items = page["items"].as_array().expect("items").clone();
        for item in &items {
            assert_eq!(item["projected"], page["as_of"]["projected"]);
            let gaps = item["gaps"].as_array().expect("gaps");
            assert_eq!(item["balances"], gaps.is_empty());
        }
        (items, page["next"].as_str().map(str::to_owned))
    }
}

fn state(session: &Document) -> TillSessionState {
    fold_till_session(session.id(), session.operations())
}

fn order_state(order: &Document) -> OrderState {
    fold_order(order.id(), order.operations())
}

fn sale() -> Sale {
    let line = SaleLine {
        product: Sku::new("TEA").expect("a SKU"),
        description: Description::new("Tea").expect("a text"),
        kind: LineKind::Goods,
        department: None,
        price_source: PriceSource::PriceList,
        basket: BasketLine {
            quantity: "3".parse::<Quantity>().expect("a quantity"),
            unit_price: "2.50".parse().expect("a price"),
            discounts: Vec::new(),
            tax_code: TaxCode::new("standard").expect("a class"),
            tax_rate: "20".parse::<Rate>().expect("a rate"),
        },
    };
    Sale {
        order_type: OrderType::CarryOut,
        channel: Channel::new("till").expect("a channel"),
        customer: None,
        references: Vec::new(),
        price_list: PriceListVersion::new(1),
        tax_mode: TaxMode::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        lines: vec![line],
        discounts: Vec::new(),
        tenders: vec![SaleTender::the_rest(TenderKind::Cash)],
    }
}

fn codes(list: &Value) -> Vec<&str> {
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|gap| gap["code"].as_str().expect("a code"))
        .collect()
}

#[test]
fn a_day_whose_documents_agree_balances_in_every_figure() {
    let mut shop = Shop::open();
    let mut session = shop.open_session("leeds", "2026-01-02", Currency::GBP);
    let orders = [shop.sell(&session), shop.sell(&session)];
    shop.move_stock("leeds", "2026-01-02");
    shop.close(&mut session, &[&orders[0], &orders[1]]);
    let (items, next) = shop.books("");
    assert_eq!(next, None);
    let [item] = &items[..] else {
        panic!("one day: {items:?}")
    };
    let expected = serde_json::json!({
        "store": "leeds", "business_date": "2026-01-02", "currency": "GBP", "balances": true,
        "projected": shop.written, "orders": 2, "returns": 0, "net_sales_minor": 1_250,
        "tax_minor": 250, "net_tenders_minor": { "cash": 1_500 }, "rounding_minor": 0,
        "movements": 3, "exceptions": [], "gaps": [],
    });
    assert_eq!(*item, expected);
}

#[test]
fn days_are_listed_by_store_and_date_in_pages_and_by_filters() {
    let mut shop = Shop::open();
    for (store, date) in [
        ("york", "2026-01-02"),
        ("leeds", "2026-01-03"),
        ("leeds", "2026-01-02"),
    ] {
        shop.open_session(store, date, Currency::GBP);
    }
    let day = |item: &Value| format!("{} {}", item["store"], item["business_date"]);
    let (all, _) = shop.books("");
    let days: Vec<String> = all.iter().map(day).collect();
    let expected = [
        r#""leeds" "2026-01-02""#,
        r#""leeds" "2026-01-03""#,
        r#""york" "2026-01-02""#,
    ];
    assert_eq!(days, expected);
    let (first, next) = shop.books("?limit=2");
    let (rest, end) = shop.books(&format!("?limit=2&after={}", next.expect("a next page")));
    assert_eq!(([first, rest].concat(), end), (all.clone(), None));
    assert_eq!(shop.books("?store=york").0, all[2..]);
    assert_eq!(shop.books("?business_date=2026-01-03").0, all[1..2]);
    assert_eq!(
        shop.books("?store=york&business_date=2026-01-03").0,
        Vec::<Value>::new()
    );
}

#[test]
fn a_sale_that_the_report_does_not_have_is_a_gap() {
    let mut shop = Shop::open();
    let mut session = shop.open_session("leeds", "2026-01-02", Currency::GBP);
    let order = shop.sell(&session);
    shop.sell(&session);
    shop.close(&mut session, &[&order]);
    let (items, _) = shop.books("");
    let gaps = codes(&items[0]["gaps"]);
    assert!(gaps.contains(&"z_report_count"), "{gaps:?}");
    assert!(gaps.contains(&"drawer"), "{gaps:?}");
}

#[test]
fn a_ledger_that_lost_a_row_is_found_by_the_documents() {
    let mut shop = Shop::open();
    let mut session = shop.open_session("leeds", "2026-01-02", Currency::GBP);
    let order = shop.sell(&session);
    shop.close(&mut session, &[&order]);
    assert_eq!(shop.books("").0[0]["gaps"], serde_json::json!([]));
    let store = &shop.server.store;
    let rows = store.document_rows(order.id()).expect("an answer");
    let mut rows = rows.expect("its rows");
    rows.movements.clear();
    let projected = store.as_of().expect("an answer").projected;
    let batch = ProjectionBatch {
        from: projected,
        to: projected,
        documents: vec![rows],
    };
    store.project(&batch).expect("projected");
    assert_eq!(codes(&shop.books("").0[0]["gaps"]), ["movement_missing"]);
}

#[test]
fn money_that_moves_on_another_day_is_in_that_day_s_books() {
    let mut shop = Shop::open();
    let mut session = shop.open_session("leeds", "2026-01-02", Currency::GBP);
    let mut order = shop.sell(&session);
    shop.close(&mut session, &[&order]);
    let next = shop.open_session("leeds", "2026-01-03", Currency::GBP);
    let tender = *order_state(&order)
        .tenders
        .first_key_value()
        .expect("a tender")
        .0;
    let void = TenderVoided {
        tender,
        reason: ReasonCode::new("mistake").expect("a reason"),
        session: Some(next.id()),
    };
    shop.append(&mut order, vec![void.into()]);
    let (items, _) = shop.books("");
    assert_eq!(codes(&items[0]["gaps"]), ["order_money"]);
    assert_eq!(items[1]["net_tenders_minor"]["cash"], -750);
    let exceptions = codes(&items[1]["exceptions"]);
    assert!(exceptions.contains(&"other_day"), "{exceptions:?}");
    assert_eq!(items[1]["balances"], true);
}

#[test]
fn each_currency_has_books_of_its_own_and_stock_alone_has_none() {
    let mut shop = Shop::open();
    for currency in [Currency::GBP, Currency::EUR] {
        let mut session = shop.open_session("leeds", "2026-01-02", currency);
        let order = shop.sell(&session);
        shop.close(&mut session, &[&order]);
    }
    shop.move_stock("leeds", "2026-01-02");
    shop.move_stock("york", "2026-01-02");
    let (items, _) = shop.books("");
    let books: Vec<_> = items
        .iter()
        .map(|item| {
            let count = |name: &str| item[name].as_u64().expect("a count");
            let currency = item["currency"].as_str().expect("a currency");
            (currency, count("orders"), count("movements"))
        })
        .collect();
    assert_eq!(books, [("EUR", 1, 2), ("GBP", 1, 1), ("XXX", 0, 1)]);
    assert!(
        items.iter().all(|item| item["balances"] == true),
        "{items:?}"
    );
}
