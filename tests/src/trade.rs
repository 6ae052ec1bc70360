//! Plain trade at one till, for tests: a session, cash sales, and returns. All of it is plainly example data.

use holdfast_node::{
    engine::{Action, Command, OpenSession, Receipt, SubmitError},
    handle::{CallError, NodeHandle},
};
use holdfast_schemas::{
    identity::{Channel, DocumentId, ExternalRef, PriceListVersion, ReasonCode, Sku, TaxCode},
    operation::{
        Author, Disposition, LineKind, LineNumber, OrderType, PriceSource, Role, TaxMode,
        TaxRounding, TenderKind,
    },
    order::{Sale, SaleLine, SaleTender},
    return_::{ReturnRequest, ReturnedGoods, VerifiedLine},
    text_value::Description,
    value::{BasketLine, MinorUnits, Quantity, Rate},
};
use rust_decimal::Decimal;

/// What every example basket holds.
pub const PRODUCT: &str = "MUG";

/// The change money that every example session begins with.
const FLOAT: MinorUnits = MinorUnits::new(10_000);
/// The tax in the prices, per cent.
const TAX_PERCENT: i64 = 20;
/// What one piece costs, in minor units.
const PRICE_MINOR: i64 = 450;

/// Asks the till for one thing.
///
/// # Errors
/// What the till says.
pub async fn submit(till: &NodeHandle, action: Action) -> Result<Receipt, CallError<SubmitError>> {
    let by = Author {
        role: Role::Manager,
        user: None,
    };
    till.submit(Command { by, action }).await
}

/// Opens the till's session.
///
/// # Errors
/// What the till says.
pub async fn open_session(till: &NodeHandle) -> Result<Receipt, CallError<SubmitError>> {
    let session = OpenSession {
        business_date: None,
        float_minor: FLOAT,
    };
    submit(till, Action::OpenSession(session)).await
}

/// Sells so many mugs for cash.
///
/// # Errors
/// What the till says.
///
/// # Panics
/// For none.
pub async fn sell(till: &NodeHandle, pieces: u32) -> Result<Receipt, CallError<SubmitError>> {
    submit(till, Action::Sell(cash_sale(pieces))).await
}

/// Sells so many mugs for cash, of an order that another system calls so.
///
/// # Errors
/// What the till says.
///
/// # Panics
/// For none.
pub async fn sell_as(
    till: &NodeHandle,
    pieces: u32,
    reference: ExternalRef,
) -> Result<Receipt, CallError<SubmitError>> {
    let mut sale = cash_sale(pieces);
    sale.references.push(reference);
    submit(till, Action::Sell(sale)).await
}

/// Takes one mug of a sale back, for cash.
///
/// # Errors
/// What the till says.
pub async fn take_back(
    till: &NodeHandle,
    order: DocumentId,
) -> Result<Receipt, CallError<SubmitError>> {
    let line = VerifiedLine {
        line: LineNumber::new(1).expect("lines count from 1"),
        quantity: count(1),
        reason: ReasonCode::new("example").expect("a reason's name"),
        disposition: Disposition::Restock,
    };
    let request = ReturnRequest {
        goods: ReturnedGoods::Verified {
            order,
            lines: vec![line],
        },
        refunds: vec![SaleTender::the_rest(TenderKind::Cash)],
        customer: None,
    };
    submit(till, Action::Return(request)).await
}

fn cash_sale(pieces: u32) -> Sale {
    let line = SaleLine {
        product: Sku::new(PRODUCT).expect("a stock code"),
        description: Description::new("A mug").expect("a text"),
        kind: LineKind::Goods,
        department: None,
        price_source: PriceSource::Keyed,
        basket: BasketLine {
            quantity: count(pieces),
            unit_price: Decimal::new(PRICE_MINOR, 2)
                .to_string()
                .parse()
                .expect("a price"),
            discounts: Vec::new(),
            tax_code: TaxCode::new("standard").expect("a tax class's name"),
            tax_rate: Rate::from_percent(Decimal::from(TAX_PERCENT)).expect("a rate"),
        },
    };
    Sale {
        order_type: OrderType::CarryOut,
        channel: Channel::new("till").expect("a channel's name"),
        customer: None,
        references: Vec::new(),
        price_list: PriceListVersion::default(),
        tax_mode: TaxMode::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        lines: vec![line],
        discounts: Vec::new(),
        tenders: vec![SaleTender::the_rest(TenderKind::Cash)],
    }
}

fn count(pieces: u32) -> Quantity {
    Quantity::pieces(pieces).expect("at least one piece")
}
