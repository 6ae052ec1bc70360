//! What may be done to a basket.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    AddedAmount, Basket, BasketEvent, BasketItem, BasketRefusal, BasketState, BasketStep, LineNote,
    LinePrice, ManualDiscount, ManualDiscountValue, RungUpLine,
};
use crate::{
    identity::{CustomerId, DiscountCode, ReasonCode},
    operation::LineNumber,
    reference::{MinimumAge, StoreSettings},
    refusal::Refusal,
    rules::{AMOUNT_MINOR_MAX, LINES_PER_DOCUMENT_MAX},
    staff::{ManagerOverride, Permission, Size, StaffRole, TillAction, TillRequest},
    time::BusinessDate,
    value::{MinorUnits, Quantity, Rate, UnitPrice},
};

/// What somebody wants to do to a basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BasketCommand {
    /// Ring something up: a scan, a key, a price look-up code.
    Add {
        /// What.
        item: Box<BasketItem>,
        /// How much, and at which price where the label says it.
        amount: AddedAmount,
        /// The price of one as somebody keyed it: only for products without a price of their own.
        keyed_price: Option<UnitPrice>,
        /// Until when its label lets it be sold.
        last_day_of_sale: Option<BusinessDate>,
        /// Whether somebody said to sell it although it is discontinued.
        discontinued_accepted: bool,
    },
    /// Make a line's quantity another.
    SetQuantity {
        /// Which line.
        line: LineNumber,
        /// How much it is to be.
        quantity: Quantity,
    },
    /// Sell a line at another price.
    OverridePrice {
        /// Which line.
        line: LineNumber,
        /// The price of one.
        unit_price: UnitPrice,
        /// Why.
        reason: ReasonCode,
    },
    /// Give a line back its own price.
    ResetPrice {
        /// Which line.
        line: LineNumber,
    },
    /// Give a discount on a line.
    DiscountLine {
        /// Which line.
        line: LineNumber,
        /// Why.
        code: DiscountCode,
        /// How much.
        value: ManualDiscountValue,
    },
    /// Take a line's discounts off.
    RemoveLineDiscounts {
        /// Which line.
        line: LineNumber,
    },
    /// Give a discount on all of it.
    DiscountBasket {
        /// Why.
        code: DiscountCode,
        /// How much.
        value: ManualDiscountValue,
    },
    /// Take the basket's discounts off.
    RemoveBasketDiscounts,
    /// Write something below a line, or take it away.
    Note {
        /// Which line.
        line: LineNumber,
        /// What.
        note: Option<LineNote>,
    },
    /// Take a line off.
    RemoveLine {
        /// Which line.
        line: LineNumber,
    },
    /// Say whether the customer is old enough.
    AnswerAge {
        /// How old they must be.
        minimum_age: MinimumAge,
        /// Whether they are.
        old_enough: bool,
    },
    /// Attach a customer, or take them off.
    SetCustomer(Option<CustomerId>),
    /// Undo the last thing that was not undone yet.
    Undo,
}

/// What a decision on a basket needs to know besides it.
#[derive(Debug, Clone, Copy)]
pub struct BasketContext<'a> {
    /// Who rings up.
    pub role: StaffRole,
    /// An override for this one command.
    pub overridden: Option<&'a ManagerOverride>,
    /// How the store is run.
    pub settings: &'a StoreSettings,
    /// The trading day.
    pub today: BusinessDate,
}

impl Basket {
    /// What is to be written down and then [taken](Basket::take) for a command.
    ///
    /// # Errors
    /// [`BasketRefusal`]: nothing happens. Some are questions whose answer makes the same command go through.
    pub fn decide(
        &self,
        command: &BasketCommand,
        context: &BasketContext<'_>,
    ) -> Result<BasketStep, BasketRefusal> {
        if *command == BasketCommand::Undo {
            let undone = self.undone().ok_or(BasketRefusal::NothingToUndo)?;
            // What takes goods off a basket is a void, by whatever key.
            if takes_off(self.state(), undone.state()) {
                context.allowed_by(TillRequest::new(TillAction::VoidLine))?;
            }
            return Ok(BasketStep::Undone {});
        }
        let event = self.state().event(command, context)?;
        let mut after = self.state().clone();
        after.apply(&event);
        after.check(context)?;
        Ok(BasketStep::Done(event))
    }
}

