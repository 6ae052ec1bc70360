//! The desk's state: what the file says, and what is derived from it. Every change is in the file first.

use std::sync::Arc;

use holdfast_schemas::{
    basket::{Basket, BasketStep},
    document::Document,
    identity::{DocumentId, PriceListVersion, ReasonCode, StoreId},
    operation::{Author, LineNumber, Role, SessionOpened},
    order::{OrderState, fold_order},
    reference::StoreSettings,
    refusal::Refusal,
    staff::{ManagerOverride, Permission, StaffRole, TillRequest, User},
    store_settings::ReasonUse,
    tendering::{Tendering, TenderingStep},
    till_session::{JournalEntry, TillSessionState, fold_till_session},
    time::{BusinessDate, Timestamp},
    value::MinorUnits,
    wire::Right,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{
    DeskRefusal, DocumentFigures, PrinterTrouble, SessionView, exchange::ExchangeStep,
    returns::ComingBack, tender::OpenPayment,
};
use crate::{
    engine::{Action, BasketAfter, Beside, Command, Engine, Receipt, SubmitError, business_date},
    random::Random,
    store::{
        Store, StoreError,
        desk::{self as rows, DeskRow},
        query, reference,
    },
};

/// What is written down of the open basket, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeskStep {
    /// Something happened to what is in it.
    Basket(BasketStep),
    /// Money was taken for it, or given back.
    Tender(TenderingStep),
    /// Goods come back in exchange for it.
    Exchange(ExchangeStep),
}

/// What the desk knows of the file that is in use: the till's own, or training's.
#[derive(Debug, Default)]
struct Here {
    row: DeskRow,
    basket: Basket,
    last_line: Option<LineNumber>,
    tenders: Vec<TenderingStep>,
    /// What comes back in exchange.
    exchange: Option<ComingBack>,
    last: Option<Arc<DocumentFigures>>,
    /// Read again when a command touched the session.
    session: Option<Option<SessionView>>,
}

/// The desk, beside the engine that writes its file.
pub(crate) struct Desk {
    /// The row of the till's own file: who is at the till, and whether it is training.
    staff: DeskRow,
    user: Option<User>,
    here: Here,
    training: Option<Engine>,
    settings: (PriceListVersion, Arc<StoreSettings>),
    trouble: Option<PrinterTrouble>,
    /// Where card payments that were just begun are made known; none where there is no terminal.
    begun: Option<mpsc::Sender<OpenPayment>>,
}

/// The desk while it does something.
pub(crate) struct AtDesk<'a> {
    pub(super) desk: &'a mut Desk,
    pub(super) main: &'a mut Engine,
    pub(super) random: &'a mut dyn Random,
    pub(super) now: Timestamp,
    /// Whether headquarters can be reached.
    pub(super) online: bool,
}

/// Who does something, and what they were let do for once.
pub(super) struct Acting<'a> {
    pub(super) user: User,
    pub(super) overrides: &'a [ManagerOverride],
}

impl Desk {
    /// The desk as the file has it. Whoever was signed on has locked the till by its end.
    pub(crate) fn open(
        engine: &mut Engine,
        random: &mut dyn Random,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut staff = engine.store().read(rows::row)?;
        if staff.user.is_some() && !staff.locked {
            staff.locked = true;
            engine.write_desk(&staff)?;
        }
        let mut desk = Self {
            user: None,
            here: Here::default(),
            training: None,
            settings: (PriceListVersion::default(), Arc::default()),
            trouble: None,
            begun: None,
            staff,
        };
        desk.read_reference(engine.store(), &engine.till().store)?;
        if desk.staff.training {
            desk.training = Some(super::training::open(engine, random, now)?);
        }
        desk.read_here(engine)?;
        desk.hold_exchange(engine)?;
        Ok(desk)
    }

    /// The engine of the file that is in use.
    pub(super) fn active<'a>(&'a self, main: &'a Engine) -> &'a Engine {
        self.training.as_ref().unwrap_or(main)
    }

