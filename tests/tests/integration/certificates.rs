//! A till's certificate is renewed while it is still good.

use holdfast_node::{clock::Clock, enrol::validity, node::Surroundings};
use holdfast_schemas::{
    identity::{Channel, ExternalRef, ExternalValue},
    time::Timestamp,
    wire::{Answer, OrderKey, Question},
};

use crate::{
    ledger::Ledger,
    shop::{Shop, leeds},
    till::Till,
};

/// How many questions are asked and answered while nothing may happen.
const QUESTIONS: u32 = 20;
const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A clock that stands still.
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Says something to the server and hears its answer: all that was said before has been answered by then.
async fn round_trip(till: &Till) {
    let key = OrderKey::Reference(ExternalRef {
        channel: Channel::new("web").expect("a channel's name"),
        value: ExternalValue::new("W-1").expect("a value"),
    });
    let answer = till.node.sync().ask(Question::FindOrder { key }).await;
    assert!(matches!(answer, Answer::NotFound { .. }), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_at_two_thirds_of_its_life_and_not_before() {
    let shop = Shop::open().await;
    let folder = shop.enrol(leeds(), "till", None).await;
    let identity = folder.identity();
    let certificate = || {
        identity
            .enrolment()
            .expect("enrolled")
            .enrolled
            .certificates
    };
    let first = certificate();
    let enrolled = identity.enrolment().expect("enrolled").enrolled;
    let due = validity(&enrolled).expect("a validity").renew_at();

    let at = |now: Timestamp| Surroundings {
        clock: Box::new(Stopped(now)),
        ..Surroundings::of_machine().expect("a socket")
    };
    // An hour before, nothing is asked for.
    let till = folder.start_in(at(due.plus_milliseconds(-HOUR_MS)));
    till.online().await;
    for _ in 0..QUESTIONS {
        round_trip(&till).await;
    }
    assert_eq!(certificate(), first);

    let till = till
        .stop()
        .await
        .start_in(at(due.plus_milliseconds(DAY_MS)));
    till.online().await;
    for _ in 0..QUESTIONS {
        if certificate() != first {
            break;
        }
        round_trip(&till).await;
    }
    let second = certificate();
    assert_ne!(second[0], first[0]);
    assert_eq!(second[1], first[1], "the authority is the same");
    // By this clock the new certificate is due as well; that is no reason to ask again and again.
    for _ in 0..QUESTIONS {
        round_trip(&till).await;
    }
    assert_eq!(certificate(), second);

    let till = till.stop().await.start();
    let mut ledger = Ledger::default();
    till.trade(1, &mut ledger).await;
    shop.close(vec![till], &ledger).await;
}
