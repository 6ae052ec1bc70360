//! The open basket: scans, changes, giving it up, putting it aside and taking it up.

use holdfast_schemas::{
    basket::{
        AddedAmount, BasketCommand, BasketContext, BasketItem, BasketRefusal, BasketStep,
        LabelAmountError, ResumedProduct, amount_on_label, resumed_events,
    },
    identity::{Channel, CustomerId, DocumentId, ReasonCode, Sku},
    operation::{AgeChecked, BasketVoided, LineNumber, OrderResumed, ResumeRight},
    order::{OrderCommand, Sale, SaleTender},
    reference::Product,
    scan::{OwnCode, ProductKey, ScannedCode, decode},
    staff::{StaffRole, TillAction, TillRequest},
    store_settings::ReasonUse,
    till_session::JournalEntry,
    time::BusinessDate,
    value::{MinorUnits, Quantity, UnitPrice},
    wire::{Right, RightKind},
};

use super::{
    DeskDone, DeskRefusal, ReceiptKey, ScanDone,
    state::{Acting, AtDesk, DeskStep},
};
use crate::{
    engine::{Action, BasketAfter, Beside},
    store::{desk::step_text, reference},
};

/// A product that is about to be rung up.
struct Ringing {
    product: Product,
    amount: AddedAmount,
    keyed_price: Option<UnitPrice>,
    last_day_of_sale: Option<BusinessDate>,
    discontinued_accepted: bool,
}

