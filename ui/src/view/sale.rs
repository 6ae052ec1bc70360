//! The sale.

use holdfast_node::desk::BasketLineView;
use holdfast_schemas::{
    basket::LinePrice,
    store_settings::{KeyColour, QuickKey, QuickKeyPage},
};

use super::{
    common,
    shown::{Big, Key, Layout, Look, Pair, Row, View},
};
use crate::{
    action::{Action, Place},
    key::KeyName,
    state::State,
    words::Word,
};

/// The letters that press quick keys, in the order of their places.
const QUICK_LETTERS: &str = "qwertyuiopasdfghjkl";
/// How many quick keys a page shows.
const QUICK_MAX: usize = 16;

pub(super) fn sale(state: &State) -> View {
    let basket = &state.desk.basket;
    let chosen = state.line();
    let rows = basket
        .lines
        .iter()
        .map(|line| row(state, line, Some(line.number) == chosen));
    let mut pairs = Vec::new();
    if basket.discount_minor.is_positive() {
        pairs.push(pair(
            state,
            Word::Discounts,
            format!("−{}", state.money(basket.discount_minor)),
        ));
    }
    pairs.push(pair(
        state,
        Word::TaxIncluded,
        state.money(basket.tax_minor),
    ));
    if let Some(customer) = &basket.customer {
        pairs.push(pair(state, Word::Customer, customer.to_string()));
    }
    View {
        layout: Layout::Sale,
        rows: rows.collect(),
        no_rows: state.word(Word::BasketEmpty).to_owned(),
        pairs,
        big: Big {
            label: state.word(Word::Total).to_owned(),
            value: state.money(basket.total_minor),
            note: String::new(),
        },
        tabs: tabs(state),
        tiles: tiles(state),
        keys: functions(state),
        row_keys: line_functions(state),
        pad: vec![
            Key::new(
                Action::Pay,
                format!(
                    "{}  {}",
                    state.word(Word::Pay),
                    state.money(basket.total_minor)
                ),
            )
            .on(KeyName::Function(12))
            .look(Look::Primary)
            .only_if(!basket.lines.is_empty()),
        ],
        ..View::default()
    }
}

fn pair(state: &State, label: Word, value: String) -> Pair {
    Pair {
        label: state.word(label).to_owned(),
        value,
        strong: false,
    }
}

/// A line of the basket.
pub(super) fn row(state: &State, line: &BasketLineView, chosen: bool) -> Row {
    let format = state.format();
    let rung_up = &line.line;
    let (price, _) = rung_up.unit_price();
    let mut details = Vec::new();
    if rung_up.quantity != rung_up.item.one().unwrap_or(rung_up.quantity)
        || rung_up.item.one().is_none()
    {
        let per = match rung_up.item.measure.symbol() {
            "" => String::new(),
            symbol => format!("/{symbol}"),
        };
        details.push(format!("× {}{per}", format.price(price)));
    }
    if matches!(rung_up.price, LinePrice::Overridden { .. }) {
        details.push(state.word(Word::PriceChanged).to_owned());
    }
    if !line.priced.discounts.is_empty() {
        details.push(state.word(Word::Discounted).to_owned());
    }
    if let Some(note) = &rung_up.note {
        details.push(note.as_str().to_owned());
    }
    if let Some(age) = rung_up.item.minimum_age {
        details.push(format!("{}+", age.years()));
    }
    let before = line.priced.gross_minor;
    let reduced = !line.priced.discounts.is_empty();
    Row {
        action: Some(Action::Line(line.number)),
        lead: common::lead(state, rung_up),
        title: rung_up.item.description.to_string(),
        detail: details.join(" · "),
        value: format.amount(line.priced.total_minor),
        value_note: if reduced {
            format!("{} {}", state.word(Word::Before), format.amount(before))
        } else {
            String::new()
        },
        chosen,
        ..Row::default()
    }
}

