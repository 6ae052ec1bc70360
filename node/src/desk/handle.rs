//! The handle in front of the desk: plain data in, plain data out, from any task.

use std::sync::Arc;

use holdfast_schemas::{
    customer::Customer,
    identity::{CustomerId, DocumentId, OperationId},
    operation::SignOnMethod,
    staff::User,
    sync::till::Link,
    time::BusinessDate,
    wire::{Answer, OrderKey, Question, Right, RightKind},
};

use super::{
    Credential, DeskCommand, DeskDone, DeskRefusal, DeskView, DocumentFigures, ExchangeGoods,
    JournalLine, PriceCheck, ProductPage, ProductSearch, QuickKeyProduct, ReceiptKey, ReturnLookUp,
    SessionFigures, StaffMember, StoreDay, SyncPage, ask, pin::is_right, state::AtDesk,
};
use crate::{
    handle::{CallError, NodeHandle},
    net::SyncHandle,
    store::{OrderSummary, SessionSummary},
    watched::Watched,
};

/// Speaks to a till's desk. Cheap to clone.
#[derive(Clone)]
pub struct DeskHandle {
    node: NodeHandle,
    sync: SyncHandle,
}

impl DeskHandle {
    pub(crate) fn new(node: NodeHandle, sync: SyncHandle) -> Self {
        Self { node, sync }
    }

    /// The desk, now and whenever it changes.
    #[must_use]
    pub fn watch(&self) -> Watched<Arc<DeskView>> {
        self.node.watch_desk()
    }

    /// The till's sync, for its status.
    #[must_use]
    pub fn sync(&self) -> SyncHandle {
        self.sync.clone()
    }

    /// The node's handle.
    #[must_use]
    pub fn node(&self) -> NodeHandle {
        self.node.clone()
    }

    /// Does what is wanted, durably, or says why not. What is shown is the new state when it returns.
    ///
    /// # Errors
    /// [`DeskRefusal`]: nothing happened.
    pub async fn tell(&self, command: DeskCommand) -> Result<DeskDone, DeskRefusal> {
        if let DeskCommand::SignOn(credential) = command {
            let (user, method) = self.check(credential).await?;
            return self.at_desk(move |desk| desk.sign_on(user, method)).await;
        }
        if let DeskCommand::Overridden {
            command,
            credential,
            reason,
        } = command
        {
            let (granting, _) = self.check(credential).await?;
            if let Some(right) = needed_right(&command) {
                // With or without: whoever has the right is asked first.
                let _ = self.take_right(right).await;
            }
            let over = refunded_elsewhere(&command);
            let done = self
                .at_desk(move |desk| desk.tell_overridden(&command, &granting, &reason))
                .await;
            self.let_go(over).await;
            return done;
        }
        if let Some(right) = needed_right(&command) {
            self.take_right(right).await?;
        }
        let over = refunded_elsewhere(&command);
        let done = self.at_desk(move |desk| desk.tell(&command, &[])).await;
        self.let_go(over).await;
        done
    }

    /// The right to refund what another till sold is not held on to: a till holds so many at most.
    async fn let_go(&self, right: Option<Right>) {
        let own = self.node.watch().latest().till.node;
        if let Some(right) = right.filter(|right| right.document.node() != own) {
            self.sync.release(right).await;
        }
    }

    /// Who shows this. The try is counted in the file before it is answered, and checked beside the engine.
    async fn check(&self, credential: Credential) -> Result<(User, SignOnMethod), DeskRefusal> {
        let shown = credential.clone();
        let tried = self.at_desk(move |desk| desk.begin_try(&shown)).await?;
        let (right, method) = match (credential, tried.pin.clone()) {
            (Credential::Pin { pin, .. }, Some(hash)) => {
                let checked = tokio::task::spawn_blocking(move || is_right(&pin, hash.as_ref()));
                (checked.await.unwrap_or(false), SignOnMethod::Pin)
            }
            (Credential::Pin { .. }, None) => (false, SignOnMethod::Pin),
            (Credential::Badge(_), _) => (true, SignOnMethod::Badge),
        };
        let user = self.at_desk(move |desk| desk.end_try(tried, right)).await?;
        Ok((user, method))
    }

    /// Gets a right, from this till's file or by asking for it.
    async fn take_right(&self, right: Right) -> Result<(), DeskRefusal> {
        if self.at_desk(move |desk| desk.holds(right)).await? {
            return Ok(());
        }
        match self.sync.ask(Question::TakeRight { right }).await {
            Answer::Granted { .. } => Ok(()),
            Answer::Held { by, because } => Err(DeskRefusal::RightHeld { by, because }),
            Answer::Found(_)
            | Answer::NotFound { .. }
            | Answer::Released
            | Answer::Kept
            | Answer::NotYet
            | Answer::Refused
            | Answer::NotUnderstood
            | Answer::NotReachable { .. }
            | Answer::Unknown => Err(DeskRefusal::RightNotReachable),
        }
    }

