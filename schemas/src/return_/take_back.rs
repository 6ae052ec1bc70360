//! A whole return in one go: lines, goods taken back, refunds, completion.

use std::collections::BTreeMap;

use super::{BlindLine, ReturnRequest, ReturnedGoods, VerifiedLine};
use crate::{
    after_sale::{AfterSale, LineLeft},
    identity::{DocumentId, OrderNumber},
    operation::{
        BlindReason, Body, GoodsTakenBack, LineKind, LineNumber, Original, RefundPaid,
        ReturnCompleted, ReturnLineAdded, ReturnOpened, Role, SessionOpened, TaxMode, TaxRounding,
        TenderKind,
    },
    order::{SaleTender, with_amounts},
    refusal::Refusal,
    rules::{AMOUNT_MINOR_MAX, LINES_PER_DOCUMENT_MAX, Rules},
    till_session::TillSessionState,
    value::{
        BasketLine, MinorUnits, PricedLine, QuantityTotal, RefundShare, price_basket, refund_share,
    },
};

/// What a return needs to know besides itself.
#[derive(Debug, Clone, Copy)]
pub struct ReturnContext<'a> {
    /// The number that was minted for it.
    pub number: OrderNumber,
    /// The till's open session: it fixes store, business date and currency.
    pub session: &'a TillSessionState,
    /// Who takes it back.
    pub role: Role,
    /// What the store allows.
    pub rules: &'a Rules,
}

/// What is to be written for a whole return, in order: one document, taken back, refunded and completed.
///
/// For a verified return, `original` is what is left of the sale as far as is known here.
///
/// # Errors
/// [`Refusal`]: nothing is to be written.
pub fn take_back(
    request: &ReturnRequest,
    original: Option<&AfterSale>,
    context: &ReturnContext<'_>,
) -> Result<Vec<Body>, Refusal> {
    let session = context.session.trading()?;
    let (original, tax_mode, lines) = match &request.goods {
        ReturnedGoods::Verified { order, lines } => {
            let sale = check_original(*order, original, context.role, context.rules, session)?;
            check_line_count(lines.len())?;
            (
                Original::Verified { order: *order },
                sale.header
                    .as_ref()
                    .map_or(TaxMode::Inclusive, |header| header.tax_mode),
                verified_lines(sale, lines)?,
            )
        }
        ReturnedGoods::Blind {
            because,
            tax_mode,
            lines,
        } => {
            check_line_count(lines.len())?;
            let lines = blind_lines(lines, *tax_mode, session)?;
            check_blind(&lines, &request.refunds, context)?;
            let because: BlindReason = *because;
            (Original::Blind { because }, *tax_mode, lines)
        }
    };
    let opened = ReturnOpened {
        number: context.number,
        original,
        store: session.store.clone(),
        session: Some(context.session.id),
        business_date: session.business_date,
        currency: session.currency,
        customer: request.customer.clone(),
        tax_mode,
    };
    let refunds = refund(&request.refunds, worth(&lines)?, context.session.id)?;
    Ok(bodies(opened, lines, refunds))
}

fn bodies(
    opened: ReturnOpened,
    lines: Vec<ReturnLineAdded>,
    refunds: Vec<RefundPaid>,
) -> Vec<Body> {
    let store = opened.store.clone();
    let goods = lines.iter().any(|line| line.kind == LineKind::Goods);
    let mut bodies: Vec<Body> = vec![opened.into()];
    bodies.extend(lines.into_iter().map(Body::from));
    if goods {
        let lines = Vec::new();
        bodies.push(GoodsTakenBack { store, lines }.into());
    }
    bodies.extend(refunds.into_iter().map(Body::from));
    bodies.push(ReturnCompleted::default().into());
    bodies
}

fn check_line_count(lines: usize) -> Result<(), Refusal> {
    match lines {
        0 => Err(Refusal::NoLines {}),
        1..=LINES_PER_DOCUMENT_MAX => Ok(()),
        _ => Err(Refusal::TooMany {
            most: LINES_PER_DOCUMENT_MAX,
        }),
    }
}

