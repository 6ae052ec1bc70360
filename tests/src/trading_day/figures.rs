//! What tills and headquarters say that a day came to, and whether the two agree.

use std::{collections::BTreeMap, time::Duration};

use holdfast_node::replay::{Trade, TradePlan};
use holdfast_schemas::{operation::LineKind, value::MinorUnits};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::Deserialize;

use super::{
    TradingError,
    report::{Figures, Report, TillReport},
    shop::Shop,
    till::Till,
};

/// How long headquarters' read model may take to reach the log's end, in questions.
const CATCH_UP_QUESTIONS_MAX: u32 = 600;

#[derive(Deserialize)]
struct Order {
    number: String,
    total_minor: MinorUnits,
    refunded_minor: MinorUnits,
}

#[derive(Deserialize)]
struct Return {
    refunded_minor: MinorUnits,
}

#[derive(Deserialize)]
struct Stock {
    store: String,
    on_hand: Decimal,
}

#[derive(Deserialize)]
struct Books {
    store: String,
    business_date: String,
    balances: bool,
    gaps: Vec<serde_json::Value>,
}

/// One till's own account.
pub(super) async fn of_till(
    till: &Till,
    wire_bytes: u64,
    lag: Duration,
) -> Result<TillReport, TradingError> {
    let figures = till.figures().await?;
    let stock = till.stock().await?;
    let view = till.handle().watch().latest();
    Ok(TillReport {
        store: till.store.to_string(),
        till: till.number.get(),
        figures,
        stock_papers: till.account().stock_papers,
        sessions: till.account().sessions,
        pending: view.pending.entries,
        stock_units: units(stock),
        misfits: view.misfits,
        wire_bytes,
        lag_milliseconds: u64::try_from(lag.as_millis()).unwrap_or(u64::MAX),
    })
}

/// Puts headquarters' account beside the tills' and the file's; gives an order to look at.
pub(super) fn compare(
    report: &mut Report,
    shop: &Shop,
    plan: &TradePlan,
) -> Result<Option<String>, TradingError> {
    let headquarters = &shop.headquarters;
    for _ in 0..CATCH_UP_QUESTIONS_MAX {
        let as_of = headquarters.as_of()?;
        if as_of.projected == as_of.durable {
            break;
        }
    }
    let orders: Vec<Order> = headquarters.list("/v1/orders")?;
    let returns: Vec<Return> = headquarters.list("/v1/returns")?;
    let stock: Vec<Stock> = headquarters.list("/v1/stock")?;
    let books: Vec<Books> = headquarters.list("/v1/books")?;
    report.server = Figures {
        orders: orders.len() as u64,
        returns: returns.len() as u64,
        gross_minor: sum(orders.iter().map(|order| order.total_minor)),
        refunds_minor: sum(returns.iter().map(|returned| returned.refunded_minor)),
    };
    report.tills = report
        .each_till
        .iter()
        .map(|till| till.figures)
        .fold(Figures::default(), Figures::plus);
    report.misfits = headquarters.list::<serde_json::Value>("/v1/misfits")?.len() as u64;
    report.quarantined = headquarters
        .list::<serde_json::Value>("/v1/quarantine")?
        .len() as u64;
    report.stock_negative = stock
        .iter()
        .filter(|level| level.on_hand.is_sign_negative())
        .count() as u64;
    report.stock_units = units(stock.iter().map(|level| level.on_hand).sum());
    report.stock_units_by_rows = units_by_rows(plan);
    report.wire_bytes = shop.lines.iter().map(crate::relay::Relay::bytes).sum();
    for till in &shop.tills {
        report.returns_verified += till.account().returns_verified;
        report.refund_difference_minor = report
            .refund_difference_minor
            .saturating_plus(till.account().refund_difference_minor);
        for (reason, count) in &till.account().returns_blind {
            *report.returns_blind.entry(reason).or_default() += count;
        }
    }
    report.exceptions = exceptions(report, plan, &stock, &books);
    report.books_balance = report.exceptions.is_empty();
    Ok(example(&orders))
}

