//! Rights between real tills: one holder at a time, through restarts and restored backups.

use std::time::Duration;

use holdfast_schemas::{
    identity::{DocumentId, NodeNumber},
    wire::{Answer, HeldBecause, Question, Right, RightKind},
};

use crate::{
    ledger::Ledger,
    shop::{PATIENCE, Shop, leeds},
    till::Till,
};

/// How often a till asks again.
const ASK_INTERVAL: Duration = Duration::from_millis(50);

fn refund(document: DocumentId) -> Right {
    Right {
        kind: RightKind::Refund,
        document,
    }
}

impl Till {
    async fn take(&self, right: Right) -> Answer {
        self.node.sync().ask(Question::TakeRight { right }).await
    }

    /// Takes a right, as soon as the server may give one.
    async fn granted(&self, right: Right) {
        let granted = async {
            let mut again = tokio::time::interval(ASK_INTERVAL);
            loop {
                again.tick().await;
                let answer = self.take(right).await;
                if matches!(answer, Answer::Granted { .. }) {
                    return;
                }
                let later = matches!(answer, Answer::NotYet | Answer::NotReachable { .. });
                assert!(later, "{answer:?}");
            }
        };
        let granted = tokio::time::timeout(PATIENCE, granted).await;
        granted.expect("the right is granted");
    }

    async fn is_using(&self, right: Right) -> bool {
        let till = self.handle();
        let using = till.engine(move |engine, _| engine.use_right(right));
        using.await.expect("kept")
    }

    fn number(&self) -> NodeNumber {
        self.folder.number()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_is_yielded_to_the_till_that_asks_unless_it_is_in_use() {
    let shop = Shop::open().await;
    let first = shop.enrol(leeds(), "first", None).await.start();
    let second = shop.enrol(leeds(), "second", None).await.start();
    let mut ledger = Ledger::default();
    let receipts = first.trade(1, &mut ledger).await;
    let right = refund(receipts[0].document);
    first.sent().await;
    second.online().await;

    first.granted(right).await;
    assert!(first.is_using(right).await);
    let in_use = Answer::Held {
        by: first.number(),
        because: HeldBecause::InUse,
    };
    assert_eq!(second.take(right).await, in_use);
    let till = first.handle();
    let done = till.engine(move |engine, _| {
        engine.stop_using(&right);
        Ok::<_, holdfast_node::store::StoreError>(())
    });
    done.await.expect("the engine runs");
    assert!(matches!(second.take(right).await, Answer::Granted { .. }));
    assert!(!first.is_using(right).await, "it gave the right up");
    let holder = second.number().get();
    shop.until("/v1/rights", |rights| {
        rights.len() == 1 && rights[0]["node"] == holder && rights[0]["kind"] == "refund"
    })
    .await;

    // A holder that is away keeps its right, and its file shows it.
    let second = second.stop().await;
    let listed = second.command(&["rights", "list"]).await;
    assert_eq!(listed["rights"][0]["right"]["kind"], "refund", "{listed:#}");
    assert_eq!(listed["rights"][0]["given_up"], false, "{listed:#}");
    let away = Answer::Held {
        by: second.number(),
        because: HeldBecause::Away,
    };
    assert_eq!(first.take(right).await, away);
    let second = second.start();
    shop.close(vec![first, second], &ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_restored_from_a_backup_learns_the_rights_and_grants_none_twice() {
    let mut shop = Shop::open().await;
    let holder = shop.enrol(leeds(), "holder", None).await.start();
    let other = shop.enrol(leeds(), "other", None).await.start();
    let mut ledger = Ledger::default();
    let receipts = holder.trade(2, &mut ledger).await;
    let rights: Vec<Right> = receipts
        .iter()
        .take(2)
        .map(|sale| refund(sale.document))
        .collect();
    holder.sent().await;
    other.online().await;
    // As of the backup the other till holds one of the two.
    other.granted(rights[0]).await;
    let backup = shop.path("backup").display().to_string();
    shop.command(&["store", "backup", &backup]).await;
    for right in &rights {
        holder.granted(*right).await;
        assert!(holder.is_using(*right).await);
    }

    let epoch = holder.epoch();
    shop.stop().await;
    shop.command(&["store", "restore", &backup]).await;
    // One till is slower to come back: until it has, nobody is given anything.
    let holder = holder.stop().await;
    shop.start().await;
    other.meets_another_epoch(epoch).await;
    for right in &rights {
        assert_eq!(other.take(*right).await, Answer::NotYet);
    }
    let holder = holder.start();
    holder.online().await;
    for right in &rights {
        assert!(holder.is_using(*right).await, "its file knows");
        let in_use = Answer::Held {
            by: holder.number(),
            because: HeldBecause::InUse,
        };
        assert_eq!(other.take(*right).await, in_use);
    }
    shop.close(vec![holder, other], &ledger).await;
}
