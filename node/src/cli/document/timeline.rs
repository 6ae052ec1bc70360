//! A document's history in words: when, where, who, and what happened.

use std::fmt;

use holdfast_schemas::{
    identity::NodeNumber,
    operation::{
        Author, BlindReason, Body, CashCounted, DenominationCount, GoodsHandedOver, GoodsTakenBack,
        LineAdded, LineQuantity, NumberReassigned, OrderBody, OrderOpened, Original, PaymentAnswer,
        RefundPaid, ResumeRight, ReturnBody, ReturnLineAdded, ReturnOpened, SafeBody,
        SessionClosed, SignOffCause, StockBody, StockMoved, TenderTaken, TillSessionBody,
    },
    view::TimelineEntry,
};

use super::style::{Style, list, short, words};
use crate::cli::output::{self, Align};

/// Writes the history, oldest first as it counts.
pub(super) fn write(
    formatter: &mut fmt::Formatter<'_>,
    style: &Style,
    history: &[TimelineEntry],
) -> fmt::Result {
    writeln!(formatter, "history, by the clocks of {}", style.zone_name())?;
    let rows: Vec<[String; 4]> = history
        .iter()
        .map(|entry| {
            [
                entry
                    .at
                    .map_or_else(|| "-".to_owned(), |at| style.moment(at)),
                node(entry.node),
                entry.by.as_ref().map_or_else(|| "-".to_owned(), author),
                what(style, entry),
            ]
        })
        .collect();
    let columns = ["WHEN", "WHERE", "WHO", "WHAT"].map(|heading| (heading, Align::Left));
    output::table(formatter, columns, &rows)
}

fn node(node: NodeNumber) -> String {
    match node {
        NodeNumber::SERVER => "server".to_owned(),
        till => format!("till {till}"),
    }
}

fn author(by: &Author) -> String {
    match &by.user {
        Some(user) => format!("{} {user}", words(&by.role)),
        None => words(&by.role),
    }
}

fn what(style: &Style, entry: &TimelineEntry) -> String {
    match &entry.body {
        Some(Body::Order(body)) => order(style, body),
        Some(Body::Return(body)) => return_(style, body),
        Some(Body::TillSession(body)) => session(style, body),
        Some(Body::Stock(StockBody::StockMoved(moved))) => stock_moved(moved),
        Some(Body::Safe(SafeBody::SafeCounted(paper))) => cash_counted(style, &paper.counted),
        Some(Body::Safe(SafeBody::CashBanked(paper))) => {
            format!("to the bank: {}", style.amount(paper.amount_minor))
        }
        None => format!(
            "{}, which only a later version knows",
            entry.name.replace('_', " ")
        ),
    }
}

fn order(style: &Style, body: &OrderBody) -> String {
    match body {
        OrderBody::OrderOpened(opened) => order_opened(opened),
        OrderBody::LineAdded(line) => line_added(style, line),
        OrderBody::LineVoided(voided) => {
            format!("line {} taken off: {}", voided.line, voided.reason)
        }
        OrderBody::TenderTaken(taken) => tender_taken(style, taken),
        OrderBody::TenderVoided(voided) => {
            format!("payment {} given back: {}", voided.tender, voided.reason)
        }
        OrderBody::PaymentIntended(intended) => {
            format!(
                "card to be charged: {}",
                style.amount(intended.amount_minor)
            )
        }
        OrderBody::PaymentAnswered(answered) => match &answered.answer {
            PaymentAnswer::Approved {
                amount_minor,
                reference,
            } => format!(
                "card charged: {}, payment {reference}",
                style.amount(*amount_minor)
            ),
            PaymentAnswer::Declined { because } => {
                format!("card not charged: {}", words(because))
            }
        },
        OrderBody::OrderSuspended(suspended) => format!("put aside at till {}", suspended.till),
        OrderBody::OrderResumed(resumed) => match resumed.right {
            ResumeRight::Held => format!("taken up at till {}", resumed.till),
            ResumeRight::Overridden => {
                format!("taken up at till {} by a manager's override", resumed.till)
            }
        },
        OrderBody::GoodsHandedOver(goods) => handed_over(goods),
        OrderBody::OrderCompleted(_) => "completed".to_owned(),
        OrderBody::OrderCancelled(cancelled) => format!("cancelled: {}", words(&cancelled.reason)),
        OrderBody::ReferenceClaimed(claimed) => format!("goes by {} too", claimed.reference),
        OrderBody::OrderAliased(aliased) => format!(
            "is the same order as {}: both are {}",
            aliased.other, aliased.because
        ),
        OrderBody::OrderUnaliased(unaliased) => format!(
            "is another order than {} after all: {}",
            unaliased.other, unaliased.reason
        ),
        OrderBody::NumberReassigned(reassigned) => number_reassigned(reassigned),
    }
}

