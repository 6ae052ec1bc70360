//! The keyboard wedge: tells a scanner, which types very fast and ends with Enter or Tab, from a person.

use crate::time::Timestamp;

/// The fewest characters of a scan; fewer that end with Enter were typed.
pub const SCAN_CHARACTERS_MIN: usize = 4;
/// The most characters of a scan; what goes on beyond is dropped up to its end, and named.
pub const SCAN_CHARACTERS_MAX: usize = 1_024;
/// The longest time between two keys of one scan, in milliseconds.
pub const KEY_GAP_MS_MAX: i64 = 40;

/// A key that a scanner may press. Any other key is no part of a scan: see [`Wedge::interrupt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A character, GS1's separator (`\u{1d}`) included.
    Character(char),
    /// Ends a scan.
    Enter,
    /// Ends a scan.
    Tab,
}

/// What the keys were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WedgeOutput {
    /// A scan: its characters without the key that ended it.
    Scanned(String),
    /// A person typed; the keys are to be handled as if they were pressed now.
    Typed(Vec<Key>),
    /// Something typed as fast as a scanner and did not end; it was dropped.
    TooLong,
}

/// Takes keys with their times and gives them back as scans or as typing, none lost and none twice.
///
/// Keys are held for at most [`KEY_GAP_MS_MAX`] milliseconds after the last one: call [`Wedge::time_passed`] at
/// [`Wedge::deadline`]. Times come from one clock; where it jumps back, a scan in the middle counts as typing.
#[derive(Debug, Clone, Default)]
pub struct Wedge {
    held: Vec<char>,
    last: Option<Timestamp>,
    too_long: bool,
}

impl Wedge {
    /// With nothing held.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key, at: Timestamp) -> Option<WedgeOutput> {
        let follows = self
            .last
            .is_some_and(|last| (0..=KEY_GAP_MS_MAX).contains(&at.milliseconds_since(last)));
        match key {
            Key::Character(character) => {
                let before = if follows { None } else { self.release() };
                self.last = Some(at);
                if self.held.len() < SCAN_CHARACTERS_MAX {
                    self.held.push(character);
                } else {
                    self.too_long = true;
                }
                before
            }
            Key::Enter | Key::Tab if self.too_long && follows => self.release(),
            Key::Enter | Key::Tab if follows && self.held.len() >= SCAN_CHARACTERS_MIN => {
                self.last = None;
                Some(WedgeOutput::Scanned(self.held.drain(..).collect()))
            }
            Key::Enter | Key::Tab => Some(match self.release() {
                Some(WedgeOutput::Typed(mut keys)) => {
                    keys.push(key);
                    WedgeOutput::Typed(keys)
                }
                Some(other) => other,
                None => WedgeOutput::Typed(vec![key]),
            }),
        }
    }

    /// When to call [`Wedge::time_passed`]; `None` while nothing is held.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.last
            .map(|last| last.plus_milliseconds(KEY_GAP_MS_MAX + 1))
    }

    /// Gives back what is held where no key can follow any more.
    pub fn time_passed(&mut self, now: Timestamp) -> Option<WedgeOutput> {
        let due = self.deadline().is_some_and(|deadline| now >= deadline);
        due.then(|| self.release()).flatten()
    }

    /// Gives back what is held: a key was pressed that is no part of a scan, or the screen goes away.
    pub fn interrupt(&mut self) -> Option<WedgeOutput> {
        self.release()
    }

    fn release(&mut self) -> Option<WedgeOutput> {
        self.last = None;
        let keys: Vec<Key> = self.held.drain(..).map(Key::Character).collect();
        if std::mem::take(&mut self.too_long) {
            return Some(WedgeOutput::TooLong);
        }
        (!keys.is_empty()).then_some(WedgeOutput::Typed(keys))
    }
}
