//! A scripted day at the counter: every step says what it is about to do, and what was shown after it.

use std::io::{self, Write};

use holdfast_node::desk::{
    CardState, Credential, DeskCommand, DeskDone, DeskHandle, DeskRefusal, DeskView, StaffView,
};
use holdfast_schemas::{
    basket::BasketCommand, identity::ReasonCode, operation::CashCounted, value::MinorUnits,
};
use serde::{Deserialize, Serialize};

use super::{PRODUCTS, badge};

/// What was shown at one moment, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// The till, right after a start.
    Started(Screen),
    /// A step that begins, with the totals that the basket may have after it.
    Begins {
        /// What it is.
        step: String,
        /// What the basket may cost afterwards.
        totals: Vec<i64>,
    },
    /// A step that returned.
    Done(Screen),
    /// A sale was shown as paid.
    Paid {
        /// Its receipt's number.
        receipt: String,
        /// What it cost.
        total: i64,
    },
}

/// What matters of a screen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screen {
    /// What the basket costs.
    pub total: i64,
    /// How many lines it has.
    pub lines: usize,
    /// What is left to pay of it.
    pub due: i64,
    /// Whether a session is open.
    pub session: bool,
    /// Whether a card's answer may finish the sale at any moment.
    pub card: bool,
}

impl Screen {
    /// Whether both show the same, but for a card's answer.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let card = self.card;
        *self
            == Self {
                card,
                ..other.clone()
            }
    }
}

impl From<&DeskView> for Screen {
    fn from(view: &DeskView) -> Self {
        Self {
            total: view.basket.total_minor.get(),
            lines: view.basket.lines.len(),
            due: view.tendering.due_minor.get(),
            session: view.session.is_some(),
            card: view
                .tendering
                .card
                .as_ref()
                .is_some_and(|card| match card.state {
                    CardState::Open | CardState::Approved => true,
                    CardState::Declined(_) => false,
                }),
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn say(shown: &Shown) -> io::Result<()> {
    let mut line = serde_json::to_vec(shown)?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line)?;
    output.flush()
}

/// Why the day broke off.
#[derive(Debug, thiserror::Error)]
pub enum DayError {
    /// The desk said no to something that it must do.
    #[error("refused: {0}")]
    Refused(#[from] DeskRefusal),
    /// Nobody hears what is said.
    #[error("nobody listens")]
    Output(#[from] io::Error),
    /// The till ended.
    #[error("the till ended")]
    Ended(#[from] holdfast_node::watched::WatchEnded),
}

/// Trades for ever, steps drawn from a seed.
///
/// # Errors
/// Where the desk says no to what it must do, the till ends, or nobody listens.
pub async fn trade_until_killed(desk: DeskHandle, seed: u64) -> Result<(), DayError> {
    let views = desk.watch();
    say(&Shown::Started(Screen::from(&*views.latest())))?;
    if !matches!(views.latest().staff, StaffView::SignedOn(_)) {
        let sign_on = DeskCommand::SignOn(Credential::Badge(badge()));
        desk.tell(sign_on).await?;
    }
    settled(&desk).await?;
    if views.latest().session.is_none() {
        let float = CashCounted {
            counted_minor: MinorUnits::new(10_000),
            denominations: Vec::new(),
        };
        desk.tell(DeskCommand::OpenSession { float }).await?;
    }
    let mut draw = Draw(seed);
    loop {
        step(&desk, &mut draw).await?;
    }
}

/// Waits until no card payment's outcome is open, and says what came of it.
async fn settled(desk: &DeskHandle) -> Result<(), DayError> {
    let mut views = desk.watch();
    let open = |view: &DeskView| {
        let card = view.tendering.card.as_ref();
        card.is_some_and(|card| card.state == CardState::Open)
    };
    let view = views.wait_for(|view| !open(view)).await?;
    say(&Shown::Done(Screen::from(&*view)))?;
    Ok(())
}

async fn step(desk: &DeskHandle, draw: &mut Draw) -> Result<(), DayError> {
    let view = desk.watch().latest();
    let screen = Screen::from(&*view);
    let total = screen.total;
    let held = screen.due < total;
    let (name, command, totals) = match draw.below(12) {
        0..=5 if !held => {
            let (sku, price) = PRODUCTS[usize::try_from(draw.below(4)).unwrap_or(0)];
            let scan = DeskCommand::Scan {
                code: sku.into(),
                quantity: None,
                discontinued_accepted: false,
            };
            ("scan", scan, vec![total + price])
        }
        6 if !held && view.basket.can_undo => {
            let undo = DeskCommand::Basket(BasketCommand::Undo);
            // What it was before only the basket knows.
            ("undo", undo, (0..=total).collect())
        }
        7 if !held && screen.lines > 0 => {
            let reason = ReasonCode::new("example").expect("a reason");
            let void = DeskCommand::VoidBasket { reason };
            ("void", void, vec![0])
        }
        8 | 9 if screen.due > 1 => {
            let part = MinorUnits::new(screen.due / 2);
            let cash = DeskCommand::TakeCash {
                tendered_minor: part,
            };
            ("part", cash, vec![total])
        }
        10 if screen.due > 0 => {
            let card = DeskCommand::PayByCard { amount_minor: None };
            // Begun, or answered and finished already.
            ("card", card, vec![total, 0])
        }
        _ if screen.due > 0 => {
            let note = MinorUnits::new(screen.due + 1_00);
            let cash = DeskCommand::TakeCash {
                tendered_minor: note,
            };
            ("cash", cash, vec![0])
        }
        _ => return Ok(()),
    };
    say(&Shown::Begins {
        step: name.to_owned(),
        totals,
    })?;
    let done = desk.tell(command).await?;
    if let DeskDone::Sold(sold) = &done {
        say(&Shown::Paid {
            receipt: sold
                .receipt
                .map(|receipt| receipt.to_string())
                .unwrap_or_default(),
            total: sold.total_minor.get(),
        })?;
    }
    say(&Shown::Done(Screen::from(&*desk.watch().latest())))?;
    if let DeskDone::CardBegun { .. } = done {
        // The answer may finish the sale at any moment now.
        say(&Shown::Begins {
            step: "answer".to_owned(),
            totals: vec![total, 0],
        })?;
        settled(desk).await?;
    }
    Ok(())
}
