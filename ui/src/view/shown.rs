//! What is drawn, as plain data: the same slots that `api.slint` has. The adapter alone knows Slint's types.

use holdfast_schemas::store_settings::KeyPicture;

use crate::{action::Action, key::KeyName};

/// How a screen is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// Large tiles, at the first start.
    Welcome,
    /// Who is there, and their PIN.
    #[default]
    SignOn,
    /// Large tiles.
    Menu,
    /// Basket and keys.
    Sale,
    /// A text and what is found for it.
    Search,
    /// What is due, and the ways to pay.
    Tender,
    /// The change.
    Change,
    /// A list and what can be done with it.
    List,
    /// Notes and coins.
    Count,
    /// An amount and a reason.
    Amount,
    /// A receipt or report.
    Paper,
}

/// What a key looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Look {
    /// One of several.
    #[default]
    Plain,
    /// The one that is most likely meant.
    Primary,
    /// Takes something away.
    Danger,
    /// In the background.
    Quiet,
    /// A key of the number pad.
    Digit,
    /// Chosen.
    Chosen,
    /// A tile.
    Tile,
}

/// What a message or row means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Neutral,
    /// All is well.
    Good,
    /// Somebody should know.
    Attention,
    /// Something was refused.
    Bad,
}

/// Something that can be pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What pressing it does.
    pub action: Action,
    /// What it says.
    pub label: String,
    /// A smaller line below.
    pub note: String,
    /// The key of the keyboard that does the same; printed on it, unless the label says it.
    pub key: Option<KeyName>,
    /// What it looks like.
    pub look: Look,
    /// Whether it can be pressed now.
    pub enabled: bool,
    /// The number of its colour; 0 for none.
    pub colour: u8,
    /// Its picture.
    pub picture: Option<KeyPicture>,
}

impl Key {
    /// A key that can be pressed.
    #[must_use]
    pub fn new(action: Action, label: impl Into<String>) -> Self {
        Self {
            action,
            label: label.into(),
            note: String::new(),
            key: None,
            look: Look::Plain,
            enabled: true,
            colour: 0,
            picture: None,
        }
    }

    /// With a key of the keyboard.
    #[must_use]
    pub fn on(mut self, key: KeyName) -> Self {
        self.key = Some(key);
        self
    }

    /// With a look.
    #[must_use]
    pub fn look(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    /// With a smaller line.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Only where something holds.
    #[must_use]
    pub fn only_if(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// With a colour.
    #[must_use]
    pub fn colour(mut self, colour: u8) -> Self {
        self.colour = colour;
        self
    }

    /// With a picture.
    #[must_use]
    pub fn picture(mut self, picture: Option<KeyPicture>) -> Self {
        self.picture = picture;
        self
    }

    /// What is printed on it: not what the label says anyway.
    #[must_use]
    pub fn cap(&self) -> String {
        if let Some(KeyName::Character(character)) = self.key
            && self.label.chars().eq([character])
        {
            return String::new();
        }
        let cap = self.key.map(|key| key.to_string()).unwrap_or_default();
        if cap.to_lowercase() == self.label.to_lowercase() {
            String::new()
        } else {
            cap
        }
    }
}

/// A row of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// What touching it does.
    pub action: Option<Action>,
    /// At the left.
    pub lead: String,
    /// Its text.
    pub title: String,
    /// A smaller line below.
    pub detail: String,
    /// At the right.
    pub value: String,
    /// A smaller line below the value.
    pub value_note: String,
    /// What it means.
    pub tone: Tone,
    /// Whether it is the chosen one.
    pub chosen: bool,
}

/// A label and a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pair {
    /// What.
    pub label: String,
    /// How much.
    pub value: String,
    /// Whether it stands out.
    pub strong: bool,
}

/// A line of a receipt or report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaperLine {
    /// At the left.
    pub left: String,
    /// At the right.
    pub right: String,
    /// In the middle instead.
    pub centre: bool,
    /// Bold.
    pub bold: bool,
    /// Large.
    pub large: bool,
    /// A line across.
    pub rule: bool,
}

