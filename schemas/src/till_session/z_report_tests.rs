//! A Z report's figures are the sums of its documents, whatever they are, in any order, and part by part.

use proptest::prelude::*;

use super::{
    BREAKDOWN_ROWS_MAX, CloseSession, SessionCommand, SessionTakings, TillSessionState,
    decide_till_session,
};
use crate::{
    after_sale::after_sale,
    books::{Books, balance},
    document::Document,
    identity::UserId,
    operation::{
        CashCounted, CashDropped, DenominationCount, Disposition, LineKind, LineNumber, Operation,
        PaidIn, Role, SessionBreakdown, SessionClosed, SessionTotals, TenderKind, write_operation,
    },
    order::{OrderState, SaleContext, SaleLine, SaleTender, sell},
    return_::{ReturnContext, ReturnRequest, ReturnState, ReturnedGoods, VerifiedLine, take_back},
    rules::Rules,
    stock::{order_movements, return_movements},
    testing::{
        append, document_id, log, minor, open_session, operation, order_number, order_of, reason,
        return_of, sale_line, sale_of, session_of, store,
    },
    value::{Currency, MinorUnits},
};

const DATE: &str = "2026-03-07";

/// Which product, how many, at how much, in which department.
fn arbitrary_line() -> impl Strategy<Value = SaleLine> {
    (0_usize..3, 1_u32..6, 0_u32..3_000, 0_usize..3).prop_map(|(sku, pieces, price, department)| {
        let price = format!("{}.{:02}", price / 100, price % 100);
        let sku = ["TEA", "JAM", "BAG"][sku];
        let mut line = sale_line(sku, &pieces.to_string(), &price, LineKind::Goods);
        line.department = [Some("FOOD"), Some("HOME"), None][department]
            .map(|department| department.parse().unwrap());
        if department == 1 {
            line.basket.tax_code = "reduced".parse().unwrap();
            line.basket.tax_rate = "5".parse().unwrap();
        }
        line
    })
}

/// A sale: its lines, how it is paid, by which user, and whether its first line comes back whole.
type Trade = (Vec<SaleLine>, usize, usize, bool);

fn arbitrary_trade() -> impl Strategy<Value = Trade> {
    let lines = proptest::collection::vec(arbitrary_line(), 1..4);
    (lines, 0_usize..3, 0_usize..3, any::<bool>())
}

fn by_user(user: usize, id: u64, bodies: Vec<crate::operation::Body>) -> Document {
    let user = [Some("101"), Some("102"), None][user].map(|user| UserId::new(user).unwrap());
    let operations: Vec<Operation> = bodies
        .into_iter()
        .map(|body| {
            let mut operation = operation(Role::Cashier, body);
            operation.by.user.clone_from(&user);
            operation
        })
        .collect();
    let mut document = Document::new(document_id(id));
    let appended = document.append(log(1), &operations).unwrap();
    document.insert(appended.change);
    document
}

fn sell_one(trade: &Trade, number: u64, session: &TillSessionState) -> OrderState {
    let kind = [TenderKind::Cash, TenderKind::Card, TenderKind::Voucher][trade.1];
    let mut sale = sale_of(trade.0.clone(), kind);
    if kind == TenderKind::Cash {
        sale.tenders[0].rounding_minor = Some(minor(2));
    }
    let context = SaleContext {
        number: order_number(i64::try_from(number).unwrap()),
        session,
        role: Role::Cashier,
        rules: &Rules::default(),
    };
    order_of(&by_user(trade.2, number, sell(&sale, &context).unwrap()))
}

