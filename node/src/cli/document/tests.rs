//! Documents as people read them: those with everything in them, and those with nothing.

use std::fmt;

use holdfast_schemas::{
    identity::{DocumentId, LogId, NodeNumber, OperationId, OrderNumber},
    misfit::Misfit,
    operation::{
        LineDiscount, LineKind, LineNumber, LineTax, OrderType, SessionTotals, TenderKind,
        TenderTotal,
    },
    order::{FulfilmentStatus, OrderStatus, PaymentStatus, fold_order},
    text_value::Description,
    till_session::{SessionTakings, fold_till_session},
    value::{Currency, MinorUnits, Quantity, QuantityTotal},
    view::{OrderLineView, OrderView, SessionView, TenderView},
};

use super::{order, session, style::Style};

/// Whatever a function writes.
struct Text<F>(F);

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Text<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(formatter)
    }
}

fn style(currency: Option<Currency>) -> Style {
    let zone = "Europe/London".parse().expect("a time zone");
    Style::new(currency, &zone)
}

fn minor(minor: i64) -> MinorUnits {
    MinorUnits::new(minor)
}

fn document(byte: u8) -> DocumentId {
    DocumentId::from_bytes([byte; 16])
}

fn operation(counter: u64) -> OperationId {
    let log = LogId::new(NodeNumber::new(12).expect("a till"), [1; 12]);
    OperationId::new(counter.try_into().expect("from 1"), log)
}

fn number(number: i64) -> OrderNumber {
    OrderNumber::from_i64(number).expect("an order number")
}

fn line(number: u32, product: &str, quantity: &str, price: &str, gross: i64) -> OrderLineView {
    let quantity: Quantity = quantity.parse().expect("a quantity");
    OrderLineView {
        line: LineNumber::new(number).expect("from 1"),
        product: product.parse().expect("a stock code"),
        description: Description::new(format!("EXAMPLE {product}")).expect("a text"),
        kind: LineKind::Goods,
        quantity,
        unit_price: price.parse().expect("a price"),
        gross_minor: minor(gross),
        discounts: Vec::new(),
        tax: LineTax {
            code: "standard".parse().expect("a tax class"),
            rate: "20".parse().expect("a rate"),
            tax_minor: minor(0),
        },
        total_minor: minor(gross),
        voided: false,
        handed_over: QuantityTotal::from(quantity),
    }
}

fn lines() -> Vec<OrderLineView> {
    let mut discounted = line(1, "MUG", "12", "5.5", 6_600);
    discounted.discounts = ["spring", "staff"]
        .map(|code| LineDiscount {
            discount: code.parse().expect("a discount"),
            amount_minor: minor(300),
        })
        .into();
    discounted.total_minor = minor(7_200);
    discounted.handed_over = QuantityTotal::from("10".parse::<Quantity>().expect("ten"));
    let mut long = line(2, "BOWL", "0.250 kg", "0.0125", 3);
    long.description = Description::new("ENAMELLED ".repeat(11)).expect("a text");
    let mut voided = line(3, "PLATE", "1", "10", 1_000);
    voided.voided = true;
    voided.handed_over = QuantityTotal::from("1".parse::<Quantity>().expect("one"));
    let mut postage = line(40, "POST", "1", "3", 300);
    postage.kind = LineKind::Service;
    postage.handed_over = QuantityTotal::zero(postage.quantity.measure());
    vec![discounted, long, voided, postage]
}

fn tender(kind: TenderKind, amount: i64, rounding: i64, voided: bool) -> TenderView {
    TenderView {
        operation: operation(9),
        kind,
        amount_minor: minor(amount),
        rounding_minor: minor(rounding),
        session: None,
        reference: (kind == TenderKind::Card).then(|| "p-77".parse().expect("a reference")),
        voided_by: voided.then(|| operation(10)).into_iter().collect(),
    }
}

fn nothing_known() -> OrderView {
    OrderView::from(&fold_order(document(1), []))
}

