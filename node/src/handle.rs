//! The handle in front of the engine: plain data in, plain data out, from any task.
//!
//! One task owns the engine and does what comes through a bounded channel, one thing after the other, inline. `main`
//! places that task on a thread; a simulator runs it beside everything else.

use std::sync::Arc;

use holdfast_schemas::{
    document::Document,
    gtin::Gtin,
    identity::{DocumentId, ExternalRef, OrderNumber, Sku},
    reference::Product,
    time::Timestamp,
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    clock::Clock,
    desk::{
        DeskRefusal, DeskView,
        state::{AtDesk, Desk},
        tender::OpenPayment,
    },
    engine::{Command, Engine, NodeView, Receipt, SubmitError},
    random::Random,
    store::{OrderSummary, StockLevel, Store, StoreError},
    watched::Watched,
};

/// How many calls wait for the engine before a caller has to.
const CALLS_WAITING_MAX: usize = 64;

/// Why a call did not get an answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError<E> {
    /// The engine answered with an error.
    #[error(transparent)]
    Engine(E),
    /// The engine's task has ended. What was asked for may or may not have happened; the file knows.
    #[error("the till's engine is not running any more")]
    Stopped,
}

type Call = Box<dyn FnOnce(&mut Owner) + Send>;

/// What the engine's task owns.
struct Owner {
    engine: Engine,
    clock: Box<dyn Clock>,
    random: Box<dyn Random>,
    view: watch::Sender<Arc<NodeView>>,
    desk: Desk,
    desk_view: watch::Sender<Arc<DeskView>>,
    /// Damage was met in the file, and said.
    damage_met: bool,
}

/// Speaks to a till's engine. Cheap to clone.
#[derive(Clone)]
pub struct NodeHandle {
    calls: mpsc::Sender<Call>,
    view: Views,
    desk: Watched<Arc<DeskView>>,
}

/// Watches the node's state.
pub type Views = Watched<Arc<NodeView>>;

/// The engine's task, to be placed by `main` or a simulator.
pub struct EngineTask {
    owner: Owner,
    calls: mpsc::Receiver<Call>,
}

impl EngineTask {
    /// Puts a channel in front of an engine.
    ///
    /// # Errors
    /// [`StoreError`] where the engine's state can't be read.
    pub fn new(
        mut engine: Engine,
        clock: Box<dyn Clock>,
        mut random: Box<dyn Random>,
    ) -> Result<(Self, NodeHandle), StoreError> {
        let node = Arc::new(engine.view()?);
        let (view, watched) = watch::channel(node.clone());
        let mut desk = Desk::open(&mut engine, random.as_mut(), clock.now())?;
        let shown = Arc::new(desk.view(&engine, node, clock.now())?);
        let (desk_view, desk_watched) = watch::channel(shown);
        let (calls, receiver) = mpsc::channel(CALLS_WAITING_MAX);
        let task = Self {
            owner: Owner {
                engine,
                clock,
                random,
                view,
                desk,
                desk_view,
                damage_met: false,
            },
            calls: receiver,
        };
        let handle = NodeHandle {
            calls,
            view: Views::new(watched),
            desk: Watched::new(desk_watched),
        };
        Ok((task, handle))
    }

    /// Makes card payments that are begun known to the task that asks the terminal.
    pub(crate) fn set_terminal(&mut self, begun: mpsc::Sender<OpenPayment>) {
        self.owner.desk.set_terminal(begun);
    }

    /// Does what comes, until the last handle is gone; gives the engine back.
    pub async fn run(mut self) -> Engine {
        while let Some(call) = self.calls.recv().await {
            call(&mut self.owner);
        }
        self.owner.engine
    }
}

impl Owner {
    /// Shows the new state. What was committed stays committed where the state can't be read: the next call meets the
    /// same failing disk and says so.
    fn show(&mut self) {
        let Ok(view) = self.engine.view() else { return };
        let view = Arc::new(view);
        self.view.send_replace(view.clone());
        let now = self.clock.now();
        let refreshed = self.desk.refresh(&self.engine, view.reference);
        if let Ok(shown) = refreshed.and_then(|()| self.desk.view(&self.engine, view, now)) {
            self.desk_view.send_replace(Arc::new(shown));
        }
    }

    fn at_desk(&mut self, online: bool) -> AtDesk<'_> {
        let now = self.clock.now();
        let parts = (&mut self.desk, &mut self.engine);
        AtDesk::new(parts, self.random.as_mut(), now, online)
    }

    /// Notes damage in the file: the next start looks at all of it, and sets it aside. Said once: every sale would say it.
    fn look_for_damage(&mut self, error: Option<&StoreError>) {
        let Some(error) = error.filter(|error| error.is_damage() && !self.damage_met) else {
            return;
        };
        self.damage_met = true;
        self.engine.store().place().suspect_damage();
        tracing::error!(
            error = error as &dyn std::error::Error,
            "the till's file is damaged. Start the till again: it keeps the file aside and begins a new one"
        );
    }
}

