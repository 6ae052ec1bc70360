//! Taking goods back.

use std::collections::BTreeMap;

use holdfast_schemas::{
    after_sale::AfterSale,
    document::Document,
    identity::DocumentId,
    operation::{DocumentKind, TenderKind},
    order::{OrderState, SaleTender, fold_order},
    refusal::Refusal,
    return_::{BlindLine, ReturnRequest, ReturnedGoods, fold_return},
    staff::{StaffRole, TillAction, TillRequest},
    store_settings::ReasonUse,
    value::{MinorUnits, refund_share},
    view::AfterSaleView,
};

use super::{
    BlindReturn, DeskDone, DeskRefusal, DocumentFigures, ReceiptKey, RefundableTender, Returnable,
    VerifiedReturn,
    print::Printing,
    state::{Acting, AtDesk},
};
use crate::{
    engine::{Action, Beside, read_after_sale},
    store::{
        StoreError,
        desk::{self as rows, DeskRow},
        query,
    },
};

/// In which money refunds go out first: cards up to what was taken, cash last.
const REFUND_ORDER: [TenderKind; 5] = [
    TenderKind::Card,
    TenderKind::OnAccount,
    TenderKind::StoreCredit,
    TenderKind::Voucher,
    TenderKind::Cash,
];

impl AtDesk<'_> {
    /// An order of the file in use that a receipt names, and what can be taken back of it; none where it is not here.
    pub(crate) fn returnable(&self, key: &ReceiptKey) -> Result<Option<Returnable>, DeskRefusal> {
        let store = self.engine().store();
        let found = match key {
            ReceiptKey::Document(document) => vec![*document],
            ReceiptKey::Number(number) => store.documents_by_number(*number)?,
            ReceiptKey::Receipt(number) => store
                .read(|transaction| rows::document_of_receipt(transaction, *number))?
                .into_iter()
                .collect(),
        };
        for document in found {
            let read = store.read(|transaction| {
                let whole = query::read_whole(transaction, document)?;
                let after = read_after_sale(transaction, document)?;
                Ok::<_, StoreError>(whole.zip(after))
            })?;
            if let Some((document, after)) = read
                && document.kind() == Some(DocumentKind::Order)
            {
                let order = fold_order(document.id(), document.operations());
                return Ok(Some(self.as_returnable(&order, &after)?));
            }
        }
        Ok(None)
    }

    fn as_returnable(
        &self,
        order: &OrderState,
        after: &AfterSale,
    ) -> Result<Returnable, DeskRefusal> {
        let descriptions = after.lines.values();
        Ok(Returnable {
            order: order.id,
            number: order.numbers.current(),
            business_date: order.header.as_ref().map(|header| header.business_date),
            after_sale: AfterSaleView::from(after),
            refundable: self.refundable(order)?,
            descriptions: descriptions
                .map(|line| line.added.description.as_str().into())
                .collect(),
        })
    }

    /// How much of each kind of money can be refunded: what was taken, less what the order's returns gave back.
    fn refundable(&self, order: &OrderState) -> Result<Vec<RefundableTender>, DeskRefusal> {
        let mut left: BTreeMap<TenderKind, MinorUnits> = BTreeMap::new();
        for tender in order.tenders.values() {
            let held = left.entry(tender.taken.kind).or_default();
            *held = held.saturating_plus(tender.held_minor());
        }
        let store = self.engine().store();
        for id in store.returns_of(order.id)? {
            let Some(document) = store.document(id)? else {
                continue;
            };
            for refund in fold_return(id, document.operations()).refunds.values() {
                let held = left.entry(refund.paid.kind).or_default();
                *held = held.saturating_minus(refund.amount_minor);
            }
        }
        let kinds = REFUND_ORDER.into_iter();
        Ok(kinds
            .filter_map(|kind| {
                let amount_minor = left.get(&kind).copied()?;
                amount_minor
                    .is_positive()
                    .then_some(RefundableTender { kind, amount_minor })
            })
            .collect())
    }

    pub(super) fn return_verified(
        &mut self,
        acting: &Acting<'_>,
        wanted: &VerifiedReturn,
    ) -> Result<DeskDone, DeskRefusal> {
        self.refuse_open_basket()?;
        let role = self.allowed(acting, TillRequest::new(TillAction::TakeVerifiedReturn))?;
        for line in &wanted.lines {
            self.check_reason(&line.reason, ReasonUse::Return)?;
        }
        let order = self.order(wanted.order)?;
        let after = self
            .engine()
            .store()
            .read(|transaction| read_after_sale(transaction, wanted.order))?;
        let after = after.ok_or(DeskRefusal::NoSuchDocument)?;
        let worth = worth(&after, wanted);
        let refunds = self.refunds(worth, &self.refundable(&order)?)?;
        let request = ReturnRequest {
            goods: ReturnedGoods::Verified {
                order: wanted.order,
                lines: wanted.lines.clone(),
            },
            refunds,
            customer: order.header.and_then(|header| header.customer),
        };
        self.take_back(acting, role, &request)
    }

    /// Divides what goes back over the money that it was paid with; what that does not cover is the fold's to refuse.
    fn refunds(
        &self,
        worth: MinorUnits,
        refundable: &[RefundableTender],
    ) -> Result<Vec<SaleTender>, DeskRefusal> {
        let mut left = worth;
        let mut refunds = Vec::new();
        for tender in refundable {
            let amount = tender.amount_minor.min(left);
            if amount.is_positive() {
                left = left.saturating_minus(amount);
                refunds.push(self.refund(tender.kind, amount)?);
            }
        }
        Ok(refunds)
    }

    /// One refund; cash is rounded to what can be paid.
    fn refund(&self, kind: TenderKind, amount: MinorUnits) -> Result<SaleTender, DeskRefusal> {
        let step = self.desk.settings().cash_rounding_step;
        let rounding = match kind {
            TenderKind::Cash => Some(step.rounding(amount).map_err(Refusal::from)?),
            TenderKind::Card
            | TenderKind::Voucher
            | TenderKind::StoreCredit
            | TenderKind::OnAccount => None,
        };
        Ok(SaleTender {
            kind,
            amount_minor: Some(amount),
            tendered_minor: None,
            rounding_minor: rounding.filter(|rounding| *rounding != MinorUnits::ZERO),
            reference: None,
        })
    }

    pub(super) fn return_blind(
        &mut self,
        acting: &Acting<'_>,
        wanted: &BlindReturn,
    ) -> Result<DeskDone, DeskRefusal> {
        self.refuse_open_basket()?;
        let role = self.allowed(acting, TillRequest::new(TillAction::TakeBlindReturn))?;
        let settings = self.desk.settings().clone();
        let mut lines = Vec::new();
        for line in &wanted.lines {
            self.check_reason(&line.reason, ReasonUse::Return)?;
            let found = self.main.store().product(&line.product)?;
            let product = found.ok_or_else(|| DeskRefusal::UnknownProduct(line.product.clone()))?;
            lines.push(BlindLine {
                tax_rate: settings.tax_rates.rate(&product.tax_class),
                tax_code: product.tax_class,
                product: product.sku,
                description: product.description,
                kind: product.kind,
                quantity: line.quantity,
                unit_price: line.unit_price.unwrap_or(product.price),
                reason: line.reason.clone(),
                disposition: line.disposition,
            });
        }
        let mut refund = SaleTender::the_rest(wanted.refund);
        if wanted.refund == TenderKind::Cash {
            let worth = blind_worth(&lines, &settings)?;
            refund = self.refund(TenderKind::Cash, worth)?;
        }
        let request = ReturnRequest {
            goods: ReturnedGoods::Blind {
                because: wanted.because,
                tax_mode: settings.tax_mode,
                lines,
            },
            refunds: vec![refund],
            customer: None,
        };
        self.take_back(acting, role, &request)
    }

    /// T1 of a return. What only people with more rights may take is asked for by name, and tried again with theirs.
    fn take_back(
        &mut self,
        acting: &Acting<'_>,
        mut role: StaffRole,
        request: &ReturnRequest,
    ) -> Result<DeskDone, DeskRefusal> {
        self.open_session_document()?;
        loop {
            let needed = match self.submit_return(acting, role, request) {
                Ok(figures) => return Ok(DeskDone::Returned(figures)),
                Err(DeskRefusal::Document(Refusal::ReturnWindow { .. })) => {
                    TillAction::TakeLateReturn
                }
                Err(DeskRefusal::Document(Refusal::BlindReturnCap { .. })) => {
                    TillAction::TakeBlindReturnOverCap
                }
                Err(refusal) => return Err(refusal),
            };
            let allowed = self.allowed(acting, TillRequest::new(needed))?;
            if allowed <= role {
                return Err(DeskRefusal::NotAllowed);
            }
            role = allowed;
        }
    }

    fn submit_return(
        &mut self,
        acting: &Acting<'_>,
        role: StaffRole,
        request: &ReturnRequest,
    ) -> Result<DocumentFigures, DeskRefusal> {
        let printing = Printing::of(self, acting);
        let kinds = request.refunds.iter();
        let cash = kinds.clone().any(|refund| refund.kind == TenderKind::Cash);
        let print = |document: &Document| printing.returned(document, cash);
        let beside = Beside {
            numbered: true,
            print: Some(&print),
            desk: Some(&|row: &mut DeskRow, document: DocumentId| row.last = Some(document)),
            ..Beside::default()
        };
        let receipt = self.submit((acting, role), Action::Return(request.clone()), &beside)?;
        self.finished(receipt.document)
    }
}

