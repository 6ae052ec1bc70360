//! Goods that come back and goods that go out for them, in one go: a return and a sale that settle each other, so that money
//! moves for the difference alone.

use crate::{identity::TenderReference, operation::TenderKind, value::MinorUnits};

/// The tender by which a return and a sale settle each other: credit that the one gives and the other takes in one commit,
/// under the reference that [`exchange_reference`] names. Over a session it comes to nothing.
pub const EXCHANGE_KIND: TenderKind = TenderKind::StoreCredit;

/// The reference of that credit. No provider and no ledger knows it.
#[must_use]
pub fn exchange_reference() -> TenderReference {
    TenderReference::new("exchange").expect("a code in its alphabet")
}

/// Whether a tender is that credit.
#[must_use]
pub fn is_exchange(kind: TenderKind, reference: Option<&TenderReference>) -> bool {
    kind == EXCHANGE_KIND && reference == Some(&exchange_reference())
}

/// How a return and a sale settle each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settlement {
    /// What both have in common: a tender of [`EXCHANGE_KIND`] in each, refunded by the one and taken by the other.
    pub exchanged_minor: MinorUnits,
    /// What the customer still pays.
    pub due_minor: MinorUnits,
    /// What the customer gets back, in the money that they paid with.
    pub refund_minor: MinorUnits,
}

/// Settles goods that came back and are worth so much with goods that cost so much.
#[must_use]
pub fn settle(worth_minor: MinorUnits, total_minor: MinorUnits) -> Settlement {
    let worth = worth_minor.max(MinorUnits::ZERO);
    let total = total_minor.max(MinorUnits::ZERO);
    let exchanged_minor = worth.min(total);
    Settlement {
        exchanged_minor,
        due_minor: total.saturating_minus(exchanged_minor),
        refund_minor: worth.saturating_minus(exchanged_minor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::minor;

    #[test]
    fn money_moves_for_the_difference_alone() {
        // worth, total: exchanged, due, refund
        for (worth, total, exchanged, due, refund) in [
            (10_00, 10_00, 10_00, 0, 0),
            (10_00, 15_99, 10_00, 5_99, 0),
            (10_00, 7_50, 7_50, 0, 2_50),
            (10_00, 0, 0, 0, 10_00),
            (0, 3_00, 0, 3_00, 0),
            (-1, 3_00, 0, 3_00, 0),
        ] {
            let settled = settle(minor(worth), minor(total));
            let expected = Settlement {
                exchanged_minor: minor(exchanged),
                due_minor: minor(due),
                refund_minor: minor(refund),
            };
            assert_eq!(settled, expected, "{worth} for {total}");
        }
    }
}
