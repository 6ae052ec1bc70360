//! What came of a command.

use holdfast_node::desk::{DeskCommand, DeskDone, DeskRefusal, ScanDone};
use holdfast_schemas::{
    basket::BasketRefusal,
    identity::{DocumentId, Sku},
    operation::LineNumber,
    reference::Product,
    refusal::Refusal,
    staff::{Permission, TillAction, TillRequest},
    value::Measure,
};

use super::{ask, bad, pages, refuse, say, see};
use crate::{
    event::{Effect, Question, Sound, Told},
    state::{Ask, NumberFor, Page, ReasonFor, ReturnForm, State},
    words::Word,
};

/// Takes the desk's answer, and the desk as it is now.
pub(super) fn told(state: &mut State, told: Told, effects: &mut Vec<Effect>) {
    let session = state.desk.session.as_ref().map(|session| session.document);
    see(state, told.desk, effects);
    match told.result {
        Ok(done) => succeeded(state, &told.command, done, session, effects),
        Err(refusal) => refused(state, told.command, &refusal, effects),
    }
}

fn succeeded(
    state: &mut State,
    command: &DeskCommand,
    done: DeskDone,
    session: Option<DocumentId>,
    effects: &mut Vec<Effect>,
) {
    match done {
        DeskDone::Done => simply_done(state, command, session, effects),
        DeskDone::Scanned(ScanDone::Added(line)) | DeskDone::Added(line) => {
            added(state, line, effects);
        }
        DeskDone::Scanned(ScanDone::AskAmount { product }) => ask_amount(state, &product, effects),
        DeskDone::Scanned(ScanDone::UnknownPriceLookUp(code)) => {
            let text = format!("{} {code:?}", state.word(Word::UnknownCode));
            let what = state.word(Word::SearchByName);
            bad(state, text, what, effects);
        }
        DeskDone::Scanned(ScanDone::Receipt(returnable)) => {
            state.message = None;
            state.page = Page::Return(ReturnForm::of(returnable));
            effects.push(Effect::Sound(Sound::Good));
        }
        DeskDone::Scanned(ScanDone::Customer(_)) => {
            state.page = Page::Sale;
            say(state, Word::CustomerAttached);
            effects.push(Effect::Sound(Sound::Good));
        }
        DeskDone::Tendered { .. } | DeskDone::CardBegun { .. } => {
            state.message = None;
            state.page = Page::Tender {
                typed: String::new(),
            };
        }
        DeskDone::Sold(figures) | DeskDone::Returned(figures) => {
            state.message = None;
            state.ask = None;
            state.page = Page::Change(figures.into());
            effects.push(Effect::Sound(Sound::Good));
        }
        DeskDone::Suspended { .. } => {
            state.page = Page::Sale;
            say(state, Word::PutAside);
        }
    }
}

/// Rung up: the line is shown, and what went wrong before is forgotten.
fn added(state: &mut State, line: LineNumber, effects: &mut Vec<Effect>) {
    state.message = None;
    state.sale.chosen = Some(line);
    state.sale.typed.clear();
    if !matches!(state.page, Page::SignOn { .. }) {
        state.page = Page::Sale;
    }
    effects.push(Effect::Sound(Sound::Good));
}

