//! The laws of order numbers: what people type is read or found to be wrong, and what a till mints is new.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::text::CROCKFORD_DIGITS;

/// 2030-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp::from_milliseconds(1_893_456_000_000);

fn node(number: u32) -> NodeNumber {
    NodeNumber::new(number).expect("in range")
}

fn any_number() -> impl Strategy<Value = OrderNumber> {
    (0..=i64::MAX).prop_map(|value| OrderNumber::from_i64(value).expect("not negative"))
}

/// The 14 characters without hyphens.
fn typed(number: OrderNumber) -> Vec<char> {
    number
        .to_string()
        .chars()
        .filter(|character| *character != '-')
        .collect()
}

fn read(characters: &[char]) -> Result<OrderNumber, OrderNumberError> {
    characters.iter().collect::<String>().parse()
}

proptest! {
    #[test]
    fn every_single_wrong_character_is_found(number in any_number()) {
        let right = typed(number);
        for place in 0..right.len() {
            for digit in CROCKFORD_DIGITS.iter().copied().map(char::from) {
                let mut mistyped = right.clone();
                mistyped[place] = digit;
                let expected = if digit == right[place] {
                    Ok(number)
                } else {
                    Err(OrderNumberError::Check)
                };
                prop_assert_eq!(read(&mistyped), expected, "{:?} at {}", digit, place);
            }
        }
    }

    #[test]
    fn every_swap_of_two_characters_is_found(number in any_number()) {
        let right = typed(number);
        for left in 0..right.len() {
            for other in (left + 1..right.len()).filter(|other| right[*other] != right[left]) {
                let mut swapped = right.clone();
                swapped.swap(left, other);
                prop_assert_eq!(read(&swapped), Err(OrderNumberError::Check), "{} and {}", left, other);
            }
        }
    }

    #[test]
    fn a_number_is_read_however_people_write_it(number in any_number()) {
        let text = number.to_string();
        let look_alikes = |one| text.replace('0', "O").replace('1', one);
        for written in [
            text.clone(),
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " "),
            look_alikes("I"),
            look_alikes("L"),
            look_alikes("L").to_lowercase(),
            format!(" {text} "),
        ] {
            prop_assert_eq!(written.parse(), Ok(number), "{}", written);
        }
        let json = serde_json::to_string(&number).expect("JSON");
        prop_assert_eq!(&json, &format!("\"{text}\""));
        prop_assert_eq!(serde_json::from_str::<OrderNumber>(&json).expect("a number"), number);
        prop_assert_eq!(OrderNumber::from_i64(number.to_i64()), Ok(number));
    }

    #[test]
    fn the_written_order_is_the_numbers_order(left in any_number(), right in any_number()) {
        let without_check = |number: OrderNumber| number.to_string()[..15].to_owned();
        prop_assert_eq!(left.cmp(&right), without_check(left).cmp(&without_check(right)));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,40}") {
        if let Ok(number) = text.parse::<OrderNumber>() {
            prop_assert_eq!(number.to_string().parse(), Ok(number));
        }
    }

    /// Whatever the clock does, and wherever the process restarts with its last number.
    #[test]
    fn a_mint_never_issues_a_number_twice(
        till in 0..=crate::identity::NODE_NUMBER_MAX,
        steps in prop::collection::vec((any_clock(), any::<bool>()), 1..200),
    ) {
        let mut mint = OrderNumberMint::new(node(till), None);
        let mut last = None;
        for (now, restart) in steps {
            if restart {
                mint = OrderNumberMint::new(node(till), mint.last());
            }
            match mint.mint(now) {
                Ok(number) => {
                    prop_assert!(last.is_none_or(|last| last < number), "{:?} then {:?}", last, number);
                    prop_assert_eq!(number.node(), node(till));
                    prop_assert_eq!(mint.last(), Some(number));
                    last = Some(number);
                }
                Err(error) => {
                    prop_assert_eq!(error, OrderNumberError::Exhausted);
                    prop_assert_eq!(mint.last(), last, "a refusal issues nothing");
                }
            }
        }
    }

    #[test]
    fn two_nodes_never_mint_the_same_number(
        (left, right) in (0_u32..1000, 1000_u32..2000),
        clocks in prop::collection::vec(any_clock(), 1..50),
    ) {
        let mut mints = [OrderNumberMint::new(node(left), None), OrderNumberMint::new(node(right), None)];
        let mut seen = BTreeSet::new();
        for now in clocks {
            for number in mints.iter_mut().filter_map(|mint| mint.mint(now).ok()) {
                prop_assert!(seen.insert(number), "{number} twice");
            }
        }
    }
}

