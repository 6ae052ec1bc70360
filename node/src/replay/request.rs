//! From planned trade to what a till is asked to do.

use std::collections::BTreeMap;

use holdfast_schemas::{
    identity::{
        Channel, DocumentId, ExternalRef, ExternalValue, PriceListVersion, ReasonCode, TaxCode,
    },
    operation::{
        BlindReason, Disposition, OrderType, PriceSource, StockLine, TaxMode, TaxRounding,
        TenderKind,
    },
    order::{Sale, SaleLine, SaleTender},
    return_::{BlindLine, ReturnRequest, ReturnedGoods, VerifiedLine},
    value::{BasketLine, MinorUnits, Rate},
};

use super::{Adjustment, Cancellation, CancelledPart, Invoice, SoldRow};

/// What a trade file does not say: how its prices are taxed and what its names are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayTerms {
    /// The channel under which invoice numbers are outside references.
    pub channel: Channel,
    /// The tax class of goods.
    pub tax_code: TaxCode,
    /// The rate of that class; services are taxed alike.
    pub tax_rate: Rate,
    /// Why goods come back.
    pub return_reason: ReasonCode,
    /// The version of the reference data that the till has.
    pub price_list: PriceListVersion,
}

impl ReplayTerms {
    /// Prices include tax at `tax_rate`, under the class `standard`; invoices are `invoice:…`.
    #[must_use]
    pub fn new(tax_rate: Rate, price_list: PriceListVersion) -> Self {
        Self {
            channel: Channel::new("invoice").expect("a channel's name"),
            tax_code: TaxCode::new("standard").expect("a tax class's name"),
            tax_rate,
            return_reason: ReasonCode::new("cancelled").expect("a reason's name"),
            price_list,
        }
    }

    /// The outside reference of an invoice.
    #[must_use]
    pub fn reference(&self, invoice: &ExternalValue) -> ExternalRef {
        ExternalRef {
            channel: self.channel.clone(),
            value: invoice.clone(),
        }
    }

    /// The sale of an invoice.
    #[must_use]
    pub fn sale(&self, invoice: &Invoice) -> Sale {
        Sale {
            order_type: OrderType::CarryOut,
            channel: Channel::new("till").expect("a channel's name"),
            customer: invoice.customer.clone(),
            references: vec![self.reference(&invoice.number)],
            price_list: self.price_list,
            tax_mode: TaxMode::Inclusive,
            tax_rounding: TaxRounding::PerLine,
            lines: invoice
                .lines
                .iter()
                .map(|line| self.sale_line(&line.row))
                .collect(),
            discounts: Vec::new(),
            tenders: tenders(invoice),
        }
    }

    fn sale_line(&self, row: &SoldRow) -> SaleLine {
        SaleLine {
            product: row.product.clone(),
            description: row.description.clone(),
            kind: row.kind,
            department: None,
            price_source: PriceSource::Keyed,
            basket: BasketLine {
                quantity: row.quantity,
                unit_price: row.unit_price,
                discounts: Vec::new(),
                tax_code: self.tax_code.clone(),
                tax_rate: self.tax_rate,
            },
        }
    }

    /// The verified return of parts of one order, refunded in one kind of money.
    #[must_use]
    pub fn verified_return(
        &self,
        cancellation: &Cancellation,
        order: DocumentId,
        parts: &[&CancelledPart],
        refund: TenderKind,
    ) -> ReturnRequest {
        let line = |part: &&CancelledPart| {
            part.original.as_ref().map(|original| VerifiedLine {
                line: original.line,
                quantity: part.row.quantity,
                reason: self.return_reason.clone(),
                disposition: Disposition::Restock,
            })
        };
        let lines = parts.iter().filter_map(line).collect();
        request(
            cancellation,
            ReturnedGoods::Verified { order, lines },
            refund,
        )
    }

