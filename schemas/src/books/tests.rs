//! A small day whose books balance, and each kind of gap put into it: each is found.

use super::{Books, BooksException, BooksGap, BooksReport, balance};
use crate::{
    after_sale::after_sale,
    identity::{DocumentId, ExternalRef, Sku},
    misfit::SessionFigure,
    operation::{
        CashCounted, Disposition, LineKind, LineNumber, LogRange, Role, StockLine, StockMoved,
        StockMovementKind, TenderKind,
    },
    order::{OrderState, SaleTender},
    return_::{ReturnContext, ReturnRequest, ReturnState, ReturnedGoods, VerifiedLine, take_back},
    rules::Rules,
    stock::{
        StockMovement, StockState, fold_stock, order_movements, return_movements, stock_movements,
    },
    testing::{
        append, document_id, minor, open_session, order_number, order_of, reason, return_of,
        sale_line, sale_of, session_of, sold, store, written,
    },
    till_session::{
        CloseSession, SessionCommand, SessionTakings, TillSessionState, decide_till_session,
    },
    value::{Currency, Quantity, QuantityTotal},
};

struct Day {
    orders: Vec<OrderState>,
    returns: Vec<ReturnState>,
    sessions: Vec<TillSessionState>,
    papers: Vec<StockState>,
    ledger: Vec<StockMovement>,
}

impl Day {
    fn balance(&self) -> BooksReport {
        balance(&Books {
            store: &store(),
            business_date: DATE.parse().unwrap(),
            currency: Currency::GBP,
            orders: &self.orders,
            returns: &self.returns,
            sessions: &self.sessions,
            papers: &self.papers,
            ledger: &self.ledger,
        })
    }
}

const DATE: &str = "2010-12-01";
const SESSION: u64 = 9_000;

fn sale_of_tea(session: &TillSessionState, number: u64) -> OrderState {
    let tea = sale_of(
        vec![sale_line("TEA", "3", "2.50", LineKind::Goods)],
        TenderKind::Cash,
    );
    order_of(&sold(number, &tea, session))
}

/// Takes one piece of an order's first line back, to a card.
fn taken_back(session: &TillSessionState, order: &OrderState) -> ReturnState {
    let line = VerifiedLine {
        line: LineNumber::new(1).unwrap(),
        quantity: Quantity::pieces(1).unwrap(),
        reason: reason(),
        disposition: Disposition::Restock,
    };
    let request = ReturnRequest {
        goods: ReturnedGoods::Verified {
            order: order.id,
            lines: vec![line],
        },
        refunds: vec![SaleTender::the_rest(TenderKind::Card)],
        customer: None,
    };
    let context = ReturnContext {
        number: order_number(50),
        session,
        role: Role::Cashier,
        rules: &Rules::default(),
    };
    let bodies = take_back(&request, Some(&after_sale(order, &[])), &context);
    return_of(&written(document_id(50), bodies.unwrap()))
}

fn delivery() -> StockState {
    let paper = StockMoved {
        store: store(),
        business_date: DATE.parse().unwrap(),
        kind: StockMovementKind::Received,
        reason: reason(),
        lines: vec![StockLine {
            product: Sku::new("TEA").unwrap(),
            change: "10".parse().unwrap(),
        }],
    };
    let document = written(document_id(60), vec![paper.into()]);
    fold_stock(document.id(), document.operations())
}