    /// Reads settings and user again where the reference data is of another version now.
    pub(crate) fn refresh(
        &mut self,
        engine: &Engine,
        version: PriceListVersion,
    ) -> Result<(), StoreError> {
        if version != self.settings.0 {
            self.read_reference(engine.store(), &engine.till().store)?;
        }
        Ok(())
    }

    fn read_reference(&mut self, store: &Store, own: &StoreId) -> Result<(), StoreError> {
        let user = self.staff.user.clone();
        let (version, settings, user) = store.read(|transaction| {
            let user = match &user {
                Some(user) => reference::user(transaction, user)?,
                None => None,
            };
            Ok::<_, StoreError>((
                reference::version(transaction)?,
                reference::settings(transaction, own)?,
                user,
            ))
        })?;
        self.settings = (version, Arc::new(settings));
        self.user = user;
        Ok(())
    }

    /// Reads what the file that is in use says of the open basket.
    pub(super) fn read_here(&mut self, main: &Engine) -> Result<(), StoreError> {
        let (row, steps) = self.active(main).store().read(|transaction| {
            Ok::<_, StoreError>((
                rows::row(transaction)?,
                rows::steps::<DeskStep>(transaction)?,
            ))
        })?;
        let last = row.last;
        let mut here = Here {
            row,
            ..Here::default()
        };
        for step in steps {
            here.take(step);
        }
        self.here = here;
        let empty = self.here.basket.state().is_empty()
            && !self.here.basket.can_undo()
            && self.here.exchange.is_none();
        if let (true, Some(last)) = (empty, last) {
            self.here.last = self.figures(main, last)?.map(Arc::new);
        }
        Ok(())
    }

    pub(super) fn settings(&self) -> &Arc<StoreSettings> {
        &self.settings.1
    }

    pub(super) fn price_list(&self) -> PriceListVersion {
        self.settings.0
    }

    pub(super) fn basket(&self) -> &Basket {
        &self.here.basket
    }

    pub(super) fn last_line(&self) -> Option<LineNumber> {
        self.here.last_line
    }

    pub(super) fn last(&self) -> Option<&Arc<DocumentFigures>> {
        self.here.last.as_ref()
    }

    pub(super) fn staff(&self) -> (&DeskRow, Option<&User>) {
        (&self.staff, self.user.as_ref())
    }

    pub(super) fn is_training(&self) -> bool {
        self.training.is_some()
    }

    pub(super) fn trouble(&self) -> Option<PrinterTrouble> {
        self.trouble
    }

    pub(crate) fn set_terminal(&mut self, begun: mpsc::Sender<OpenPayment>) {
        self.begun = Some(begun);
    }

    pub(super) fn terminal(&self) -> Option<&mpsc::Sender<OpenPayment>> {
        self.begun.as_ref()
    }

    /// The order that a card payment began for the open basket.
    pub(crate) fn paying(&self) -> Option<DocumentId> {
        self.here.row.paying
    }

    /// The order that a card payment began, folded.
    pub(super) fn paying_order(&self, main: &Engine) -> Result<Option<OrderState>, StoreError> {
        let Some(order) = self.here.row.paying else {
            return Ok(None);
        };
        let document = self.active(main).store().document(order)?;
        Ok(document.map(|document| fold_order(document.id(), document.operations())))
    }

    /// What comes back in exchange for the open basket.
    pub(super) fn exchange(&self) -> Option<&ComingBack> {
        self.here.exchange.as_ref()
    }

    /// What the basket costs; nothing where it can't be priced.
    pub(super) fn basket_total(&self) -> MinorUnits {
        let priced = self.here.basket.state().priced(self.settings());
        priced.map_or(MinorUnits::ZERO, |priced| priced.total_minor)
    }

    /// How the basket is paid so far; nothing where it can't be priced.
    pub(super) fn tendering(&self) -> Tendering {
        let due = self.settlement().due_minor;
        let mut tendering = Tendering::new(due, self.settings().cash_rounding_step);
        for step in &self.here.tenders {
            tendering.take(step.clone());
        }
        tendering
    }

