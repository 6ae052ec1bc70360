//! Taking goods back.

use std::collections::BTreeMap;

use holdfast_schemas::{
    after_sale::AfterSale,
    document::Document,
    exchange::{EXCHANGE_KIND, exchange_reference, is_exchange},
    identity::{CustomerId, DocumentId, TenderReference},
    operation::{DocumentKind, TenderKind},
    order::{OrderState, SaleTender, fold_order},
    refusal::Refusal,
    return_::{BlindLine, ReturnRequest, ReturnedGoods, fold_return},
    staff::{StaffRole, TillAction, TillRequest},
    store_settings::ReasonUse,
    value::{MinorUnits, refund_share},
    view::AfterSaleView,
    wire::{Right, RightKind},
};
use serde::{Deserialize, Serialize};

use super::{
    BlindReturn, DeskDone, DeskRefusal, DocumentFigures, ReceiptKey, RefundableTender, Returnable,
    VerifiedReturn,
    print::Printing,
    state::{Acting, AtDesk},
};
use crate::{
    engine::{Action, BasketAfter, Beside, SubmitError, read_after_sale},
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

/// Goods that come back, checked and not written yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ComingBack {
    pub(super) goods: ReturnedGoods,
    /// What they are worth.
    pub(super) worth_minor: MinorUnits,
    /// In which money a blind return is refunded.
    pub(super) refund: Option<TenderKind>,
    pub(super) customer: Option<CustomerId>,
    /// The role with which it is decided.
    pub(super) role: StaffRole,
}

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
            let kind = in_money(tender.taken.kind, tender.taken.reference.as_ref());
            let held = left.entry(kind).or_default();
            *held = held.saturating_plus(tender.held_minor());
        }
        let store = self.engine().store();
        for id in store.returns_of(order.id)? {
            let Some(document) = store.document(id)? else {
                continue;
            };
            for refund in fold_return(id, document.operations()).refunds.values() {
                let paid = &refund.paid;
                // What a return settled with goods was given back all the same.
                let kind = in_money(paid.kind, paid.reference.as_ref());
                let held = left.entry(kind).or_default();
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
        let back = self.verified(acting, wanted)?;
        let done = self.take_back(acting, &back);
        self.done_with(&back);
        done
    }

    pub(super) fn return_blind(
        &mut self,
        acting: &Acting<'_>,
        wanted: &BlindReturn,
    ) -> Result<DeskDone, DeskRefusal> {
        self.refuse_open_basket()?;
        let back = self.blind(acting, wanted)?;
        self.take_back(acting, &back)
    }

    /// Goods of a sale that was looked up, checked: this till has the right to refund it, or was let do without.
    pub(super) fn verified(
        &mut self,
        acting: &Acting<'_>,
        wanted: &VerifiedReturn,
    ) -> Result<ComingBack, DeskRefusal> {
        let role = self.allowed(acting, TillRequest::new(TillAction::TakeVerifiedReturn))?;
        for line in &wanted.lines {
            self.check_reason(&line.reason, ReasonUse::Return)?;
        }
        let order = self.order(wanted.order)?;
        self.use_refund_right(acting, wanted.order)?;
        let back = self.looked_at(acting, wanted, order, role);
        if back.is_err() {
            self.main.stop_using(&refund_right(wanted.order));
        }
        back
    }

    fn looked_at(
        &self,
        acting: &Acting<'_>,
        wanted: &VerifiedReturn,
        order: OrderState,
        role: StaffRole,
    ) -> Result<ComingBack, DeskRefusal> {
        let after = self
            .engine()
            .store()
            .read(|transaction| read_after_sale(transaction, wanted.order))?;
        let after = after.ok_or(DeskRefusal::NoSuchDocument)?;
        let back = ComingBack {
            goods: ReturnedGoods::Verified {
                order: wanted.order,
                lines: wanted.lines.clone(),
            },
            worth_minor: worth(&after, wanted),
            refund: None,
            customer: order.header.and_then(|header| header.customer),
            role,
        };
        self.with_role(acting, back)
    }

    /// Begins to use the right to refund a sale, or makes sure that somebody let the till do without. Training refunds
    /// nothing.
    fn use_refund_right(
        &mut self,
        acting: &Acting<'_>,
        order: DocumentId,
    ) -> Result<(), DeskRefusal> {
        let right = refund_right(order);
        let without = TillRequest::new(TillAction::RefundWithoutRight);
        let mut overrides = acting.overrides.iter();
        if self.desk.is_training()
            || self.main.use_right(right)?
            || overrides.any(|granted| granted.request == without)
        {
            Ok(())
        } else {
            Err(DeskRefusal::RightNotReachable)
        }
    }

    /// The goods are back, or were not taken: who asks for the right to refund the rest of the sale may have it.
    pub(super) fn done_with(&mut self, back: &ComingBack) {
        if let ReturnedGoods::Verified { order, .. } = &back.goods {
            self.main.stop_using(&refund_right(*order));
        }
    }

    /// Goods without their sale, at the price list's prices or those that are keyed.
    pub(super) fn blind(
        &self,
        acting: &Acting<'_>,
        wanted: &BlindReturn,
    ) -> Result<ComingBack, DeskRefusal> {
        let mut role = self.allowed(acting, TillRequest::new(TillAction::TakeBlindReturn))?;
        let settings = self.desk.settings().clone();
        let mut lines = Vec::new();
        for line in &wanted.lines {
            self.check_reason(&line.reason, ReasonUse::Return)?;
            let found = self.main.store().product(&line.product)?;
            let product = found.ok_or_else(|| DeskRefusal::UnknownProduct(line.product.clone()))?;
            let unit_price = line.unit_price.unwrap_or(product.price);
            if unit_price.amount() > product.price.amount() {
                // More than it costs today: nobody's receipt says so.
                let over = TillRequest::new(TillAction::TakeBlindReturnOverCap);
                role = role.max(self.allowed(acting, over)?);
            }
            lines.push(BlindLine {
                tax_rate: settings.tax_rates.rate(&product.tax_class),
                tax_code: product.tax_class,
                product: product.sku,
                description: product.description,
                kind: product.kind,
                quantity: line.quantity,
                unit_price,
                reason: line.reason.clone(),
                disposition: line.disposition,
            });
        }
        let back = ComingBack {
            worth_minor: blind_worth(&lines, &settings)?,
            goods: ReturnedGoods::Blind {
                because: wanted.because,
                tax_mode: settings.tax_mode,
                lines,
            },
            refund: Some(wanted.refund),
            customer: None,
            role,
        };
        self.with_role(acting, back)
    }

    /// Finds the role with which a return is decided: what only people with more rights may take is asked for by name.
    fn with_role(
        &self,
        acting: &Acting<'_>,
        mut back: ComingBack,
    ) -> Result<ComingBack, DeskRefusal> {
        self.open_session_document()?;
        loop {
            let request = self.return_request(&back, MinorUnits::ZERO)?;
            let command = self.command(acting, back.role, Action::Return(request));
            let needed = match self.engine().could_do(&command, self.now) {
                Ok(()) => return Ok(back),
                Err(SubmitError::Refused(Refusal::ReturnWindow { .. })) => {
                    TillAction::TakeLateReturn
                }
                Err(SubmitError::Refused(
                    Refusal::BlindReturnCap { .. } | Refusal::BlindReturnTender {},
                )) => TillAction::TakeBlindReturnOverCap,
                Err(error) => return Err(error.into()),
            };
            let allowed = self.allowed(acting, TillRequest::new(needed))?;
            if allowed <= back.role {
                return Err(DeskRefusal::NotAllowed);
            }
            back.role = allowed;
        }
    }

    /// The return of goods of whose worth so much is settled by other goods.
    pub(super) fn return_request(
        &self,
        back: &ComingBack,
        exchanged_minor: MinorUnits,
    ) -> Result<ReturnRequest, DeskRefusal> {
        let mut refunds = Vec::new();
        if exchanged_minor.is_positive() {
            refunds.push(SaleTender {
                reference: Some(exchange_reference()),
                ..self.refund(EXCHANGE_KIND, exchanged_minor)?
            });
        }
        let rest = back.worth_minor.saturating_minus(exchanged_minor);
        let refundable = match (&back.goods, back.refund) {
            (ReturnedGoods::Verified { order, .. }, _) => self.refundable(&self.order(*order)?)?,
            (ReturnedGoods::Blind { .. }, kind) => vec![RefundableTender {
                kind: kind.unwrap_or(TenderKind::Cash),
                amount_minor: rest,
            }],
        };
        refunds.extend(self.refunds(rest, &refundable)?);
        Ok(ReturnRequest {
            goods: back.goods.clone(),
            refunds,
            customer: back.customer.clone(),
        })
    }

    /// T1 of a return.
    pub(super) fn take_back(
        &mut self,
        acting: &Acting<'_>,
        back: &ComingBack,
    ) -> Result<DeskDone, DeskRefusal> {
        let request = self.return_request(back, MinorUnits::ZERO)?;
        let figures = self.submit_return(acting, back.role, &request)?;
        Ok(DeskDone::Returned(figures))
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
        // An exchange for which nothing was chosen.
        let basket = if self.desk.exchange().is_some() {
            BasketAfter::Cleared
        } else {
            BasketAfter::Stays
        };
        let beside = Beside {
            numbered: true,
            print: Some(&print),
            basket,
            desk: Some(&|row: &mut DeskRow, document: DocumentId| row.last = Some(document)),
            ..Beside::default()
        };
        let receipt = self.submit((acting, role), Action::Return(request.clone()), &beside)?;
        self.finished(receipt.document)
    }
}

/// In which money something is refunded: what was settled by goods that came back was no money, and is refunded in cash.
fn in_money(kind: TenderKind, reference: Option<&TenderReference>) -> TenderKind {
    if is_exchange(kind, reference) {
        TenderKind::Cash
    } else {
        kind
    }
}

fn refund_right(order: DocumentId) -> Right {
    Right {
        kind: RightKind::Refund,
        document: order,
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