    /// Products by the beginnings of words, as somebody types.
    ///
    /// # Errors
    /// [`DeskRefusal::Store`].
    pub async fn search_products(&self, search: ProductSearch) -> Result<ProductPage, DeskRefusal> {
        let found = self
            .node
            .query(move |store| ask::search_products(store, &search));
        found.await.map_err(of_call)
    }

    /// The products of one page of quick keys, in the keys' order; none for a page that is not there.
    ///
    /// # Errors
    /// [`DeskRefusal::Store`].
    pub async fn quick_keys(&self, page: usize) -> Result<Vec<QuickKeyProduct>, DeskRefusal> {
        self.asked(move |desk| desk.quick_keys(page)).await
    }

    /// What a scanned or typed code costs, without ringing it up.
    ///
    /// # Errors
    /// [`DeskRefusal::Scan`] and [`DeskRefusal::UnknownCode`] among others.
    pub async fn price_check(&self, code: Box<str>) -> Result<PriceCheck, DeskRefusal> {
        self.asked(move |desk| desk.price_check(&code)).await
    }

    /// The order that a receipt names, and what can be taken back of it. Of another till's sale only headquarters knows
    /// what came back elsewhere, so that it is asked.
    ///
    /// # Errors
    /// [`DeskRefusal::Store`].
    pub async fn look_up(&self, key: ReceiptKey) -> Result<ReturnLookUp, DeskRefusal> {
        let own = self.node.watch().latest().till.node;
        let wanted = key.clone();
        let here = self.shown(move |desk| desk.returnable(&wanted)).await?;
        let training = self.watch().latest().training;
        if let Some(found) = &here
            && (found.order.node() == own || training)
        {
            return Ok(here.map_or(ReturnLookUp::NotFound, |found| {
                ReturnLookUp::Found(Box::new(found))
            }));
        }
        let question = match (&key, &here) {
            (_, Some(found)) => OrderKey::Document(found.order),
            (ReceiptKey::Number(number), None) => OrderKey::Number(*number),
            (ReceiptKey::Document(document), None) => OrderKey::Document(*document),
            // Headquarters does not know receipts by their numbers.
            (ReceiptKey::Receipt(_), None) => return Ok(ReturnLookUp::NotFound),
        };
        let asked = Question::FindOrder { key: question };
        let order = match self.sync.ask(asked).await {
            Answer::Found(found) => found.order,
            Answer::NotFound { .. } => return Ok(ReturnLookUp::NotFound),
            Answer::NotReachable { data_as_of } => {
                return Ok(ReturnLookUp::NotReachable { data_as_of });
            }
            Answer::Granted { .. }
            | Answer::Held { .. }
            | Answer::Released
            | Answer::Kept
            | Answer::NotYet
            | Answer::Refused
            | Answer::NotUnderstood
            | Answer::Unknown => {
                let data_as_of = self.sync.status().latest().data_as_of;
                return Ok(ReturnLookUp::NotReachable { data_as_of });
            }
        };
        let key = ReceiptKey::Document(order);
        let found = self.shown(move |desk| desk.returnable(&key)).await?;
        Ok(found.map_or(ReturnLookUp::NotFound, |found| {
            ReturnLookUp::Found(Box::new(found))
        }))
    }

    /// The receipt of an order or return that is here.
    ///
    /// # Errors
    /// [`DeskRefusal::NoSuchDocument`] among others.
    pub async fn receipt(&self, document: DocumentId) -> Result<DocumentFigures, DeskRefusal> {
        self.shown(move |desk| {
            let figures = desk.desk.figures(desk.main, document)?;
            figures.ok_or(DeskRefusal::NoSuchDocument)
        })
        .await
    }

    /// Orders, newest first, before one of them.
    ///
    /// # Errors
    /// [`DeskRefusal::Store`].
    pub async fn orders_before(
        &self,
        before: Option<DocumentId>,
        orders_max: usize,
    ) -> Result<Vec<OrderSummary>, DeskRefusal> {
        self.shown(move |desk| Ok(desk.engine().store().orders_before(before, orders_max)?))
            .await
    }

    /// The figures of a session: of the open one without a name.
    ///
    /// # Errors
    /// [`DeskRefusal::NeedsOverride`] where the one who is signed on may not read them.
    pub async fn figures(
        &self,
        session: Option<DocumentId>,
    ) -> Result<SessionFigures, DeskRefusal> {
        self.asked(move |desk| desk.session_figures(session)).await
    }

    /// The till's sessions, newest first.
    ///
    /// # Errors
    /// [`DeskRefusal::Store`].
    pub async fn sessions(&self, sessions_max: usize) -> Result<Vec<SessionSummary>, DeskRefusal> {
        self.shown(move |desk| Ok(desk.engine().store().sessions(sessions_max)?))
            .await
    }

