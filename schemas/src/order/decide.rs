//! Decisions on an order: strict, before anything is written.

use std::collections::BTreeMap;

use super::{
    OrderAction, OrderCommand, OrderLine, OrderState, line_check::wrong_amounts, payment, suspend,
    transition_table,
};
use crate::{
    identity::ReasonCode,
    operation::{
        Body, GoodsHandedOver, LineAdded, LineKind, LineNumber, LineQuantity, LineVoided,
        OrderCompleted, OrderOpened, PriceSource, ReferenceClaimed, Role, TenderTaken,
        TenderVoided,
    },
    refusal::Refusal,
    rules::{AMOUNT_MINOR_MAX, LINES_PER_DOCUMENT_MAX, Rules, TENDERS_PER_DOCUMENT_MAX},
    value::{MinorUnits, QuantityTotal},
};

/// What is to be written for a command, in order.
///
/// # Errors
/// [`Refusal`]: nothing is to be written.
pub fn decide_order(
    order: &OrderState,
    command: &OrderCommand,
    role: Role,
    rules: &Rules,
) -> Result<Vec<Body>, Refusal> {
    if order.frozen {
        return Err(Refusal::Frozen {});
    }
    let header = match (command, &order.header) {
        (OrderCommand::Open(_), Some(_)) => return Err(Refusal::OpenedAlready {}),
        (OrderCommand::Open(opened), None) => opened,
        (_, Some(header)) => header,
        (_, None) => return Err(Refusal::NotOpened {}),
    };
    // An answer is a fact: it is taken in whatever status, by whoever saw it.
    if let OrderCommand::AnswerPayment(answered) = command {
        return payment::answer(order, answered);
    }
    transition_table(header.order_type)?.step(order.status(), command.action(), role)?;
    refuse_suspended(order, command)?;
    match command {
        OrderCommand::Open(opened) => Ok(vec![opened.clone().into()]),
        OrderCommand::AddLine(line) => {
            check_role(line, role, rules)?;
            add_line(order, header, line)
        }
        OrderCommand::VoidLine { line, reason } => void_line(order, *line, reason),
        OrderCommand::TakeTender(tender) => take_tender(order, tender),
        OrderCommand::VoidTender(void) => void_tender(order, void),
        OrderCommand::IntendPayment(intended) => payment::intend(order, intended),
        OrderCommand::AnswerPayment(answered) => payment::answer(order, answered),
        OrderCommand::Resume(resumed) => suspend::resume(order, resumed),
        OrderCommand::HandOver(goods) => hand_over(order, goods),
        OrderCommand::Complete => complete(order),
        OrderCommand::Cancel(cancelled) => {
            refuse_goods_out(order)?;
            refuse_money_held(order)?;
            order.refuse_open_payment()?;
            Ok(vec![cancelled.clone().into()])
        }
        OrderCommand::ClaimReference(reference) if order.references.contains(reference) => {
            Ok(Vec::new())
        }
        OrderCommand::ClaimReference(reference) => {
            let reference = reference.clone();
            Ok(vec![ReferenceClaimed { reference }.into()])
        }
    }
}

/// Writes down what already happened: also on a document that is frozen, in whatever status, by whoever saw it.
///
/// # Errors
/// [`Refusal::NotAFact`] for an intent.
pub fn record_fact(body: Body) -> Result<Body, Refusal> {
    if body.is_fact() {
        Ok(body)
    } else {
        Err(Refusal::NotAFact { name: body.name() })
    }
}

impl OrderCommand {
    /// The action in the transition table.
    #[must_use]
    pub fn action(&self) -> OrderAction {
        match self {
            Self::Open(_) => OrderAction::Open,
            Self::AddLine(_) => OrderAction::AddLine,
            Self::VoidLine { .. } => OrderAction::VoidLine,
            Self::TakeTender(_) => OrderAction::TakeTender,
            Self::VoidTender(_) => OrderAction::VoidTender,
            Self::IntendPayment(_) | Self::AnswerPayment(_) => OrderAction::TakeTender,
            Self::Resume(_) => OrderAction::Cancel,
            Self::HandOver(_) => OrderAction::HandOver,
            Self::Complete => OrderAction::Complete,
            Self::Cancel(_) => OrderAction::Cancel,
            Self::ClaimReference(_) => OrderAction::ClaimReference,
        }
    }
}

