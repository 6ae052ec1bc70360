//! An exchange in one flow: goods are brought back, others are rung up, and the difference is paid or refunded. What comes
//! back is a step of the open basket; return and sale are written in one commit.

use holdfast_schemas::{
    document::Document,
    exchange::{EXCHANGE_KIND, Settlement, exchange_reference, settle},
    identity::DocumentId,
    operation::TenderKind,
    return_::ReturnedGoods,
    tendering::TakenTender,
    value::MinorUnits,
    wire::{Right, RightKind},
};
use serde::{Deserialize, Serialize};

use super::{
    DeskDone, DeskRefusal, DocumentFigures, ExchangeGoods, ExchangeView,
    print::Printing,
    returns::ComingBack,
    state::{Acting, AtDesk, Desk, DeskStep},
};
use crate::{
    engine::{Action, BasketAfter, Beside, Engine},
    store::{StoreError, desk::DeskRow},
};

/// What is written down of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExchangeStep {
    /// These goods come back.
    Begun(Box<ComingBack>),
    /// They do not.
    Ended {},
}

impl Desk {
    /// How what comes back and what is in the basket settle each other.
    pub(super) fn settlement(&self) -> Settlement {
        let total = self.basket_total();
        let worth = self.exchange().map(|back| back.worth_minor);
        settle(worth.unwrap_or(MinorUnits::ZERO), total)
    }

    pub(super) fn exchange_view(&self) -> Option<ExchangeView> {
        let back = self.exchange()?;
        let settled = self.settlement();
        let (order, lines) = match &back.goods {
            ReturnedGoods::Verified { order, lines } => (Some(*order), lines.len()),
            ReturnedGoods::Blind { lines, .. } => (None, lines.len()),
        };
        Some(ExchangeView {
            order,
            lines,
            worth_minor: back.worth_minor,
            exchanged_minor: settled.exchanged_minor,
            due_minor: settled.due_minor,
            refund_minor: settled.refund_minor,
        })
    }

    /// After a start: the right to refund what comes back is in use again.
    pub(super) fn hold_exchange(&self, engine: &mut Engine) -> Result<(), StoreError> {
        if let Some(order) = self.exchange().and_then(exchanged_order)
            && !self.is_training()
        {
            engine.use_right(Right {
                kind: RightKind::Refund,
                document: order,
            })?;
        }
        Ok(())
    }
}

fn exchanged_order(back: &ComingBack) -> Option<DocumentId> {
    match &back.goods {
        ReturnedGoods::Verified { order, .. } => Some(*order),
        ReturnedGoods::Blind { .. } => None,
    }
}

impl AtDesk<'_> {
    /// Takes note of goods that come back, to be settled with what is or will be in the basket.
    pub(super) fn begin_exchange(
        &mut self,
        acting: &Acting<'_>,
        goods: &ExchangeGoods,
    ) -> Result<DeskDone, DeskRefusal> {
        self.free_basket(acting)?;
        if self.desk.exchange().is_some() {
            return Err(DeskRefusal::ExchangeOpen);
        }
        let back = match goods {
            ExchangeGoods::Verified(wanted) => self.verified(acting, wanted)?,
            ExchangeGoods::Blind(wanted) => self.blind(acting, wanted)?,
        };
        self.step(DeskStep::Exchange(ExchangeStep::Begun(Box::new(back))))?;
        Ok(DeskDone::Done)
    }

    /// Nothing comes back after all.
    pub(super) fn end_exchange(&mut self, acting: &Acting<'_>) -> Result<DeskDone, DeskRefusal> {
        self.free_basket(acting)?;
        let Some(back) = self.desk.exchange().cloned() else {
            return Ok(DeskDone::Done);
        };
        self.step(DeskStep::Exchange(ExchangeStep::Ended {}))?;
        self.done_with(&back);
        Ok(DeskDone::Done)
    }

    /// Lets go of what an exchange held that is over with its basket.
    pub(super) fn let_go(&mut self, before: Option<&ComingBack>) {
        if let Some(back) = before {
            self.done_with(back);
        }
    }

    /// Return and sale in one commit; where nothing is in the basket, the return alone.
    pub(super) fn finish_exchange(
        &mut self,
        acting: &Acting<'_>,
        tenders: &[TakenTender],
        back: &ComingBack,
    ) -> Result<DeskDone, DeskRefusal> {
        let done = if self.desk.basket().state().is_empty() {
            self.take_back(acting, back)?
        } else {
            self.write_exchange(acting, tenders, back)?
        };
        self.done_with(back);
        Ok(done)
    }

    fn write_exchange(
        &mut self,
        acting: &Acting<'_>,
        tenders: &[TakenTender],
        back: &ComingBack,
    ) -> Result<DeskDone, DeskRefusal> {
        let exchanged_minor = self.desk.settlement().exchanged_minor;
        let request = self.return_request(back, exchanged_minor)?;
        let mut tenders = tenders.to_vec();
        if exchanged_minor.is_positive() {
            tenders.push(TakenTender {
                kind: EXCHANGE_KIND,
                amount_minor: exchanged_minor,
                tendered_minor: None,
                rounding_minor: None,
                reference: Some(exchange_reference()),
            });
        }
        let printing = Printing::of(self, acting);
        let kicks = self.opens_drawer(&tenders);
        let mut refunds = request.refunds.iter();
        let cash_back = refunds.any(|refund| refund.kind == TenderKind::Cash);
        let print_return = |document: &Document| printing.returned(document, cash_back && !kicks);
        let print_sale = |document: &Document| printing.sale(document, kicks);
        let returning = Beside {
            numbered: true,
            print: Some(&print_return),
            ..Beside::default()
        };
        let selling = Beside {
            numbered: true,
            print: Some(&print_sale),
            basket: BasketAfter::Cleared,
            desk: Some(&|row: &mut DeskRow, document| {
                row.paying = None;
                row.last = Some(document);
            }),
            keeps_right: false,
        };
        let first = self.command(acting, back.role, Action::Return(request));
        let action = self.selling_action(&tenders)?;
        let second = self.command(acting, self.deciding_role(acting), action);
        let [returned, sold] = self.submit_both([(&first, &returning), (&second, &selling)])?;
        let sold = self.finished(sold.document)?;
        Ok(DeskDone::Sold(DocumentFigures {
            exchanged: Some(returned.document),
            ..sold
        }))
    }
}