    /// What was written down in the open session, the newest first, before one of the entries.
    ///
    /// # Errors
    /// [`DeskRefusal::NoSession`].
    pub async fn journal(
        &self,
        before: Option<OperationId>,
    ) -> Result<Vec<JournalLine>, DeskRefusal> {
        self.shown(move |desk| desk.journal_page(before)).await
    }

    /// Customers by the beginnings of words of their name, number, e-mail address, or by telephone number; at most
    /// [`super::CUSTOMERS_FOUND_MAX`]. Only for somebody who is signed on.
    ///
    /// # Errors
    /// [`DeskRefusal::NobodySignedOn`] and [`DeskRefusal::Locked`] among others.
    pub async fn find_customers(&self, words: Box<str>) -> Result<Vec<Customer>, DeskRefusal> {
        self.shown(move |desk| desk.find_customers(&words)).await
    }

    /// The customer with this number; none where no record of them is here, or it was erased.
    ///
    /// # Errors
    /// [`DeskRefusal::NobodySignedOn`] and [`DeskRefusal::Locked`] among others.
    pub async fn customer(&self, number: CustomerId) -> Result<Option<Customer>, DeskRefusal> {
        self.shown(move |desk| desk.known_customer(&number)).await
    }

    /// A customer's orders that are here, the oldest first.
    ///
    /// # Errors
    /// [`DeskRefusal::NobodySignedOn`] and [`DeskRefusal::Locked`] among others.
    pub async fn orders_of_customer(
        &self,
        number: CustomerId,
        orders_max: usize,
    ) -> Result<Vec<OrderSummary>, DeskRefusal> {
        self.shown(move |desk| {
            let store = desk.engine().store();
            Ok(store.orders_of_customer(&number, orders_max)?)
        })
        .await
    }

    /// The store's day: its sessions, its safe and the sums; today's without a date.
    ///
    /// # Errors
    /// [`DeskRefusal::NeedsOverride`] where the one who is signed on does not run the store.
    pub async fn store_day(&self, day: Option<BusinessDate>) -> Result<StoreDay, DeskRefusal> {
        self.asked(move |desk| desk.store_day(day)).await
    }

    /// What is only on this till, and what could not be taken.
    ///
    /// # Errors
    /// [`DeskRefusal::NobodySignedOn`] and [`DeskRefusal::Locked`] among others.
    pub async fn sync_page(&self) -> Result<SyncPage, DeskRefusal> {
        self.shown(|desk| Ok(ask::sync_page(desk.main.store())?))
            .await
    }

    /// Who may sign on here, by number.
    ///
    /// # Errors
    /// [`DeskRefusal::Store`].
    pub async fn users(&self) -> Result<Vec<StaffMember>, DeskRefusal> {
        self.asked(|desk| desk.users()).await
    }

    async fn at_desk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AtDesk<'_>) -> Result<T, DeskRefusal> + Send + 'static,
    ) -> Result<T, DeskRefusal> {
        let online = self.sync.status().latest().link == Link::Online;
        self.node.at_desk(online, work).await.map_err(of_desk_call)
    }

    /// Asks what only somebody who works here may see: with nobody signed on, or the till locked, it is refused.
    async fn shown<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut AtDesk<'_>) -> Result<T, DeskRefusal> + Send + 'static,
    ) -> Result<T, DeskRefusal> {
        self.asked(move |desk| {
            desk.acting(&[])?;
            ask(desk)
        })
        .await
    }

    async fn asked<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut AtDesk<'_>) -> Result<T, DeskRefusal> + Send + 'static,
    ) -> Result<T, DeskRefusal> {
        self.node.ask_desk(ask).await.map_err(of_desk_call)
    }
}

/// The right that a command needs, which another till may have.
fn needed_right(command: &DeskCommand) -> Option<Right> {
    let right = |kind, document| Some(Right { kind, document });
    if let DeskCommand::Resume { order } = command {
        right(RightKind::Resume, *order)
    } else if let DeskCommand::Return(wanted)
    | DeskCommand::BeginExchange(ExchangeGoods::Verified(wanted)) = command
    {
        right(RightKind::Refund, wanted.order)
    } else {
        None
    }
}

/// The right that a command is done with when it is done.
fn refunded_elsewhere(command: &DeskCommand) -> Option<Right> {
    let is_return = matches!(command, DeskCommand::Return(_));
    is_return.then(|| needed_right(command)).flatten()
}

fn of_desk_call(error: CallError<DeskRefusal>) -> DeskRefusal {
    match error {
        CallError::Engine(refusal) => refusal,
        CallError::Stopped => DeskRefusal::Stopped,
    }
}

fn of_call(error: CallError<crate::store::StoreError>) -> DeskRefusal {
    match error {
        CallError::Engine(error) => DeskRefusal::Store(error),
        CallError::Stopped => DeskRefusal::Stopped,
    }
}