fn take_first_back(order: &OrderState, number: u64, session: &TillSessionState) -> ReturnState {
    let line = LineNumber::new(1).unwrap();
    let request = ReturnRequest {
        goods: ReturnedGoods::Verified {
            order: order.id,
            lines: vec![VerifiedLine {
                line,
                quantity: order.lines[&line].added.quantity,
                reason: reason(),
                disposition: Disposition::Restock,
            }],
        },
        refunds: vec![SaleTender::the_rest(TenderKind::Cash)],
        customer: None,
    };
    let context = ReturnContext {
        number: order_number(i64::try_from(number).unwrap()),
        session,
        role: Role::Cashier,
        rules: &Rules::default(),
    };
    let bodies = take_back(&request, Some(&after_sale(order, &[])), &context).unwrap();
    return_of(&by_user(1, number, bodies))
}

fn tell(document: &mut Document, command: &SessionCommand) {
    let state = session_of(document);
    let bodies = decide_till_session(&state, command, Role::Cashier, &Rules::default()).unwrap();
    append(document, 1, bodies);
}

/// Counts in notes of ten and single pence, and closes.
fn close(document: &mut Document, takings: SessionTakings, over: i64) -> SessionClosed {
    let expected = session_of(document).expected_cash_minor(&takings).get();
    let counted = (expected + over).max(0);
    let pieces = |count: i64| u32::try_from(count).unwrap();
    let denominations = [(1_000, counted / 1_000), (1, counted % 1_000)];
    let denominations = denominations.map(|(worth, count)| DenominationCount {
        denomination_minor: minor(worth),
        pieces: pieces(count),
    });
    tell(
        document,
        &SessionCommand::CountCash(CashCounted {
            counted_minor: minor(counted),
            denominations: denominations.into(),
        }),
    );
    tell(
        document,
        &SessionCommand::Close(CloseSession {
            takings,
            covers: Vec::new(),
            over_short_reason: Some(reason()),
        }),
    );
    session_of(document).close.unwrap().1
}