impl BasketContext<'_> {
    /// The role that a request is allowed to, which may be that of an override for just this.
    fn allowed_by(&self, request: TillRequest) -> Result<StaffRole, BasketRefusal> {
        match self.settings.rights.ask(self.role, request) {
            Permission::Allowed => Ok(self.role),
            Permission::Refused => Err(BasketRefusal::NotAllowed),
            Permission::WithOverride { by } => match self.overridden {
                Some(overridden) if overridden.request == request && overridden.role >= by => {
                    Ok(overridden.role)
                }
                Some(_) | None => Err(BasketRefusal::NeedsOverride { by, request }),
            },
        }
    }
}

impl BasketState {
    /// What happens for a command.
    fn event(
        &self,
        command: &BasketCommand,
        context: &BasketContext<'_>,
    ) -> Result<BasketEvent, BasketRefusal> {
        let event = match command {
            BasketCommand::Add {
                item,
                amount,
                keyed_price,
                last_day_of_sale,
                discontinued_accepted,
            } => {
                let amount = keyed(item, *amount, *keyed_price)?;
                self.check_item(item, *discontinued_accepted, context)?;
                if let Some(day) = last_day_of_sale.filter(|day| *day < context.today) {
                    return Err(BasketRefusal::PastItsDate(day));
                }
                self.add(item, amount, context)?
            }
            BasketCommand::SetQuantity { line, quantity } => {
                let known = self.known(*line)?;
                check_measure(known, *quantity)?;
                if quantity.amount() < known.quantity.amount() {
                    context.allowed_by(TillRequest::new(TillAction::VoidLine))?;
                }
                BasketEvent::QuantitySet {
                    line: *line,
                    quantity: *quantity,
                }
            }
            BasketCommand::OverridePrice {
                line,
                unit_price,
                reason,
            } => self.override_price(*line, *unit_price, reason, context)?,
            BasketCommand::ResetPrice { line } => {
                self.known(*line)?;
                BasketEvent::PriceSet {
                    line: *line,
                    price: LinePrice::List,
                }
            }
            BasketCommand::DiscountLine { line, code, value } => {
                self.discount_line(*line, code, *value, context)?
            }
            BasketCommand::RemoveLineDiscounts { line } => {
                self.known(*line)?;
                BasketEvent::LineDiscountsRemoved { line: *line }
            }
            BasketCommand::DiscountBasket { code, value } => {
                self.discount_basket(code, *value, context)?
            }
            BasketCommand::RemoveBasketDiscounts => BasketEvent::BasketDiscountsRemoved {},
            BasketCommand::Note { line, note } => {
                self.known(*line)?;
                BasketEvent::LineNoted {
                    line: *line,
                    note: note.clone(),
                }
            }
            BasketCommand::RemoveLine { line } => {
                self.known(*line)?;
                context.allowed_by(TillRequest::new(TillAction::VoidLine))?;
                BasketEvent::LineRemoved { line: *line }
            }
            BasketCommand::AnswerAge {
                minimum_age,
                old_enough,
            } => BasketEvent::AgeChecked {
                minimum_age: *minimum_age,
                old_enough: *old_enough,
            },
            BasketCommand::SetCustomer(customer) => BasketEvent::CustomerSet {
                customer: customer.clone(),
            },
            BasketCommand::Undo => return Err(BasketRefusal::NothingToUndo),
        };
        Ok(event)
    }

    fn known(&self, line: LineNumber) -> Result<&RungUpLine, BasketRefusal> {
        self.line(line).ok_or(BasketRefusal::NoSuchLine(line))
    }

    /// Whether an item may be sold to this customer.
    fn check_item(
        &self,
        item: &BasketItem,
        discontinued_accepted: bool,
        context: &BasketContext<'_>,
    ) -> Result<(), BasketRefusal> {
        if let Some(age) = item.minimum_age {
            if self.too_young_for.is_some_and(|too_young| age >= too_young) {
                return Err(BasketRefusal::TooYoung(age));
            }
            if self.old_enough_for < Some(age) {
                return Err(BasketRefusal::AskAge {
                    minimum_age: age,
                    born_on_or_before: born_on_or_before(context.today, age),
                });
            }
        }
        let in_it = self
            .lines()
            .any(|(_, line)| line.item.product == item.product);
        if item.discontinued && !discontinued_accepted && !in_it {
            return Err(BasketRefusal::AskDiscontinued);
        }
        Ok(())
    }