impl AtDesk<'_> {
    /// Whether nothing is in the basket and nothing is held for it.
    pub(super) fn refuse_open_basket(&self) -> Result<(), DeskRefusal> {
        if self.desk.exchange().is_some() {
            Err(DeskRefusal::ExchangeOpen)
        } else if self.desk.basket().state().is_empty() && self.desk.paying().is_none() {
            Ok(())
        } else {
            Err(DeskRefusal::BasketNotEmpty)
        }
    }

    /// Makes the basket free to change: no money is held for it. An order that a declined card began is ended.
    pub(super) fn free_basket(&mut self, acting: &Acting<'_>) -> Result<(), DeskRefusal> {
        self.refuse_money()?;
        if let Some(order) = self.desk.paying() {
            self.cancel_paying(acting, order)?;
        }
        Ok(())
    }

    fn today(&mut self) -> Result<BusinessDate, DeskRefusal> {
        self.trading_day()
    }

    pub(super) fn scan(
        &mut self,
        acting: &Acting<'_>,
        code: &str,
        quantity: Option<Quantity>,
        discontinued_accepted: bool,
    ) -> Result<DeskDone, DeskRefusal> {
        let today = self.today()?;
        let scanned = decode(code, &self.desk.settings().variable_measure, today)?;
        let product = match &scanned {
            ScannedCode::Own(own) => return self.scan_own(acting, own),
            ScannedCode::Item(_)
            | ScannedCode::VariableMeasure(_)
            | ScannedCode::PriceLookUp(_)
            | ScannedCode::StockCode(_) => self.scanned_product(&scanned)?,
        };
        let Some(product) = product else {
            return match scanned {
                ScannedCode::PriceLookUp(code) => {
                    Ok(DeskDone::Scanned(ScanDone::UnknownPriceLookUp(code)))
                }
                ScannedCode::Item(_)
                | ScannedCode::VariableMeasure(_)
                | ScannedCode::StockCode(_)
                | ScannedCode::Own(_) => Err(DeskRefusal::UnknownCode(code.into())),
            };
        };
        let item = BasketItem::of(&product, self.desk.settings());
        let label = amount_on_label(&scanned, &item, self.desk.settings().currency);
        let amount = match (label, quantity) {
            (Ok(label), None) => label,
            (Ok(label), Some(quantity)) => AddedAmount { quantity, ..label },
            (Err(LabelAmountError::Measure(_)), Some(quantity)) => AddedAmount {
                quantity,
                unit_price: None,
            },
            (Err(LabelAmountError::Measure(_)), None) => {
                let product = product.sku;
                return Ok(DeskDone::Scanned(ScanDone::AskAmount { product }));
            }
            (Err(error), _) => return Err(BasketRefusal::Amount(error).into()),
        };
        let last_day_of_sale = match &scanned {
            ScannedCode::Item(item) => item.last_day_of_sale(),
            ScannedCode::VariableMeasure(_)
            | ScannedCode::PriceLookUp(_)
            | ScannedCode::StockCode(_)
            | ScannedCode::Own(_) => None,
        };
        let line = self.ring_up(
            acting,
            &Ringing {
                product,
                amount,
                keyed_price: None,
                last_day_of_sale,
                discontinued_accepted,
            },
        )?;
        Ok(DeskDone::Scanned(ScanDone::Added(line)))
    }

    /// The product that a code stands for: by its barcode, or by the same digits as a stock code.
    pub(super) fn scanned_product(
        &self,
        scanned: &ScannedCode,
    ) -> Result<Option<Product>, DeskRefusal> {
        let found = self.main.store().read(|transaction| {
            match scanned.product_key() {
                Some(ProductKey::Gtin(gtin)) => reference::product_by_gtin(transaction, gtin),
                Some(ProductKey::Sku(sku)) => match reference::product(transaction, &sku)? {
                    Some(product) => Ok(Some(product)),
                    // Stock codes are kept in capitals.
                    None => match Sku::new(sku.as_str().to_uppercase()) {
                        Ok(upper) => reference::product(transaction, &upper),
                        Err(_) => Ok(None),
                    },
                },
                None => Ok(None),
            }
        })?;
        Ok(found)
    }

    fn scan_own(&mut self, acting: &Acting<'_>, own: &OwnCode) -> Result<DeskDone, DeskRefusal> {
        match own {
            OwnCode::Order(number) => {
                let found = self.returnable(&ReceiptKey::Number(*number))?;
                let found = found.ok_or(DeskRefusal::NoSuchDocument)?;
                Ok(DeskDone::Scanned(ScanDone::Receipt(Box::new(found))))
            }
            OwnCode::Customer(customer) => {
                self.set_customer(acting, Some(customer))?;
                Ok(DeskDone::Scanned(ScanDone::Customer(customer.clone())))
            }
            OwnCode::Pickup(_) | OwnCode::Badge(_) => Err(DeskRefusal::NotHere),
        }
    }

    pub(super) fn add_product(
        &mut self,
        acting: &Acting<'_>,
        sku: &Sku,
        (quantity, unit_price): (Option<Quantity>, Option<UnitPrice>),
        discontinued_accepted: bool,
    ) -> Result<DeskDone, DeskRefusal> {
        let found = self.main.store().product(sku)?;
        let product = found.ok_or_else(|| DeskRefusal::UnknownProduct(sku.clone()))?;
        let item = BasketItem::of(&product, self.desk.settings());
        let measure = LabelAmountError::Measure(item.measure);
        let quantity = quantity
            .or_else(|| item.one())
            .ok_or(BasketRefusal::Amount(measure))?;
        let line = self.ring_up(
            acting,
            &Ringing {
                product,
                amount: AddedAmount {
                    quantity,
                    unit_price: None,
                },
                keyed_price: unit_price,
                last_day_of_sale: None,
                discontinued_accepted,
            },
        )?;
        Ok(DeskDone::Added(line))
    }

    fn ring_up(
        &mut self,
        acting: &Acting<'_>,
        ringing: &Ringing,
    ) -> Result<LineNumber, DeskRefusal> {
        let item = BasketItem::of(&ringing.product, self.desk.settings());
        let command = BasketCommand::Add {
            item: Box::new(item),
            amount: ringing.amount,
            keyed_price: ringing.keyed_price,
            last_day_of_sale: ringing.last_day_of_sale,
            discontinued_accepted: ringing.discontinued_accepted,
        };
        self.decide_basket(acting, &command)?;
        self.desk.last_line().ok_or(DeskRefusal::NotHere)
    }

    pub(super) fn change_basket(
        &mut self,
        acting: &Acting<'_>,
        change: &BasketCommand,
    ) -> Result<DeskDone, DeskRefusal> {
        match change {
            BasketCommand::Add { .. } => return Err(DeskRefusal::NotHere),
            BasketCommand::OverridePrice { reason, .. } => {
                self.check_reason(reason, ReasonUse::PriceOverride)?;
            }
            BasketCommand::AnswerAge {
                minimum_age,
                old_enough,
            } => {
                self.free_basket(acting)?;
                let checked = AgeChecked {
                    minimum_age: *minimum_age,
                    old_enough: *old_enough,
                };
                self.journal(acting.user.author(), JournalEntry::AgeChecked(checked))?;
            }
            BasketCommand::SetQuantity { .. }
            | BasketCommand::ResetPrice { .. }
            | BasketCommand::DiscountLine { .. }
            | BasketCommand::RemoveLineDiscounts { .. }
            | BasketCommand::DiscountBasket { .. }
            | BasketCommand::RemoveBasketDiscounts
            | BasketCommand::Note { .. }
            | BasketCommand::RemoveLine { .. }
            | BasketCommand::SetCustomer(_)
            | BasketCommand::Undo => {}
        }
        self.decide_basket(acting, change)?;
        Ok(DeskDone::Done)
    }

    pub(super) fn set_customer(
        &mut self,
        acting: &Acting<'_>,
        customer: Option<&CustomerId>,
    ) -> Result<DeskDone, DeskRefusal> {
        self.decide_basket(acting, &BasketCommand::SetCustomer(customer.cloned()))?;
        Ok(DeskDone::Done)
    }

    /// Decides, writes down, takes.
    fn decide_basket(
        &mut self,
        acting: &Acting<'_>,
        command: &BasketCommand,
    ) -> Result<(), DeskRefusal> {
        let today = self.today()?;
        let settings = self.desk.settings().clone();
        // Of several overrides the one that was asked for last is for what is decided last.
        let context = BasketContext {
            role: acting.user.role,
            overridden: acting.overrides.last(),
            settings: &settings,
            today,
        };
        let step = self.desk.basket().decide(command, &context)?;
        self.free_basket(acting)?;
        let line = touched_line(&step);
        self.step(DeskStep::Basket(step))?;
        let line = line.or_else(|| self.desk.basket().state().lines().last().map(|(n, _)| n));
        self.touched(line);
        Ok(())
    }

    /// The basket as a sale that is not paid.
    pub(super) fn sale(&self, tenders: Vec<SaleTender>) -> Sale {
        let channel = Channel::new("till").expect("a code in its alphabet");
        let state = self.desk.basket().state();
        state.sale(
            self.desk.settings(),
            self.desk.price_list(),
            channel,
            tenders,
        )
    }

    /// The role that the sale is decided with.
    pub(super) fn deciding_role(&self, acting: &Acting<'_>) -> StaffRole {
        let state = self.desk.basket().state();
        state.deciding_role(acting.user.role)
    }

    pub(super) fn void_basket(
        &mut self,
        acting: &Acting<'_>,
        reason: &ReasonCode,
    ) -> Result<DeskDone, DeskRefusal> {
        let role = self.allowed(acting, TillRequest::new(TillAction::VoidBasket))?;
        self.check_reason(reason, ReasonUse::BasketVoid)?;
        self.free_basket(acting)?;
        let state = self.desk.basket().state();
        let lines = u32::try_from(state.lines().count()).unwrap_or(u32::MAX);
        let priced = state.priced(self.desk.settings());
        let voided = BasketVoided {
            lines,
            total_minor: priced.map_or(MinorUnits::ZERO, |priced| priced.total_minor),
            reason: reason.clone(),
        };
        let beside = Beside {
            basket: BasketAfter::Cleared,
            ..Beside::default()
        };
        let back = self.desk.exchange().cloned();
        self.submit((acting, role), Action::VoidBasket(voided), &beside)?;
        self.let_go(back.as_ref());
        Ok(DeskDone::Done)
    }

    pub(super) fn suspend(&mut self, acting: &Acting<'_>) -> Result<DeskDone, DeskRefusal> {
        self.allowed(acting, TillRequest::new(TillAction::SuspendBasket))?;
        self.free_basket(acting)?;
        if self.desk.exchange().is_some() {
            return Err(DeskRefusal::ExchangeOpen);
        }
        if self.desk.basket().state().is_empty() {
            return Err(DeskRefusal::BasketEmpty);
        }
        let role = self.deciding_role(acting);
        let beside = Beside {
            basket: BasketAfter::Cleared,
            keeps_right: true,
            ..Beside::default()
        };
        let action = Action::Suspend {
            sale: self.sale(Vec::new()),
            granted: self.desk.basket().state().granted(),
        };
        let receipt = self.submit((acting, role), action, &beside)?;
        let order = receipt.document;
        Ok(DeskDone::Suspended { order })
    }

    /// Takes a basket up, where this till has the right to; the handle asks for it first.
    pub(super) fn resume(
        &mut self,
        acting: &Acting<'_>,
        order: DocumentId,
    ) -> Result<DeskDone, DeskRefusal> {
        self.refuse_open_basket()?;
        let session = self.open_session_document()?;
        let state = self.order(order)?;
        let steps = self.resumed_steps(&state)?;
        let right = Right {
            kind: RightKind::Resume,
            document: order,
        };
        let held = self.engine_mut().use_right(right)?;
        let without = TillRequest::new(TillAction::ResumeWithoutRight);
        let overridden = acting
            .overrides
            .iter()
            .any(|granted| granted.request == without);
        if !held && !overridden {
            return Err(DeskRefusal::RightNotReachable);
        }
        let till = self.main.till().node;
        let resumed = OrderResumed {
            till,
            session: Some(session),
            right: if held {
                ResumeRight::Held
            } else {
                ResumeRight::Overridden
            },
        };
        let beside = Beside {
            basket: BasketAfter::Replaced(steps),
            desk: Some(&|row, _| row.last = None),
            ..Beside::default()
        };
        let action = Action::Order {
            order,
            commands: vec![OrderCommand::Resume(resumed)],
        };
        let done = self.submit((acting, acting.user.role), action, &beside);
        if done.is_err() {
            self.engine_mut().stop_using(&right);
        }
        done?;
        if held {
            // The order is over: whoever asks for the right is told so by the order itself.
            self.engine_mut().give_up_right(&right, None)?;
        }
        Ok(DeskDone::Done)
    }

    fn resumed_steps(
        &self,
        state: &holdfast_schemas::order::OrderState,
    ) -> Result<Vec<String>, DeskRefusal> {
        let mut products = std::collections::BTreeMap::new();
        for line in state.standing_lines() {
            let product = self.main.store().product(&line.added.product)?;
            if let Some(product) = product {
                let resumed = ResumedProduct {
                    minimum_age: product.minimum_age,
                    discontinued: product.discontinued,
                };
                products.insert(product.sku, resumed);
            }
        }
        let known = |added: &holdfast_schemas::operation::LineAdded| {
            products.get(&added.product).copied().unwrap_or_default()
        };
        let events = resumed_events(state, known);
        let steps = events.into_iter();
        let steps = steps.map(|event| step_text(&DeskStep::Basket(BasketStep::Done(event))));
        Ok(steps.collect::<Result<_, _>>()?)
    }
}

/// The line that a step is about; none for the newest.
fn touched_line(step: &BasketStep) -> Option<LineNumber> {
    use holdfast_schemas::basket::BasketEvent as Event;
    match step {
        BasketStep::Done(
            Event::QuantitySet { line, .. }
            | Event::PriceSet { line, .. }
            | Event::LineDiscounted { line, .. }
            | Event::LineDiscountsRemoved { line }
            | Event::LineNoted { line, .. },
        ) => Some(*line),
        BasketStep::Done(
            Event::LineAdded(_)
            | Event::BasketDiscounted { .. }
            | Event::BasketDiscountsRemoved {}
            | Event::LineRemoved { .. }
            | Event::AgeChecked { .. }
            | Event::CustomerSet { .. },
        )
        | BasketStep::Undone {} => None,
    }
}
