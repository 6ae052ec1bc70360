//! Questions above a page.

use holdfast_schemas::operation::LineNumber;

use super::{
    pad,
    shown::{Key, Look, Panel},
    sign_on,
};
use crate::{
    action::Action,
    key::KeyName,
    state::{Ask, NumberFor, State, typed_minor},
    words::Word,
};

/// How many reasons there is room for.
const REASONS_MAX: usize = 12;

pub(super) fn panel(state: &State, ask: &Ask) -> Panel {
    match ask {
        Ask::Age {
            minimum_age,
            born_on_or_before,
            ..
        } => Panel {
            title: format!("{} {}?", state.word(Word::AskAge), minimum_age.years()),
            text: format!(
                "{} {}",
                state.word(Word::BornBy),
                state.format().date(*born_on_or_before)
            ),
            keys: yes_no(state, Word::TooYoung, Word::OldEnough),
            ..Panel::default()
        },
        Ask::Discontinued { .. } => Panel {
            title: state.word(Word::AskDiscontinued).to_owned(),
            text: state.word(Word::DiscontinuedHint).to_owned(),
            keys: yes_no(state, Word::DoNotSell, Word::SellIt),
            ..Panel::default()
        },
        Ask::StaleSession => Panel {
            title: state.word(Word::StaleSession).to_owned(),
            text: state.word(Word::StaleSessionHint).to_owned(),
            keys: yes_no(state, Word::GoOnSelling, Word::CountAndClose),
            ..Panel::default()
        },
        Ask::Number { number, typed } => number_panel(state, number, typed),
        Ask::Reason { reason } => Panel {
            title: state.word(Word::ChooseReason).to_owned(),
            choices: state
                .reasons(reason.list())
                .into_iter()
                .take(REASONS_MAX)
                .zip("123456789abc".chars())
                .map(|((code, label), letter)| {
                    Key::new(Action::Reason(code), label)
                        .on(KeyName::Character(letter))
                        .look(Look::Tile)
                })
                .collect(),
            keys: vec![leave(state)],
            ..Panel::default()
        },
        Ask::Override { by, user, pin, .. } => {
            let choices = sign_on::people(state, user.as_ref());
            let allowed = state
                .users
                .iter()
                .filter(|member| member.role >= *by)
                .map(|member| Action::User(member.user.clone()));
            let allowed: Vec<Action> = allowed.collect();
            Panel {
                title: state.word(Word::NeedsOverride).to_owned(),
                text: format!(
                    "{} {}",
                    state.word(Word::OverrideBy),
                    state.word(Word::role(*by))
                ),
                entry: Some("●".repeat(pin.chars().count())),
                choices: choices
                    .into_iter()
                    .filter(|key| allowed.contains(&key.action))
                    .collect(),
                pad: pad::with_enter(state, Word::Allow),
                keys: vec![leave(state)],
            }
        }
    }
}

fn number_panel(state: &State, number: &NumberFor, typed: &str) -> Panel {
    let money = || {
        typed_minor(typed)
            .map(|minor| state.money(minor))
            .unwrap_or_default()
    };
    let point = || typed.replace('.', state.word(Word::DecimalPoint));
    let of = |line: &LineNumber| {
        let mut lines = state.desk.basket.lines.iter();
        let line = lines.find(|shown| shown.number == *line);
        line.map(|shown| shown.line.item.description.to_string())
            .unwrap_or_default()
    };
    let (title, text, entry, pad) = match number {
        NumberFor::Quantity { line, measure } => (
            Word::Quantity,
            with_unit(&of(line), measure.symbol()),
            point(),
            pad::with_point(state),
        ),
        NumberFor::Weight(product) => (
            Word::WeighIt,
            with_unit(product.description.as_str(), product.measure.symbol()),
            point(),
            pad::with_point(state),
        ),
        NumberFor::OpenPrice(product) => (
            Word::Price,
            product.description.to_string(),
            money(),
            pad::with_enter(state, Word::Enter),
        ),
        NumberFor::Price(line) => (
            Word::NewPrice,
            of(line),
            money(),
            pad::with_enter(state, Word::Enter),
        ),
        NumberFor::Discount(line) => {
            let title = if line.is_some() {
                Word::Discount
            } else {
                Word::BasketDiscount
            };
            (
                title,
                with_unit(&line.as_ref().map(of).unwrap_or_default(), "%"),
                point(),
                pad::with_point(state),
            )
        }
    };
    let enter = Key::new(Action::Submit, state.word(Word::Enter))
        .on(KeyName::Enter)
        .look(Look::Primary)
        .only_if(!typed.is_empty());
    let on_pad = pad.iter().any(|key| key.action == Action::Submit);
    Panel {
        title: state.word(title).to_owned(),
        text,
        entry: Some(entry),
        choices: Vec::new(),
        pad,
        keys: if on_pad {
            vec![leave(state)]
        } else {
            vec![leave(state), enter]
        },
    }
}

/// What a number is for, and what it counts.
fn with_unit(what: &str, unit: &str) -> String {
    let parts = [what, unit].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" · ")
}

fn leave(state: &State) -> Key {
    Key::new(Action::Back, state.word(Word::Back)).on(KeyName::Escape)
}

fn yes_no(state: &State, no: Word, yes: Word) -> Vec<Key> {
    vec![
        Key::new(Action::Answer(false), state.word(no)).on(KeyName::Escape),
        Key::new(Action::Answer(true), state.word(yes))
            .on(KeyName::Enter)
            .look(Look::Primary),
    ]
}
