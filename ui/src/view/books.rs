//! The till's session: float, cash in and out, count, reports; and what is at headquarters.

use holdfast_node::desk::{DeskCommand, JournalLine, SessionFigures};
use holdfast_schemas::identity::UserId;

use super::{
    common, head, pad,
    shown::{Big, Entry, Key, Layout, Look, Pair, Row, Tone, View},
};
use crate::{
    action::{Action, Place},
    key::KeyName,
    seam::local_time,
    state::{CashForm, CashMove, State, typed_minor},
    words::Word,
};

pub(super) fn open_till(state: &State, form: &CashForm) -> View {
    let open = Key::new(Action::Submit, state.word(Word::OpenTill))
        .on(KeyName::Enter)
        .look(Look::Primary);
    let off = Key::new(Action::SignOff, state.word(Word::SignOff)).on(KeyName::Function(10));
    View {
        title: state.word(Word::OpenTill).to_owned(),
        text: state.word(Word::FloatHint).to_owned(),
        keys: vec![off, open],
        ..cash_form(state, form)
    }
}

pub(super) fn count(state: &State, form: &CashForm) -> View {
    let close = Key::new(Action::Close, state.word(Word::CloseTill))
        .on(KeyName::Enter)
        .look(Look::Primary);
    View {
        title: state.word(Word::CountDrawer).to_owned(),
        text: state.word(Word::CountHint).to_owned(),
        keys: vec![common::back(state), close],
        ..cash_form(state, form)
    }
}

fn cash_form(state: &State, form: &CashForm) -> View {
    let rows = form.rows.iter().enumerate();
    let rows = rows.map(|(place, (worth, typed))| {
        let pieces: i64 = typed.parse().unwrap_or(0);
        let sum = worth.get().saturating_mul(pieces);
        Row {
            action: Some(Action::Choose(place)),
            lead: state.money(*worth),
            title: if typed.is_empty() {
                "–".to_owned()
            } else {
                format!("× {typed}")
            },
            value: if sum == 0 {
                String::new()
            } else {
                state
                    .format()
                    .amount(holdfast_schemas::value::MinorUnits::new(sum))
            },
            chosen: place == form.chosen,
            ..Row::default()
        }
    });
    let chosen = form.rows.get(form.chosen);
    let down = Key::new(Action::Next, state.word(Word::Next)).on(KeyName::Down);
    View {
        layout: Layout::Count,
        rows: rows.collect(),
        big: Big {
            label: state.word(Word::Counted).to_owned(),
            value: state.money(form.total()),
            note: String::new(),
        },
        entry: Entry {
            text: chosen.map(|(_, typed)| typed.clone()).unwrap_or_default(),
            hint: chosen
                .map(|(worth, _)| format!("{} {}", state.word(Word::HowMany), state.money(*worth)))
                .unwrap_or_default(),
        },
        pad: pad::digits(state, down),
        ..View::default()
    }
}

pub(super) fn cash(state: &State, kind: CashMove, typed: &str) -> View {
    let (title, text) = match kind {
        CashMove::PayIn => (Word::PaidIn, Word::PaidInHint),
        CashMove::PayOut => (Word::PaidOut, Word::PaidOutHint),
        CashMove::Loan => (Word::Loan, Word::LoanHint),
        CashMove::Drop => (Word::Drop, Word::DropHint),
    };
    let amount = typed_minor(typed);
    View {
        layout: Layout::Amount,
        title: state.word(title).to_owned(),
        text: state.word(text).to_owned(),
        big: Big {
            label: state.word(Word::Amount).to_owned(),
            value: amount.map_or_else(|| "–".to_owned(), |minor| state.money(minor)),
            note: String::new(),
        },
        pad: pad::with_enter(state, Word::Enter),
        keys: vec![common::back(state)],
        ..View::default()
    }
}

