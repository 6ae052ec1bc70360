//! Somebody who stands at a till and serves customers, whatever happens to the machine.
//!
//! A cashier knows what every cashier knows: what was asked for, whether the till said yes, and what must be in the
//! drawer. Where no answer came it is not known whether it happened, and the cashier goes on.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use holdfast_node::{
    engine::{Action, Command, OpenSession, Receipt, SubmitError},
    handle::{CallError, NodeHandle},
    net::SyncHandle,
};
use holdfast_schemas::{
    identity::{DocumentId, NodeNumber, ReasonCode, StoreId},
    operation::{Author, BlindReason, CashCounted, NoSale, PaidIn, PaidOut, Role, TenderKind},
    refusal::Refusal,
    time::Timestamp,
    value::MinorUnits,
    wire::{Answer, OrderKey, Question},
};
use tokio::{sync::Notify, time::sleep};

use super::{
    goods::{self, PRODUCTS},
    journal::Journal,
    model::{Effects, Model, Sold, SoldLine, Tag},
    random::Random,
};

/// The change money that every session begins with.
const FLOAT_MINOR: i64 = 10_000;
/// What a voucher is worth that a customer pays with.
const VOUCHER_MINOR: i64 = 500;

/// Where a cashier finds the till: whatever process runs on it now.
#[derive(Default)]
pub(super) struct Counter {
    till: RefCell<Option<(NodeHandle, SyncHandle)>>,
    changed: Notify,
    /// No more customers come.
    closed: Cell<bool>,
    /// Somebody put another disk into the till, or copied it: nobody knows what must be in the drawer.
    uncounted: Cell<bool>,
    /// The cashier has not noticed yet.
    unnoticed: Cell<bool>,
}

impl Counter {
    pub(super) fn show(&self, till: Option<(NodeHandle, SyncHandle)>) {
        self.till.replace(till);
        self.changed.notify_waiters();
    }

    pub(super) fn close(&self) {
        self.closed.set(true);
        self.changed.notify_waiters();
    }

    /// Another disk is in the till, or a copy of it trades elsewhere.
    pub(super) fn lose_count(&self) {
        self.uncounted.set(true);
        self.unnoticed.set(true);
    }

    pub(super) async fn till(&self) -> (NodeHandle, SyncHandle) {
        loop {
            let changed = self.changed.notified();
            if let Some(till) = self.till.borrow().clone() {
                return till;
            }
            changed.await;
        }
    }
}

/// What became of something that was asked for.
enum Heard {
    Yes(Box<Receipt>),
    No(Refusal),
    /// No answer, or one that does not say whether it happened.
    Nothing,
}

/// Somebody at a till.
pub(super) struct Cashier {
    pub(super) counter: Rc<Counter>,
    pub(super) node: NodeNumber,
    pub(super) store: StoreId,
    pub(super) random: Random,
    pub(super) model: Rc<RefCell<Model>>,
    pub(super) journal: Journal,
    /// Whether a session is open, where that is known.
    session: Option<bool>,
    /// What must be in the drawer, where that is known.
    drawer_minor: Option<i64>,
    /// A later version wrote into an order of the session what one must know to close it: only that version can.
    must_stay_open: bool,
}

impl Cashier {
    pub(super) fn new(
        counter: Rc<Counter>,
        (node, store): (NodeNumber, StoreId),
        random: Random,
        model: Rc<RefCell<Model>>,
        journal: Journal,
    ) -> Self {
        Self {
            counter,
            node,
            store,
            random,
            model,
            journal,
            session: None,
            drawer_minor: None,
            must_stay_open: false,
        }
    }

    /// Serves customers until the counter closes, then closes the session.
    pub(super) async fn work(mut self) {
        while !self.counter.closed.get() {
            let pause = self.random.milliseconds(150, 2_500);
            sleep(pause).await;
            let till = self.counter.till().await;
            self.serve(&till).await;
        }
        while self.session != Some(false) && !self.must_stay_open {
            let till = self.counter.till().await;
            self.close_session(&till.0).await;
            sleep(self.random.milliseconds(100, 1_000)).await;
        }
    }