    /// The return of parts whose sale can't be looked at, at their own price, refunded in one kind of money.
    #[must_use]
    pub fn blind_return(
        &self,
        cancellation: &Cancellation,
        because: BlindReason,
        parts: &[&CancelledPart],
        refund: TenderKind,
    ) -> ReturnRequest {
        let line = |part: &&CancelledPart| BlindLine {
            product: part.row.product.clone(),
            description: part.row.description.clone(),
            kind: part.row.kind,
            quantity: part.row.quantity,
            unit_price: part.row.unit_price,
            tax_code: self.tax_code.clone(),
            tax_rate: self.tax_rate,
            reason: self.return_reason.clone(),
            disposition: Disposition::Restock,
        };
        let lines = parts.iter().map(line).collect();
        request(
            cancellation,
            ReturnedGoods::Blind {
                because,
                tax_mode: TaxMode::Inclusive,
                lines,
            },
            refund,
        )
    }
}

fn request(cancellation: &Cancellation, goods: ReturnedGoods, refund: TenderKind) -> ReturnRequest {
    ReturnRequest {
        goods,
        refunds: vec![SaleTender::the_rest(refund)],
        customer: cancellation.customer.clone(),
    }
}

/// The stock lines of an adjustment.
#[must_use]
pub fn stock_lines(adjustment: &Adjustment) -> Vec<StockLine> {
    let line = |row: &super::AdjustedRow| StockLine {
        product: row.product.clone(),
        change: row.change,
    };
    adjustment.rows.iter().map(line).collect()
}

/// A cancellation's parts by the invoice that they were sold on; `None` for those without an original.
#[must_use]
pub fn parts_by_original(
    cancellation: &Cancellation,
) -> BTreeMap<Option<&ExternalValue>, Vec<&CancelledPart>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for part in &cancellation.parts {
        groups
            .entry(part.original.as_ref().map(|original| &original.invoice))
            .or_default()
            .push(part);
    }
    groups
}

/// What a voucher that comes along is worth, and from which total on one does.
const VOUCHER: MinorUnits = MinorUnits::new(500);
const VOUCHER_FROM: MinorUnits = MinorUnits::new(1000);

/// A trade file does not say how it was paid. Customers pay by card, walk-ins with cash, and every tenth invoice of ten
/// pounds or more brings a voucher of five along.
fn tenders(invoice: &Invoice) -> Vec<SaleTender> {
    let rest = SaleTender::the_rest(usual_tender(invoice.customer.is_some()));
    if voucher_of(invoice).is_positive() {
        let voucher = SaleTender {
            amount_minor: Some(VOUCHER),
            ..SaleTender::the_rest(TenderKind::Voucher)
        };
        return vec![voucher, rest];
    }
    vec![rest]
}

/// How customers (known) and walk-ins (not known) pay and are paid back.
#[must_use]
pub fn usual_tender(known: bool) -> TenderKind {
    if known {
        TenderKind::Card
    } else {
        TenderKind::Cash
    }
}

/// What an invoice puts into the drawer.
#[must_use]
pub fn cash_of(invoice: &Invoice) -> MinorUnits {
    match usual_tender(invoice.customer.is_some()) {
        TenderKind::Cash => total_of(invoice).saturating_minus(voucher_of(invoice)),
        TenderKind::Card
        | TenderKind::Voucher
        | TenderKind::StoreCredit
        | TenderKind::OnAccount => MinorUnits::ZERO,
    }
}

fn voucher_of(invoice: &Invoice) -> MinorUnits {
    let brings = invoice.number.as_str().ends_with('7') && total_of(invoice) >= VOUCHER_FROM;
    if brings { VOUCHER } else { MinorUnits::ZERO }
}

fn total_of(invoice: &Invoice) -> MinorUnits {
    let amounts = invoice.lines.iter().map(|line| line.row.amount_minor);
    amounts.fold(MinorUnits::ZERO, MinorUnits::saturating_plus)
}
