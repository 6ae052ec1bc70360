use proptest::prelude::*;

use super::{KEY_GAP_MS_MAX, Key, SCAN_CHARACTERS_MAX, Wedge, WedgeOutput};
use crate::time::Timestamp;

/// Presses keys, each so many milliseconds after the one before it, and lets time pass in between.
fn press(wedge: &mut Wedge, keys: impl IntoIterator<Item = (Key, i64)>) -> Vec<WedgeOutput> {
    let mut now = Timestamp::from_milliseconds(1_000);
    let mut outputs = Vec::new();
    for (key, gap) in keys {
        now = now.plus_milliseconds(gap);
        outputs.extend(wedge.time_passed(now));
        outputs.extend(wedge.press(key, now));
    }
    if let Some(deadline) = wedge.deadline() {
        outputs.extend(wedge.time_passed(deadline));
    }
    assert_eq!(wedge.deadline(), None, "nothing is held for ever");
    outputs
}

fn keys_of(text: &str, gap: i64) -> Vec<(Key, i64)> {
    text.chars()
        .map(|character| match character {
            '\n' => (Key::Enter, gap),
            '\t' => (Key::Tab, gap),
            other => (Key::Character(other), gap),
        })
        .collect()
}

fn typed(text: &str) -> WedgeOutput {
    WedgeOutput::Typed(keys_of(text, 0).into_iter().map(|(key, _)| key).collect())
}

fn scanned(text: &str) -> WedgeOutput {
    WedgeOutput::Scanned(text.to_owned())
}

#[test]
fn a_scanner_is_told_from_a_person_by_its_pace() {
    for (parts, expected) in [
        (vec![("4006381333931\n", 2)], vec![scanned("4006381333931")]),
        (vec![("4011\t", 40)], vec![scanned("4011")]),
        (vec![("401\n", 2)], vec![typed("401\n")]),
        (
            vec![("4011\n", 41)],
            vec![typed("4"), typed("0"), typed("1"), typed("1"), typed("\n")],
        ),
        // A person's `3 *`, then a scan.
        (
            vec![("3*4", 200), ("0063\n", 5)],
            vec![typed("3"), typed("*"), scanned("40063")],
        ),
        // A scanner that never ends, and one whose end comes too late.
        (vec![("40063", 5)], vec![typed("40063")]),
        (
            vec![("40063", 5), ("\n", 60)],
            vec![typed("40063"), typed("\n")],
        ),
        (vec![("\n", 5)], vec![typed("\n")]),
        (
            vec![("1111\n2222\t", 1)],
            vec![scanned("1111"), scanned("2222")],
        ),
        (
            vec![("0104006381333931\u{1d}10A\n", 1)],
            vec![scanned("0104006381333931\u{1d}10A")],
        ),
    ] {
        let keys = parts.iter().flat_map(|(text, gap)| keys_of(text, *gap));
        assert_eq!(press(&mut Wedge::new(), keys), expected, "{parts:?}");
    }
}

#[test]
fn another_key_gives_back_what_is_held_at_once() {
    let mut wedge = Wedge::new();
    let now = Timestamp::from_milliseconds(0);
    assert_eq!(wedge.press(Key::Character('7'), now), None);
    assert_eq!(wedge.interrupt(), Some(typed("7")));
    assert_eq!(wedge.interrupt(), None);
}

#[test]
fn a_clock_that_jumps_back_makes_it_typing() {
    let mut wedge = Wedge::new();
    for (index, character) in "4006".chars().enumerate() {
        let at = Timestamp::from_milliseconds(i64::try_from(index).unwrap());
        assert_eq!(wedge.press(Key::Character(character), at), None);
    }
    let before = Timestamp::from_milliseconds(-5);
    assert_eq!(wedge.press(Key::Enter, before), Some(typed("4006\n")));
}

#[test]
fn what_never_ends_is_dropped_and_named() {
    let text = "9".repeat(SCAN_CHARACTERS_MAX + 10);
    let ended = format!("{text}\n4011\n");
    assert_eq!(
        press(&mut Wedge::new(), keys_of(&ended, 1)),
        [WedgeOutput::TooLong, scanned("4011")]
    );
    assert_eq!(
        press(&mut Wedge::new(), keys_of(&text, 1)),
        [WedgeOutput::TooLong]
    );
}

/// All keys that came out, a scan's end as the Enter that it was.
fn replayed(outputs: &[WedgeOutput]) -> Vec<Key> {
    outputs
        .iter()
        .flat_map(|output| match output {
            WedgeOutput::Scanned(text) => {
                let mut keys: Vec<Key> = text.chars().map(Key::Character).collect();
                keys.push(Key::Enter);
                keys
            }
            WedgeOutput::Typed(keys) => keys.clone(),
            WedgeOutput::TooLong => Vec::new(),
        })
        .collect()
}

proptest! {
    #[test]
    fn no_key_is_lost_or_doubled_at_any_pace(
        text in "[0-9A-Z\n]{0,40}",
        gaps in proptest::collection::vec(0_i64..120, 40),
    ) {
        let keys: Vec<(Key, i64)> = keys_of(&text, 0).into_iter().zip(gaps).map(|((key, _), gap)| (key, gap)).collect();
        let pressed: Vec<Key> = keys.iter().map(|(key, _)| *key).collect();
        prop_assert_eq!(replayed(&press(&mut Wedge::new(), keys)), pressed);
    }

    #[test]
    fn every_scan_is_read_whole_whatever_a_person_typed_before(
        typed_before in "[0-9]{0,6}",
        scan in "[!-~]{4,60}",
        pace in 0_i64..=KEY_GAP_MS_MAX,
    ) {
        let mut keys = keys_of(&typed_before, 150);
        let mut scan_keys = keys_of(&scan, pace);
        scan_keys[0].1 = 150;
        keys.extend(scan_keys);
        keys.push((Key::Enter, pace));
        let outputs = press(&mut Wedge::new(), keys);
        prop_assert_eq!(outputs.last(), Some(&WedgeOutput::Scanned(scan)));
        prop_assert_eq!(outputs.len(), typed_before.len() + 1);
    }
}
