//! After-sale: an order and its returns together. What is left to return, and what was returned too often.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    identity::DocumentId,
    misfit::Misfit,
    operation::{LineAdded, LineKind, LineNumber, OrderOpened},
    order::{OrderState, Progress},
    planted::{self, Planted},
    return_::{ReturnLine, ReturnState},
    value::{MinorUnits, QuantityTotal, ReturnedSoFar, SoldLine, refund_share},
};

/// How much of an order came back.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStatus {
    /// Nothing.
    NotReturned,
    /// A part.
    PartlyReturned,
    /// All of it.
    Returned,
}

/// An order with its returns. Built by [`after_sale`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterSale {
    /// The order.
    pub order: DocumentId,
    /// Where, when and under which rules it began.
    pub header: Option<OrderOpened>,
    /// The returns that were counted.
    pub returns: BTreeSet<DocumentId>,
    /// What is left of each line that was sold.
    pub lines: BTreeMap<LineNumber, LineLeft>,
    /// What was paid for the order.
    pub paid_minor: MinorUnits,
    /// What was refunded, over all returns.
    pub refunded_minor: MinorUnits,
    /// Whether the order or one of its returns is frozen for decisions.
    pub frozen: bool,
    /// What did not fit between them.
    pub misfits: Vec<Misfit>,
}

/// What is left of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineLeft {
    /// The line as it was sold.
    pub added: LineAdded,
    /// How much was sold: of goods, what was handed over.
    pub sold: QuantityTotal,
    /// How much was returned.
    pub returned: QuantityTotal,
    /// How much was refunded for it.
    pub refunded_minor: MinorUnits,
    /// The tax in that.
    pub refunded_tax_minor: MinorUnits,
}

impl LineLeft {
    /// How much is left to return; nothing where too much came back.
    #[must_use]
    pub fn left(&self) -> QuantityTotal {
        let nothing = QuantityTotal::zero(self.sold.measure());
        match self.sold.minus(self.returned) {
            Some(left) if left.is_positive() => left,
            Some(_) | None => nothing,
        }
    }

    /// What the line is worth still: what was paid for it, less what was refunded.
    #[must_use]
    pub fn left_minor(&self) -> MinorUnits {
        let left = self.added.total_minor.saturating_minus(self.refunded_minor);
        left.max(MinorUnits::ZERO)
    }

    /// The line as the rule for partial refunds takes it.
    #[must_use]
    pub fn sold_line(&self) -> SoldLine {
        SoldLine {
            quantity: self.added.quantity,
            total_minor: self.added.total_minor,
            tax_minor: self.added.tax.tax_minor,
        }
    }

    /// What came back so far, as the rule for partial refunds takes it.
    #[must_use]
    pub fn returned_so_far(&self) -> ReturnedSoFar {
        ReturnedSoFar {
            quantity: self.returned.quantity(),
            refund_minor: self.refunded_minor,
            tax_minor: self.refunded_tax_minor,
        }
    }

    /// What should have been refunded by now.
    fn share_minor(&self) -> MinorUnits {
        let returned = self.returned.quantity();
        let returned =
            returned.filter(|returned| returned.amount() <= self.added.quantity.amount());
        // Where more came back than was sold, the share is all of it.
        let returned = match (returned, self.returned.is_positive()) {
            (None, false) => return MinorUnits::ZERO,
            (None, true) => self.added.quantity,
            (Some(returned), _) => returned,
        };
        refund_share(&self.sold_line(), &ReturnedSoFar::default(), returned)
            .map_or(MinorUnits::ZERO, |share| share.refund_minor)
    }
}

impl AfterSale {
    /// What was paid and is not refunded yet; nothing where too much was.
    #[must_use]
    pub fn refundable_minor(&self) -> MinorUnits {
        let left = self.paid_minor.saturating_minus(self.refunded_minor);
        left.max(MinorUnits::ZERO)
    }

    /// How much of the order came back.
    #[must_use]
    pub fn status(&self) -> ReturnStatus {
        let lines = self.lines.values();
        match Progress::together(lines.map(|line| Progress::of(line.returned, line.sold))) {
            None | Some(Progress::Nothing) => ReturnStatus::NotReturned,
            Some(Progress::Part) => ReturnStatus::PartlyReturned,
            Some(Progress::All) => ReturnStatus::Returned,
        }
    }
}

