//! From what is to be drawn to Slint's types: the only code that names them. Lists keep their rows, so that only what
//! changed is drawn again.

use slint::{ComponentHandle, Model, ModelRc, SharedString, VecModel};
use std::rc::Rc;

use crate::{
    slint_ui,
    view::{self, Key, Pair, PaperLine, Row, View},
};

/// The lists of a window.
#[derive(Clone)]
struct Lists {
    head_keys: Rc<VecModel<slint_ui::KeyVm>>,
    tabs: Rc<VecModel<slint_ui::KeyVm>>,
    tiles: Rc<VecModel<slint_ui::KeyVm>>,
    keys: Rc<VecModel<slint_ui::KeyVm>>,
    row_keys: Rc<VecModel<slint_ui::KeyVm>>,
    pad: Rc<VecModel<slint_ui::KeyVm>>,
    letters: Rc<VecModel<slint_ui::KeyVm>>,
    choices: Rc<VecModel<slint_ui::KeyVm>>,
    dialog_pad: Rc<VecModel<slint_ui::KeyVm>>,
    dialog_keys: Rc<VecModel<slint_ui::KeyVm>>,
    rows: Rc<VecModel<slint_ui::RowVm>>,
    pairs: Rc<VecModel<slint_ui::PairVm>>,
    paper: Rc<VecModel<slint_ui::PaperVm>>,
    customer_rows: Rc<VecModel<slint_ui::RowVm>>,
}

/// Draws views into a window, and into the customer's.
pub struct Adapter {
    lists: Lists,
    drawn: Option<(View, bool)>,
}

impl Adapter {
    /// For a window and, where there is one, the customer's.
    #[must_use]
    pub fn new(window: &slint_ui::TillWindow, customer: Option<&slint_ui::CustomerWindow>) -> Self {
        let lists = Lists {
            head_keys: Rc::default(),
            tabs: Rc::default(),
            tiles: Rc::default(),
            keys: Rc::default(),
            row_keys: Rc::default(),
            pad: Rc::default(),
            letters: Rc::default(),
            choices: Rc::default(),
            dialog_pad: Rc::default(),
            dialog_keys: Rc::default(),
            rows: Rc::default(),
            pairs: Rc::default(),
            paper: Rc::default(),
            customer_rows: Rc::default(),
        };
        lists.give_to(&window.global::<slint_ui::Till>());
        if let Some(customer) = customer {
            let till = customer.global::<slint_ui::Till>();
            till.set_customer_rows(ModelRc::from(Rc::clone(&lists.customer_rows)));
        }
        Self { lists, drawn: None }
    }

    /// Draws what is to be drawn.
    pub fn draw(
        &mut self,
        window: &slint_ui::TillWindow,
        customer: Option<&slint_ui::CustomerWindow>,
        view: View,
        dark: bool,
    ) {
        if self
            .drawn
            .as_ref()
            .is_some_and(|(before, was)| *before == view && *was == dark)
        {
            return;
        }
        let till = window.global::<slint_ui::Till>();
        window.global::<slint_ui::Theme>().set_dark(dark);
        self.lists.fill(&view);
        draw_texts(&till, &view);
        if let Some(customer) = customer {
            customer.global::<slint_ui::Theme>().set_dark(dark);
            customer
                .global::<slint_ui::Till>()
                .set_customer(customer_side(&view));
        }
        till.set_customer(customer_side(&view));
        self.drawn = Some((view, dark));
    }
}

impl Lists {
    fn give_to(&self, till: &slint_ui::Till<'_>) {
        till.set_head_keys(ModelRc::from(Rc::clone(&self.head_keys)));
        till.set_tabs(ModelRc::from(Rc::clone(&self.tabs)));
        till.set_tiles(ModelRc::from(Rc::clone(&self.tiles)));
        till.set_keys(ModelRc::from(Rc::clone(&self.keys)));
        till.set_row_keys(ModelRc::from(Rc::clone(&self.row_keys)));
        till.set_pad(ModelRc::from(Rc::clone(&self.pad)));
        till.set_letters(ModelRc::from(Rc::clone(&self.letters)));
        till.set_dialog_choices(ModelRc::from(Rc::clone(&self.choices)));
        till.set_dialog_pad(ModelRc::from(Rc::clone(&self.dialog_pad)));
        till.set_dialog_keys(ModelRc::from(Rc::clone(&self.dialog_keys)));
        till.set_rows(ModelRc::from(Rc::clone(&self.rows)));
        till.set_pairs(ModelRc::from(Rc::clone(&self.pairs)));
        till.set_paper(ModelRc::from(Rc::clone(&self.paper)));
        till.set_customer_rows(ModelRc::from(Rc::clone(&self.customer_rows)));
    }

    fn fill(&self, view: &View) {
        let panel = view.panel.clone().unwrap_or_default();
        diff(&self.head_keys, view.head.keys.iter().map(key));
        diff(&self.tabs, view.tabs.iter().map(key));
        diff(&self.tiles, view.tiles.iter().map(key));
        diff(&self.keys, view.keys.iter().map(key));
        diff(&self.row_keys, view.row_keys.iter().map(key));
        diff(&self.pad, view.pad.iter().map(key));
        diff(&self.letters, view.letters.iter().map(key));
        diff(&self.choices, panel.choices.iter().map(key));
        diff(&self.dialog_pad, panel.pad.iter().map(key));
        diff(&self.dialog_keys, panel.keys.iter().map(key));
        diff(&self.rows, view.rows.iter().map(row));
        diff(&self.pairs, view.pairs.iter().map(pair));
        diff(&self.paper, view.paper.iter().map(paper));
        diff(&self.customer_rows, view.customer.rows.iter().map(row));
    }
}