/// An order with one of everything.
fn order_of_everything() -> OrderView {
    OrderView {
        number: Some(number(5_000_000_000)),
        former_numbers: vec![number(4_000_000_000)],
        references: vec!["web:A-1".parse().expect("a reference")],
        aliases: vec![document(7)],
        order_type: Some(OrderType::ShipFromStore),
        store: Some("s1".parse().expect("a store")),
        business_date: Some("2026-03-02".parse().expect("a date")),
        currency: Some(Currency::GBP),
        customer: Some("17850".parse().expect("a customer")),
        status: OrderStatus::PendingPayment,
        payment_status: PaymentStatus::PartlyPaid,
        fulfilment_status: FulfilmentStatus::PartlyHandedOver,
        lines: lines(),
        tenders: vec![
            tender(TenderKind::StoreCredit, 5_000, 0, false),
            tender(TenderKind::Card, 700, 0, true),
            tender(TenderKind::Cash, 1_002, -2, false),
        ],
        total_minor: minor(7_503),
        tax_minor: minor(1_200),
        held_minor: minor(6_002),
        due_minor: minor(1_501),
        frozen: true,
        misfits: vec![
            Misfit::HandedOverTooMuch {
                line: LineNumber::new(3).expect("from 1"),
                over: QuantityTotal::from("1".parse::<Quantity>().expect("one")),
            },
            Misfit::TenderVoidedTwice {
                operation: operation(11),
                tender: operation(9),
                amount_minor: minor(700),
            },
        ],
        ..nothing_known()
    }
}

#[test]
fn an_order_says_each_thing_about_it_once() {
    let (style, order) = (style(Some(Currency::GBP)), order_of_everything());
    let text = Text(|formatter: &mut fmt::Formatter<'_>| order::write(formatter, &style, &order));
    insta::assert_snapshot!("order", text);
}

#[test]
fn an_order_of_which_nothing_is_known_says_so() {
    let (style, order) = (style(None), nothing_known());
    let text = Text(|formatter: &mut fmt::Formatter<'_>| order::write(formatter, &style, &order));
    insta::assert_snapshot!("order_of_nothing", text);
}

fn session_of_everything() -> SessionView {
    let state = fold_till_session(document(2), []);
    let view = SessionView::new(&state, &SessionTakings::default());
    let figures = SessionTotals {
        orders: 3,
        returns: 1,
        sales_minor: minor(12_000),
        refunds_minor: minor(500),
        tax_minor: minor(1_900),
        tenders: [TenderKind::Cash, TenderKind::OnAccount]
            .map(|kind| TenderTotal {
                kind,
                taken_minor: minor(6_000),
                refunded_minor: minor(500),
            })
            .into(),
        paid_in_minor: minor(100),
        paid_out_minor: minor(250),
        loans_minor: minor(2_000),
        drops_minor: minor(4_000),
        rounding_minor: minor(-2),
        expected_cash_minor: minor(13_348),
        counted_cash_minor: minor(13_400),
        over_short_minor: minor(52),
    };
    SessionView {
        till: NodeNumber::new(12).ok(),
        store: Some("s1".parse().expect("a store")),
        business_date: Some("2026-03-02".parse().expect("a date")),
        currency: Some(Currency::GBP),
        open: false,
        float_minor: minor(10_000),
        closed: Some(SessionTotals {
            paid_in_minor: minor(0),
            ..figures.clone()
        }),
        figures,
        no_sales: 2,
        baskets_voided: 1,
        misfits: vec![Misfit::AfterClose {
            operation: operation(30),
            name: "paid_in".into(),
        }],
        ..view
    }
}

#[test]
fn a_session_adds_up_before_the_readers_eyes() {
    let (style, session) = (style(Some(Currency::GBP)), session_of_everything());
    let text = Text(|formatter: &mut fmt::Formatter<'_>| {
        session::write(formatter, &style, &session, true)
    });
    insta::assert_snapshot!("session", text);
}