fn worth(lines: &[ReturnLineAdded]) -> Result<MinorUnits, Refusal> {
    Ok(MinorUnits::sum(lines.iter().map(|line| line.refund_minor))?)
}

/// Whether the sale that was looked up is the one, and may still be returned.
fn check_original<'a>(
    asked: DocumentId,
    original: Option<&'a AfterSale>,
    role: Role,
    rules: &Rules,
    session: &SessionOpened,
) -> Result<&'a AfterSale, Refusal> {
    if !rules.verified_return_roles.contains(&role) {
        return Err(Refusal::RoleNotAllowed { role });
    }
    let sale = original.ok_or(Refusal::OriginalMissing {})?;
    if sale.order != asked {
        let found = sale.order;
        return Err(Refusal::OriginalDiffers { asked, found });
    }
    if sale.frozen {
        return Err(Refusal::Frozen {});
    }
    let header = sale.header.as_ref().ok_or(Refusal::OriginalMissing {})?;
    if header.currency != session.currency {
        return Err(Refusal::OriginalCurrency {});
    }
    let days = session.business_date.days_since(header.business_date);
    match rules.return_window_days {
        Some(days_max)
            if days > i64::from(days_max) && !rules.late_return_roles.contains(&role) =>
        {
            Err(Refusal::ReturnWindow { days, days_max })
        }
        Some(_) | None => Ok(sale),
    }
}

/// The lines of a verified return: each refunds exactly its stored share.
fn verified_lines(
    sale: &AfterSale,
    lines: &[VerifiedLine],
) -> Result<Vec<ReturnLineAdded>, Refusal> {
    let mut left: BTreeMap<LineNumber, LineLeft> = BTreeMap::new();
    let mut written = Vec::new();
    for (line, number) in lines.iter().zip((1..).map_while(LineNumber::new)) {
        let unknown = Refusal::UnknownLine { line: line.line };
        let of_line = sale.lines.get(&line.line).ok_or(unknown)?;
        let of_line = left.entry(line.line).or_insert_with(|| of_line.clone());
        let share = take_share(of_line, line)?;
        written.push(verified_line(number, of_line, line, share));
    }
    let refund = worth(&written)?;
    let left_minor = sale.refundable_minor();
    if refund > left_minor {
        return Err(Refusal::RefundMoreThanPaid { left_minor });
    }
    Ok(written)
}

/// What a line's return refunds; what is left of the line becomes less.
fn take_share(of_line: &mut LineLeft, line: &VerifiedLine) -> Result<RefundShare, Refusal> {
    let quantity = QuantityTotal::from(line.quantity);
    let left = of_line.left();
    let after = left.minus(quantity).ok_or(Refusal::WrongMeasure {
        line: line.line,
        expected: left.measure(),
        given: quantity.measure(),
    })?;
    let more_than_left = Refusal::MoreThanLeft {
        line: line.line,
        left,
    };
    if after.is_negative() {
        return Err(more_than_left);
    }
    let share = refund_share(
        &of_line.sold_line(),
        &of_line.returned_so_far(),
        line.quantity,
    )
    .map_err(|_| more_than_left)?;
    of_line.returned = of_line.returned.plus(quantity).unwrap_or(of_line.returned);
    of_line.refunded_minor = of_line.refunded_minor.plus(share.refund_minor)?;
    of_line.refunded_tax_minor = of_line.refunded_tax_minor.plus(share.tax_minor)?;
    Ok(share)
}

