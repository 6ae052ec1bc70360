//! One till of the trading day: opens its session, sells, takes back, puts stock right, closes.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_node::{
    engine::{Action, Command, OpenSession, Receipt, StockPaper, SubmitError},
    handle::{CallError, NodeHandle},
    node::Node,
    replay::{
        Adjustment, Cancellation, CancelledPart, Invoice, ReplayTerms, Trade, cash_of,
        parts_by_original, stock_lines, usual_tender,
    },
    store::{Store, StoreError},
};
use holdfast_schemas::{
    document::Document,
    identity::{
        DocumentId, ExternalValue, LogPosition, NodeNumber, ReasonCode, Sku, StoreId, UserId,
    },
    operation::{
        Author, BlindReason, CashCounted, DocumentKind, Role, StockMovementKind, TenderKind,
    },
    order::fold_order,
    return_::fold_return,
    time::{BusinessDate, Timestamp},
    value::MinorUnits,
    wire::{Answer, OrderKey, Question},
};

use rust_decimal::Decimal;

use super::{TradingError, report::Figures};

/// The change money that every session begins with.
const FLOAT: MinorUnits = MinorUnits::new(10_000);
/// How many entries of the till's own logs are read at a time for its figures.
const ENTRIES_PER_READ: usize = 1_000;
/// And how many bytes of them.
const BYTES_PER_READ: usize = 16 * 1024 * 1024;
/// How many stock levels are read at a time.
const LEVELS_PER_READ: usize = 1_000;
/// The most own logs that a till has after one trading day.
const OWN_LOGS_MAX: usize = 64;

/// A till that trades.
pub(super) struct Till {
    pub(super) store: StoreId,
    pub(super) number: NodeNumber,
    node: Node,
    terms: ReplayTerms,
    /// The business date of the open session.
    open: Option<BusinessDate>,
    /// What must be in the drawer, reckoned apart from the till's own books.
    drawer_minor: MinorUnits,
    pub(super) sessions: u64,
    pub(super) stock_papers: u64,
    pub(super) returns_verified: u64,
    pub(super) returns_blind: BTreeMap<&'static str, u64>,
    /// What was refunded, less the rows' own amounts.
    pub(super) refund_difference_minor: MinorUnits,
}

impl Till {
    pub(super) fn new(store: StoreId, number: NodeNumber, node: Node, terms: ReplayTerms) -> Self {
        Self {
            store,
            number,
            node,
            terms,
            open: None,
            drawer_minor: MinorUnits::ZERO,
            sessions: 0,
            stock_papers: 0,
            returns_verified: 0,
            returns_blind: BTreeMap::new(),
            refund_difference_minor: MinorUnits::ZERO,
        }
    }

    pub(super) fn handle(&self) -> NodeHandle {
        self.node.handle()
    }

    pub(super) async fn stop(self) {
        self.node.stop().await;
    }

    /// Does one trade on its business date; a session of another day is closed before.
    pub(super) async fn trade(
        &mut self,
        date: BusinessDate,
        trade: &Trade,
    ) -> Result<(), TradingError> {
        if self.open != Some(date) {
            self.close_session().await?;
            self.open_session(date).await?;
        }
        match trade {
            Trade::Sale(invoice) => self.sell(invoice).await,
            Trade::Cancellation(cancellation) => self.take_back(cancellation).await,
            Trade::Adjustment(adjustment) => self.adjust(adjustment).await,
        }
    }

    async fn submit(&self, action: Action) -> Result<Receipt, CallError<SubmitError>> {
        let user = UserId::new("example-1").expect("a user's number");
        self.node
            .handle()
            .submit(Command {
                by: Author {
                    role: Role::Manager,
                    user: Some(user),
                },
                action,
            })
            .await
    }

    async fn open_session(&mut self, date: BusinessDate) -> Result<(), TradingError> {
        self.submit(Action::OpenSession(OpenSession {
            business_date: Some(date),
            float_minor: FLOAT,
        }))
        .await?;
        self.open = Some(date);
        self.drawer_minor = FLOAT;
        Ok(())
    }