    /// The open session, folded.
    pub(super) fn session(
        &self,
        main: &Engine,
    ) -> Result<Option<(Document, TillSessionState)>, StoreError> {
        let engine = self.active(main);
        let Some(open) = engine.store().open_session(engine.till().node)? else {
            return Ok(None);
        };
        let document = engine.store().document(open.document)?;
        Ok(document.map(|document| {
            let state = fold_till_session(document.id(), document.operations());
            (document, state)
        }))
    }

    /// The open session as the screen shows it; read when something touched it.
    pub(super) fn session_view(
        &mut self,
        main: &Engine,
        now: Timestamp,
    ) -> Result<Option<SessionView>, StoreError> {
        if self.here.session.is_none() {
            let view = self.session(main)?.and_then(|(document, state)| {
                let header: SessionOpened = state.header?;
                Some(SessionView {
                    document: document.id(),
                    business_date: header.business_date,
                    today: header.business_date,
                    currency: header.currency,
                    float_minor: header.float_minor,
                    float: state.float,
                    counted_minor: state.count.map(|count| count.counted_minor),
                })
            });
            self.here.session = Some(view);
        }
        let today = business_date(now, self.settings()).ok();
        let view = self.here.session.clone().flatten();
        Ok(view.map(|view| SessionView {
            today: today.unwrap_or(view.business_date),
            ..view
        }))
    }
}

impl Here {
    fn take(&mut self, step: DeskStep) {
        match step {
            DeskStep::Basket(step) => self.basket.take(step),
            DeskStep::Tender(step) => self.tenders.push(step),
            DeskStep::Exchange(ExchangeStep::Begun(back)) => self.exchange = Some(*back),
            DeskStep::Exchange(ExchangeStep::Ended {}) => self.exchange = None,
        }
    }

    fn clear(&mut self) {
        self.basket = Basket::new();
        self.tenders.clear();
        self.exchange = None;
        self.last_line = None;
    }
}

impl<'a> AtDesk<'a> {
    pub(crate) fn new(
        (desk, main): (&'a mut Desk, &'a mut Engine),
        random: &'a mut dyn Random,
        now: Timestamp,
        online: bool,
    ) -> Self {
        Self {
            desk,
            main,
            random,
            now,
            online,
        }
    }

    /// What keeps the printer from printing; known to this process only.
    pub(crate) fn set_trouble(&mut self, trouble: Option<PrinterTrouble>) {
        self.desk.trouble = trouble;
    }

    /// Whether this till has a right.
    pub(super) fn holds(&self, right: Right) -> Result<bool, DeskRefusal> {
        // Training refunds nothing and takes nothing up that is not its own.
        Ok(self.desk.is_training() || self.engine().holds(right)?)
    }

    pub(super) fn engine(&self) -> &Engine {
        self.desk.active(self.main)
    }

    pub(super) fn engine_mut(&mut self) -> &mut Engine {
        self.desk.training.as_mut().unwrap_or(self.main)
    }

