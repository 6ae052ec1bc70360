//! What a trading day came to: the figures that are compared, shown and written as JSON.

use std::collections::BTreeMap;

use holdfast_node::replay::TradePlan;
use holdfast_schemas::value::{Currency, MinorUnits, Money};
use serde::Serialize;

/// Orders and returns, counted and summed at one place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// How many orders.
    pub orders: u64,
    /// How many returns.
    pub returns: u64,
    /// What the orders' lines cost, in minor units.
    pub gross_minor: MinorUnits,
    /// What was refunded, in minor units.
    pub refunds_minor: MinorUnits,
}

impl Figures {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            orders: self.orders + other.orders,
            returns: self.returns + other.returns,
            gross_minor: self.gross_minor.saturating_plus(other.gross_minor),
            refunds_minor: self.refunds_minor.saturating_plus(other.refunds_minor),
        }
    }
}

/// What one till did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TillReport {
    /// The till's store.
    pub store: String,
    /// The till's node number.
    pub till: u32,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// How many stock papers it wrote.
    pub stock_papers: u64,
    /// How many till sessions it closed.
    pub sessions: u64,
    /// How many of its documents are not at headquarters.
    pub pending: u64,
    /// Units in stock in its store, as far as the till knows.
    pub stock_units: i64,
    /// Facts that did not fit, as far as the till knows.
    pub misfits: u64,
    /// Bytes over its line, both ways.
    pub wire_bytes: u64,
    /// How long after the close of its session its last change was durable at headquarters, in milliseconds.
    pub lag_milliseconds: u64,
}

/// One reason for which rows were refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// The reason's name.
    pub reason: &'static str,
    /// How many rows.
    pub count: u64,
    /// What they were worth, as far as it can be read, in minor units.
    pub amount_minor: MinorUnits,
}

/// Everything that a trading day came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The file that was traded.
    pub input: String,
    /// Rows of the file, without its heading.
    pub rows_read: u64,
    /// Rows that were sold.
    pub rows_sold: u64,
    /// Rows that were returned.
    pub rows_returned: u64,
    /// Rows that adjusted stock.
    pub rows_adjusted: u64,
    /// Rows that were not traded.
    pub rows_refused: u64,
    /// Rows whose stock code was in lower case and counts as the upper-case product.
    pub rows_other_case: u64,
    /// Why rows were not traded.
    pub refusals: Vec<Refusals>,
    /// The sum of the tills' own figures.
    pub tills: Figures,
    /// Headquarters' figures, asked over its API.
    pub server: Figures,
    /// Each till.
    pub each_till: Vec<TillReport>,
    /// What was refunded, less the returned rows' own amounts.
    pub refund_difference_minor: MinorUnits,
    /// Returns whose original was found and looked at.
    pub returns_verified: u64,
    /// Returns without an original, by reason.
    pub returns_blind: BTreeMap<&'static str, u64>,
    /// Facts that did not fit, at headquarters.
    pub misfits: u64,
    /// Changes in quarantine, at headquarters.
    pub quarantined: u64,
    /// Products of which stock is below zero, since opening stock is zero.
    pub stock_negative: u64,
    /// Units in stock over all products and stores, at headquarters.
    pub stock_units: i64,
    /// Units in stock as the file's rows have it.
    pub stock_units_by_rows: i64,
    /// Whether every equation of the books holds.
    pub books_balance: bool,
    /// What does not hold.
    pub exceptions: Vec<String>,
    /// Bytes over all stores' lines, both ways.
    pub wire_bytes: u64,
    /// How long the day took, from reading the file to the last figure.
    pub seconds: u64,
}

impl Report {
    /// A report that has the plan's account of the rows, and nothing else yet.
    #[must_use]
    pub fn of_rows(input: String, plan: &TradePlan) -> Self {
        Self {
            input,
            rows_read: plan.rows.read,
            rows_sold: plan.rows.sold,
            rows_returned: plan.rows.returned,
            rows_adjusted: plan.rows.adjusted,
            rows_refused: plan.rows.refused,
            rows_other_case: plan.rows.other_case,
            refusals: plan
                .refusals
                .iter()
                .map(|(reason, total)| Refusals {
                    reason: reason.name(),
                    count: total.count,
                    amount_minor: total.amount_minor,
                })
                .collect(),
            tills: Figures::default(),
            server: Figures::default(),
            each_till: Vec::new(),
            refund_difference_minor: MinorUnits::ZERO,
            returns_verified: 0,
            returns_blind: BTreeMap::new(),
            misfits: 0,
            quarantined: 0,
            stock_negative: 0,
            stock_units: 0,
            stock_units_by_rows: 0,
            books_balance: false,
            exceptions: Vec::new(),
            wire_bytes: 0,
            seconds: 0,
        }
    }

    /// The table that ends a trading day.
    #[must_use]
    pub fn table(&self, currency: Currency) -> String {
        let money = |minor| Money { currency, minor }.to_string();
        let heading = [
            "",
            "orders",
            "returns",
            "sold",
            "refunded",
            "stock",
            "misfits",
            "wire bytes",
            "lag",
        ];
        let mut rows = vec![heading.map(str::to_owned)];
        let mut add = |name: String, figures: Figures, rest: [String; 4]| {
            let [stock, misfits, bytes, lag] = rest;
            rows.push([
                name,
                figures.orders.to_string(),
                figures.returns.to_string(),
                money(figures.gross_minor),
                money(figures.refunds_minor),
                stock,
                misfits,
                bytes,
                lag,
            ]);
        };
        for till in &self.each_till {
            let rest = [
                till.stock_units.to_string(),
                till.misfits.to_string(),
                till.wire_bytes.to_string(),
                format!("{} ms", till.lag_milliseconds),
            ];
            add(
                format!("{} till {}", till.store, till.till),
                till.figures,
                rest,
            );
        }
        add(
            "all tills".to_owned(),
            self.tills,
            std::array::from_fn(|_| String::new()),
        );
        let rest = [
            self.stock_units.to_string(),
            self.misfits.to_string(),
            self.wire_bytes.to_string(),
            String::new(),
        ];
        add("headquarters".to_owned(), self.server, rest);
        lay_out(&rows)
    }
}

/// How many columns the table has.
const COLUMNS: usize = 9;

/// Lays rows out in columns: the first to the left, the others to the right.
fn lay_out(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let line = |row: &[String; COLUMNS]| {
        let cells =
            row.iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, &width))| match column {
                    0 => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
