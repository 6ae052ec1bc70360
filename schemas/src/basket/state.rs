//! What is in a basket, and what happened to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BasketItem;
use crate::{
    identity::{Channel, CustomerId, DiscountCode, PriceListVersion, ReasonCode},
    operation::{
        LineNumber, OrderType, PriceSource, SuspendedGrants, SuspendedLine, SuspendedOverride,
    },
    order::{Sale, SaleLine, SaleTender},
    reference::{MinimumAge, StoreSettings},
    staff::StaffRole,
    value::{
        BasketLine, Discount, DiscountValue, MinorUnits, PricedBasket, PricingError, Quantity,
        Rate, UnitPrice, price_basket,
    },
};

/// A note on a line, for the receipt: 1 to 128 bytes. It may name a person, so it is printed and never in an order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LineNote(Box<str>);

/// Why a text is no note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a note has 1 to 128 bytes and no control characters")]
pub struct LineNoteError;

impl LineNote {
    /// Checks length and characters.
    ///
    /// # Errors
    /// [`LineNoteError`].
    pub fn new(text: &str) -> Result<Self, LineNoteError> {
        let text = text.trim();
        if (1..=128).contains(&text.len()) && !text.chars().any(char::is_control) {
            Ok(Self(text.into()))
        } else {
            Err(LineNoteError)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for LineNote {
    /// Without the text, so that it is in no log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LineNote(…)")
    }
}

impl TryFrom<String> for LineNote {
    type Error = LineNoteError;
    fn try_from(text: String) -> Result<Self, LineNoteError> {
        Self::new(&text)
    }
}

impl From<LineNote> for String {
    fn from(note: LineNote) -> Self {
        note.0.into()
    }
}

/// How much a discount by hand takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ManualDiscountValue {
    /// So many per cent.
    Percent(Rate),
    /// So many minor units.
    Amount(MinorUnits),
}

/// A discount by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManualDiscount {
    /// Under which code it is written into the order: the reason for it.
    pub code: DiscountCode,
    /// How much it takes off.
    pub value: ManualDiscountValue,
    /// The role that allowed it: the cashier's own, or that of the one who overrode.
    pub allowed_by: StaffRole,
}

impl From<&ManualDiscount> for Discount {
    fn from(discount: &ManualDiscount) -> Self {
        Self {
            code: discount.code.clone(),
            value: match discount.value {
                ManualDiscountValue::Percent(rate) => DiscountValue::Percent(rate),
                ManualDiscountValue::Amount(amount) => DiscountValue::Amount(amount),
            },
        }
    }
}

/// The price of one on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinePrice {
    /// The price list's.
    List,
    /// That of the label, or keyed in for an open price.
    Keyed(UnitPrice),
    /// Overridden.
    Overridden {
        /// What one costs now.
        unit_price: UnitPrice,
        /// Why.
        reason: ReasonCode,
        /// The role that allowed it.
        allowed_by: StaffRole,
    },
}

/// A line of a basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungUpLine {
    /// What.
    pub item: BasketItem,
    /// How much.
    pub quantity: Quantity,
    /// At which price.
    pub price: LinePrice,
    /// Discounts on this line alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<ManualDiscount>,
    /// What is printed below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<LineNote>,
}

impl RungUpLine {
    /// The price of one, and where it came from.
    #[must_use]
    pub fn unit_price(&self) -> (UnitPrice, PriceSource) {
        match &self.price {
            LinePrice::List => (self.item.list_price, PriceSource::PriceList),
            LinePrice::Keyed(price) => (*price, PriceSource::Keyed),
            LinePrice::Overridden { unit_price, .. } => (*unit_price, PriceSource::Override),
        }
    }

    fn basket_line(&self) -> BasketLine {
        BasketLine {
            quantity: self.quantity,
            unit_price: self.unit_price().0,
            discounts: self.discounts.iter().map(Discount::from).collect(),
            tax_code: self.item.tax_code.clone(),
            tax_rate: self.item.tax_rate,
        }
    }
}

/// What happened to a basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasketEvent {
    /// A line was rung up.
    LineAdded(Box<RungUpLine>),
    /// A line's quantity is another, also because it was scanned again.
    QuantitySet {
        /// Which line.
        line: LineNumber,
        /// How much it is now.
        quantity: Quantity,
    },
    /// A line's price is another.
    PriceSet {
        /// Which line.
        line: LineNumber,
        /// The price of one.
        price: LinePrice,
    },
    /// A line got a discount.
    LineDiscounted {
        /// Which line.
        line: LineNumber,
        /// The discount.
        discount: ManualDiscount,
    },
    /// A line's discounts were taken off.
    LineDiscountsRemoved {
        /// Which line.
        line: LineNumber,
    },
    /// The basket got a discount.
    BasketDiscounted {
        /// The discount.
        discount: ManualDiscount,
    },
    /// The basket's discounts were taken off.
    BasketDiscountsRemoved {},
    /// A line got a note, or lost it.
    LineNoted {
        /// Which line.
        line: LineNumber,
        /// What is printed below it.
        note: Option<LineNote>,
    },
    /// A line was taken off.
    LineRemoved {
        /// Which line.
        line: LineNumber,
    },
    /// Somebody looked at the customer's age.
    AgeChecked {
        /// How old they had to be.
        minimum_age: MinimumAge,
        /// Whether they were.
        old_enough: bool,
    },
    /// A customer was attached, or taken off.
    CustomerSet {
        /// Which customer.
        customer: Option<CustomerId>,
    },
}

