//! The first start: nobody has said yet whose till this is. It can be enrolled with a code, or open the demo shop.

use holdfast_node::{enrol::EnrolError, settings::ServerAddress};
use holdfast_schemas::{
    store_settings::Language,
    wire::enrol::{EnrolCode, EnrolRefusal},
};

use crate::{
    action::Action,
    key::KeyName,
    view::{self, Entry, Head, Key, Layout, Look, Row, StripLine, Tone, View},
    words::Word,
};

/// The most characters of a field: a code has fewer, and so has the name of any server.
const FIELD_CHARACTERS_MAX: usize = 128;

/// What is on the screen at the first start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    language: Language,
    form: Option<EnrolForm>,
    message: Option<StripLine>,
}

/// What was typed to enrol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct EnrolForm {
    /// The server's address, and the code.
    fields: [String; 2],
    /// Which of them is typed into.
    field: usize,
    /// Whether the server was asked, and has not answered.
    asked: bool,
}

/// Something that happened.
#[derive(Debug)]
pub enum WelcomeEvent {
    /// A key of the keyboard, or of a scanner.
    Typed(KeyName),
    /// Something on the screen was pressed.
    Pressed(Action),
    /// The server answered, or could not be asked.
    Refused(EnrolError),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WelcomeEffect {
    /// Open the demo shop.
    Demo,
    /// Ask a server to let this till in.
    Enrol {
        /// Where it is.
        server: ServerAddress,
        /// What proves that the till may come in.
        code: EnrolCode,
    },
    /// End.
    Leave,
}

impl Welcome {
    /// At the start.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self {
            language,
            form: None,
            message: None,
        }
    }

    fn word(&self, word: Word) -> String {
        word.text(self.language).to_owned()
    }

    fn bad(&mut self, text: Word, what_to_do: Word) {
        self.message = Some(StripLine {
            text: self.word(text),
            what_to_do: self.word(what_to_do),
            tone: Tone::Bad,
        });
    }
}

/// What happens next.
pub fn update(welcome: &mut Welcome, event: WelcomeEvent) -> Option<WelcomeEffect> {
    match event {
        WelcomeEvent::Pressed(action) => press(welcome, &action),
        WelcomeEvent::Typed(key) => {
            let pressed = view(welcome).typed(key).cloned();
            let action = match (pressed, key) {
                (Some(action), _) => action,
                (None, KeyName::Character(character)) => Action::Type(character),
                (None, KeyName::Up) => Action::Previous,
                (None, KeyName::Down | KeyName::Tab) => Action::Next,
                (None, _) => return None,
            };
            press(welcome, &action)
        }
        WelcomeEvent::Refused(error) => {
            refused(welcome, &error);
            None
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the first start has few of the actions of a till"
)]
fn press(welcome: &mut Welcome, action: &Action) -> Option<WelcomeEffect> {
    if let Action::Language(language) = action {
        welcome.language = *language;
        return None;
    }
    let Some(form) = &mut welcome.form else {
        return match action {
            // No demo shop: a till of a real one.
            Action::Answer(false) => {
                welcome.form = Some(EnrolForm::default());
                None
            }
            Action::Answer(true) => Some(WelcomeEffect::Demo),
            Action::Back => Some(WelcomeEffect::Leave),
            _ => None,
        };
    };
    if form.asked {
        return None;
    }
    let field = &mut form.fields[form.field];
    match action {
        Action::Type(character) if !character.is_control() => {
            if field.chars().count() < FIELD_CHARACTERS_MAX {
                field.push(*character);
            }
            welcome.message = None;
        }
        Action::Erase => {
            field.pop();
        }
        Action::Choose(place) => form.field = (*place).min(form.fields.len() - 1),
        Action::Previous => form.field = form.field.saturating_sub(1),
        Action::Next => form.field = (form.field + 1).min(form.fields.len() - 1),
        Action::Back => {
            welcome.form = None;
            welcome.message = None;
        }
        Action::Submit if form.field == 0 => form.field = 1,
        Action::Submit => return enrol(welcome),
        _ => {}
    }
    None
}

fn enrol(welcome: &mut Welcome) -> Option<WelcomeEffect> {
    let form = welcome.form.as_mut()?;
    let Ok(server) = form.fields[0].trim().parse() else {
        form.field = 0;
        welcome.bad(Word::NoServerAddress, Word::ServerAddressForm);
        return None;
    };
    let Ok(code) = form.fields[1].parse() else {
        welcome.bad(Word::NoEnrolCode, Word::CheckCode);
        return None;
    };
    form.asked = true;
    welcome.message = Some(StripLine {
        text: welcome.word(Word::AskingServer),
        what_to_do: String::new(),
        tone: Tone::Neutral,
    });
    Some(WelcomeEffect::Enrol { server, code })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what nobody at a till can mend is said as it is"
)]
fn refused(welcome: &mut Welcome, error: &EnrolError) {
    if let Some(form) = &mut welcome.form {
        form.asked = false;
    }
    match error {
        EnrolError::Refused(
            EnrolRefusal::CodeUnknown | EnrolRefusal::CodeUsed | EnrolRefusal::CodeExpired,
        ) => welcome.bad(Word::CodeRefused, Word::AskForNewCode),
        EnrolError::Net { .. } => welcome.bad(Word::ServerAway, Word::CheckAddress),
        other => {
            welcome.message = Some(StripLine {
                text: other.to_string(),
                what_to_do: other.what_to_do().unwrap_or_default().to_owned(),
                tone: Tone::Bad,
            });
        }
    }
}