/// A large value with its label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Big {
    /// What.
    pub label: String,
    /// How much.
    pub value: String,
    /// A line below.
    pub note: String,
}

/// What is typed into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// What was typed.
    pub text: String,
    /// What is to be typed.
    pub hint: String,
}

/// The line below the head of a screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StripLine {
    /// What happened, or what was typed.
    pub text: String,
    /// What to do.
    pub what_to_do: String,
    /// What it means.
    pub tone: Tone,
}

/// The head of a screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Store and till.
    pub place: String,
    /// Who sells.
    pub person: String,
    /// The time of day.
    pub time: String,
    /// Training, or another state that must be in sight.
    pub badge: String,
    /// What is at headquarters.
    pub pill: (String, Tone),
    /// Keys that are on every screen.
    pub keys: Vec<Key>,
}

/// What is drawn above a screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Panel {
    /// What is asked.
    pub title: String,
    /// More of it.
    pub text: String,
    /// What is typed; `None` where nothing is.
    pub entry: Option<String>,
    /// Answers to choose from.
    pub choices: Vec<Key>,
    /// Keys to type with.
    pub pad: Vec<Key>,
    /// What ends it.
    pub keys: Vec<Key>,
}

/// What the customer sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerSide {
    /// A greeting.
    pub greeting: String,
    /// The amount with its label.
    pub big: Big,
    /// What was rung up.
    pub rows: Vec<Row>,
}

/// All that is drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// How.
    pub layout: Layout,
    /// The head.
    pub head: Head,
    /// The line below it.
    pub strip: StripLine,
    /// The screen's title.
    pub title: String,
    /// A text below it.
    pub text: String,
    /// What is typed.
    pub entry: Entry,
    /// A large value.
    pub big: Big,
    /// Smaller ones.
    pub pairs: Vec<Pair>,
    /// A list.
    pub rows: Vec<Row>,
    /// What it says when it is empty.
    pub no_rows: String,
    /// Pages.
    pub tabs: Vec<Key>,
    /// Tiles.
    pub tiles: Vec<Key>,
    /// Functions.
    pub keys: Vec<Key>,
    /// What works on the chosen row.
    pub row_keys: Vec<Key>,
    /// The number pad, or the one large key.
    pub pad: Vec<Key>,
    /// Letters.
    pub letters: Vec<Key>,
    /// A receipt.
    pub paper: Vec<PaperLine>,
    /// What is drawn above.
    pub panel: Option<Panel>,
    /// What the customer sees.
    pub customer: CustomerSide,
}

impl View {
    /// All that can be pressed now: what is below a panel can't.
    pub fn pressable(&self) -> impl Iterator<Item = &Key> {
        let of_panel = self.panel.iter().flat_map(|panel| {
            let keys = panel.keys.iter().chain(&panel.choices);
            keys.chain(&panel.pad)
        });
        let below = self.panel.is_none().then(|| {
            let keys = self.keys.iter().chain(&self.pad).chain(&self.tiles);
            let keys = keys.chain(&self.row_keys);
            keys.chain(&self.tabs).chain(&self.letters)
        });
        of_panel
            .chain(below.into_iter().flatten())
            .chain(&self.head.keys)
    }

    /// What a key or row of this identity does; `None` where it is not there any more.
    #[must_use]
    pub fn pressed(&self, id: &str) -> Option<&Action> {
        let keys = self
            .pressable()
            .filter(|key| key.enabled)
            .map(|key| &key.action);
        let rows = self.rows.iter().filter(|_| self.panel.is_none());
        let rows = rows.filter_map(|row| row.action.as_ref());
        keys.chain(rows).find(|action| action.id() == id)
    }

    /// What a key of the keyboard does here.
    #[must_use]
    pub fn typed(&self, name: KeyName) -> Option<&Action> {
        let mut keys = self.pressable().filter(|key| key.enabled);
        keys.find(|key| key.key.is_some_and(|key| key.is(name)))
            .map(|key| &key.action)
    }

    /// The place of the chosen row.
    #[must_use]
    pub fn chosen_row(&self) -> Option<usize> {
        self.rows.iter().position(|row| row.chosen)
    }
}
