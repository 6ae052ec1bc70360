//! Paying: cash, other money, cards, and what finishes a sale.

use holdfast_schemas::{
    identity::{DocumentId, OperationId},
    operation::{
        CancelReason, GoodsHandedOver, LineKind, OrderCancelled, PaymentAnswer, PaymentAnswered,
        TenderKind, TenderTaken,
    },
    order::{OrderCommand, OrderState},
    staff::{TillAction, TillRequest, User},
    tendering::{PaymentId, TakenTender, TenderingStep},
    value::{MinorUnits, Money},
};

use super::{
    DeskDone, DeskRefusal,
    print::Printing,
    state::{Acting, AtDesk, DeskStep},
};
use crate::{
    engine::{Action, BasketAfter, Beside, IntendPayment},
    store::desk::{DeskRow, step_text},
};

/// A card payment that the terminal is to be asked for, or about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenPayment {
    pub(crate) order: DocumentId,
    pub(crate) payment: OperationId,
    pub(crate) amount: Money,
}

impl OpenPayment {
    /// As the terminal knows it.
    pub(crate) fn id(&self) -> PaymentId {
        PaymentId {
            order: self.order,
            operation: self.payment,
        }
    }
}

impl AtDesk<'_> {
    /// Whether no money is held for the basket, and none may still come.
    pub(super) fn refuse_money(&self) -> Result<(), DeskRefusal> {
        self.refuse_open_payment()?;
        let tendering = self.desk.tendering();
        if tendering.held().next().is_none() {
            return Ok(());
        }
        let held = tendering.held().map(|(_, tender)| tender.amount_minor);
        let held_minor = held.fold(MinorUnits::ZERO, MinorUnits::saturating_plus);
        Err(DeskRefusal::TendersHeld { held_minor })
    }

    fn refuse_open_payment(&self) -> Result<(), DeskRefusal> {
        let order = self.desk.paying_order(self.main)?;
        let open = order.and_then(|order| order.open_payments().next().map(|(id, _)| id));
        match open {
            Some(payment) => Err(DeskRefusal::PaymentOpen { payment }),
            None => Ok(()),
        }
    }

    /// Ends the order that a declined card began: the basket is sold otherwise.
    pub(super) fn cancel_paying(
        &mut self,
        acting: &Acting<'_>,
        order: DocumentId,
    ) -> Result<(), DeskRefusal> {
        let reason = CancelReason::ByStaff;
        let cancel = OrderCommand::Cancel(OrderCancelled { reason });
        let action = Action::Order {
            order,
            commands: vec![cancel],
        };
        let beside = Beside {
            desk: Some(&|row: &mut DeskRow, _| row.paying = None),
            ..Beside::default()
        };
        self.submit((acting, acting.user.role), action, &beside)?;
        Ok(())
    }

    /// Whether money of this kind is taken, and so much of it.
    fn check_kind(&self, kind: TenderKind, amount: MinorUnits) -> Result<(), DeskRefusal> {
        if self.desk.basket().state().is_empty() {
            return Err(DeskRefusal::BasketEmpty);
        }
        self.refuse_open_payment()?;
        let taking = self.desk.settings().tenders.setting(kind);
        let taking = taking.ok_or(DeskRefusal::TenderNotTaken(kind))?;
        if !taking.offline && !self.online {
            return Err(DeskRefusal::TenderOffline(kind));
        }
        match taking.amount_max_minor {
            Some(amount_max_minor) if amount > amount_max_minor => {
                Err(DeskRefusal::TenderTooLarge { amount_max_minor })
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn take_cash(
        &mut self,
        acting: &Acting<'_>,
        tendered_minor: MinorUnits,
    ) -> Result<DeskDone, DeskRefusal> {
        let due = self.desk.tendering().due_in_cash_minor();
        let due = due.map_err(holdfast_schemas::tendering::TenderingError::from)?;
        self.check_kind(TenderKind::Cash, tendered_minor.min(due))?;
        let step = self.desk.tendering().cash(tendered_minor)?;
        self.tendered(acting, step)
    }

    pub(super) fn take_tender(
        &mut self,
        acting: &Acting<'_>,
        kind: TenderKind,
        amount_minor: MinorUnits,
    ) -> Result<DeskDone, DeskRefusal> {
        match kind {
            TenderKind::Cash => return self.take_cash(acting, amount_minor),
            TenderKind::Card => return self.pay_by_card(acting, Some(amount_minor)),
            TenderKind::Voucher | TenderKind::StoreCredit | TenderKind::OnAccount => {}
        }
        self.check_kind(kind, amount_minor)?;
        let step = self.desk.tendering().exactly(kind, amount_minor, None)?;
        self.tendered(acting, step)
    }

    /// Writes a tender down; one that pays the rest finishes the sale in the same commit.
    fn tendered(
        &mut self,
        acting: &Acting<'_>,
        step: TenderingStep,
    ) -> Result<DeskDone, DeskRefusal> {
        let mut after = self.desk.tendering();
        after.take(step.clone());
        let due_minor = after.due_minor();
        if due_minor.is_positive() {
            self.step(DeskStep::Tender(step))?;
            return Ok(DeskDone::Tendered { due_minor });
        }
        let tenders: Vec<TakenTender> = after.held().map(|(_, tender)| tender.clone()).collect();
        self.finish(acting, &tenders)
    }

    pub(super) fn finish_paid(&mut self, acting: &Acting<'_>) -> Result<DeskDone, DeskRefusal> {
        self.refuse_open_payment()?;
        if self.desk.basket().state().is_empty() && self.desk.exchange().is_none() {
            return Err(DeskRefusal::BasketEmpty);
        }
        let tendering = self.desk.tendering();
        let held = tendering.held().map(|(_, tender)| tender.clone());
        self.finish(acting, &held.collect::<Vec<_>>())
    }

    /// T1 of the sale: the order is finished, its receipt numbered and queued with the drawer's kick, the basket over.
    fn finish(
        &mut self,
        acting: &Acting<'_>,
        tenders: &[TakenTender],
    ) -> Result<DeskDone, DeskRefusal> {
        if let Some(back) = self.desk.exchange().cloned() {
            return self.finish_exchange(acting, tenders, &back);
        }
        let action = self.selling_action(tenders)?;
        let kicks = self.opens_drawer(tenders);
        let printing = Printing::of(self, acting);
        let print = |document: &_| printing.sale(document, kicks);
        let beside = Beside {
            numbered: true,
            print: Some(&print),
            basket: BasketAfter::Cleared,
            desk: Some(&|row: &mut DeskRow, document| {
                row.paying = None;
                row.last = Some(document);
            }),
            keeps_right: false,
        };
        let role = self.deciding_role(acting);
        let receipt = self.submit((acting, role), action, &beside)?;
        self.finished(receipt.document).map(DeskDone::Sold)
    }

    /// What sells the basket with these tenders: a whole order, or the end of one that a card payment began.
    pub(super) fn selling_action(&self, tenders: &[TakenTender]) -> Result<Action, DeskRefusal> {
        Ok(match self.desk.paying() {
            None => Action::Sell(self.sale(tenders.iter().map(Into::into).collect())),
            Some(order) => Action::Order {
                order,
                commands: self.finishing_commands(tenders)?,
            },
        })
    }

    /// Whether one of these tenders opens the drawer.
    pub(super) fn opens_drawer(&self, tenders: &[TakenTender]) -> bool {
        let settings = self.desk.settings();
        tenders.iter().any(|tender| {
            let taking = settings.tenders.setting(tender.kind);
            taking.is_some_and(|taking| taking.opens_drawer)
        })
    }

    /// What finishes an order that a card payment began: the other tenders, the goods, the end.
    fn finishing_commands(
        &self,
        tenders: &[TakenTender],
    ) -> Result<Vec<OrderCommand>, DeskRefusal> {
        let session = self.open_session_document()?;
        let other = tenders
            .iter()
            .filter(|tender| tender.kind != TenderKind::Card);
        let mut commands: Vec<OrderCommand> = other
            .map(|tender| {
                OrderCommand::TakeTender(TenderTaken {
                    session: Some(session),
                    kind: tender.kind,
                    amount_minor: tender.amount_minor,
                    tendered_minor: tender.tendered_minor,
                    rounding_minor: tender.rounding_minor,
                    reference: tender.reference.clone(),
                })
            })
            .collect();
        let state = self.desk.basket().state();
        if state
            .lines()
            .any(|(_, line)| line.item.kind == LineKind::Goods)
        {
            let store = self.main.till().store.clone();
            let lines = Vec::new();
            commands.push(OrderCommand::HandOver(GoodsHandedOver { store, lines }));
        }
        commands.push(OrderCommand::Complete);
        Ok(commands)
    }

    pub(super) fn void_tender(
        &mut self,
        acting: &Acting<'_>,
        place: usize,
    ) -> Result<DeskDone, DeskRefusal> {
        self.refuse_open_payment()?;
        let step = self.desk.tendering().void(place)?;
        let tendering = self.desk.tendering();
        let mut held = tendering.held();
        if held.any(|(there, tender)| there == place && tender.kind == TenderKind::Card) {
            return Err(DeskRefusal::CardCharged);
        }
        self.allowed(acting, TillRequest::new(TillAction::VoidTender))?;
        self.step(DeskStep::Tender(step))?;
        let due_minor = self.desk.tendering().due_minor();
        Ok(DeskDone::Tendered { due_minor })
    }

    /// Writes down that a card is to be charged, then makes it known to whoever asks the terminal.
    pub(super) fn pay_by_card(
        &mut self,
        acting: &Acting<'_>,
        amount_minor: Option<MinorUnits>,
    ) -> Result<DeskDone, DeskRefusal> {
        if self.desk.is_training() {
            return Err(DeskRefusal::InTraining);
        }
        let begun = self.desk.terminal().cloned();
        let begun = begun.ok_or(DeskRefusal::NoTerminal)?;
        let tendering = self.desk.tendering();
        let amount_minor = amount_minor.unwrap_or_else(|| tendering.due_minor());
        self.check_kind(TenderKind::Card, amount_minor)?;
        tendering.exactly(TenderKind::Card, amount_minor, None)?;
        let action = Action::IntendPayment(IntendPayment {
            order: self.desk.paying(),
            sale: self.sale(Vec::new()),
            amount_minor,
        });
        let beside = Beside {
            desk: Some(&|row: &mut DeskRow, document| row.paying = Some(document)),
            ..Beside::default()
        };
        let role = self.deciding_role(acting);
        self.submit((acting, role), action, &beside)?;
        let open = self.open_payment()?.ok_or(DeskRefusal::NoSuchDocument)?;
        // Without anybody to hear it the payment is asked about after the next start, and charged by nobody.
        let _ = begun.try_send(open);
        let payment = open.payment;
        Ok(DeskDone::CardBegun { payment })
    }

    /// The card payment of the open basket whose outcome is not known.
    pub(crate) fn open_payment(&self) -> Result<Option<OpenPayment>, DeskRefusal> {
        if self.desk.is_training() {
            return Ok(None);
        }
        let Some(order) = self.desk.paying_order(self.main)? else {
            return Ok(None);
        };
        let currency = order.currency().unwrap_or(self.desk.settings().currency);
        Ok(order.open_payments().next().map(|(payment, open)| {
            let minor = open.intended.amount_minor;
            OpenPayment {
                order: order.id,
                payment,
                amount: Money { currency, minor },
            }
        }))
    }

    /// Writes the terminal's answer down, and finishes the sale where that pays the rest.
    pub(crate) fn answer_payment(
        &mut self,
        open: &OpenPayment,
        answer: &PaymentAnswer,
    ) -> Result<(), DeskRefusal> {
        let order = self.main.store().document(open.order)?;
        let Some(order) = order else { return Ok(()) };
        let order = holdfast_schemas::order::fold_order(order.id(), order.operations());
        let known = order.payments.get(&open.payment);
        if known.is_none_or(|known| known.answers.iter().any(|(_, said)| said == answer)) {
            return Ok(());
        }
        let session = self.open_session_document().ok();
        let command = OrderCommand::AnswerPayment(PaymentAnswered {
            payment: open.payment,
            session,
            answer: answer.clone(),
        });
        let action = Action::Order {
            order: open.order,
            commands: vec![command],
        };
        let beside = Beside {
            basket: self.after_answer(open, &order, answer)?,
            ..Beside::default()
        };
        let by = self.desk.staff().1.map_or(Self::system(), User::author);
        self.submit_by(by, action, &beside)?;
        self.finish_answered()
    }

    /// An approval is money for the open basket, where it is the basket that the payment is for.
    fn after_answer(
        &self,
        open: &OpenPayment,
        order: &OrderState,
        answer: &PaymentAnswer,
    ) -> Result<BasketAfter, DeskRefusal> {
        let for_basket = self.desk.paying() == Some(open.order) && order.end.is_none();
        Ok(match answer {
            PaymentAnswer::Approved {
                amount_minor,
                reference,
            } if for_basket => {
                let step = DeskStep::Tender(TenderingStep::Taken(TakenTender {
                    kind: TenderKind::Card,
                    amount_minor: *amount_minor,
                    tendered_minor: None,
                    rounding_minor: None,
                    reference: Some(reference.clone()),
                }));
                BasketAfter::Step(step_text(&step)?)
            }
            PaymentAnswer::Approved { .. } | PaymentAnswer::Declined { .. } => BasketAfter::Stays,
        })
    }

    /// Finishes the sale whose card answer paid the rest, also for somebody who locked the till meanwhile.
    pub(crate) fn finish_answered(&mut self) -> Result<(), DeskRefusal> {
        let user = self.desk.staff().1.cloned();
        let (Some(user), Some(_)) = (user, self.desk.paying()) else {
            return Ok(());
        };
        let tendering = self.desk.tendering();
        let held: Vec<TakenTender> = tendering.held().map(|(_, held)| held.clone()).collect();
        if held.is_empty() || tendering.due_minor().is_positive() || self.desk.is_training() {
            return Ok(());
        }
        self.refuse_open_payment()?;
        let acting = Acting {
            user,
            overrides: &[],
        };
        self.finish(&acting, &held)?;
        Ok(())
    }
}
