//! Questions in both directions, and certificates.

use super::{Pair, disks::log_of};
use crate::{
    identity::DocumentId,
    sync::{
        server,
        till::{Input, Link},
    },
    testing::document_id,
    wire::{
        Answer, Ask, AskId, CertificateRenewal, Der, Message, OrderKey, Question,
        limits::{ASK_TIMEOUT_MS, ASKS_MAX},
    },
};

fn find(order: DocumentId) -> Question {
    Question::FindOrder {
        key: OrderKey::Document(order),
    }
}

fn last(pair: &Pair) -> &Answer {
    &pair.seen.answered.last().expect("an answer").1
}

#[test]
fn an_order_is_found_with_its_changes_or_it_is_said_that_there_is_none() {
    let mut pair = Pair::online();
    pair.server.receive(log_of(3, 1), 2);
    let held = &pair.server.logs[&log_of(3, 1)].entries;
    let order = held.first_key_value().unwrap().1.entry.clone();
    pair.ask(1, find(order.document));
    let Answer::Found(found) = last(&pair) else {
        panic!("it is there");
    };
    assert_eq!(
        (found.order, &found.entries),
        (order.document, &vec![order])
    );
    assert_eq!(found.data_as_of, pair.now);
    pair.ask(2, find(document_id(99)));
    let none = Answer::NotFound {
        data_as_of: pair.now,
    };
    assert_eq!(*last(&pair), none);
}

#[test]
fn without_a_line_the_till_says_as_of_when_its_own_data_are() {
    let mut pair = Pair::new();
    pair.line = false;
    pair.settle();
    pair.ask(1, find(document_id(1)));
    assert_eq!(*last(&pair), Answer::NotReachable { data_as_of: None });

    pair.line = true;
    pair.advance(60_000);
    let complete_at = pair.till.status().data_as_of;
    assert!(complete_at.is_some());
    pair.line = false;
    pair.cut();
    pair.advance(10_000);
    pair.ask(2, find(document_id(1)));
    let data_as_of = complete_at;
    assert_eq!(*last(&pair), Answer::NotReachable { data_as_of });
}

#[test]
fn a_question_without_an_answer_times_out_and_a_late_answer_is_passed_over() {
    let mut pair = Pair::online();
    pair.hold_answers = true;
    pair.ask(1, find(document_id(1)));
    pair.advance(ASK_TIMEOUT_MS - 1);
    assert!(pair.seen.answered.is_empty());
    pair.advance(1);
    assert!(matches!(last(&pair), Answer::NotReachable { .. }));
    let id = AskId(1);
    let answer = Answer::Refused;
    pair.tell_session(server::Input::Answer { id, answer });
    pair.settle();
    assert_eq!(pair.seen.answered.len(), 1, "one answer for each question");
    assert_eq!(pair.link(), Link::Online);
}

#[test]
fn a_cut_answers_every_question_that_waits() {
    let mut pair = Pair::online();
    pair.hold_answers = true;
    for id in 0..5 {
        pair.ask(id, find(document_id(1)));
    }
    pair.cut();
    pair.settle();
    assert_eq!(pair.seen.answered.len(), 5);
}

#[test]
fn a_till_asks_no_more_at_once_than_it_may() {
    let mut pair = Pair::online();
    pair.hold_answers = true;
    let most = u64::try_from(ASKS_MAX).unwrap();
    for id in 0..=most {
        pair.ask(id, find(document_id(1)));
    }
    assert_eq!(pair.seen.answered.len(), 1, "the one too many, at once");
    assert_eq!(pair.seen.sent_by_till("Ask"), ASKS_MAX);
}

/// A till gives a question up after a time and asks the next; a server that is slower than that is not flooded by it,
/// and must not take it for an attack.
#[test]
fn a_slow_server_does_not_cost_the_connection() {
    let mut pair = Pair::online();
    pair.hold_answers = true;
    let most = u64::try_from(ASKS_MAX).unwrap();
    for id in 0..4 * most {
        pair.ask(id, find(document_id(1)));
        if (id + 1) % most == 0 {
            pair.advance(ASK_TIMEOUT_MS);
        }
    }
    assert_eq!(pair.link(), Link::Online);
    assert_eq!(pair.seen.connects.len(), 1);
    pair.hold_answers = false;
    pair.ask(1_000, find(document_id(1)));
    assert!(matches!(last(&pair), Answer::NotFound { .. }));
}

#[test]
fn a_till_that_floods_the_server_with_questions_is_cut_off() {
    let mut pair = Pair::online();
    pair.hold_answers = true;
    let most = u64::try_from(ASKS_MAX).unwrap();
    for id in 0..=most {
        let question = find(document_id(1));
        let ask = Message::from(Ask {
            id: AskId(id),
            question,
        });
        pair.tell_session(server::Input::Received(ask));
    }
    pair.settle();
    assert!(pair.session.is_none());
}

#[test]
fn a_question_of_a_later_version_is_answered_that_it_is_not_understood() {
    let mut pair = Pair::online();
    pair.ask(1, Question::Unknown);
    assert_eq!(*last(&pair), Answer::NotUnderstood);
}

#[test]
fn a_certificate_is_renewed_one_request_at_a_time() {
    let request = Der::new(*b"request").unwrap();
    let mut pair = Pair::online();
    for _ in 0..2 {
        let request = request.clone();
        pair.till
            .handle(Input::RenewCertificate { request }, pair.now);
    }
    pair.settle();
    assert_eq!(pair.seen.sent_by_till("RenewCertificate"), 1);
    let certificate = Der::new(*b"certificate").unwrap();
    let issued = CertificateRenewal::Issued { certificate };
    assert_eq!(pair.seen.renewed, vec![issued]);
    let request = Der::new(*b"for another key").unwrap();
    pair.till
        .handle(Input::RenewCertificate { request }, pair.now);
    pair.settle();
    assert_eq!(pair.seen.renewed[1], CertificateRenewal::Refused);
    assert_eq!(pair.link(), Link::Online);
}

#[test]
fn a_renewal_that_a_cut_interrupted_can_be_asked_for_again() {
    let request = Der::new(*b"request").unwrap();
    let mut pair = Pair::online();
    let input = Input::RenewCertificate { request };
    pair.till.handle(input.clone(), pair.now);
    pair.reconnect();
    assert!(pair.seen.renewed.is_empty());
    pair.till.handle(input, pair.now);
    pair.settle();
    assert_eq!(pair.seen.renewed.len(), 1);
}
