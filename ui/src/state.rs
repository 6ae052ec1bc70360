//! What a till's screens know.

use std::sync::Arc;

use holdfast_node::{
    desk::{
        Credential, DeskCommand, DeskView, DocumentFigures, JournalLine, PriceCheck, ProductPage,
        QuickKeyProduct, Returnable, SessionFigures, StaffMember, StaffView,
    },
    store::OrderSummary,
};
use holdfast_schemas::{
    identity::{ReasonCode, Sku, UserId},
    operation::{BlindReason, CashCounted, DenominationCount, LineNumber},
    receipt::{Format, LocalTime},
    reference::{MinimumAge, Product},
    scan::Wedge,
    staff::StaffRole,
    store_settings::{Language, ReasonUse},
    time::BusinessDate,
    value::{Measure, MinorUnits, Quantity},
};

use crate::{view::Tone, words::Word};

/// All that is drawn comes from here, by [`crate::view::view`]; all changes are [`crate::update::update`]'s.
#[derive(Debug, Clone)]
pub struct State {
    /// The desk as it was last seen: all that is durable.
    pub desk: Arc<DeskView>,
    /// Whether headquarters can be reached.
    pub online: bool,
    /// Who may sign on here.
    pub users: Vec<StaffMember>,
    /// The products of the quick keys, by page.
    pub quick: Vec<Vec<QuickKeyProduct>>,
    /// The time of day at the store.
    pub time: LocalTime,
    /// For how many minutes what headquarters does not have has waited.
    pub pending_minutes: i64,
    /// The page that is drawn.
    pub page: Page,
    /// The question that is asked above it.
    pub ask: Option<Ask>,
    /// What is said about what was done last.
    pub message: Option<Message>,
    /// What was typed in the sale.
    pub sale: SaleEntry,
    /// Tells scans from typing.
    pub wedge: Wedge,
    /// The language of the screens while nobody is signed on.
    pub language: Language,
    /// Whether it is drawn light on dark.
    pub dark: bool,
}

/// What was typed in the sale and is not in the basket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SaleEntry {
    /// Characters.
    pub typed: String,
    /// The number of pieces of the next scan.
    pub pieces: Option<Quantity>,
    /// The line that functions work on.
    pub chosen: Option<LineNumber>,
    /// The page of quick keys.
    pub quick_page: usize,
}

/// A page.
#[derive(Debug, Clone)]
pub enum Page {
    /// Somebody signs on, or unlocks the till.
    SignOn {
        /// Who.
        user: Option<UserId>,
        /// Their PIN so far.
        pin: String,
    },
    /// The drawer's float is counted, and the session opened.
    OpenTill(CashForm),
    /// The sale.
    Sale,
    /// The list of products.
    Search(SearchForm),
    /// What something costs.
    PriceCheck {
        /// A code so far.
        typed: String,
        /// What was found.
        found: Option<Box<PriceCheck>>,
    },
    /// The ways to pay.
    Tender {
        /// An amount so far.
        typed: String,
    },
    /// The change of the last sale, or what was refunded.
    Change(Arc<DocumentFigures>),
    /// Baskets that were put aside.
    Recall {
        /// The place of the chosen one.
        chosen: usize,
    },
    /// A receipt's number is typed.
    FindReceipt {
        /// So far.
        typed: String,
        /// Why there is no sale to look at, after it was looked for.
        because: BlindReason,
    },
    /// Goods come back without their sale.
    Blind(BlindForm),
    /// Goods of a sale come back.
    Return(ReturnForm),
    /// All that a till does besides selling.
    Menu,
    /// Cash is put in or taken out.
    Cash {
        /// Which.
        kind: CashMove,
        /// An amount so far.
        typed: String,
    },
    /// The drawer is counted.
    Count(CashForm),
    /// An X or Z report.
    Report(Box<SessionFigures>),
    /// The last receipts.
    Receipts {
        /// The newest first.
        orders: Vec<OrderSummary>,
        /// The place of the chosen one.
        chosen: usize,
    },
    /// A receipt.
    Receipt(Box<DocumentFigures>),
    /// What is at headquarters.
    Sync,
    /// What was written down in the session.
    Journal(Vec<JournalLine>),
    /// A customer's number.
    Customer {
        /// So far.
        typed: String,
    },
}

/// How cash is moved that is no sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CashMove {
    /// Put in.
    PayIn,
    /// Taken out.
    PayOut,
    /// Change money from the safe.
    Loan,
    /// To the safe.
    Drop,
}

/// A search.
#[derive(Debug, Clone, Default)]
pub struct SearchForm {
    /// What was typed.
    pub text: String,
    /// What was found.
    pub found: ProductPage,
    /// The place of the chosen one.
    pub chosen: usize,
}

/// Notes and coins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CashForm {
    /// Each denomination with its number of pieces so far, the largest first.
    pub rows: Vec<(MinorUnits, String)>,
    /// The place of the one that is counted now.
    pub chosen: usize,
}

