//! Questions above a page: numbers, reasons, overrides.

use holdfast_node::desk::{BlindReturn, BlindReturnLine, Credential, DeskCommand, VerifiedReturn};
use holdfast_schemas::{
    basket::{BasketCommand, ManualDiscountValue},
    identity::{DiscountCode, ReasonCode},
    operation::{Disposition, TenderKind},
    return_::VerifiedLine,
    staff::Pin,
    value::{Measure, Quantity, Rate, UnitPrice},
};
use rust_decimal::Decimal;

use super::{ask, bad};
use crate::{
    event::Effect,
    state::{Ask, BlindForm, CashMove, NumberFor, Page, ReasonFor, ReturnForm, State, typed_minor},
    words::Word,
};

/// The reason that is given where a store has no list.
const NO_LIST: &str = "other";

/// Asks for a reason of the store's list; where it has none, there is nothing to choose.
pub(super) fn ask_reason(state: &mut State, reason: ReasonFor, effects: &mut Vec<Effect>) {
    if state.reasons(reason.list()).is_empty() {
        state.ask = None;
        if let Ok(code) = ReasonCode::new(NO_LIST) {
            with_reason(state, reason, code, effects);
        }
    } else {
        ask(state, Ask::Reason { reason });
    }
}

/// A reason was chosen.
pub(super) fn chosen(state: &mut State, code: ReasonCode, effects: &mut Vec<Effect>) {
    if let Some(Ask::Reason { reason }) = state.ask.take() {
        with_reason(state, reason, code, effects);
    }
}

fn with_reason(state: &mut State, reason: ReasonFor, code: ReasonCode, effects: &mut Vec<Effect>) {
    let command = match reason {
        ReasonFor::Price { line, unit_price } => {
            DeskCommand::Basket(BasketCommand::OverridePrice {
                line,
                unit_price,
                reason: code,
            })
        }
        ReasonFor::Discount { line, rate } => {
            let Ok(discount) = DiscountCode::new(code.as_str()) else {
                return;
            };
            let value = ManualDiscountValue::Percent(rate);
            DeskCommand::Basket(match line {
                Some(line) => BasketCommand::DiscountLine {
                    line,
                    code: discount,
                    value,
                },
                None => BasketCommand::DiscountBasket {
                    code: discount,
                    value,
                },
            })
        }
        ReasonFor::GiveUp => DeskCommand::VoidBasket { reason: code },
        ReasonFor::Cash(kind, amount_minor) => match kind {
            CashMove::PayIn => DeskCommand::PayIn {
                amount_minor,
                reason: code,
            },
            CashMove::PayOut => DeskCommand::PayOut {
                amount_minor,
                reason: code,
            },
            CashMove::Loan => DeskCommand::ReceiveLoan { amount_minor },
            CashMove::Drop => DeskCommand::DropCash { amount_minor },
        },
        ReasonFor::NoSale => DeskCommand::OpenDrawer { reason: code },
        ReasonFor::OverShort => DeskCommand::CloseSession {
            over_short_reason: Some(code),
        },
        ReasonFor::Return => {
            let Page::Return(form) = &state.page else {
                return;
            };
            DeskCommand::Return(verified(form, &code))
        }
        ReasonFor::BlindReturn => {
            let Page::Blind(form) = &state.page else {
                return;
            };
            DeskCommand::BlindReturn(blind(form, &code))
        }
        ReasonFor::Override {
            command,
            credential,
        } => DeskCommand::Overridden {
            command,
            credential,
            reason: code,
        },
    };
    effects.push(Effect::Tell(command));
}

fn verified(form: &ReturnForm, reason: &ReasonCode) -> VerifiedReturn {
    let lines = form.of.after_sale.lines.iter().zip(&form.pieces);
    let lines = lines.filter_map(|(line, pieces)| {
        // What is weighed comes back whole.
        let quantity = match line.left.measure() {
            Measure::Each => Quantity::pieces(*pieces).ok(),
            Measure::Kilogram | Measure::Litre | Measure::Metre if *pieces > 0 => {
                line.left.quantity()
            }
            Measure::Kilogram | Measure::Litre | Measure::Metre => None,
        };
        Some(VerifiedLine {
            line: line.line,
            quantity: quantity.filter(|_| *pieces > 0)?,
            reason: reason.clone(),
            disposition: Disposition::Restock,
        })
    });
    VerifiedReturn {
        order: form.of.order,
        lines: lines.collect(),
    }
}

/// In cash, at what it costs now: the desk asks for somebody with more rights where that is more than policy allows.
fn blind(form: &BlindForm, reason: &ReasonCode) -> BlindReturn {
    let lines = form.lines.iter().filter_map(|item| {
        Some(BlindReturnLine {
            product: item.product.sku.clone(),
            quantity: Quantity::pieces(item.pieces).ok()?,
            unit_price: None,
            reason: reason.clone(),
            disposition: Disposition::Restock,
        })
    });
    BlindReturn {
        because: form.because,
        lines: lines.collect(),
        refund: TenderKind::Cash,
    }
}

