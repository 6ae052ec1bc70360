//! The laws of partial returns, and some worked by hand.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

fn minor(amount: i64) -> MinorUnits {
    MinorUnits::new(amount)
}

fn quantity(text: &str) -> Quantity {
    text.parse().expect("a quantity")
}

/// A sold line, and the sizes in which it comes back, which sum to what was sold.
fn sold_and_returns() -> impl Strategy<Value = (SoldLine, Vec<Quantity>)> {
    let sizes = |max: i64| prop::collection::vec(1..=max, 1..12);
    let measured = prop_oneof![
        sizes(8).prop_map(|sizes| (Measure::Each, 0, sizes)),
        sizes(2_500).prop_map(|sizes| (Measure::Kilogram, 3, sizes)),
    ];
    (measured, 0_i64..50_000, 0_i64..=1_000).prop_map(|((measure, scale, sizes), total, tax)| {
        let of =
            |size: i64| Quantity::new(Decimal::new(size, scale), measure).expect("more than 0");
        let sold = SoldLine {
            quantity: of(sizes.iter().sum()),
            total_minor: minor(total),
            tax_minor: minor(total * tax / 1_000),
        };
        (sold, sizes.into_iter().map(of).collect())
    })
}

fn give_back(sold: &SoldLine, returned: &mut ReturnedSoFar, now: Quantity) -> RefundShare {
    let share = refund_share(sold, returned, now).expect("no more than was sold");
    returned.quantity = Some(match returned.quantity {
        None => now,
        Some(before) => before.plus(now).expect("one measure"),
    });
    returned.refund_minor = returned
        .refund_minor
        .plus(share.refund_minor)
        .expect("small");
    returned.tax_minor = returned.tax_minor.plus(share.tax_minor).expect("small");
    share
}

proptest! {
    #[test]
    fn any_sequence_of_returns_gives_back_exactly_the_stored_total((sold, returns) in sold_and_returns()) {
        let mut returned = ReturnedSoFar::default();
        for now in returns {
            let share = give_back(&sold, &mut returned, now);
            prop_assert!(MinorUnits::ZERO <= share.tax_minor, "tax is not negative");
            prop_assert!(share.tax_minor <= share.refund_minor, "tax is part of the refund");
            prop_assert!(returned.refund_minor <= sold.total_minor, "never more than was paid");
        }
        prop_assert_eq!(returned.refund_minor, sold.total_minor);
        prop_assert_eq!(returned.tax_minor, sold.tax_minor);
    }

    #[test]
    fn a_return_depends_on_what_is_back_and_not_on_how_it_came((sold, returns) in sold_and_returns()) {
        let mut in_parts = ReturnedSoFar::default();
        for now in returns {
            give_back(&sold, &mut in_parts, now);
            let back = in_parts.quantity.expect("something is back");
            let at_once = refund_share(&sold, &ReturnedSoFar::default(), back).expect("within what was sold");
            prop_assert_eq!(at_once.refund_minor, in_parts.refund_minor);
            prop_assert_eq!(at_once.tax_minor, in_parts.tax_minor);
        }
    }

    #[test]
    fn each_piece_is_worth_its_share_by_largest_remainder(total in 0_i64..50_000, pieces in 1_u32..40) {
        let sold = SoldLine {
            quantity: Quantity::pieces(pieces).expect("a few"),
            total_minor: minor(total),
            tax_minor: MinorUnits::ZERO,
        };
        let equal = vec![minor(1); pieces as usize];
        let mut returned = ReturnedSoFar::default();
        for share in crate::value::allocate(minor(total), &equal).expect("some pieces") {
            prop_assert_eq!(give_back(&sold, &mut returned, quantity("1")).refund_minor, share);
        }
    }

    /// Two tills that each refunded the same pieces did so as a fact; what follows never adds to the damage.
    #[test]
    fn what_two_tills_refunded_at_once_is_never_made_worse(
        (sold, returns) in sold_and_returns(),
        before_refund in 0_i64..60_000,
        before_tax in 0_i64..60_000,
    ) {
        let mut returned = ReturnedSoFar {
            quantity: None,
            refund_minor: minor(before_refund),
            tax_minor: minor(before_tax),
        };
        for now in returns {
            let share = give_back(&sold, &mut returned, now);
            prop_assert!(MinorUnits::ZERO <= share.tax_minor && share.tax_minor <= share.refund_minor);
        }
        prop_assert_eq!(returned.refund_minor, sold.total_minor.max(minor(before_refund)));
        prop_assert!(returned.tax_minor <= sold.tax_minor.max(minor(before_tax)));
    }
}

#[test]
fn worked_by_hand() {
    // sold | total, tax | returns: how much → refund, tax
    type Return = (&'static str, i64, i64);
    let cases: &[(&str, i64, i64, &[Return])] = &[
        (
            "3",
            1000,
            167,
            &[("1", 334, 56), ("1", 333, 55), ("1", 333, 56)],
        ),
        ("3", 1000, 167, &[("2", 667, 111), ("1", 333, 56)]),
        ("3", 2, 0, &[("1", 1, 0), ("1", 1, 0), ("1", 0, 0)]),
        (
            "0.5 kg",
            441,
            29,
            &[("0.2 kg", 176, 12), ("0.3 kg", 265, 17)],
        ),
        ("4", 0, 0, &[("1", 0, 0), ("3", 0, 0)]),
        ("1", 1499, 250, &[("1", 1499, 250)]),
    ];
    for (sold, total, tax, returns) in cases {
        let line = SoldLine {
            quantity: quantity(sold),
            total_minor: minor(*total),
            tax_minor: minor(*tax),
        };
        let mut returned = ReturnedSoFar::default();
        for (now, refund, tax) in *returns {
            let share = give_back(&line, &mut returned, quantity(now));
            assert_eq!(
                (share.refund_minor.get(), share.tax_minor.get()),
                (*refund, *tax),
                "{now} of {sold} for {total}"
            );
        }
    }
}

#[test]
fn what_is_not_left_is_refused() {
    let sold = SoldLine {
        quantity: quantity("3"),
        total_minor: minor(900),
        tax_minor: MinorUnits::ZERO,
    };
    let back = |text| ReturnedSoFar {
        quantity: Some(quantity(text)),
        ..ReturnedSoFar::default()
    };
    let refused = |returned: &ReturnedSoFar, now| {
        refund_share(&sold, returned, quantity(now)).expect_err("more than is left")
    };
    let more = |now, left| RefundError::MoreThanLeft {
        now: quantity(now),
        left: quantity(left),
    };
    assert_eq!(refused(&ReturnedSoFar::default(), "4"), more("4", "3"));
    assert_eq!(refused(&back("2"), "2"), more("2", "1"));
    assert_eq!(refused(&back("3"), "1"), RefundError::NothingLeft);
    assert_eq!(refused(&back("5"), "1"), RefundError::NothingLeft);
    assert_eq!(
        refused(&ReturnedSoFar::default(), "0.1 kg"),
        RefundError::Measure(QuantityError::Measures {
            left: Measure::Each,
            right: Measure::Kilogram,
        })
    );
}
