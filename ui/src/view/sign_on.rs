//! Signing on, and unlocking the till.

use holdfast_node::desk::StaffView;
use holdfast_schemas::{identity::UserId, store_settings::Language};

use super::{
    pad,
    shown::{Big, Entry, Key, Layout, Look, View},
};
use crate::{action::Action, key::KeyName, state::State, words::Word};

/// How many people have a tile; others sign on by badge.
const TILES_MAX: usize = 8;

pub(super) fn sign_on(state: &State, user: Option<&UserId>, pin: &str) -> View {
    let locked = match &state.desk.staff {
        StaffView::Locked(member) => Some(member),
        StaffView::Nobody | StaffView::SignedOn(_) => None,
    };
    let title = match locked {
        Some(member) => format!("{} {}", state.word(Word::LockedBy), member.called.as_str()),
        None => state.word(Word::WhoSells).to_owned(),
    };
    let chosen = user.and_then(|user| state.users.iter().find(|one| one.user == *user));
    let languages = Language::ALL.into_iter().map(|language| {
        let look = if language == state.language {
            Look::Chosen
        } else {
            Look::Plain
        };
        let letter = language_letter(language);
        Key::new(Action::Language(language), Word::own_name(language))
            .on(KeyName::Character(letter))
            .look(look)
    });
    let theme = Key::new(
        Action::Theme,
        state.word(if state.dark { Word::Light } else { Word::Dark }),
    )
    .on(KeyName::Character('t'));
    View {
        layout: Layout::SignOn,
        title,
        text: state.word(Word::SignOnHint).to_owned(),
        tiles: people(state, user),
        keys: languages.chain([theme]).collect(),
        big: Big {
            label: chosen.map_or_else(
                || state.word(Word::ChooseName).to_owned(),
                |member| member.called.as_str().to_owned(),
            ),
            ..Big::default()
        },
        entry: Entry {
            text: "●".repeat(pin.chars().count()),
            hint: state.word(Word::Pin).to_owned(),
        },
        pad: pad::with_enter(state, Word::Enter),
        ..View::default()
    }
}

/// The letter that chooses a language.
#[must_use]
pub fn language_letter(language: Language) -> char {
    match language {
        Language::En => 'e',
        Language::De => 'd',
        Language::Es => 's',
    }
}

/// A tile for each who may sign on here.
pub(super) fn people(state: &State, chosen: Option<&UserId>) -> Vec<Key> {
    let users = state.users.iter().take(TILES_MAX).zip(1_u8..);
    users
        .map(|(member, number)| {
            let look = if chosen == Some(&member.user) {
                Look::Chosen
            } else {
                Look::Tile
            };
            Key::new(Action::User(member.user.clone()), member.called.as_str())
                .note(state.word(Word::role(member.role)))
                .on(KeyName::Function(number))
                .look(look)
        })
        .collect()
}