/// What the wanted lines are worth: their stored shares. A line that is not there is refused later, by name.
fn worth(after: &AfterSale, wanted: &VerifiedReturn) -> MinorUnits {
    let mut lines = after.lines.clone();
    let mut worth = MinorUnits::ZERO;
    for line in &wanted.lines {
        let Some(of_line) = lines.get_mut(&line.line) else {
            continue;
        };
        let share = refund_share(
            &of_line.sold_line(),
            &of_line.returned_so_far(),
            line.quantity,
        );
        if let Ok(share) = share {
            worth = worth.saturating_plus(share.refund_minor);
            let returned = of_line.returned.plus(line.quantity.into());
            of_line.returned = returned.unwrap_or(of_line.returned);
            of_line.refunded_minor = of_line.refunded_minor.saturating_plus(share.refund_minor);
            let tax = of_line.refunded_tax_minor.saturating_plus(share.tax_minor);
            of_line.refunded_tax_minor = tax;
        }
    }
    worth
}

fn blind_worth(
    lines: &[BlindLine],
    settings: &holdfast_schemas::reference::StoreSettings,
) -> Result<MinorUnits, DeskRefusal> {
    let basket: Vec<_> = lines
        .iter()
        .map(|line| holdfast_schemas::value::BasketLine {
            quantity: line.quantity,
            unit_price: line.unit_price,
            discounts: Vec::new(),
            tax_code: line.tax_code.clone(),
            tax_rate: line.tax_rate,
        })
        .collect();
    let priced = holdfast_schemas::value::price_basket(
        &basket,
        &[],
        settings.tax_mode,
        holdfast_schemas::operation::TaxRounding::PerLine,
        settings.currency,
    );
    Ok(priced.map_err(Refusal::from)?.total_minor)
}
