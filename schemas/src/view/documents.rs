//! Orders, returns, till sessions, stock papers and movements.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    identity::{
        CustomerId, DocumentId, ExternalRef, NodeNumber, OperationId, OrderNumber, Sku, StoreId,
        TenderReference,
    },
    misfit::Misfit,
    operation::{
        CancelReason, CashBanked, Disposition, LineDiscount, LineKind, LineNumber, LineTax,
        OrderType, Original, SafeCounted, SessionTotals, StockMoved, TenderKind,
    },
    order::{
        FulfilmentStatus, OrderEnd, OrderLine, OrderState, OrderStatus, PaymentStatus, Tender,
    },
    return_::{Refund, ReturnLine, ReturnState},
    safe::SafeState,
    stock::{MovementCause, StockMovement, StockState},
    text_value::Description,
    till_session::{SessionTakings, TillSessionState},
    time::BusinessDate,
    value::{Currency, MinorUnits, Quantity, QuantityTotal, UnitPrice},
};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderView {
    /// The document.
    pub id: DocumentId,
    /// Its number; none while its opening has not arrived.
    pub number: Option<OrderNumber>,
    /// Numbers that find it too.
    pub former_numbers: Vec<OrderNumber>,
    /// What other systems call it.
    pub references: Vec<ExternalRef>,
    /// The documents that are the same order.
    pub aliases: Vec<DocumentId>,
    /// How the customer gets the goods.
    pub order_type: Option<OrderType>,
    /// The store that sells.
    pub store: Option<StoreId>,
    /// The till session in which it was opened.
    pub session: Option<DocumentId>,
    /// The trading day.
    pub business_date: Option<BusinessDate>,
    /// The currency of every amount.
    pub currency: Option<Currency>,
    /// The customer, by reference.
    pub customer: Option<CustomerId>,
    /// Where it stands.
    pub status: OrderStatus,
    /// Why it was cancelled, where it was.
    pub cancel_reason: Option<CancelReason>,
    /// How much of its money was taken.
    pub payment_status: PaymentStatus,
    /// How much of its goods was handed over.
    pub fulfilment_status: FulfilmentStatus,
    /// Its lines.
    pub lines: Vec<OrderLineView>,
    /// Its money.
    pub tenders: Vec<TenderView>,
    /// What it costs, tax included.
    pub total_minor: MinorUnits,
    /// The tax in that.
    pub tax_minor: MinorUnits,
    /// The money held for it.
    pub held_minor: MinorUnits,
    /// What is due.
    pub due_minor: MinorUnits,
    /// Whether nothing may be decided on it here.
    pub frozen: bool,
    /// What did not fit.
    pub misfits: Vec<Misfit>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderLineView {
    /// Its number.
    pub line: LineNumber,
    /// What is sold.
    pub product: Sku,
    /// The product's text.
    pub description: Description,
    /// Whether it moves stock.
    pub kind: LineKind,
    /// How much.
    pub quantity: Quantity,
    /// The price of one.
    pub unit_price: UnitPrice,
    /// Before discounts.
    pub gross_minor: MinorUnits,
    /// Its shares of discounts.
    pub discounts: Vec<LineDiscount>,
    /// Its tax.
    pub tax: LineTax,
    /// What the customer pays for it.
    pub total_minor: MinorUnits,
    /// Whether it was taken off.
    pub voided: bool,
    /// How much was handed over.
    pub handed_over: QuantityTotal,
}

/// Money that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TenderView {
    /// The operation that took it.
    pub operation: OperationId,
    /// What kind of money.
    pub kind: TenderKind,
    /// How much.
    pub amount_minor: MinorUnits,
    /// What cash rounding added.
    pub rounding_minor: MinorUnits,
    /// The till session that took it.
    pub session: Option<DocumentId>,
    /// The provider's name of the payment.
    pub reference: Option<TenderReference>,
    /// The operations that gave it back.
    pub voided_by: Vec<OperationId>,
}

/// A return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReturnView {
    /// The document.
    pub id: DocumentId,
    /// Its number; none while its opening has not arrived.
    pub number: Option<OrderNumber>,
    /// Numbers that find it too.
    pub former_numbers: Vec<OrderNumber>,
    /// The sale that is given back.
    pub original: Option<Original>,
    /// The store that takes it back.
    pub store: Option<StoreId>,
    /// The till session in which it happened.
    pub session: Option<DocumentId>,
    /// The trading day.
    pub business_date: Option<BusinessDate>,
    /// The currency of every amount.
    pub currency: Option<Currency>,
    /// The customer, by reference.
    pub customer: Option<CustomerId>,
    /// Whether it is finished.
    pub completed: bool,
    /// Its lines.
    pub lines: Vec<ReturnLineView>,
    /// Its refunds.
    pub refunds: Vec<RefundView>,
    /// What its lines are worth, tax included.
    pub worth_minor: MinorUnits,
    /// The tax in that.
    pub tax_minor: MinorUnits,
    /// What was refunded.
    pub refunded_minor: MinorUnits,
    /// Whether nothing may be decided on it here.
    pub frozen: bool,
    /// What did not fit.
    pub misfits: Vec<Misfit>,
}

