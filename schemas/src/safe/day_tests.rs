use super::*;
use crate::{
    document::Document,
    operation::{
        Body, CashBanked, CashCounted, CashDropped, LoanReceived, Role, SafeCounted, SessionClosed,
    },
    rules::Rules,
    safe::{SafePaper, decide_safe, fold_safe},
    testing::{document_id, minor, session_of, session_opened, written},
    value::Currency,
};

fn date(text: &str) -> BusinessDate {
    text.parse().unwrap()
}

fn paper(number: u64, paper: &SafePaper) -> SafeState {
    let bodies = decide_safe(paper, Role::Manager, &Rules::default()).unwrap();
    let document: Document = written(document_id(number), bodies);
    let state = fold_safe(document.id(), document.operations());
    assert_eq!(state.misfits, []);
    state
}

fn counted(number: u64, day: &str, found: i64) -> SafeState {
    paper(
        number,
        &SafePaper::Counted(SafeCounted {
            store: "leeds".parse().unwrap(),
            business_date: date(day),
            currency: Currency::GBP,
            counted: CashCounted {
                counted_minor: minor(found),
                denominations: Vec::new(),
            },
        }),
    )
}

fn banked(number: u64, day: &str, amount: i64) -> SafeState {
    paper(
        number,
        &SafePaper::Banked(CashBanked {
            store: "leeds".parse().unwrap(),
            business_date: date(day),
            currency: Currency::GBP,
            amount_minor: minor(amount),
            bag: None,
        }),
    )
}

/// A session with its float, a loan and a drop; closed with so much in the drawer.
fn session(
    number: u64,
    day: &str,
    (float, loan, drop): (i64, i64, i64),
    drawer: Option<i64>,
) -> TillSessionState {
    let mut bodies: Vec<Body> = vec![session_opened(day, float).into()];
    if loan > 0 {
        bodies.push(
            LoanReceived {
                amount_minor: minor(loan),
            }
            .into(),
        );
    }
    if drop > 0 {
        bodies.push(
            CashDropped {
                amount_minor: minor(drop),
            }
            .into(),
        );
    }
    if let Some(drawer) = drawer {
        let mut totals = StoreDayTotals::default().into_totals();
        totals.counted_cash_minor = minor(drawer);
        let closed = SessionClosed {
            covers: Vec::new(),
            totals,
            breakdown: None,
            over_short_reason: None,
            forced: None,
        };
        bodies.push(closed.into());
    }
    session_of(&written(document_id(number), bodies))
}

/// What the safe holds: the last count, less what went to tills and bank, plus what came back.
#[test]
fn a_safe_is_its_last_count_and_what_moved_since() {
    let papers = [
        counted(1, "2026-03-05", 50_000),
        counted(2, "2026-03-06", 99_999),
        counted(3, "2026-03-06", 40_000),
        banked(4, "2026-03-06", 7_000),
        banked(5, "2026-03-07", 10_000),
        counted(6, "2026-03-07", 36_900),
    ];
    let sessions = [
        session(11, "2026-03-06", (10_000, 0, 0), Some(12_345)),
        session(12, "2026-03-07", (10_000, 2_000, 5_000), Some(14_000)),
        session(13, "2026-03-07", (10_000, 0, 0), Some(10_000)),
        session(14, "2026-03-08", (10_000, 0, 0), None),
    ];
    // day, opening, expected, counted, over or short
    for (day, opening, expected, counted, over) in [
        ("2026-03-05", None, None, Some(50_000), None),
        (
            "2026-03-06",
            Some(50_000),
            Some(45_345),
            Some(40_000),
            Some(-5_345),
        ),
        (
            "2026-03-07",
            Some(40_000),
            Some(37_000),
            Some(36_900),
            Some(-100),
        ),
        ("2026-03-08", Some(36_900), Some(26_900), None, None),
        ("2026-03-09", Some(36_900), Some(26_900), None, None),
    ] {
        let found = safe_day(date(day), &papers, &sessions);
        assert_eq!(
            found.opening.map(|(_, found)| found),
            opening.map(minor),
            "{day}"
        );
        assert_eq!(found.expected_minor, expected.map(minor), "{day}");
        assert_eq!(found.counted_minor, counted.map(minor), "{day}");
        assert_eq!(found.over_short_minor, over.map(minor), "{day}");
    }
}

#[test]
fn a_paper_about_the_safe_is_a_managers_and_of_more_than_nothing() {
    let bag = |amount: i64| {
        SafePaper::Banked(CashBanked {
            store: "leeds".parse().unwrap(),
            business_date: date("2026-03-07"),
            currency: Currency::GBP,
            amount_minor: minor(amount),
            bag: "4711".parse().ok(),
        })
    };
    let decide = |paper: &SafePaper, role| {
        decide_safe(paper, role, &Rules::default()).map_err(|refusal| refusal.code())
    };
    assert_eq!(decide(&bag(1), Role::Cashier), Err("role_not_allowed"));
    assert_eq!(decide(&bag(0), Role::Manager), Err("amount_not_positive"));
    assert!(decide(&bag(1), Role::Manager).is_ok());
}
