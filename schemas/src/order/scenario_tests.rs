//! Runs `scenarios.txt`.

use std::collections::BTreeMap;

use super::{OrderCommand, OrderState, decide_order, fold_order};
use crate::{
    identity::{NodeNumber, OperationId},
    operation::{
        Body, CancelReason, GoodsHandedOver, LineKind, LineNumber, LineQuantity, NoSale, Operation,
        OrderCancelled, OrderCompleted, OrderOpened, OrderResumed, OrderSuspended, OrderType,
        PaymentAnswer, PaymentAnswered, PaymentIntended, Recorded, ReferenceClaimed, Role,
        SuspendedGrants, TaxMode, TaxRounding, TenderKind, TenderTaken, TenderVoided,
        parse_operation, write_operation,
    },
    order::price_sale,
    rules::Rules,
    tendering::Decline,
    testing::{
        document_id, log, minor, operation, order_number, reason, sale_line, sale_of, store,
    },
    value::Currency,
};

const SCENARIOS: &str = include_str!("scenarios.txt");

/// One order at one till.
type Replica = BTreeMap<OperationId, Recorded>;

#[test]
fn every_scenario_ends_as_its_table_says() {
    let mut scenario = "";
    let mut tills: BTreeMap<String, Replica> = BTreeMap::new();
    let mut rows = 0;
    let mut wrong = Vec::new();
    for row in SCENARIOS
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'))
    {
        if let Some(title) = row.strip_prefix("= ") {
            scenario = title;
            tills.clear();
            continue;
        }
        let (step, expected) = row.split_once('|').expect("a row has an expectation");
        let words: Vec<&str> = step.split_whitespace().collect();
        let found = run(&mut tills, &words);
        if found != expected.trim() {
            wrong.push(format!("{scenario}: {step}| {found}"));
        }
        rows += 1;
    }
    assert!(wrong.is_empty(), "found otherwise:\n{}", wrong.join("\n"));
    assert!(rows > 80, "{rows} rows were read");
}

fn run(tills: &mut BTreeMap<String, Replica>, words: &[&str]) -> String {
    let (till, verb, rest) = (words[0], words[1], &words[2..]);
    let (rest, role) = match rest.last().and_then(|word| word.strip_prefix('(')) {
        Some(role) => (&rest[..rest.len() - 1], role_of(role.trim_end_matches(')'))),
        None => (rest, Role::Cashier),
    };
    if verb == "sees" {
        let other = tills.get(rest[0]).expect("the other till has it").clone();
        tills.entry(till.to_owned()).or_default().extend(other);
        return describe(&fold(&tills[till]));
    }
    let replica = tills.entry(till.to_owned()).or_default();
    let state = fold(replica);
    let new = match verb {
        "asks" => {
            let command = command(&state, rest);
            match decide_order(&state, &command, role, &Rules::default()) {
                Ok(bodies) => bodies.into_iter().map(|body| known(role, body)).collect(),
                Err(refusal) => return format!("refused {}", refusal.code()),
            }
        }
        "writes" => vec![known(role, fact(&state, rest))],
        "unknown" => vec![unknown(rest[0], rest[1] == "critical")],
        other => panic!("no such verb: {other}"),
    };
    for recorded in new {
        let last = replica
            .keys()
            .next_back()
            .map_or(0, |id| id.counter().get());
        let counter = std::num::NonZeroU64::new(last + 1).expect("from 1");
        let till = u32::from(till.as_bytes()[0] - b'A') + 1;
        replica.insert(OperationId::new(counter, log(till)), recorded);
    }
    describe(&fold(replica))
}

fn fold(replica: &Replica) -> OrderState {
    fold_order(
        document_id(1),
        replica.iter().map(|(id, recorded)| (*id, recorded)),
    )
}

fn known(role: Role, body: Body) -> Recorded {
    let json = write_operation(&operation(role, body)).expect("short");
    parse_operation(&json).expect("what is written is read")
}

fn unknown(name: &str, critical: bool) -> Recorded {
    let known: Operation = operation(Role::Cashier, OrderCompleted::default().into());
    let json = write_operation(&known).expect("short");
    let json = json.replace("order_completed", name);
    let json = json.replace("\"critical\":false", &format!("\"critical\":{critical}"));
    parse_operation(&json).expect("an operation of a later version is read")
}

fn describe(state: &OrderState) -> String {
    let name = |value: serde_json::Value| value.as_str().expect("a name").to_owned();
    let mut words = vec![
        name(serde_json::to_value(state.status()).expect("plain")),
        name(serde_json::to_value(state.payment_status()).expect("plain")),
        name(serde_json::to_value(state.fulfilment_status()).expect("plain")),
    ];
    words.extend(state.misfits.iter().map(|misfit| misfit.code().to_owned()));
    words.join(" ")
}

fn role_of(name: &str) -> Role {
    serde_json::from_value(serde_json::Value::from(name)).expect("a role")
}

fn line_number(text: &str) -> LineNumber {
    LineNumber::new(text.parse().expect("a number")).expect("from 1")
}

