//! One paper: what is written, and what is known of it.

use crate::{
    folding::Folding,
    identity::{DocumentId, OperationId},
    misfit::Misfit,
    operation::{Body, CashBanked, DocumentKind, Recorded, Role, SafeBody, SafeCounted},
    refusal::Refusal,
    rules::{AMOUNT_MINOR_MAX, Rules},
    till_session::denominations_minor,
    value::MinorUnits,
};

/// What somebody writes down of the safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SafePaper {
    /// It was counted.
    Counted(SafeCounted),
    /// Cash left it for the bank.
    Banked(CashBanked),
}

/// A paper, folded from its operations. Built by [`fold_safe`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeState {
    /// The document.
    pub id: DocumentId,
    /// Counts, in folding order: one, of a till that wrote a paper once.
    pub counted: Vec<(OperationId, SafeCounted)>,
    /// Bags, in folding order; each with what counts of its amount.
    pub banked: Vec<(OperationId, CashBanked, MinorUnits)>,
    /// Whether it holds a critical operation that this version does not know.
    pub frozen: bool,
    /// What did not fit.
    pub misfits: Vec<Misfit>,
}

/// What is to be written for a paper.
///
/// # Errors
/// [`Refusal`]: nothing is to be written.
pub fn decide_safe(paper: &SafePaper, role: Role, rules: &Rules) -> Result<Vec<Body>, Refusal> {
    if !rules.safe_roles.contains(&role) {
        return Err(Refusal::RoleNotAllowed { role });
    }
    match paper {
        SafePaper::Counted(paper) => {
            let counted_minor = paper.counted.counted_minor;
            if counted_minor.is_negative() {
                let amount_minor = counted_minor;
                return Err(Refusal::AmountNotPositive { amount_minor });
            }
            if counted_minor > AMOUNT_MINOR_MAX {
                return Err(Refusal::AmountTooLarge {});
            }
            let expected_minor = denominations_minor(&paper.counted.denominations);
            if !paper.counted.denominations.is_empty() && expected_minor != counted_minor {
                return Err(Refusal::CountDoesNotAddUp {
                    expected_minor,
                    counted_minor,
                });
            }
            Ok(vec![paper.clone().into()])
        }
        SafePaper::Banked(paper) => {
            let amount_minor = paper.amount_minor;
            if !amount_minor.is_positive() {
                return Err(Refusal::AmountNotPositive { amount_minor });
            }
            if amount_minor > AMOUNT_MINOR_MAX {
                return Err(Refusal::AmountTooLarge {});
            }
            Ok(vec![paper.clone().into()])
        }
    }
}

/// Folds a paper's operations, given in folding order (the order of their ids), each once.
#[must_use]
pub fn fold_safe<'a>(
    id: DocumentId,
    operations: impl IntoIterator<Item = (OperationId, &'a Recorded)>,
) -> SafeState {
    let mut folding = Folding::new(DocumentKind::Safe);
    let (mut counted, mut banked) = (Vec::new(), Vec::new());
    for (operation, recorded) in operations {
        if let Some(known) = folding.read(operation, recorded)
            && let Body::Safe(body) = &known.body
        {
            match body {
                SafeBody::SafeCounted(paper) => {
                    let expected_minor = denominations_minor(&paper.counted.denominations);
                    let written_minor = paper.counted.counted_minor;
                    if !paper.counted.denominations.is_empty() && expected_minor != written_minor {
                        folding.misfit(Misfit::CountDoesNotAddUp {
                            operation,
                            expected_minor,
                            written_minor,
                        });
                    }
                    counted.push((operation, paper.clone()));
                }
                SafeBody::CashBanked(paper) => {
                    let amount = folding.amount(operation, paper.amount_minor);
                    banked.push((operation, paper.clone(), amount));
                }
            }
        }
    }
    if counted.is_empty() && banked.is_empty() {
        folding.misfit(Misfit::NoHeader {});
    }
    SafeState {
        id,
        counted,
        banked,
        frozen: folding.frozen,
        misfits: folding.misfits,
    }
}