pub(super) fn check_role(line: &LineAdded, role: Role, rules: &Rules) -> Result<(), Refusal> {
    let number = line.line;
    match line.price_source {
        PriceSource::PriceList | PriceSource::Keyed => {}
        PriceSource::Override if rules.price_override_roles.contains(&role) => {}
        PriceSource::Override => return Err(Refusal::PriceOverride { line: number, role }),
    }
    if line.discounts.is_empty() || rules.discount_roles.contains(&role) {
        Ok(())
    } else {
        Err(Refusal::Discount { role })
    }
}

fn add_line(
    order: &OrderState,
    header: &OrderOpened,
    line: &LineAdded,
) -> Result<Vec<Body>, Refusal> {
    if order.lines.contains_key(&line.line) {
        return Err(Refusal::LineNumberTwice { line: line.line });
    }
    if order.lines.len() >= LINES_PER_DOCUMENT_MAX {
        return Err(Refusal::TooMany {
            most: LINES_PER_DOCUMENT_MAX,
        });
    }
    if !wrong_amounts(line, header).is_empty() {
        return Err(Refusal::LineDoesNotAddUp { line: line.line });
    }
    let gross = order.standing_lines().map(|line| line.added.gross_minor);
    let gross = MinorUnits::sum(gross.chain([line.gross_minor]))?;
    let total = order.total_minor().plus(line.total_minor)?;
    if gross.max(total) > AMOUNT_MINOR_MAX {
        return Err(Refusal::AmountTooLarge {});
    }
    Ok(vec![line.clone().into()])
}

fn void_line(
    order: &OrderState,
    number: LineNumber,
    reason: &ReasonCode,
) -> Result<Vec<Body>, Refusal> {
    let line = order
        .lines
        .get(&number)
        .filter(|line| line.voided.is_none());
    let line = line.ok_or(Refusal::UnknownLine { line: number })?;
    if !line.handed_over.is_zero() {
        return Err(Refusal::GoodsOut { line: number });
    }
    let due = order.free_due_minor().minus(line.added.total_minor)?;
    if due.is_negative() {
        let held_minor = order.held_minor();
        return Err(Refusal::MoneyHeld { held_minor });
    }
    let reason = reason.clone();
    Ok(vec![
        LineVoided {
            line: number,
            reason,
        }
        .into(),
    ])
}

fn take_tender(order: &OrderState, tender: &TenderTaken) -> Result<Vec<Body>, Refusal> {
    if order.tenders.len() >= TENDERS_PER_DOCUMENT_MAX {
        return Err(Refusal::TooMany {
            most: TENDERS_PER_DOCUMENT_MAX,
        });
    }
    check_tender(tender, order.free_due_minor())?;
    Ok(vec![tender.clone().into()])
}

/// Whether a tender is more than nothing, no more than what is due, and covered by what was handed over.
pub(super) fn check_tender(tender: &TenderTaken, due: MinorUnits) -> Result<(), Refusal> {
    let amount_minor = tender.amount_minor;
    if !amount_minor.is_positive() {
        return Err(Refusal::AmountNotPositive { amount_minor });
    }
    if amount_minor > due {
        let over_minor = amount_minor.saturating_minus(due.max(MinorUnits::ZERO));
        return Err(Refusal::MoreThanDue { over_minor });
    }
    let rounding = tender.rounding_minor.unwrap_or(MinorUnits::ZERO);
    let wanted = amount_minor.plus(rounding)?;
    match tender.tendered_minor {
        Some(tendered) if tendered < wanted => Err(Refusal::TenderedTooLittle {
            short_minor: wanted.saturating_minus(tendered),
        }),
        Some(_) | None => Ok(()),
    }
}

