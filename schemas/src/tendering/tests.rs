use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    identity::{OperationId, TenderReference},
    operation::{PaymentAnswer, TenderKind},
    order::SaleTender,
    store_settings::Denominations,
    testing::{document_id, log, minor},
    time::Timestamp,
    value::{CashRoundingStep, Currency, MinorUnits, Money},
};

fn step(minor: u16) -> CashRoundingStep {
    CashRoundingStep::new(minor).unwrap()
}

fn suggested(due: i64, currency: &str, rounding: u16) -> Vec<i64> {
    let notes = Denominations::usual(currency.parse().unwrap());
    let amounts = suggested_cash(minor(due), &notes, step(rounding)).unwrap();
    amounts.into_iter().map(MinorUnits::get).collect()
}

#[test]
fn the_likely_notes_are_suggested() {
    for (due, currency, rounding, expected) in [
        (1340, "GBP", 1, vec![1340, 1500, 2000, 5000]),
        (2000, "GBP", 1, vec![2000, 5000]),
        (6312, "EUR", 5, vec![6310, 6500, 7000, 8000, 10000]),
        (107, "CHF", 5, vec![105, 1000, 2000, 5000, 10000]),
        (2, "CHF", 5, vec![]),
        (980, "JPY", 1, vec![980, 1_000, 2_000, 5_000, 10_000]),
        (0, "GBP", 1, vec![]),
        (-5, "GBP", 1, vec![]),
    ] {
        assert_eq!(
            suggested(due, currency, rounding),
            expected,
            "{due} {currency}"
        );
    }
}

#[test]
fn only_the_cash_that_pays_the_rest_is_rounded_and_has_change() {
    let mut tendering = Tendering::new(minor(20_02), step(5));
    let tell = |tendering: &mut Tendering, decided: Result<TenderingStep, TenderingError>| {
        let decided = decided.unwrap();
        let json = serde_json::to_string(&decided).unwrap();
        tendering.take(serde_json::from_str(&json).unwrap());
    };
    let card = tendering.exactly(TenderKind::Card, minor(5_01), None);
    tell(&mut tendering, card);
    let cash = tendering.cash(minor(10_00));
    tell(&mut tendering, cash);
    assert_eq!(tendering.due_minor(), minor(5_01));
    assert_eq!(tendering.due_in_cash_minor(), Ok(minor(5_00)));
    assert_eq!(
        tendering.exactly(TenderKind::Voucher, minor(5_02), None),
        Err(TenderingError::MoreThanDue {
            over_minor: minor(1)
        })
    );
    assert_eq!(
        tendering.cash(minor(5_01)),
        Err(TenderingError::NoSuchCoin { step: step(5) })
    );
    for nothing in [minor(0), minor(-5)] {
        assert_eq!(tendering.cash(nothing), Err(TenderingError::Nothing));
    }
    let rest = tendering.cash(minor(20_00));
    tell(&mut tendering, rest);
    assert_eq!(tendering.due_minor(), minor(0));
    assert_eq!(tendering.change_minor(), minor(15_00));
    assert_eq!(tendering.cash(minor(1_00)), Err(TenderingError::Paid));
    let written: Vec<SaleTender> = tendering.sale_tenders();
    assert_eq!(written[2].rounding_minor, Some(minor(-1)));

    let void = tendering.void(1);
    tell(&mut tendering, void);
    assert_eq!(tendering.due_minor(), minor(10_00));
    assert_eq!(tendering.void(1), Err(TenderingError::NoSuchTender));
    assert_eq!(tendering.void(9), Err(TenderingError::NoSuchTender));

    // So little that no coin pays it: nothing changes hands, and the sale is paid.
    let mut little = Tendering::new(minor(2), step(5));
    let cash = little.cash(minor(0));
    tell(&mut little, cash);
    assert_eq!(
        (little.due_minor(), little.change_minor()),
        (minor(0), minor(0))
    );
}

/// The first payment of an order: at the same place of each order that its till begins.
fn payment_of(order: u8) -> PaymentId {
    PaymentId {
        order: document_id(order.into()),
        operation: OperationId::new(7.try_into().unwrap(), log(1)),
    }
}

fn payment() -> PaymentId {
    payment_of(1)
}

fn pounds(minor_units: i64) -> Money {
    Money {
        currency: Currency::GBP,
        minor: minor(minor_units),
    }
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds)
}

#[test]
fn a_card_is_charged_once_and_then_only_asked_about() {
    let mut card = CardPayment::begun(payment(), pounds(5_00));
    let charge = CardWork::Send(TerminalRequest::Charge {
        payment: payment(),
        amount: pounds(5_00),
    });
    let outcome = CardWork::Send(TerminalRequest::Outcome { payment: payment() });
    assert_eq!(card.poll(at(0)), Some(charge));
    assert_eq!(card.poll(at(0)), None);
    assert_eq!(card.deadline(), Some(at(CARD_ASK_AGAIN_MS)));
    assert_eq!(card.poll(at(CARD_ASK_AGAIN_MS)), Some(outcome.clone()));
    let in_progress = TerminalAnswer::InProgress { payment: payment() };
    assert_eq!(card.answered(&in_progress), None);

    let mut after = CardPayment::after_restart(payment(), pounds(5_00), at(9));
    assert_eq!(after.poll(at(9)), Some(outcome));
    let approved = |amount| TerminalAnswer::Approved {
        payment: payment(),
        amount,
        reference: TenderReference::new("auth-1").unwrap(),
    };
    let euros = Money {
        currency: Currency::EUR,
        ..pounds(5_00)
    };
    assert_eq!(after.answered(&approved(euros)), None);
    let written = after.answered(&approved(pounds(5_00)));
    assert!(matches!(
        written,
        Some(CardWork::Write(PaymentAnswer::Approved { .. }))
    ));
    assert_eq!((after.step(), after.deadline()), (CardStep::Settled, None));
    assert_eq!(after.poll(at(99_999)), None);
    let late = TerminalAnswer::Declined {
        payment: payment(),
        because: Decline::TimedOut,
    };
    assert_eq!(after.answered(&late), None);
    let other = TerminalAnswer::InProgress {
        payment: payment_of(2),
    };
    assert_eq!(after.answered(&other), None);
}