fn opened() -> OrderOpened {
    OrderOpened {
        number: order_number(1),
        order_type: OrderType::CarryOut,
        channel: "till".parse().expect("a channel"),
        store: store(),
        session: None,
        business_date: "2010-12-01".parse().expect("a date"),
        currency: Currency::GBP,
        customer: None,
        price_list: crate::identity::PriceListVersion::new(1),
        tax_mode: TaxMode::Inclusive,
        tax_rounding: TaxRounding::PerLine,
    }
}

/// The tender that was taken as the n-th.
fn tender_id(state: &OrderState, nth: &str) -> OperationId {
    let nth: usize = nth.parse().expect("a number");
    *state
        .tenders
        .keys()
        .nth(nth - 1)
        .expect("so many tenders were taken")
}

/// The card payment that was begun as the n-th; 9 is one that another order began.
fn payment_id(state: &OrderState, nth: &str) -> OperationId {
    let nth: usize = nth.parse().expect("a number");
    let mut payments = state.payments.keys().copied();
    payments
        .nth(nth - 1)
        .unwrap_or_else(|| OperationId::new(99.try_into().expect("from 1"), log(7)))
}

fn till(number: &str) -> NodeNumber {
    NodeNumber::new(number.parse().expect("a number")).expect("a till")
}

fn command(state: &OrderState, words: &[&str]) -> OrderCommand {
    match words[0] {
        "open" => OrderCommand::Open(opened()),
        "line" => {
            let kind = match words[2] {
                "goods" => LineKind::Goods,
                "service" => LineKind::Service,
                other => panic!("no such kind of line: {other}"),
            };
            let sale = sale_of(
                vec![sale_line("TEA", words[3], words[5], kind)],
                TenderKind::Cash,
            );
            let mut line = price_sale(&sale, Currency::GBP).expect("priced").remove(0);
            line.line = line_number(words[1]);
            OrderCommand::AddLine(line)
        }
        "void_line" => OrderCommand::VoidLine {
            line: line_number(words[1]),
            reason: reason(),
        },
        "tender" => OrderCommand::TakeTender(TenderTaken {
            session: None,
            kind: serde_json::from_value(words[1].into()).expect("a kind of tender"),
            amount_minor: minor(words[2].parse().expect("an amount")),
            tendered_minor: None,
            rounding_minor: None,
            reference: None,
        }),
        "void_tender" => OrderCommand::VoidTender(TenderVoided {
            tender: tender_id(state, words[1]),
            session: None,
            reason: reason(),
        }),
        "hand_over" => OrderCommand::HandOver(GoodsHandedOver {
            store: store(),
            lines: words[1..]
                .iter()
                .filter(|word| **word != "all")
                .map(|word| part(word))
                .collect(),
        }),
        "complete" => OrderCommand::Complete,
        "cancel" => OrderCommand::Cancel(OrderCancelled {
            reason: CancelReason::ByCustomer,
        }),
        "intend" => OrderCommand::IntendPayment(PaymentIntended {
            session: None,
            amount_minor: minor(words[1].parse().expect("an amount")),
        }),
        "answer" => OrderCommand::AnswerPayment(PaymentAnswered {
            payment: payment_id(state, words[1]),
            session: None,
            answer: match words[2] {
                "declined" => PaymentAnswer::Declined {
                    because: Decline::Refused,
                },
                reference => PaymentAnswer::Approved {
                    amount_minor: minor(words[3].parse().expect("an amount")),
                    reference: reference.parse().expect("a reference"),
                },
            },
        }),
        "resume" => OrderCommand::Resume(OrderResumed {
            till: till(words[1]),
            session: None,
            right: serde_json::from_value(words[2].into()).expect("a right"),
        }),
        "claim" => OrderCommand::ClaimReference(words[1].parse().expect("a reference")),
        other => panic!("no such command: {other}"),
    }
}

fn part(word: &str) -> LineQuantity {
    let (line, quantity) = word.split_once(':').expect("line:quantity");
    LineQuantity {
        line: line_number(line),
        quantity: quantity.parse().expect("a quantity"),
    }
}

fn fact(state: &OrderState, words: &[&str]) -> Body {
    match words[0] {
        "session_fact" => NoSale { reason: reason() }.into(),
        "suspend" => OrderSuspended {
            till: till(words[1]),
            granted: SuspendedGrants::default(),
        }
        .into(),
        "bad_line" => {
            let line = command(state, &["line", words[1], "goods", "1", "x", "0"]);
            let OrderCommand::AddLine(mut line) = line else {
                panic!("a line was asked for");
            };
            line.tax.tax_minor = minor(3);
            line.into()
        }
        _ => match command(state, words) {
            OrderCommand::Open(opened) => opened.into(),
            OrderCommand::AddLine(line) => line.into(),
            OrderCommand::VoidLine { line, reason } => {
                crate::operation::LineVoided { line, reason }.into()
            }
            OrderCommand::TakeTender(tender) => tender.into(),
            OrderCommand::VoidTender(void) => void.into(),
            OrderCommand::IntendPayment(intended) => intended.into(),
            OrderCommand::AnswerPayment(answered) => answered.into(),
            OrderCommand::Resume(resumed) => resumed.into(),
            OrderCommand::HandOver(goods) => goods.into(),
            OrderCommand::Complete => OrderCompleted::default().into(),
            OrderCommand::Cancel(cancelled) => cancelled.into(),
            OrderCommand::ClaimReference(reference) => ReferenceClaimed { reference }.into(),
        },
    }
}
