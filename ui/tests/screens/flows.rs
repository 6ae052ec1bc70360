//! A cashier's day, by touch, by keyboard and by scanner.

use holdfast_till::view::{Layout, Tone};

use super::support::{Till, code};

const SCREEN: (f32, f32) = (1366.0, 768.0);

fn open() -> Till {
    Till::open(SCREEN.0, SCREEN.1)
}

#[test]
fn three_scans_and_two_keys_are_a_cash_sale_and_the_next_scan_begins_another() {
    let mut till = open();
    for name in ["Sourdough loaf", "Flat white", "Enamel mug"] {
        till.scan(&code(name));
    }
    assert_eq!(till.big(), "£12.15");
    till.key("F12");
    assert_eq!(till.view().layout, Layout::Tender);
    // The first suggested amount is what is due, the second a note.
    till.key("F2");
    assert_eq!(till.view().layout, Layout::Change);
    assert_eq!(till.view().big.label, "Change");
    till.scan(&code("Espresso"));
    assert_eq!(
        (till.view().layout, till.big()),
        (Layout::Sale, "£2.10".to_owned())
    );
    assert!(
        till.pending() > 0,
        "the sale is in the till's file, and waits for headquarters"
    );
}

#[test]
fn the_same_sale_by_touch_alone() {
    let mut till = Till::start(SCREEN.0, SCREEN.1);
    till.touch("Ada Byrne");
    for digit in ["2", "5", "8", "0", "Enter"] {
        till.touch(digit);
    }
    till.touch("1");
    till.touch("Open till");
    till.touch("Flat white");
    till.touch("Flat white");
    assert_eq!(till.big(), "£6.60");
    assert_eq!(
        till.view().rows.len(),
        1,
        "the second one is on the same line"
    );
    till.touch("Pay  £6.60");
    till.touch("£10.00");
    assert_eq!(till.big(), "£3.40");
    till.touch("Next sale");
    assert_eq!(till.view().layout, Layout::Sale);
}

#[test]
fn the_same_sale_by_keyboard_alone() {
    let mut till = Till::start(SCREEN.0, SCREEN.1);
    till.sign_on("F1", "2580");
    till.key("5");
    till.key("Enter");
    // The letter that is printed on the tile, and the number of pieces before a typed code.
    till.key("e");
    assert_eq!(till.view().rows.len(), 1);
    till.key("3");
    till.key("*");
    for digit in code("Espresso").chars() {
        till.key(&digit.to_string());
    }
    till.key("Enter");
    assert_eq!(till.view().rows.len(), 2);
    assert_eq!(till.view().rows[1].lead, "3 ×");
    till.key("F12");
    for digit in ["5", "0", "0", "0"] {
        till.key(digit);
    }
    till.key("Enter");
    assert_eq!(till.view().layout, Layout::Change);
}

#[test]
fn a_scan_lands_from_every_page() {
    let mut till = open();
    let scanned = code("Bagel");
    let pages: &[&[&str]] = &[
        &[],
        &["F2"],
        &["F2", "c", "h"],
        &["F7"],
        &["F10"],
        &["F10", "1"],
        &["F10", "5"],
        &["F10", "5", "1", "2"],
        &["F10", "j"],
        &["F10", "s"],
        &["F12"],
        &["F1"],
        &["F4", "1"],
    ];
    for (done, keys) in pages.iter().enumerate() {
        for key in *keys {
            till.key(key);
        }
        till.scan(&scanned);
        let pieces = till.view().rows.first().map(|row| row.lead.clone());
        till.key("Esc");
        assert_eq!(pieces, Some(format!("{} ×", done + 1)), "after {keys:?}");
    }
}

#[test]
fn no_scan_of_two_hundred_at_fifty_a_second_is_lost() {
    let mut till = open();
    let scanned = code("Bagel");
    for _ in 0..200 {
        till.scan_without_waiting(&scanned);
        till.pass(1);
    }
    till.settle();
    assert_eq!(till.view().rows[0].lead, "200 ×");
}

#[test]
fn an_unknown_code_is_a_red_strip_that_the_next_good_scan_clears() {
    let mut till = open();
    till.scan("4006381333931");
    let strip = till.view().strip;
    assert_eq!(strip.tone, Tone::Bad);
    assert!(!strip.text.is_empty() && !strip.what_to_do.is_empty());
    assert!(till.view().panel.is_none(), "nothing is in the way");
    till.scan(&code("Bagel"));
    assert_eq!(till.view().strip.tone, Tone::Neutral);
}

#[test]
fn a_scan_on_a_locked_till_is_refused_and_the_basket_stays() {
    let mut till = open();
    till.scan(&code("Bagel"));
    till.key("F11");
    assert_eq!(till.view().layout, Layout::SignOn);
    till.scan(&code("Bagel"));
    assert_eq!(till.view().strip.tone, Tone::Bad);
    for digit in ["2", "5", "8", "0"] {
        till.key(digit);
    }
    till.key("Enter");
    assert_eq!(till.view().rows[0].lead, "1 ×");
}

#[test]
fn a_wrong_pin_is_refused() {
    let mut till = Till::start(SCREEN.0, SCREEN.1);
    till.sign_on("F1", "1111");
    assert_eq!(till.view().layout, Layout::SignOn);
    assert_eq!(till.view().strip.tone, Tone::Bad);
}

#[test]
fn age_is_asked_once_and_too_young_is_refused() {
    let mut till = open();
    till.scan(&code("Pale ale 500 ml"));
    assert!(till.view().panel.is_some());
    till.key("Enter");
    assert_eq!(till.big(), "£3.60");
    till.scan(&code("Stout 500 ml"));
    assert!(till.view().panel.is_none(), "the answer is remembered");
    assert_eq!(till.big(), "£7.40");
}

