//! Keys of a keyboard, as they are printed on what can be pressed on a screen.

use std::fmt;

/// A key, or what a scanner presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyName {
    /// A character; a letter without regard to its case.
    Character(char),
    /// A function key, 1 to 12.
    Function(u8),
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Escape.
    Escape,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// An arrow up.
    Up,
    /// An arrow down.
    Down,
    /// An arrow to the left.
    Left,
    /// An arrow to the right.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
}

impl KeyName {
    /// The key that Slint names by this text; `None` for what no screen knows, such as Shift alone.
    #[must_use]
    pub fn from_slint(text: &str) -> Option<Self> {
        use slint::platform::Key;
        let mut characters = text.chars();
        let character = characters
            .next()
            .filter(|_| characters.as_str().is_empty())?;
        let named = [
            (Key::Return, Self::Enter),
            (Key::Tab, Self::Tab),
            (Key::Escape, Self::Escape),
            (Key::Backspace, Self::Backspace),
            (Key::Delete, Self::Delete),
            (Key::UpArrow, Self::Up),
            (Key::DownArrow, Self::Down),
            (Key::LeftArrow, Self::Left),
            (Key::RightArrow, Self::Right),
            (Key::PageUp, Self::PageUp),
            (Key::PageDown, Self::PageDown),
            (Key::F1, Self::Function(1)),
            (Key::F2, Self::Function(2)),
            (Key::F3, Self::Function(3)),
            (Key::F4, Self::Function(4)),
            (Key::F5, Self::Function(5)),
            (Key::F6, Self::Function(6)),
            (Key::F7, Self::Function(7)),
            (Key::F8, Self::Function(8)),
            (Key::F9, Self::Function(9)),
            (Key::F10, Self::Function(10)),
            (Key::F11, Self::Function(11)),
            (Key::F12, Self::Function(12)),
        ];
        let name = named
            .into_iter()
            .find_map(|(key, name)| (char::from(key) == character).then_some(name));
        // GS1's separator is a control character that belongs to a scan.
        name.or_else(|| {
            (!character.is_control() && !('\u{f700}'..='\u{f8ff}').contains(&character)
                || character == '\u{1d}')
                .then_some(Self::Character(character))
        })
    }

    /// Whether pressing `other` means this key.
    #[must_use]
    pub fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Character(left), Self::Character(right)) => {
                left.to_lowercase().eq(right.to_lowercase())
            }
            (left, right) => left == right,
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Character(' ') => "Space",
            Self::Character(character) => {
                return character
                    .to_uppercase()
                    .try_for_each(|upper| write!(formatter, "{upper}"));
            }
            Self::Function(number) => return write!(formatter, "F{number}"),
            Self::Enter => "Enter",
            Self::Tab => "Tab",
            Self::Escape => "Esc",
            Self::Backspace => "Bksp",
            Self::Delete => "Del",
            Self::Up => "↑",
            Self::Down => "↓",
            Self::Left => "←",
            Self::Right => "→",
            Self::PageUp => "PgUp",
            Self::PageDown => "PgDn",
        };
        formatter.write_str(text)
    }
}
