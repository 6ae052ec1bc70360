//! The laws of a priced basket, and receipts worked by hand.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{
    TaxMode::{Exclusive, Inclusive},
    TaxRounding::{PerLine, PerOrder},
    *,
};
use crate::value::Measure;

fn discount_code(text: &str) -> DiscountCode {
    DiscountCode::new(text).expect("a code")
}

fn any_quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![
        (1_u32..200).prop_map(|pieces| Quantity::pieces(pieces).expect("a few")),
        (1_i64..5_000).prop_map(|grams| {
            Quantity::new(Decimal::new(grams, 3), Measure::Kilogram).expect("a few kilograms")
        }),
    ]
}

/// Percentages, and amounts that may be too large for a cheap line: such a basket is refused, and left out.
fn any_discount() -> impl Strategy<Value = Discount> {
    let value = prop_oneof![
        (1_i64..=1_000_000).prop_map(|parts| {
            DiscountValue::Percent(Rate::from_percent(Decimal::new(parts, 4)).expect("in range"))
        }),
        (1_i64..500).prop_map(|amount| DiscountValue::Amount(MinorUnits::new(amount))),
    ];
    (value, 0..4).prop_map(|(value, code)| Discount {
        code: discount_code(&format!("D{code}")),
        value,
    })
}

fn any_line() -> impl Strategy<Value = BasketLine> {
    let rate = prop::sample::select(vec!["0", "5", "7", "8.875", "19", "20", "100"]);
    let discounts = prop::collection::vec(any_discount(), 0..3);
    (any_quantity(), 0_i64..20_000, 0_u32..4, discounts, rate).prop_map(
        |(quantity, price, scale, discounts, rate)| BasketLine {
            quantity,
            unit_price: UnitPrice::new(Decimal::new(price, scale)).expect("in range"),
            discounts,
            tax_code: TaxCode::new(rate).expect("a code"),
            tax_rate: rate.parse().expect("a rate"),
        },
    )
}

fn any_rules() -> impl Strategy<Value = (TaxMode, TaxRounding)> {
    (
        prop::sample::select(vec![Inclusive, Exclusive]),
        prop::sample::select(vec![PerLine, PerOrder]),
    )
}

fn total(amounts: impl Iterator<Item = MinorUnits>) -> i64 {
    amounts.map(MinorUnits::get).sum()
}