    /// A line of its own, or more of a line of whole pieces that nobody touched.
    fn add(
        &self,
        item: &BasketItem,
        amount: AddedAmount,
        context: &BasketContext<'_>,
    ) -> Result<BasketEvent, BasketRefusal> {
        context.allowed_by(TillRequest::new(TillAction::Sell))?;
        let line = RungUpLine {
            item: item.clone(),
            quantity: amount.quantity,
            price: amount.unit_price.map_or(LinePrice::List, LinePrice::Keyed),
            discounts: Vec::new(),
            note: None,
        };
        check_measure(&line, amount.quantity)?;
        let alike = self.lines().find(|(_, there)| {
            let untouched = RungUpLine {
                quantity: there.quantity,
                ..line.clone()
            };
            item.one().is_some() && **there == untouched
        });
        if let Some((number, there)) = alike {
            let quantity = there.quantity.plus(amount.quantity);
            return Ok(BasketEvent::QuantitySet {
                line: number,
                quantity: quantity.map_err(|_| BasketRefusal::Quantity)?,
            });
        }
        if self.numbers_used() >= LINES_PER_DOCUMENT_MAX {
            let most = LINES_PER_DOCUMENT_MAX;
            return Err(Refusal::TooMany { most }.into());
        }
        Ok(BasketEvent::LineAdded(Box::new(line)))
    }

    fn override_price(
        &self,
        number: LineNumber,
        unit_price: UnitPrice,
        reason: &ReasonCode,
        context: &BasketContext<'_>,
    ) -> Result<BasketEvent, BasketRefusal> {
        let line = self.known(number)?;
        let list = line.item.list_price.amount();
        let less = (list - unit_price.amount()).max(Decimal::ZERO);
        let allowed_by = context.allowed_by(TillRequest {
            action: TillAction::OverridePrice,
            size: Size::PriceOverride(share(less, list)),
        })?;
        Ok(BasketEvent::PriceSet {
            line: number,
            price: LinePrice::Overridden {
                unit_price,
                reason: reason.clone(),
                allowed_by,
            },
        })
    }

    fn discount_line(
        &self,
        number: LineNumber,
        code: &DiscountCode,
        value: ManualDiscountValue,
        context: &BasketContext<'_>,
    ) -> Result<BasketEvent, BasketRefusal> {
        self.known(number)?;
        let event = |allowed_by| BasketEvent::LineDiscounted {
            line: number,
            discount: ManualDiscount {
                code: code.clone(),
                value,
                allowed_by,
            },
        };
        let mut after = self.clone();
        after.apply(&event(context.role));
        let size = after.line_discount(number, context)?;
        let allowed_by = context.allowed_by(discount_request(size))?;
        Ok(event(allowed_by))
    }

    fn discount_basket(
        &self,
        code: &DiscountCode,
        value: ManualDiscountValue,
        context: &BasketContext<'_>,
    ) -> Result<BasketEvent, BasketRefusal> {
        let event = |allowed_by| BasketEvent::BasketDiscounted {
            discount: ManualDiscount {
                code: code.clone(),
                value,
                allowed_by,
            },
        };
        let mut after = self.clone();
        after.apply(&event(context.role));
        let size = after.basket_discount(context)?;
        let allowed_by = context.allowed_by(discount_request(size))?;
        Ok(event(allowed_by))
    }

    /// How much a line's own discounts take off it together.
    fn line_discount(
        &self,
        number: LineNumber,
        context: &BasketContext<'_>,
    ) -> Result<Rate, BasketRefusal> {
        let mut alone = self.clone();
        alone.discounts.clear();
        let priced = alone.priced(context.settings).map_err(Refusal::from)?;
        let place = self.lines().position(|(line, _)| line == number);
        let line = place.and_then(|place| priced.lines.get(place));
        let line = line.ok_or(BasketRefusal::NoSuchLine(number))?;
        let off = crate::order::sum(line.discounts.iter().map(|part| part.amount_minor));
        Ok(share_of(off, line.gross_minor))
    }

    /// How much the basket's discounts take off what its lines cost.
    fn basket_discount(&self, context: &BasketContext<'_>) -> Result<Rate, BasketRefusal> {
        let all = self.priced(context.settings).map_err(Refusal::from)?;
        let mut alone = self.clone();
        alone.discounts.clear();
        let alone = alone.priced(context.settings).map_err(Refusal::from)?;
        let off = all.discount_minor.saturating_minus(alone.discount_minor);
        let before = alone.gross_minor.saturating_minus(alone.discount_minor);
        Ok(share_of(off, before))
    }

