//! Paying, and the change.

use holdfast_node::desk::{CardState, DocumentFigures};
use holdfast_schemas::{
    operation::{DocumentKind, TenderKind},
    value::MinorUnits,
};

use super::{
    common, pad, sale,
    shown::{Big, Entry, Key, Layout, Look, Pair, Row, Tone, View},
};
use crate::{
    action::Action,
    key::KeyName,
    state::{State, typed_minor},
    words::Word,
};

/// How many amounts of cash are suggested.
const SUGGESTED_MAX: usize = 6;

pub(super) fn tender(state: &State, typed: &str) -> View {
    let tendering = &state.desk.tendering;
    let open = matches!(
        tendering.card.as_ref().map(|card| card.state),
        Some(CardState::Open)
    );
    let taken = tendering.taken.iter().map(|tender| Row {
        action: Some(Action::VoidTender(tender.place)),
        title: state.word(Word::tender(tender.kind)).to_owned(),
        detail: state.word(Word::TouchToVoid).to_owned(),
        value: state.money(tender.tendered_minor.unwrap_or(tender.amount_minor)),
        ..Row::default()
    });
    let card = tendering.card.as_ref().and_then(|card| {
        let (word, tone) = match card.state {
            CardState::Open => (Word::CardOpen, Tone::Attention),
            CardState::Declined(_) => (Word::CardDeclined, Tone::Bad),
            CardState::Approved => return None,
        };
        Some(Row {
            title: state.word(Word::Card).to_owned(),
            detail: state.word(word).to_owned(),
            value: state.money(card.amount_minor),
            tone,
            ..Row::default()
        })
    });
    let sold = state.desk.basket.lines.iter().map(|line| Row {
        action: None,
        ..sale::row(state, line, false)
    });
    let mut keys = vec![
        Key::new(Action::Card, state.word(Word::Card))
            .on(KeyName::Character('c'))
            .look(Look::Tile)
            .only_if(!open),
    ];
    let others = [
        (TenderKind::Voucher, 'v'),
        (TenderKind::StoreCredit, 's'),
        (TenderKind::OnAccount, 'a'),
    ];
    let taken_here = others
        .into_iter()
        .filter(|(kind, _)| state.desk.settings.tenders.setting(*kind).is_some());
    keys.extend(taken_here.map(|(kind, letter)| {
        Key::new(Action::Tender(kind), state.word(Word::tender(kind)))
            .on(KeyName::Character(letter))
            .only_if(!open)
    }));
    keys.push(common::back(state).only_if(tendering.taken.is_empty() && !open));
    let typed_cash = typed_minor(typed);
    let enter = Key::new(Action::Submit, state.word(Word::Cash))
        .on(KeyName::Enter)
        .look(Look::Plain)
        .only_if(typed_cash.is_some() && !open);
    View {
        layout: Layout::Tender,
        title: state.word(Word::CashReceived).to_owned(),
        big: Big {
            label: state.word(Word::ToPay).to_owned(),
            value: state.money(tendering.due_minor),
            note: String::new(),
        },
        pairs: vec![Pair {
            label: state.word(Word::Total).to_owned(),
            value: state.money(state.desk.basket.total_minor),
            strong: false,
        }],
        rows: taken.chain(card).chain(sold).collect(),
        no_rows: state.word(Word::NothingTaken).to_owned(),
        entry: Entry {
            text: typed_cash
                .map(|minor| state.money(minor))
                .unwrap_or_default(),
            hint: state.word(Word::Amount).to_owned(),
        },
        pad: pad::digits(state, enter),
        tiles: suggested(state, !open),
        keys,
        ..View::default()
    }
}

/// What customers are likely to hand over: exactly what is due first.
fn suggested(state: &State, enabled: bool) -> Vec<Key> {
    let suggested = state.desk.tendering.suggested_cash_minor.iter();
    suggested
        .take(SUGGESTED_MAX)
        .zip(1_u8..)
        .map(|(minor, number)| {
            let exact = *minor == state.desk.tendering.due_in_cash_minor;
            let key = Key::new(Action::Cash(*minor), state.money(*minor))
                .on(KeyName::Function(number))
                .look(if number == 1 {
                    Look::Primary
                } else {
                    Look::Tile
                })
                .only_if(enabled);
            if exact {
                key.note(state.word(Word::Exactly))
            } else {
                key
            }
        })
        .collect()
}

pub(super) fn change(state: &State, figures: &DocumentFigures) -> View {
    let returned = matches!(figures.kind, DocumentKind::Return);
    let (label, minor) = match (returned, figures.change_minor) {
        (true, _) => (Word::Refunded, figures.total_minor),
        (false, MinorUnits::ZERO) => (Word::Paid, figures.total_minor),
        (false, change) => (Word::ChangeDue, change),
    };
    let mut pairs = Vec::new();
    if !returned && figures.tendered_minor.is_positive() {
        pairs.push((Word::Total, figures.total_minor));
        pairs.push((Word::CashReceived, figures.tendered_minor));
    }
    let receipt = figures.receipt.map(|receipt| receipt.to_string());
    View {
        layout: Layout::Change,
        big: Big {
            label: state.word(label).to_owned(),
            value: state.money(minor),
            note: receipt
                .map(|number| format!("{} {number}", state.word(Word::Receipt)))
                .unwrap_or_default(),
        },
        pairs: pairs
            .into_iter()
            .map(|(label, minor)| Pair {
                label: state.word(label).to_owned(),
                value: state.money(minor),
                strong: false,
            })
            .collect(),
        keys: vec![
            Key::new(
                Action::ShowReceipt(figures.document),
                state.word(Word::ShowReceipt),
            )
            .on(KeyName::Function(2)),
            Key::new(
                Action::Tell(Box::new(
                    holdfast_node::desk::DeskCommand::PrintGiftReceipt {
                        document: Some(figures.document),
                    },
                )),
                state.word(Word::GiftReceipt),
            )
            .on(KeyName::Function(3))
            .only_if(!returned),
            Key::new(Action::Submit, state.word(Word::NextSale))
                .on(KeyName::Enter)
                .look(Look::Primary),
        ],
        ..View::default()
    }
}
