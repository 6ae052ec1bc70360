//! What pressing something does.

use holdfast_node::desk::{Credential, DeskCommand, ReceiptKey};
use holdfast_schemas::{
    basket::BasketCommand,
    identity::CustomerId,
    operation::{LineNumber, SignOffCause, TenderKind},
    staff::Pin,
    value::{Measure, MinorUnits, Quantity},
};

use super::{ask, asks, bad, keys, pages};
use crate::{
    action::Action,
    event::{Effect, Question},
    state::{Ask, BlindForm, CashMove, NumberFor, Page, ReasonFor, State, typed_minor},
    words::Word,
};

/// The most characters that are typed into anything.
const TYPED_MAX: usize = 64;

/// Does what was pressed.
pub(super) fn press(state: &mut State, action: &Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Type(character) => type_character(state, *character, effects),
        Action::Erase => erase(state, effects),
        Action::Submit => submit(state, effects),
        Action::Back if state.ask.is_some() => {
            state.ask = None;
            state.message = None;
        }
        Action::Back => pages::back(state),
        Action::Go(place) => pages::go(state, *place, effects),
        Action::Previous => choose(state, -1),
        Action::Next => choose(state, 1),
        Action::Choose(place) => choose_place(state, *place),
        Action::Take => take(state, effects),
        Action::Answer(yes) => asks::answer(state, *yes, effects),
        Action::Reason(code) => asks::chosen(state, code.clone(), effects),
        Action::User(chosen) => {
            if let Some(Ask::Override { user, pin, .. }) = &mut state.ask {
                *user = Some(chosen.clone());
                pin.clear();
            } else if let Page::SignOn { user, pin } = &mut state.page {
                *user = Some(chosen.clone());
                pin.clear();
            }
        }
        Action::Lock => tell(effects, DeskCommand::Lock(SignOffCause::Locked)),
        Action::SignOff => tell(effects, DeskCommand::SignOff),
        Action::Tell(command) => tell(effects, (**command).clone()),
        Action::ShowReceipt(document) => effects.push(Effect::Ask(Question::Receipt(*document))),
        Action::NoSale => asks::ask_reason(state, ReasonFor::NoSale, effects),
        Action::Figures => effects.push(Effect::Ask(Question::Figures(None))),
        Action::Close => {
            if let Page::Count(form) = &state.page {
                tell(effects, DeskCommand::CountCash(form.counted()));
            }
        }
        Action::Theme => state.dark = !state.dark,
        Action::Language(language) => state.language = *language,
        Action::Times
        | Action::Line(_)
        | Action::QuickPage(_)
        | Action::Add(_)
        | Action::AskQuantity
        | Action::AskPrice
        | Action::AskLineDiscount
        | Action::AskBasketDiscount
        | Action::RemoveLine
        | Action::Undo
        | Action::Suspend
        | Action::GiveUp
        | Action::Pay => sale(state, action, effects),
        Action::Cash(tendered_minor) => tell(
            effects,
            DeskCommand::TakeCash {
                tendered_minor: *tendered_minor,
            },
        ),
        Action::Card => {
            let amount_minor = tender_typed(state);
            tell(effects, DeskCommand::PayByCard { amount_minor });
        }
        Action::Tender(kind) => tender(state, *kind, effects),
        Action::VoidTender(place) => tell(effects, DeskCommand::VoidTender { place: *place }),
        Action::ReturnMore(place) => return_more(state, *place),
        Action::Blind => {
            if let Page::FindReceipt { because, .. } = state.page {
                state.message = None;
                state.page = Page::Blind(BlindForm {
                    because,
                    lines: Vec::new(),
                    chosen: 0,
                    typed: String::new(),
                });
            }
        }
    }
}

fn tell(effects: &mut Vec<Effect>, command: DeskCommand) {
    effects.push(Effect::Tell(command));
}

