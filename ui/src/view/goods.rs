//! Products, receipts, baskets that were put aside, and goods that come back.

use holdfast_node::{
    desk::{DeskCommand, DocumentFigures, PriceCheck},
    store::OrderSummary,
};
use holdfast_schemas::{
    operation::BlindReason,
    value::{Measure, MinorUnits},
};

use super::{
    common, pad,
    shown::{Big, Entry, Key, Layout, Look, Pair, Row, View},
};
use crate::{
    action::Action,
    key::KeyName,
    state::{BlindForm, ReturnForm, SearchForm, State},
    words::Word,
};

pub(super) fn search(state: &State, form: &SearchForm) -> View {
    let products = form.found.products.iter().enumerate();
    let rows = products.map(|(place, product)| Row {
        action: Some(Action::Add(product.sku.clone())),
        title: product.description.to_string(),
        detail: product.sku.to_string(),
        value: state.format().price(product.price),
        value_note: product.measure.symbol().to_owned(),
        chosen: place == form.chosen,
        ..Row::default()
    });
    View {
        layout: Layout::Search,
        entry: Entry {
            text: form.text.clone(),
            hint: state.word(Word::SearchHint).to_owned(),
        },
        rows: rows.collect(),
        no_rows: state.word(Word::NothingFound).to_owned(),
        keys: vec![
            Key::new(Action::Erase, state.word(Word::Erase)).on(KeyName::Backspace),
            common::back(state),
            common::take(state, Word::RingUp, !form.found.products.is_empty()),
        ],
        letters: pad::letters(state),
        ..View::default()
    }
}