    /// Whether the basket can be sold as it is: it can be priced, and no discount is more than whoever allowed the highest
    /// of its kind may give. A discount of a fixed amount grows when a line goes.
    fn check(&self, context: &BasketContext<'_>) -> Result<(), BasketRefusal> {
        let priced = self.priced(context.settings).map_err(Refusal::from)?;
        if priced.gross_minor.max(priced.total_minor) > AMOUNT_MINOR_MAX {
            return Err(Refusal::AmountTooLarge {}.into());
        }
        let limit = |discounts: &[ManualDiscount]| {
            let roles = discounts.iter().map(|discount| discount.allowed_by);
            roles
                .max()
                .map(|role| context.settings.rights.limits(role).discount)
        };
        if limit(&self.discounts).is_some_and(|limit| self.exceeds(limit, context)) {
            return Err(BasketRefusal::DiscountLeft);
        }
        for (number, line) in self.lines() {
            if let Some(limit) = limit(&line.discounts)
                && self.line_discount(number, context)? > limit
            {
                return Err(BasketRefusal::DiscountLeft);
            }
        }
        Ok(())
    }

    fn exceeds(&self, limit: Rate, context: &BasketContext<'_>) -> bool {
        self.basket_discount(context)
            .is_ok_and(|percent| percent > limit)
    }
}

/// What is rung up, with the price that somebody keyed. A product that has a price is rung up at it, and overridden by who
/// may.
fn keyed(
    item: &BasketItem,
    amount: AddedAmount,
    keyed_price: Option<UnitPrice>,
) -> Result<AddedAmount, BasketRefusal> {
    let Some(price) = keyed_price else {
        return Ok(amount);
    };
    let (own, wanted) = (item.list_price.amount(), price.amount());
    if !own.is_zero() || amount.unit_price.is_some() || wanted <= Decimal::ZERO {
        return Err(BasketRefusal::KeyedPrice);
    }
    let unit_price = Some(price);
    Ok(AddedAmount {
        unit_price,
        ..amount
    })
}

/// Whether goods are in one basket that are not, or not so many, in the other.
fn takes_off(before: &BasketState, after: &BasketState) -> bool {
    before.lines().any(|(number, line)| {
        let left = after.line(number).map(|line| line.quantity.amount());
        left.is_none_or(|left| left < line.quantity.amount())
    })
}

fn discount_request(percent: Rate) -> TillRequest {
    TillRequest {
        action: TillAction::GiveDiscount,
        size: Size::Discount(percent),
    }
}

fn check_measure(line: &RungUpLine, quantity: Quantity) -> Result<(), BasketRefusal> {
    if line.item.measure == quantity.measure() {
        Ok(())
    } else {
        Err(BasketRefusal::Quantity)
    }
}

/// How many per cent of the whole a discount is at least: up to half a minor unit of it is rounding, which is nobody's
/// to answer for.
fn share_of(off: MinorUnits, whole: MinorUnits) -> Rate {
    let half = Decimal::new(5, 1);
    let exact = (Decimal::from(off.get()) - half).max(Decimal::ZERO);
    share(exact, Decimal::from(whole.get()))
}

/// How many per cent of the whole a part is, rounded up to a ten-thousandth. All of it, where the whole is nothing and the
/// part is not.
fn share(part: Decimal, whole: Decimal) -> Rate {
    let percent = (part * Decimal::ONE_HUNDRED).checked_div(whole);
    let nothing = if part.is_zero() {
        Decimal::ZERO
    } else {
        Decimal::ONE_HUNDRED
    };
    let percent = percent
        .unwrap_or(nothing)
        .round_dp_with_strategy(4, RoundingStrategy::ToPositiveInfinity)
        .clamp(Decimal::ZERO, Decimal::ONE_HUNDRED);
    Rate::from_percent(percent).unwrap_or(Rate::ZERO)
}

/// The last birthday of somebody who is so old today.
fn born_on_or_before(today: BusinessDate, age: MinimumAge) -> BusinessDate {
    let year = today.year().saturating_sub(u16::from(age.years())).max(1);
    BusinessDate::new(year, today.month(), today.day())
        .or_else(|_| BusinessDate::last_of_month(year, today.month()))
        .unwrap_or(today)
}
