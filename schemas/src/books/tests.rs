//! A small day whose books balance, and each kind of gap put into it: each is found.

use super::{Books, BooksGap, BooksReport, balance};
use crate::{
    identity::{DocumentId, Sku},
    misfit::SessionFigure,
    operation::{CashCounted, LineKind, LogRange, Role, TenderKind},
    order::OrderState,
    return_::ReturnState,
    rules::Rules,
    stock::{StockMovement, order_movements},
    testing::{
        append, document_id, minor, open_session, order_of, sale_line, sale_of, session_of, sold,
        store,
    },
    till_session::{
        CloseSession, SessionCommand, SessionTakings, TillSessionState, decide_till_session,
    },
    value::Currency,
};

struct Day {
    orders: Vec<OrderState>,
    returns: Vec<ReturnState>,
    sessions: Vec<TillSessionState>,
    ledger: Vec<StockMovement>,
}

impl Day {
    fn balance(&self) -> BooksReport {
        balance(&Books {
            store: &store(),
            business_date: "2010-12-01".parse().unwrap(),
            currency: Currency::GBP,
            orders: &self.orders,
            returns: &self.returns,
            sessions: &self.sessions,
            papers: &[],
            ledger: &self.ledger,
        })
    }
}

const SESSION: u64 = 9_000;

/// Two cash sales and a closed drawer.
fn day() -> Day {
    let mut session = open_session(SESSION, "2010-12-01", 10_000);
    let open = session_of(&session);
    let tea = sale_of(
        vec![sale_line("TEA", "3", "2.50", LineKind::Goods)],
        TenderKind::Cash,
    );
    let jam = sale_of(
        vec![sale_line("JAM", "1", "4.00", LineKind::Goods)],
        TenderKind::Card,
    );
    let orders = vec![
        order_of(&sold(1, &tea, &open)),
        order_of(&sold(2, &jam, &open)),
    ];
    let takings = orders
        .iter()
        .map(|order| SessionTakings::of_order(session.id(), order))
        .fold(SessionTakings::default(), |sum, takings| sum.plus(&takings));
    let counted = CashCounted {
        counted_minor: minor(10_750),
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
    Day {
        ledger: orders.iter().flat_map(order_movements).collect(),
        orders,
        returns: Vec::new(),
        sessions: vec![session],
    }
}

#[test]
fn a_day_balances() {
    let report = day().balance();
    assert_eq!(report.gaps, Vec::new());
    assert!(report.balances());
    assert_eq!(report.exceptions, Vec::new());
    assert_eq!((report.orders, report.returns, report.movements), (2, 0, 2));
    assert_eq!(
        report.net_sales_minor.saturating_plus(report.tax_minor),
        minor(1_150)
    );
    assert_eq!(
        report
            .net_tenders_minor
            .values()
            .copied()
            .collect::<Vec<_>>(),
        [minor(750), minor(400)]
    );
}

/// A change to the day, and whether a gap is the one that it must be found by.
type Injection = (&'static str, fn(&mut Day), fn(&BooksGap) -> bool);

#[test]
fn each_kind_of_gap_is_found() {
    let injections: [Injection; 8] = [
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
                        written: 2,
                        documents: 1,
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