proptest! {
    #[test]
    fn the_parts_of_a_basket_sum_to_the_whole(
        lines in prop::collection::vec(any_line(), 0..12),
        discounts in prop::collection::vec(any_discount(), 0..3),
        (mode, rounding) in any_rules(),
    ) {
        let priced = match price_basket(&lines, &discounts, mode, rounding, Currency::GBP) {
            Ok(priced) => priced,
            // The only thing that may be wrong with these baskets.
            Err(PricingError::DiscountTooLarge { .. }) => return Err(TestCaseError::reject("discount too large")),
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        prop_assert_eq!(priced.lines.len(), lines.len());
        for (line, wanted) in priced.lines.iter().zip(&lines) {
            let discount = total(line.discounts.iter().map(|share| share.amount_minor));
            let on_top = match mode {
                Inclusive => 0,
                Exclusive => line.tax.tax_minor.get(),
            };
            prop_assert_eq!(line.gross_minor, wanted.unit_price.extend(wanted.quantity, Currency::GBP)?);
            prop_assert_eq!(line.total_minor.get(), line.gross_minor.get() - discount + on_top);
            prop_assert!(line.discounts.iter().all(|share| share.amount_minor.is_positive()));
            prop_assert!(MinorUnits::ZERO <= line.tax.tax_minor && line.tax.tax_minor <= line.total_minor);
        }
        prop_assert_eq!(priced.gross_minor.get(), total(priced.lines.iter().map(|line| line.gross_minor)));
        prop_assert_eq!(priced.tax_minor.get(), total(priced.lines.iter().map(|line| line.tax.tax_minor)));
        prop_assert_eq!(priced.total_minor.get(), total(priced.lines.iter().map(|line| line.total_minor)));
        let on_top = match mode {
            Inclusive => 0,
            Exclusive => priced.tax_minor.get(),
        };
        prop_assert_eq!(
            priced.total_minor.get(),
            priced.gross_minor.get() - priced.discount_minor.get() + on_top
        );
    }

    #[test]
    fn the_shares_of_a_basket_discount_sum_to_the_discount(
        lines in prop::collection::vec(any_line(), 1..12),
        thousandths in 1_i64..=1_000,
        (mode, rounding) in any_rules(),
    ) {
        let lines: Vec<BasketLine> =
            lines.into_iter().map(|line| BasketLine { discounts: Vec::new(), ..line }).collect();
        let gross = price_basket(&lines, &[], mode, rounding, Currency::GBP)?.gross_minor.get();
        let amount = gross * thousandths / 1_000;
        prop_assume!(amount > 0);
        let discount = Discount {
            code: discount_code("BASKET"),
            value: DiscountValue::Amount(MinorUnits::new(amount)),
        };
        let priced = price_basket(&lines, &[discount], mode, rounding, Currency::GBP)?;
        prop_assert_eq!(priced.discount_minor.get(), amount);
    }

    #[test]
    fn tax_per_order_is_the_tax_of_each_rates_sum(
        lines in prop::collection::vec(any_line(), 1..12),
        mode in any_rules().prop_map(|(mode, _)| mode),
    ) {
        let lines: Vec<BasketLine> =
            lines.into_iter().map(|line| BasketLine { discounts: Vec::new(), ..line }).collect();
        let priced = price_basket(&lines, &[], mode, PerOrder, Currency::GBP)?;
        for rate in lines.iter().map(|line| line.tax_rate) {
            let of_rate = || priced.lines.iter().filter(move |line| line.tax.rate == rate);
            let amount = total(of_rate().map(|line| line.gross_minor));
            let exact = crate::value::tax_of(MinorUnits::new(amount), rate, mode);
            prop_assert_eq!(total(of_rate().map(|line| line.tax.tax_minor)), exact.get());
        }
    }
}

/// One receipt worked by hand.
///
/// `rules`: currency, tax mode, rounding. `lines`: quantity, unit price, rate, discounts of the line.
/// `basket`: discounts of the basket. `expected`: for each line gross, shares of discounts, tax, total; then the
/// basket's gross, discount, tax, total.
struct Receipt {
    name: &'static str,
    rules: (&'static str, TaxMode, TaxRounding),
    lines: &'static [(&'static str, &'static str, &'static str, &'static str)],
    basket: &'static str,
    expected: &'static str,
}

const RECEIPTS: &[Receipt] = &[
    Receipt {
        // 14.99 × 20/120 = 2.49833; 3 × 2.55 = 7.65 × 20/120 = 1.275, a tie, to the even 1.28.
        name: "United Kingdom: 20 % in the price, per line",
        rules: ("GBP", Inclusive, PerLine),
        lines: &[
            ("1", "14.99", "20", ""),
            ("3", "2.55", "20", ""),
            ("2", "1.15", "0", ""),
        ],
        basket: "",
        expected: "1499 [] 250 1499 | 765 [] 128 765 | 230 [] 0 230 = 2494 0 378 2494",
    },
    Receipt {
        // 22.64 × 20/120 = 3.77333 for the whole order; by weight 2.49833 and 1.275: 2.50 has the larger remainder.
        name: "United Kingdom: the same, per order: one penny less tax",
        rules: ("GBP", Inclusive, PerOrder),
        lines: &[
            ("1", "14.99", "20", ""),
            ("3", "2.55", "20", ""),
            ("2", "1.15", "0", ""),
        ],
        basket: "",
        expected: "1499 [] 250 1499 | 765 [] 127 765 | 230 [] 0 230 = 2494 0 377 2494",
    },
    Receipt {
        // 0.342 kg × 12.90 = 4.4118; 7 % in 4.41 = 0.28850; 19 % in 1.79 = 0.28580.
        name: "Germany: cheese by weight at 7 %, soap at 19 %",
        rules: ("EUR", Inclusive, PerLine),
        lines: &[("0.342 kg", "12.90", "7", ""), ("1", "1.79", "19", "")],
        basket: "",
        expected: "441 [] 29 441 | 179 [] 29 179 = 620 0 58 620",
    },
    Receipt {
        // 10 % of 620 = 62, over 441 : 179 = 44.1 : 17.9, so 44 and 18. 397 × 7/107 = 25.97; 161 × 19/119 = 25.71.
        name: "Germany: the same with a tenth off the basket",
        rules: ("EUR", Inclusive, PerLine),
        lines: &[("0.342 kg", "12.90", "7", ""), ("1", "1.79", "19", "")],
        basket: "TENTH=10%",
        expected: "441 [TENTH 44] 26 397 | 179 [TENTH 18] 26 161 = 620 62 52 558",
    },
    Receipt {
        // 8.875 % of 19.99 = 1.774; of 2 × 4.49 = 8.98: 0.797; of 0.99: 0.0879.
        name: "United States (New York City): 8.875 % on top, per line",
        rules: ("USD", Exclusive, PerLine),
        lines: &[
            ("1", "19.99", "8.875", ""),
            ("2", "4.49", "8.875", ""),
            ("1", "0.99", "8.875", ""),
        ],
        basket: "",
        expected: "1999 [] 177 2176 | 898 [] 80 978 | 99 [] 9 108 = 2996 0 266 3262",
    },
    Receipt {
        // A coupon of 5.00 over 19.99 : 8.98 : 0.99 is 3.33611 : 1.49866 : 0.16522, so 3.34, 1.50, 0.16.
        // Left 16.65, 7.48, 0.83: 8.875 % of 24.96 is 2.2152, so 2.22, which is 148.09 : 66.53 : 7.38 cents.
        name: "United States: per order, with a coupon",
        rules: ("USD", Exclusive, PerOrder),
        lines: &[
            ("1", "19.99", "8.875", ""),
            ("2", "4.49", "8.875", ""),
            ("1", "0.99", "8.875", ""),
        ],
        basket: "COUPON=500",
        expected: "1999 [COUPON 334] 148 1813 | 898 [COUPON 150] 67 815 | 99 [COUPON 16] 7 90 = 2996 500 222 2718",
    },
    Receipt {
        // No decimals: 3 × 137 = 411; 8 % in 411 = 30.44; 10 % in 250 = 22.73.
        name: "Japan: yen, two rates in the price, per order",
        rules: ("JPY", Inclusive, PerOrder),
        lines: &[("3", "137", "8", ""), ("1", "250", "10", "")],
        basket: "",
        expected: "411 [] 30 411 | 250 [] 23 250 = 661 0 53 661",
    },
    Receipt {
        // A line's own discounts come off first and one after the other: 30.00 − 5.00 = 25.00, a tenth is 2.50.
        // Then the basket's 10.00 over 22.50 : 10.00 is 6.923 : 3.077. 15.58 × 20/120 = 2.597; 6.92 × 20/120 = 1.153.
        name: "a line's discounts come before the basket's",
        rules: ("GBP", Inclusive, PerLine),
        lines: &[
            ("2", "15.00", "20", "FIVE=500 TENTH=10%"),
            ("1", "10.00", "20", ""),
        ],
        basket: "TEN=1000",
        expected: "3000 [FIVE 500 TENTH 250 TEN 692] 260 1558 | 1000 [TEN 308] 115 692 = 4000 1750 375 2250",
    },
    Receipt {
        name: "the basket is free, and everything sums to nothing",
        rules: ("GBP", Exclusive, PerOrder),
        lines: &[("1", "0.01", "20", ""), ("3", "0.33", "5", "")],
        basket: "FREE=100%",
        expected: "1 [FREE 1] 0 0 | 99 [FREE 99] 0 0 = 100 100 0 0",
    },
    Receipt {
        // The order literature's five items of 10, 20, 30, 40 and 50 with 33 off: 2.2, 4.4, 6.6, 8.8, 11.
        name: "five items share 33 off",
        rules: ("JPY", Inclusive, PerLine),
        lines: &[
            ("1", "10", "0", ""),
            ("1", "20", "0", ""),
            ("1", "30", "0", ""),
            ("1", "40", "0", ""),
            ("1", "50", "0", ""),
        ],
        basket: "OFF=33",
        expected: "10 [OFF 2] 0 8 | 20 [OFF 4] 0 16 | 30 [OFF 7] 0 23 | 40 [OFF 9] 0 31 | 50 [OFF 11] 0 39 \
                   = 150 33 0 117",
    },
];

fn discounts(text: &str) -> Vec<Discount> {
    text.split_whitespace()
        .map(|discount| {
            let (code, value) = discount.split_once('=').expect("CODE=value");
            let value = match value.strip_suffix('%') {
                Some(percent) => DiscountValue::Percent(percent.parse().expect("a rate")),
                None => DiscountValue::Amount(MinorUnits::new(value.parse().expect("an amount"))),
            };
            Discount {
                code: discount_code(code),
                value,
            }
        })
        .collect()
}

fn written(priced: &PricedBasket) -> String {
    let lines: Vec<String> = priced
        .lines
        .iter()
        .map(|line| {
            let shares: Vec<String> = line
                .discounts
                .iter()
                .map(|share| format!("{} {}", share.discount, share.amount_minor))
                .collect();
            format!(
                "{} [{}] {} {}",
                line.gross_minor,
                shares.join(" "),
                line.tax.tax_minor,
                line.total_minor
            )
        })
        .collect();
    format!(
        "{} = {} {} {} {}",
        lines.join(" | "),
        priced.gross_minor,
        priced.discount_minor,
        priced.tax_minor,
        priced.total_minor
    )
}

fn basket_line((quantity, price, rate, own): (&str, &str, &str, &str)) -> BasketLine {
    BasketLine {
        quantity: quantity.parse().expect("a quantity"),
        unit_price: price.parse().expect("a price"),
        discounts: discounts(own),
        tax_code: TaxCode::new(format!("rate-{rate}")).expect("a code"),
        tax_rate: rate.parse().expect("a rate"),
    }
}

#[test]
fn receipts_worked_by_hand() {
    for receipt in RECEIPTS {
        let lines: Vec<BasketLine> = receipt.lines.iter().copied().map(basket_line).collect();
        let (currency, mode, rounding) = receipt.rules;
        let currency = currency.parse().expect("a currency");
        let priced = price_basket(&lines, &discounts(receipt.basket), mode, rounding, currency)
            .expect(receipt.name);
        assert_eq!(written(&priced), receipt.expected, "{}", receipt.name);
    }
}

#[test]
fn an_impossible_discount_is_refused_by_name() {
    let line = basket_line(("1", "10.00", "20", ""));
    let price = |lines: &[BasketLine], basket: &str| {
        price_basket(lines, &discounts(basket), Inclusive, PerLine, Currency::GBP)
    };
    let too_large = |amount, left| {
        Err(PricingError::DiscountTooLarge {
            discount: discount_code("OFF"),
            amount: MinorUnits::new(amount),
            left: MinorUnits::new(left),
        })
    };
    let nothing = Err(PricingError::NoDiscount {
        discount: discount_code("OFF"),
    });
    let lines = std::slice::from_ref(&line);
    assert_eq!(price(lines, "OFF=1001"), too_large(1001, 1000));
    assert_eq!(price(lines, "HALF=50% OFF=501"), too_large(501, 500));
    assert_eq!(price(&[], "OFF=1"), too_large(1, 0));
    for worthless in ["OFF=0", "OFF=-1", "OFF=0%"] {
        assert_eq!(price(lines, worthless), nothing, "{worthless}");
    }
    let own = BasketLine {
        discounts: discounts("OFF=1001"),
        ..line
    };
    assert_eq!(price(&[own], ""), too_large(1001, 1000));
}

#[test]
fn an_amount_that_can_not_be_counted_is_refused() {
    let line = basket_line(("1000000000", "1000000000", "20", ""));
    let priced = price_basket(&[line], &[], Inclusive, PerLine, Currency::GBP);
    assert_eq!(priced, Err(PricingError::Money(MoneyError::Overflow)));
}