/// Mostly within a few seconds, and sometimes anywhere: before 2025, before 1970, after the numbers end.
fn any_clock() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        8 => (-5_000_i64..5_000).prop_map(|milliseconds| NOW.plus_milliseconds(milliseconds)),
        1 => any::<i64>().prop_map(Timestamp::from_milliseconds),
    ]
}

#[test]
fn a_number_is_written_as_documented() {
    let mut mint = OrderNumberMint::new(node(7), None);
    let number = mint.mint(NOW).expect("before 2161");
    assert_eq!(number.to_i64(), (157_766_400 << 31) | (7 << 11));
    assert_eq!(number.node(), node(7));
    assert_eq!(number.to_string(), "09CX9-G0000-E00B");
}

#[test]
fn a_text_is_refused_with_what_is_wrong() {
    for (text, error) in [
        ("", OrderNumberError::Length(0)),
        ("09CX9-G0000-E00", OrderNumberError::Length(13)),
        ("09CX9-G0000-E00B0", OrderNumberError::Length(15)),
        ("09CX9-G0000-E00U", OrderNumberError::Character('U')),
        ("09CX9-G0000-E00é", OrderNumberError::Character('é')),
        ("09CX9-G0000-E000", OrderNumberError::Check),
        // The check character fits, but the first digit stands for bits 60 to 64.
        ("80000-00000-000V", OrderNumberError::Range),
    ] {
        assert_eq!(text.parse::<OrderNumber>(), Err(error), "{text}");
    }
    assert_eq!(OrderNumber::from_i64(-1), Err(OrderNumberError::Range));
    assert!(serde_json::from_str::<OrderNumber>("5").is_err());
}

#[test]
fn a_clock_that_is_set_back_changes_nothing() {
    let mut mint = OrderNumberMint::new(node(1), None);
    let first = mint.mint(NOW).expect("before 2161");
    let second = mint
        .mint(NOW.plus_milliseconds(-3_600_000))
        .expect("before 2161");
    assert_eq!(second.to_i64(), first.to_i64() + 1);
}

#[test]
fn a_clock_before_2025_counts_as_the_first_second() {
    for milliseconds in [0, -1, i64::MIN, EPOCH_SECONDS * 1000 - 1] {
        let mut mint = OrderNumberMint::new(node(1), None);
        let number = mint
            .mint(Timestamp::from_milliseconds(milliseconds))
            .expect("before 2161");
        assert_eq!(number.to_i64(), 1 << 11, "{milliseconds}");
    }
}

#[test]
fn a_restart_in_the_same_second_goes_on_after_the_last_number() {
    let mut before = OrderNumberMint::new(node(1), None);
    let last = before.mint(NOW).expect("before 2161");
    let mut after = OrderNumberMint::new(node(1), Some(last));
    assert_eq!(
        after.mint(NOW).expect("before 2161").to_i64(),
        last.to_i64() + 1
    );
}

#[test]
fn more_than_the_counter_allows_in_a_second_borrows_from_the_next() {
    let mut mint = OrderNumberMint::new(node(1), None);
    let numbers: Vec<OrderNumber> = (0..5_000)
        .map(|_| mint.mint(NOW).expect("before 2161"))
        .collect();
    assert!(numbers.is_sorted_by(|left, right| left < right));
    let seconds = |index: usize| numbers[index].seconds() - numbers[0].seconds();
    assert_eq!(
        [seconds(2047), seconds(2048), seconds(4095), seconds(4096)],
        [0, 1, 1, 2]
    );
    // Once the clock is past what was borrowed, it leads again.
    let later = mint
        .mint(NOW.plus_milliseconds(10_000))
        .expect("before 2161");
    assert_eq!(
        (later.seconds() - numbers[0].seconds(), later.counter()),
        (10, 0)
    );
}

#[test]
fn after_the_last_number_there_is_none() {
    let last_second = Timestamp::from_milliseconds(
        i64::try_from(SECONDS_MAX).expect("32 bits") * 1000 + EPOCH_SECONDS * 1000,
    );
    let mut mint = OrderNumberMint::new(node(1), None);
    for _ in 0..=COUNTER_MAX {
        mint.mint(last_second).expect("a number of the last second");
    }
    let last = mint.last();
    for now in [last_second, last_second.plus_milliseconds(1_000), NOW] {
        assert_eq!(mint.mint(now), Err(OrderNumberError::Exhausted));
        assert_eq!(mint.last(), last);
    }
    let mut late = OrderNumberMint::new(node(1), None);
    let too_late = last_second.plus_milliseconds(1_000);
    assert_eq!(late.mint(too_late), Err(OrderNumberError::Exhausted));
    assert!(
        late.mint(NOW).is_ok(),
        "a clock that is put right mints again"
    );
}
