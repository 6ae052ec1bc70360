//! What is drawn of a state: one pure function. What can be pressed, and by which key of the keyboard, is in it, so that a
//! key that is printed on a button is always the key that does it.

mod ask;
mod books;
mod common;
mod goods;
mod head;
mod pad;
mod pay;
mod picture;
mod sale;
mod shown;
mod sign_on;

pub use pad::address_letters;
pub use picture::outline;
pub use shown::{
    Big, CustomerSide, Entry, Head, Key, Layout, Look, Pair, Panel, PaperLine, Row, StripLine,
    Tone, View,
};
pub use sign_on::language_letter;

use crate::state::{Page, State};

/// What is drawn.
#[must_use]
pub fn view(state: &State) -> View {
    let mut view = page(state);
    view.head = head::head(state);
    view.strip = head::strip(state);
    view.panel = state.ask.as_ref().map(|ask| ask::panel(state, ask));
    view.customer = head::customer(state);
    view
}

fn page(state: &State) -> View {
    match &state.page {
        Page::SignOn { user, pin } => sign_on::sign_on(state, user.as_ref(), pin),
        Page::OpenTill(form) => books::open_till(state, form),
        Page::Sale => sale::sale(state),
        Page::Search(form) => goods::search(state, form),
        Page::PriceCheck { typed, found } => goods::price_check(state, typed, found.as_deref()),
        Page::Tender { typed } => pay::tender(state, typed),
        Page::Change(figures) => pay::change(state, figures),
        Page::Recall { chosen } => goods::recall(state, *chosen),
        Page::FindReceipt { typed, .. } => goods::find_receipt(state, typed),
        Page::Return(form) => goods::returned(state, form),
        Page::Blind(form) => goods::blind(state, form),
        Page::Menu => books::menu(state),
        Page::Cash { kind, typed } => books::cash(state, *kind, typed),
        Page::Count(form) => books::count(state, form),
        Page::Report(figures) => books::report(state, figures),
        Page::Receipts { orders, chosen } => goods::receipts(state, orders, *chosen),
        Page::Receipt(figures) => goods::receipt(state, figures),
        Page::Sync => books::sync(state),
        Page::Journal(lines) => books::journal(state, lines),
        Page::Customer { typed } => goods::customer(state, typed),
    }
}
