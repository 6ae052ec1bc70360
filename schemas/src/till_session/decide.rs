//! Decisions in a till session: strict, before anything is written.

use std::collections::BTreeSet;

use super::{
    CloseSession, ForceClose, SessionCommand, TillSessionState, fold::denominations_minor,
};
use crate::{
    operation::{Body, CashCounted, Role, SessionClosed, SessionOpened},
    refusal::Refusal,
    rules::{AMOUNT_MINOR_MAX, Rules},
    value::{Currency, MinorUnits, Money},
};

/// What is to be written for a command, in order.
///
/// # Errors
/// [`Refusal`]: nothing is to be written.
pub fn decide_till_session(
    session: &TillSessionState,
    command: &SessionCommand,
    role: Role,
    rules: &Rules,
) -> Result<Vec<Body>, Refusal> {
    if session.frozen {
        return Err(Refusal::Frozen {});
    }
    if !rules_of(command, rules).contains(&role) {
        return Err(Refusal::RoleNotAllowed { role });
    }
    if let SessionCommand::Open(opened) = command {
        return open(session, opened);
    }
    let Some(header) = &session.header else {
        return Err(Refusal::NotOpened {});
    };
    if session.close.is_some() {
        return Err(Refusal::SessionClosed {});
    }
    let body: Body = match command {
        SessionCommand::Open(_) => return Err(Refusal::OpenedAlready {}),
        SessionCommand::PayIn(paid) => {
            check_amount(paid.amount_minor)?;
            paid.clone().into()
        }
        SessionCommand::PayOut(paid) => {
            check_amount(paid.amount_minor)?;
            paid.clone().into()
        }
        SessionCommand::ReceiveLoan(loan) => {
            check_amount(loan.amount_minor)?;
            loan.clone().into()
        }
        SessionCommand::DropCash(drop) => {
            check_amount(drop.amount_minor)?;
            drop.clone().into()
        }
        SessionCommand::CountCash(counted) => count(counted)?,
        SessionCommand::NoSale(no_sale) => no_sale.clone().into(),
        SessionCommand::VoidBasket(basket) => basket.clone().into(),
        SessionCommand::Journal(entry) => entry.clone().into(),
        SessionCommand::Close(close) => close_session(session, header.currency, close)?,
        SessionCommand::ForceClose(close) => force_close(session, close)?,
    };
    Ok(vec![body])
}

fn rules_of<'a>(command: &SessionCommand, rules: &'a Rules) -> &'a BTreeSet<Role> {
    match command {
        SessionCommand::Open(_)
        | SessionCommand::CountCash(_)
        | SessionCommand::VoidBasket(_)
        | SessionCommand::Journal(_)
        | SessionCommand::Close(_) => &rules.session_roles,
        SessionCommand::PayIn(_)
        | SessionCommand::PayOut(_)
        | SessionCommand::ReceiveLoan(_)
        | SessionCommand::DropCash(_) => &rules.cash_movement_roles,
        SessionCommand::NoSale(_) => &rules.no_sale_roles,
        SessionCommand::ForceClose(_) => &rules.force_close_roles,
    }
}

fn open(session: &TillSessionState, opened: &SessionOpened) -> Result<Vec<Body>, Refusal> {
    if session.header.is_some() {
        return Err(Refusal::OpenedAlready {});
    }
    check_count(opened.float_minor)?;
    Ok(vec![opened.clone().into()])
}

fn count(counted: &CashCounted) -> Result<Body, Refusal> {
    let counted_minor = counted.counted_minor;
    check_count(counted_minor)?;
    let expected_minor = denominations_minor(&counted.denominations);
    if !counted.denominations.is_empty() && expected_minor != counted_minor {
        return Err(Refusal::CountDoesNotAddUp {
            expected_minor,
            counted_minor,
        });
    }
    Ok(counted.clone().into())
}

fn close_session(
    session: &TillSessionState,
    currency: Currency,
    close: &CloseSession,
) -> Result<Body, Refusal> {
    if session.count.is_none() {
        return Err(Refusal::NotCounted {});
    }
    if close.takings.frozen {
        return Err(Refusal::TakingsFrozen {});
    }
    let totals = session.totals(&close.takings);
    let over_short_minor = totals.over_short_minor;
    if over_short_minor != MinorUnits::ZERO && close.over_short_reason.is_none() {
        let over_short = Money {
            currency,
            minor: over_short_minor,
        };
        return Err(Refusal::OverShortReason { over_short });
    }
    let closed = SessionClosed {
        covers: close.covers.clone(),
        totals,
        breakdown: Some(close.takings.breakdown()),
        over_short_reason: close.over_short_reason.clone(),
        forced: None,
    };
    Ok(closed.into())
}

/// What is over or short needs no reason of its own: nobody who counted is there to give one.
fn force_close(session: &TillSessionState, close: &ForceClose) -> Result<Body, Refusal> {
    if close.takings.frozen {
        return Err(Refusal::TakingsFrozen {});
    }
    let closed = SessionClosed {
        covers: close.covers.clone(),
        totals: session.totals(&close.takings),
        breakdown: Some(close.takings.breakdown()),
        over_short_reason: session.count.is_some().then(|| close.reason.clone()),
        forced: Some(close.reason.clone()),
    };
    Ok(closed.into())
}

/// Cash that moves is more than nothing.
fn check_amount(amount_minor: MinorUnits) -> Result<(), Refusal> {
    if amount_minor.is_positive() {
        check_count(amount_minor)
    } else {
        Err(Refusal::AmountNotPositive { amount_minor })
    }
}

/// Cash that lies in a drawer is not less than nothing.
fn check_count(amount_minor: MinorUnits) -> Result<(), Refusal> {
    if amount_minor.is_negative() {
        Err(Refusal::AmountNotPositive { amount_minor })
    } else if amount_minor > AMOUNT_MINOR_MAX {
        Err(Refusal::AmountTooLarge {})
    } else {
        Ok(())
    }
}