    /// Whoever is signed on.
    pub(super) fn acting<'o>(
        &self,
        overrides: &'o [ManagerOverride],
    ) -> Result<Acting<'o>, DeskRefusal> {
        let user = self.desk.staff.user.clone();
        let number = user.ok_or(DeskRefusal::NobodySignedOn)?;
        if self.desk.staff.locked {
            return Err(DeskRefusal::Locked(number));
        }
        let known = self.desk.user.clone();
        let user = known.filter(|user| user.works_in(&self.main.till().store));
        Ok(Acting {
            user: user.ok_or(DeskRefusal::NobodySignedOn)?,
            overrides,
        })
    }

    /// The role that a request is allowed to: that of who is signed on, or of an override for just this.
    pub(super) fn allowed(
        &self,
        acting: &Acting<'_>,
        request: TillRequest,
    ) -> Result<StaffRole, DeskRefusal> {
        match self.desk.settings().rights.ask(acting.user.role, request) {
            Permission::Allowed => Ok(acting.user.role),
            Permission::Refused => Err(DeskRefusal::NotAllowed),
            Permission::WithOverride { by } => {
                let mut granted = acting.overrides.iter();
                granted
                    .find(|granted| granted.request == request && granted.role >= by)
                    .map(|granted| granted.role)
                    .ok_or(DeskRefusal::NeedsOverride { by, request })
            }
        }
    }

    pub(super) fn check_reason(
        &self,
        reason: &ReasonCode,
        reason_use: ReasonUse,
    ) -> Result<(), DeskRefusal> {
        if self.desk.settings().reasons.allow(reason, reason_use) {
            Ok(())
        } else {
            Err(DeskRefusal::ReasonNotListed(reason.clone()))
        }
    }

    /// The trading day of the open session.
    pub(super) fn trading_day(&mut self) -> Result<BusinessDate, DeskRefusal> {
        let view = self.desk.session_view(self.main, self.now)?;
        view.map(|view| view.business_date)
            .ok_or(DeskRefusal::NoSession)
    }

    pub(super) fn session_touched(&mut self) {
        self.desk.here.session = None;
    }

    /// T1 for whoever is signed on, decided with this role.
    pub(super) fn submit(
        &mut self,
        (acting, role): (&Acting<'_>, StaffRole),
        action: Action,
        beside: &Beside<'_>,
    ) -> Result<Receipt, DeskRefusal> {
        let command = self.command(acting, role, action);
        self.submit_by(command.by, command.action, beside)
    }

    /// What whoever is signed on wants, decided with this role.
    pub(super) fn command(&self, acting: &Acting<'_>, role: StaffRole, action: Action) -> Command {
        let by = Author {
            role: role.into(),
            user: Some(acting.user.user.clone()),
        };
        Command { by, action }
    }

    /// T1 of two documents, the second of which ends the basket.
    pub(super) fn submit_both(
        &mut self,
        both: [(&Command, &Beside<'_>); 2],
    ) -> Result<[Receipt; 2], DeskRefusal> {
        let engine = self.desk.training.as_mut().unwrap_or(self.main);
        let receipts = engine.submit_both(both, self.now, self.random)?;
        self.desk.here.clear();
        self.desk.here.row = engine.store().read(rows::row)?;
        Ok(receipts)
    }

    pub(super) fn submit_by(
        &mut self,
        by: Author,
        action: Action,
        beside: &Beside<'_>,
    ) -> Result<Receipt, DeskRefusal> {
        let command = Command { by, action };
        let now = self.now;
        let engine = self.desk.training.as_mut().unwrap_or(self.main);
        let receipt = engine.submit_beside(&command, beside, now, self.random)?;
        match &beside.basket {
            BasketAfter::Stays => {}
            BasketAfter::Step(_) | BasketAfter::Replaced(_) => {
                self.desk.read_here(self.main)?;
            }
            BasketAfter::Cleared => self.desk.here.clear(),
        }
        if beside.desk.is_some() {
            let engine = self.desk.training.as_ref().unwrap_or(self.main);
            self.desk.here.row = engine.store().read(rows::row)?;
        }
        Ok(receipt)
    }

    /// Writes something into the session's journal, where a session is open.
    pub(super) fn journal(&mut self, by: Author, entry: JournalEntry) -> Result<(), DeskRefusal> {
        match self.submit_by(by, Action::Journal(entry), &Beside::default()) {
            Ok(_) => Ok(()),
            Err(DeskRefusal::Document(Refusal::SessionClosed {})) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    /// Writes something into the session's journal of the till's own file, also while it is training.
    pub(super) fn journal_own(
        &mut self,
        by: Author,
        entry: JournalEntry,
    ) -> Result<(), DeskRefusal> {
        self.write_own(by, entry, &Beside::default()).map(|_| ())
    }

    /// The same, with what changes beside it; `false` where no session is open, or the till is frozen, and nothing was
    /// written.
    fn write_own(
        &mut self,
        by: Author,
        entry: JournalEntry,
        beside: &Beside<'_>,
    ) -> Result<bool, DeskRefusal> {
        let action = Action::Journal(entry);
        let command = Command { by, action };
        match self
            .main
            .submit_beside(&command, beside, self.now, self.random)
        {
            Ok(_) => Ok(true),
            Err(SubmitError::Refused(Refusal::SessionClosed {}) | SubmitError::Frozen { .. }) => {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes away what is left of a basket without lines.
    pub(super) fn clear_basket(&mut self) -> Result<(), DeskRefusal> {
        self.engine_mut()
            .write_basket(&BasketAfter::Cleared, None)?;
        self.desk.here.clear();
        Ok(())
    }

    /// Writes a step of the open basket down, then takes it.
    pub(super) fn step(&mut self, step: DeskStep) -> Result<(), DeskRefusal> {
        let text = rows::step_text(&step)?;
        let mut row = self.desk.here.row.clone();
        let begins = row.last.take().is_some();
        let after = BasketAfter::Step(text);
        self.engine_mut()
            .write_basket(&after, begins.then_some(&row))?;
        self.desk.here.row = row;
        self.desk.here.last = None;
        self.desk.here.take(step);
        Ok(())
    }

    pub(super) fn touched(&mut self, line: Option<LineNumber>) {
        self.desk.here.last_line = line;
    }

    /// Shows what was finished.
    pub(super) fn finished(
        &mut self,
        document: DocumentId,
    ) -> Result<DocumentFigures, DeskRefusal> {
        let figures = self.desk.figures(self.main, document)?;
        let figures = figures.ok_or(DeskRefusal::NoSuchDocument)?;
        self.desk.here.last = Some(Arc::new(figures.clone()));
        Ok(figures)
    }

    /// Makes another user be at the till, or nobody, and says so in the journal where a session is open; one commit in the
    /// till's own file.
    pub(super) fn write_staff(
        &mut self,
        (user, locked): (Option<User>, bool),
        by: Author,
        entry: JournalEntry,
    ) -> Result<(), DeskRefusal> {
        let number = user.as_ref().map(|user| user.user.clone());
        let change = |row: &mut DeskRow, _| {
            row.user.clone_from(&number);
            row.locked = locked;
        };
        let beside = Beside {
            desk: Some(&change),
            ..Beside::default()
        };
        let written = self.write_own(by, entry, &beside)?;
        let mut row = self.staff_row()?;
        if !written {
            row.user.clone_from(&number);
            row.locked = locked;
            self.main.write_desk(&row)?;
        }
        self.took_staff(row, user);
        Ok(())
    }

    /// Turns training on or off in the till's own file.
    pub(super) fn write_training(&mut self, on: bool) -> Result<(), DeskRefusal> {
        let mut row = self.staff_row()?;
        row.training = on;
        self.main.write_desk(&row)?;
        let user = self.desk.user.clone();
        self.took_staff(row, user);
        Ok(())
    }

    fn took_staff(&mut self, row: DeskRow, user: Option<User>) {
        if !self.desk.is_training() {
            self.desk.here.row = row.clone();
        }
        self.desk.staff = row;
        self.desk.user = user;
    }

    /// The till's own row as it is now: what the basket changed of it, and who is at the till.
    pub(super) fn staff_row(&self) -> Result<DeskRow, StoreError> {
        self.main.store().read(rows::row)
    }

    /// Goes over to training's file, or back to the till's own.
    pub(super) fn use_training(&mut self, training: Option<Engine>) -> Result<(), DeskRefusal> {
        self.desk.training = training;
        self.desk.read_here(self.main)?;
        Ok(())
    }

    pub(super) fn system() -> Author {
        Author {
            role: Role::System,
            user: None,
        }
    }

    /// An order of the file in use, folded.
    pub(super) fn order(&self, order: DocumentId) -> Result<OrderState, DeskRefusal> {
        let document = self.engine().store().document(order)?;
        let document = document.ok_or(DeskRefusal::NoSuchDocument)?;
        Ok(fold_order(document.id(), document.operations()))
    }

    /// The till's session that is open, in the file in use.
    pub(super) fn open_session_document(&self) -> Result<DocumentId, DeskRefusal> {
        let engine = self.engine();
        let open = engine
            .store()
            .read(|transaction| query::open_session(transaction, engine.till().node))?;
        open.map(|open| open.document).ok_or(DeskRefusal::NoSession)
    }
}