pub(super) fn menu(state: &State) -> View {
    let tile = |place: Place, word: Word, note: Word, letter: char| {
        Key::new(Action::Go(place), state.word(word))
            .note(state.word(note))
            .on(KeyName::Character(letter))
            .look(Look::Tile)
    };
    let act = |action: Action, word: Word, note: Word, letter: char| {
        Key::new(action, state.word(word))
            .note(state.word(note))
            .on(KeyName::Character(letter))
            .look(Look::Tile)
    };
    let training = state.desk.training;
    let train = Action::Tell(Box::new(DeskCommand::SetTraining(!training)));
    let train_word = if training {
        Word::EndTraining
    } else {
        Word::StartTraining
    };
    let tiles = vec![
        tile(Place::Receipts, Word::Receipts, Word::ReceiptsNote, '1'),
        tile(
            Place::PriceCheck,
            Word::PriceCheck,
            Word::PriceCheckNote,
            '2',
        ),
        tile(Place::Customer, Word::Customer, Word::CustomerNote, '3'),
        act(Action::NoSale, Word::NoSale, Word::NoSaleNote, '4'),
        tile(Place::PayIn, Word::PaidIn, Word::PaidInNote, '5'),
        tile(Place::PayOut, Word::PaidOut, Word::PaidOutNote, '6'),
        tile(Place::Loan, Word::Loan, Word::LoanNote, '7'),
        tile(Place::Drop, Word::Drop, Word::DropNote, '8'),
        act(Action::Figures, Word::XReport, Word::XReportNote, '9'),
        tile(Place::Journal, Word::Journal, Word::JournalNote, 'j'),
        tile(Place::Sync, Word::SyncPage, Word::SyncPageNote, 's'),
        act(train, train_word, Word::TrainingNote, 't'),
    ];
    let theme = if state.dark { Word::Light } else { Word::Dark };
    View {
        layout: Layout::Menu,
        title: state.word(Word::More).to_owned(),
        tiles,
        keys: vec![
            common::back(state),
            Key::new(Action::Theme, state.word(theme)).on(KeyName::Character('d')),
            Key::new(Action::SignOff, state.word(Word::SignOff)).on(KeyName::Character('o')),
            Key::new(Action::Go(Place::Count), state.word(Word::CloseTill))
                .on(KeyName::Character('z'))
                .look(Look::Danger)
                .only_if(state.desk.basket.lines.is_empty()),
        ],
        ..View::default()
    }
}

pub(super) fn report(state: &State, figures: &SessionFigures) -> View {
    let (title, print) = if figures.closed {
        (Word::ZReport, None)
    } else {
        let print = Action::Tell(Box::new(DeskCommand::PrintFigures));
        (Word::XReport, Some(print))
    };
    let mut keys: Vec<Key> = print
        .map(|print| {
            Key::new(print, state.word(Word::Print))
                .on(KeyName::Function(2))
                .look(Look::Primary)
        })
        .into_iter()
        .collect();
    if figures.closed {
        keys.push(
            Key::new(Action::SignOff, state.word(Word::SignOff))
                .on(KeyName::Function(10))
                .look(Look::Primary),
        );
    }
    keys.push(common::back(state));
    let totals = &figures.totals;
    let pair = |word: Word, minor| Pair {
        label: state.word(word).to_owned(),
        value: state.money(minor),
        strong: false,
    };
    let mut pairs = vec![
        pair(Word::Sales, totals.sales_minor),
        pair(Word::Refunds, totals.refunds_minor),
        pair(Word::TaxIncluded, totals.tax_minor),
    ];
    if figures.closed {
        pairs.push(pair(Word::Expected, totals.expected_cash_minor));
        pairs.push(pair(Word::Counted, totals.counted_cash_minor));
        pairs.push(Pair {
            strong: true,
            ..pair(Word::OverShort, totals.over_short_minor)
        });
    }
    View {
        layout: Layout::Paper,
        title: state.word(title).to_owned(),
        text: state.format().date(figures.business_date),
        pairs,
        paper: common::paper(&figures.text),
        keys,
        ..View::default()
    }
}

