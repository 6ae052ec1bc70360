//! Commands that write: till sessions and stock papers, from the command line.

use std::fmt;

use holdfast_schemas::operation::{Author, CashCounted, PaidIn, PaidOut, Role, StockLine};
use serde::Serialize;

use super::{
    OutputFormat,
    arguments::{ActorArguments, CashArguments},
    error::CommandError,
    output,
    till_file::open_engine,
    time,
};
use crate::{
    clock::{Clock, SystemClock},
    engine::{Action, Command, Receipt},
    random::SystemRandom,
    settings::Settings,
};

/// What was written.
#[derive(Serialize)]
#[serde(transparent)]
struct Written(Receipt);

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Receipt {
            document, kind, at, ..
        } = &self.0;
        writeln!(
            formatter,
            "written: {} {document} at {}",
            kind.name(),
            time(*at)
        )
    }
}

pub(super) fn pay_in(cash: &CashArguments) -> Action {
    Action::PayIn(PaidIn {
        amount_minor: cash.amount,
        reason: cash.reason.clone(),
    })
}

pub(super) fn pay_out(cash: &CashArguments) -> Action {
    Action::PayOut(PaidOut {
        amount_minor: cash.amount,
        reason: cash.reason.clone(),
    })
}

pub(super) fn count(counted_minor: holdfast_schemas::value::MinorUnits) -> Action {
    Action::CountCash(CashCounted {
        counted_minor,
        denominations: Vec::new(),
    })
}

pub(super) fn stock_line(
    product: holdfast_schemas::identity::Sku,
    change: holdfast_schemas::value::QuantityChange,
) -> Vec<StockLine> {
    vec![StockLine { product, change }]
}

/// Does one thing at this till. Whoever may run commands on a till's machine acts as its manager.
pub(super) fn submit(
    settings: &Settings,
    actor: ActorArguments,
    action: Action,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let mut engine = open_engine(settings)?;
    let command = Command {
        by: Author {
            role: Role::Manager,
            user: actor.user,
        },
        action,
    };
    let receipt = engine.submit(&command, SystemClock.now(), &mut SystemRandom)?;
    output::print(format, &Written(receipt))
}
