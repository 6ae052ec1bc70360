//! A till that does what a trade file says happened: sessions by business date, sales, returns, stock.

use std::collections::BTreeMap;

use holdfast_schemas::{
    identity::{DocumentId, ExternalValue, ReasonCode, UserId},
    operation::{Author, BlindReason, CashCounted, Role, StockMovementKind, TenderKind},
    time::{BusinessDate, Timestamp},
    value::MinorUnits,
    wire::{Answer, OrderKey, Question},
};
use serde::Serialize;

use super::{
    Adjustment, Cancellation, CancelledPart, Invoice, ReplayTerms, Trade, cash_of,
    parts_by_original, stock_lines, usual_tender,
};
use crate::{
    engine::{Action, Command, OpenSession, Receipt, StockPaper, SubmitError},
    handle::{CallError, NodeHandle},
    net::SyncHandle,
    store::StoreError,
};

/// The change money that every session begins with.
const FLOAT: MinorUnits = MinorUnits::new(10_000);

/// Why a trade could not be done. What was done before it stays done.
#[derive(Debug, thiserror::Error)]
pub enum TraderError {
    /// The till refused what the file says happened, or its file failed.
    #[error("the till did not take a trade")]
    Submit(#[from] CallError<SubmitError>),
    /// The till's file could not be asked.
    #[error("the till's file could not be asked")]
    Query(#[from] CallError<StoreError>),
}

/// Where a till looks for the sale of what comes back.
#[derive(Debug, Clone)]
pub enum Originals {
    /// At headquarters; in its own file where that can't be reached or has no such sale.
    Headquarters(SyncHandle),
    /// In its own file only: there is no line.
    OwnFile,
}

/// What a till did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TraderAccount {
    /// Sales.
    pub orders: u64,
    /// What their lines cost, in minor units.
    pub gross_minor: MinorUnits,
    /// Returns of orders that were found.
    pub returns_verified: u64,
    /// Returns without their order, by reason.
    pub returns_blind: BTreeMap<&'static str, u64>,
    /// What was refunded, in minor units.
    pub refunds_minor: MinorUnits,
    /// What was refunded, less the rows' own amounts, in minor units.
    pub refund_difference_minor: MinorUnits,
    /// Stock papers.
    pub stock_papers: u64,
    /// Till sessions that were closed.
    pub sessions: u64,
}

/// A till that trades.
pub struct Trader {
    handle: NodeHandle,
    originals: Originals,
    terms: ReplayTerms,
    /// The business date of the open session.
    open: Option<BusinessDate>,
    /// What must be in the drawer, reckoned apart from the till's own books.
    drawer_minor: MinorUnits,
    account: TraderAccount,
}

impl Trader {
    /// Trades at this till, which has no open session.
    #[must_use]
    pub fn new(handle: NodeHandle, originals: Originals, terms: ReplayTerms) -> Self {
        Self {
            handle,
            originals,
            terms,
            open: None,
            drawer_minor: MinorUnits::ZERO,
            account: TraderAccount::default(),
        }
    }

    /// What was done until now.
    #[must_use]
    pub fn account(&self) -> &TraderAccount {
        &self.account
    }

    /// Does one trade on its business date; a session of another day is closed before.
    ///
    /// # Errors
    /// [`TraderError`].
    pub async fn trade(&mut self, date: BusinessDate, trade: &Trade) -> Result<(), TraderError> {
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
        let by = Author {
            role: Role::Manager,
            user: Some(user),
        };
        self.handle.submit(Command { by, action }).await
    }

    async fn open_session(&mut self, date: BusinessDate) -> Result<(), TraderError> {
        self.submit(Action::OpenSession(OpenSession {
            business_date: Some(date),
            float_minor: FLOAT,
        }))
        .await?;
        self.open = Some(date);
        self.drawer_minor = FLOAT;
        Ok(())
    }

