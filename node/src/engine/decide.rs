//! The first steps of T1: load what is needed, by index, and decide.

use holdfast_schemas::{
    after_sale::{AfterSale, after_sale},
    document::Document,
    identity::{DocumentId, LogId, OrderNumber, OrderNumberMint, ReasonCode},
    operation::{
        Author, Body, CashBanked, DocumentKind, FloatCounted, Operation, PaymentIntended, Role,
        SafeCounted, SessionOpened, StockMoved,
    },
    order::{OrderCommand, Sale, SaleContext, decide_order, fold_order, place, sell, suspend},
    planted::{self, Planted},
    reference::StoreSettings,
    refusal::Refusal,
    return_::{ReturnContext, ReturnRequest, ReturnedGoods, fold_return, take_back},
    rules::Rules,
    safe::{SafePaper, decide_safe},
    stock::decide_stock,
    till_session::{
        CloseSession, ForceClose, SessionCommand, SessionTakings, decide_till_session,
        fold_till_session,
    },
    time::{BusinessDate, Timestamp},
};
use jiff::{ToSpan, tz::TimeZone};
use rusqlite::Transaction;

use super::{
    command::{self, Action, Command, IntendPayment, SafeDeed, StockPaper, SubmitError},
    known::{Known, OpenSession},
};
use crate::store::{StoreError, TillIdentity, query, reference, sync};

/// What is to be written: operations that are appended to one document.
pub(super) struct Decision {
    /// The document as it is; empty for a new one.
    pub(super) document: Document,
    pub(super) kind: DocumentKind,
    pub(super) bodies: Vec<Body>,
    /// The number that was minted for it.
    pub(super) number: Option<OrderNumber>,
}

/// Loads what a command needs, and decides it.
pub(super) struct Decider<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) known: &'a Known,
    pub(super) till: &'a TillIdentity,
    pub(super) now: Timestamp,
    /// The log that is written.
    pub(super) log: LogId,
    /// Drawn for the id of a new document.
    pub(super) drawn: u64,
    /// The number that was minted for another document of the same commit.
    pub(super) minted: Option<OrderNumber>,
}

