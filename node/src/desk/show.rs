//! From the desk's state to what a screen shows.

use std::sync::Arc;

use holdfast_schemas::{
    identity::StoreId, operation::PaymentAnswer, order::OrderState, staff::User,
    tendering::suggested_cash, time::Timestamp, value::MinorUnits,
};

use super::{
    BasketLineView, BasketView, CardState, CardView, DeskView, PrintView, StaffMember, StaffView,
    SuspendedView, TenderLine, TenderingView, state::Desk,
};
use crate::{
    engine::{Engine, NodeView},
    store::{StoreError, customer},
};

impl Desk {
    /// What a screen shows now.
    pub(crate) fn view(
        &mut self,
        main: &Engine,
        node: Arc<NodeView>,
        now: Timestamp,
    ) -> Result<DeskView, StoreError> {
        let session = self.session_view(main, now)?;
        Ok(DeskView {
            till: main.till().clone(),
            settings: self.settings().clone(),
            staff: self.staff_view(&main.till().store),
            training: self.is_training(),
            session,
            basket: self.basket_view(main)?,
            exchange: self.exchange_view(),
            tendering: self.tendering_view(main)?,
            last: self.last().cloned(),
            suspended: self.suspended(main)?,
            printing: self.print_view(main)?,
            node,
        })
    }

    fn staff_view(&self, store: &StoreId) -> StaffView {
        let (row, user) = self.staff();
        let language = self.settings().receipt_texts.language;
        match user.filter(|user| user.works_in(store)) {
            None => StaffView::Nobody,
            Some(user) if row.locked => StaffView::Locked(StaffMember::of(user, language)),
            Some(user) => StaffView::SignedOn(StaffMember::of(user, language)),
        }
    }

    fn basket_view(&self, main: &Engine) -> Result<BasketView, StoreError> {
        let basket = self.basket();
        let state = basket.state();
        // Every basket was priced before it was written down; with other settings it may not fit, and costs nothing.
        let priced = state.priced(self.settings()).ok();
        let lines = priced.iter().flat_map(|priced| {
            let lines = state.lines().zip(&priced.lines);
            lines.map(|((number, line), priced)| BasketLineView {
                number,
                line: line.clone(),
                priced: priced.clone(),
            })
        });
        let figure = |figure: fn(&holdfast_schemas::value::PricedBasket) -> MinorUnits| {
            priced.as_ref().map_or(MinorUnits::ZERO, figure)
        };
        let called = match &state.customer {
            Some(number) => {
                let store = main.store();
                store.read(|transaction| customer::customer(transaction, number))?
            }
            None => None,
        };
        Ok(BasketView {
            lines: lines.collect(),
            last_line: self.last_line(),
            discounts: state.discounts.len(),
            gross_minor: figure(|priced| priced.gross_minor),
            discount_minor: figure(|priced| priced.discount_minor),
            tax_minor: figure(|priced| priced.tax_minor),
            total_minor: figure(|priced| priced.total_minor),
            customer: state.customer.clone(),
            customer_called: called.map(|known| known.called),
            old_enough_for: state.old_enough_for,
            can_undo: basket.can_undo(),
        })
    }

    fn tendering_view(&self, main: &Engine) -> Result<TenderingView, StoreError> {
        if self.basket().state().is_empty() {
            return Ok(TenderingView::default());
        }
        let tendering = self.tendering();
        let due_minor = tendering.due_minor();
        let settings = self.settings();
        let step = settings.cash_rounding_step;
        let suggested = suggested_cash(due_minor, &settings.denominations(), step);
        let taken = tendering.held().map(|(place, tender)| TenderLine {
            place,
            kind: tender.kind,
            amount_minor: tender.amount_minor,
            tendered_minor: tender.tendered_minor,
            reference: tender.reference.clone(),
        });
        Ok(TenderingView {
            taken: taken.collect(),
            due_minor,
            due_in_cash_minor: tendering.due_in_cash_minor().unwrap_or(due_minor),
            suggested_cash_minor: suggested.unwrap_or_default(),
            card: self.paying_order(main)?.and_then(|order| card_view(&order)),
        })
    }

    fn suspended(&self, main: &Engine) -> Result<Vec<SuspendedView>, StoreError> {
        let aside = self.active(main).suspended_orders()?;
        let views = aside.iter().map(|(order, till)| SuspendedView {
            order: order.document,
            number: order.number,
            till: *till,
            since: order.document.drawn_at(),
            total_minor: order.total_minor,
        });
        Ok(views.collect())
    }

    fn print_view(&self, main: &Engine) -> Result<PrintView, StoreError> {
        let waiting = main.waiting_prints()?;
        Ok(PrintView {
            waiting: waiting.receipts,
            oldest: waiting.oldest,
            trouble: self.trouble(),
        })
    }
}

impl StaffMember {
    pub(super) fn of(user: &User, language: holdfast_schemas::store_settings::Language) -> Self {
        Self {
            user: user.user.clone(),
            called: user.called.clone(),
            role: user.role,
            language: user.language.unwrap_or(language),
        }
    }
}

/// The payment that was begun last.
fn card_view(order: &OrderState) -> Option<CardView> {
    let (payment, known) = order.payments.last_key_value()?;
    let state = match known.answers.first() {
        None => CardState::Open,
        Some((_, PaymentAnswer::Approved { .. })) => CardState::Approved,
        Some((_, PaymentAnswer::Declined { because })) => CardState::Declined(*because),
    };
    Some(CardView {
        payment: *payment,
        amount_minor: known.intended.amount_minor,
        state,
    })
}
