//! Keys: a scan lands from every page, and whatever else is typed presses what it is printed on.

use holdfast_node::desk::{Credential, DeskCommand};
use holdfast_schemas::{
    scan::{self, OwnCode, ScannedCode, WedgeOutput},
    time::Timestamp,
};

use super::{asks, bad, pages, press};
use crate::{
    action::Action,
    event::{Effect, Question},
    key::KeyName,
    state::{Ask, Page, State},
    view,
    words::Word,
};

/// A key was pressed.
pub(super) fn key(state: &mut State, key: KeyName, at: Timestamp, effects: &mut Vec<Effect>) {
    // What is due is given back first, so that a late key never makes typing part of a scan.
    let due = state.wedge.time_passed(at);
    output(state, due, effects);
    let scanners = match key {
        KeyName::Character(character) => scan::Key::Character(character),
        KeyName::Enter => scan::Key::Enter,
        KeyName::Tab => scan::Key::Tab,
        KeyName::Function(_)
        | KeyName::Escape
        | KeyName::Backspace
        | KeyName::Delete
        | KeyName::Up
        | KeyName::Down
        | KeyName::Left
        | KeyName::Right
        | KeyName::PageUp
        | KeyName::PageDown => {
            let held = state.wedge.interrupt();
            output(state, held, effects);
            typed(state, key, effects);
            return;
        }
    };
    let pressed = state.wedge.press(scanners, at);
    output(state, pressed, effects);
}

/// What the decoder gave back.
pub(super) fn output(state: &mut State, output: Option<WedgeOutput>, effects: &mut Vec<Effect>) {
    match output {
        None => {}
        Some(WedgeOutput::Scanned(code)) => scanned(state, &code, effects),
        Some(WedgeOutput::Typed(keys)) => {
            for key in keys {
                let name = match key {
                    scan::Key::Character(character) => KeyName::Character(character),
                    scan::Key::Enter => KeyName::Enter,
                    scan::Key::Tab => KeyName::Tab,
                };
                typed(state, name, effects);
            }
        }
        Some(WedgeOutput::TooLong) => {
            let (text, what) = (state.word(Word::ScanTooLong), state.word(Word::ScanAgain));
            bad(state, text, what, effects);
        }
    }
}

/// A person typed: what the key is printed on is pressed, else the character is typed where there is something to type
/// into.
fn typed(state: &mut State, key: KeyName, effects: &mut Vec<Effect>) {
    let drawn = view::view(state);
    if let Some(action) = drawn.typed(key) {
        press::press(state, &action.clone(), effects);
        return;
    }
    let action = match key {
        KeyName::Character(character) => Action::Type(character),
        KeyName::Backspace => Action::Erase,
        KeyName::Escape => Action::Back,
        KeyName::Up => Action::Previous,
        KeyName::Down => Action::Next,
        KeyName::Enter => Action::Submit,
        KeyName::Function(_)
        | KeyName::Tab
        | KeyName::Delete
        | KeyName::Left
        | KeyName::Right
        | KeyName::PageUp
        | KeyName::PageDown => return,
    };
    press::press(state, &action, effects);
}

/// A scan: a badge where somebody has to show who they are, else something for the desk, from wherever it comes.
pub(super) fn scanned(state: &mut State, code: &str, effects: &mut Vec<Effect>) {
    let rules = &state.desk.settings.variable_measure;
    let badge = match scan::decode(code, rules, state.time.date) {
        Ok(ScannedCode::Own(OwnCode::Badge(badge))) => Some(badge),
        Ok(_) | Err(_) => None,
    };
    if let (Some(Ask::Override { .. }), Some(badge)) = (&state.ask, &badge) {
        asks::overridden(state, Credential::Badge(*badge), effects);
        return;
    }
    match (&mut state.page, badge) {
        (Page::SignOn { .. }, Some(badge)) => {
            effects.push(Effect::Tell(DeskCommand::SignOn(Credential::Badge(badge))));
        }
        (Page::SignOn { .. }, None) => {
            let (text, what) = (
                state.word(Word::LockedForScans),
                state.word(Word::SignOnFirst),
            );
            bad(state, text, what, effects);
        }
        (Page::PriceCheck { .. } | Page::Blind(_), _) => {
            effects.push(Effect::Ask(Question::Price(code.into())));
        }
        _ => {
            let quantity = state.sale.pieces.take();
            effects.push(Effect::Tell(DeskCommand::Scan {
                code: code.into(),
                quantity,
                discontinued_accepted: false,
            }));
            pages::leave_for_scan(state);
        }
    }
}