fn sums_to(breakdown: &SessionBreakdown, totals: &SessionTotals) {
    let sum = |amounts: &mut dyn Iterator<Item = MinorUnits>| MinorUnits::sum(amounts).unwrap();
    let net_sales = totals.sales_minor.saturating_minus(totals.refunds_minor);
    let taxes = &breakdown.taxes;
    let tax = sum(&mut taxes.iter().map(|tax| tax.tax_minor));
    let net = sum(&mut taxes.iter().map(|tax| tax.net_minor));
    assert_eq!(tax, totals.tax_minor);
    assert_eq!(net.saturating_plus(tax), net_sales);
    let departments = breakdown.departments.iter();
    assert_eq!(
        sum(&mut departments.map(|one| one.sales_minor)),
        totals.sales_minor
    );
    let cashiers = &breakdown.cashiers;
    assert_eq!(
        sum(&mut cashiers.iter().map(|one| one.sales_minor)),
        totals.sales_minor
    );
    assert_eq!(
        sum(&mut cashiers.iter().map(|one| one.refunds_minor)),
        totals.refunds_minor
    );
    assert_eq!(
        cashiers.iter().map(|one| one.orders).sum::<u32>(),
        totals.orders
    );
    assert_eq!(
        cashiers.iter().map(|one| one.returns).sum::<u32>(),
        totals.returns
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_z_reports_sums_equal_the_ledger(
        trades in proptest::collection::vec(arbitrary_trade(), 0..8),
        paid_in in 1_i64..5_000,
        dropped in 1_i64..5_000,
        over in -300_i64..300,
    ) {
        let mut document = open_session(9_000, DATE, 20_000);
        let open = session_of(&document);
        let mut orders = Vec::new();
        let mut returns = Vec::new();
        for (number, trade) in (1..).zip(&trades) {
            let order = sell_one(trade, number, &open);
            if trade.3 {
                returns.push(take_first_back(&order, number + 100, &open));
            }
            orders.push(order);
        }
        let (amount_minor, reason) = (minor(paid_in), reason());
        tell(&mut document, &SessionCommand::PayIn(PaidIn { amount_minor, reason }));
        tell(&mut document, &SessionCommand::DropCash(CashDropped { amount_minor: minor(dropped) }));

        let parts: Vec<SessionTakings> = orders
            .iter()
            .map(|order| SessionTakings::of_order(open.id, order))
            .chain(returns.iter().map(|returned| SessionTakings::of_return(open.id, returned)))
            .collect();
        let sum = |parts: &mut dyn Iterator<Item = &SessionTakings>| parts.fold(SessionTakings::default(), SessionTakings::plus);
        let takings = sum(&mut parts.iter());
        prop_assert_eq!(&takings, &sum(&mut parts.iter().rev()));
        let closed = close(&mut document, takings, over);
        prop_assert_eq!(session_of(&document).misfits, vec![]);
        sums_to(closed.breakdown.as_ref().unwrap(), &closed.totals);

        let ledger: Vec<_> = orders.iter().flat_map(order_movements).chain(returns.iter().flat_map(return_movements)).collect();
        let report = balance(&Books {
            store: &store(),
            business_date: DATE.parse().unwrap(),
            currency: Currency::GBP,
            orders: &orders,
            returns: &returns,
            sessions: &[session_of(&document)],
            papers: &[],
            ledger: &ledger,
        });
        prop_assert_eq!(report.gaps, vec![]);
        let sold = MinorUnits::sum(orders.iter().map(OrderState::total_minor)).unwrap();
        prop_assert_eq!(closed.totals.sales_minor, sold);
    }
}

#[test]
fn a_z_report_of_very_many_departments_and_cashiers_still_fits_into_one_operation() {
    let mut takings = SessionTakings::default();
    let session = session_of(&open_session(9_000, DATE, 0));
    for number in 0..600_u64 {
        let mut line = sale_line("TEA", "1", "1.00", LineKind::Goods);
        line.department = format!("{number:0>32}").parse().ok();
        let order = sell_one(&(vec![line], 1, 2, false), number + 1, &session);
        let order = OrderState {
            opened_by: UserId::new(format!("{number:0>32}")).ok(),
            ..order
        };
        takings = takings.plus(&SessionTakings::of_order(session.id, &order));
    }
    let mut document = open_session(9_000, DATE, 0);
    let closed = close(&mut document, takings, 0);
    let breakdown = closed.breakdown.clone().unwrap();
    assert_eq!(breakdown.departments.len(), BREAKDOWN_ROWS_MAX);
    assert_eq!(breakdown.cashiers.len(), BREAKDOWN_ROWS_MAX);
    sums_to(&breakdown, &closed.totals);
    let written = write_operation(&operation(Role::Cashier, closed.into()));
    assert!(written.is_ok());
}

/// A return counts in the session that opened it, once it is complete; what was taken less what was given back is net.
#[test]
fn a_return_counts_where_it_was_opened_and_its_money_is_taken_off() {
    let here = session_of(&open_session(9_000, DATE, 0));
    let elsewhere = session_of(&open_session(9_001, DATE, 0));
    let lines = vec![
        sale_line("TEA", "1", "5.00", LineKind::Goods),
        sale_line("JAM", "1", "3.00", LineKind::Goods),
    ];
    let order = sell_one(&(lines, 1, 0, true), 1, &here);
    let returned = take_first_back(&order, 2, &here);
    let takings = |session: &TillSessionState| {
        SessionTakings::of_order(session.id, &order)
            .plus(&SessionTakings::of_return(session.id, &returned))
    };
    assert_eq!(takings(&elsewhere), SessionTakings::default());
    let takings = takings(&here);
    assert_eq!((takings.orders, takings.returns), (1, 1));
    assert_eq!(takings.refunds_minor, minor(500));
    assert_eq!(takings.net_tenders_minor(), minor(300));
    let unfinished = ReturnState {
        completed: None,
        ..returned
    };
    let unfinished = SessionTakings::of_return(here.id, &unfinished);
    assert_eq!(
        (unfinished.returns, unfinished.refunds_minor),
        (0, MinorUnits::ZERO)
    );
    assert_eq!(
        unfinished.net_tenders_minor(),
        minor(-500),
        "its money moved"
    );
}