/// Makes a list equal to what it is to be, changing only the rows that differ.
fn diff<T: Clone + PartialEq + 'static>(list: &VecModel<T>, wanted: impl Iterator<Item = T>) {
    let mut count = 0;
    for (place, one) in wanted.enumerate() {
        match list.row_data(place) {
            Some(there) if there == one => {}
            Some(_) => list.set_row_data(place, one),
            None => list.push(one),
        }
        count = place + 1;
    }
    while list.row_count() > count {
        list.remove(list.row_count() - 1);
    }
}

fn draw_texts(till: &slint_ui::Till<'_>, view: &View) {
    till.set_screen(layout(view.layout));
    till.set_dialog(match &view.panel {
        None => slint_ui::Dialog::None,
        Some(panel) if panel.entry.is_some() => slint_ui::Dialog::Pad,
        Some(panel) if !panel.choices.is_empty() => slint_ui::Dialog::Choose,
        Some(_) => slint_ui::Dialog::Ask,
    });
    till.set_place(text(&view.head.place));
    till.set_person(text(&view.head.person));
    till.set_time(text(&view.head.time));
    till.set_badge(text(&view.head.badge));
    till.set_pill(slint_ui::PillVm {
        text: text(&view.head.pill.0),
        tone: tone(view.head.pill.1),
    });
    till.set_strip(slint_ui::StripVm {
        text: text(&view.strip.text),
        what_to_do: text(&view.strip.what_to_do),
        tone: tone(view.strip.tone),
    });
    till.set_title(text(&view.title));
    till.set_text(text(&view.text));
    till.set_entry(text(&view.entry.text));
    till.set_entry_hint(text(&view.entry.hint));
    till.set_big_label(text(&view.big.label));
    till.set_big(text(&view.big.value));
    till.set_big_note(text(&view.big.note));
    till.set_no_rows(text(&view.no_rows));
    let chosen = view
        .chosen_row()
        .and_then(|place| i32::try_from(place).ok());
    till.set_chosen_row(chosen.unwrap_or(-1));
    let panel = view.panel.clone().unwrap_or_default();
    till.set_dialog_title(text(&panel.title));
    till.set_dialog_text(text(&panel.text));
    till.set_dialog_entry(text(&panel.entry.unwrap_or_default()));
}

fn customer_side(view: &View) -> slint_ui::CustomerVm {
    slint_ui::CustomerVm {
        greeting: text(&view.customer.greeting),
        label: text(&view.customer.big.label),
        amount: text(&view.customer.big.value),
        note: text(&view.customer.big.note),
    }
}

fn text(text: &str) -> SharedString {
    SharedString::from(text)
}

fn key(key: &Key) -> slint_ui::KeyVm {
    slint_ui::KeyVm {
        id: text(&key.action.id()),
        label: text(&key.label),
        note: text(&key.note),
        key: text(&key.cap()),
        look: look(key.look),
        enabled: key.enabled,
        colour: i32::from(key.colour),
        picture: text(key.picture.map_or("", view::outline)),
    }
}

fn row(row: &Row) -> slint_ui::RowVm {
    let id = row.action.as_ref().map(crate::action::Action::id);
    slint_ui::RowVm {
        id: text(&id.unwrap_or_default()),
        lead: text(&row.lead),
        title: text(&row.title),
        detail: text(&row.detail),
        value: text(&row.value),
        value_note: text(&row.value_note),
        tone: tone(row.tone),
        chosen: row.chosen,
    }
}

fn pair(pair: &Pair) -> slint_ui::PairVm {
    slint_ui::PairVm {
        label: text(&pair.label),
        value: text(&pair.value),
        strong: pair.strong,
    }
}

fn paper(line: &PaperLine) -> slint_ui::PaperVm {
    slint_ui::PaperVm {
        left: text(&line.left),
        right: text(&line.right),
        centre: line.centre,
        bold: line.bold,
        large: line.large,
        rule: line.rule,
    }
}

fn layout(layout: view::Layout) -> slint_ui::Screen {
    match layout {
        view::Layout::Welcome => slint_ui::Screen::Welcome,
        view::Layout::SignOn => slint_ui::Screen::SignOn,
        view::Layout::Menu => slint_ui::Screen::Menu,
        view::Layout::Sale => slint_ui::Screen::Sale,
        view::Layout::Search => slint_ui::Screen::Search,
        view::Layout::Tender => slint_ui::Screen::Tender,
        view::Layout::Change => slint_ui::Screen::Change,
        view::Layout::List => slint_ui::Screen::List,
        view::Layout::Count => slint_ui::Screen::Count,
        view::Layout::Amount => slint_ui::Screen::Amount,
        view::Layout::Paper => slint_ui::Screen::Paper,
    }
}

fn look(look: view::Look) -> slint_ui::Look {
    match look {
        view::Look::Plain => slint_ui::Look::Plain,
        view::Look::Primary => slint_ui::Look::Primary,
        view::Look::Danger => slint_ui::Look::Danger,
        view::Look::Quiet => slint_ui::Look::Quiet,
        view::Look::Digit => slint_ui::Look::Digit,
        view::Look::Chosen => slint_ui::Look::Chosen,
        view::Look::Tile => slint_ui::Look::Tile,
    }
}

fn tone(tone: view::Tone) -> slint_ui::Tone {
    match tone {
        view::Tone::Neutral => slint_ui::Tone::Neutral,
        view::Tone::Good => slint_ui::Tone::Good,
        view::Tone::Attention => slint_ui::Tone::Attention,
        view::Tone::Bad => slint_ui::Tone::Bad,
    }
}