    /// Counts the drawer and closes the session, if one is open. The count is what the drawer must hold, reckoned here:
    /// a till whose own books say otherwise refuses to close without a reason.
    ///
    /// # Errors
    /// [`TraderError`].
    pub async fn close_session(&mut self) -> Result<(), TraderError> {
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
        self.account.sessions += 1;
        Ok(())
    }

    async fn sell(&mut self, invoice: &Invoice) -> Result<(), TraderError> {
        let receipt = self.submit(Action::Sell(self.terms.sale(invoice))).await?;
        self.drawer_minor = self.drawer_minor.saturating_plus(cash_of(invoice));
        self.account.orders += 1;
        self.account.gross_minor = self
            .account
            .gross_minor
            .saturating_plus(amount_of(&receipt));
        Ok(())
    }

    async fn adjust(&mut self, adjustment: &Adjustment) -> Result<(), TraderError> {
        let paper = StockPaper {
            business_date: None,
            kind: StockMovementKind::Adjusted,
            reason: ReasonCode::new("file").expect("a reason's name"),
            lines: stock_lines(adjustment),
        };
        self.submit(Action::MoveStock(paper)).await?;
        self.account.stock_papers += 1;
        Ok(())
    }

    /// One return for each order that was found, and one for all that was not, by reason.
    async fn take_back(&mut self, cancellation: &Cancellation) -> Result<(), TraderError> {
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
            *self.account.returns_blind.entry(name).or_default() += 1;
        }
        Ok(())
    }

    /// A verified return; `false` where a rule refuses it.
    async fn return_verified(
        &mut self,
        cancellation: &Cancellation,
        order: DocumentId,
        parts: &[&CancelledPart],
    ) -> Result<bool, TraderError> {
        let refund = self.refund_in(cancellation, parts);
        let request = self
            .terms
            .verified_return(cancellation, order, parts, refund);
        match self.submit(Action::Return(request)).await {
            Ok(receipt) => {
                self.refunded(&receipt, parts, refund);
                self.account.returns_verified += 1;
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
        let amount = amount_of(receipt);
        if refund == TenderKind::Cash {
            self.drawer_minor = self.drawer_minor.saturating_minus(amount);
        }
        let rows = parts.iter().fold(MinorUnits::ZERO, |sum, part| {
            sum.saturating_plus(part.row_amount_minor)
        });
        let account = &mut self.account;
        account.refunds_minor = account.refunds_minor.saturating_plus(amount);
        account.refund_difference_minor = account
            .refund_difference_minor
            .saturating_plus(amount)
            .saturating_minus(rows);
    }

    /// The order of an invoice, with what was returned of it until now, or why it can't be looked at.
    async fn find(
        &self,
        invoice: &ExternalValue,
    ) -> Result<Result<DocumentId, BlindReason>, TraderError> {
        let reference = self.terms.reference(invoice);
        let key = OrderKey::Reference(reference.clone());
        let answer = match &self.originals {
            Originals::Headquarters(sync) => sync.ask(Question::FindOrder { key }).await,
            Originals::OwnFile => Answer::NotReachable { data_as_of: None },
        };
        if let Answer::Found(found) = answer {
            return Ok(Ok(found.order));
        }
        let known = self.handle.documents_by_reference(reference).await?;
        Ok(match (known.into_iter().min(), answer) {
            (Some(known), _) => Ok(known),
            (None, Answer::NotReachable { data_as_of }) => Err(BlindReason::NotReachable {
                data_as_of: data_as_of.unwrap_or(Timestamp::from_milliseconds(0)),
            }),
            (
                None,
                Answer::Found(_)
                | Answer::NotFound { .. }
                | Answer::Granted { .. }
                | Answer::Held { .. }
                | Answer::Released
                | Answer::Kept
                | Answer::NotYet
                | Answer::Refused
                | Answer::NotUnderstood
                | Answer::Unknown,
            ) => Err(BlindReason::NotFound),
        })
    }
}

fn amount_of(receipt: &Receipt) -> MinorUnits {
    receipt.amount.map_or(MinorUnits::ZERO, |money| money.minor)
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
