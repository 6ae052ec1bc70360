//! A whole carry-out sale in one go: lines, tenders, handover, completion.

use super::{
    OrderAction, OrderStatus, Sale, SaleTender,
    decide::{check_role, check_tender},
    transition_table,
};
use crate::{
    identity::{DocumentId, OrderNumber},
    operation::{
        Body, GoodsHandedOver, LineAdded, LineKind, LineNumber, OrderCompleted, OrderOpened,
        ReferenceClaimed, Role, SessionOpened, TenderTaken,
    },
    planted::{self, Planted},
    refusal::Refusal,
    rules::{AMOUNT_MINOR_MAX, LINES_PER_DOCUMENT_MAX, Rules, TENDERS_PER_DOCUMENT_MAX},
    till_session::TillSessionState,
    value::{BasketLine, Currency, MinorUnits, price_basket},
};

/// What a sale needs to know besides itself.
#[derive(Debug, Clone, Copy)]
pub struct SaleContext<'a> {
    /// The number that was minted for it.
    pub number: OrderNumber,
    /// The till's open session: it fixes store, business date and currency.
    pub session: &'a TillSessionState,
    /// Who sells.
    pub role: Role,
    /// What the store allows.
    pub rules: &'a Rules,
}

/// The steps of the transition table that a whole sale takes.
const STEPS: [(OrderStatus, OrderAction); 5] = [
    (OrderStatus::New, OrderAction::Open),
    (OrderStatus::PendingPayment, OrderAction::AddLine),
    (OrderStatus::PendingPayment, OrderAction::TakeTender),
    (OrderStatus::Paid, OrderAction::HandOver),
    (OrderStatus::Paid, OrderAction::Complete),
];

/// What is to be written for a whole sale, in order: one document, paid, handed over and completed.
///
/// # Errors
/// [`Refusal`]: nothing is to be written.
pub fn sell(sale: &Sale, context: &SaleContext<'_>) -> Result<Vec<Body>, Refusal> {
    let session = context.session.trading()?;
    let table = transition_table(sale.order_type)?;
    for (status, action) in STEPS {
        table.step(status, action, context.role)?;
    }
    let lines = price_sale(sale, session.currency)?;
    for line in &lines {
        check_role(line, context.role, context.rules)?;
    }
    let total = MinorUnits::sum(lines.iter().map(|line| line.total_minor))?;
    let tenders = settle(&sale.tenders, total, context.session.id)?;

    let mut bodies: Vec<Body> = vec![open(sale, context, session).into()];
    let references = sale.references.iter().cloned();
    bodies.extend(references.map(|reference| ReferenceClaimed { reference }.into()));
    let goods = lines.iter().any(|line| line.kind == LineKind::Goods);
    bodies.extend(lines.into_iter().map(Body::from));
    bodies.extend(tenders.into_iter().map(Body::from));
    if goods {
        let store = session.store.clone();
        let lines = Vec::new();
        bodies.push(GoodsHandedOver { store, lines }.into());
    }
    bodies.push(OrderCompleted::default().into());
    Ok(bodies)
}

/// The sale's lines as they will be written, numbered from 1.
///
/// # Errors
/// [`Refusal`] where there is none, are too many, or an amount or discount can't be.
pub fn price_sale(sale: &Sale, currency: Currency) -> Result<Vec<LineAdded>, Refusal> {
    if sale.lines.is_empty() {
        return Err(Refusal::NoLines {});
    }
    if sale.lines.len() > LINES_PER_DOCUMENT_MAX {
        return Err(Refusal::TooMany {
            most: LINES_PER_DOCUMENT_MAX,
        });
    }
    let basket: Vec<BasketLine> = sale.lines.iter().map(|line| line.basket.clone()).collect();
    let priced = price_basket(
        &basket,
        &sale.discounts,
        sale.tax_mode,
        sale.tax_rounding,
        currency,
    )?;
    if priced.gross_minor.max(priced.total_minor) > AMOUNT_MINOR_MAX {
        return Err(Refusal::AmountTooLarge {});
    }
    let numbers = (1..).map_while(LineNumber::new);
    let lines = sale.lines.iter().zip(priced.lines).zip(numbers);
    let written = lines.map(|((line, priced), number)| LineAdded {
        line: number,
        product: line.product.clone(),
        description: line.description.clone(),
        kind: line.kind,
        department: line.department.clone(),
        quantity: line.basket.quantity,
        unit_price: line.basket.unit_price,
        price_source: line.price_source,
        gross_minor: priced.gross_minor,
        discounts: priced.discounts,
        tax: priced.tax,
        total_minor: priced.total_minor,
    });
    Ok(written.collect())
}

pub(super) fn open(sale: &Sale, context: &SaleContext<'_>, session: &SessionOpened) -> OrderOpened {
    OrderOpened {
        number: context.number,
        order_type: sale.order_type,
        channel: sale.channel.clone(),
        store: session.store.clone(),
        session: Some(context.session.id),
        business_date: session.business_date,
        currency: session.currency,
        customer: sale.customer.clone(),
        price_list: sale.price_list,
        tax_mode: sale.tax_mode,
        tax_rounding: sale.tax_rounding,
    }
}

/// The sale's tenders as they will be written: together exactly `total`.
fn settle(
    tenders: &[SaleTender],
    total: MinorUnits,
    session: DocumentId,
) -> Result<Vec<TenderTaken>, Refusal> {
    let mut due_minor = total;
    let mut taken = Vec::new();
    for (tender, amount_minor) in with_amounts(tenders, total)? {
        let tender = TenderTaken {
            session: (!planted::is(Planted::TenderInNoSession)).then_some(session),
            kind: tender.kind,
            amount_minor,
            tendered_minor: tender.tendered_minor,
            rounding_minor: tender.rounding_minor,
            reference: tender.reference.clone(),
        };
        check_tender(&tender, due_minor)?;
        due_minor = due_minor.minus(amount_minor)?;
        taken.push(tender);
    }
    if due_minor == MinorUnits::ZERO {
        Ok(taken)
    } else {
        Err(Refusal::NotPaid { due_minor })
    }
}

/// Each tender with its amount: the one that is given, or all that the tenders before it left. One without an amount
/// is left out where nothing is left.
pub(crate) fn with_amounts(
    tenders: &[SaleTender],
    total: MinorUnits,
) -> Result<Vec<(&SaleTender, MinorUnits)>, Refusal> {
    if tenders.len() > TENDERS_PER_DOCUMENT_MAX {
        return Err(Refusal::TooMany {
            most: TENDERS_PER_DOCUMENT_MAX,
        });
    }
    let mut left = total;
    let mut resolved = Vec::new();
    for tender in tenders {
        let amount = match tender.amount_minor {
            Some(amount) => amount,
            None if left.is_positive() => left,
            None => continue,
        };
        left = left.minus(amount)?;
        resolved.push((tender, amount));
    }
    Ok(resolved)
}
