//! The laws of money, quantities, prices and rates.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

fn minor(amount: i64) -> MinorUnits {
    MinorUnits::new(amount)
}

fn any_measure() -> impl Strategy<Value = Measure> {
    prop::sample::select(vec![
        Measure::Each,
        Measure::Kilogram,
        Measure::Litre,
        Measure::Metre,
    ])
}

/// Thousandths of a measure, whole ones for pieces.
fn amount(measure: Measure, thousandths: i64) -> Decimal {
    match measure {
        Measure::Each => Decimal::from(thousandths / 1000),
        Measure::Kilogram | Measure::Litre | Measure::Metre => Decimal::new(thousandths, 3),
    }
}

fn any_quantity() -> impl Strategy<Value = Quantity> {
    (any_measure(), 1_000..=Quantity::AMOUNT_MAX * 1_000).prop_map(|(measure, thousandths)| {
        Quantity::new(amount(measure, thousandths), measure).expect("in range")
    })
}

/// Writes as JSON text and reads again.
fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    let json = serde_json::to_string(value).expect("JSON");
    serde_json::from_str(&json).expect("what was written")
}

proptest! {
    #[test]
    fn sums_are_exact_or_refused(left: i64, right: i64) {
        let within = |exact: i128| i64::try_from(exact).map(minor).map_err(|_| MoneyError::Overflow);
        let (wide_left, wide_right) = (i128::from(left), i128::from(right));
        prop_assert_eq!(minor(left).plus(minor(right)), within(wide_left + wide_right));
        prop_assert_eq!(minor(left).minus(minor(right)), within(wide_left - wide_right));
        let clamped = (wide_left + wide_right).clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        prop_assert_eq!(i128::from(minor(left).saturating_plus(minor(right)).get()), clamped);
    }

    #[test]
    fn a_quantity_reads_what_it_writes(quantity in any_quantity()) {
        prop_assert_eq!(quantity.to_string().parse(), Ok(quantity));
        prop_assert_eq!(through_json(&quantity), quantity);
        for change in [quantity.rise(), quantity.fall()] {
            prop_assert_eq!(change.to_string().parse(), Ok(change));
            prop_assert_eq!(through_json(&change), change);
        }
        prop_assert_eq!(quantity.rise().amount(), -quantity.fall().amount());
    }

    #[test]
    fn what_is_added_can_be_taken_away(measure in any_measure(), left in 1_000_i64..1_000_000, right in 1_000_i64..1_000_000) {
        let of = |thousandths| Quantity::new(amount(measure, thousandths), measure).expect("in range");
        let (left, right) = (of(left), of(right));
        let sum = left.plus(right).expect("one measure");
        prop_assert_eq!(sum.minus(right), Ok(Some(left)));
        prop_assert_eq!(left.minus(left), Ok(None));
        prop_assert_eq!(left.minus(sum), Err(QuantityError::NotPositive));
    }

    #[test]
    fn a_price_reads_what_it_writes(price in 0_i64..=1_000_000_000_000, scale in 0_u32..=6) {
        let price = UnitPrice::new(Decimal::new(price / 1_000, scale)).expect("in range");
        prop_assert_eq!(price.to_string().parse(), Ok(price));
        prop_assert_eq!(through_json(&price), price);
    }

    #[test]
    fn a_rate_reads_what_it_writes(parts in 0_i64..=1_000_000) {
        let rate = Rate::from_percent(Decimal::new(parts, 4)).expect("in range");
        prop_assert_eq!(rate.parts(), parts);
        prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        prop_assert_eq!(through_json(&rate), rate);
    }

    /// |rounded − exact| ≤ ½, and a tie is even: compared in millionths of a minor unit, without division.
    #[test]
    fn a_line_is_rounded_once_and_half_to_even(price in 0_i64..100_000_000, thousandths in 1_i64..1_000_000) {
        let unit_price = UnitPrice::new(Decimal::new(price, 4)).expect("in range");
        let quantity = Quantity::new(Decimal::new(thousandths, 3), Measure::Kilogram).expect("in range");
        let rounded = unit_price.extend(quantity, Currency::GBP).expect("small").get();
        let exact = i128::from(price) * i128::from(thousandths);
        let twice_off = (exact - i128::from(rounded) * 100_000).abs() * 2;
        prop_assert!(twice_off <= 100_000);
        prop_assert!(twice_off < 100_000 || rounded % 2 == 0);
    }
}

#[test]
fn two_currencies_are_never_mixed() {
    let pounds = Money {
        currency: Currency::GBP,
        minor: minor(100),
    };
    let euros = Money {
        currency: Currency::EUR,
        minor: minor(100),
    };
    let refused = Err(MoneyError::Currencies {
        left: Currency::GBP,
        right: Currency::EUR,
    });
    assert_eq!(pounds.plus(euros), refused);
    assert_eq!(pounds.minus(euros), refused);
    assert_eq!(pounds.plus(pounds).map(|sum| sum.minor), Ok(minor(200)));
}