/// Puts an order and its returns together. Returns of other orders, and one that is given twice, do not count; their
/// order does not matter.
#[must_use]
pub fn after_sale(order: &OrderState, returns: &[ReturnState]) -> AfterSale {
    let mut after = AfterSale {
        order: order.id,
        header: order.header.clone(),
        returns: BTreeSet::new(),
        lines: sold_lines(order),
        paid_minor: order.held_minor(),
        refunded_minor: MinorUnits::ZERO,
        frozen: order.frozen,
        misfits: Vec::new(),
    };
    let by_id: BTreeMap<DocumentId, &ReturnState> = returns
        .iter()
        .filter(|returned| returned.order() == Some(order.id))
        .map(|returned| (returned.id, returned))
        .collect();
    let mut returns_of_line: BTreeMap<LineNumber, Vec<DocumentId>> = BTreeMap::new();
    for (id, returned) in by_id {
        if returned.currency() != order.currency() {
            after
                .misfits
                .push(Misfit::ReturnCurrencyDiffers { document: id });
            continue;
        }
        if planted::is(Planted::RefundCountedOnce) && !after.returns.is_empty() {
            continue;
        }
        after.returns.insert(id);
        after.frozen |= returned.frozen;
        after.refunded_minor = after
            .refunded_minor
            .saturating_plus(returned.refunded_minor());
        for line in returned.lines.values() {
            match count_line(&mut after.lines, line) {
                Some(number) => returns_of_line.entry(number).or_default().push(id),
                None => after.misfits.push(Misfit::LineWithoutOriginal {
                    document: id,
                    line: line.added.line,
                }),
            }
        }
    }
    if !planted::is(Planted::MisfitNotNamed) {
        name_misfits(&mut after, returns_of_line);
    }
    after
}

/// The lines that customers can bring back: of goods what was handed over, of services what was sold.
fn sold_lines(order: &OrderState) -> BTreeMap<LineNumber, LineLeft> {
    let sold = order.lines.iter().map(|(number, line)| {
        let sold = match line.added.kind {
            LineKind::Goods => line.handed_over,
            LineKind::Service => line.ordered(),
        };
        let left = LineLeft {
            added: line.added.clone(),
            sold,
            returned: QuantityTotal::zero(sold.measure()),
            refunded_minor: MinorUnits::ZERO,
            refunded_tax_minor: MinorUnits::ZERO,
        };
        (*number, left)
    });
    sold.filter(|(_, line)| line.sold.is_positive()).collect()
}

/// Counts a return's line against the order's, and says which that was. A line counts as soon as it is written, and
/// what was taken back over and above it counts too.
fn count_line(lines: &mut BTreeMap<LineNumber, LineLeft>, line: &ReturnLine) -> Option<LineNumber> {
    let number = line.added.original_line?;
    let left = lines.get_mut(&number)?;
    let written = QuantityTotal::from(line.added.quantity);
    let over = line.to_take_back();
    let returned = if over.is_negative() {
        written.minus(over)?
    } else {
        written
    };
    left.returned = left.returned.plus(returned)?;
    left.refunded_minor = left.refunded_minor.saturating_plus(line.added.refund_minor);
    left.refunded_tax_minor = left
        .refunded_tax_minor
        .saturating_plus(line.added.tax.tax_minor);
    Some(number)
}

fn name_misfits(after: &mut AfterSale, mut returns_of_line: BTreeMap<LineNumber, Vec<DocumentId>>) {
    for (number, line) in &after.lines {
        let Some(mut returns) = returns_of_line.remove(number) else {
            continue;
        };
        returns.dedup();
        let over = line.returned.minus(line.sold);
        if let Some(over) = over.filter(QuantityTotal::is_positive) {
            after.misfits.push(Misfit::ReturnedMoreThanSold {
                line: *number,
                over,
                returns: returns.clone(),
            });
        }
        let over_minor = line.refunded_minor.saturating_minus(line.share_minor());
        if over_minor.is_positive() {
            after.misfits.push(Misfit::RefundedMoreThanShare {
                line: *number,
                over_minor,
                returns,
            });
        }
    }
    let over_minor = after.refunded_minor.saturating_minus(after.paid_minor);
    if over_minor.is_positive() {
        after.misfits.push(Misfit::RefundedMoreThanPaid {
            over_minor,
            returns: after.returns.iter().copied().collect(),
        });
    }
}
