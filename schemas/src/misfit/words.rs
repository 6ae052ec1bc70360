//! How the parts of a misfit are written for people.

use super::{LineAmount, SessionFigure};
use crate::{
    identity::{DocumentId, NodeNumber, OperationId, OrderNumber},
    operation::{DocumentKind, LineNumber},
    value::{Currency, Measure, MinorUnits, Money, QuantityTotal},
};

/// A part of a misfit that people can read.
pub(super) trait Words {
    /// In words; an amount in this currency.
    fn words(&self, currency: Option<Currency>) -> String;
}

impl Words for MinorUnits {
    fn words(&self, currency: Option<Currency>) -> String {
        match currency {
            Some(currency) => Money {
                currency,
                minor: *self,
            }
            .to_string(),
            None => format!("{self} minor units"),
        }
    }
}

/// Those that write themselves.
macro_rules! as_they_are {
    ($($type:ty),+) => {
        $(impl Words for $type {
            fn words(&self, _: Option<Currency>) -> String {
                self.to_string()
            }
        })+
    };
}

as_they_are!(
    LineNumber,
    NodeNumber,
    OperationId,
    DocumentId,
    OrderNumber,
    QuantityTotal
);

/// Those with a name of several words.
macro_rules! by_name {
    ($($type:ty),+) => {
        $(impl Words for $type {
            fn words(&self, _: Option<Currency>) -> String {
                self.replace(['_', '-'], " ")
            }
        })+
    };
}

by_name!(&'static str, Box<str>);

impl Words for DocumentKind {
    fn words(&self, currency: Option<Currency>) -> String {
        self.name().words(currency)
    }
}

impl Words for Vec<DocumentId> {
    fn words(&self, _: Option<Currency>) -> String {
        let documents: Vec<String> = self.iter().map(ToString::to_string).collect();
        documents.join(", ")
    }
}

impl Words for Measure {
    fn words(&self, _: Option<Currency>) -> String {
        self.plural().to_owned()
    }
}

impl Words for LineAmount {
    fn words(&self, _: Option<Currency>) -> String {
        match self {
            Self::Gross => "amount before discounts",
            Self::Discounts => "discounts",
            Self::Tax => "tax",
            Self::Total => "total",
        }
        .to_owned()
    }
}

impl Words for SessionFigure {
    fn words(&self, _: Option<Currency>) -> String {
        match self {
            Self::Sales => "sales",
            Self::Refunds => "refunds",
            Self::Tax => "tax",
            Self::TendersTaken => "money taken",
            Self::TendersRefunded => "money refunded",
            Self::PaidIn => "cash paid in",
            Self::PaidOut => "cash paid out",
            Self::Loans => "change money from the safe",
            Self::Drops => "cash to the safe",
            Self::Rounding => "cash rounding",
            Self::ExpectedCash => "cash expected",
            Self::CountedCash => "cash counted",
            Self::OverShort => "over or short",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Misfit;
    use super::*;

    #[test]
    fn a_misfit_says_what_and_how_much_and_what_to_do() {
        let line = LineNumber::new(2).expect("from 1");
        let misfit = Misfit::LineDoesNotAddUp {
            line,
            amount: LineAmount::Total,
            expected_minor: MinorUnits::new(1_250),
            written_minor: MinorUnits::new(1_205),
        };
        assert_eq!(
            misfit.words(Some(Currency::GBP)),
            "the total of line 2 should be 12.50 GBP, and is written as 12.05 GBP"
        );
        assert_eq!(
            misfit.words(None),
            "the total of line 2 should be 1250 minor units, and is written as 1205 minor units"
        );
        let both_paid = Misfit::AliasBothPaid {
            document: DocumentId::from_bytes([0; 16]),
            proposed_refund_minor: MinorUnits::new(99),
        };
        assert_eq!(
            both_paid.what_to_do(Some(Currency::GBP)),
            "Refund 0.99 GBP to the customer."
        );
        let late = Misfit::WrongKind {
            operation: OperationId::new(
                std::num::NonZeroU64::MIN,
                crate::identity::LogId::new(NodeNumber::new(1).expect("a till"), [1; 12]),
            ),
            name: "stock_moved".into(),
            kind: DocumentKind::TillSession,
        };
        assert_eq!(
            late.words(None),
            "stock moved happens to a till session, not to this; it is not counted"
        );
        let over = Misfit::HandedOverTooMuch {
            line,
            over: "0.25 kg"
                .parse::<crate::value::Quantity>()
                .expect("a quantity")
                .into(),
        };
        for misfit in [misfit, both_paid, late, over] {
            let json = serde_json::to_string(&misfit).expect("JSON");
            let read: Misfit = serde_json::from_str(&json).expect("what was written");
            assert_eq!(read, misfit);
        }
    }
}