    async fn serve(&mut self, (till, sync): &(NodeHandle, SyncHandle)) {
        if self.counter.unnoticed.replace(false) {
            self.session = None;
            self.drawer_minor = None;
        }
        if self.session != Some(true) {
            return self.open_session(till).await;
        }
        match self.random.below(100) {
            0..45 => self.sell(till).await,
            45..55 => self.use_a_right(till, sync).await,
            55..70 => self.take_back(till, sync).await,
            70..74 => {
                self.take_back_blind(till, BlindReason::NotFound, None)
                    .await;
            }
            74..82 => self.move_stock(till).await,
            82..86 => self.move_cash(till).await,
            86..90 => {
                let reason = ReasonCode::new("change").expect("a reason's name");
                self.ask_other(till, Action::NoSale(NoSale { reason }))
                    .await;
            }
            _ => self.close_session(till).await,
        }
    }

    async fn ask(&mut self, till: &NodeHandle, action: Action) -> Heard {
        let by = Author {
            role: Role::Manager,
            user: None,
        };
        let name = format!("{action:?}");
        let name = name.split(['(', ' ']).next().unwrap_or_default();
        let (node, journal) = (self.node, self.journal.clone());
        match till.submit(Command { by, action }).await {
            Ok(receipt) => {
                let (log, position) = (receipt.log, receipt.position);
                journal.note(format_args!("till {node}: {name} at {log}:{position}"));
                Heard::Yes(Box::new(receipt))
            }
            Err(CallError::Engine(SubmitError::Refused(refusal))) => {
                journal.note(format_args!("till {node}: {name} refused: {refusal}"));
                Heard::No(refusal)
            }
            Err(error) => {
                journal.note(format_args!("till {node}: {name} unknown: {error}"));
                self.session = None;
                self.drawer_minor = None;
                Heard::Nothing
            }
        }
    }

    /// Whether the till knows all that it ever did: its disk was neither put back nor copied.
    fn remembers(&self) -> bool {
        !self.counter.uncounted.get()
    }

    /// Something that moves neither sales money nor stock.
    async fn ask_other(&mut self, till: &NodeHandle, action: Action) -> Heard {
        let heard = self.ask(till, action).await;
        if let Heard::Yes(receipt) = &heard {
            let mut model = self.model.borrow_mut();
            model.others.insert(receipt.change, self.node);
        }
        heard
    }

    /// Something that does. Whether it happened, as far as is known.
    async fn ask_deed(&mut self, till: &NodeHandle, tag: &Tag, action: Action) -> Heard {
        let heard = self.ask(till, action).await;
        let mut model = self.model.borrow_mut();
        match &heard {
            Heard::Yes(receipt) => {
                model.committed(tag, receipt);
                if let Some(number) = receipt.number.filter(|_| self.remembers()) {
                    model.numbered(self.node, number);
                }
            }
            Heard::No(_) => model.refused(tag),
            Heard::Nothing => {}
        }
        heard
    }

    async fn open_session(&mut self, till: &NodeHandle) {
        let session = OpenSession {
            business_date: None,
            float_minor: MinorUnits::new(FLOAT_MINOR),
        };
        match self.ask_other(till, Action::OpenSession(session)).await {
            Heard::Yes(_) => {
                self.session = Some(true);
                self.drawer_minor = (!self.counter.uncounted.get()).then_some(FLOAT_MINOR);
            }
            // It is open: somebody did not hear so.
            Heard::No(_) => {
                self.session = Some(true);
                self.drawer_minor = None;
            }
            Heard::Nothing => {}
        }
    }

    async fn close_session(&mut self, till: &NodeHandle) {
        let known = self.drawer_minor;
        let counted_minor = MinorUnits::new(known.unwrap_or(FLOAT_MINOR).max(0));
        let counted = CashCounted {
            counted_minor,
            denominations: Vec::new(),
        };
        match self.ask_other(till, Action::CountCash(counted)).await {
            Heard::Yes(_) => {}
            Heard::No(_) => {
                self.session = Some(false);
                return;
            }
            Heard::Nothing => return,
        }
        let certain = known.is_some_and(|minor| minor >= 0);
        let reason = ReasonCode::new("not-sure").expect("a reason's name");
        let close = Action::CloseSession {
            over_short_reason: (!certain).then_some(reason),
        };
        match self.ask_other(till, close).await {
            Heard::Yes(_) => self.session = Some(false),
            Heard::No(refusal) => {
                assert!(
                    !certain || !matches!(refusal, Refusal::OverShortReason { .. }),
                    "till {}: the drawer holds what was put into it, and the till says: {refusal}",
                    self.node
                );
                self.must_stay_open |= refusal == Refusal::TakingsFrozen {};
                self.drawer_minor = None;
            }
            Heard::Nothing => {}
        }
    }

