//! Commands that write: till sessions and stock papers, from the command line.

use std::fmt;

use holdfast_schemas::{
    operation::{Author, CashCounted, PaidIn, PaidOut, Role, StockLine},
    value::Money,
};
use serde::Serialize;

use super::{
    OutputFormat,
    arguments::{ActorArguments, CashArguments},
    document,
    error::CommandError,
    output,
    till_file::open_engine,
    time,
};
use crate::{
    clock::{Clock, SystemClock},
    engine::{Action, Command, Engine, Receipt, StockPaper},
    random::SystemRandom,
    settings::Settings,
    store::Store,
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

/// Stock of a product moves: one that is on the price list, as that counts it. Before a till ever got a list it takes any.
pub(super) fn move_stock(
    settings: &Settings,
    actor: ActorArguments,
    paper: StockPaper,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let engine = open_engine(settings)?;
    if engine.store().product_count()? > 0 {
        for line in &paper.lines {
            check_product(engine.store(), line)?;
        }
    }
    submit_to(engine, actor, Action::MoveStock(paper), format)
}

fn check_product(file: &Store, line: &StockLine) -> Result<(), CommandError> {
    let sku = line.product.clone();
    let Some(product) = file.product(&sku)? else {
        return Err(CommandError::UnknownProduct { sku });
    };
    let (wanted, given) = (product.measure, line.change.measure());
    if wanted == given {
        return Ok(());
    }
    Err(CommandError::OtherMeasure { sku, wanted, given })
}

/// Cash comes out of the drawer: not more than is in it, as far as this file knows.
pub(super) fn pay_out(
    settings: &Settings,
    cash: CashArguments,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let engine = open_engine(settings)?;
    if let Some(holds) = document::cash_in_drawer(engine.store(), engine.till().node)? {
        let amount = Money {
            minor: cash.amount,
            ..holds
        };
        if amount.minor > holds.minor {
            return Err(CommandError::DrawerHoldsLess { holds, amount });
        }
    }
    let body = PaidOut {
        amount_minor: cash.amount,
        reason: cash.reason,
    };
    submit_to(engine, cash.actor, Action::PayOut(body), format)
}

/// Does one thing at this till. Whoever may run commands on a till's machine acts as its manager.
pub(super) fn submit(
    settings: &Settings,
    actor: ActorArguments,
    action: Action,
    format: OutputFormat,
) -> Result<(), CommandError> {
    submit_to(open_engine(settings)?, actor, action, format)
}

fn submit_to(
    mut engine: Engine,
    actor: ActorArguments,
    action: Action,
    format: OutputFormat,
) -> Result<(), CommandError> {
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
