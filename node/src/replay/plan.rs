//! From rows to trade: invoices, cancellations with their originals, stock adjustments.

use std::collections::{BTreeMap, btree_map::Entry};

use holdfast_schemas::{
    identity::{CustomerId, ExternalValue, Sku},
    operation::{LineKind, LineNumber},
    text_value::Description,
    time::BusinessDate,
    value::{Currency, Measure, MinorUnits, Quantity, UnitPrice},
};
use rust_decimal::Decimal;

use super::{
    AdjustedRow, RefusalReason, Row, RowFate, SoldRow,
    classify::{Classified, classified},
};

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedLine {
    /// Its number within the invoice's sold rows, from 1.
    pub line: LineNumber,
    /// What was sold.
    pub row: SoldRow,
}

/// A sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// The invoice number.
    pub number: ExternalValue,
    /// The customer; none for a walk-in.
    pub customer: Option<CustomerId>,
    /// Its lines, in file order.
    pub lines: Vec<PlannedLine>,
}

/// Where goods that come back were sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedOriginal {
    /// The invoice.
    pub invoice: ExternalValue,
    /// Its line.
    pub line: LineNumber,
}

/// Goods of one row that come back: to one original, or to none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelledPart {
    /// Where they were sold; none is a blind return.
    pub original: Option<MatchedOriginal>,
    /// What comes back, at the row's own price; its amount is this part's quantity × price.
    pub row: SoldRow,
    /// The row's own amount: on the first of a row's parts only, so that the sum over parts is the sum over rows.
    pub row_amount_minor: MinorUnits,
}

/// A cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// The invoice number, `C…`.
    pub number: ExternalValue,
    /// The customer; none for a walk-in.
    pub customer: Option<CustomerId>,
    /// What comes back.
    pub parts: Vec<CancelledPart>,
}

/// Stock that is put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// The invoice number that the rows bear.
    pub number: ExternalValue,
    /// What changes.
    pub rows: Vec<AdjustedRow>,
}

/// One thing to do at a till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trade {
    /// Sell.
    Sale(Invoice),
    /// Take back.
    Cancellation(Cancellation),
    /// Put stock right.
    Adjustment(Adjustment),
}

impl Trade {
    /// The invoice number of the trade's rows.
    #[must_use]
    pub fn number(&self) -> &ExternalValue {
        match self {
            Self::Sale(invoice) => &invoice.number,
            Self::Cancellation(cancellation) => &cancellation.number,
            Self::Adjustment(adjustment) => &adjustment.number,
        }
    }
}

/// How many rows had which fate. The last four add up to the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// All rows of the file, without its heading.
    pub read: u64,
    /// Lines of sales.
    pub sold: u64,
    /// Lines of cancellations.
    pub returned: u64,
    /// Stock adjustments.
    pub adjusted: u64,
    /// Not traded.
    pub refused: u64,
    /// Of all rows, those whose stock code was in lower case and counts as the upper-case product.
    pub other_case: u64,
}

/// The rows refused for one reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefusalTotal {
    /// How many rows.
    pub count: u64,
    /// What they were worth, as far as it can be read.
    pub amount_minor: MinorUnits,
}

/// A product of the catalogue that the file implies: its first text and its first price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// What it is called.
    pub description: Description,
    /// Whether it is merchandise.
    pub kind: LineKind,
    /// Its first price above nothing, else nothing.
    pub price: UnitPrice,
}

/// What a file of trade comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TradePlan {
    /// What to do, in file order, each with its business date.
    pub trades: Vec<(BusinessDate, Trade)>,
    /// The account of every row.
    pub rows: RowCounts,
    /// Refused rows by reason.
    pub refusals: BTreeMap<RefusalReason, RefusalTotal>,
    /// The sum over sold rows.
    pub gross_minor: MinorUnits,
    /// The sum over returned rows.
    pub returned_minor: MinorUnits,
    /// Every product that was traded.
    pub catalogue: BTreeMap<Sku, CatalogueEntry>,
}

/// By what a cancellation finds its original.
type OriginalKey = (CustomerId, Sku, UnitPrice);

/// A sold line of which something is left to return.
struct Open {
    original: MatchedOriginal,
    left: Decimal,
}

