//! An order as people read it.

use std::fmt;

use holdfast_schemas::{
    identity::TenderReference,
    operation::LineKind,
    value::{MinorUnits, QuantityTotal},
    view::{OrderLineView, OrderView},
};

use super::style::{Style, list, short, words, write_field, write_frozen};
use crate::cli::output::{self, Align};

/// The columns of a table of lines and sums.
pub(super) const LINE_COLUMNS: [(&str, Align); 6] = [
    ("", Align::Right),
    ("PRODUCT", Align::Left),
    ("DESCRIPTION", Align::Left),
    ("QUANTITY", Align::Right),
    ("PRICE", Align::Right),
    ("AMOUNT", Align::Right),
];

/// A row that says something of the line above it, or of the whole.
pub(super) fn note(what: String, amount: String) -> [String; 6] {
    [
        String::new(),
        String::new(),
        what,
        String::new(),
        String::new(),
        amount,
    ]
}

pub(super) fn write(
    formatter: &mut fmt::Formatter<'_>,
    style: &Style,
    order: &OrderView,
) -> fmt::Result {
    let number = order.number.map(|number| number.to_string());
    writeln!(
        formatter,
        "order {}: {}, {}, {}",
        number.as_deref().unwrap_or("without a number"),
        words(&order.status),
        words(&order.payment_status),
        words(&order.fulfilment_status),
    )?;
    write_fields(formatter, order)?;
    if order.frozen {
        write_frozen(formatter)?;
    }
    style.write_misfits(formatter, &order.misfits)?;
    writeln!(formatter)?;
    let mut rows = Vec::new();
    for line in &order.lines {
        line_rows(style, line, &mut rows);
    }
    sum_rows(style, order, &mut rows);
    output::table(formatter, LINE_COLUMNS, &rows)
}

fn write_fields(formatter: &mut fmt::Formatter<'_>, order: &OrderView) -> fmt::Result {
    write_field(formatter, "document", order.id)?;
    if let (Some(date), Some(store)) = (order.business_date, &order.store) {
        let how = order.order_type.as_ref().map(words).unwrap_or_default();
        write_field(formatter, "sold", format!("{date} at store {store}, {how}"))?;
    }
    if let Some(customer) = &order.customer {
        write_field(formatter, "customer", customer)?;
    }
    if let Some(reason) = &order.cancel_reason {
        write_field(formatter, "cancelled", words(reason))?;
    }
    for (what, values) in [
        ("references", list(&order.references)),
        ("former", list(&order.former_numbers)),
        ("same as", list(&order.aliases)),
    ] {
        if !values.is_empty() {
            write_field(formatter, what, values)?;
        }
    }
    Ok(())
}

/// The tax in the amount above, where there is any.
pub(super) fn tax_row(style: &Style, tax: MinorUnits) -> Option<[String; 6]> {
    let what = format!("of which tax {}", style.amount(tax));
    (tax != MinorUnits::ZERO).then(|| note(what, String::new()))
}

/// Money that came or went, with the provider's name of the payment.
pub(super) fn payment_row(
    style: &Style,
    what: &str,
    reference: Option<&TenderReference>,
    amount: MinorUnits,
) -> [String; 6] {
    let reference = reference.map_or_else(String::new, |name| format!(", payment {name}"));
    note(format!("{what}{reference}"), style.amount(amount))
}

/// What cash rounding did to the money above, where it did anything.
pub(super) fn rounding_row(style: &Style, rounding: MinorUnits) -> Option<[String; 6]> {
    let what = format!("  rounded by {}", style.amount(rounding));
    (rounding != MinorUnits::ZERO).then(|| note(what, String::new()))
}

/// The line at its price, what is taken off it, and what is special about it.
fn line_rows(style: &Style, line: &OrderLineView, rows: &mut Vec<[String; 6]>) {
    rows.push([
        line.line.to_string(),
        line.product.to_string(),
        short(line.description.as_str()),
        format!("{} ×", line.quantity),
        style.price(line.unit_price),
        style.amount(line.gross_minor),
    ]);
    let mut sum = line.gross_minor;
    for share in &line.discounts {
        sum = sum.saturating_minus(share.amount_minor);
        let what = format!("  discount {}", share.discount);
        rows.push(note(what, style.less(share.amount_minor)));
    }
    // What is still missing to the total is the tax, where it comes on top.
    let on_top = line.total_minor.saturating_minus(sum);
    if on_top != MinorUnits::ZERO {
        let what = format!("  tax {}, {} %", line.tax.code, line.tax.rate);
        rows.push(note(what, style.amount(on_top)));
    }
    if line.voided {
        rows.push(note("  taken off".to_owned(), style.less(line.total_minor)));
    } else if line.kind == LineKind::Goods && line.handed_over != QuantityTotal::from(line.quantity)
    {
        let what = format!("  handed over: {}", line.handed_over);
        rows.push(note(what, String::new()));
    }
}

fn sum_rows(style: &Style, order: &OrderView, rows: &mut Vec<[String; 6]>) {
    rows.push(note("total".to_owned(), style.amount(order.total_minor)));
    rows.extend(tax_row(style, order.tax_minor));
    for tender in &order.tenders {
        let kind = words(&tender.kind);
        rows.push(payment_row(
            style,
            &kind,
            tender.reference.as_ref(),
            tender.amount_minor,
        ));
        rows.extend(rounding_row(style, tender.rounding_minor));
        for _ in &tender.voided_by {
            let what = format!("  {kind} given back");
            rows.push(note(what, style.less(tender.amount_minor)));
        }
    }
    if order.due_minor != MinorUnits::ZERO {
        rows.push(note("still due".to_owned(), style.amount(order.due_minor)));
    }
}