/// What a till writes down, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasketStep {
    /// Something happened.
    Done(BasketEvent),
    /// The last thing that happened and was not undone yet is undone.
    Undone {},
}

/// What is in a basket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BasketState {
    /// Its lines, those taken off as `None`: a line keeps its number, which is its place from 1.
    lines: Vec<Option<RungUpLine>>,
    /// Discounts on all of it.
    pub discounts: Vec<ManualDiscount>,
    /// The highest age that the customer was found to have.
    pub old_enough_for: Option<MinimumAge>,
    /// The lowest age that the customer was found not to have.
    pub too_young_for: Option<MinimumAge>,
    /// Who buys.
    pub customer: Option<CustomerId>,
}

impl BasketState {
    /// Its lines by number, without those taken off.
    pub fn lines(&self) -> impl Iterator<Item = (LineNumber, &RungUpLine)> {
        let numbers = (1..).map_while(LineNumber::new);
        numbers
            .zip(&self.lines)
            .filter_map(|(number, line)| line.as_ref().map(|line| (number, line)))
    }

    /// A line; `None` where there is none, or it was taken off.
    #[must_use]
    pub fn line(&self, number: LineNumber) -> Option<&RungUpLine> {
        self.slot(number)
            .and_then(|index| self.lines.get(index)?.as_ref())
    }

    /// How many lines there ever were.
    pub(super) fn numbers_used(&self) -> usize {
        self.lines.len()
    }

