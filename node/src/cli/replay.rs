//! `replay`: trades a file of past trade at this till, alone.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use holdfast_schemas::value::{Currency, MinorUnits, Rate};
use serde::Serialize;
use tokio::task::JoinSet;

use super::{
    OutputFormat, arguments::ReplayArguments, error::CommandError, listing::money, output,
    till_file::open_engine,
};
use crate::{
    clock::SystemClock,
    handle::EngineTask,
    random::SystemRandom,
    replay::{Originals, ReplayTerms, Share, TradePlan, Trader, TraderAccount, plan, read_rows},
    settings::Settings,
};

/// How often progress is shown, in trades.
const PROGRESS_TRADES: usize = 500;

/// What became of a file's rows, and what this till did of them.
#[derive(Debug, Serialize)]
struct Replayed {
    input: PathBuf,
    share: String,
    rows_read: u64,
    rows_sold: u64,
    rows_returned: u64,
    rows_adjusted: u64,
    rows_refused: u64,
    /// Rows whose stock code was in lower case and counts as the upper-case product.
    rows_other_case: u64,
    refusals: Vec<RefusedRows>,
    trades: usize,
    /// Trades that are not in this till's share.
    trades_elsewhere: usize,
    currency: Currency,
    #[serde(flatten)]
    account: TraderAccount,
}

#[derive(Debug, Serialize)]
struct RefusedRows {
    reason: &'static str,
    count: u64,
    amount_minor: MinorUnits,
}

impl Replayed {
    fn new(input: &Path, share: Share, currency: Currency, plan: &TradePlan) -> Self {
        let refusals = plan.refusals.iter().map(|(reason, total)| RefusedRows {
            reason: reason.name(),
            count: total.count,
            amount_minor: total.amount_minor,
        });
        Self {
            input: input.to_owned(),
            share: share.to_string(),
            rows_read: plan.rows.read,
            rows_sold: plan.rows.sold,
            rows_returned: plan.rows.returned,
            rows_adjusted: plan.rows.adjusted,
            rows_refused: plan.rows.refused,
            rows_other_case: plan.rows.other_case,
            refusals: refusals.collect(),
            trades: 0,
            trades_elsewhere: 0,
            currency,
            account: TraderAccount::default(),
        }
    }
}

impl fmt::Display for Replayed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let money = |minor| money(minor, self.currency);
        writeln!(formatter, "{}", self.input.display())?;
        writeln!(formatter, "  rows read          {}", self.rows_read)?;
        writeln!(formatter, "    sold             {}", self.rows_sold)?;
        writeln!(formatter, "    returned         {}", self.rows_returned)?;
        writeln!(formatter, "    adjusted         {}", self.rows_adjusted)?;
        writeln!(formatter, "    refused          {}", self.rows_refused)?;
        for refused in &self.refusals {
            writeln!(
                formatter,
                "      {}: {} worth {}",
                refused.reason,
                refused.count,
                money(refused.amount_minor)
            )?;
        }
        writeln!(formatter, "this till, share {}", self.share)?;
        writeln!(
            formatter,
            "  trades             {}, and {} of other tills",
            self.trades, self.trades_elsewhere
        )?;
        let account = &self.account;
        writeln!(
            formatter,
            "  orders             {} over {}",
            account.orders,
            money(account.gross_minor)
        )?;
        writeln!(
            formatter,
            "  verified returns   {}",
            account.returns_verified
        )?;
        for (reason, count) in &account.returns_blind {
            writeln!(formatter, "  blind returns      {count}, {reason}")?;
        }
        writeln!(
            formatter,
            "  refunded           {}, {} off the rows' own amounts",
            money(account.refunds_minor),
            money(account.refund_difference_minor)
        )?;
        writeln!(formatter, "  stock papers       {}", account.stock_papers)?;
        writeln!(formatter, "  sessions closed    {}", account.sessions)
    }
}

/// Trades the file at this till, which must not run. Progress goes to standard error.
pub(super) async fn replay(
    settings: &Settings,
    arguments: &ReplayArguments,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let rows = read_rows(&arguments.input)?;
    let engine = open_engine(settings)?;
    let file = engine.store();
    let store = file.settings(&engine.till().store)?;
    let mut terms = ReplayTerms::new(Rate::ZERO, file.reference_version()?);
    terms.tax_rate = store.tax_rates.rate(&terms.tax_code);
    let plan = plan(&rows, store.currency);
    let mut replayed = Replayed::new(&arguments.input, arguments.share, store.currency, &plan);

    let (engine, handle) = EngineTask::new(engine, Box::new(SystemClock), Box::new(SystemRandom))?;
    let mut engine_task = JoinSet::new();
    engine_task.spawn(engine.run());
    let trader = Trader::new(handle, Originals::OwnFile, terms);
    trade_all(trader, &plan, arguments.share, &mut replayed).await?;
    // The last handle is gone; the engine has nothing left to do.
    engine_task.join_next().await;
    output::print(format, &replayed)
}

async fn trade_all(
    mut trader: Trader,
    plan: &TradePlan,
    share: Share,
    replayed: &mut Replayed,
) -> Result<(), CommandError> {
    for (index, (date, trade)) in plan.trades.iter().enumerate() {
        if share.takes(trade.number()) {
            trader.trade(*date, trade).await?;
            replayed.trades += 1;
        } else {
            replayed.trades_elsewhere += 1;
        }
        let done = index + 1;
        if done % PROGRESS_TRADES == 0 || done == plan.trades.len() {
            eprintln!("{date}: {done} of {} trades", plan.trades.len());
        }
    }
    trader.close_session().await?;
    replayed.account = trader.account().clone();
    Ok(())
}
