//! What several pages draw alike.

use holdfast_schemas::{basket::RungUpLine, value::Measure};

use super::shown::{Key, Look, PaperLine};
use crate::{action::Action, key::KeyName, state::State, words::Word};

/// The key that leads back.
pub(super) fn back(state: &State) -> Key {
    Key::new(Action::Back, state.word(Word::Back))
        .on(KeyName::Escape)
        .look(Look::Plain)
}

/// The key that takes what is chosen.
pub(super) fn take(state: &State, word: Word, enabled: bool) -> Key {
    Key::new(Action::Take, state.word(word))
        .on(KeyName::Enter)
        .look(Look::Primary)
        .only_if(enabled)
}

/// How much of a line there is, short.
pub(super) fn lead(state: &State, line: &RungUpLine) -> String {
    match line.quantity.measure() {
        Measure::Each => format!("{} ×", state.format().quantity(line.quantity)),
        Measure::Kilogram | Measure::Litre | Measure::Metre => {
            state.format().quantity(line.quantity)
        }
    }
}

/// A printed text as lines of paper: what stands in the middle, at the right, or is a rule is told by its spaces.
pub(super) fn paper(text: &str) -> Vec<PaperLine> {
    let lines = text.lines().filter(|line| !line.trim().starts_with("[QR "));
    lines.map(paper_line).collect()
}

/// How many characters a line of a receipt has.
const PAPER_CHARACTERS: usize = 42;

fn paper_line(line: &str) -> PaperLine {
    let trimmed = line.trim();
    if !trimmed.is_empty() && trimmed.chars().all(|sign| matches!(sign, '-' | '=' | '─')) {
        return PaperLine {
            rule: true,
            ..PaperLine::default()
        };
    }
    // What a printer draws as bars stands as a number here.
    let number = trimmed
        .strip_prefix("[barcode ")
        .and_then(|code| code.strip_suffix(']'));
    if let Some(number) = number {
        return PaperLine {
            left: number.to_owned(),
            centre: true,
            bold: true,
            ..PaperLine::default()
        };
    }
    let indent = line.chars().count() - line.trim_start().chars().count();
    let after = PAPER_CHARACTERS.saturating_sub(indent + trimmed.chars().count());
    if indent > 2 && after == 0 {
        return PaperLine {
            right: trimmed.to_owned(),
            ..PaperLine::default()
        };
    }
    if let Some((left, right)) = trimmed.rsplit_once("  ").filter(|_| indent < 3) {
        let left = left.trim_end();
        let bold = left.chars().count() > 2 && left.chars().all(char::is_uppercase);
        return PaperLine {
            left: left.to_owned(),
            right: right.to_owned(),
            bold,
            large: bold,
            ..PaperLine::default()
        };
    }
    PaperLine {
        left: trimmed.to_owned(),
        centre: indent >= 3,
        ..PaperLine::default()
    }
}
