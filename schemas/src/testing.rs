//! What the tests of folds and decisions share: documents on several tills, and example data.

use crate::{
    document::Document,
    identity::{
        Channel, DocumentId, LogId, NodeNumber, OrderNumber, PriceListVersion, ReasonCode, Sku,
        StoreId, TaxCode, TimeZoneName,
    },
    operation::{
        Author, Body, CutOverHour, LineKind, Operation, OrderType, PriceSource, Role,
        SessionOpened, TaxMode, TaxRounding, TenderKind,
    },
    order::{OrderState, Sale, SaleContext, SaleLine, SaleTender, fold_order, sell},
    return_::{ReturnState, fold_return},
    rules::Rules,
    text_value::Description,
    till_session::{TillSessionState, fold_till_session},
    time::Timestamp,
    value::{BasketLine, Currency, MinorUnits, Quantity, Rate},
};

pub(crate) fn document_id(number: u64) -> DocumentId {
    let node = NodeNumber::new(1).unwrap();
    DocumentId::new(
        Timestamp::from_milliseconds(i64::try_from(number).unwrap()),
        node,
        number,
    )
}

pub(crate) fn log(till: u32) -> LogId {
    LogId::new(NodeNumber::new(till).unwrap(), [7; 12])
}

pub(crate) fn order_number(number: i64) -> OrderNumber {
    OrderNumber::from_i64(number).unwrap()
}

pub(crate) fn store() -> StoreId {
    StoreId::new("north").unwrap()
}

pub(crate) fn reason() -> ReasonCode {
    ReasonCode::new("example").unwrap()
}

pub(crate) fn minor(minor: i64) -> MinorUnits {
    MinorUnits::new(minor)
}

pub(crate) fn operation(role: Role, body: Body) -> Operation {
    let by = Author { role, user: None };
    Operation::new(Timestamp::from_milliseconds(0), by, body)
}

/// Appends bodies to a document, as one change of a till.
pub(crate) fn append(document: &mut Document, till: u32, bodies: Vec<Body>) {
    let operations: Vec<Operation> = bodies
        .into_iter()
        .map(|body| operation(Role::Cashier, body))
        .collect();
    let appended = document
        .append(log(till), &operations)
        .expect("within limits");
    assert!(document.insert(appended.change));
}

pub(crate) fn written(id: DocumentId, bodies: Vec<Body>) -> Document {
    let mut document = Document::new(id);
    append(&mut document, 1, bodies);
    document
}

pub(crate) fn order_of(document: &Document) -> OrderState {
    fold_order(document.id(), document.operations())
}

pub(crate) fn return_of(document: &Document) -> ReturnState {
    fold_return(document.id(), document.operations())
}

pub(crate) fn session_of(document: &Document) -> TillSessionState {
    fold_till_session(document.id(), document.operations())
}

pub(crate) fn session_opened(date: &str, float: i64) -> SessionOpened {
    SessionOpened {
        till: NodeNumber::new(1).unwrap(),
        store: store(),
        business_date: date.parse().unwrap(),
        time_zone: TimeZoneName::new("Europe/London").unwrap(),
        cut_over_hour: CutOverHour::MIDNIGHT,
        currency: Currency::GBP,
        float_minor: minor(float),
    }
}

pub(crate) fn sale_line(sku: &str, quantity: &str, price: &str, kind: LineKind) -> SaleLine {
    SaleLine {
        product: Sku::new(sku).unwrap(),
        description: Description::new(sku).unwrap(),
        kind,
        department: None,
        price_source: PriceSource::PriceList,
        basket: BasketLine {
            quantity: quantity.parse::<Quantity>().unwrap(),
            unit_price: price.parse().unwrap(),
            discounts: Vec::new(),
            tax_code: TaxCode::new("standard").unwrap(),
            tax_rate: "20".parse::<Rate>().unwrap(),
        },
    }
}

pub(crate) fn sale_of(lines: Vec<SaleLine>, tender: TenderKind) -> Sale {
    Sale {
        order_type: OrderType::CarryOut,
        channel: Channel::new("till").unwrap(),
        customer: None,
        references: Vec::new(),
        price_list: PriceListVersion::new(1),
        tax_mode: TaxMode::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        lines,
        discounts: Vec::new(),
        tenders: vec![SaleTender::the_rest(tender)],
    }
}

/// Sells at a till, in an open session.
pub(crate) fn sold(number: u64, sale: &Sale, session: &TillSessionState) -> Document {
    let context = SaleContext {
        number: order_number(i64::try_from(number).unwrap()),
        session,
        role: Role::Cashier,
        rules: &Rules::default(),
    };
    let bodies = sell(sale, &context).expect("an example sale is allowed");
    written(document_id(number), bodies)
}

/// An open session with its document.
pub(crate) fn open_session(number: u64, date: &str, float: i64) -> Document {
    written(
        document_id(number),
        vec![session_opened(date, float).into()],
    )
}