/// Two cash sales, a return, a delivery, further orders, and a closed drawer.
fn day_with(further: impl Fn(&TillSessionState) -> Vec<OrderState>) -> Day {
    let mut session = open_session(SESSION, DATE, 10_000);
    let open = session_of(&session);
    let jam = sale_of(
        vec![sale_line("JAM", "1", "4.00", LineKind::Goods)],
        TenderKind::Card,
    );
    let mut orders = vec![sale_of_tea(&open, 1), order_of(&sold(2, &jam, &open))];
    orders.extend(further(&open));
    let returns = vec![taken_back(&open, &orders[0])];
    let papers = vec![delivery()];
    let of_orders = orders
        .iter()
        .map(|order| SessionTakings::of_order(session.id(), order));
    let of_returns = returns
        .iter()
        .map(|returned| SessionTakings::of_return(session.id(), returned));
    let takings = of_orders
        .chain(of_returns)
        .fold(SessionTakings::default(), |sum, takings| sum.plus(&takings));
    let counted = CashCounted {
        counted_minor: open.expected_cash_minor(&takings),
        denominations: Vec::new(),
    };
    let close = CloseSession {
        takings,
        covers: Vec::<LogRange>::new(),
        over_short_reason: None,
    };
    for command in [
        SessionCommand::CountCash(counted),
        SessionCommand::Close(close),
    ] {
        let state = session_of(&session);
        let bodies = decide_till_session(&state, &command, Role::Cashier, &Rules::default());
        append(&mut session, 1, bodies.expect("the drawer agrees"));
    }
    let session = session_of(&session);
    assert_eq!(session.misfits, Vec::new());
    let moved = orders.iter().flat_map(order_movements);
    let moved = moved.chain(returns.iter().flat_map(return_movements));
    Day {
        ledger: moved
            .chain(papers.iter().flat_map(stock_movements))
            .collect(),
        orders,
        returns,
        sessions: vec![session],
        papers,
    }
}

fn day() -> Day {
    day_with(|_| Vec::new())
}

#[test]
fn a_day_balances() {
    let report = day().balance();
    assert_eq!(report.gaps, Vec::new());
    assert!(report.balances());
    assert_eq!(report.exceptions, Vec::new());
    assert_eq!((report.orders, report.returns, report.movements), (2, 1, 4));
    assert_eq!(
        report.net_sales_minor.saturating_plus(report.tax_minor),
        minor(1_150 - 250)
    );
    let tenders: Vec<_> = report.net_tenders_minor.values().copied().collect();
    assert_eq!(tenders, [minor(750), minor(400 - 250)]);
}

/// The order of tea was captured a second time, as document 3; each capture names the other.
fn day_of_an_aliased_order() -> Day {
    let mut day = day_with(|session| vec![sale_of_tea(session, 3)]);
    let because: ExternalRef = "web:7".parse().unwrap();
    let (first, second) = (day.orders[0].id, day.orders[2].id);
    day.orders[0].aliases.insert(second, because.clone());
    day.orders[2].aliases.insert(first, because);
    day.ledger.retain(|movement| movement.document != second);
    day
}

#[test]
fn an_order_that_was_captured_twice_counts_once_and_what_was_paid_twice_is_named() {
    let mut day = day_of_an_aliased_order();
    let (first, second) = (day.orders[0].id, day.orders[2].id);
    let report = day.balance();
    assert_eq!((report.orders, report.movements), (2, 4));
    let paid_twice = BooksGap::OrderMoney {
        document: first,
        difference_minor: minor(750),
    };
    assert_eq!(report.gaps, [paid_twice]);
    let aliased = |document, amount| BooksException::Aliased {
        document,
        amount_minor: minor(amount),
    };
    assert_eq!(
        report.exceptions,
        [aliased(first, -750), aliased(second, 750)]
    );

    // Goods that left twice are found as well.
    day.ledger.extend(order_movements(&day.orders[2]));
    let gaps = day.balance().gaps;
    let surplus = |gap: &BooksGap| matches!(gap, BooksGap::MovementSurplus { document, .. } if *document == second);
    assert!(gaps.iter().any(surplus), "{gaps:?}");

    // Two orders after all: each counts.
    for at in [0, 2] {
        day.orders[at].aliases.clear();
    }
    let report = day.balance();
    assert_eq!((report.orders, report.gaps), (3, Vec::new()));
    assert_eq!(report.exceptions, Vec::new());
}