impl Decider<'_> {
    /// Loads and decides.
    pub(super) fn decide(&self, command: &Command) -> Result<Decision, SubmitError> {
        let read = || reference::settings(self.transaction, &self.till.store);
        let settings = self.known.settings.or_read(read)?;
        let rules = Rules::of(settings);
        let role = command.by.role;
        match &command.action {
            Action::OpenSession(open) => self.open_session(open, settings, role, &rules),
            Action::BeginSession {
                open,
                float,
                signed_on,
            } => {
                let mut begun = self.open_session(open, settings, role, &rules)?;
                if !float.is_empty() {
                    let denominations = float.clone();
                    begun.bodies.push(FloatCounted { denominations }.into());
                }
                begun.bodies.push(signed_on.clone().into());
                Ok(begun)
            }
            Action::PayIn(body) => {
                self.in_session(&SessionCommand::PayIn(body.clone()), role, &rules)
            }
            Action::PayOut(body) => {
                self.in_session(&SessionCommand::PayOut(body.clone()), role, &rules)
            }
            Action::ReceiveLoan(body) => {
                self.in_session(&SessionCommand::ReceiveLoan(body.clone()), role, &rules)
            }
            Action::DropCash(body) => {
                self.in_session(&SessionCommand::DropCash(body.clone()), role, &rules)
            }
            Action::CountCash(body) => {
                self.in_session(&SessionCommand::CountCash(body.clone()), role, &rules)
            }
            Action::NoSale(body) => {
                self.in_session(&SessionCommand::NoSale(body.clone()), role, &rules)
            }
            Action::VoidBasket(body) => {
                self.in_session(&SessionCommand::VoidBasket(body.clone()), role, &rules)
            }
            Action::CloseSession { over_short_reason } => {
                let session = self.session()?.id();
                let close = CloseSession {
                    takings: takings(self.transaction, session)?,
                    covers: query::log_ranges_of_session(self.transaction, session, true)?,
                    over_short_reason: over_short_reason.clone(),
                };
                self.in_session(&SessionCommand::Close(close), role, &rules)
            }
            Action::Journal(entry) => {
                self.in_session(&SessionCommand::Journal(entry.clone()), role, &rules)
            }
            Action::ForceClose { session, reason } => {
                self.force_close(*session, reason, role, &rules)
            }
            Action::Safe(deed) => self.safe(deed, settings, role, &rules),
            Action::Sell(sale) => self.sell(sale, role, &rules),
            Action::IntendPayment(intend) => self.intend(intend, role, &rules),
            Action::Order { order, commands } => self.order(*order, commands, role, &rules),
            Action::Suspend { sale, granted } => {
                self.begin_order(sale, role, &rules, |sale, context| {
                    suspend(sale, granted, context)
                })
            }
            Action::Return(request) => self.take_back(request, role, &rules),
            Action::MoveStock(paper) => self.move_stock(paper, settings, role, &rules),
        }
    }

    /// A document that is begun now.
    fn begin(&self, kind: DocumentKind, bodies: Vec<Body>) -> Decision {
        Decision {
            document: Document::new(DocumentId::new(self.now, self.till.node, self.drawn)),
            kind,
            bodies,
            number: None,
        }
    }

    /// The till's session that is open.
    fn session(&self) -> Result<&OpenSession, SubmitError> {
        let open = self.known.session.or_read(|| self.read_session())?.as_ref();
        Ok(open.ok_or(Refusal::SessionClosed {})?)
    }

    fn read_session(&self) -> Result<Option<OpenSession>, StoreError> {
        let Some(open) = query::open_session(self.transaction, self.till.node)? else {
            return Ok(None);
        };
        let document = self.whole(open.document)?;
        let state = fold_till_session(document.id(), document.operations());
        Ok(Some(OpenSession { document, state }))
    }

    fn open_session(
        &self,
        open: &command::OpenSession,
        settings: &StoreSettings,
        role: Role,
        rules: &Rules,
    ) -> Result<Decision, SubmitError> {
        if let Some(open) = query::open_session(self.transaction, self.till.node)? {
            let business_date = open.business_date;
            return Err(Refusal::SessionOpen { business_date }.into());
        }
        let begun = self.begin(DocumentKind::TillSession, Vec::new());
        let opened = SessionOpened {
            till: self.till.node,
            store: self.till.store.clone(),
            business_date: match open.business_date {
                Some(date) => date,
                None => business_date(self.now, settings)?,
            },
            time_zone: settings.time_zone.clone(),
            cut_over_hour: settings.cut_over_hour,
            currency: settings.currency,
            float_minor: open.float_minor,
        };
        let nothing = fold_till_session(begun.document.id(), []);
        let command = SessionCommand::Open(opened);
        Ok(Decision {
            bodies: decide_till_session(&nothing, &command, role, rules)?,
            ..begun
        })
    }

    fn in_session(
        &self,
        command: &SessionCommand,
        role: Role,
        rules: &Rules,
    ) -> Result<Decision, SubmitError> {
        let session = self.session()?;
        Ok(Decision {
            bodies: decide_till_session(&session.state, command, role, rules)?,
            document: session.document.clone(),
            kind: DocumentKind::TillSession,
            number: None,
        })
    }

    /// Closes a session of the store that is open, of whatever till.
    fn force_close(
        &self,
        session: DocumentId,
        reason: &ReasonCode,
        role: Role,
        rules: &Rules,
    ) -> Result<Decision, SubmitError> {
        let document = query::read_whole(self.transaction, session)?
            .filter(|document| document.kind() == Some(DocumentKind::TillSession))
            .ok_or(Refusal::NotOpened {})?;
        let state = fold_till_session(document.id(), document.operations());
        let close = ForceClose {
            takings: takings(self.transaction, session)?,
            covers: query::log_ranges_of_session(self.transaction, session, false)?,
            reason: reason.clone(),
        };
        let command = SessionCommand::ForceClose(close);
        Ok(Decision {
            bodies: decide_till_session(&state, &command, role, rules)?,
            document,
            kind: DocumentKind::TillSession,
            number: None,
        })
    }

    fn safe(
        &self,
        deed: &SafeDeed,
        settings: &StoreSettings,
        role: Role,
        rules: &Rules,
    ) -> Result<Decision, SubmitError> {
        let store = self.till.store.clone();
        let business_date = business_date(self.now, settings)?;
        let currency = settings.currency;
        let paper = match deed {
            SafeDeed::Counted(counted) => SafePaper::Counted(SafeCounted {
                store,
                business_date,
                currency,
                counted: counted.clone(),
            }),
            SafeDeed::Banked { amount_minor, bag } => SafePaper::Banked(CashBanked {
                store,
                business_date,
                currency,
                amount_minor: *amount_minor,
                bag: bag.clone(),
            }),
        };
        let bodies = decide_safe(&paper, role, rules)?;
        Ok(self.begin(DocumentKind::Safe, bodies))
    }

    fn sell(&self, sale: &Sale, role: Role, rules: &Rules) -> Result<Decision, SubmitError> {
        self.begin_order(sale, role, rules, sell)
    }

    /// A new order in the open session, under a new number.
    fn begin_order(
        &self,
        sale: &Sale,
        role: Role,
        rules: &Rules,
        decide: impl Fn(&Sale, &SaleContext<'_>) -> Result<Vec<Body>, Refusal>,
    ) -> Result<Decision, SubmitError> {
        let session = &self.session()?.state;
        let number = self.mint()?;
        let context = SaleContext {
            number,
            session,
            role,
            rules,
        };
        let bodies = decide(sale, &context)?;
        Ok(Decision {
            number: Some(number),
            ..self.begin(DocumentKind::Order, bodies)
        })
    }

    fn intend(
        &self,
        intend: &IntendPayment,
        role: Role,
        rules: &Rules,
    ) -> Result<Decision, SubmitError> {
        let session = self.session()?.id();
        let mut begun = match intend.order {
            Some(order) => Decision {
                document: self.whole(order)?,
                kind: DocumentKind::Order,
                bodies: Vec::new(),
                number: None,
            },
            None => self.begin_order(&intend.sale, role, rules, place)?,
        };
        let command = OrderCommand::IntendPayment(PaymentIntended {
            session: Some(session),
            amount_minor: intend.amount_minor,
        });
        self.chain(&mut begun, &[command], role, rules)?;
        Ok(begun)
    }

    fn order(
        &self,
        order: DocumentId,
        commands: &[OrderCommand],
        role: Role,
        rules: &Rules,
    ) -> Result<Decision, SubmitError> {
        let mut decision = Decision {
            document: self.whole(order)?,
            kind: DocumentKind::Order,
            bodies: Vec::new(),
            number: None,
        };
        self.chain(&mut decision, commands, role, rules)?;
        Ok(decision)
    }

    /// Decides one command after the other, each on what those before it would leave.
    fn chain(
        &self,
        decision: &mut Decision,
        commands: &[OrderCommand],
        role: Role,
        rules: &Rules,
    ) -> Result<(), SubmitError> {
        for command in commands {
            let mut after = decision.document.clone();
            if !decision.bodies.is_empty() {
                let author = Author { role, user: None };
                let stamp = |body: &Body| Operation::new(self.now, author.clone(), body.clone());
                let operations: Vec<Operation> = decision.bodies.iter().map(stamp).collect();
                let appended = after.append(self.log, &operations)?;
                after.insert(appended.change);
            }
            let state = fold_order(after.id(), after.operations());
            decision
                .bodies
                .extend(decide_order(&state, command, role, rules)?);
        }
        Ok(())
    }

    fn take_back(
        &self,
        request: &ReturnRequest,
        role: Role,
        rules: &Rules,
    ) -> Result<Decision, SubmitError> {
        let session = &self.session()?.state;
        let number = self.mint()?;
        let original = match &request.goods {
            ReturnedGoods::Verified { order, .. } => self.after_sale(*order)?,
            ReturnedGoods::Blind { .. } => None,
        };
        let context = ReturnContext {
            number,
            session,
            role,
            rules,
        };
        let bodies = take_back(request, original.as_ref(), &context)?;
        Ok(Decision {
            number: Some(number),
            ..self.begin(DocumentKind::Return, bodies)
        })
    }

    /// An order with all its returns that are in this file; none where the order is not.
    fn after_sale(&self, order: DocumentId) -> Result<Option<AfterSale>, StoreError> {
        read_after_sale(self.transaction, order)
    }

    fn move_stock(
        &self,
        paper: &StockPaper,
        settings: &StoreSettings,
        role: Role,
        rules: &Rules,
    ) -> Result<Decision, SubmitError> {
        let session = query::open_session(self.transaction, self.till.node)?;
        let business_date = match (paper.business_date, session) {
            (Some(date), _) => date,
            (None, Some(session)) => session.business_date,
            (None, None) => business_date(self.now, settings)?,
        };
        let moved = StockMoved {
            store: self.till.store.clone(),
            business_date,
            kind: paper.kind,
            reason: paper.reason.clone(),
            lines: paper.lines.clone(),
        };
        let bodies = decide_stock(&moved, role, rules)?;
        Ok(self.begin(DocumentKind::Stock, bodies))
    }

    /// The next number, after every number that this till is known to have issued.
    fn mint(&self) -> Result<OrderNumber, SubmitError> {
        let last = match self.minted {
            Some(minted) => Some(minted),
            None => {
                let read = || sync::last_number(self.transaction);
                let last = self.known.last_number.or_read(read)?;
                last.filter(|_| !planted::is(Planted::NumberNotKept))
            }
        };
        Ok(OrderNumberMint::new(self.till.node, last).mint(self.now)?)
    }

    fn whole(&self, id: DocumentId) -> Result<Document, StoreError> {
        whole(self.transaction, id)
    }
}