fn number_reassigned(reassigned: &NumberReassigned) -> String {
    format!(
        "goes by number {}: {} was given twice, and {} keeps it",
        reassigned.number, reassigned.clashed, reassigned.other
    )
}

fn order_opened(opened: &OrderOpened) -> String {
    let customer = opened.customer.as_ref();
    format!(
        "order {} opened at store {}, {}, from {}{}",
        opened.number,
        opened.store,
        words(&opened.order_type),
        opened.channel,
        customer.map_or_else(String::new, |customer| format!(", for customer {customer}")),
    )
}

fn line_added(style: &Style, line: &LineAdded) -> String {
    let discounts = line.discounts.iter().map(|share| {
        format!(
            ", less {} ({})",
            style.amount(share.amount_minor),
            share.discount
        )
    });
    format!(
        "line {}: {} × {} {} at {}{} is {}",
        line.line,
        line.quantity,
        line.product,
        short(line.description.as_str()),
        style.price(line.unit_price),
        discounts.collect::<String>(),
        style.amount(line.total_minor),
    )
}

fn tender_taken(style: &Style, taken: &TenderTaken) -> String {
    let mut text = format!(
        "{} taken: {}",
        words(&taken.kind),
        style.amount(taken.amount_minor)
    );
    if let Some(tendered) = taken.tendered_minor {
        text += &format!(", of {} handed over", style.amount(tendered));
    }
    if let Some(rounding) = taken.rounding_minor {
        text += &format!(", rounded by {}", style.amount(rounding));
    }
    if let Some(reference) = &taken.reference {
        text += &format!(", payment {reference}");
    }
    text
}

fn handed_over(goods: &GoodsHandedOver) -> String {
    match goods.lines.as_slice() {
        [] => format!("all goods handed over from store {}", goods.store),
        lines => format!("handed over from store {}: {}", goods.store, parts(lines)),
    }
}

/// `2 of line 1, 1 of line 3`.
fn parts(lines: &[LineQuantity]) -> String {
    let parts: Vec<String> = lines
        .iter()
        .map(|part| format!("{} of line {}", part.quantity, part.line))
        .collect();
    list(&parts)
}

fn return_(style: &Style, body: &ReturnBody) -> String {
    match body {
        ReturnBody::ReturnOpened(opened) => return_opened(opened),
        ReturnBody::ReturnLineAdded(line) => return_line_added(style, line),
        ReturnBody::GoodsTakenBack(goods) => taken_back(goods),
        ReturnBody::RefundPaid(paid) => refund_paid(style, paid),
        ReturnBody::ReturnCompleted(_) => "completed".to_owned(),
        ReturnBody::ReturnNumberReassigned(reassigned) => number_reassigned(&reassigned.0),
    }
}

fn return_opened(opened: &ReturnOpened) -> String {
    format!(
        "return {} opened at store {}, {}",
        opened.number,
        opened.store,
        original(&opened.original)
    )
}

/// What is known of the sale that is given back.
pub(super) fn original(original: &Original) -> String {
    match original {
        Original::Verified { order } => format!("of order {order}"),
        Original::Blind { because } => match because {
            BlindReason::NotFound => "without its sale, which was not found".to_owned(),
            BlindReason::NotReachable { .. } => {
                "without its sale, since the server could not be asked".to_owned()
            }
            BlindReason::NothingLeft => "without its sale, of which nothing was left".to_owned(),
        },
    }
}

fn return_line_added(style: &Style, line: &ReturnLineAdded) -> String {
    format!(
        "line {}: {} × {} {} at {}, {} to refund, {}: {}",
        line.line,
        line.quantity,
        line.product,
        short(line.description.as_str()),
        style.price(line.unit_price),
        style.amount(line.refund_minor),
        words(&line.disposition),
        line.reason,
    )
}

fn taken_back(goods: &GoodsTakenBack) -> String {
    match goods.lines.as_slice() {
        [] => format!("all goods taken back into store {}", goods.store),
        lines => format!("taken back into store {}: {}", goods.store, parts(lines)),
    }
}

