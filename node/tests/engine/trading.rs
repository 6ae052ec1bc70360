//! Sessions, sales, returns and stock, through the engine.

use holdfast_node::engine::{Action, OpenSession, StockPaper, SubmitError};
use holdfast_schemas::{
    identity::{Channel, ExternalRef, ExternalValue},
    operation::{DocumentKind, PaidOut, StockLine, StockMovementKind},
    refusal::Refusal,
    till_session::fold_till_session,
    value::{MinorUnits, Quantity},
};

use crate::support::{Till, blind_return, pieces, reason, sale, sku, store, verified_return};

fn stock(till: &Till, product: &str) -> String {
    let levels = till.engine.store().stock_of(&store(), &sku(product));
    match levels.expect("levels").as_slice() {
        [] => "none".to_owned(),
        [level] => level.on_hand.to_string(),
        more => panic!("one measure, not {more:?}"),
    }
}

#[test]
fn a_day_at_the_till_ends_with_the_cash_that_should_be_there() {
    let mut till = Till::new(1);
    let session = till.open_session();
    assert_eq!(session.kind, DocumentKind::TillSession);
    let sold = till.sell(&[("MUG", 3, "4.50"), ("BOWL", 1, "9.99")]);
    assert_eq!(
        sold.amount.map(|money| money.minor),
        Some(MinorUnits::new(2_349))
    );
    let returned = till.submit(Action::Return(verified_return(sold.document, 1)));
    assert_eq!(
        returned.amount.map(|money| money.minor),
        Some(MinorUnits::new(450))
    );
    till.submit(Action::Return(blind_return("PLATE", 1, "3.00")));
    till.submit(Action::PayOut(PaidOut {
        amount_minor: MinorUnits::new(1_000),
        reason: reason(),
    }));
    till.count_cash(10_000 + 2_349 - 450 - 300 - 1_000);
    till.submit(Action::CloseSession {
        over_short_reason: None,
    });

    let document = till.engine.store().document(session.document);
    let document = document.expect("readable").expect("it is here");
    let state = fold_till_session(document.id(), document.operations());
    let (_, closed) = state.close.expect("it is closed");
    assert_eq!(closed.totals.over_short_minor, MinorUnits::ZERO);
    assert_eq!((closed.totals.orders, closed.totals.returns), (1, 2));
    assert_eq!(closed.covers.len(), 1);
    assert_eq!(closed.covers[0].first, session.position);
    assert_eq!(
        [
            stock(&till, "MUG"),
            stock(&till, "BOWL"),
            stock(&till, "PLATE")
        ],
        ["-2", "-1", "1"]
    );
    assert!(till.engine.view().expect("a view").session.is_none());
    assert_eq!(till.engine.check().expect("a check"), []);
}

#[test]
fn nothing_is_sold_without_a_session_and_no_second_one_opens() {
    let mut till = Till::new(1);
    let refused = till.try_submit(Action::Sell(sale(&[("MUG", 1, "4.50")])));
    assert!(matches!(
        refused,
        Err(SubmitError::Refused(Refusal::SessionClosed {}))
    ));
    till.open_session();
    let second = till.try_submit(Action::OpenSession(OpenSession {
        business_date: None,
        float_minor: MinorUnits::ZERO,
    }));
    assert!(matches!(
        second,
        Err(SubmitError::Refused(Refusal::SessionOpen { .. }))
    ));
    assert_eq!(till.own_entries().len(), 1, "a refusal writes nothing");
}

#[test]
fn no_more_is_taken_back_than_was_sold_over_all_returns() {
    let mut till = Till::new(1);
    till.open_session();
    let sold = till.sell(&[("MUG", 3, "4.50")]);
    till.submit(Action::Return(verified_return(sold.document, 2)));
    let too_much = till.try_submit(Action::Return(verified_return(sold.document, 2)));
    assert!(
        matches!(too_much, Err(SubmitError::Refused(_))),
        "{too_much:?}"
    );
    till.submit(Action::Return(verified_return(sold.document, 1)));
    assert_eq!(stock(&till, "MUG"), "0");
    assert_eq!(
        till.engine
            .store()
            .returns_of(sold.document)
            .expect("returns")
            .len(),
        2
    );
}

#[test]
fn an_order_is_found_by_number_by_reference_and_by_id() {
    let mut till = Till::new(1);
    till.open_session();
    let reference = ExternalRef {
        channel: Channel::new("web").expect("a channel"),
        value: ExternalValue::new("W-1001").expect("a value"),
    };
    let mut basket = sale(&[("MUG", 1, "4.50")]);
    basket.references.push(reference.clone());
    let sold = till.submit(Action::Sell(basket));
    let number = sold.number.expect("an order has a number");
    let file = till.engine.store();
    assert_eq!(
        file.documents_by_number(number).expect("found"),
        [sold.document]
    );
    assert_eq!(
        file.documents_by_reference(&reference).expect("found"),
        [sold.document]
    );
    let document = file
        .document(sold.document)
        .expect("readable")
        .expect("found");
    assert_eq!(document.kind(), Some(DocumentKind::Order));
    assert_eq!(file.entries_of(sold.document).expect("entries").len(), 1);
}

#[test]
fn stock_papers_move_stock_also_in_measures() {
    let mut till = Till::new(1);
    let flour: Quantity = "2.750 kg".parse().expect("a quantity");
    till.submit(Action::MoveStock(StockPaper {
        business_date: None,
        kind: StockMovementKind::Received,
        reason: reason(),
        lines: vec![
            StockLine {
                product: sku("FLOUR"),
                change: flour.rise(),
            },
            StockLine {
                product: sku("MUG"),
                change: pieces(12).rise(),
            },
        ],
    }));
    assert_eq!([stock(&till, "FLOUR"), stock(&till, "MUG")], ["2.75", "12"]);
}

/// A change does not name its document: two equal papers of one millisecond had one hash, and the second was not taken.
#[test]
fn two_equal_papers_of_one_millisecond_are_two() {
    let mut till = Till::new(1);
    let paper = Action::MoveStock(StockPaper {
        business_date: None,
        kind: StockMovementKind::Adjusted,
        reason: reason(),
        lines: vec![StockLine {
            product: sku("MUG"),
            change: pieces(1).fall(),
        }],
    });
    let before = till.now;
    let receipts = [(); 3].map(|()| {
        till.now = before;
        till.submit(paper.clone())
    });
    assert!(receipts[0].change != receipts[1].change && receipts[1].change != receipts[2].change);
    assert_eq!(receipts[2].at, receipts[0].at.plus_milliseconds(2));
    assert_eq!(stock(&till, "MUG"), "-3");
}

#[test]
fn the_trading_day_is_the_stores_own() {
    let mut till = Till::new(1);
    // 2026-07-01 23:30 UTC is half past midnight of the second of July in London.
    till.now = holdfast_schemas::time::Timestamp::from_milliseconds(1_782_948_600_000);
    till.open_session();
    let session = till
        .engine
        .view()
        .expect("a view")
        .session
        .expect("it is open");
    assert_eq!(session.business_date.to_string(), "2026-07-02");
}