#[test]
fn a_price_needs_an_override_by_pin_while_the_sale_stays() {
    let mut till = open();
    till.scan(&code("Enamel mug"));
    till.key("F3");
    for digit in ["4", "0", "0"] {
        till.key(digit);
    }
    till.key("Enter");
    till.key("1");
    let panel = till.view().panel.expect("somebody must allow it");
    assert!(panel.entry.is_some());
    assert_eq!(till.view().rows.len(), 1, "the sale is still drawn");
    let supervisor = panel.choices.iter().find(|key| key.label == "Jonas Weber");
    let key = supervisor
        .and_then(|key| key.key)
        .expect("a key")
        .to_string();
    till.key(&key);
    for digit in ["7", "1", "3", "9"] {
        till.key(digit);
    }
    till.key("Enter");
    till.key("1");
    assert_eq!(till.big(), "£4.00");
}

#[test]
fn a_basket_is_put_aside_and_taken_up_again() {
    let mut till = open();
    till.scan(&code("Bagel"));
    till.key("F5");
    assert!(till.view().rows.is_empty());
    till.key("F6");
    assert_eq!(till.view().rows.len(), 1);
    till.key("Enter");
    assert_eq!(
        (till.view().layout, till.big()),
        (Layout::Sale, "£1.20".to_owned())
    );
}

#[test]
fn undo_takes_back_the_last_step() {
    let mut till = open();
    till.scan(&code("Bagel"));
    till.scan(&code("Brownie"));
    till.key("F9");
    assert_eq!(till.view().rows.len(), 1);
    till.key("F1");
    till.key("4");
    till.key("Enter");
    assert_eq!(till.big(), "£4.80");
    till.key("Del");
    assert!(till.view().rows.is_empty());
}

#[test]
fn goods_of_a_sale_come_back_by_its_number() {
    let mut till = open();
    till.scan(&code("Enamel mug"));
    till.key("F12");
    till.key("F1");
    till.key("Enter");
    till.key("F10");
    till.key("1");
    let number = till.view().rows[0].title.clone();
    till.key("Esc");
    till.key("Esc");
    till.key("F7");
    for character in number.chars() {
        till.key(&character.to_string());
    }
    till.key("Enter");
    assert_eq!(till.view().layout, Layout::List);
    till.key("+");
    till.key("Enter");
    till.key("1");
    assert_eq!(till.view().layout, Layout::Change);
    assert_eq!(
        (till.view().big.label, till.big()),
        ("Refunded".to_owned(), "£5.45".to_owned())
    );
}

#[test]
fn goods_come_back_without_a_receipt_at_the_price_of_today() {
    let mut till = open();
    till.key("F7");
    till.key("F8");
    for name in ["Bagel", "Bagel", "Brownie"] {
        till.scan(&code(name));
    }
    assert_eq!(till.big(), "£4.90");
    till.key("Del");
    assert_eq!(till.big(), "£2.40", "the brownie stays with the customer");
    till.key("Enter");
    till.key("1");
    assert_eq!(till.view().layout, Layout::Change);
    assert_eq!(
        (till.view().big.label, till.big()),
        ("Refunded".to_owned(), "£2.40".to_owned())
    );
}

#[test]
fn weighed_goods_do_not_come_back_without_a_receipt() {
    let mut till = open();
    till.key("F7");
    till.key("F8");
    till.scan(&code("Carrots"));
    assert_eq!(till.view().strip.tone, Tone::Bad);
    assert!(till.view().rows.is_empty());
}

/// Counts ten fifties, which were the float; what was sold since is not counted.
fn count_the_float_and_close(till: &mut Till) {
    till.scan(&code("Enamel mug"));
    till.key("F12");
    till.key("F1");
    till.key("Enter");
    till.key("F10");
    till.key("z");
    let pairs = till.view().pairs;
    assert!(
        !pairs.iter().any(|pair| pair.label == "Expected"),
        "nothing says what should be there"
    );
    till.key("1");
    till.key("0");
    till.key("Enter");
    assert!(till.view().panel.is_some(), "a reason is asked for");
    till.key("1");
}

#[test]
fn the_drawer_is_counted_blind_and_the_z_report_says_what_was_missing() {
    let mut till = Till::start(SCREEN.0, SCREEN.1);
    till.sign_on("F3", "8462");
    till.key("1");
    till.key("0");
    till.key("Enter");
    count_the_float_and_close(&mut till);
    assert_eq!(till.view().layout, Layout::Paper);
    let pairs = till.view().pairs;
    let strong = pairs.iter().find(|pair| pair.strong);
    assert_eq!(strong.map(|pair| pair.value.as_str()), Some("-5,45 £"));
}

#[test]
fn a_cashier_who_closes_the_till_is_not_shown_its_figures() {
    let mut till = open();
    count_the_float_and_close(&mut till);
    assert_eq!(till.view().layout, Layout::Count);
    assert_eq!(till.view().strip.tone, Tone::Good);
    assert_eq!(till.big(), "£0.00", "the next float is counted");
}

#[test]
fn training_is_in_sight_and_leaves_no_trace() {
    let mut till = Till::start(SCREEN.0, SCREEN.1);
    till.sign_on("F3", "8462");
    till.key("1");
    till.key("Enter");
    let before = till.pending();
    till.key("F10");
    till.key("t");
    assert!(!till.view().head.badge.is_empty());
    till.key("1");
    till.key("Enter");
    till.scan(&code("Bagel"));
    till.key("F12");
    till.key("F1");
    assert_eq!(till.view().layout, Layout::Change);
    assert_eq!(till.pending(), before);
}