/// A line of a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReturnLineView {
    /// Its number.
    pub line: LineNumber,
    /// The order's line.
    pub original_line: Option<LineNumber>,
    /// What is given back.
    pub product: Sku,
    /// The product's text.
    pub description: Description,
    /// Whether it moves stock.
    pub kind: LineKind,
    /// How much.
    pub quantity: Quantity,
    /// The price of one.
    pub unit_price: UnitPrice,
    /// What is refunded for it.
    pub refund_minor: MinorUnits,
    /// The tax in that.
    pub tax: LineTax,
    /// What becomes of it.
    pub disposition: Disposition,
    /// How much was taken back.
    pub taken_back: QuantityTotal,
}

/// Money that was refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefundView {
    /// The operation that paid it.
    pub operation: OperationId,
    /// What kind of money.
    pub kind: TenderKind,
    /// How much.
    pub amount_minor: MinorUnits,
    /// What cash rounding added.
    pub rounding_minor: MinorUnits,
    /// The till session that paid it.
    pub session: Option<DocumentId>,
    /// The provider's name of the payment.
    pub reference: Option<TenderReference>,
}

/// A till session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SessionView {
    /// The document.
    pub id: DocumentId,
    /// The till.
    pub till: Option<NodeNumber>,
    /// Its store.
    pub store: Option<StoreId>,
    /// The trading day.
    pub business_date: Option<BusinessDate>,
    /// The currency of every amount.
    pub currency: Option<Currency>,
    /// Whether money may be taken in it.
    pub open: bool,
    /// The change money it began with.
    pub float_minor: MinorUnits,
    /// The figures as its documents are known here: the X report.
    pub figures: SessionTotals,
    /// The Z report as it was written, once it is closed.
    pub closed: Option<SessionTotals>,
    /// How often the drawer was opened without a sale.
    pub no_sales: u32,
    /// How many baskets were given up.
    pub baskets_voided: u32,
    /// Whether nothing may be decided on it here.
    pub frozen: bool,
    /// What did not fit.
    pub misfits: Vec<Misfit>,
}

/// A stock paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StockView {
    /// The document.
    pub id: DocumentId,
    /// What moved.
    pub moved: Vec<StockMoved>,
    /// Whether nothing may be decided on it here.
    pub frozen: bool,
    /// What did not fit.
    pub misfits: Vec<Misfit>,
}

/// A paper about a store's safe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SafeView {
    /// The document.
    pub id: DocumentId,
    /// Counts of the safe.
    pub counted: Vec<SafeCounted>,
    /// Bags that left it for the bank.
    pub banked: Vec<CashBanked>,
    /// Whether nothing may be decided on it here.
    pub frozen: bool,
    /// What did not fit.
    pub misfits: Vec<Misfit>,
}

/// A movement of stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MovementView {
    /// Where.
    pub store: StoreId,
    /// What.
    pub product: Sku,
    /// By how much; less than nothing for a fall.
    pub change: QuantityTotal,
    /// On which trading day.
    pub business_date: Option<BusinessDate>,
    /// Why.
    pub cause: MovementCause,
    /// The document that it follows from.
    pub document: DocumentId,
    /// The operation in that document.
    pub operation: OperationId,
}

impl From<&OrderState> for OrderView {
    fn from(order: &OrderState) -> Self {
        let header = order.header.as_ref();
        let cancel_reason = match &order.end {
            Some(OrderEnd::Cancelled { reason, .. }) => Some(*reason),
            Some(OrderEnd::Completed { .. }) | None => None,
        };
        Self {
            id: order.id,
            number: order.numbers.current(),
            former_numbers: order.numbers.former().collect(),
            references: order.references.iter().cloned().collect(),
            aliases: order.aliases.keys().copied().collect(),
            order_type: header.map(|header| header.order_type),
            store: header.map(|header| header.store.clone()),
            session: header.and_then(|header| header.session),
            business_date: header.map(|header| header.business_date),
            currency: order.currency(),
            customer: header.and_then(|header| header.customer.clone()),
            status: order.status(),
            cancel_reason,
            payment_status: order.payment_status(),
            fulfilment_status: order.fulfilment_status(),
            lines: order.lines.values().map(OrderLineView::from).collect(),
            tenders: order
                .tenders
                .iter()
                .map(|(id, tender)| tender_view(*id, tender))
                .collect(),
            total_minor: order.total_minor(),
            tax_minor: order.tax_minor(),
            held_minor: order.held_minor(),
            due_minor: order.due_minor(),
            frozen: order.frozen,
            misfits: order.misfits.clone(),
        }
    }
}

