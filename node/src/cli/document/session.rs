//! A till session as people read it.

use std::fmt;

use holdfast_schemas::{
    operation::{SessionTotals, TenderKind, TenderTotal},
    value::MinorUnits,
    view::SessionView,
};

use super::style::{Style, words, write_field, write_frozen};
use crate::cli::output::{self, Align};

/// `counted`: whether the drawer was counted; before, over or short means nothing.
pub(super) fn write(
    formatter: &mut fmt::Formatter<'_>,
    style: &Style,
    session: &SessionView,
    counted: bool,
) -> fmt::Result {
    let date = session.business_date.map(|date| date.to_string());
    let till = session.till.map(|till| till.to_string());
    writeln!(
        formatter,
        "session of {}, till {}: {}",
        date.as_deref().unwrap_or("an unknown day"),
        till.as_deref().unwrap_or("unknown"),
        if session.open { "open" } else { "closed" },
    )?;
    write_field(formatter, "document", session.id)?;
    if let Some(store) = &session.store {
        write_field(formatter, "store", store)?;
    }
    let figures = &session.figures;
    write_field(formatter, "orders", figures.orders)?;
    write_field(formatter, "returns", figures.returns)?;
    for (what, count) in [
        ("no sales", session.no_sales),
        ("given up", session.baskets_voided),
    ] {
        if count > 0 {
            write_field(formatter, what, count)?;
        }
    }
    if session.frozen {
        write_frozen(formatter)?;
    }
    style.write_misfits(formatter, &session.misfits)?;
    if session
        .closed
        .as_ref()
        .is_some_and(|closed| closed != figures)
    {
        writeln!(
            formatter,
            "  More came after the close; the Z report as it was written is in the history."
        )?;
    }
    writeln!(formatter)?;
    write_tenders(formatter, style, figures)?;
    writeln!(formatter)?;
    let rows = drawer_rows(style, session.float_minor, figures, counted);
    output::table(formatter, [("", Align::Left), ("", Align::Right)], &rows)
}

fn write_tenders(
    formatter: &mut fmt::Formatter<'_>,
    style: &Style,
    figures: &SessionTotals,
) -> fmt::Result {
    let row = |what: String, taken: MinorUnits, refunded: MinorUnits| {
        [
            what,
            style.amount(taken),
            style.amount(refunded),
            style.amount(taken.saturating_minus(refunded)),
        ]
    };
    let tenders = figures.tenders.iter();
    let mut rows: Vec<[String; 4]> = tenders
        .map(|tender| {
            row(
                words(&tender.kind),
                tender.taken_minor,
                tender.refunded_minor,
            )
        })
        .collect();
    let (sold, refunded) = (figures.sales_minor, figures.refunds_minor);
    rows.push(row("sales and returns".to_owned(), sold, refunded));
    let tax = style.amount(figures.tax_minor);
    rows.push(["of which tax".to_owned(), String::new(), String::new(), tax]);
    let columns = [
        ("MONEY", Align::Left),
        ("TAKEN", Align::Right),
        ("REFUNDED", Align::Right),
        ("LEFT", Align::Right),
    ];
    output::table(formatter, columns, &rows)
}

/// What the drawer began with, what came and went, and what was found. What did not happen has no row.
fn drawer_rows(
    style: &Style,
    float_minor: MinorUnits,
    figures: &SessionTotals,
    counted: bool,
) -> Vec<[String; 2]> {
    let mut rows = vec![["change money".to_owned(), style.amount(float_minor)]];
    let out = |minor| MinorUnits::ZERO.saturating_minus(minor);
    let is_cash = |tender: &&TenderTotal| tender.kind == TenderKind::Cash;
    let cash = figures.tenders.iter().find(is_cash);
    let cash = cash.map(|cash| (cash.taken_minor, cash.refunded_minor));
    let (taken_minor, refunded_minor) = cash.unwrap_or_default();
    for (what, minor) in [
        ("cash taken", taken_minor),
        ("cash refunded", out(refunded_minor)),
        ("paid in", figures.paid_in_minor),
        ("paid out", out(figures.paid_out_minor)),
        ("from the safe", figures.loans_minor),
        ("to the safe", out(figures.drops_minor)),
        ("cash rounding", figures.rounding_minor),
    ] {
        if minor != MinorUnits::ZERO {
            rows.push([what.to_owned(), style.amount(minor)]);
        }
    }
    rows.push([
        "cash expected".to_owned(),
        style.amount(figures.expected_cash_minor),
    ]);
    if counted {
        rows.push([
            "cash counted".to_owned(),
            style.amount(figures.counted_cash_minor),
        ]);
        rows.push([
            "drawer".to_owned(),
            over_short(style, figures.over_short_minor),
        ]);
    } else {
        rows.push(["cash counted".to_owned(), "not yet".to_owned()]);
    }
    rows
}

/// Whether the drawer is over, short, or right.
pub(super) fn over_short(style: &Style, minor: MinorUnits) -> String {
    if minor.is_positive() {
        format!("{} over", style.amount(minor))
    } else if minor.is_negative() {
        format!("{} short", style.less(minor))
    } else {
        "right".to_owned()
    }
}