fn whole(transaction: &Transaction<'_>, id: DocumentId) -> Result<Document, StoreError> {
    query::read_whole(transaction, id)?
        .ok_or_else(|| StoreError::unreadable("projection", &format!("document {id} is not here")))
}

/// What a session's orders and returns took and gave.
pub(super) fn takings(
    transaction: &Transaction<'_>,
    session: DocumentId,
) -> Result<SessionTakings, StoreError> {
    let mut takings = SessionTakings::default();
    for id in query::documents_of_session(transaction, session)? {
        let document = whole(transaction, id)?;
        let (id, operations) = (document.id(), document.operations());
        let more = match document.kind() {
            Some(DocumentKind::Order) => {
                SessionTakings::of_order(session, &fold_order(id, operations))
            }
            Some(DocumentKind::Return) => {
                SessionTakings::of_return(session, &fold_return(id, operations))
            }
            Some(DocumentKind::TillSession | DocumentKind::Stock | DocumentKind::Safe) | None => {
                continue;
            }
        };
        takings = takings.plus(&more);
    }
    Ok(takings)
}

/// An order with all its returns that are in this file; none where the order is not.
pub(crate) fn read_after_sale(
    transaction: &Transaction<'_>,
    order: DocumentId,
) -> Result<Option<AfterSale>, StoreError> {
    let Some(document) = query::read_whole(transaction, order)? else {
        return Ok(None);
    };
    if document.kind() != Some(DocumentKind::Order) {
        return Ok(None);
    }
    let state = fold_order(order, document.operations());
    let mut returns = Vec::new();
    for id in query::returns_of(transaction, order)? {
        if planted::is(Planted::ReturnsForgotten) {
            break;
        }
        if let Some(document) = query::read_whole(transaction, id)? {
            returns.push(fold_return(id, document.operations()));
        }
    }
    Ok(Some(after_sale(&state, &returns)))
}

/// The trading day that it is: a day ends at the store's cut-over hour, by its clocks.
pub(crate) fn business_date(
    now: Timestamp,
    settings: &StoreSettings,
) -> Result<BusinessDate, SubmitError> {
    let unknown = || SubmitError::TimeZone(settings.time_zone.to_string());
    let zone = TimeZone::get(settings.time_zone.as_str()).map_err(|_| unknown())?;
    let moment = jiff::Timestamp::from_millisecond(now.milliseconds()).map_err(|_| unknown())?;
    let local = moment.to_zoned(zone).datetime();
    let ended = local.hour() >= i8::try_from(settings.cut_over_hour.get()).unwrap_or(0);
    let day = if ended {
        local.date()
    } else {
        local.date().saturating_sub(1.day())
    };
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    let year = u16::try_from(day.year()).unwrap_or(1);
    BusinessDate::new(year, part(day.month()), part(day.day())).map_err(|_| unknown())
}
