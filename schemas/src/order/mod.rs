//! Orders: what is known of a sale, what may be done to it, and what others did at the same time.

mod alias;
mod decide;
mod fold;
mod line_check;
mod payment;
mod sell;
mod state;
mod status;
mod suspend;
mod table;

pub use alias::{AliasedOrder, alias_component, resolve_aliases};
pub use decide::{decide_order, record_fact};
pub use fold::fold_order;
pub use payment::Payment;
pub(crate) use sell::with_amounts;
pub use sell::{SaleContext, price_sale, sell};
pub(crate) use state::sum;
pub use state::{Handover, OrderEnd, OrderLine, OrderState, Tender};
pub(crate) use status::Progress;
pub use status::{FulfilmentStatus, OrderStatus, PaymentStatus};
pub use suspend::{Suspension, place, suspend};
pub use table::{OrderAction, Transition, TransitionTable, transition_table};

use crate::{
    identity::{
        Channel, CustomerId, DepartmentCode, ExternalRef, PriceListVersion, ReasonCode, Sku,
        TenderReference,
    },
    operation::{
        GoodsHandedOver, LineAdded, LineKind, LineNumber, OrderCancelled, OrderOpened,
        OrderResumed, OrderType, PaymentAnswered, PaymentIntended, PriceSource, TaxMode,
        TaxRounding, TenderKind, TenderTaken, TenderVoided,
    },
    text_value::Description,
    value::{BasketLine, Discount, MinorUnits},
};

/// What somebody wants to do to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderCommand {
    /// Begin it.
    Open(OrderOpened),
    /// Add a line, priced.
    AddLine(LineAdded),
    /// Take a line off.
    VoidLine {
        /// Which line.
        line: LineNumber,
        /// Why.
        reason: ReasonCode,
    },
    /// Take money.
    TakeTender(TenderTaken),
    /// Give a tender back whole.
    VoidTender(TenderVoided),
    /// Begin a card payment, before the terminal is asked.
    IntendPayment(PaymentIntended),
    /// Note what became of a card payment, and count its money.
    AnswerPayment(PaymentAnswered),
    /// Take a basket up that was put aside.
    Resume(OrderResumed),
    /// Hand goods over.
    HandOver(GoodsHandedOver),
    /// Finish it.
    Complete,
    /// Give it up.
    Cancel(OrderCancelled),
    /// Note another system's name for it.
    ClaimReference(ExternalRef),
}

/// A whole carry-out sale, with every value resolved: nothing is looked up later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// How the customer gets the goods; must have a transition table.
    pub order_type: OrderType,
    /// Where it was placed.
    pub channel: Channel,
    /// The customer, by reference.
    pub customer: Option<CustomerId>,
    /// Other systems' names for it.
    pub references: Vec<ExternalRef>,
    /// The reference data that prices were taken from.
    pub price_list: PriceListVersion,
    /// Whether prices include tax.
    pub tax_mode: TaxMode,
    /// Where tax is rounded.
    pub tax_rounding: TaxRounding,
    /// What is sold, in receipt order; the lines are numbered from 1.
    pub lines: Vec<SaleLine>,
    /// Discounts on the whole basket, to be allocated to its lines.
    pub discounts: Vec<Discount>,
    /// How it is paid. Together exactly the total.
    pub tenders: Vec<SaleTender>,
}

/// A line of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleLine {
    /// What is sold.
    pub product: Sku,
    /// The product's text for the receipt.
    pub description: Description,
    /// Whether it moves stock.
    pub kind: LineKind,
    /// The product's department.
    pub department: Option<DepartmentCode>,
    /// Where the price came from.
    pub price_source: PriceSource,
    /// Quantity, price, the line's own discounts, and tax.
    pub basket: BasketLine,
}

/// One tender of a sale, or one refund of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleTender {
    /// What kind of money.
    pub kind: TenderKind,
    /// How much; without, all that is left. A zero total needs no tender, and one without an amount is left out.
    pub amount_minor: Option<MinorUnits>,
    /// What the customer handed over, where that was more. Not for refunds.
    pub tendered_minor: Option<MinorUnits>,
    /// What cash rounding added to (or, negative, took off) the cash that changes hands.
    pub rounding_minor: Option<MinorUnits>,
    /// The provider's name of the payment.
    pub reference: Option<TenderReference>,
}

impl SaleTender {
    /// All that is left, in one kind of money.
    #[must_use]
    pub fn the_rest(kind: TenderKind) -> Self {
        Self {
            kind,
            amount_minor: None,
            tendered_minor: None,
            rounding_minor: None,
            reference: None,
        }
    }
}

#[cfg(test)]
mod scenario_tests;
#[cfg(test)]
mod table_tests;