fn verified_line(
    number: LineNumber,
    of_line: &LineLeft,
    line: &VerifiedLine,
    share: RefundShare,
) -> ReturnLineAdded {
    let sold = &of_line.added;
    let mut tax = sold.tax.clone();
    tax.tax_minor = share.tax_minor;
    ReturnLineAdded {
        line: number,
        original_line: Some(line.line),
        product: sold.product.clone(),
        description: sold.description.clone(),
        kind: sold.kind,
        quantity: line.quantity,
        unit_price: sold.unit_price,
        refund_minor: share.refund_minor,
        tax,
        reason: line.reason.clone(),
        disposition: line.disposition,
    }
}

/// The lines of a blind return, at the prices that were keyed.
fn blind_lines(
    lines: &[BlindLine],
    tax_mode: TaxMode,
    session: &SessionOpened,
) -> Result<Vec<ReturnLineAdded>, Refusal> {
    let basket: Vec<BasketLine> = lines
        .iter()
        .map(|line| BasketLine {
            quantity: line.quantity,
            unit_price: line.unit_price,
            discounts: Vec::new(),
            tax_code: line.tax_code.clone(),
            tax_rate: line.tax_rate,
        })
        .collect();
    let priced = price_basket(
        &basket,
        &[],
        tax_mode,
        TaxRounding::PerLine,
        session.currency,
    )?;
    if priced.total_minor > AMOUNT_MINOR_MAX {
        return Err(Refusal::AmountTooLarge {});
    }
    let numbers = (1..).map_while(LineNumber::new);
    let lines = lines.iter().zip(priced.lines).zip(numbers);
    Ok(lines
        .map(|((line, priced), number)| blind_line(number, line, priced))
        .collect())
}

fn blind_line(number: LineNumber, line: &BlindLine, priced: PricedLine) -> ReturnLineAdded {
    ReturnLineAdded {
        line: number,
        original_line: None,
        product: line.product.clone(),
        description: line.description.clone(),
        kind: line.kind,
        quantity: line.quantity,
        unit_price: line.unit_price,
        refund_minor: priced.total_minor,
        tax: priced.tax,
        reason: line.reason.clone(),
        disposition: line.disposition,
    }
}

fn check_blind(
    lines: &[ReturnLineAdded],
    refunds: &[SaleTender],
    context: &ReturnContext<'_>,
) -> Result<(), Refusal> {
    let (role, rules) = (context.role, context.rules);
    if !rules.blind_return_roles.contains(&role) {
        return Err(Refusal::RoleNotAllowed { role });
    }
    let refund_minor = worth(lines)?;
    match rules.blind_return_cap_minor {
        Some(cap_minor)
            if refund_minor > cap_minor && !rules.blind_return_over_cap_roles.contains(&role) =>
        {
            return Err(Refusal::BlindReturnCap {
                refund_minor,
                cap_minor,
            });
        }
        Some(_) | None => {}
    }
    let credit = refunds
        .iter()
        .all(|refund| refund.kind == TenderKind::StoreCredit);
    let over = rules.blind_return_over_cap_roles.contains(&role);
    if credit || rules.blind_return_any_tender || over {
        Ok(())
    } else {
        Err(Refusal::BlindReturnTender {})
    }
}

/// The refunds as they will be written: together exactly what the lines are worth.
fn refund(
    refunds: &[SaleTender],
    worth_minor: MinorUnits,
    session: DocumentId,
) -> Result<Vec<RefundPaid>, Refusal> {
    let mut paid = Vec::new();
    for (refund, amount_minor) in with_amounts(refunds, worth_minor)? {
        if !amount_minor.is_positive() {
            return Err(Refusal::AmountNotPositive { amount_minor });
        }
        paid.push(RefundPaid {
            session: Some(session),
            kind: refund.kind,
            amount_minor,
            rounding_minor: refund.rounding_minor,
            reference: refund.reference.clone(),
        });
    }
    let refund_minor = MinorUnits::sum(paid.iter().map(|refund| refund.amount_minor))?;
    if refund_minor == worth_minor {
        Ok(paid)
    } else {
        Err(Refusal::RefundDiffers {
            worth_minor,
            refund_minor,
        })
    }
}