/// A change to the day, and whether a gap is the one that it must be found by.
type Injection = (&'static str, fn(&mut Day), fn(&BooksGap) -> bool);

#[test]
fn each_kind_of_gap_is_found() {
    let injections: [Injection; 16] = [
        (
            "a movement that is not in the ledger",
            |day| drop(day.ledger.pop()),
            |gap| matches!(gap, BooksGap::MovementMissing { .. }),
        ),
        (
            "a movement that is in the ledger twice",
            |day| day.ledger.push(day.ledger[0].clone()),
            |gap| matches!(gap, BooksGap::MovementSurplus { .. }),
        ),
        (
            "a movement of another product",
            |day| day.ledger[0].product = Sku::new("BAG").unwrap(),
            |gap| matches!(gap, BooksGap::MovementMissing { .. }),
        ),
        (
            "an order that has not arrived",
            |day| drop(day.orders.remove(0)),
            |gap| {
                matches!(
                    gap,
                    BooksGap::ZReportCount {
                        written: 3,
                        documents: 2,
                        ..
                    }
                )
            },
        ),
        (
            "a tender that was lost",
            |day| day.orders[0].tenders.clear(),
            |gap| matches!(gap, BooksGap::OrderMoney { .. }),
        ),
        (
            "a refund that was lost",
            |day| day.returns[0].refunds.clear(),
            |gap| {
                matches!(
                    gap,
                    BooksGap::ReturnMoney { difference_minor, .. } if *difference_minor == minor(-250)
                )
            },
        ),
        (
            "a return that has not arrived",
            |day| day.returns.clear(),
            |gap| {
                matches!(
                    gap,
                    BooksGap::ZReportCount {
                        written: 3,
                        documents: 2,
                        ..
                    }
                )
            },
        ),
        (
            "an order in another currency",
            |day| day.orders[1].header.as_mut().unwrap().currency = Currency::EUR,
            |gap| matches!(gap, BooksGap::OtherCurrency { document } if *document == document_id(2)),
        ),
        (
            "a return in another currency",
            |day| day.returns[0].header.as_mut().unwrap().currency = Currency::EUR,
            |gap| matches!(gap, BooksGap::OtherCurrency { document } if *document == document_id(50)),
        ),
        (
            "goods that were sold and not handed over",
            |day| {
                let line = day.orders[0].lines.values_mut().next().unwrap();
                line.handed_over = QuantityTotal::zero(line.handed_over.measure());
            },
            |gap| matches!(gap, BooksGap::UnitsNotHandedOver { document } if *document == document_id(1)),
        ),
        (
            "goods that were refunded and not taken back",
            |day| {
                let line = day.returns[0].lines.values_mut().next().unwrap();
                line.taken_back = QuantityTotal::zero(line.taken_back.measure());
            },
            |gap| matches!(gap, BooksGap::UnitsNotTakenBack { document } if *document == document_id(50)),
        ),
        (
            "a paper that is not in the ledger",
            |day| {
                let of_paper = document_id(60);
                day.ledger.retain(|movement| movement.document != of_paper);
            },
            |gap| matches!(gap, BooksGap::MovementMissing { document, .. } if *document == document_id(60)),
        ),
        (
            "a movement of a paper that has not arrived",
            |day| day.papers.clear(),
            |gap| matches!(gap, BooksGap::MovementSurplus { document, .. } if *document == document_id(60)),
        ),
        (
            "a session that has not arrived",
            |day| day.sessions.clear(),
            |gap| matches!(gap, BooksGap::SessionMissing { session, .. } if *session == session_id()),
        ),
        (
            "a drawer that was counted differently from what the Z report says",
            |day| day.sessions[0].count.as_mut().unwrap().counted_minor = minor(1),
            |gap| matches!(gap, BooksGap::Drawer { .. }),
        ),
        (
            "a Z report with another figure",
            |day| day.sessions[0].close.as_mut().unwrap().1.totals.sales_minor = minor(1),
            |gap| {
                matches!(
                    gap,
                    BooksGap::ZReport {
                        figure: SessionFigure::Sales,
                        ..
                    }
                )
            },
        ),
    ];
    for (what, inject, is_found) in injections {
        let mut day = day();
        inject(&mut day);
        let report = day.balance();
        assert!(
            report.gaps.iter().any(is_found),
            "{what}: {:?}",
            report.gaps
        );
        assert!(!report.balances());
    }
}

fn session_id() -> DocumentId {
    document_id(SESSION)
}

/// Money belongs to the day of its own session, whatever other sessions are there.
#[test]
fn a_session_of_another_day_takes_no_money_from_this_one() {
    let mut day = day();
    let other = session_of(&open_session(SESSION + 1, "2010-12-02", 5_000));
    day.sessions.insert(0, other);
    let report = day.balance();
    assert!(report.balances(), "{:?}", report.gaps);
    let taken = report.net_tenders_minor.values().copied();
    assert_eq!(taken.collect::<Vec<_>>(), [minor(750), minor(150)]);
}