/// A terminal that charges once for each payment, and for none that it said it never got.
#[derive(Default)]
struct Terminal {
    known: BTreeMap<PaymentId, TerminalAnswer>,
    charges: u32,
}

impl Terminal {
    fn ask(&mut self, request: &TerminalRequest, declines: bool) -> TerminalAnswer {
        let (payment, fresh) = match request {
            TerminalRequest::Charge { payment, .. } if declines => (
                *payment,
                TerminalAnswer::Declined {
                    payment: *payment,
                    because: Decline::Refused,
                },
            ),
            TerminalRequest::Charge { payment, amount } => (
                *payment,
                TerminalAnswer::Approved {
                    payment: *payment,
                    amount: *amount,
                    reference: TenderReference::new("auth-1").unwrap(),
                },
            ),
            TerminalRequest::Outcome { payment } => (
                *payment,
                TerminalAnswer::Declined {
                    payment: *payment,
                    because: Decline::NeverArrived,
                },
            ),
        };
        let charges = &mut self.charges;
        let answer = self.known.entry(payment).or_insert_with(|| {
            *charges += u32::from(matches!(fresh, TerminalAnswer::Approved { .. }));
            fresh
        });
        answer.clone()
    }
}

proptest! {
    #[test]
    fn suggestions_pay_what_is_due_in_coins_that_there_are(due in 1_i64..1_000_000, rounding in prop::sample::select(vec![1_u16, 5, 10])) {
        let amounts = suggested(due, "GBP", rounding);
        let exact = due + step(rounding).rounding(minor(due)).unwrap().get();
        prop_assert!(amounts.len() <= SUGGESTED_CASH_MAX && amounts.is_sorted());
        if exact > 0 {
            prop_assert_eq!(amounts[0], exact);
        }
        prop_assert!(amounts.iter().all(|amount| *amount >= exact && amount % i64::from(rounding) == 0));
    }

    #[test]
    fn what_changed_hands_less_change_and_rounding_is_the_total(
        total in 1_i64..50_000,
        rounding in prop::sample::select(vec![1_u16, 5, 10]),
        tries in proptest::collection::vec((0_u8..4, 1_i64..20_000), 0..12),
    ) {
        let mut tendering = Tendering::new(minor(total), step(rounding));
        for (what, amount) in tries {
            let tried = match what {
                0 => tendering.exactly(TenderKind::Card, minor(amount), None),
                1 => tendering.void(usize::try_from(amount % 4).unwrap()),
                _ => tendering.cash(minor(amount - amount % i64::from(rounding))),
            };
            if let Ok(decided) = tried {
                tendering.take(decided);
            }
        }
        // The rest is paid in notes.
        if tendering.due_minor().is_positive() {
            let decided = tendering.cash(minor(100_000)).unwrap();
            tendering.take(decided);
        }
        prop_assert_eq!(tendering.due_minor(), minor(0));
        let mut sum = 0;
        for (_, tender) in tendering.held() {
            let handed = tender.tendered_minor.unwrap_or(tender.amount_minor);
            let rounded = tender.rounding_minor.unwrap_or_default().get();
            prop_assert!(!tender.change_minor().is_negative());
            prop_assert!(rounded == 0 || tender.kind == TenderKind::Cash);
            sum += handed.get() - tender.change_minor().get() - rounded;
        }
        prop_assert_eq!(sum, total);
    }

    #[test]
    fn whatever_is_lost_or_doubled_a_card_is_charged_at_most_once(
        faults in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()), 1..12),
        declines: bool,
    ) {
        let mut terminal = Terminal::default();
        let mut card = CardPayment::begun(payment(), pounds(5_00));
        let mut approved = Vec::new();
        let mut charges_sent = 0;
        let mut now = at(0);
        // After the faults the line works, so the outcome becomes known.
        let works = std::iter::repeat_n((false, false, false, false), 2);
        for (lose_request, lose_answer, twice, restart) in faults.into_iter().chain(works) {
            now = now.plus_milliseconds(CARD_ASK_AGAIN_MS);
            if restart && card.step() != CardStep::Settled {
                card = CardPayment::after_restart(payment(), pounds(5_00), now);
            }
            let Some(CardWork::Send(request)) = card.poll(now) else { continue };
            charges_sent += u32::from(matches!(request, TerminalRequest::Charge { .. }));
            if lose_request {
                continue;
            }
            let answers = if twice { 2 } else { 1 };
            for _ in 0..answers {
                let answer = terminal.ask(&request, declines);
                if !lose_answer && let Some(CardWork::Write(PaymentAnswer::Approved { reference, .. })) = card.answered(&answer) {
                    approved.push(reference);
                }
            }
        }
        prop_assert_eq!(card.step(), CardStep::Settled);
        prop_assert!(charges_sent <= 1 && terminal.charges <= 1);
        // What was charged is known at the till, under one name.
        approved.dedup();
        prop_assert_eq!(u32::try_from(approved.len()).unwrap(), terminal.charges);
    }
}
