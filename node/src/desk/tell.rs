//! Which command goes where.

use holdfast_schemas::{
    identity::ReasonCode,
    staff::{ManagerOverride, OverrideError, TillAction, TillRequest, User},
    till_session::JournalEntry,
};

use super::{DeskCommand, DeskDone, DeskRefusal, state::AtDesk};

/// How many overrides one command can need: one for what it is, one for its size, one for when.
const OVERRIDES_MAX: usize = 4;

impl AtDesk<'_> {
    /// Does what is wanted, with what the one who is signed on was let do for once.
    pub(crate) fn tell(
        &mut self,
        command: &DeskCommand,
        overrides: &[ManagerOverride],
    ) -> Result<DeskDone, DeskRefusal> {
        let acting = self.acting(overrides)?;
        let acting = &acting;
        match command {
            // Both go by the handle, which checks the credential first.
            DeskCommand::SignOn(_) | DeskCommand::Overridden { .. } => Err(DeskRefusal::NotHere),
            DeskCommand::Lock(because) => self.lock(acting, *because),
            DeskCommand::SignOff => self.sign_off(acting),
            DeskCommand::OpenSession { float } => self.open_session(acting, float),
            DeskCommand::PayIn {
                amount_minor,
                reason,
            } => self.pay_in(acting, *amount_minor, reason),
            DeskCommand::PayOut {
                amount_minor,
                reason,
            } => self.pay_out(acting, *amount_minor, reason),
            DeskCommand::ReceiveLoan { amount_minor } => self.receive_loan(acting, *amount_minor),
            DeskCommand::DropCash { amount_minor } => self.drop_cash(acting, *amount_minor),
            DeskCommand::OpenDrawer { reason } => self.open_drawer(acting, reason),
            DeskCommand::CountCash(counted) => self.count_cash(acting, counted),
            DeskCommand::CloseSession { over_short_reason } => {
                self.close_session(acting, over_short_reason.as_ref())
            }
            DeskCommand::PrintFigures => self.print_figures(acting),
            DeskCommand::Scan {
                code,
                quantity,
                discontinued_accepted,
            } => self.scan(acting, code, *quantity, *discontinued_accepted),
            DeskCommand::Add {
                product,
                quantity,
                unit_price,
                discontinued_accepted,
            } => self.add_product(
                acting,
                product,
                (*quantity, *unit_price),
                *discontinued_accepted,
            ),
            DeskCommand::Basket(change) => self.change_basket(acting, change),
            DeskCommand::SetCustomer(customer) => self.set_customer(acting, customer.as_ref()),
            DeskCommand::KeepCustomer { customer, details } => {
                self.put_customer(acting, customer.as_ref(), details)
            }
            DeskCommand::EraseCustomer { customer } => self.erase_customer(acting, customer),
            DeskCommand::BeginExchange(goods) => self.begin_exchange(acting, goods),
            DeskCommand::EndExchange => self.end_exchange(acting),
            DeskCommand::ForceClose { session, reason } => {
                self.force_close(acting, *session, reason)
            }
            DeskCommand::CountSafe(counted) => self.count_safe(acting, counted),
            DeskCommand::BankCash { amount_minor, bag } => {
                self.bank_cash(acting, *amount_minor, bag.as_ref())
            }
            DeskCommand::VoidBasket { reason } => self.void_basket(acting, reason),
            DeskCommand::Suspend => self.suspend(acting),
            DeskCommand::Resume { order } => self.resume(acting, *order),
            DeskCommand::TakeCash { tendered_minor } => self.take_cash(acting, *tendered_minor),
            DeskCommand::TakeTender { kind, amount_minor } => {
                self.take_tender(acting, *kind, *amount_minor)
            }
            DeskCommand::PayByCard { amount_minor } => self.pay_by_card(acting, *amount_minor),
            DeskCommand::VoidTender { place } => self.void_tender(acting, *place),
            DeskCommand::Finish => self.finish_paid(acting),
            DeskCommand::Return(wanted) => self.return_verified(acting, wanted),
            DeskCommand::BlindReturn(wanted) => self.return_blind(acting, wanted),
            DeskCommand::Reprint { document } => self.reprint(acting, *document),
            DeskCommand::PrintGiftReceipt { document } => self.print_gift(acting, *document),
            DeskCommand::DiscardPrints => self.discard_prints(),
            DeskCommand::SetTraining(on) => self.set_training(acting, *on),
        }
    }

    /// The same, with the override of somebody else for whatever it needs: each is written down before it is used.
    pub(crate) fn tell_overridden(
        &mut self,
        command: &DeskCommand,
        granting: &User,
        reason: &ReasonCode,
    ) -> Result<DeskDone, DeskRefusal> {
        let mut overrides = Vec::new();
        loop {
            let request = match self.tell(command, &overrides) {
                Err(DeskRefusal::NeedsOverride { request, .. })
                    if overrides.len() < OVERRIDES_MAX =>
                {
                    request
                }
                Err(DeskRefusal::RightHeld { .. } | DeskRefusal::RightNotReachable)
                    if !overrides.iter().any(is_without_right) =>
                {
                    without_right(command)
                }
                answer => return answer,
            };
            let asking = self.acting(&[])?.user;
            let store = self.main.till().store.clone();
            let granted = ManagerOverride::grant(
                request,
                (&asking, granting),
                &store,
                &self.desk.settings().rights,
                reason.clone(),
            );
            let granted = match granted {
                Ok(granted) => granted,
                // A manager takes up another till's basket without the right: by who they are, not by whom they help.
                Err(OverrideError::NotNeeded) => ManagerOverride {
                    asked_by: asking.user.clone(),
                    granted_by: granting.user.clone(),
                    role: granting.role,
                    request,
                    reason: reason.clone(),
                },
                Err(error) => return Err(error.into()),
            };
            let entry = JournalEntry::OverrideGranted(granted.journal_entry());
            if granted.request.action == TillAction::Train {
                // Leaving it is no practice either.
                self.journal_own(asking.author(), entry)?;
            } else {
                self.journal(asking.author(), entry)?;
            }
            overrides.push(granted);
        }
    }
}

/// What a manager lets happen where nobody can be asked for the right to it.
fn without_right(command: &DeskCommand) -> TillRequest {
    let refunds = matches!(
        command,
        DeskCommand::Return(_) | DeskCommand::BeginExchange(_)
    );
    TillRequest::new(if refunds {
        TillAction::RefundWithoutRight
    } else {
        TillAction::ResumeWithoutRight
    })
}

fn is_without_right(granted: &ManagerOverride) -> bool {
    matches!(
        granted.request.action,
        TillAction::RefundWithoutRight | TillAction::ResumeWithoutRight
    )
}
