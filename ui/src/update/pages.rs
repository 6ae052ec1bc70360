//! From page to page.

use holdfast_node::desk::ProductSearch;
use holdfast_node::desk::StaffView;
use holdfast_schemas::operation::BlindReason;

use super::{ask, refresh};
use crate::{
    action::Place,
    event::{Effect, Question},
    state::{Ask, CashMove, Page, SaleEntry, SearchForm, State},
};

/// How many products a search shows.
const FOUND_MAX: usize = 50;

/// Nobody is signed on any more.
pub(super) fn to_sign_on(state: &mut State, effects: &mut Vec<Effect>) {
    let user = match &state.desk.staff {
        StaffView::Locked(member) => Some(member.user.clone()),
        StaffView::Nobody | StaffView::SignedOn(_) => None,
    };
    state.page = Page::SignOn {
        user,
        pin: String::new(),
    };
    state.ask = None;
    state.message = None;
    state.sale = SaleEntry::default();
    effects.push(Effect::Ask(Question::Users));
}

/// Somebody signed on: to where they left off.
pub(super) fn after_sign_on(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(member) = state.signed_on() {
        state.language = member.language;
    }
    state.ask = None;
    state.message = None;
    refresh(state, effects);
    home(state);
    let stale = state.desk.session.as_ref();
    if stale.is_some_and(|session| session.today > session.business_date) {
        ask(state, Ask::StaleSession);
    }
}

/// Where one sells, or what must be done first.
pub(super) fn home(state: &mut State) {
    state.page = if state.desk.session.is_none() {
        Page::OpenTill(state.cash_form())
    } else if state.desk.tendering.taken.is_empty() {
        Page::Sale
    } else {
        Page::Tender {
            typed: String::new(),
        }
    };
}

/// A scan goes on with the sale, from wherever it came; but a drawer that is being opened or counted, and goods that come
/// back, stay where they are until the desk has answered.
pub(super) fn leave_for_scan(state: &mut State) {
    let stays = matches!(
        state.page,
        Page::OpenTill(_) | Page::Count(_) | Page::Return(_) | Page::Tender { .. }
    );
    if !stays && state.desk.session.is_some() {
        state.page = Page::Sale;
    }
}

/// A page was asked for.
pub(super) fn go(state: &mut State, place: Place, effects: &mut Vec<Effect>) {
    state.message = None;
    let typed = String::new;
    let cash = |kind| Page::Cash {
        kind,
        typed: typed(),
    };
    state.page = match place {
        Place::Sale => return home(state),
        Place::Search => {
            effects.push(search(""));
            Page::Search(SearchForm::default())
        }
        Place::PriceCheck => Page::PriceCheck {
            typed: typed(),
            found: None,
        },
        Place::Recall => Page::Recall { chosen: 0 },
        Place::Return => Page::FindReceipt {
            typed: typed(),
            because: BlindReason::NotFound,
        },
        Place::Menu => Page::Menu,
        Place::PayIn => cash(CashMove::PayIn),
        Place::PayOut => cash(CashMove::PayOut),
        Place::Loan => cash(CashMove::Loan),
        Place::Drop => cash(CashMove::Drop),
        Place::Count => Page::Count(state.cash_form()),
        Place::Receipts => {
            effects.push(Effect::Ask(Question::Orders));
            Page::Receipts {
                orders: Vec::new(),
                chosen: 0,
            }
        }
        Place::Sync => Page::Sync,
        Place::Journal => {
            effects.push(Effect::Ask(Question::Journal));
            Page::Journal(Vec::new())
        }
        Place::Customer => Page::Customer { typed: typed() },
    };
}

/// Where Escape leads.
pub(super) fn back(state: &mut State) {
    state.message = None;
    match &mut state.page {
        Page::Sale => {
            state.sale.typed.clear();
            state.sale.pieces = None;
        }
        Page::SignOn { user, pin } => {
            if pin.is_empty() {
                *user = None;
            }
            pin.clear();
        }
        Page::OpenTill(_) => {}
        Page::Cash { .. }
        | Page::Count(_)
        | Page::Report(_)
        | Page::Receipts { .. }
        | Page::Sync
        | Page::Journal(_)
        | Page::PriceCheck { .. }
        | Page::Customer { .. } => {
            state.page = if state.desk.session.is_some() {
                Page::Menu
            } else {
                Page::OpenTill(state.cash_form())
            };
        }
        Page::Search(_)
        | Page::Tender { .. }
        | Page::Change(_)
        | Page::Recall { .. }
        | Page::FindReceipt { .. }
        | Page::Return(_)
        | Page::Blind(_)
        | Page::Receipt(_)
        | Page::Menu => {
            state.page = if state.desk.session.is_some() {
                Page::Sale
            } else {
                Page::OpenTill(state.cash_form())
            };
        }
    }
}

/// What is searched for.
pub(super) fn search(words: &str) -> Effect {
    Effect::Ask(Question::Search(ProductSearch {
        words: words.into(),
        after: None,
        products_max: FOUND_MAX,
    }))
}