fn void_tender(order: &OrderState, void: &TenderVoided) -> Result<Vec<Body>, Refusal> {
    let tender = order.tenders.get(&void.tender);
    if tender.is_none_or(|tender| !tender.voided.is_empty()) {
        let tender = void.tender;
        return Err(Refusal::NoSuchTender { tender });
    }
    if order.end.is_none() {
        refuse_goods_out(order)?;
    }
    Ok(vec![void.clone().into()])
}

fn hand_over(order: &OrderState, goods: &GoodsHandedOver) -> Result<Vec<Body>, Refusal> {
    let mut left: BTreeMap<LineNumber, QuantityTotal> = BTreeMap::new();
    for part in &goods.lines {
        let line = part.line;
        let state = order.lines.get(&line).filter(|line| line.voided.is_none());
        let state = state.ok_or(Refusal::UnknownLine { line })?;
        if state.added.kind == LineKind::Service {
            return Err(Refusal::NotGoods { line });
        }
        let left = left.entry(line).or_insert_with(|| state.to_hand_over());
        let after = left.minus(part.quantity.into());
        let after = after.ok_or_else(|| Refusal::WrongMeasure {
            line,
            expected: left.measure(),
            given: part.quantity.measure(),
        })?;
        if after.is_negative() {
            return Err(Refusal::MoreThanOrdered { line, left: *left });
        }
        *left = after;
    }
    if !goods.lines.is_empty() {
        return Ok(vec![goods.clone().into()]);
    }
    // Spelled out: a line that another till adds at the same time was not handed over here.
    let lines: Vec<LineQuantity> = order.lines.iter().filter_map(rest_of_line).collect();
    if lines.is_empty() {
        return Err(Refusal::NothingToHandOver {});
    }
    let store = goods.store.clone();
    Ok(vec![GoodsHandedOver { store, lines }.into()])
}

fn rest_of_line((line, state): (&LineNumber, &OrderLine)) -> Option<LineQuantity> {
    let quantity = state.to_hand_over().quantity()?;
    Some(LineQuantity {
        line: *line,
        quantity,
    })
}

fn complete(order: &OrderState) -> Result<Vec<Body>, Refusal> {
    let due_minor = order.due_minor();
    if due_minor.is_positive() {
        return Err(Refusal::NotPaid { due_minor });
    }
    order.refuse_open_payment()?;
    let mut lines = order.lines.iter();
    match lines.find(|(_, line)| line.to_hand_over().is_positive()) {
        Some((line, _)) => Err(Refusal::NotHandedOver { line: *line }),
        None => Ok(vec![OrderCompleted::default().into()]),
    }
}

/// A basket that was put aside is taken up before anything else is done with it.
fn refuse_suspended(order: &OrderState, command: &OrderCommand) -> Result<(), Refusal> {
    let aside = order.suspension.is_some() && order.end.is_none();
    let allowed = matches!(
        command,
        OrderCommand::Resume(_) | OrderCommand::Cancel(_) | OrderCommand::ClaimReference(_)
    );
    if aside && !allowed {
        return Err(Refusal::Suspended {});
    }
    Ok(())
}

fn refuse_goods_out(order: &OrderState) -> Result<(), Refusal> {
    let mut lines = order.lines.iter();
    let out = lines
        .find(|(_, line)| line.added.kind == LineKind::Goods && line.handed_over.is_positive());
    match out {
        Some((line, _)) => Err(Refusal::GoodsOut { line: *line }),
        None => Ok(()),
    }
}

fn refuse_money_held(order: &OrderState) -> Result<(), Refusal> {
    let held_minor = order.held_minor();
    if held_minor.is_positive() {
        Err(Refusal::MoneyHeld { held_minor })
    } else {
        Ok(())
    }
}