    fn cash_moved(&mut self, minor: i64) {
        self.drawer_minor = self.drawer_minor.map(|drawer| drawer + minor);
    }

    async fn move_cash(&mut self, till: &NodeHandle) {
        let minor = i64::try_from(self.random.between(1, 900)).expect("little");
        let amount_minor = MinorUnits::new(minor);
        let reason = ReasonCode::new("window-cleaner").expect("a reason's name");
        let (action, change) = if self.random.chance(50) {
            let paid = PaidIn {
                amount_minor,
                reason,
            };
            (Action::PayIn(paid), minor)
        } else {
            let paid = PaidOut {
                amount_minor,
                reason,
            };
            (Action::PayOut(paid), -minor)
        };
        if let Heard::Yes(_) = self.ask_other(till, action).await {
            self.cash_moved(change);
        }
    }

    async fn sell(&mut self, till: &NodeHandle) {
        let basket = goods::draw_basket(&mut self.random);
        let total: i64 = basket.iter().map(|line| line.total_minor).sum();
        let tenders = self.draw_tenders(total);
        let mut effects = Effects::default();
        for (kind, minor) in &tenders {
            effects.add_money(*kind, *minor);
        }
        for line in &basket {
            let code = PRODUCTS[line.product].code;
            effects.add_stock(&self.store, code, -line.thousandths);
        }
        let tag = self.model.borrow_mut().ask("sale", self.node, effects);
        let sale = goods::sale(&tag, &basket, &tenders);
        if let Heard::Yes(receipt) = self.ask_deed(till, &tag, Action::Sell(sale)).await {
            let amount = receipt.amount.map(|amount| amount.minor.get());
            assert_eq!(
                amount,
                Some(total),
                "{tag:?}: the till asks for another sum"
            );
            let cash = tenders.iter().filter(|(kind, _)| *kind == TenderKind::Cash);
            self.cash_moved(cash.map(|(_, minor)| minor).sum());
            let sold = Sold {
                tag,
                document: receipt.document,
                lines: basket,
            };
            self.model.borrow_mut().sold.push(sold);
        }
    }

    fn draw_tenders(&mut self, total: i64) -> Vec<(TenderKind, i64)> {
        if total == 0 {
            return Vec::new();
        }
        let kind = if self.random.chance(60) {
            TenderKind::Cash
        } else {
            TenderKind::Card
        };
        if total > VOUCHER_MINOR && self.random.chance(15) {
            return vec![
                (TenderKind::Voucher, VOUCHER_MINOR),
                (kind, total - VOUCHER_MINOR),
            ];
        }
        vec![(kind, total)]
    }

    /// A customer brings something back: of any sale at any till of any store.
    async fn take_back(&mut self, till: &NodeHandle, sync: &SyncHandle) {
        let Some((at, sold)) = self.draw_sold() else {
            return;
        };
        let Some((index, thousandths)) = self.draw_line(&sold) else {
            return;
        };
        let found = match self.find(till, sync, &sold).await {
            Ok(found) => found,
            Err(because) => {
                let given = Some((sold.lines[index].product, thousandths));
                return self.take_back_blind(till, because, given).await;
            }
        };
        let line = &sold.lines[index];
        let refund = self.refund_kind();
        let minor = if thousandths == line.thousandths {
            line.total_minor
        } else {
            PRODUCTS[line.product].amount(thousandths)
        };
        let (tag, product) = self.return_deed(line.product, thousandths, minor, refund);
        let request = goods::verified_return(&tag, found, index, product, thousandths, refund);
        if let Some(sold) = self.model.borrow_mut().sold.get_mut(at) {
            sold.lines[index].returned += thousandths;
        }
        match self.ask_deed(till, &tag, Action::Return(request)).await {
            Heard::Yes(receipt) => {
                self.refunded(&tag, &receipt, refund, minor);
                if self.remembers() {
                    let mut model = self.model.borrow_mut();
                    model.taken_back(self.node, &sold, index, thousandths);
                }
            }
            Heard::No(_) => {
                if let Some(sold) = self.model.borrow_mut().sold.get_mut(at) {
                    sold.lines[index].returned -= thousandths;
                }
            }
            Heard::Nothing => {}
        }
    }

