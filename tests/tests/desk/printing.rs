//! The print queue, against a printer that is slow, out of paper, and cut off in the middle.

use std::time::Duration;

use holdfast_node::desk::{DeskCommand, PrinterTrouble};
use holdfast_tests::terminal::Behaviour;

use crate::counter::Counter;

async fn sell(counter: &Counter) -> String {
    counter.scan("TEA").await;
    let sold = counter.pay_cash(2_50).await;
    sold.receipt.expect("a number").to_string()
}

#[tokio::test]
async fn receipts_come_out_whole_and_in_order_after_the_drawer_opened() {
    let counter = Counter::open(vec![Behaviour::Approve]).await;
    counter.printer.set_slow(Duration::from_millis(1));
    let first = sell(&counter).await;
    let second = sell(&counter).await;
    counter.tell(DeskCommand::Reprint { document: None }).await;
    counter.until(|view| view.printing.waiting == 0).await;
    let receipts = counter.printer.receipts();
    assert_eq!(receipts.len(), 3);
    assert!(receipts[0].contains(&first) && receipts[0].contains("TEA"));
    assert!(receipts[1].contains(&second) && !receipts[1].contains("COPY"));
    assert!(receipts[2].contains(&second) && receipts[2].contains("COPY"));
    // The float's, and one for each sale.
    assert_eq!(counter.printer.kicks(), 3);
}

#[tokio::test]
async fn what_waits_for_paper_survives_a_restart() {
    let counter = Counter::open(vec![Behaviour::Approve]).await;
    counter.until(|view| view.printing.waiting == 0).await;
    counter.printer.set_paper(false);
    let number = sell(&counter).await;
    let out = Some(PrinterTrouble::PaperOut);
    let view = counter.until(|view| view.printing.trouble == out).await;
    assert_eq!(view.printing.waiting, 1);
    let counter = counter.restart().await;
    counter.until(|view| view.printing.trouble == out).await;
    assert!(counter.printer.receipts().is_empty());
    counter.printer.set_paper(true);
    let view = counter.until(|view| view.printing.waiting == 0).await;
    assert!(view.last.is_some());
    let receipts = counter.printer.receipts();
    // Before it the paper is cut, since half a receipt could hang out of the printer.
    assert_eq!(receipts.len(), 2);
    assert!(!receipts[0].contains("TEA"));
    assert!(receipts[1].contains(&number));
}

#[tokio::test]
async fn a_receipt_that_broke_off_is_cut_off_and_printed_whole() {
    let counter = Counter::open(vec![Behaviour::Approve]).await;
    counter.until(|view| view.printing.waiting == 0).await;
    counter.printer.cut_after(200);
    let number = sell(&counter).await;
    counter.until(|view| view.printing.waiting == 0).await;
    let receipts = counter.printer.receipts();
    let whole = receipts.last().expect("a receipt");
    assert!(whole.contains(&number) && whole.contains("TEA"));
    assert_eq!(whole.matches("TEA").count(), 1, "{whole}");
    let next = sell(&counter).await;
    counter.until(|view| view.printing.waiting == 0).await;
    assert!(
        counter
            .printer
            .receipts()
            .last()
            .expect("one")
            .contains(&next)
    );
}