/// A command that says no more than that it is done.
fn simply_done(
    state: &mut State,
    command: &DeskCommand,
    session: Option<DocumentId>,
    effects: &mut Vec<Effect>,
) {
    match command {
        DeskCommand::Overridden { command, .. } => {
            simply_done(state, command, session, effects);
        }
        DeskCommand::SignOn(_) | DeskCommand::SetTraining(_) => {
            pages::after_sign_on(state, effects);
        }
        DeskCommand::Lock(_) | DeskCommand::SignOff => pages::to_sign_on(state, effects),
        DeskCommand::OpenSession { .. } => {
            pages::home(state);
            say(state, Word::TillOpened);
        }
        DeskCommand::PayIn { .. }
        | DeskCommand::PayOut { .. }
        | DeskCommand::ReceiveLoan { .. }
        | DeskCommand::DropCash { .. } => {
            state.page = Page::Menu;
            say(state, Word::CashMoved);
        }
        DeskCommand::OpenDrawer { .. } => say(state, Word::DrawerOpened),
        DeskCommand::CountCash(_) => {
            effects.push(Effect::Tell(DeskCommand::CloseSession {
                over_short_reason: None,
            }));
        }
        DeskCommand::CloseSession { .. } => {
            pages::home(state);
            say(state, Word::TillClosed);
            // Its Z report is printed for everybody, and shown to whoever may read figures.
            let rights = &state.desk.settings.rights;
            let may_read = state.signed_on().is_some_and(|member| {
                let request = TillRequest::new(TillAction::ReadFigures);
                rights.ask(member.role, request) == Permission::Allowed
            });
            if may_read {
                effects.push(Effect::Ask(Question::Figures(session)));
            }
        }
        DeskCommand::Resume { .. } | DeskCommand::VoidBasket { .. } => {
            state.sale = crate::state::SaleEntry::default();
            state.message = None;
            pages::home(state);
        }
        DeskCommand::ForceClose { .. } => {
            state.page = Page::Menu;
            say(state, Word::TillClosed);
        }
        DeskCommand::CountSafe(_) | DeskCommand::BankCash { .. } => {
            state.page = Page::Menu;
            say(state, Word::CashMoved);
        }
        DeskCommand::Basket(_)
        | DeskCommand::SetCustomer(_)
        | DeskCommand::KeepCustomer { .. }
        | DeskCommand::EraseCustomer { .. }
        | DeskCommand::BeginExchange(_)
        | DeskCommand::EndExchange => {
            state.message = None;
            state.sale.typed.clear();
            if matches!(state.page, Page::Customer { .. } | Page::Search(_)) {
                state.page = Page::Sale;
            }
        }
        DeskCommand::Reprint { .. }
        | DeskCommand::PrintGiftReceipt { .. }
        | DeskCommand::PrintFigures => say(state, Word::Printed),
        DeskCommand::VoidTender { .. } | DeskCommand::DiscardPrints => state.message = None,
        DeskCommand::Scan { .. }
        | DeskCommand::Add { .. }
        | DeskCommand::Suspend
        | DeskCommand::TakeCash { .. }
        | DeskCommand::TakeTender { .. }
        | DeskCommand::PayByCard { .. }
        | DeskCommand::Finish
        | DeskCommand::Return(_)
        | DeskCommand::BlindReturn(_) => {}
    }
}

/// Goods that must be weighed, or that have no price: somebody types it.
fn ask_amount(state: &mut State, sku: &Sku, effects: &mut Vec<Effect>) {
    let pages = 0..state.quick.len();
    let product = pages
        .into_iter()
        .find_map(|page| state.quick_product(page, sku))
        .cloned();
    let found = if let Page::Search(form) = &state.page {
        let mut products = form.found.products.iter();
        products.find(|product| product.sku == *sku).cloned()
    } else {
        None
    };
    if let Some(product) = product.or(found) {
        ask_for_product(state, product);
    } else {
        // Its name and measure are asked for first.
        effects.push(Effect::Ask(Question::Price(sku.as_str().into())));
    }
}

/// Asks how much of a product, or at which price.
pub(super) fn ask_for_product(state: &mut State, product: Product) {
    let product = Box::new(product);
    let number = match product.measure {
        Measure::Each => NumberFor::OpenPrice(product),
        Measure::Kilogram | Measure::Litre | Measure::Metre => NumberFor::Weight(product),
    };
    let typed = String::new();
    state.page = Page::Sale;
    ask(state, Ask::Number { number, typed });
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a refusal is said, but for those that are questions"
)]
fn refused(
    state: &mut State,
    command: DeskCommand,
    refusal: &DeskRefusal,
    effects: &mut Vec<Effect>,
) {
    let command = Box::new(command);
    match refusal {
        DeskRefusal::NeedsOverride { by, .. } => {
            effects.push(Effect::Sound(Sound::Bad));
            let (by, user, pin) = (*by, None, String::new());
            ask(
                state,
                Ask::Override {
                    command,
                    by,
                    user,
                    pin,
                },
            );
        }
        DeskRefusal::Basket(BasketRefusal::AskAge {
            minimum_age,
            born_on_or_before,
        }) => {
            effects.push(Effect::Sound(Sound::Bad));
            let (minimum_age, born_on_or_before) = (*minimum_age, *born_on_or_before);
            ask(
                state,
                Ask::Age {
                    minimum_age,
                    born_on_or_before,
                    command,
                },
            );
        }
        DeskRefusal::Basket(BasketRefusal::AskDiscontinued) => {
            effects.push(Effect::Sound(Sound::Bad));
            ask(state, Ask::Discontinued { command });
        }
        DeskRefusal::Document(Refusal::OverShortReason { .. }) => {
            super::asks::ask_reason(state, ReasonFor::OverShort, effects);
        }
        DeskRefusal::TendersHeld { .. } => {
            state.page = Page::Tender {
                typed: String::new(),
            };
            refuse(state, refusal, effects);
        }
        other => {
            if let Page::SignOn { pin, .. } = &mut state.page {
                pin.clear();
            }
            refuse(state, other, effects);
        }
    }
}

impl ReturnForm {
    /// Nothing chosen yet.
    #[must_use]
    pub fn of(of: Box<holdfast_node::desk::Returnable>) -> Self {
        let pieces = vec![0; of.after_sale.lines.len()];
        Self {
            of,
            pieces,
            chosen: 0,
        }
    }
}