    fn draw_sold(&mut self) -> Option<(usize, Sold)> {
        let model = self.model.borrow();
        // Who comes back comes back soon, mostly.
        let newest = self.random.below(6);
        let at = model.sold.len().checked_sub(newest + 1)?;
        Some((at, model.sold[at].clone()))
    }

    /// A line and how much of it comes back: pieces, or all that was weighed. Now and then more than is left.
    fn draw_line(&mut self, sold: &Sold) -> Option<(usize, i64)> {
        let index = self.random.below(sold.lines.len());
        let SoldLine {
            product,
            thousandths,
            returned,
            ..
        } = sold.lines[index];
        let left = thousandths - returned;
        if left <= 0 && self.random.chance(30) {
            return None;
        }
        if PRODUCTS[product].is_by_the_piece() {
            Some((index, 1_000))
        } else {
            Some((index, thousandths))
        }
    }

    fn refund_kind(&mut self) -> TenderKind {
        if self.random.chance(50) && self.drawer_minor.is_some_and(|minor| minor > 5_000) {
            TenderKind::Cash
        } else {
            TenderKind::Card
        }
    }

    fn return_deed(
        &mut self,
        product: usize,
        thousandths: i64,
        minor: i64,
        refund: TenderKind,
    ) -> (Tag, &'static goods::Product) {
        let product = &PRODUCTS[product];
        let mut effects = Effects::default();
        effects.add_money(refund, -minor);
        effects.add_stock(&self.store, product.code, thousandths);
        let tag = self.model.borrow_mut().ask("return", self.node, effects);
        (tag, product)
    }

    fn refunded(&mut self, tag: &Tag, receipt: &Receipt, refund: TenderKind, minor: i64) {
        let amount = receipt.amount.map(|amount| amount.minor.get());
        assert_eq!(
            amount,
            Some(minor),
            "{tag:?}: the till gives back another sum"
        );
        if refund == TenderKind::Cash {
            self.cash_moved(-minor);
        }
    }

    /// The sale that a receipt names: at headquarters, or else in the till's own file.
    pub(super) async fn find(
        &self,
        till: &NodeHandle,
        sync: &SyncHandle,
        sold: &Sold,
    ) -> Result<DocumentId, BlindReason> {
        let reference = goods::reference(&sold.tag);
        let key = OrderKey::Reference(reference.clone());
        let answer = sync.ask(Question::FindOrder { key }).await;
        if let Answer::Found(found) = &answer {
            assert_eq!(
                found.order, sold.document,
                "{:?} is another order",
                sold.tag
            );
            return Ok(found.order);
        }
        let known = till.documents_by_reference(reference).await;
        match (known.ok().and_then(|known| known.first().copied()), answer) {
            (Some(order), _) => Ok(order),
            (None, Answer::NotReachable { data_as_of }) => Err(BlindReason::NotReachable {
                data_as_of: data_as_of.unwrap_or(Timestamp::from_milliseconds(0)),
            }),
            (None, _) => Err(BlindReason::NotFound),
        }
    }

    async fn take_back_blind(
        &mut self,
        till: &NodeHandle,
        because: BlindReason,
        given: Option<(usize, i64)>,
    ) {
        let (product, thousandths) =
            given.unwrap_or_else(|| (self.random.below(PRODUCTS.len()), 2_000));
        let minor = PRODUCTS[product].amount(thousandths);
        if minor == 0 {
            return;
        }
        let refund = self.refund_kind();
        let (tag, product) = self.return_deed(product, thousandths, minor, refund);
        let request = goods::blind_return(&tag, because, product, thousandths, refund);
        if let Heard::Yes(receipt) = self.ask_deed(till, &tag, Action::Return(request)).await {
            self.refunded(&tag, &receipt, refund, minor);
        }
    }

    async fn move_stock(&mut self, till: &NodeHandle) {
        let product = &PRODUCTS[self.random.below(PRODUCTS.len())];
        let amount = 1_000 * i64::try_from(self.random.between(1, 40)).expect("few");
        let thousandths = if self.random.chance(30) {
            -amount
        } else {
            amount
        };
        let mut effects = Effects::default();
        effects.add_stock(&self.store, product.code, thousandths);
        let tag = self.model.borrow_mut().ask("paper", self.node, effects);
        let paper = goods::stock_paper(&tag, product, thousandths);
        self.ask_deed(till, &tag, Action::MoveStock(paper)).await;
    }
}