impl CashForm {
    /// Nothing counted.
    #[must_use]
    pub fn of(denominations: impl DoubleEndedIterator<Item = MinorUnits>) -> Self {
        let rows = denominations.rev().map(|worth| (worth, String::new()));
        Self {
            rows: rows.collect(),
            chosen: 0,
        }
    }

    /// What was counted.
    #[must_use]
    pub fn counted(&self) -> CashCounted {
        let counts = self.rows.iter().filter_map(|(worth, typed)| {
            let pieces: u32 = typed.parse().ok().filter(|pieces| *pieces > 0)?;
            Some(DenominationCount {
                denomination_minor: *worth,
                pieces,
            })
        });
        CashCounted {
            counted_minor: self.total(),
            denominations: counts.collect(),
        }
    }

    /// Its sum.
    #[must_use]
    pub fn total(&self) -> MinorUnits {
        let sum = self.rows.iter().fold(0_i64, |sum, (worth, typed)| {
            let pieces = typed.parse().unwrap_or(0_i64);
            sum.saturating_add(worth.get().saturating_mul(pieces))
        });
        MinorUnits::new(sum)
    }
}

/// What comes back of a sale.
#[derive(Debug, Clone)]
pub struct ReturnForm {
    /// The sale, and what is left of it.
    pub of: Box<Returnable>,
    /// How many pieces of each line come back.
    pub pieces: Vec<u32>,
    /// The place of the chosen line.
    pub chosen: usize,
}

/// What comes back without its sale.
#[derive(Debug, Clone)]
pub struct BlindForm {
    /// Why there is no sale to look at.
    pub because: BlindReason,
    /// What comes back.
    pub lines: Vec<BlindItem>,
    /// The place of the chosen line.
    pub chosen: usize,
    /// A code so far.
    pub typed: String,
}

/// Pieces of a product that come back without their sale.
#[derive(Debug, Clone)]
pub struct BlindItem {
    /// Which product.
    pub product: Product,
    /// What one costs now.
    pub price_minor: MinorUnits,
    /// How many.
    pub pieces: u32,
}

impl BlindForm {
    /// One more piece of a product.
    pub fn add(&mut self, product: Product, price_minor: MinorUnits) {
        let same = |item: &BlindItem| item.product.sku == product.sku;
        let place = self.lines.iter().position(same).unwrap_or_else(|| {
            self.lines.push(BlindItem {
                product,
                price_minor,
                pieces: 0,
            });
            self.lines.len() - 1
        });
        self.more(place);
    }

    /// One more piece of a line.
    pub fn more(&mut self, place: usize) {
        if let Some(item) = self.lines.get_mut(place) {
            item.pieces = item.pieces.saturating_add(1);
            self.chosen = place;
        }
    }

    /// What all of it costs now.
    #[must_use]
    pub fn worth(&self) -> MinorUnits {
        self.lines.iter().fold(MinorUnits::ZERO, |sum, item| {
            let worth = item.price_minor.get().saturating_mul(item.pieces.into());
            sum.saturating_plus(MinorUnits::new(worth))
        })
    }
}

/// A question above a page.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Is the customer old enough?
    Age {
        /// How old they must be.
        minimum_age: MinimumAge,
        /// Who was born later is too young.
        born_on_or_before: BusinessDate,
        /// What is done again if they are.
        command: Box<DeskCommand>,
    },
    /// Sell what is not ordered any more?
    Discontinued {
        /// What is done again if so.
        command: Box<DeskCommand>,
    },
    /// A number is typed.
    Number {
        /// For what.
        number: NumberFor,
        /// So far.
        typed: String,
    },
    /// A reason is chosen.
    Reason {
        /// For what.
        reason: ReasonFor,
    },
    /// Somebody with more rights allows something.
    Override {
        /// What.
        command: Box<DeskCommand>,
        /// The least role that may.
        by: StaffRole,
        /// Who.
        user: Option<UserId>,
        /// Their PIN so far.
        pin: String,
    },
    /// The session was opened on an earlier trading day.
    StaleSession,
}

/// What a number is typed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberFor {
    /// The quantity of a line.
    Quantity {
        /// Which line.
        line: LineNumber,
        /// What it is measured in.
        measure: Measure,
    },
    /// How much a product weighs or measures.
    Weight(Box<Product>),
    /// What a product without a price costs.
    OpenPrice(Box<Product>),
    /// The price of a line.
    Price(LineNumber),
    /// A discount in per cent on a line, or on all of it.
    Discount(Option<LineNumber>),
}

