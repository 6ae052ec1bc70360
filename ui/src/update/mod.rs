//! What happens to the screens: one pure function from a state and an event to the next state and what is to be done.

mod answers;
mod asks;
mod keys;
mod pages;
mod press;
mod told;

use std::sync::Arc;

use holdfast_node::desk::{DeskCommand, DeskRefusal, DeskView, StaffView};
use holdfast_schemas::operation::SignOffCause;

use crate::{
    event::{Effect, Event, Question, Sound},
    state::{Ask, Message, Page, State},
    view::Tone,
    words::{self, Word},
};

/// What happens next.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    match event {
        Event::Started => refresh(state, &mut effects),
        Event::Key(key, at) => keys::key(state, key, at, &mut effects),
        Event::Quiet(now) => {
            let output = state.wedge.time_passed(now);
            keys::output(state, output, &mut effects);
        }
        Event::Pressed(action) => {
            // What was typed before is handled before.
            let output = state.wedge.interrupt();
            keys::output(state, output, &mut effects);
            press::press(state, &action, &mut effects);
        }
        Event::Desk(desk) => see(state, desk, &mut effects),
        Event::Line(online) => state.online = online,
        Event::Told(told) => told::told(state, *told, &mut effects),
        Event::Answered(answered) => answers::answered(state, *answered, &mut effects),
        Event::Time {
            local,
            pending_minutes,
        } => {
            state.time = local;
            state.pending_minutes = pending_minutes;
        }
        Event::Idle => {
            if state.signed_on().is_some() {
                effects.push(Effect::Tell(DeskCommand::Lock(SignOffCause::Idle)));
            }
        }
    }
    effects
}

/// Takes a newer desk: whoever left it, or settings that came, change what is drawn.
fn see(state: &mut State, desk: Arc<DeskView>, effects: &mut Vec<Effect>) {
    let before = std::mem::replace(&mut state.desk, desk);
    if before.settings != state.desk.settings {
        refresh(state, effects);
    }
    let was_on = matches!(before.staff, StaffView::SignedOn(_));
    if was_on && state.signed_on().is_none() {
        pages::to_sign_on(state, effects);
    }
    // A card's answer finishes a sale by itself.
    if let (Page::Tender { .. }, Some(last)) = (&state.page, &state.desk.last)
        && before.last.as_ref() != Some(last)
        && state.desk.basket.lines.is_empty()
    {
        state.page = Page::Change(Arc::clone(last));
        effects.push(Effect::Sound(Sound::Good));
    }
}

/// Asks for what is shown of the price list and the staff.
fn refresh(state: &mut State, effects: &mut Vec<Effect>) {
    let pages = state.desk.settings.quick_keys.pages().count();
    state.quick.resize(pages, Vec::new());
    effects.extend((0..pages).map(|page| Effect::Ask(Question::QuickKeys(page))));
    effects.push(Effect::Ask(Question::Users));
}

/// Says that something was refused.
fn refuse(state: &mut State, refusal: &DeskRefusal, effects: &mut Vec<Effect>) {
    let (text, what_to_do) = words::refusal(refusal, state.language);
    bad(state, text, what_to_do, effects);
}

fn bad(
    state: &mut State,
    text: impl Into<String>,
    what_to_do: impl Into<String>,
    effects: &mut Vec<Effect>,
) {
    state.message = Some(Message {
        text: text.into(),
        what_to_do: what_to_do.into(),
        tone: Tone::Bad,
    });
    effects.push(Effect::Sound(Sound::Bad));
}

fn say(state: &mut State, word: Word) {
    state.message = Some(Message {
        text: state.word(word).to_owned(),
        what_to_do: String::new(),
        tone: Tone::Good,
    });
}

fn ask(state: &mut State, ask: Ask) {
    state.message = None;
    state.ask = Some(ask);
}
