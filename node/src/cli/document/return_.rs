//! A return as people read it.

use std::fmt;

use holdfast_schemas::{
    operation::{Disposition, LineKind},
    value::QuantityTotal,
    view::{ReturnLineView, ReturnView},
};

use super::{
    order::{LINE_COLUMNS, note, payment_row, rounding_row, tax_row},
    style::{Style, list, short, words, write_field, write_frozen},
    timeline::original,
};
use crate::cli::output;

pub(super) fn write(
    formatter: &mut fmt::Formatter<'_>,
    style: &Style,
    returned: &ReturnView,
) -> fmt::Result {
    let number = returned.number.map(|number| number.to_string());
    writeln!(
        formatter,
        "return {}: {}, {} refunded",
        number.as_deref().unwrap_or("without a number"),
        if returned.completed {
            "completed"
        } else {
            "not completed"
        },
        style.amount(returned.refunded_minor),
    )?;
    write_field(formatter, "document", returned.id)?;
    if let (Some(date), Some(store)) = (returned.business_date, &returned.store) {
        let sale = returned.original.as_ref().map(original).unwrap_or_default();
        let value = format!("{date} at store {store}, {sale}");
        write_field(formatter, "taken back", value)?;
    }
    if let Some(customer) = &returned.customer {
        write_field(formatter, "customer", customer)?;
    }
    if !returned.former_numbers.is_empty() {
        write_field(formatter, "former", list(&returned.former_numbers))?;
    }
    if returned.frozen {
        write_frozen(formatter)?;
    }
    style.write_misfits(formatter, &returned.misfits)?;
    writeln!(formatter)?;
    let mut rows = Vec::new();
    for line in &returned.lines {
        line_rows(style, line, &mut rows);
    }
    sum_rows(style, returned, &mut rows);
    output::table(formatter, LINE_COLUMNS, &rows)
}

fn line_rows(style: &Style, line: &ReturnLineView, rows: &mut Vec<[String; 6]>) {
    rows.push([
        line.line.to_string(),
        line.product.to_string(),
        short(line.description.as_str()),
        format!("{} ×", line.quantity),
        style.price(line.unit_price),
        style.amount(line.refund_minor),
    ]);
    match (line.kind, line.disposition) {
        (LineKind::Goods, Disposition::Damaged | Disposition::ReturnToVendor) => {
            let what = format!("  {}", words(&line.disposition));
            rows.push(note(what, String::new()));
        }
        (LineKind::Goods, Disposition::Restock) | (LineKind::Service, _) => {}
    }
    if line.kind == LineKind::Goods && line.taken_back != QuantityTotal::from(line.quantity) {
        let what = format!("  taken back: {}", line.taken_back);
        rows.push(note(what, String::new()));
    }
}

fn sum_rows(style: &Style, returned: &ReturnView, rows: &mut Vec<[String; 6]>) {
    rows.push(note("worth".to_owned(), style.amount(returned.worth_minor)));
    rows.extend(tax_row(style, returned.tax_minor));
    for refund in &returned.refunds {
        let what = format!("{} refunded", words(&refund.kind));
        rows.push(payment_row(
            style,
            &what,
            refund.reference.as_ref(),
            refund.amount_minor,
        ));
        rows.extend(rounding_row(style, refund.rounding_minor));
    }
}