/// An order that something was returned of, where there is one: its timeline has the most to show.
fn example(orders: &[Order]) -> Option<String> {
    orders
        .iter()
        .find(|order| order.refunded_minor.is_positive())
        .or(orders.first())
        .map(|order| order.number.clone())
}

/// What does not hold, each in words.
fn exceptions(report: &Report, plan: &TradePlan, stock: &[Stock], books: &[Books]) -> Vec<String> {
    let mut exceptions = Vec::new();
    let mut equal = |what: &str, left: String, right: String| {
        if left != right {
            exceptions.push(format!("{what}: {left} is not {right}"));
        }
    };
    let show = |figures: Figures| format!("{figures:?}");
    equal(
        "tills and headquarters",
        show(report.tills),
        show(report.server),
    );
    equal(
        "sold at headquarters and in the file",
        report.server.gross_minor.to_string(),
        plan.gross_minor.to_string(),
    );
    let refunds = plan
        .returned_minor
        .saturating_plus(report.refund_difference_minor);
    equal(
        "refunded at headquarters and in the file",
        report.server.refunds_minor.to_string(),
        refunds.to_string(),
    );
    equal(
        "stock at headquarters and in the file",
        report.stock_units.to_string(),
        report.stock_units_by_rows.to_string(),
    );
    for till in &report.each_till {
        let levels = stock.iter().filter(|level| level.store == till.store);
        let at_headquarters = units(levels.map(|level| level.on_hand).sum());
        equal(
            &format!(
                "stock of {} at till {} and at headquarters",
                till.store, till.till
            ),
            till.stock_units.to_string(),
            at_headquarters.to_string(),
        );
    }
    let rows = report.rows_sold + report.rows_returned + report.rows_adjusted + report.rows_refused;
    equal(
        "rows read and rows accounted for",
        report.rows_read.to_string(),
        rows.to_string(),
    );
    for book in books.iter().filter(|book| !book.balances) {
        let gaps: Vec<String> = book.gaps.iter().map(ToString::to_string).collect();
        exceptions.push(format!(
            "{} {}: {}",
            book.store,
            book.business_date,
            gaps.join(", ")
        ));
    }
    exceptions
}

fn sum(amounts: impl Iterator<Item = MinorUnits>) -> MinorUnits {
    amounts.fold(MinorUnits::ZERO, MinorUnits::saturating_plus)
}

fn units(amount: Decimal) -> i64 {
    amount.to_i64().unwrap_or(i64::MAX)
}

/// Stock as the rows have it: opening stock is nothing, goods that were sold leave, goods that came back and
/// adjustments count as they are.
fn units_by_rows(plan: &TradePlan) -> i64 {
    let goods = |kind: LineKind, amount: Decimal| match kind {
        LineKind::Goods => amount,
        LineKind::Service => Decimal::ZERO,
    };
    let mut moved: BTreeMap<&str, Decimal> = BTreeMap::new();
    for (_, trade) in &plan.trades {
        let (what, amount) = match trade {
            Trade::Sale(invoice) => {
                let lines = invoice
                    .lines
                    .iter()
                    .map(|line| goods(line.row.kind, line.row.quantity.amount()));
                ("sold", -lines.sum::<Decimal>())
            }
            Trade::Cancellation(cancellation) => {
                let parts = cancellation
                    .parts
                    .iter()
                    .map(|part| goods(part.row.kind, part.row.quantity.amount()));
                ("returned", parts.sum())
            }
            Trade::Adjustment(adjustment) => (
                "adjusted",
                adjustment.rows.iter().map(|row| row.change.amount()).sum(),
            ),
        };
        *moved.entry(what).or_default() += amount;
    }
    units(moved.into_values().sum())
}
