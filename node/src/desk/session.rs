//! The till's session: open, cash in and out, count, close.

use holdfast_schemas::{
    document::Document,
    identity::ReasonCode,
    operation::{
        CashCounted, CashDropped, LoanReceived, NoSale, PaidIn, PaidOut, SignOnMethod, SignedOn,
    },
    refusal::Refusal,
    staff::{Size, TillAction, TillRequest},
    store_settings::ReasonUse,
    value::MinorUnits,
};

use super::{
    DeskDone, DeskRefusal,
    print::Printing,
    state::{Acting, AtDesk},
};
use crate::{
    engine::{Action, Beside, OpenSession},
    store::desk::NewPrint,
};

impl AtDesk<'_> {
    pub(super) fn open_session(
        &mut self,
        acting: &Acting<'_>,
        float: &CashCounted,
    ) -> Result<DeskDone, DeskRefusal> {
        let role = self.allowed(acting, TillRequest::new(TillAction::RunSession))?;
        check_denominations(float)?;
        let open = Action::BeginSession {
            open: OpenSession {
                business_date: None,
                float_minor: float.counted_minor,
            },
            float: float.denominations.clone(),
            signed_on: SignedOn {
                user: acting.user.user.clone(),
                method: SignOnMethod::Pin,
            },
        };
        self.at_drawer(acting, role, open)
    }

    /// T1 of something for which the drawer opens.
    fn at_drawer(
        &mut self,
        acting: &Acting<'_>,
        role: holdfast_schemas::staff::StaffRole,
        action: Action,
    ) -> Result<DeskDone, DeskRefusal> {
        let training = self.desk.is_training();
        let print = |_: &Document| -> Vec<NewPrint> {
            if training {
                Vec::new()
            } else {
                vec![NewPrint::kick()]
            }
        };
        let beside = Beside {
            print: Some(&print),
            ..Beside::default()
        };
        self.submit((acting, role), action, &beside)?;
        self.session_touched();
        Ok(DeskDone::Done)
    }

    fn move_cash(
        &mut self,
        acting: &Acting<'_>,
        size: Size,
        action: Action,
    ) -> Result<DeskDone, DeskRefusal> {
        self.open_session_document()?;
        let request = TillRequest {
            action: TillAction::MoveCash,
            size,
        };
        let role = self.allowed(acting, request)?;
        self.at_drawer(acting, role, action)
    }

    pub(super) fn pay_in(
        &mut self,
        acting: &Acting<'_>,
        amount_minor: MinorUnits,
        reason: &ReasonCode,
    ) -> Result<DeskDone, DeskRefusal> {
        self.check_reason(reason, ReasonUse::PaidIn)?;
        let reason = reason.clone();
        let paid = PaidIn {
            amount_minor,
            reason,
        };
        self.move_cash(acting, Size::Any, Action::PayIn(paid))
    }

    pub(super) fn pay_out(
        &mut self,
        acting: &Acting<'_>,
        amount_minor: MinorUnits,
        reason: &ReasonCode,
    ) -> Result<DeskDone, DeskRefusal> {
        self.check_reason(reason, ReasonUse::PaidOut)?;
        let reason = reason.clone();
        let paid = PaidOut {
            amount_minor,
            reason,
        };
        self.move_cash(acting, Size::CashOut(amount_minor), Action::PayOut(paid))
    }

    pub(super) fn receive_loan(
        &mut self,
        acting: &Acting<'_>,
        amount_minor: MinorUnits,
    ) -> Result<DeskDone, DeskRefusal> {
        let loan = LoanReceived { amount_minor };
        self.move_cash(acting, Size::Any, Action::ReceiveLoan(loan))
    }

    pub(super) fn drop_cash(
        &mut self,
        acting: &Acting<'_>,
        amount_minor: MinorUnits,
    ) -> Result<DeskDone, DeskRefusal> {
        let dropped = CashDropped { amount_minor };
        let size = Size::CashOut(amount_minor);
        self.move_cash(acting, size, Action::DropCash(dropped))
    }

    pub(super) fn open_drawer(
        &mut self,
        acting: &Acting<'_>,
        reason: &ReasonCode,
    ) -> Result<DeskDone, DeskRefusal> {
        self.open_session_document()?;
        self.check_reason(reason, ReasonUse::NoSale)?;
        let role = self.allowed(acting, TillRequest::new(TillAction::OpenDrawer))?;
        let reason = reason.clone();
        self.at_drawer(acting, role, Action::NoSale(NoSale { reason }))
    }

    pub(super) fn count_cash(
        &mut self,
        acting: &Acting<'_>,
        counted: &CashCounted,
    ) -> Result<DeskDone, DeskRefusal> {
        self.open_session_document()?;
        let role = self.allowed(acting, TillRequest::new(TillAction::RunSession))?;
        self.at_drawer(acting, role, Action::CountCash(counted.clone()))
    }

    pub(super) fn close_session(
        &mut self,
        acting: &Acting<'_>,
        over_short_reason: Option<&ReasonCode>,
    ) -> Result<DeskDone, DeskRefusal> {
        self.open_session_document()?;
        self.refuse_open_basket()?;
        let role = self.allowed(acting, TillRequest::new(TillAction::RunSession))?;
        if let Some(reason) = over_short_reason {
            self.check_reason(reason, ReasonUse::OverShort)?;
        }
        let close = Action::CloseSession {
            over_short_reason: over_short_reason.cloned(),
        };
        let printing = Printing::of(self, acting);
        let print = |document: &Document| printing.session(document);
        let beside = Beside {
            print: Some(&print),
            ..Beside::default()
        };
        self.submit((acting, role), close, &beside)?;
        self.session_touched();
        Ok(DeskDone::Done)
    }
}

/// Whether notes and coins sum to what was counted.
fn check_denominations(counted: &CashCounted) -> Result<(), DeskRefusal> {
    let sum = counted
        .denominations
        .iter()
        .fold(MinorUnits::ZERO, |sum, count| {
            let worth = count.denomination_minor.get();
            let worth = worth.saturating_mul(i64::from(count.pieces));
            sum.saturating_plus(MinorUnits::new(worth))
        });
    if counted.denominations.is_empty() || sum == counted.counted_minor {
        return Ok(());
    }
    let refusal = Refusal::CountDoesNotAddUp {
        expected_minor: sum,
        counted_minor: counted.counted_minor,
    };
    Err(refusal.into())
}
