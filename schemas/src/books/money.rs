//! Sales against money.

use std::collections::BTreeMap;

use super::{
    BooksException, BooksGap, BooksReport,
    balance::{Books, Place},
};
use crate::{
    identity::DocumentId,
    operation::TenderKind,
    order::{AliasedOrder, OrderEnd, OrderState},
    return_::ReturnState,
    value::{Currency, MinorUnits},
};

pub(super) fn compare(books: &Books<'_>, report: &mut BooksReport) {
    let aliased = books.aliased();
    let alias_of: BTreeMap<DocumentId, &AliasedOrder> = aliased
        .iter()
        .flat_map(|alias| {
            alias
                .documents
                .iter()
                .map(move |document| (*document, alias))
        })
        .collect();
    for order in books.orders {
        if has_currency(order.id, order.currency(), books.currency, report) {
            compare_order(books, order, alias_of.get(&order.id).copied(), report);
        }
    }
    for returned in books.returns {
        if has_currency(returned.id, returned.currency(), books.currency, report) {
            compare_return(books, returned, report);
        }
    }
}

fn has_currency(
    document: DocumentId,
    currency: Option<Currency>,
    expected: Currency,
    report: &mut BooksReport,
) -> bool {
    let same = currency.is_none_or(|currency| currency == expected);
    if !same {
        report.gaps.push(BooksGap::OtherCurrency { document });
    }
    same
}

/// An order's money of the day against its sale of the day. What is wrong with the order as a whole is a gap on the day
/// of its sale; the rest is money that moved at another time than the sale.
fn compare_order(
    books: &Books<'_>,
    order: &OrderState,
    alias: Option<&AliasedOrder>,
    report: &mut BooksReport,
) {
    let document = order.id;
    let home = order
        .header
        .as_ref()
        .map(|header| (&header.store, header.business_date));
    let duplicate = alias.is_some_and(|alias| alias.canonical != document);
    let held = alias.map_or(order.held_minor(), |alias| alias.held_minor);
    let mut sale = MinorUnits::ZERO;
    let mut gap = MinorUnits::ZERO;
    if books.is_here(home) && !duplicate {
        match order.end {
            Some(OrderEnd::Completed { .. }) => {
                report.orders = report.orders.saturating_add(1);
                sale = order.total_minor();
                count_sale(report, sale, order.tax_minor());
                gap = held.saturating_minus(sale);
            }
            Some(OrderEnd::Cancelled { .. }) => gap = held,
            None => {}
        }
    }
    if gap != MinorUnits::ZERO {
        report.gaps.push(BooksGap::OrderMoney {
            document,
            difference_minor: gap,
        });
    }
    let money = count_order_money(books, order, home, report);
    let amount_minor = money.saturating_minus(sale).saturating_minus(gap);
    if amount_minor == MinorUnits::ZERO {
        return;
    }
    report.exceptions.push(match (alias, &order.end) {
        (Some(_), _) => BooksException::Aliased {
            document,
            amount_minor,
        },
        (None, None) => BooksException::HeldForOpenOrder {
            document,
            amount_minor,
        },
        (None, Some(_)) => BooksException::OtherDay {
            document,
            amount_minor,
        },
    });
}

/// A return's money of the day against what its lines are worth, as for an order.
fn compare_return(books: &Books<'_>, returned: &ReturnState, report: &mut BooksReport) {
    let document = returned.id;
    let home = returned
        .header
        .as_ref()
        .map(|header| (&header.store, header.business_date));
    let mut worth = MinorUnits::ZERO;
    let mut gap = MinorUnits::ZERO;
    if books.is_here(home) && returned.completed.is_some() {
        report.returns = report.returns.saturating_add(1);
        worth = returned.worth_minor();
        count_sale(report, negative(worth), negative(returned.tax_minor()));
        gap = returned.refunded_minor().saturating_minus(worth);
    }
    if gap != MinorUnits::ZERO {
        report.gaps.push(BooksGap::ReturnMoney {
            document,
            difference_minor: gap,
        });
    }
    let refunded = count_refunds(books, returned, home, report);
    let more_refunded = refunded.saturating_minus(worth).saturating_minus(gap);
    if more_refunded == MinorUnits::ZERO {
        return;
    }
    let amount_minor = negative(more_refunded);
    report.exceptions.push(match returned.completed {
        None => BooksException::OpenReturn {
            document,
            amount_minor,
        },
        Some(_) => BooksException::OtherDay {
            document,
            amount_minor,
        },
    });
}

fn count_sale(report: &mut BooksReport, total: MinorUnits, tax: MinorUnits) {
    report.tax_minor = report.tax_minor.saturating_plus(tax);
    let net = total.saturating_minus(tax);
    report.net_sales_minor = report.net_sales_minor.saturating_plus(net);
}

/// Counts the order's money of the day by kind, and gives its sum.
fn count_order_money<'a>(
    books: &Books<'a>,
    order: &'a OrderState,
    home: Option<Place<'a>>,
    report: &mut BooksReport,
) -> MinorUnits {
    let mut money = MinorUnits::ZERO;
    for tender in order.tenders.values() {
        let kind = tender.taken.kind;
        let rounding = tender.taken.rounding_minor.unwrap_or(MinorUnits::ZERO);
        if books.is_here(books.place(tender.taken.session, home)) {
            count_money(report, kind, tender.amount_minor, rounding);
            money = money.saturating_plus(tender.amount_minor);
        }
        for (_, void) in &tender.voided {
            if books.is_here(books.place(void.session, home)) {
                count_money(
                    report,
                    kind,
                    negative(tender.amount_minor),
                    negative(rounding),
                );
                money = money.saturating_minus(tender.amount_minor);
            }
        }
    }
    money
}

/// Counts the return's refunds of the day by kind, and gives their sum.
fn count_refunds<'a>(
    books: &Books<'a>,
    returned: &'a ReturnState,
    home: Option<Place<'a>>,
    report: &mut BooksReport,
) -> MinorUnits {
    let mut refunded = MinorUnits::ZERO;
    for refund in returned.refunds.values() {
        if books.is_here(books.place(refund.paid.session, home)) {
            let rounding = refund.paid.rounding_minor.unwrap_or(MinorUnits::ZERO);
            let amount = refund.amount_minor;
            count_money(
                report,
                refund.paid.kind,
                negative(amount),
                negative(rounding),
            );
            refunded = refunded.saturating_plus(amount);
        }
    }
    refunded
}

fn count_money(
    report: &mut BooksReport,
    kind: TenderKind,
    amount: MinorUnits,
    rounding: MinorUnits,
) {
    let total = report.net_tenders_minor.entry(kind).or_default();
    *total = total.saturating_plus(amount);
    report.rounding_minor = report.rounding_minor.saturating_plus(rounding);
}

fn negative(amount: MinorUnits) -> MinorUnits {
    MinorUnits::ZERO.saturating_minus(amount)
}
