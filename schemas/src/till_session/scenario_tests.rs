//! Runs `scenarios.txt`.

use super::{CloseSession, ForceClose, SessionCommand, SessionTakings, decide_till_session};
use crate::{
    document::Document,
    operation::{
        Body, CashCounted, CashDropped, LoanReceived, NoSale, PaidIn, PaidOut, Role, SessionClosed,
    },
    rules::Rules,
    testing::{append, document_id, minor, reason, session_of, session_opened},
};

const SCENARIOS: &str = include_str!("scenarios.txt");

#[test]
fn every_scenario_ends_as_its_table_says() {
    let mut session = Document::new(document_id(1));
    let mut scenario = "";
    let mut wrong: Vec<String> = Vec::new();
    for row in SCENARIOS
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'))
    {
        if let Some(title) = row.strip_prefix("= ") {
            scenario = title;
            session = Document::new(document_id(1));
            continue;
        }
        let (step, expected) = row.split_once('|').expect("a row has an expectation");
        let words: Vec<&str> = step.split_whitespace().collect();
        let found = run(&mut session, &words);
        if found != expected.trim() {
            wrong.push(format!("{scenario}: {step}| {found}"));
        }
    }
    assert!(wrong.is_empty(), "found otherwise:\n{}", wrong.join("\n"));
}

fn run(session: &mut Document, words: &[&str]) -> String {
    let bodies = if words[0] == "late" {
        vec![body(command(&words[1..]), session)]
    } else {
        let role = if words.contains(&"(customer)") {
            Role::Customer
        } else if words.contains(&"(manager)") {
            Role::Manager
        } else {
            Role::Cashier
        };
        let state = session_of(session);
        match decide_till_session(&state, &command(words), role, &Rules::default()) {
            Ok(bodies) => bodies,
            Err(refusal) => return format!("refused {}", refusal.code()),
        }
    };
    append(session, 1, bodies);
    let state = session_of(session);
    let mut found = state
        .expected_cash_minor(&SessionTakings::default())
        .to_string();
    for misfit in &state.misfits {
        found.push(' ');
        found.push_str(misfit.code());
    }
    found
}

fn command(words: &[&str]) -> SessionCommand {
    let amount = || words[1].parse().expect("an amount");
    let amount_minor = || minor(amount());
    match words[0] {
        "open" => SessionCommand::Open(session_opened("2010-12-01", amount())),
        "pay_in" => SessionCommand::PayIn(PaidIn {
            amount_minor: amount_minor(),
            reason: reason(),
        }),
        "pay_out" => SessionCommand::PayOut(PaidOut {
            amount_minor: amount_minor(),
            reason: reason(),
        }),
        "loan" => SessionCommand::ReceiveLoan(LoanReceived {
            amount_minor: amount_minor(),
        }),
        "drop" => SessionCommand::DropCash(CashDropped {
            amount_minor: amount_minor(),
        }),
        "count" => SessionCommand::CountCash(CashCounted {
            counted_minor: amount_minor(),
            denominations: Vec::new(),
        }),
        "no_sale" => SessionCommand::NoSale(NoSale { reason: reason() }),
        "close" => SessionCommand::Close(CloseSession {
            takings: SessionTakings::default(),
            covers: Vec::new(),
            over_short_reason: words.contains(&"because").then(reason),
        }),
        "force_close" => SessionCommand::ForceClose(ForceClose {
            takings: SessionTakings::default(),
            covers: Vec::new(),
            reason: reason(),
        }),
        other => panic!("no such command: {other}"),
    }
}

/// What is written without a decision; a close says that there was nothing in the session.
fn body(command: SessionCommand, session: &Document) -> Body {
    match command {
        SessionCommand::Open(opened) => opened.into(),
        SessionCommand::PayIn(paid) => paid.into(),
        SessionCommand::PayOut(paid) => paid.into(),
        SessionCommand::ReceiveLoan(loan) => loan.into(),
        SessionCommand::DropCash(drop) => drop.into(),
        SessionCommand::CountCash(count) => count.into(),
        SessionCommand::NoSale(no_sale) => no_sale.into(),
        SessionCommand::VoidBasket(basket) => basket.into(),
        SessionCommand::Journal(entry) => entry.into(),
        SessionCommand::ForceClose(_) => panic!("a close by force is decided"),
        SessionCommand::Close(close) => {
            let empty = Document::new(session.id());
            SessionClosed {
                covers: close.covers,
                totals: session_of(&empty).totals(&close.takings),
                breakdown: None,
                over_short_reason: None,
                forced: None,
            }
            .into()
        }
    }
}