/// What is pressed in the sale.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not the sale's is pressed as everywhere"
)]
fn sale(state: &mut State, action: &Action, effects: &mut Vec<Effect>) {
    let line = state.line();
    match action {
        Action::Times => {
            let pieces = state.sale.typed.parse().ok();
            match pieces.and_then(|pieces| Quantity::pieces(pieces).ok()) {
                Some(pieces) => {
                    state.sale.pieces = Some(pieces);
                    state.sale.typed.clear();
                    state.message = None;
                }
                None => not_a_number(state, effects),
            }
        }
        Action::Line(number) => state.sale.chosen = Some(*number),
        Action::QuickPage(page) => state.sale.quick_page = *page,
        Action::Add(product) => tell(
            effects,
            DeskCommand::Add {
                product: product.clone(),
                quantity: state.sale.pieces.take(),
                unit_price: None,
                discontinued_accepted: false,
            },
        ),
        Action::AskQuantity => {
            if let Some((line, measure)) = line.and_then(|line| Some((line, measure(state, line)?)))
            {
                ask_number(state, NumberFor::Quantity { line, measure });
            }
        }
        Action::AskPrice => {
            if let Some(line) = line {
                ask_number(state, NumberFor::Price(line));
            }
        }
        Action::AskLineDiscount => {
            if let Some(line) = line {
                ask_number(state, NumberFor::Discount(Some(line)));
            }
        }
        Action::AskBasketDiscount => ask_number(state, NumberFor::Discount(None)),
        Action::RemoveLine => {
            if let Page::Blind(form) = &mut state.page {
                if form.chosen < form.lines.len() {
                    form.lines.remove(form.chosen);
                    form.chosen = form.chosen.min(form.lines.len().saturating_sub(1));
                }
            } else if let Some(line) = line {
                state.sale.chosen = None;
                tell(
                    effects,
                    DeskCommand::Basket(BasketCommand::RemoveLine { line }),
                );
            }
        }
        Action::Undo => tell(effects, DeskCommand::Basket(BasketCommand::Undo)),
        Action::Suspend => tell(effects, DeskCommand::Suspend),
        Action::GiveUp => asks::ask_reason(state, ReasonFor::GiveUp, effects),
        Action::Pay => {
            state.message = None;
            if state.desk.basket.total_minor == MinorUnits::ZERO {
                tell(effects, DeskCommand::Finish);
            } else {
                state.page = Page::Tender {
                    typed: String::new(),
                };
            }
        }
        other => press(state, other, effects),
    }
}

fn measure(state: &State, number: LineNumber) -> Option<Measure> {
    let mut lines = state.desk.basket.lines.iter();
    let line = lines.find(|line| line.number == number)?;
    Some(line.line.item.measure)
}

fn ask_number(state: &mut State, number: NumberFor) {
    let typed = String::new();
    ask(state, Ask::Number { number, typed });
}

/// What is typed into, now.
fn typed_into(state: &mut State) -> Option<&mut String> {
    match &mut state.ask {
        Some(Ask::Number { typed, .. }) => return Some(typed),
        Some(Ask::Override {
            user: Some(_), pin, ..
        }) => return Some(pin),
        Some(
            Ask::Override { user: None, .. }
            | Ask::Age { .. }
            | Ask::Discontinued { .. }
            | Ask::Reason { .. }
            | Ask::StaleSession,
        ) => return None,
        None => {}
    }
    match &mut state.page {
        Page::SignOn { user: Some(_), pin } => Some(pin),
        Page::OpenTill(form) | Page::Count(form) => {
            form.rows.get_mut(form.chosen).map(|(_, typed)| typed)
        }
        Page::Sale => Some(&mut state.sale.typed),
        Page::Search(form) => Some(&mut form.text),
        Page::PriceCheck { typed, .. }
        | Page::Tender { typed }
        | Page::FindReceipt { typed, .. }
        | Page::Blind(BlindForm { typed, .. })
        | Page::Cash { typed, .. }
        | Page::Customer { typed } => Some(typed),
        Page::SignOn { user: None, .. }
        | Page::Change(_)
        | Page::Recall { .. }
        | Page::Return(_)
        | Page::Menu
        | Page::Report(_)
        | Page::Receipts { .. }
        | Page::Receipt(_)
        | Page::Sync
        | Page::Journal(_) => None,
    }
}

/// Whether a character belongs into what is typed now.
fn belongs(state: &State, character: char) -> bool {
    match &state.ask {
        Some(Ask::Number { number, .. }) => {
            let point = matches!(
                number,
                NumberFor::Quantity { .. } | NumberFor::Weight(_) | NumberFor::Discount(_)
            );
            return character.is_ascii_digit() || (point && character == '.');
        }
        Some(_) => return character.is_ascii_digit(),
        None => {}
    }
    match &state.page {
        Page::Search(_)
        | Page::FindReceipt { .. }
        | Page::Blind(_)
        | Page::PriceCheck { .. }
        | Page::Customer { .. } => !character.is_control(),
        Page::SignOn { .. }
        | Page::OpenTill(_)
        | Page::Sale
        | Page::Tender { .. }
        | Page::Change(_)
        | Page::Recall { .. }
        | Page::Return(_)
        | Page::Menu
        | Page::Cash { .. }
        | Page::Count(_)
        | Page::Report(_)
        | Page::Receipts { .. }
        | Page::Receipt(_)
        | Page::Sync
        | Page::Journal(_) => character.is_ascii_digit(),
    }
}

