//! What can happen to an order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::{
        Channel, CustomerId, DepartmentCode, DiscountCode, DocumentId, ExternalRef, OperationId,
        OrderNumber, PriceListVersion, ReasonCode, ReceiptNumber, Sku, StoreId, TaxCode,
        TenderReference,
    },
    text_value::Description,
    time::BusinessDate,
    value::{Currency, MinorUnits, Quantity, Rate, UnitPrice},
};

/// How the customer gets the goods; each type has its own transition table.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OrderType {
    /// Taken along at once.
    CarryOut,
    /// Ordered before, collected in the store.
    Pickup,
    /// Delivered from a warehouse.
    Delivery,
    /// Shipped from a store's stock.
    ShipFromStore,
    /// Ordered in for the customer.
    SpecialOrder,
    /// Put aside and paid in parts.
    Layaway,
}

impl OrderType {
    /// Every type.
    pub const ALL: [Self; 6] = [
        Self::CarryOut,
        Self::Pickup,
        Self::Delivery,
        Self::ShipFromStore,
        Self::SpecialOrder,
        Self::Layaway,
    ];
}

/// The number of a line within its document, from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct LineNumber(std::num::NonZeroU32);

impl LineNumber {
    /// The line with this number; `None` for 0.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        std::num::NonZeroU32::new(number).map(Self)
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl std::fmt::Display for LineNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Whether a line moves stock.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Goods: handed over, and counted in stock.
    Goods,
    /// Postage, fees, samples: no stock.
    Service,
}

/// Whether prices hold the tax already.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TaxMode {
    /// Prices include tax.
    Inclusive,
    /// Tax comes on top.
    Exclusive,
}

/// Where tax is rounded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TaxRounding {
    /// Each line by itself.
    PerLine,
    /// Once for each rate of the order; the lines get their shares by largest remainder.
    PerOrder,
}

/// The order begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderOpened {
    /// The one order number.
    pub number: OrderNumber,
    /// How the customer gets the goods.
    pub order_type: OrderType,
    /// Where it was placed.
    pub channel: Channel,
    /// The store that sells.
    pub store: StoreId,
    /// The till session in which it was opened; none for orders that no till took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<DocumentId>,
    /// The session's business date.
    pub business_date: BusinessDate,
    /// The currency of every amount in this document.
    pub currency: Currency,
    /// The customer, by reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The reference data that prices were taken from.
    pub price_list: PriceListVersion,
    /// Whether prices include tax.
    pub tax_mode: TaxMode,
    /// Where tax was rounded.
    pub tax_rounding: TaxRounding,
}

/// Where a line's unit price came from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// The price list.
    PriceList,
    /// Keyed in: an open price, or captured elsewhere.
    Keyed,
    /// The price list's price, overridden.
    Override,
}

/// A part of a discount that fell on one line, allocated at the sale and stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineDiscount {
    /// Which discount.
    pub discount: DiscountCode,
    /// This line's share, more than zero.
    pub amount_minor: MinorUnits,
}

/// A line's tax, as it was at the sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineTax {
    /// The tax class.
    pub code: TaxCode,
    /// The rate, per cent.
    pub rate: Rate,
    /// The tax that is in (inclusive) or was added to (exclusive) the line's total.
    pub tax_minor: MinorUnits,
}

/// A line is added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineAdded {
    /// The line's number, from 1.
    pub line: LineNumber,
    /// What is sold.
    pub product: Sku,
    /// The product's text for the receipt, as it was at the sale.
    pub description: Description,
    /// Whether it moves stock.
    pub kind: LineKind,
    /// The product's department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentCode>,
    /// How much.
    pub quantity: Quantity,
    /// The price of one.
    pub unit_price: UnitPrice,
    /// Where that price came from.
    pub price_source: PriceSource,
    /// Quantity × unit price, rounded once, before discounts.
    pub gross_minor: MinorUnits,
    /// The shares of discounts that fell on this line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<LineDiscount>,
    /// The line's tax.
    pub tax: LineTax,
    /// What the customer pays for the line: gross less discounts, and the tax where it comes on top.
    pub total_minor: MinorUnits,
}

/// A line is taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineVoided {
    /// Which line.
    pub line: LineNumber,
    /// Why.
    pub reason: ReasonCode,
}

/// The kinds of tender.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TenderKind {
    /// Notes and coins.
    Cash,
    /// A payment card.
    Card,
    /// A gift card or voucher.
    Voucher,
    /// The customer's credit with the store.
    StoreCredit,
    /// On the customer's account.
    OnAccount,
}

impl TenderKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Cash,
        Self::Card,
        Self::Voucher,
        Self::StoreCredit,
        Self::OnAccount,
    ];
}

/// Money was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TenderTaken {
    /// The till session that took it; none where no till did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<DocumentId>,
    /// What kind of money.
    pub kind: TenderKind,
    /// How much of the order it settles: handed over less change.
    pub amount_minor: MinorUnits,
    /// What the customer handed over, where that was more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tendered_minor: Option<MinorUnits>,
    /// What cash rounding added to (or, negative, took off) the cash that changed hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding_minor: Option<MinorUnits>,
    /// The provider's name of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<TenderReference>,
}

/// Money that was taken was given back whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TenderVoided {
    /// The operation that took it.
    pub tender: OperationId,
    /// The till session that gave it back; none where no till did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<DocumentId>,
    /// Why.
    pub reason: ReasonCode,
}

/// A quantity of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineQuantity {
    /// Which line.
    pub line: LineNumber,
    /// How much of it.
    pub quantity: Quantity,
}

/// Goods were handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GoodsHandedOver {
    /// From which store's stock.
    pub store: StoreId,
    /// What, and how much. Empty: all goods of the order that were not handed over yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineQuantity>,
}

/// The order is finished.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderCompleted {
    /// The number of its receipt; none where no till printed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptNumber>,
}

/// Why an order was cancelled.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The customer did not want it any more.
    ByCustomer,
    /// The staff cancelled it.
    ByStaff,
    /// It was not paid in time.
    PaymentTimeOut,
    /// Nobody came for it.
    NoShow,
    /// There was nothing to hand over.
    NoStock,
    /// Its basket had been put aside, and was taken up again as an order of its own.
    Resumed,
}

/// The order will not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderCancelled {
    /// Why.
    pub reason: CancelReason,
}

/// Another system calls this order by this name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceClaimed {
    /// The name.
    pub reference: ExternalRef,
}

/// Two documents are one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderAliased {
    /// The other document.
    pub other: DocumentId,
    /// The reference that both claim.
    pub because: ExternalRef,
}

/// Two documents are two orders after all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderUnaliased {
    /// The other document.
    pub other: DocumentId,
    /// Why.
    pub reason: ReasonCode,
}

/// A number that was minted twice: this document goes by a further one. Its old number still finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NumberReassigned {
    /// The number that both documents got.
    pub clashed: OrderNumber,
    /// This document's number from now on.
    pub number: OrderNumber,
    /// The order or return that keeps the number.
    pub other: DocumentId,
}