/// The PIN of an override is complete.
pub(super) fn submit(state: &mut State, effects: &mut Vec<Effect>) {
    match state.ask.clone() {
        Some(Ask::Number { number, typed }) => number_typed(state, number, &typed, effects),
        Some(Ask::Override {
            user: Some(user),
            pin,
            ..
        }) => match Pin::typed(&pin) {
            Ok(pin) => overridden(state, Credential::Pin { user, pin }, effects),
            Err(_) => {
                let (text, what) = (state.word(Word::WrongPin), state.word(Word::TryAgain));
                bad(state, text, what, effects);
            }
        },
        Some(
            Ask::Override { user: None, .. }
            | Ask::Age { .. }
            | Ask::Discontinued { .. }
            | Ask::Reason { .. }
            | Ask::StaleSession,
        )
        | None => {}
    }
}

/// Somebody showed who they are: why do they allow it?
pub(super) fn overridden(state: &mut State, credential: Credential, effects: &mut Vec<Effect>) {
    if let Some(Ask::Override { command, .. }) = state.ask.take() {
        let reason = ReasonFor::Override {
            command,
            credential,
        };
        ask_reason(state, reason, effects);
    }
}

/// A number is complete.
fn number_typed(state: &mut State, number: NumberFor, typed: &str, effects: &mut Vec<Effect>) {
    let digits = state.desk.settings.currency.minor_digits();
    let price = || {
        let minor = typed_minor(typed)?;
        UnitPrice::new(Decimal::new(minor.get(), digits)).ok()
    };
    let amount = || typed.parse::<Decimal>().ok();
    let done = match number {
        NumberFor::Quantity { line, measure } => {
            let quantity = amount().and_then(|amount| Quantity::new(amount, measure).ok());
            quantity
                .map(|quantity| DeskCommand::Basket(BasketCommand::SetQuantity { line, quantity }))
        }
        NumberFor::Weight(product) => {
            let quantity = amount().and_then(|amount| Quantity::new(amount, product.measure).ok());
            quantity.map(|quantity| DeskCommand::Add {
                product: product.sku,
                quantity: Some(quantity),
                unit_price: None,
                discontinued_accepted: false,
            })
        }
        NumberFor::OpenPrice(product) => price().map(|unit_price| DeskCommand::Add {
            product: product.sku,
            quantity: None,
            unit_price: Some(unit_price),
            discontinued_accepted: false,
        }),
        NumberFor::Price(line) => {
            if let Some(unit_price) = price() {
                return ask_reason(state, ReasonFor::Price { line, unit_price }, effects);
            }
            None
        }
        NumberFor::Discount(line) => {
            let rate = amount().and_then(|percent| Rate::from_percent(percent).ok());
            if let Some(rate) = rate.filter(|rate| *rate > Rate::ZERO) {
                return ask_reason(state, ReasonFor::Discount { line, rate }, effects);
            }
            None
        }
    };
    match done {
        Some(command) => {
            state.ask = None;
            effects.push(Effect::Tell(command));
        }
        None => {
            let (text, what) = (state.word(Word::NotANumber), state.word(Word::TypeAgain));
            bad(state, text, what, effects);
        }
    }
}

/// A question is answered with yes or no.
pub(super) fn answer(state: &mut State, yes: bool, effects: &mut Vec<Effect>) {
    match state.ask.take() {
        Some(Ask::Age {
            minimum_age,
            command,
            ..
        }) => {
            effects.push(Effect::Tell(DeskCommand::Basket(
                BasketCommand::AnswerAge {
                    minimum_age,
                    old_enough: yes,
                },
            )));
            if yes {
                effects.push(Effect::Tell(*command));
            }
        }
        Some(Ask::Discontinued { command }) if yes => {
            effects.push(Effect::Tell(accepted(*command)));
        }
        Some(Ask::StaleSession) if yes => {
            super::pages::go(state, crate::action::Place::Count, effects);
        }
        Some(Ask::Discontinued { .. } | Ask::StaleSession) | None => {}
        Some(other @ (Ask::Number { .. } | Ask::Reason { .. } | Ask::Override { .. })) => {
            state.ask = Some(other);
        }
    }
}

/// The same command, with the answer that it is sold although it is discontinued.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "of all commands, two ring a product up"
)]
fn accepted(command: DeskCommand) -> DeskCommand {
    match command {
        DeskCommand::Scan { code, quantity, .. } => DeskCommand::Scan {
            code,
            quantity,
            discontinued_accepted: true,
        },
        DeskCommand::Add {
            product,
            quantity,
            unit_price,
            ..
        } => DeskCommand::Add {
            product,
            quantity,
            unit_price,
            discontinued_accepted: true,
        },
        other => other,
    }
}