fn type_character(state: &mut State, character: char, effects: &mut Vec<Effect>) {
    // A comma is what a German or Spanish keyboard has for a point.
    let character = if character == ',' { '.' } else { character };
    if !belongs(state, character) {
        return;
    }
    if let Some(typed) = typed_into(state)
        && typed.len() < TYPED_MAX
    {
        typed.push(character);
        state.message = None;
    }
    searched(state, effects);
}

fn erase(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(typed) = typed_into(state) {
        typed.pop();
    }
    searched(state, effects);
}

/// Finds while one types.
fn searched(state: &State, effects: &mut Vec<Effect>) {
    if let Page::Search(form) = &state.page
        && state.ask.is_none()
    {
        effects.push(pages::search(&form.text));
    }
}

/// Enter: what was typed is taken, or what is chosen.
fn submit(state: &mut State, effects: &mut Vec<Effect>) {
    if state.ask.is_some() {
        return asks::submit(state, effects);
    }
    match &mut state.page {
        Page::SignOn {
            user: Some(user),
            pin,
        } => {
            let (user, typed) = (user.clone(), std::mem::take(pin));
            match Pin::typed(&typed) {
                Ok(pin) => tell(effects, DeskCommand::SignOn(Credential::Pin { user, pin })),
                Err(_) => {
                    let (text, what) = (state.word(Word::WrongPin), state.word(Word::TryAgain));
                    bad(state, text, what, effects);
                }
            }
        }
        Page::OpenTill(form) => {
            let float = form.counted();
            tell(effects, DeskCommand::OpenSession { float });
        }
        Page::Count(_) => press(state, &Action::Close, effects),
        Page::Sale => {
            let code = std::mem::take(&mut state.sale.typed);
            if !code.is_empty() {
                keys::scanned(state, &code, effects);
            }
        }
        Page::Blind(form) if form.typed.is_empty() => take(state, effects),
        Page::PriceCheck { typed, .. } | Page::Blind(BlindForm { typed, .. }) => {
            let code = std::mem::take(typed);
            if !code.is_empty() {
                effects.push(Effect::Ask(Question::Price(code.into())));
            }
        }
        Page::Tender { typed } => {
            if let Some(tendered_minor) = typed_minor(typed) {
                tell(effects, DeskCommand::TakeCash { tendered_minor });
            }
        }
        Page::FindReceipt { typed, .. } => {
            let key = receipt_key(typed);
            match key {
                Some(key) => effects.push(Effect::Ask(Question::LookUp(key))),
                None => {
                    let (text, what) = (
                        state.word(Word::NoSuchReceipt),
                        state.word(Word::CheckNumber),
                    );
                    bad(state, text, what, effects);
                }
            }
        }
        Page::Cash { kind, typed } => {
            let (kind, amount) = (*kind, typed_minor(typed));
            match (kind, amount) {
                (_, None) => not_a_number(state, effects),
                (CashMove::PayIn | CashMove::PayOut, Some(amount)) => {
                    asks::ask_reason(state, ReasonFor::Cash(kind, amount), effects);
                }
                (CashMove::Loan, Some(amount_minor)) => {
                    tell(effects, DeskCommand::ReceiveLoan { amount_minor });
                }
                (CashMove::Drop, Some(amount_minor)) => {
                    tell(effects, DeskCommand::DropCash { amount_minor });
                }
            }
        }
        Page::Customer { typed } => match CustomerId::new(typed.as_str()) {
            Ok(customer) => tell(effects, DeskCommand::SetCustomer(Some(customer))),
            Err(_) => not_a_number(state, effects),
        },
        Page::Change(_) => pages::home(state),
        Page::Search(_) | Page::Recall { .. } | Page::Receipts { .. } | Page::Return(_) => {
            take(state, effects);
        }
        Page::SignOn { user: None, .. }
        | Page::Menu
        | Page::Report(_)
        | Page::Receipt(_)
        | Page::Sync
        | Page::Journal(_) => {}
    }
}

fn receipt_key(typed: &str) -> Option<ReceiptKey> {
    let typed = typed.trim();
    let number = typed.parse().ok().map(ReceiptKey::Number);
    number.or_else(|| typed.parse().ok().map(ReceiptKey::Receipt))
}

fn not_a_number(state: &mut State, effects: &mut Vec<Effect>) {
    let (text, what) = (state.word(Word::NotANumber), state.word(Word::TypeAgain));
    bad(state, text, what, effects);
}

/// What was typed as an amount; `None` for all that is due.
fn tender_typed(state: &State) -> Option<MinorUnits> {
    if let Page::Tender { typed } = &state.page {
        typed_minor(typed)
    } else {
        None
    }
}

fn tender(state: &State, kind: TenderKind, effects: &mut Vec<Effect>) {
    let amount_minor = tender_typed(state).unwrap_or(state.desk.tendering.due_minor);
    tell(effects, DeskCommand::TakeTender { kind, amount_minor });
}