/// What is drawn.
#[must_use]
pub fn view(welcome: &Welcome) -> View {
    let head = Head {
        place: "Holdfast".to_owned(),
        ..Head::default()
    };
    let strip = welcome.message.clone().unwrap_or_default();
    let drawn = match &welcome.form {
        None => choice(welcome),
        Some(form) => fields(welcome, form),
    };
    View {
        head,
        strip,
        ..drawn
    }
}

fn choice(welcome: &Welcome) -> View {
    let languages = Language::ALL.into_iter().map(|one| {
        let letter = view::language_letter(one);
        Key::new(Action::Language(one), Word::own_name(one))
            .on(KeyName::Character(letter))
            .look(if one == welcome.language {
                Look::Chosen
            } else {
                Look::Plain
            })
    });
    let leave = Key::new(Action::Back, welcome.word(Word::Leave)).on(KeyName::Escape);
    View {
        layout: Layout::Welcome,
        title: welcome.word(Word::EnrolTitle),
        text: welcome.word(Word::EnrolHint),
        tiles: vec![
            Key::new(Action::Answer(false), welcome.word(Word::Enrol))
                .note(welcome.word(Word::EnrolNote))
                .on(KeyName::Function(1))
                .look(Look::Tile),
            Key::new(Action::Answer(true), welcome.word(Word::OpenDemo))
                .note(welcome.word(Word::OpenDemoNote))
                .on(KeyName::Function(2))
                .look(Look::Tile),
        ],
        keys: languages.chain([leave]).collect(),
        ..View::default()
    }
}

fn fields(welcome: &Welcome, form: &EnrolForm) -> View {
    let labels = [Word::ServerAddress, Word::EnrolCode];
    let rows = labels.into_iter().zip(&form.fields).enumerate();
    let rows = rows.map(|(place, (label, typed))| Row {
        action: Some(Action::Choose(place)),
        title: welcome.word(label),
        detail: if typed.is_empty() {
            "–".to_owned()
        } else {
            typed.clone()
        },
        chosen: place == form.field,
        ..Row::default()
    });
    let last = form.field + 1 == form.fields.len();
    let submit = if last { Word::Enrol } else { Word::Next };
    View {
        layout: Layout::Search,
        entry: Entry {
            text: form.fields[form.field].clone(),
            hint: welcome.word(labels[form.field]),
        },
        rows: rows.collect(),
        keys: vec![
            Key::new(Action::Erase, welcome.word(Word::Erase)).on(KeyName::Backspace),
            Key::new(Action::Back, welcome.word(Word::Back)).on(KeyName::Escape),
            Key::new(Action::Submit, welcome.word(submit))
                .on(KeyName::Enter)
                .look(Look::Primary)
                .only_if(!form.asked && !form.fields[form.field].is_empty()),
        ],
        letters: view::address_letters(),
        ..View::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(welcome: &mut Welcome, text: &str) {
        for character in text.chars() {
            let event = WelcomeEvent::Typed(KeyName::Character(character));
            assert_eq!(update(welcome, event), None);
        }
    }

    fn press_key(welcome: &mut Welcome, key: KeyName) -> Option<WelcomeEffect> {
        update(welcome, WelcomeEvent::Typed(key))
    }

    fn a_code() -> String {
        EnrolCode {
            secret: holdfast_schemas::wire::enrol::CodeSecret::from_bytes([7; 16]),
            ca: holdfast_schemas::wire::enrol::CaFingerprint::from_bytes([9; 32]),
        }
        .to_string()
    }

    #[test]
    fn an_address_and_a_code_are_asked_of_the_server_once() {
        let mut welcome = Welcome::new(Language::En);
        press_key(&mut welcome, KeyName::Function(1));
        typed(&mut welcome, "hq.example:7443");
        press_key(&mut welcome, KeyName::Enter);
        typed(&mut welcome, &a_code());
        let effect = press_key(&mut welcome, KeyName::Enter);
        assert!(
            matches!(effect, Some(WelcomeEffect::Enrol { .. })),
            "{effect:?}"
        );
        assert_eq!(
            press_key(&mut welcome, KeyName::Enter),
            None,
            "it was asked"
        );
    }

    #[test]
    fn what_is_no_address_or_no_code_is_said_and_asks_nobody() {
        let mut welcome = Welcome::new(Language::De);
        press_key(&mut welcome, KeyName::Function(1));
        typed(&mut welcome, "hq");
        press_key(&mut welcome, KeyName::Enter);
        typed(&mut welcome, "hf1-abc");
        assert_eq!(press_key(&mut welcome, KeyName::Enter), None);
        assert_eq!(view(&welcome).strip.tone, Tone::Bad);
    }

    #[test]
    fn a_refused_code_can_be_typed_again() {
        let mut welcome = Welcome::new(Language::Es);
        press_key(&mut welcome, KeyName::Function(1));
        typed(&mut welcome, "hq.example:7443");
        press_key(&mut welcome, KeyName::Enter);
        typed(&mut welcome, &a_code());
        press_key(&mut welcome, KeyName::Enter);
        let refusal = EnrolError::Refused(EnrolRefusal::CodeUsed);
        assert_eq!(update(&mut welcome, WelcomeEvent::Refused(refusal)), None);
        assert_eq!(view(&welcome).strip.tone, Tone::Bad);
        press_key(&mut welcome, KeyName::Backspace);
        assert_eq!(
            press_key(&mut welcome, KeyName::Enter),
            None,
            "one letter is missing"
        );
    }
}
