//! The tenders of a sale while it is paid.

use serde::{Deserialize, Serialize};

use crate::{
    identity::TenderReference,
    operation::TenderKind,
    order::SaleTender,
    rules::TENDERS_PER_DOCUMENT_MAX,
    value::{CashRoundingStep, MinorUnits, MoneyError},
};

/// Money that was taken for a sale that is not written yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenTender {
    /// What kind of money.
    pub kind: TenderKind,
    /// How much of the sale it settles.
    pub amount_minor: MinorUnits,
    /// What the customer handed over in cash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tendered_minor: Option<MinorUnits>,
    /// What cash rounding added to (or, negative, took off) the cash that changes hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding_minor: Option<MinorUnits>,
    /// The provider's name of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<TenderReference>,
}

impl TakenTender {
    /// The change that goes back.
    #[must_use]
    pub fn change_minor(&self) -> MinorUnits {
        self.tendered_minor.map_or(MinorUnits::ZERO, |tendered| {
            tendered
                .saturating_minus(self.amount_minor)
                .saturating_minus(self.rounding_minor.unwrap_or_default())
        })
    }
}

impl From<&TakenTender> for SaleTender {
    fn from(tender: &TakenTender) -> Self {
        Self {
            kind: tender.kind,
            amount_minor: Some(tender.amount_minor),
            tendered_minor: tender.tendered_minor,
            rounding_minor: tender.rounding_minor,
            reference: tender.reference.clone(),
        }
    }
}

/// What a till writes down while a sale is paid, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenderingStep {
    /// Money was taken.
    Taken(TakenTender),
    /// Money was given back: the tender at this place, counted from 0 over all that were ever taken.
    Voided {
        /// Which.
        place: usize,
    },
}

/// Why money is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TenderingError {
    /// Nothing is due any more.
    #[error("everything is paid")]
    Paid,
    /// Nothing was handed over.
    #[error("an amount is more than nothing")]
    Nothing,
    /// More than is due, in money that has no change.
    #[error("{over_minor} more than is due: only cash has change")]
    MoreThanDue {
        /// How much too much.
        over_minor: MinorUnits,
    },
    /// Cash of which no coin is so small.
    #[error("cash is handed over in steps of {}", step.get())]
    NoSuchCoin {
        /// The smallest coin.
        step: CashRoundingStep,
    },
    /// There is no such tender, or it was given back.
    #[error("this tender was not taken, or was given back before")]
    NoSuchTender,
    /// Too many tenders.
    #[error("a sale has at most {TENDERS_PER_DOCUMENT_MAX} tenders")]
    TooMany,
    /// An amount that can't be counted.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// A sale while it is paid. Only cash is rounded, only the cash that pays the rest, and only cash has change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tendering {
    total_minor: MinorUnits,
    step: CashRoundingStep,
    taken: Vec<(TakenTender, bool)>,
}

impl Tendering {
    /// For a sale of so much, where cash is rounded so.
    #[must_use]
    pub fn new(total_minor: MinorUnits, step: CashRoundingStep) -> Self {
        Self {
            total_minor,
            step,
            taken: Vec::new(),
        }
    }

    /// Takes a step that was decided, and written down.
    pub fn take(&mut self, step: TenderingStep) {
        match step {
            TenderingStep::Taken(tender) => self.taken.push((tender, true)),
            TenderingStep::Voided { place } => {
                if let Some((_, held)) = self.taken.get_mut(place) {
                    *held = false;
                }
            }
        }
    }

    /// The tenders that are held, with their places.
    pub fn held(&self) -> impl Iterator<Item = (usize, &TakenTender)> {
        let taken = self.taken.iter().enumerate();
        taken.filter_map(|(place, (tender, held))| held.then_some((place, tender)))
    }

    /// What is still to be paid.
    #[must_use]
    pub fn due_minor(&self) -> MinorUnits {
        self.held().fold(self.total_minor, |due, (_, tender)| {
            due.saturating_minus(tender.amount_minor)
        })
    }

    /// What is still to be paid where it is paid in cash.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn due_in_cash_minor(&self) -> Result<MinorUnits, MoneyError> {
        let due = self.due_minor();
        due.plus(self.step.rounding(due)?)
    }

    /// The change of all tenders.
    #[must_use]
    pub fn change_minor(&self) -> MinorUnits {
        crate::order::sum(self.held().map(|(_, tender)| tender.change_minor()))
    }

    /// The tenders as the sale will have them.
    #[must_use]
    pub fn sale_tenders(&self) -> Vec<SaleTender> {
        self.held().map(|(_, tender)| tender.into()).collect()
    }

    /// Cash is handed over: all that is due and more, with change; or a part of it.
    ///
    /// # Errors
    /// [`TenderingError`].
    pub fn cash(&self, tendered_minor: MinorUnits) -> Result<TenderingStep, TenderingError> {
        let due = self.open_due()?;
        let rounding = self.step.rounding(due)?;
        let wanted = due.plus(rounding)?;
        if tendered_minor.get() % i64::from(self.step.get()) != 0 {
            return Err(TenderingError::NoSuchCoin { step: self.step });
        }
        if tendered_minor.is_negative() || (!tendered_minor.is_positive() && wanted.is_positive()) {
            return Err(TenderingError::Nothing);
        }
        let whole = tendered_minor >= wanted;
        let amount_minor = if whole { due } else { tendered_minor };
        let rounding = if whole { rounding } else { MinorUnits::ZERO };
        Ok(TenderingStep::Taken(TakenTender {
            kind: TenderKind::Cash,
            amount_minor,
            tendered_minor: Some(tendered_minor),
            rounding_minor: (rounding != MinorUnits::ZERO).then_some(rounding),
            reference: None,
        }))
    }

    /// Money of another kind is taken, exactly.
    ///
    /// # Errors
    /// [`TenderingError`].
    pub fn exactly(
        &self,
        kind: TenderKind,
        amount_minor: MinorUnits,
        reference: Option<TenderReference>,
    ) -> Result<TenderingStep, TenderingError> {
        if kind == TenderKind::Cash {
            return self.cash(amount_minor);
        }
        let due = self.open_due()?;
        if !amount_minor.is_positive() {
            return Err(TenderingError::Nothing);
        }
        if amount_minor > due {
            let over_minor = amount_minor.saturating_minus(due);
            return Err(TenderingError::MoreThanDue { over_minor });
        }
        Ok(TenderingStep::Taken(TakenTender {
            kind,
            amount_minor,
            tendered_minor: None,
            rounding_minor: None,
            reference,
        }))
    }

    /// A tender is given back.
    ///
    /// # Errors
    /// [`TenderingError::NoSuchTender`].
    pub fn void(&self, place: usize) -> Result<TenderingStep, TenderingError> {
        let held = self.held().any(|(there, _)| there == place);
        held.then_some(TenderingStep::Voided { place })
            .ok_or(TenderingError::NoSuchTender)
    }

    fn open_due(&self) -> Result<MinorUnits, TenderingError> {
        if self.taken.len() >= TENDERS_PER_DOCUMENT_MAX {
            return Err(TenderingError::TooMany);
        }
        let due = self.due_minor();
        due.is_positive().then_some(due).ok_or(TenderingError::Paid)
    }
}
