//! The store's day: all its sessions, the safe, and the sums of both.

use holdfast_schemas::{
    identity::{BankBag, DocumentId, ReasonCode},
    operation::CashCounted,
    safe::{SafeState, StoreDayTotals, fold_safe, safe_day},
    staff::{TillAction, TillRequest},
    store_settings::ReasonUse,
    till_session::{TillSessionState, fold_till_session},
    time::BusinessDate,
    value::MinorUnits,
};

use super::{
    DeskDone, DeskRefusal, StoreDay, StoreSession, StoreSessionState,
    print::Printing,
    state::{Acting, AtDesk},
};
use crate::{
    engine::{Action, Beside, SafeDeed, business_date},
    store::SessionSummary,
};

/// The most papers about the safe that are looked through for its last count: ten a day for a quarter of a year.
const SAFE_PAPERS_MAX: usize = 1_000;

impl AtDesk<'_> {
    /// The store's day; today's without a date. Needs the right to run it.
    pub(super) fn store_day(&self, day: Option<BusinessDate>) -> Result<StoreDay, DeskRefusal> {
        let acting = self.acting(&[])?;
        self.allowed(&acting, TillRequest::new(TillAction::RunStoreDay))?;
        let settings = self.desk.settings();
        let today = business_date(self.now, settings)?;
        let day = day.unwrap_or(today);
        let engine = self.engine();
        let store = &self.main.till().store;
        let mut totals = StoreDayTotals::default();
        let mut sessions = Vec::new();
        for summary in engine.store().sessions_of_day(store, day)? {
            let session = self.store_session(&summary, today)?;
            if summary.business_date == day && summary.currency == settings.currency {
                totals.add(&session.totals);
            }
            sessions.push(session);
        }
        let (papers, days) = self.safe_papers(day)?;
        let drawers = self.sessions_since(days)?;
        Ok(StoreDay {
            business_date: day,
            today,
            currency: settings.currency,
            sessions,
            totals: totals.into_totals(),
            safe: safe_day(day, &papers, &drawers),
        })
    }

    fn store_session(
        &self,
        summary: &SessionSummary,
        today: BusinessDate,
    ) -> Result<StoreSession, DeskRefusal> {
        let state = self.folded_session(summary.document)?;
        let takings = self.engine().takings(summary.document)?;
        let (is, totals) = match &state.close {
            Some((_, closed)) => {
                let is = match &closed.forced {
                    Some(reason) => StoreSessionState::Forced(reason.clone()),
                    None => StoreSessionState::Closed,
                };
                (is, closed.totals.clone())
            }
            None => {
                let is = if summary.business_date < today {
                    StoreSessionState::Forgotten
                } else {
                    StoreSessionState::Open
                };
                (is, state.totals(&takings))
            }
        };
        Ok(StoreSession {
            document: summary.document,
            till: summary.till,
            business_date: summary.business_date,
            opened_at: summary.document.drawn_at(),
            state: is,
            signed_on: state.journal.signed_on.clone(),
            counted: state.count.is_some(),
            totals,
        })
    }

    fn folded_session(&self, session: DocumentId) -> Result<TillSessionState, DeskRefusal> {
        let document = self.engine().store().document(session)?;
        let document = document.ok_or(DeskRefusal::NoSuchDocument)?;
        Ok(fold_till_session(document.id(), document.operations()))
    }

    /// The papers about the safe that matter for a day, and the days whose sessions do: after the last count before it.
    fn safe_papers(
        &self,
        day: BusinessDate,
    ) -> Result<(Vec<SafeState>, (BusinessDate, BusinessDate)), DeskRefusal> {
        let (file, store) = (self.engine().store(), &self.main.till().store);
        let currency = self.desk.settings().currency;
        let mut papers = Vec::new();
        let mut from = day;
        for id in file.safe_papers(store, day, SAFE_PAPERS_MAX)? {
            let Some(document) = file.document(id)? else {
                continue;
            };
            let mut paper = fold_safe(document.id(), document.operations());
            paper
                .counted
                .retain(|(_, paper)| paper.currency == currency);
            paper
                .banked
                .retain(|(_, paper, _)| paper.currency == currency);
            let mut counts = paper.counted.iter();
            let before = counts.find(|(_, paper)| paper.business_date < day);
            let before = before.map(|(_, paper)| paper.business_date);
            papers.push(paper);
            if let Some(before) = before {
                // Another count of that day may come still; what is older does not matter.
                if from < day && before < from {
                    break;
                }
                from = before;
            }
        }
        Ok((papers, (from, day)))
    }

    fn sessions_since(
        &self,
        days: (BusinessDate, BusinessDate),
    ) -> Result<Vec<TillSessionState>, DeskRefusal> {
        let file = self.engine().store();
        let currency = self.desk.settings().currency;
        let sessions = file.sessions_of_days(&self.main.till().store, days)?;
        let sessions = sessions
            .iter()
            .filter(|session| session.currency == currency);
        sessions
            .map(|session| self.folded_session(session.document))
            .collect()
    }

    /// Closes a session of the store that was left open, of this till or of another, as what is known of it here says.
    pub(super) fn force_close(
        &mut self,
        acting: &Acting<'_>,
        session: DocumentId,
        reason: &ReasonCode,
    ) -> Result<DeskDone, DeskRefusal> {
        let role = self.allowed(acting, TillRequest::new(TillAction::ForceClose))?;
        self.check_reason(reason, ReasonUse::OverShort)?;
        let own = self.open_session_document().ok() == Some(session);
        if own {
            self.refuse_open_basket()?;
        }
        let state = self.folded_session(session)?;
        let of_store = state.header.as_ref().map(|header| &header.store);
        if of_store != Some(&self.main.till().store) {
            return Err(DeskRefusal::NoSuchDocument);
        }
        let own = self.main.till().node;
        let till = state.header.as_ref().map_or(own, |header| header.till);
        let printing = Printing::of(self, acting).of_till(till);
        let print = |document: &_| printing.session(document);
        let beside = Beside {
            print: Some(&print),
            ..Beside::default()
        };
        let reason = reason.clone();
        self.submit(
            (acting, role),
            Action::ForceClose { session, reason },
            &beside,
        )?;
        self.session_touched();
        Ok(DeskDone::Done)
    }

    pub(super) fn count_safe(
        &mut self,
        acting: &Acting<'_>,
        counted: &CashCounted,
    ) -> Result<DeskDone, DeskRefusal> {
        let role = self.allowed(acting, TillRequest::new(TillAction::RunStoreDay))?;
        let deed = SafeDeed::Counted(counted.clone());
        self.submit((acting, role), Action::Safe(deed), &Beside::default())?;
        Ok(DeskDone::Done)
    }

    pub(super) fn bank_cash(
        &mut self,
        acting: &Acting<'_>,
        amount_minor: MinorUnits,
        bag: Option<&BankBag>,
    ) -> Result<DeskDone, DeskRefusal> {
        let role = self.allowed(acting, TillRequest::new(TillAction::RunStoreDay))?;
        let deed = SafeDeed::Banked {
            amount_minor,
            bag: bag.cloned(),
        };
        self.submit((acting, role), Action::Safe(deed), &Beside::default())?;
        Ok(DeskDone::Done)
    }
}
