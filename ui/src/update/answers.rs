//! Answers to questions.

use holdfast_node::desk::ReturnLookUp;
use holdfast_schemas::{operation::BlindReason, order::OrderStatus, value::Measure};

use super::{bad, refuse, told};
use crate::{
    event::{Answered, Effect, Sound},
    state::{Message, Page, ReturnForm, State},
    view::Tone,
    words::Word,
};

/// Takes an answer; one for a page that was left is dropped.
pub(super) fn answered(state: &mut State, answered: Answered, effects: &mut Vec<Effect>) {
    match answered {
        Answered::Users(users) => state.users = users,
        Answered::QuickKeys(page, products) => {
            if let Some(slot) = state.quick.get_mut(page) {
                *slot = products;
            }
        }
        Answered::Search(words, found) => {
            if let Page::Search(form) = &mut state.page
                && *form.text == *words
            {
                form.found = found;
                form.chosen = 0;
            }
        }
        Answered::Price(check) => {
            if let Page::PriceCheck { typed, found } = &mut state.page {
                typed.clear();
                *found = Some(check);
                state.message = None;
                effects.push(Effect::Sound(Sound::Good));
            } else if let Page::Blind(form) = &mut state.page {
                form.typed.clear();
                // How much was weighed is on the receipt alone.
                if check.product.measure == Measure::Each {
                    form.add(check.product, check.price_minor);
                    state.message = None;
                    effects.push(Effect::Sound(Sound::Good));
                } else {
                    let text = state.word(Word::WeighedNeedsReceipt);
                    let what = state.word(Word::ScanReceipt);
                    bad(state, text, what, effects);
                }
            } else {
                told::ask_for_product(state, check.product);
            }
        }
        Answered::LookUp(look_up) => looked_up(state, look_up, effects),
        Answered::Figures(figures) => {
            state.message = None;
            state.page = Page::Report(figures);
        }
        Answered::Orders(found) => {
            if let Page::Receipts { orders, .. } = &mut state.page {
                // A basket that was put aside has no receipt.
                *orders = found;
                orders.retain(|order| order.status == OrderStatus::Completed);
            }
        }
        Answered::Receipt(figures) => {
            state.message = None;
            state.page = Page::Receipt(figures);
        }
        Answered::Journal(found) => {
            if let Page::Journal(lines) = &mut state.page {
                *lines = found;
            }
        }
        Answered::Refused(refusal) => refuse(state, &refusal, effects),
    }
}

fn looked_up(state: &mut State, look_up: ReturnLookUp, effects: &mut Vec<Effect>) {
    match look_up {
        ReturnLookUp::Found(returnable) => {
            state.message = None;
            state.page = Page::Return(ReturnForm::of(returnable));
        }
        ReturnLookUp::NotFound => {
            let (text, what) = (
                state.word(Word::NoSuchReceipt),
                state.word(Word::CheckNumber),
            );
            bad(state, text, what, effects);
        }
        ReturnLookUp::NotReachable { data_as_of } => {
            if let (Page::FindReceipt { because, .. }, Some(data_as_of)) =
                (&mut state.page, data_as_of)
            {
                *because = BlindReason::NotReachable { data_as_of };
            }
            state.message = Some(Message {
                text: state.word(Word::ReceiptNotHere).to_owned(),
                what_to_do: state.word(Word::LineIsDown).to_owned(),
                tone: Tone::Attention,
            });
            effects.push(Effect::Sound(Sound::Bad));
        }
    }
}