pub(super) fn sync(state: &State) -> View {
    let node = &state.desk.node;
    let mut rows = Vec::new();
    let trouble = node.trouble.as_ref();
    if let Some(trouble) = trouble {
        rows.push(Row {
            title: trouble.what.to_owned(),
            detail: trouble.what_to_do.to_owned(),
            tone: Tone::Bad,
            ..Row::default()
        });
    }
    let count = |word: Word, note: Word, count: u64, tone: Tone| Row {
        title: state.word(word).to_owned(),
        detail: state.word(note).to_owned(),
        value: count.to_string(),
        tone: if count == 0 { Tone::Neutral } else { tone },
        ..Row::default()
    };
    rows.push(count(
        Word::Unsent,
        Word::UnsentNote,
        node.pending.entries,
        Tone::Attention,
    ));
    rows.push(count(
        Word::Exceptions,
        Word::ExceptionsNote,
        node.misfits,
        Tone::Attention,
    ));
    rows.push(count(
        Word::Quarantined,
        Word::QuarantinedNote,
        node.quarantined,
        Tone::Bad,
    ));
    let printing = &state.desk.printing;
    rows.push(count(
        Word::Unprinted,
        Word::UnprintedNote,
        printing.waiting,
        Tone::Attention,
    ));
    let line = if state.online {
        Word::LineUp
    } else {
        Word::LineIsDown
    };
    let money = node
        .pending
        .taken
        .first()
        .map(|money| state.money(money.minor));
    View {
        layout: Layout::List,
        title: state.word(Word::SyncPage).to_owned(),
        text: state.word(line).to_owned(),
        rows,
        big: Big {
            label: state.word(Word::MoneyUnsent).to_owned(),
            value: money.unwrap_or_else(|| "–".to_owned()),
            note: String::new(),
        },
        pairs: vec![
            Pair {
                label: state.word(Word::OldestUnsent).to_owned(),
                value: if node.pending.oldest.is_some() {
                    head::age(state)
                } else {
                    "–".to_owned()
                },
                strong: false,
            },
            Pair {
                label: state.word(Word::PriceListVersion).to_owned(),
                value: node.reference.get().to_string(),
                strong: false,
            },
            Pair {
                label: state.word(Word::Till).to_owned(),
                value: state.desk.till.to_string(),
                strong: false,
            },
        ],
        keys: vec![
            Key::new(
                Action::Tell(Box::new(DeskCommand::DiscardPrints)),
                state.word(Word::DiscardPrints),
            )
            .on(KeyName::Delete)
            .look(Look::Danger)
            .only_if(printing.waiting > 0),
            common::back(state),
        ],
        ..View::default()
    }
}

pub(super) fn journal(state: &State, lines: &[JournalLine]) -> View {
    let zone = state.desk.settings.time_zone.to_string();
    let called = |user: &UserId| {
        let mut users = state.users.iter();
        let member = users.find(|member| member.user == *user);
        member.map_or_else(
            || user.to_string(),
            |member| member.called.as_str().to_owned(),
        )
    };
    let rows = lines.iter().map(|line| {
        let by = line.by.as_ref().map(called);
        let allowed = line
            .granted_by
            .as_ref()
            .map(|user| format!("{} {}", state.word(Word::AllowedBy), called(user)));
        Row {
            lead: local_time(line.at, &zone)
                .map(|time| format!("{:02}:{:02}", time.hour, time.minute))
                .unwrap_or_default(),
            title: crate::words::journal(line.name, state.language),
            detail: by
                .into_iter()
                .chain(allowed)
                .collect::<Vec<_>>()
                .join(" · "),
            value: line
                .amount_minor
                .map(|minor| state.money(minor))
                .unwrap_or_default(),
            ..Row::default()
        }
    });
    View {
        layout: Layout::List,
        title: state.word(Word::Journal).to_owned(),
        rows: rows.collect(),
        no_rows: state.word(Word::NothingYet).to_owned(),
        keys: vec![common::back(state)],
        ..View::default()
    }
}
