//! Number pads and letters, for those without a keyboard.

use super::shown::{Key, Look};
use crate::{action::Action, key::KeyName, state::State, words::Word};

fn digit(character: char) -> Key {
    Key::new(Action::Type(character), character)
        .on(KeyName::Character(character))
        .look(Look::Digit)
}

fn erase(state: &State) -> Key {
    Key::new(Action::Erase, state.word(Word::Erase))
        .on(KeyName::Backspace)
        .look(Look::Plain)
}

/// Twelve keys: the digits, one to take the last back, and one to take what was typed.
pub(super) fn digits(state: &State, last: Key) -> Vec<Key> {
    let mut keys: Vec<Key> = "789456123".chars().map(digit).collect();
    keys.extend([erase(state), digit('0'), last]);
    keys
}

/// A pad whose last key takes what was typed.
pub(super) fn with_enter(state: &State, label: Word) -> Vec<Key> {
    let enter = Key::new(Action::Submit, state.word(label))
        .on(KeyName::Enter)
        .look(Look::Primary);
    digits(state, enter)
}

/// A pad with a decimal point.
pub(super) fn with_point(state: &State) -> Vec<Key> {
    let mut point = digit('.');
    point.label = state.word(Word::DecimalPoint).to_owned();
    digits(state, point)
}

/// Letters, digits and signs of addresses and codes, in rows of eleven.
#[must_use]
pub fn address_letters() -> Vec<Key> {
    const ROWS: [&str; 4] = ["1234567890-", "qwertyuiop.", "asdfghjkl:_", "zxcvbnm"];
    ROWS.iter().flat_map(|row| row.chars()).map(digit).collect()
}

/// Four rows of eleven letters and signs.
pub(super) fn letters(state: &State) -> Vec<Key> {
    const ROWS: [&str; 4] = ["1234567890-", "qwertyuiopü", "asdfghjklöñ", "zxcvbnmäáß"];
    let mut keys: Vec<Key> = ROWS.iter().flat_map(|row| row.chars()).map(digit).collect();
    keys.push(
        Key::new(Action::Type(' '), state.word(Word::SpaceKey))
            .on(KeyName::Character(' '))
            .look(Look::Plain),
    );
    keys
}