pub(super) fn price_check(state: &State, typed: &str, found: Option<&PriceCheck>) -> View {
    let stock = found.and_then(|check| check.stock_thousandths);
    let stock = stock.map(|thousandths| {
        let pieces = thousandths.div_euclid(1_000);
        format!("{}: {pieces}", state.word(Word::InStock))
    });
    View {
        layout: Layout::Amount,
        title: state.word(Word::PriceCheck).to_owned(),
        text: state.word(Word::ScanToCheck).to_owned(),
        big: Big {
            label: found.map_or_else(
                || state.word(Word::Price).to_owned(),
                |check| {
                    let product = &check.product;
                    format!("{} · {}", product.description, product.sku)
                },
            ),
            value: found.map_or_else(|| "–".to_owned(), |check| state.money(check.price_minor)),
            note: stock.unwrap_or_default(),
        },
        entry: Entry {
            text: typed.to_owned(),
            hint: state.word(Word::Code).to_owned(),
        },
        pad: pad::with_enter(state, Word::Enter),
        keys: vec![common::back(state)],
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

pub(super) fn recall(state: &State, chosen: usize) -> View {
    let baskets = state.desk.suspended.iter().enumerate();
    let rows = baskets.map(|(place, basket)| Row {
        action: Some(Action::Choose(place)),
        lead: format!("{} {}", state.word(Word::Till), basket.till),
        title: basket.number.to_string(),
        value: state.money(basket.total_minor),
        chosen: place == chosen,
        ..Row::default()
    });
    View {
        layout: Layout::List,
        title: state.word(Word::Recall).to_owned(),
        text: state.word(Word::RecallHint).to_owned(),
        rows: rows.collect(),
        no_rows: state.word(Word::NothingAside).to_owned(),
        keys: vec![
            common::back(state),
            common::take(state, Word::TakeUp, !state.desk.suspended.is_empty()),
        ],
        ..View::default()
    }
}

pub(super) fn find_receipt(state: &State, typed: &str) -> View {
    View {
        layout: Layout::Search,
        entry: Entry {
            text: typed.to_uppercase(),
            hint: state.word(Word::ReceiptNumberHint).to_owned(),
        },
        no_rows: state.word(Word::ScanReceipt).to_owned(),
        keys: vec![
            Key::new(Action::Erase, state.word(Word::Erase)).on(KeyName::Backspace),
            common::back(state),
            Key::new(Action::Submit, state.word(Word::Find))
                .on(KeyName::Enter)
                .look(Look::Primary)
                .only_if(!typed.is_empty()),
            Key::new(Action::Blind, state.word(Word::NoReceipt)).on(KeyName::Function(8)),
        ],
        letters: pad::letters(state),
        ..View::default()
    }
}

pub(super) fn blind(state: &State, form: &BlindForm) -> View {
    let rows = form.lines.iter().enumerate().map(|(place, item)| {
        let worth = item.price_minor.get().saturating_mul(item.pieces.into());
        Row {
            action: Some(Action::Choose(place)),
            lead: format!("{} ×", item.pieces),
            title: item.product.description.to_string(),
            detail: item.product.sku.to_string(),
            value: state.format().amount(MinorUnits::new(worth)),
            chosen: place == form.chosen,
            ..Row::default()
        }
    });
    let some = !form.lines.is_empty();
    let why = match form.because {
        BlindReason::NotReachable { .. } => Word::BlindNotReachable,
        BlindReason::NotFound | BlindReason::NothingLeft => Word::BlindHint,
    };
    View {
        layout: Layout::List,
        title: state.word(Word::BlindReturn).to_owned(),
        text: state.word(why).to_owned(),
        rows: rows.collect(),
        no_rows: state.word(Word::ScanWhatComesBack).to_owned(),
        big: Big {
            label: state.word(Word::Refund).to_owned(),
            value: state.money(form.worth()),
            note: String::new(),
        },
        pairs: vec![pair(
            state,
            Word::RefundedIn,
            state.word(Word::Cash).to_owned(),
        )],
        entry: Entry {
            text: form.typed.clone(),
            hint: state.word(Word::Code).to_owned(),
        },
        keys: vec![
            Key::new(Action::ReturnMore(form.chosen), state.word(Word::OneMore))
                .on(KeyName::Character('+'))
                .only_if(some),
            Key::new(Action::RemoveLine, state.word(Word::RemoveLine))
                .on(KeyName::Delete)
                .look(Look::Danger)
                .only_if(some),
            common::back(state),
            common::take(state, Word::TakeBack, some && form.typed.is_empty()),
        ],
        ..View::default()
    }
}

pub(super) fn customer(state: &State, typed: &str) -> View {
    let found = find_receipt(state, typed);
    let keys = found.keys.into_iter();
    View {
        keys: keys.filter(|key| key.action != Action::Blind).collect(),
        entry: Entry {
            text: typed.to_owned(),
            hint: state.word(Word::CustomerHint).to_owned(),
        },
        no_rows: state.word(Word::ScanCustomer).to_owned(),
        ..found
    }
}

pub(super) fn returned(state: &State, form: &ReturnForm) -> View {
    let of = &form.of;
    let lines = of
        .after_sale
        .lines
        .iter()
        .zip(&of.descriptions)
        .zip(&form.pieces);
    let rows = lines.enumerate().map(|(place, ((line, text), pieces))| {
        let left = line.left.amount().normalize();
        Row {
            action: Some(Action::ReturnMore(place)),
            lead: format!("{pieces} / {left}"),
            title: text.to_string(),
            detail: format!("{} {left}", state.word(Word::LeftToReturn)),
            value: state.format().amount(line.paid_minor),
            chosen: *pieces > 0 || place == form.chosen,
            ..Row::default()
        }
    });
    let any = form.pieces.iter().any(|pieces| *pieces > 0);
    let mut pairs: Vec<Pair> = of
        .refundable
        .iter()
        .map(|money| {
            let value = state.money(money.amount_minor);
            pair(state, Word::tender(money.kind), value)
        })
        .collect();
    if let Some(date) = of.business_date {
        pairs.insert(0, pair(state, Word::SoldOn, state.format().date(date)));
    }
    let number = of
        .number
        .map(|number| number.to_string())
        .unwrap_or_default();
    View {
        layout: Layout::List,
        title: format!("{} {number}", state.word(Word::Return)),
        text: state.word(Word::ReturnHint).to_owned(),
        rows: rows.collect(),
        big: Big {
            label: state.word(Word::Refund).to_owned(),
            value: state.money(share(form)),
            note: String::new(),
        },
        pairs,
        keys: vec![
            Key::new(Action::ReturnMore(form.chosen), state.word(Word::OneMore))
                .on(KeyName::Character('+')),
            common::back(state),
            common::take(state, Word::TakeBack, any),
        ],
        ..View::default()
    }
}

/// About what comes back, for the screen: the desk decides to the penny.
fn share(form: &ReturnForm) -> MinorUnits {
    let lines = form.of.after_sale.lines.iter().zip(&form.pieces);
    lines.fold(MinorUnits::ZERO, |sum, (line, pieces)| {
        let left = line.paid_minor.saturating_minus(line.refunded_minor);
        let pieces_left: i64 = match line.left.measure() {
            Measure::Each => line.left.amount().try_into().unwrap_or(1),
            Measure::Kilogram | Measure::Litre | Measure::Metre => 1,
        };
        let share = left.get().saturating_mul(i64::from(*pieces)) / pieces_left.max(1);
        sum.saturating_plus(MinorUnits::new(share))
    })
}

pub(super) fn receipts(state: &State, orders: &[OrderSummary], chosen: usize) -> View {
    let rows = orders.iter().enumerate().map(|(place, order)| Row {
        action: Some(Action::ShowReceipt(order.document)),
        title: order.number.to_string(),
        detail: state.format().date(order.business_date),
        value: state.money(order.total_minor),
        chosen: place == chosen,
        ..Row::default()
    });
    View {
        layout: Layout::List,
        title: state.word(Word::Receipts).to_owned(),
        rows: rows.collect(),
        no_rows: state.word(Word::NoReceipts).to_owned(),
        keys: vec![
            common::back(state),
            common::take(state, Word::ShowReceipt, !orders.is_empty()),
        ],
        ..View::default()
    }
}

pub(super) fn receipt(state: &State, figures: &DocumentFigures) -> View {
    let document = Some(figures.document);
    View {
        layout: Layout::Paper,
        title: state.word(Word::Receipt).to_owned(),
        text: figures
            .receipt
            .map(|number| number.to_string())
            .unwrap_or_default(),
        pairs: vec![pair(state, Word::Total, state.money(figures.total_minor))],
        paper: common::paper(&figures.text),
        keys: vec![
            Key::new(
                Action::Tell(Box::new(DeskCommand::PrintGiftReceipt { document })),
                state.word(Word::GiftReceipt),
            )
            .on(KeyName::Function(3)),
            Key::new(
                Action::Tell(Box::new(DeskCommand::Reprint { document })),
                state.word(Word::PrintCopy),
            )
            .on(KeyName::Function(2))
            .look(Look::Primary),
            common::back(state),
        ],
        ..View::default()
    }
}