fn tabs(state: &State) -> Vec<Key> {
    let pages = state.desk.settings.quick_keys.pages().enumerate();
    let current = state.sale.quick_page;
    let count = state.desk.settings.quick_keys.pages().count();
    pages
        .map(|(place, page)| {
            let key = Key::new(Action::QuickPage(place), page.label.text(state.language));
            let look = if place == current {
                Look::Chosen
            } else {
                Look::Plain
            };
            // The page before and the page after have a key; what is shown has none.
            let key = if place == (current + 1) % count.max(1) && place != current {
                key.on(KeyName::PageDown)
            } else if place + 1 == current || (current == 0 && place + 1 == count && count > 2) {
                key.on(KeyName::PageUp)
            } else {
                key
            };
            key.look(look)
        })
        .collect()
}

fn tiles(state: &State) -> Vec<Key> {
    let place = state.sale.quick_page;
    let page: Option<&QuickKeyPage> = state.desk.settings.quick_keys.pages().nth(place);
    let keys = page.into_iter().flat_map(|page| page.keys.iter());
    keys.take(QUICK_MAX)
        .zip(QUICK_LETTERS.chars())
        .map(|(key, letter)| tile(state, place, key).on(KeyName::Character(letter)))
        .collect()
}

fn tile(state: &State, page: usize, key: &QuickKey) -> Key {
    let product = state.quick_product(page, &key.product);
    let label = key
        .label
        .as_ref()
        .map(|label| label.text(state.language).to_owned());
    let label = label.or_else(|| product.map(|product| product.description.to_string()));
    let price = product.map(|product| {
        let per = match product.measure.symbol() {
            "" => String::new(),
            symbol => format!("/{symbol}"),
        };
        format!("{}{per}", state.format().price(product.price))
    });
    Key::new(
        Action::Add(key.product.clone()),
        label.unwrap_or_else(|| key.product.to_string()),
    )
    .note(price.unwrap_or_default())
    .look(Look::Tile)
    .only_if(product.is_some())
    .colour(key.colour.map_or(0, mark))
    .picture(key.picture)
}

/// The theme's number of a colour.
fn mark(colour: KeyColour) -> u8 {
    match colour {
        KeyColour::Red => 1,
        KeyColour::Orange => 2,
        KeyColour::Yellow => 3,
        KeyColour::Green => 4,
        KeyColour::Blue => 5,
        KeyColour::Violet => 6,
        KeyColour::Grey => 7,
    }
}

/// What works on the chosen line; while a number is typed, its first key takes that as a number of pieces.
fn line_functions(state: &State) -> Vec<Key> {
    let some = !state.desk.basket.lines.is_empty();
    let times = if state.sale.typed.is_empty() {
        function(state, Action::AskQuantity, Word::Quantity, 1).only_if(some)
    } else {
        Key::new(Action::Times, state.word(Word::Pieces)).on(KeyName::Character('*'))
    };
    vec![
        times,
        function(state, Action::AskPrice, Word::Price, 3).only_if(some),
        function(state, Action::AskLineDiscount, Word::Discount, 4).only_if(some),
        Key::new(Action::RemoveLine, state.word(Word::RemoveLine))
            .on(KeyName::Delete)
            .look(Look::Danger)
            .only_if(some),
    ]
}

fn function(state: &State, action: Action, word: Word, number: u8) -> Key {
    Key::new(action, state.word(word)).on(KeyName::Function(number))
}

fn functions(state: &State) -> Vec<Key> {
    let basket = &state.desk.basket;
    let some = !basket.lines.is_empty();
    let key = |action, word, number| function(state, action, word, number);
    vec![
        key(Action::Go(Place::Search), Word::Search, 2),
        key(Action::Undo, Word::Undo, 9).only_if(basket.can_undo),
        key(Action::Suspend, Word::Suspend, 5).only_if(some),
        key(Action::Go(Place::Recall), Word::Recall, 6)
            .only_if(!some && !state.desk.suspended.is_empty()),
        key(Action::Go(Place::Return), Word::Return, 7),
        key(Action::AskBasketDiscount, Word::BasketDiscount, 8).only_if(some),
        Key::new(Action::GiveUp, state.word(Word::GiveUp))
            .on(KeyName::Character('-'))
            .look(Look::Danger)
            .only_if(some),
        key(Action::Go(Place::Menu), Word::More, 10),
    ]
}