/// What a reason is given for.
#[derive(Debug, Clone)]
pub enum ReasonFor {
    /// A price.
    Price {
        /// Of which line.
        line: LineNumber,
        /// What one costs.
        unit_price: holdfast_schemas::value::UnitPrice,
    },
    /// A discount.
    Discount {
        /// On which line, or on all of it.
        line: Option<LineNumber>,
        /// How much.
        rate: holdfast_schemas::value::Rate,
    },
    /// A basket given up.
    GiveUp,
    /// Cash put in or taken out.
    Cash(CashMove, MinorUnits),
    /// The drawer opened.
    NoSale,
    /// The drawer over or short.
    OverShort,
    /// Goods brought back.
    Return,
    /// Goods brought back without their sale.
    BlindReturn,
    /// An override.
    Override {
        /// What is allowed.
        command: Box<DeskCommand>,
        /// By whom.
        credential: Credential,
    },
}

impl ReasonFor {
    /// Which of the store's lists it comes from.
    #[must_use]
    pub fn list(&self) -> ReasonUse {
        match self {
            Self::Price { .. } => ReasonUse::PriceOverride,
            Self::Discount { .. } => ReasonUse::Discount,
            Self::GiveUp => ReasonUse::BasketVoid,
            Self::Cash(CashMove::PayIn | CashMove::Loan, _) => ReasonUse::PaidIn,
            Self::Cash(CashMove::PayOut | CashMove::Drop, _) => ReasonUse::PaidOut,
            Self::NoSale => ReasonUse::NoSale,
            Self::OverShort => ReasonUse::OverShort,
            Self::Return | Self::BlindReturn => ReasonUse::Return,
            Self::Override { .. } => ReasonUse::Override,
        }
    }
}

/// What is said below the head of a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What happened.
    pub text: String,
    /// What to do.
    pub what_to_do: String,
    /// What it means.
    pub tone: Tone,
}

impl State {
    /// At the start: nobody is signed on as far as the screens know.
    #[must_use]
    pub fn new(desk: Arc<DeskView>, time: LocalTime) -> Self {
        let language = desk.settings.receipt_texts.language;
        let user = match &desk.staff {
            StaffView::Locked(member) | StaffView::SignedOn(member) => Some(member.user.clone()),
            StaffView::Nobody => None,
        };
        Self {
            desk,
            online: false,
            users: Vec::new(),
            quick: Vec::new(),
            time,
            pending_minutes: 0,
            page: Page::SignOn {
                user,
                pin: String::new(),
            },
            ask: None,
            message: None,
            sale: SaleEntry::default(),
            wedge: Wedge::new(),
            language,
            dark: false,
        }
    }

    /// Who is signed on.
    #[must_use]
    pub fn signed_on(&self) -> Option<&StaffMember> {
        match &self.desk.staff {
            StaffView::SignedOn(member) => Some(member),
            StaffView::Nobody | StaffView::Locked(_) => None,
        }
    }

    /// How numbers, money and dates are written.
    #[must_use]
    pub fn format(&self) -> Format {
        Format {
            language: self.language,
            currency: self.desk.settings.currency,
        }
    }

    /// A word in the language of the screens.
    #[must_use]
    pub fn word(&self, word: Word) -> &'static str {
        word.text(self.language)
    }

    /// An amount with its currency.
    #[must_use]
    pub fn money(&self, minor: MinorUnits) -> String {
        self.format().money(minor)
    }

    /// The line that functions work on: the chosen one, or the last that was touched.
    #[must_use]
    pub fn line(&self) -> Option<LineNumber> {
        let lines = &self.desk.basket.lines;
        let there = |number: &LineNumber| lines.iter().any(|line| line.number == *number);
        self.sale
            .chosen
            .filter(there)
            .or(self.desk.basket.last_line.filter(there))
            .or(lines.last().map(|line| line.number))
    }

    /// The reasons to choose from.
    #[must_use]
    pub fn reasons(&self, list: ReasonUse) -> Vec<(ReasonCode, String)> {
        let reasons = self.desk.settings.reasons.for_use(list);
        reasons
            .map(|reason| {
                (
                    reason.code.clone(),
                    reason.label.text(self.language).to_owned(),
                )
            })
            .collect()
    }

    /// An empty count of the store's notes and coins.
    #[must_use]
    pub fn cash_form(&self) -> CashForm {
        let denominations = self.desk.settings.denominations();
        let worths: Vec<MinorUnits> = denominations.iter().map(|one| one.worth_minor).collect();
        CashForm::of(worths.into_iter())
    }

    /// The product of a quick key.
    #[must_use]
    pub fn quick_product(&self, page: usize, sku: &Sku) -> Option<&Product> {
        let mut keys = self.quick.get(page)?.iter();
        keys.find(|key| key.sku == *sku)?.product.as_ref()
    }
}

/// An amount as it is typed: its minor units, without a point.
#[must_use]
pub fn typed_minor(typed: &str) -> Option<MinorUnits> {
    let minor: i64 = typed.parse().ok()?;
    (minor > 0).then(|| MinorUnits::new(minor))
}
