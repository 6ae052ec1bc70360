//! The head of every screen, the line below it, and what the customer sees.

use super::{
    common,
    shown::{Big, CustomerSide, Head, Key, Look, Row, StripLine, Tone},
};
use crate::{
    action::Action,
    key::KeyName,
    state::{Page, State},
    words::Word,
};

pub(super) fn head(state: &State) -> Head {
    let desk = &state.desk;
    let name = desk.settings.header.name.as_ref().map(ToString::to_string);
    let till = state.word(Word::Till);
    let place = name.unwrap_or_else(|| desk.till.store.to_string());
    let person = state.signed_on().map(|member| {
        let role = state.word(Word::role(member.role));
        format!("{} · {role}", member.called.as_str())
    });
    let keys = state.signed_on().map(|_| {
        Key::new(Action::Lock, state.word(Word::Lock))
            .on(KeyName::Function(11))
            .look(Look::Plain)
    });
    Head {
        place: format!("{place} · {till} {}", desk.till.node),
        person: person.unwrap_or_default(),
        time: format!("{:02}:{:02}", state.time.hour, state.time.minute),
        badge: if desk.training {
            state.word(Word::Training).to_owned()
        } else {
            String::new()
        },
        pill: pill(state),
        keys: keys.into_iter().collect(),
    }
}

/// What is at headquarters and what is not: never "sent" without its word for it.
pub(super) fn pill(state: &State) -> (String, Tone) {
    if state.desk.training {
        return (String::new(), Tone::Neutral);
    }
    let node = &state.desk.node;
    if node.frozen || node.trouble.is_some() {
        return (state.word(Word::SyncTrouble).to_owned(), Tone::Bad);
    }
    let pending = &node.pending;
    if pending.entries == 0 {
        return if state.online {
            (state.word(Word::AllSent).to_owned(), Tone::Good)
        } else {
            (state.word(Word::Offline).to_owned(), Tone::Attention)
        };
    }
    let money: Vec<String> = pending
        .taken
        .iter()
        .map(|money| state.money(money.minor))
        .collect();
    let mut parts = vec![format!("{} {}", pending.entries, state.word(Word::Waiting))];
    parts.extend(money);
    parts.push(age(state));
    let text = parts.join(" · ");
    if state.online {
        (text, Tone::Neutral)
    } else {
        (
            format!("{} · {text}", state.word(Word::Offline)),
            Tone::Attention,
        )
    }
}

/// For how long the oldest of it has waited.
pub(super) fn age(state: &State) -> String {
    match state.pending_minutes {
        minutes if minutes < 1 => state.word(Word::JustNow).to_owned(),
        minutes if minutes < 60 => format!("{minutes} min"),
        minutes => format!("{} h {:02} min", minutes / 60, minutes % 60),
    }
}

pub(super) fn strip(state: &State) -> StripLine {
    if let Some(message) = &state.message {
        return StripLine {
            text: message.text.clone(),
            what_to_do: message.what_to_do.clone(),
            tone: message.tone,
        };
    }
    let mut text = String::new();
    if let Page::Sale = state.page {
        if let Some(pieces) = state.sale.pieces {
            text = format!("{} × ", state.format().quantity(pieces));
        }
        text.push_str(&state.sale.typed);
    }
    let hint = match (&state.page, text.is_empty()) {
        (Page::Sale, true) => state.word(Word::ReadyToScan),
        (Page::Sale, false) => state.word(Word::TypedHint),
        (Page::Change(_), _) => state.word(Word::ScanForNext),
        _ => "",
    };
    StripLine {
        text,
        what_to_do: hint.to_owned(),
        tone: Tone::Neutral,
    }
}

pub(super) fn customer(state: &State) -> CustomerSide {
    let basket = &state.desk.basket;
    let greeting = if state.desk.training {
        Word::Training
    } else {
        Word::Welcome
    };
    let big = |label: Word, value: String| Big {
        label: state.word(label).to_owned(),
        value,
        note: String::new(),
    };
    let rows = basket.lines.iter().map(|line| Row {
        lead: common::lead(state, &line.line),
        title: line.line.item.description.to_string(),
        value: state.money(line.priced.total_minor),
        ..Row::default()
    });
    let shown = if let Page::Change(figures) = &state.page {
        big(Word::ChangeDue, state.money(figures.change_minor))
    } else if let Page::Tender { .. } = &state.page {
        big(Word::ToPay, state.money(state.desk.tendering.due_minor))
    } else {
        big(Word::Total, state.money(basket.total_minor))
    };
    CustomerSide {
        greeting: state.word(greeting).to_owned(),
        big: shown,
        rows: rows.collect(),
    }
}