impl NodeHandle {
    /// Does what is wanted, durably, or says why not.
    ///
    /// # Errors
    /// [`SubmitError`] by the engine: nothing was written.
    pub async fn submit(&self, command: Command) -> Result<Receipt, CallError<SubmitError>> {
        self.call(move |owner| {
            let now = owner.clock.now();
            let receipt = owner.engine.submit(&command, now, owner.random.as_mut());
            match &receipt {
                Ok(_) => owner.show(),
                Err(SubmitError::Store(error)) => owner.look_for_damage(Some(error)),
                Err(_) => {}
            }
            receipt
        })
        .await
    }

    /// The node's state, now and whenever it changes.
    #[must_use]
    pub fn watch(&self) -> Views {
        self.view.clone()
    }

    /// The desk, now and whenever it changes.
    pub(crate) fn watch_desk(&self) -> Watched<Arc<DeskView>> {
        self.desk.clone()
    }

    /// Lets the desk do something, then shows the new state, whatever came of it: a refusal may have been journalled.
    pub(crate) async fn at_desk<T: Send + 'static>(
        &self,
        online: bool,
        work: impl FnOnce(&mut AtDesk<'_>) -> Result<T, DeskRefusal> + Send + 'static,
    ) -> Result<T, CallError<DeskRefusal>> {
        self.call(move |owner| {
            let done = work(&mut owner.at_desk(online));
            owner.look_for_damage(done.as_ref().err().and_then(DeskRefusal::store_error));
            owner.show();
            done
        })
        .await
    }

    /// Asks the desk something.
    pub(crate) async fn ask_desk<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut AtDesk<'_>) -> Result<T, DeskRefusal> + Send + 'static,
    ) -> Result<T, CallError<DeskRefusal>> {
        self.call(move |owner| {
            let answer = ask(&mut owner.at_desk(false));
            owner.look_for_damage(answer.as_ref().err().and_then(DeskRefusal::store_error));
            answer
        })
        .await
    }

    /// Asks the file something.
    ///
    /// # Errors
    /// Whatever the query reports.
    pub async fn query<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, CallError<StoreError>> {
        self.call(move |owner| {
            let answer = query(owner.engine.store());
            owner.look_for_damage(answer.as_ref().err());
            answer
        })
        .await
    }

    /// Tells that the sync met damage in the file.
    pub(crate) async fn damage_met(&self, error: StoreError) {
        let told = self.call(move |owner| {
            owner.look_for_damage(Some(&error));
            Ok::<_, StoreError>(())
        });
        // An engine that is gone has no file any more.
        let _ = told.await;
    }

    /// Lets the engine do something for the sync driver or an operator, then shows the new state.
    ///
    /// # Errors
    /// Whatever the work reports.
    pub async fn engine<T: Send + 'static, E: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine, Timestamp) -> Result<T, E> + Send + 'static,
    ) -> Result<T, CallError<E>> {
        self.call(move |owner| {
            let now = owner.clock.now();
            let done = work(&mut owner.engine, now);
            owner.show();
            done
        })
        .await
    }

    /// Asks the engine something, with the time.
    pub(crate) async fn engine_query<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Engine, Timestamp) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, CallError<StoreError>> {
        self.call(move |owner| query(&owner.engine, owner.clock.now()))
            .await
    }

    /// The orders and returns that go or went by this number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn documents_by_number(
        &self,
        number: OrderNumber,
    ) -> Result<Vec<DocumentId>, CallError<StoreError>> {
        self.query(move |store| store.documents_by_number(number))
            .await
    }

    /// The orders that another system calls by this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn documents_by_reference(
        &self,
        reference: ExternalRef,
    ) -> Result<Vec<DocumentId>, CallError<StoreError>> {
        self.query(move |store| store.documents_by_reference(&reference))
            .await
    }

    /// A document, whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn document(
        &self,
        document: DocumentId,
    ) -> Result<Option<Document>, CallError<StoreError>> {
        self.query(move |store| store.document(document)).await
    }

    /// Orders, newest first, before one of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn orders_before(
        &self,
        before: Option<DocumentId>,
        orders_max: usize,
    ) -> Result<Vec<OrderSummary>, CallError<StoreError>> {
        self.query(move |store| store.orders_before(before, orders_max))
            .await
    }

    /// The product with this stock code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn product(&self, sku: Sku) -> Result<Option<Product>, CallError<StoreError>> {
        self.query(move |store| store.product(&sku)).await
    }

    /// The product with this barcode: a scan.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn product_by_gtin(
        &self,
        gtin: Gtin,
    ) -> Result<Option<Product>, CallError<StoreError>> {
        self.query(move |store| store.product_by_gtin(gtin)).await
    }

    /// Stock of one product at the till's own store.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stock_of(&self, product: Sku) -> Result<Vec<StockLevel>, CallError<StoreError>> {
        let store = self.view.latest().till.store.clone();
        self.query(move |file| file.stock_of(&store, &product))
            .await
    }

    async fn call<T: Send + 'static, E: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Owner) -> Result<T, E> + Send + 'static,
    ) -> Result<T, CallError<E>> {
        let (answer, answered) = oneshot::channel();
        let call: Call = Box::new(move |owner| {
            // A caller that is gone does not undo what was done.
            drop(answer.send(work(owner)));
        });
        self.calls
            .send(call)
            .await
            .map_err(|_| CallError::Stopped)?;
        answered
            .await
            .map_err(|_| CallError::Stopped)?
            .map_err(CallError::Engine)
    }
}