fn refund_paid(style: &Style, paid: &RefundPaid) -> String {
    let mut text = format!(
        "{} refunded: {}",
        words(&paid.kind),
        style.amount(paid.amount_minor)
    );
    if let Some(rounding) = paid.rounding_minor {
        text += &format!(", rounded by {}", style.amount(rounding));
    }
    if let Some(reference) = &paid.reference {
        text += &format!(", payment {reference}");
    }
    text
}

fn session(style: &Style, body: &TillSessionBody) -> String {
    let cash = |what: &str, minor, reason: &dyn fmt::Display| {
        format!("{what} {}: {reason}", style.amount(minor))
    };
    match body {
        TillSessionBody::SessionOpened(opened) => format!(
            "opened for {} with {} of change money",
            opened.business_date,
            style.amount(opened.float_minor)
        ),
        TillSessionBody::FloatCounted(counted) => pieces(
            style,
            "change money counted".to_owned(),
            &counted.denominations,
        ),
        TillSessionBody::PaidIn(paid) => cash("cash paid in:", paid.amount_minor, &paid.reason),
        TillSessionBody::PaidOut(paid) => cash("cash paid out:", paid.amount_minor, &paid.reason),
        TillSessionBody::LoanReceived(loan) => {
            format!("from the safe: {}", style.amount(loan.amount_minor))
        }
        TillSessionBody::CashDropped(drop) => {
            format!("to the safe: {}", style.amount(drop.amount_minor))
        }
        TillSessionBody::CashCounted(counted) => cash_counted(style, counted),
        TillSessionBody::NoSale(opened) => format!("drawer opened: {}", opened.reason),
        TillSessionBody::BasketVoided(basket) => format!(
            "basket of {} over {} given up: {}",
            count(basket.lines, "line"),
            style.amount(basket.total_minor),
            basket.reason
        ),
        TillSessionBody::SignedOn(on) => format!("{} signed on by {}", on.user, words(&on.method)),
        TillSessionBody::SignedOff(off) => match off.because {
            SignOffCause::Asked => format!("{} signed off", off.user),
            because @ (SignOffCause::Locked
            | SignOffCause::Idle
            | SignOffCause::TakenOver
            | SignOffCause::Removed) => {
                format!("{} signed off: {}", off.user, words(&because))
            }
        },
        TillSessionBody::SignOnRefused(refused) => format!(
            "{} made to wait after {}",
            refused.user,
            count(refused.tries, "wrong PIN")
        ),
        TillSessionBody::OverrideGranted(granted) => format!(
            "{} let {} {}: {}",
            granted.granted_by,
            granted.asked_by,
            words(&granted.action),
            granted.reason
        ),
        TillSessionBody::ReceiptReprinted(reprinted) => {
            format!("receipt of {} printed once more", reprinted.document)
        }
        TillSessionBody::AgeChecked(checked) => format!(
            "customer {}{} years old",
            if checked.old_enough { "" } else { "not " },
            checked.minimum_age.years()
        ),
        TillSessionBody::SessionClosed(closed) => session_closed(style, closed),
    }
}

fn cash_counted(style: &Style, counted: &CashCounted) -> String {
    let total = style.amount(counted.counted_minor);
    pieces(
        style,
        format!("cash counted: {total}"),
        &counted.denominations,
    )
}

fn pieces(style: &Style, what: String, denominations: &[DenominationCount]) -> String {
    denominations.iter().fold(what, |text, denomination| {
        let worth = style.amount(denomination.denomination_minor);
        format!("{text}, {} × {worth}", denomination.pieces)
    })
}

fn session_closed(style: &Style, closed: &SessionClosed) -> String {
    let totals = &closed.totals;
    let reason = closed.over_short_reason.as_ref();
    let how = if closed.forced.is_some() {
        "closed by force"
    } else {
        "closed"
    };
    format!(
        "{how}: {}, {}, sales {}, drawer {}{}",
        count(totals.orders, "order"),
        count(totals.returns, "return"),
        style.amount(totals.sales_minor),
        super::session::over_short(style, totals.over_short_minor),
        reason.map_or_else(String::new, |reason| format!(" ({reason})")),
    )
}

/// `1 order`, `2 orders`.
fn count(number: u32, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn stock_moved(moved: &StockMoved) -> String {
    let lines = moved.lines.iter();
    let lines: Vec<String> = lines
        .map(|line| format!("{} {}", line.change, line.product))
        .collect();
    format!(
        "stock {} at store {}: {} ({})",
        words(&moved.kind),
        moved.store,
        list(&lines),
        moved.reason
    )
}