    /// Counts the drawer and closes the session, if one is open.
    pub(super) async fn close_session(&mut self) -> Result<(), TradingError> {
        if self.open.take().is_none() {
            return Ok(());
        }
        let counted = CashCounted {
            counted_minor: self.drawer_minor,
            denominations: Vec::new(),
        };
        self.submit(Action::CountCash(counted)).await?;
        self.submit(Action::CloseSession {
            over_short_reason: None,
        })
        .await?;
        self.sessions += 1;
        Ok(())
    }

    async fn sell(&mut self, invoice: &Invoice) -> Result<(), TradingError> {
        self.submit(Action::Sell(self.terms.sale(invoice))).await?;
        self.drawer_minor = self.drawer_minor.saturating_plus(cash_of(invoice));
        Ok(())
    }

    async fn adjust(&mut self, adjustment: &Adjustment) -> Result<(), TradingError> {
        let paper = StockPaper {
            business_date: None,
            kind: StockMovementKind::Adjusted,
            reason: ReasonCode::new("file").expect("a reason's name"),
            lines: stock_lines(adjustment),
        };
        self.submit(Action::MoveStock(paper)).await?;
        self.stock_papers += 1;
        Ok(())
    }

    /// One return for each order that was found, and one for all that was not.
    async fn take_back(&mut self, cancellation: &Cancellation) -> Result<(), TradingError> {
        let mut blind = BlindParts::new();
        for (original, parts) in &parts_by_original(cancellation) {
            let parts = parts.clone();
            let Some(invoice) = original else {
                add(&mut blind, BlindReason::NotFound, parts);
                continue;
            };
            match self.find(invoice).await? {
                Err(because) => add(&mut blind, because, parts),
                Ok(order) if self.return_verified(cancellation, order, &parts).await? => {}
                Ok(_) => add(&mut blind, BlindReason::NothingLeft, parts),
            }
        }
        for (name, (because, parts)) in blind {
            let refund = self.refund_in(cancellation, &parts);
            let request = self
                .terms
                .blind_return(cancellation, because, &parts, refund);
            let receipt = self.submit(Action::Return(request)).await?;
            self.refunded(&receipt, &parts, refund);
            *self.returns_blind.entry(name).or_default() += 1;
        }
        Ok(())
    }