#[test]
fn money_is_written_with_its_currencys_decimals() {
    for (code, amount, text) in [
        ("GBP", 1234, "12.34 GBP"),
        ("GBP", -5, "-0.05 GBP"),
        ("JPY", 1234, "1234 JPY"),
        ("JPY", -1234, "-1234 JPY"),
        ("KWD", 1234, "1.234 KWD"),
        ("CLF", 1, "0.0001 CLF"),
        ("GBP", i64::MIN, "-92233720368547758.08 GBP"),
    ] {
        let money = Money {
            currency: code.parse().expect("a currency"),
            minor: minor(amount),
        };
        assert_eq!(money.to_string(), text);
    }
    for text in ["", "gbp", "GB", "GBPX", "G8P", "£"] {
        assert_eq!(text.parse::<Currency>(), Err(CurrencyError), "{text}");
    }
}

#[test]
fn half_pennies_go_to_the_even_penny() {
    for (price, quantity, expected) in [
        ("0.005", "1", 0),
        ("0.015", "1", 2),
        ("0.025", "1", 2),
        ("2.55", "3", 765),
        ("0.125", "1 kg", 12),
        ("12.90", "0.342 kg", 441),
        ("0", "7", 0),
    ] {
        let price: UnitPrice = price.parse().expect("a price");
        let extended = price.extend(quantity.parse().expect("a quantity"), Currency::GBP);
        assert_eq!(extended, Ok(minor(expected)), "{quantity} × {price}");
    }
    let dearest: UnitPrice = UnitPrice::MAX.to_string().parse().expect("in range");
    let most = Quantity::new(Decimal::from(Quantity::AMOUNT_MAX), Measure::Each).expect("in range");
    assert_eq!(
        dearest.extend(most, Currency::GBP),
        Err(MoneyError::Overflow)
    );
}

#[test]
fn a_quantity_is_refused_with_what_is_wrong() {
    let decimals = |measure, decimals_max| QuantityError::Decimals {
        measure,
        decimals_max,
    };
    for (text, error) in [
        ("", QuantityError::Text),
        ("three", QuantityError::Text),
        ("1e3", QuantityError::Text),
        ("+1", QuantityError::Text),
        ("1 ", QuantityError::Text),
        ("1 g", QuantityError::Text),
        ("1  kg", QuantityError::Text),
        ("1kg", QuantityError::Text),
        ("0", QuantityError::NotPositive),
        ("-1", QuantityError::NotPositive),
        ("0.000 kg", QuantityError::NotPositive),
        ("1.5", decimals(Measure::Each, 0)),
        ("0.0005 kg", decimals(Measure::Kilogram, 3)),
        ("1000000001", QuantityError::TooLarge),
    ] {
        assert_eq!(text.parse::<Quantity>(), Err(error), "{text:?}");
    }
    assert_eq!(
        "1.000".parse(),
        Quantity::pieces(1),
        "zeros are no decimals"
    );
    assert_eq!("0".parse::<QuantityChange>(), Err(QuantityError::Zero));
    assert!("-1".parse::<QuantityChange>().is_ok());
    let piece = Quantity::pieces(1).expect("one");
    let litre: Quantity = "1 l".parse().expect("a litre");
    let measures = QuantityError::Measures {
        left: Measure::Each,
        right: Measure::Litre,
    };
    assert_eq!(piece.plus(litre), Err(measures.clone()));
    assert_eq!(piece.minus(litre), Err(measures));
}

#[test]
fn a_price_or_rate_is_refused_with_what_is_wrong() {
    for (text, error) in [
        ("", UnitPriceError::Text),
        ("free", UnitPriceError::Text),
        ("1e3", UnitPriceError::Text),
        ("1.2.3", UnitPriceError::Text),
        ("-0.01", UnitPriceError::Negative),
        ("0.0000001", UnitPriceError::Decimals),
        ("1000000000.01", UnitPriceError::TooLarge),
    ] {
        assert_eq!(text.parse::<UnitPrice>(), Err(error), "{text:?}");
    }
    for (text, error) in [
        ("", RateError::Text),
        ("20 %", RateError::Text),
        ("-1", RateError::Range),
        ("100.0001", RateError::Range),
        ("0.00001", RateError::Decimals),
    ] {
        assert_eq!(text.parse::<Rate>(), Err(error), "{text:?}");
    }
    assert_eq!(
        "-0".parse::<UnitPrice>().map(|price| price.to_string()),
        Ok("0".to_owned())
    );
}
