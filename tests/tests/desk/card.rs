//! Cards: charged once, asked about until the answer is known, whatever the terminal does.

use holdfast_node::desk::{CardState, DeskCommand, DeskRefusal};
use holdfast_schemas::{order::fold_order, tendering::Decline, value::MinorUnits};
use holdfast_tests::terminal::Behaviour;

use crate::counter::Counter;

async fn charge(counter: &Counter) {
    counter.scan("MUG").await;
    let card = DeskCommand::PayByCard { amount_minor: None };
    counter.tell(card).await;
}

#[tokio::test]
async fn a_card_that_is_charged_finishes_the_sale_whatever_becomes_of_the_answer() {
    for behaviour in [
        Behaviour::Approve,
        Behaviour::DropAnswer,
        Behaviour::AnswerTwice,
    ] {
        let counter = Counter::open(vec![behaviour]).await;
        charge(&counter).await;
        let view = counter.until(|view| view.last.is_some()).await;
        let last = view.last.clone().expect("finished");
        assert_eq!(last.total_minor, MinorUnits::new(5_45), "{behaviour:?}");
        assert!(last.receipt.is_some());
        assert_eq!(counter.terminal.charged().len(), 1);
        assert_eq!(counter.terminal.charges_asked(), 1, "{behaviour:?}");
        let document = counter.node().handle().document(last.document).await;
        let document = document.expect("read").expect("here");
        let order = fold_order(document.id(), document.operations());
        assert_eq!(order.tenders.len(), 1);
        assert_eq!(order.misfits, []);
    }
}

/// The intent is the same operation of each order that one process begins; the terminal must not take them for one.
#[tokio::test]
async fn the_second_sale_of_a_run_is_another_payment_for_the_terminal() {
    let counter = Counter::open(vec![Behaviour::Approve, Behaviour::Decline]).await;
    charge(&counter).await;
    counter.until(|view| view.last.is_some()).await;
    charge(&counter).await;
    let declined = CardState::Declined(Decline::Refused);
    counter
        .until(|view| {
            let card = view.tendering.card.as_ref();
            card.is_some_and(|card| card.state == declined)
        })
        .await;
    assert_eq!(counter.terminal.charged().len(), 1);
    assert_eq!(counter.terminal.charges_asked(), 2);
}

#[tokio::test]
async fn a_card_that_is_not_charged_leaves_the_basket_to_be_paid_otherwise() {
    for (behaviour, because) in [
        (Behaviour::Decline, Decline::Refused),
        (Behaviour::TimeOut, Decline::TimedOut),
        (Behaviour::DropRequest, Decline::NeverArrived),
    ] {
        let counter = Counter::open(vec![behaviour]).await;
        charge(&counter).await;
        let declined = |state: CardState| state == CardState::Declined(because);
        let view = counter
            .until(|view| {
                let card = view.tendering.card.as_ref();
                card.is_some_and(|card| declined(card.state))
            })
            .await;
        assert_eq!(view.tendering.due_minor, MinorUnits::new(5_45));
        assert!(counter.terminal.charged().is_empty());
        // Something more is rung up, and all of it paid in cash, as an order of its own.
        counter.scan("TEA").await;
        let sold = counter.pay_cash(10_00).await;
        assert_eq!(sold.total_minor, MinorUnits::new(7_95));
    }
}

#[tokio::test]
async fn nothing_else_is_done_while_an_outcome_is_open_and_a_restart_only_asks() {
    let counter = Counter::open(vec![Behaviour::TimeOut]).await;
    charge(&counter).await;
    let cash = DeskCommand::TakeCash {
        tendered_minor: MinorUnits::new(10_00),
    };
    let refusal = counter.desk.tell(cash).await.expect_err("open");
    assert!(matches!(refusal, DeskRefusal::PaymentOpen { .. }));
    let counter = counter.restart().await;
    counter
        .until(|view| {
            let card = view.tendering.card.as_ref();
            card.is_some_and(|card| matches!(card.state, CardState::Declined(_)))
        })
        .await;
    assert!(counter.terminal.charges_asked() <= 1);
    counter.sign_on().await;
    let sold = counter.pay_cash(5_45).await;
    assert_eq!(sold.total_minor, MinorUnits::new(5_45));
}

#[tokio::test]
async fn a_sale_is_paid_with_cash_and_a_card_together() {
    let counter = Counter::open(vec![Behaviour::Approve]).await;
    counter.scan("MUG").await;
    counter
        .tell(DeskCommand::TakeCash {
            tendered_minor: MinorUnits::new(2_00),
        })
        .await;
    counter
        .tell(DeskCommand::PayByCard { amount_minor: None })
        .await;
    let view = counter.until(|view| view.last.is_some()).await;
    let last = view.last.clone().expect("finished");
    let document = counter.node().handle().document(last.document).await;
    let document = document.expect("read").expect("here");
    let order = fold_order(document.id(), document.operations());
    assert_eq!(order.held_minor(), MinorUnits::new(5_45));
    assert_eq!(order.tenders.len(), 2);
    assert_eq!(order.misfits, []);
}