#[derive(Default)]
struct Planner {
    plan: TradePlan,
    /// Where the rows of an invoice that is being read are gathered; one invoice may have rows of several fates.
    places: BTreeMap<(ExternalValue, &'static str), usize>,
    /// The sold lines with something left, the latest last.
    open: BTreeMap<OriginalKey, Vec<Open>>,
}

/// Accounts for every row and finds the originals of cancellations: by customer, product and unit price, the latest
/// sale first, as far as quantity is left. What is over has no original and is a blind return.
#[must_use]
pub fn plan(rows: &[Row], currency: Currency) -> TradePlan {
    let mut planner = Planner::default();
    for row in rows {
        planner.row(row, currency);
    }
    planner.plan
}

impl Planner {
    fn row(&mut self, row: &Row, currency: Currency) {
        let Classified {
            date,
            customer,
            other_case,
            fate,
        } = classified(row, currency);
        self.plan.rows.read += 1;
        self.plan.rows.other_case += u64::from(other_case);
        let refused = |reason| RowFate::Refused {
            reason,
            amount_minor: MinorUnits::ZERO,
        };
        let (fate, number, date) = match (ExternalValue::new(row.invoice.as_str()), date) {
            (Ok(number), Some(date)) => (fate, Some(number), Some(date)),
            (Err(_), _) if !matches!(fate, RowFate::Refused { .. }) => {
                (refused(RefusalReason::NoInvoice), None, None)
            }
            _ => (fate, None, None),
        };
        match (fate, number, date) {
            (
                RowFate::Refused {
                    reason,
                    amount_minor,
                },
                _,
                _,
            ) => self.refuse(reason, amount_minor),
            (RowFate::Sold(line), Some(number), Some(date)) => {
                self.sell(&number, date, customer, line);
            }
            (RowFate::Returned(line), Some(number), Some(date)) => {
                self.cancel(&number, date, customer, &line, currency);
            }
            (RowFate::Adjusted(line), Some(number), Some(date)) => self.adjust(&number, date, line),
            (_, None, _) => self.refuse(RefusalReason::NoInvoice, MinorUnits::ZERO),
            (_, _, None) => self.refuse(RefusalReason::DateNotADate, MinorUnits::ZERO),
        }
    }

    fn refuse(&mut self, reason: RefusalReason, amount_minor: MinorUnits) {
        self.plan.rows.refused += 1;
        let total = self.plan.refusals.entry(reason).or_default();
        total.count += 1;
        total.amount_minor = total.amount_minor.saturating_plus(amount_minor);
    }

    /// The trade that gathers an invoice's rows of one fate; `begin` makes it where it is the first row.
    fn trade(
        &mut self,
        number: &ExternalValue,
        fate: &'static str,
        date: BusinessDate,
        begin: impl FnOnce() -> Trade,
    ) -> &mut Trade {
        let next = self.plan.trades.len();
        let place = match self.places.entry((number.clone(), fate)) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                self.plan.trades.push((date, begin()));
                *place.insert(next)
            }
        };
        &mut self.plan.trades[place].1
    }

    fn catalogue(&mut self, row: &SoldRow) {
        let entry = self
            .plan
            .catalogue
            .entry(row.product.clone())
            .or_insert_with(|| CatalogueEntry {
                description: row.description.clone(),
                kind: row.kind,
                price: row.unit_price,
            });
        if entry.price.amount().is_zero() {
            entry.price = row.unit_price;
        }
        if entry.description.as_str().is_empty() {
            entry.description = row.description.clone();
        }
    }

    fn sell(
        &mut self,
        number: &ExternalValue,
        date: BusinessDate,
        customer: Option<CustomerId>,
        row: SoldRow,
    ) {
        self.plan.rows.sold += 1;
        self.plan.gross_minor = self.plan.gross_minor.saturating_plus(row.amount_minor);
        self.catalogue(&row);
        let begin = || {
            Trade::Sale(Invoice {
                number: number.clone(),
                customer: customer.clone(),
                lines: Vec::new(),
            })
        };
        let Trade::Sale(invoice) = self.trade(number, "sold", date, begin) else {
            return;
        };
        let count = u32::try_from(invoice.lines.len()).unwrap_or(u32::MAX - 1);
        let line = LineNumber::new(count + 1).expect("one more than a count is not zero");
        invoice.lines.push(PlannedLine {
            line,
            row: row.clone(),
        });
        if let Some(customer) = customer {
            self.open
                .entry((customer, row.product, row.unit_price))
                .or_default()
                .push(Open {
                    original: MatchedOriginal {
                        invoice: number.clone(),
                        line,
                    },
                    left: row.quantity.amount(),
                });
        }
    }

    fn cancel(
        &mut self,
        number: &ExternalValue,
        date: BusinessDate,
        customer: Option<CustomerId>,
        row: &SoldRow,
        currency: Currency,
    ) {
        self.plan.rows.returned += 1;
        self.plan.returned_minor = self.plan.returned_minor.saturating_plus(row.amount_minor);
        self.catalogue(row);
        let originals = customer
            .as_ref()
            .map(|customer| self.find_originals(customer, row))
            .unwrap_or_default();
        let found: Decimal = originals.iter().map(|(_, amount)| *amount).sum();
        let over = row.quantity.amount() - found;
        let parts = originals
            .into_iter()
            .map(|(original, amount)| (Some(original), amount))
            .chain((over > Decimal::ZERO).then_some((None, over)))
            .enumerate()
            .map(|(index, (original, amount))| CancelledPart {
                original,
                row: part_of(row, amount, currency),
                row_amount_minor: if index == 0 {
                    row.amount_minor
                } else {
                    MinorUnits::ZERO
                },
            })
            .collect::<Vec<_>>();
        let begin = || {
            Trade::Cancellation(Cancellation {
                number: number.clone(),
                customer,
                parts: Vec::new(),
            })
        };
        let Trade::Cancellation(cancellation) = self.trade(number, "returned", date, begin) else {
            return;
        };
        cancellation.parts.extend(parts);
    }

    fn find_originals(
        &mut self,
        customer: &CustomerId,
        row: &SoldRow,
    ) -> Vec<(MatchedOriginal, Decimal)> {
        let key = (customer.clone(), row.product.clone(), row.unit_price);
        let mut wanted = row.quantity.amount();
        let mut found = Vec::new();
        let Some(open) = self.open.get_mut(&key) else {
            return found;
        };
        while wanted > Decimal::ZERO
            && let Some(latest) = open.last_mut()
        {
            let amount = wanted.min(latest.left);
            wanted -= amount;
            latest.left -= amount;
            found.push((latest.original.clone(), amount));
            if latest.left.is_zero() {
                open.pop();
            }
        }
        found
    }

    fn adjust(&mut self, number: &ExternalValue, date: BusinessDate, row: AdjustedRow) {
        self.plan.rows.adjusted += 1;
        let begin = || {
            Trade::Adjustment(Adjustment {
                number: number.clone(),
                rows: Vec::new(),
            })
        };
        let Trade::Adjustment(adjustment) = self.trade(number, "adjusted", date, begin) else {
            return;
        };
        adjustment.rows.push(row);
    }
}