    /// Whether it has no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines().next().is_none()
    }

    /// What it costs, by line and in all, as the order will have it.
    ///
    /// # Errors
    /// [`PricingError`] where a discount does not fit or an amount is too large.
    pub fn priced(&self, settings: &StoreSettings) -> Result<PricedBasket, PricingError> {
        let lines: Vec<BasketLine> = self.lines().map(|(_, line)| line.basket_line()).collect();
        let discounts: Vec<Discount> = self.discounts.iter().map(Discount::from).collect();
        price_basket(
            &lines,
            &discounts,
            settings.tax_mode,
            settings.tax_rounding,
            settings.currency,
        )
    }

    /// The basket as a sale that [`crate::order::sell`] decides on.
    #[must_use]
    pub fn sale(
        &self,
        settings: &StoreSettings,
        price_list: PriceListVersion,
        channel: Channel,
        tenders: Vec<SaleTender>,
    ) -> Sale {
        let lines = self.lines().map(|(_, line)| SaleLine {
            product: line.item.product.clone(),
            description: line.item.description.clone(),
            kind: line.item.kind,
            department: line.item.department.clone(),
            price_source: line.unit_price().1,
            basket: line.basket_line(),
        });
        Sale {
            order_type: OrderType::CarryOut,
            channel,
            customer: self.customer.clone(),
            references: Vec::new(),
            price_list,
            tax_mode: settings.tax_mode,
            tax_rounding: settings.tax_rounding,
            lines: lines.collect(),
            discounts: self.discounts.iter().map(Discount::from).collect(),
            tenders,
        }
    }

    /// What was granted in it, so that whoever takes it up again grants nothing anew. Its lines are numbered as those of
    /// the order.
    #[must_use]
    pub fn granted(&self) -> SuspendedGrants {
        let numbers = (1..).map_while(LineNumber::new);
        let lines = self.lines().zip(numbers).filter_map(|((_, line), number)| {
            let overridden = match &line.price {
                LinePrice::Overridden {
                    reason, allowed_by, ..
                } => Some(SuspendedOverride {
                    list_price: line.item.list_price,
                    reason: reason.clone(),
                    allowed_by: *allowed_by,
                }),
                LinePrice::List | LinePrice::Keyed(_) => None,
            };
            (overridden.is_some() || !line.discounts.is_empty()).then(|| SuspendedLine {
                line: number,
                overridden,
                discounts: line.discounts.clone(),
            })
        });
        SuspendedGrants {
            discounts: self.discounts.clone(),
            lines: lines.collect(),
        }
    }

    /// The role that the sale is decided with: the cashier's own, or that of the highest override that is in it.
    #[must_use]
    pub fn deciding_role(&self, cashier: StaffRole) -> StaffRole {
        let of_lines = self.lines().flat_map(|(_, line)| {
            let price = match &line.price {
                LinePrice::Overridden { allowed_by, .. } => Some(*allowed_by),
                LinePrice::List | LinePrice::Keyed(_) => None,
            };
            let discounts = line.discounts.iter().map(|discount| discount.allowed_by);
            price.into_iter().chain(discounts)
        });
        let of_basket = self.discounts.iter().map(|discount| discount.allowed_by);
        of_lines.chain(of_basket).fold(cashier, StaffRole::max)
    }

    fn slot(&self, number: LineNumber) -> Option<usize> {
        usize::try_from(number.get()).ok()?.checked_sub(1)
    }

    fn line_mut(&mut self, number: LineNumber) -> Option<&mut RungUpLine> {
        let slot = self.slot(number)?;
        self.lines.get_mut(slot)?.as_mut()
    }

    /// Whether nothing was said of this customer yet.
    fn is_new(&self) -> bool {
        self.is_empty()
            && self.discounts.is_empty()
            && self.customer.is_none()
            && self.old_enough_for.is_none()
            && self.too_young_for.is_none()
    }

    /// After an event. A line that is not there is passed over: a till's own file is the only writer.
    pub(super) fn apply(&mut self, event: &BasketEvent) {
        match event {
            BasketEvent::LineAdded(line) => self.lines.push(Some((**line).clone())),
            BasketEvent::QuantitySet { line, quantity } => {
                if let Some(line) = self.line_mut(*line) {
                    line.quantity = *quantity;
                }
            }
            BasketEvent::PriceSet { line, price } => {
                if let Some(line) = self.line_mut(*line) {
                    line.price = price.clone();
                }
            }
            BasketEvent::LineDiscounted { line, discount } => {
                if let Some(line) = self.line_mut(*line) {
                    line.discounts.push(discount.clone());
                }
            }
            BasketEvent::LineDiscountsRemoved { line } => {
                if let Some(line) = self.line_mut(*line) {
                    line.discounts.clear();
                }
            }
            BasketEvent::BasketDiscounted { discount } => self.discounts.push(discount.clone()),
            BasketEvent::BasketDiscountsRemoved {} => self.discounts.clear(),
            BasketEvent::LineNoted { line, note } => {
                if let Some(line) = self.line_mut(*line) {
                    line.note.clone_from(note);
                }
            }
            BasketEvent::LineRemoved { line } => {
                let slot = self.slot(*line).and_then(|slot| self.lines.get_mut(slot));
                if let Some(slot) = slot {
                    *slot = None;
                }
                // The next goods may be the next customer's: nothing that was said of this one is theirs.
                if self.is_empty() {
                    let lines = std::mem::take(&mut self.lines);
                    *self = Self {
                        lines,
                        ..Self::default()
                    };
                }
            }
            BasketEvent::AgeChecked {
                minimum_age,
                old_enough: true,
            } => self.old_enough_for = self.old_enough_for.max(Some(*minimum_age)),
            BasketEvent::AgeChecked {
                minimum_age,
                old_enough: false,
            } => {
                let lowest = self
                    .too_young_for
                    .map_or(*minimum_age, |age| age.min(*minimum_age));
                self.too_young_for = Some(lowest);
            }
            BasketEvent::CustomerSet { customer } => self.customer.clone_from(customer),
        }
    }
}

/// An open basket: what is in it, and how it came about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basket {
    state: BasketState,
    events: Vec<BasketEvent>,
}

impl Basket {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The basket that these steps lead to.
    #[must_use]
    pub fn replay(steps: impl IntoIterator<Item = BasketStep>) -> Self {
        let mut events = Vec::new();
        for step in steps {
            match step {
                BasketStep::Done(event) => events.push(event),
                BasketStep::Undone {} => events = Self::of(events).undone_events(),
            }
        }
        Self::of(events)
    }

    /// What is in it.
    #[must_use]
    pub fn state(&self) -> &BasketState {
        &self.state
    }

    /// Whether there is something to undo.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.events.is_empty()
    }

    /// The basket as it is with the last thing undone.
    pub(super) fn undone(&self) -> Option<Self> {
        self.can_undo().then(|| Self::of(self.undone_events()))
    }

    /// What is left with the last thing undone. Where that was the first goods, all that was said of their customer goes
    /// with them.
    fn undone_events(&self) -> Vec<BasketEvent> {
        let kept = self.events.len().saturating_sub(1);
        let mut events = self.events.clone();
        events.truncate(kept);
        let after = Self::of(events);
        if after.state.is_empty() && !self.state.is_empty() && !after.state.is_new() {
            return Vec::new();
        }
        after.events
    }

    /// Takes a step that was decided, and written down.
    pub fn take(&mut self, step: BasketStep) {
        match step {
            BasketStep::Done(event) => {
                self.state.apply(&event);
                self.events.push(event);
            }
            BasketStep::Undone {} => *self = Self::of(self.undone_events()),
        }
    }

    fn of(events: Vec<BasketEvent>) -> Self {
        let mut state = BasketState::default();
        for event in &events {
            state.apply(event);
        }
        Self { state, events }
    }
}