    /// A verified return; `false` where a rule refuses it.
    async fn return_verified(
        &mut self,
        cancellation: &Cancellation,
        order: DocumentId,
        parts: &[&CancelledPart],
    ) -> Result<bool, TradingError> {
        let refund = self.refund_in(cancellation, parts);
        let request = self
            .terms
            .verified_return(cancellation, order, parts, refund);
        match self.submit(Action::Return(request)).await {
            Ok(receipt) => {
                self.refunded(&receipt, parts, refund);
                self.returns_verified += 1;
                Ok(true)
            }
            Err(CallError::Engine(SubmitError::Refused(refusal))) => {
                tracing::warn!(%refusal, invoice = cancellation.number.as_str(), "a verified return was refused");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// As it was paid; by card where the drawer does not hold so much.
    fn refund_in(&self, cancellation: &Cancellation, parts: &[&CancelledPart]) -> TenderKind {
        let amount = parts.iter().fold(MinorUnits::ZERO, |sum, part| {
            sum.saturating_plus(part.row.amount_minor)
        });
        usual_tender(cancellation.customer.is_some() || amount > self.drawer_minor)
    }

    fn refunded(&mut self, receipt: &Receipt, parts: &[&CancelledPart], refund: TenderKind) {
        let amount = receipt.amount.map_or(MinorUnits::ZERO, |money| money.minor);
        if refund == TenderKind::Cash {
            self.drawer_minor = self.drawer_minor.saturating_minus(amount);
        }
        let rows = parts.iter().fold(MinorUnits::ZERO, |sum, part| {
            sum.saturating_plus(part.row_amount_minor)
        });
        self.refund_difference_minor = self
            .refund_difference_minor
            .saturating_plus(amount)
            .saturating_minus(rows);
    }

    /// The order of an invoice, with what was returned of it until now: asked of headquarters; where that can't be
    /// reached, as far as this till knows it.
    async fn find(
        &self,
        invoice: &ExternalValue,
    ) -> Result<Result<DocumentId, BlindReason>, TradingError> {
        let reference = self.terms.reference(invoice);
        let key = OrderKey::Reference(reference.clone());
        let answer = self.node.sync().ask(Question::FindOrder { key }).await;
        if let Answer::Found(found) = answer {
            return Ok(Ok(found.order));
        }
        if let Some(known) = self
            .handle()
            .documents_by_reference(reference)
            .await?
            .into_iter()
            .min()
        {
            return Ok(Ok(known));
        }
        Ok(Err(match answer {
            Answer::NotFound { .. } => BlindReason::NotFound,
            Answer::NotReachable { data_as_of } => BlindReason::NotReachable {
                data_as_of: data_as_of.unwrap_or(Timestamp::from_milliseconds(0)),
            },
            Answer::Found(_)
            | Answer::Granted
            | Answer::Held { .. }
            | Answer::Released
            | Answer::NotYet
            | Answer::Refused
            | Answer::NotUnderstood
            | Answer::Unknown => BlindReason::NotFound,
        }))
    }

    /// Units in stock in the till's own store, over all products, as far as its file knows.
    pub(super) async fn stock(&self) -> Result<Decimal, TradingError> {
        let store = self.store.clone();
        let handle = self.handle();
        let levels = handle.query(move |file| {
            let mut sum = Decimal::ZERO;
            let mut after: Option<(StoreId, Sku)> = None;
            loop {
                let from = after.as_ref().map(|(store, product)| (store, product));
                let levels = file.stock_levels(from, LEVELS_PER_READ)?;
                let Some(last) = levels.last() else {
                    return Ok(sum);
                };
                after = Some((last.store.clone(), last.product.clone()));
                let own = levels.iter().filter(|level| level.store == store);
                sum += own.map(|level| level.on_hand).sum::<Decimal>();
            }
        });
        Ok(levels.await?)
    }

    /// What the till's own documents come to, folded anew from its file.
    pub(super) async fn figures(&self) -> Result<Figures, TradingError> {
        Ok(self.handle().query(own_figures).await?)
    }
}

/// What comes back without its sale, by the reason's name.
type BlindParts<'a> = BTreeMap<&'static str, (BlindReason, Vec<&'a CancelledPart>)>;

fn add<'a>(blind: &mut BlindParts<'a>, because: BlindReason, parts: Vec<&'a CancelledPart>) {
    blind
        .entry(reason_name(because))
        .or_insert_with(|| (because, Vec::new()))
        .1
        .extend(parts);
}

fn reason_name(because: BlindReason) -> &'static str {
    match because {
        BlindReason::NotFound => "not_found",
        BlindReason::NotReachable { .. } => "not_reachable",
        BlindReason::NothingLeft => "nothing_left",
    }
}

fn own_figures(file: &Store) -> Result<Figures, StoreError> {
    let mut documents = BTreeSet::new();
    for log in file.own_logs(OWN_LOGS_MAX)? {
        let mut after = LogPosition::START;
        loop {
            let entries =
                file.entries_after(log.head.log, after, ENTRIES_PER_READ, BYTES_PER_READ)?;
            let Some(last) = entries.last() else { break };
            after = last.position;
            documents.extend(entries.iter().map(|entry| entry.document));
        }
    }
    let mut figures = Figures::default();
    for document in documents {
        if let Some(document) = file.document(document)? {
            figures = figures.plus(figures_of(&document));
        }
    }
    Ok(figures)
}

fn figures_of(document: &Document) -> Figures {
    let mut figures = Figures::default();
    match document.kind() {
        Some(DocumentKind::Order) => {
            figures.orders = 1;
            figures.gross_minor = fold_order(document.id(), document.operations()).total_minor();
        }
        Some(DocumentKind::Return) => {
            figures.returns = 1;
            figures.refunds_minor =
                fold_return(document.id(), document.operations()).refunded_minor();
        }
        Some(DocumentKind::TillSession | DocumentKind::Stock) | None => {}
    }
    figures
}