impl From<&OrderLine> for OrderLineView {
    fn from(line: &OrderLine) -> Self {
        let added = line.added.clone();
        Self {
            line: added.line,
            product: added.product,
            description: added.description,
            kind: added.kind,
            quantity: added.quantity,
            unit_price: added.unit_price,
            gross_minor: added.gross_minor,
            discounts: added.discounts,
            tax: added.tax,
            total_minor: added.total_minor,
            voided: line.voided.is_some(),
            handed_over: line.handed_over,
        }
    }
}

fn tender_view(operation: OperationId, tender: &Tender) -> TenderView {
    TenderView {
        operation,
        kind: tender.taken.kind,
        amount_minor: tender.amount_minor,
        rounding_minor: tender.taken.rounding_minor.unwrap_or_default(),
        session: tender.taken.session,
        reference: tender.taken.reference.clone(),
        voided_by: tender.voided.iter().map(|(id, _)| *id).collect(),
    }
}

impl From<&ReturnState> for ReturnView {
    fn from(returned: &ReturnState) -> Self {
        let header = returned.header.as_ref();
        let refunds = returned.refunds.iter();
        Self {
            id: returned.id,
            number: returned.numbers.current(),
            former_numbers: returned.numbers.former().collect(),
            original: header.map(|header| header.original.clone()),
            store: header.map(|header| header.store.clone()),
            session: header.and_then(|header| header.session),
            business_date: header.map(|header| header.business_date),
            currency: returned.currency(),
            customer: header.and_then(|header| header.customer.clone()),
            completed: returned.completed.is_some(),
            lines: returned.lines.values().map(ReturnLineView::from).collect(),
            refunds: refunds
                .map(|(id, refund)| refund_view(*id, refund))
                .collect(),
            worth_minor: returned.worth_minor(),
            tax_minor: returned.tax_minor(),
            refunded_minor: returned.refunded_minor(),
            frozen: returned.frozen,
            misfits: returned.misfits.clone(),
        }
    }
}

impl From<&ReturnLine> for ReturnLineView {
    fn from(line: &ReturnLine) -> Self {
        let added = line.added.clone();
        Self {
            line: added.line,
            original_line: added.original_line,
            product: added.product,
            description: added.description,
            kind: added.kind,
            quantity: added.quantity,
            unit_price: added.unit_price,
            refund_minor: added.refund_minor,
            tax: added.tax,
            disposition: added.disposition,
            taken_back: line.taken_back,
        }
    }
}

fn refund_view(operation: OperationId, refund: &Refund) -> RefundView {
    RefundView {
        operation,
        kind: refund.paid.kind,
        amount_minor: refund.amount_minor,
        rounding_minor: refund.paid.rounding_minor.unwrap_or_default(),
        session: refund.paid.session,
        reference: refund.paid.reference.clone(),
    }
}

impl SessionView {
    /// A session with what its documents are known to have taken and given.
    #[must_use]
    pub fn new(session: &TillSessionState, takings: &SessionTakings) -> Self {
        let header = session.header.as_ref();
        Self {
            id: session.id,
            till: header.map(|header| header.till),
            store: header.map(|header| header.store.clone()),
            business_date: header.map(|header| header.business_date),
            currency: header.map(|header| header.currency),
            open: session.is_open(),
            float_minor: session.float_minor(),
            figures: session.totals(takings),
            closed: session
                .close
                .as_ref()
                .map(|(_, closed)| closed.totals.clone()),
            no_sales: session.no_sales,
            baskets_voided: session.baskets_voided,
            frozen: session.frozen,
            misfits: session.misfits.clone(),
        }
    }
}

impl From<&StockState> for StockView {
    fn from(stock: &StockState) -> Self {
        Self {
            id: stock.id,
            moved: stock.moved.iter().map(|(_, moved)| moved.clone()).collect(),
            frozen: stock.frozen,
            misfits: stock.misfits.clone(),
        }
    }
}

impl From<&SafeState> for SafeView {
    fn from(safe: &SafeState) -> Self {
        let (counted, banked) = (safe.counted.iter(), safe.banked.iter());
        Self {
            id: safe.id,
            counted: counted.map(|(_, paper)| paper.clone()).collect(),
            banked: banked.map(|(_, paper, _)| paper.clone()).collect(),
            frozen: safe.frozen,
            misfits: safe.misfits.clone(),
        }
    }
}

impl From<&StockMovement> for MovementView {
    fn from(movement: &StockMovement) -> Self {
        Self {
            store: movement.store.clone(),
            product: movement.product.clone(),
            change: movement.change,
            business_date: movement.business_date,
            cause: movement.cause,
            document: movement.document,
            operation: movement.operation,
        }
    }
}