fn part_of(row: &SoldRow, amount: Decimal, currency: Currency) -> SoldRow {
    let quantity =
        Quantity::new(amount, Measure::Each).expect("a part of a quantity, more than zero");
    let amount_minor = row
        .unit_price
        .extend(quantity, currency)
        .expect("a part of an amount that could be counted");
    SoldRow {
        quantity,
        amount_minor,
        ..row.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(table: &str) -> Vec<Row> {
        table
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| {
                let fields: Vec<&str> = line.split_whitespace().collect();
                Row {
                    invoice: fields[0].into(),
                    stock_code: fields[1].into(),
                    description: String::new(),
                    quantity: fields[2].into(),
                    invoice_date: "2010-12-01 08:26:00".into(),
                    unit_price: fields[3].into(),
                    customer: fields.get(4).copied().unwrap_or_default().into(),
                    complete: true,
                }
            })
            .collect()
    }

    fn parts(plan: &TradePlan) -> Vec<String> {
        plan.trades
            .iter()
            .filter_map(|(_, trade)| match trade {
                Trade::Cancellation(cancellation) => Some(&cancellation.parts),
                Trade::Sale(_) | Trade::Adjustment(_) => None,
            })
            .flatten()
            .map(|part| {
                let original = part.original.as_ref().map_or_else(
                    || "blind".to_owned(),
                    |original| format!("{}/{}", original.invoice.as_str(), original.line),
                );
                format!(
                    "{original} {} {} of {}",
                    part.row.quantity, part.row.amount_minor, part.row_amount_minor
                )
            })
            .collect()
    }

    #[test]
    fn a_cancellation_takes_the_latest_sales_first_and_what_is_over_is_blind() {
        let plan = plan(
            &rows(
                "1  A  3 1.00 7
                 1  B  1 1.00 7
                 2  a  2 1.00 7
                 3  A  9 1.10 7
                 4  A  9 1.00 8
                 C5 A -6 1.00 7
                 C6 A -1 1.00 7
                 C7 B -1 1.00
                 C8 Z -1 2.00 7",
            ),
            Currency::GBP,
        );
        assert_eq!(
            parts(&plan),
            [
                "2/1 2 200 of 600",
                "1/1 3 300 of 0",
                "blind 1 100 of 0",
                "blind 1 100 of 100",
                "blind 1 100 of 100",
                "blind 1 200 of 200"
            ]
        );
        assert_eq!(plan.rows.other_case, 1);
    }

    #[test]
    fn every_row_is_counted_once_and_an_invoice_may_hold_rows_of_several_fates() {
        let plan = plan(
            &rows("1 A 3 1.00 7\n 1 B -3 0\n 1 C 1 0\n 1 D 1 -5\n C2 A -1 1.00 7"),
            Currency::GBP,
        );
        assert_eq!(
            plan.rows,
            RowCounts {
                read: 5,
                sold: 1,
                returned: 1,
                adjusted: 2,
                refused: 1,
                other_case: 0
            }
        );
        assert_eq!(
            plan.trades.len(),
            3,
            "a sale, an adjustment of two rows, a cancellation"
        );
        assert_eq!(
            (plan.gross_minor, plan.returned_minor),
            (MinorUnits::new(300), MinorUnits::new(100))
        );
        assert_eq!(
            plan.refusals.get(&RefusalReason::PriceNegative),
            Some(&RefusalTotal {
                count: 1,
                amount_minor: MinorUnits::new(-500)
            })
        );
    }
}