/// Chooses the row so many places further down.
fn choose(state: &mut State, by: isize) {
    let moved = |chosen: usize, count: usize| {
        chosen
            .saturating_add_signed(by)
            .min(count.saturating_sub(1))
    };
    let suspended = state.desk.suspended.len();
    match &mut state.page {
        Page::Sale => {
            let lines: Vec<LineNumber> = state
                .desk
                .basket
                .lines
                .iter()
                .map(|line| line.number)
                .collect();
            let at = state
                .line()
                .and_then(|line| lines.iter().position(|number| *number == line));
            state.sale.chosen = at.and_then(|at| lines.get(moved(at, lines.len())).copied());
        }
        Page::Search(form) => form.chosen = moved(form.chosen, form.found.products.len()),
        Page::OpenTill(form) | Page::Count(form) => {
            form.chosen = moved(form.chosen, form.rows.len());
        }
        Page::Recall { chosen } => *chosen = moved(*chosen, suspended),
        Page::Receipts { orders, chosen } => *chosen = moved(*chosen, orders.len()),
        Page::Return(form) => form.chosen = moved(form.chosen, form.pieces.len()),
        Page::Blind(form) => form.chosen = moved(form.chosen, form.lines.len()),
        Page::SignOn { .. }
        | Page::PriceCheck { .. }
        | Page::Tender { .. }
        | Page::Change(_)
        | Page::FindReceipt { .. }
        | Page::Menu
        | Page::Cash { .. }
        | Page::Report(_)
        | Page::Receipt(_)
        | Page::Sync
        | Page::Journal(_)
        | Page::Customer { .. } => {}
    }
}

fn choose_place(state: &mut State, place: usize) {
    match &mut state.page {
        Page::Search(form) => form.chosen = place,
        Page::OpenTill(form) | Page::Count(form) => form.chosen = place,
        Page::Recall { chosen } | Page::Receipts { chosen, .. } => *chosen = place,
        Page::Return(form) => form.chosen = place,
        Page::Blind(form) => form.chosen = place,
        Page::SignOn { .. }
        | Page::Sale
        | Page::PriceCheck { .. }
        | Page::Tender { .. }
        | Page::Change(_)
        | Page::FindReceipt { .. }
        | Page::Menu
        | Page::Cash { .. }
        | Page::Report(_)
        | Page::Receipt(_)
        | Page::Sync
        | Page::Journal(_)
        | Page::Customer { .. } => {}
    }
}

/// Takes what is chosen.
fn take(state: &mut State, effects: &mut Vec<Effect>) {
    match &state.page {
        Page::Search(form) => {
            if let Some(product) = form.found.products.get(form.chosen) {
                let product = product.sku.clone();
                sale(state, &Action::Add(product), effects);
            }
        }
        Page::Recall { chosen } => {
            if let Some(basket) = state.desk.suspended.get(*chosen) {
                let order = basket.order;
                tell(effects, DeskCommand::Resume { order });
            }
        }
        Page::Receipts { orders, chosen } => {
            if let Some(order) = orders.get(*chosen) {
                effects.push(Effect::Ask(Question::Receipt(order.document)));
            }
        }
        Page::Return(form) => {
            if form.pieces.iter().any(|pieces| *pieces > 0) {
                asks::ask_reason(state, ReasonFor::Return, effects);
            }
        }
        Page::Blind(form) => {
            if !form.lines.is_empty() {
                asks::ask_reason(state, ReasonFor::BlindReturn, effects);
            }
        }
        Page::SignOn { .. }
        | Page::OpenTill(_)
        | Page::Sale
        | Page::PriceCheck { .. }
        | Page::Tender { .. }
        | Page::Change(_)
        | Page::FindReceipt { .. }
        | Page::Menu
        | Page::Cash { .. }
        | Page::Count(_)
        | Page::Report(_)
        | Page::Receipt(_)
        | Page::Sync
        | Page::Journal(_)
        | Page::Customer { .. } => {}
    }
}

/// One more of a line comes back, or none again after the last.
fn return_more(state: &mut State, place: usize) {
    if let Page::Blind(form) = &mut state.page {
        form.more(place);
    }
    if let Page::Return(form) = &mut state.page
        && let (Some(line), Some(pieces)) = (
            form.of.after_sale.lines.get(place),
            form.pieces.get_mut(place),
        )
    {
        let left = match line.left.measure() {
            Measure::Each => line.left.amount().try_into().unwrap_or(0),
            Measure::Kilogram | Measure::Litre | Measure::Metre => {
                u32::from(line.left.is_positive())
            }
        };
        *pieces = if *pieces >= left { 0 } else { *pieces + 1 };
        form.chosen = place;
    }
}
