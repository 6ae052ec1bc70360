use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{
    InStorePrefix, MeasuredValue, OwnCode, ProductKey, ScanError, ScannedCode, ScannedItem,
    ScannedPrice, VariableMeasureError, VariableMeasureItem, VariableMeasureRule,
    VariableMeasureRules, decode, decode::expand_upc_e,
};
use crate::{
    gtin::{Gtin, check_digit},
    identity::{BadgeCode, CustomerId, OrderNumber, PickupCode},
    time::BusinessDate,
    value::{Currency, MinorUnits},
};

fn today() -> BusinessDate {
    "2026-03-07".parse().unwrap()
}

/// 20 and 02: price of five digits with its check; 21: price of five digits; 28: weight of five digits; 29: weight of
/// four digits with its check.
fn rules() -> VariableMeasureRules {
    let rule = |prefix, item_digits, value, check| {
        let rule = VariableMeasureRule::new(item_digits, value, check).unwrap();
        (InStorePrefix::new(prefix).unwrap(), rule)
    };
    [
        rule(2, 4, MeasuredValue::Price, true),
        rule(20, 4, MeasuredValue::Price, true),
        rule(21, 5, MeasuredValue::Price, false),
        rule(28, 5, MeasuredValue::Grams, false),
        rule(29, 5, MeasuredValue::Grams, true),
    ]
    .into_iter()
    .collect()
}

fn read(text: &str) -> Result<ScannedCode, ScanError> {
    decode(text, &rules(), today())
}

fn item(text: &str) -> ScannedItem {
    match read(text) {
        Ok(ScannedCode::Item(item)) => *item,
        other => panic!("{text:?} is {other:?}"),
    }
}

fn gtin(text: &str) -> Gtin {
    text.parse().unwrap()
}

/// Twelve digits and their check digit.
fn ean_13(digits: &str) -> String {
    let values: Vec<u8> = digits.bytes().map(|byte| byte - b'0').collect();
    format!("{digits}{}", check_digit(&values))
}

#[test]
fn one_item_is_one_number_however_its_code_is_written() {
    for (text, number) in [
        ("96385074", "96385074"),
        ("036000291452", "036000291452"),
        ("4006381333931", "4006381333931"),
        ("10614141000415", "10614141000415"),
        // UPC-E, and what it stands for.
        ("01234565", "012345000065"),
        ("04252614", "042100005264"),
        // Scanners that name the symbology.
        ("]E04006381333931", "4006381333931"),
        ("]E00036000291452", "036000291452"),
        ("]E496385074", "96385074"),
        ("]E3977147396801205", "9771473968012"),
        ("]I110614141000415", "10614141000415"),
        ("]C10104006381333931", "4006381333931"),
        ("]e00104006381333931", "4006381333931"),
        // FNC1 left out, or sent as a separator.
        ("0104006381333931", "4006381333931"),
        ("\u{1d}010400638133393110AB", "4006381333931"),
        // A box of them.
        ("]C1020400638133393137024", "4006381333931"),
        // Web addresses.
        ("https://id.gs1.org/01/04006381333931", "4006381333931"),
        (
            "HTTPS://example.com/shop/01/4006381333931/10/A?x=1",
            "4006381333931",
        ),
        ("http://example.com:8080/01/96385074#top", "96385074"),
        (" 4006381333931\r", "4006381333931"),
    ] {
        assert_eq!(item(text).gtin, gtin(number), "{text}");
        assert_eq!(
            read(text).unwrap().product_key(),
            Some(ProductKey::Gtin(gtin(number)))
        );
    }
}

#[test]
fn elements_say_what_this_very_piece_is() {
    let meat = item(
        "]C1010950600013435210LOT-7\u{1d}112602281526033117260400310300125030 2"
            .replace(' ', "")
            .as_str(),
    );
    assert_eq!(meat.gtin, gtin("09506000134352"));
    assert_eq!(meat.batch.as_ref().unwrap().as_str(), "LOT-7");
    let date = |text: &str| Some(text.parse::<BusinessDate>().unwrap());
    assert_eq!(meat.produced, date("2026-02-28"));
    assert_eq!(meat.best_before, date("2026-03-31"));
    assert_eq!(meat.expires, date("2026-04-30"));
    assert_eq!(meat.last_day_of_sale(), date("2026-04-30"));
    assert_eq!(meat.net.unwrap().quantity().unwrap().to_string(), "1.25 kg");
    assert_eq!(meat.count, Some(2));

    let piece = item(
        "https://example.com/01/09506000134352/10/L%2F1/21/S%201?17=260401&3922=0499&linkType=all"
            .replace("%201", "1")
            .as_str(),
    );
    assert_eq!(piece.batch.unwrap().as_str(), "L/1");
    assert_eq!(piece.serial.unwrap().as_str(), "S1");
    let price = piece.price.unwrap();
    assert_eq!(price.minor(Currency::GBP), Some(MinorUnits::new(499)));
    assert_eq!(price.minor("JPY".parse().unwrap()), None, "4.99 yen");
}

#[test]
fn measures_are_sold_in_the_measures_that_prices_are_in() {
    for (element, quantity) in [
        ("3103001250", Some("1.25 kg")),
        ("3105000001", None),
        ("3105000006", None),
        ("3105000500", Some("0.005 kg")),
        ("3201000015", Some("0.68 kg")),
        ("3112000150", Some("1.5 m")),
        ("3152000075", Some("0.75 l")),
        ("3163000002", Some("2 l")),
        ("3122000150", None),
        ("3142000150", None),
    ] {
        let scanned = item(&format!("]C10109506000134352{element}"));
        let found = scanned.net.unwrap().quantity();
        assert_eq!(
            found.map(|quantity| quantity.to_string()).as_deref(),
            quantity,
            "{element}"
        );
    }
}

#[test]
fn a_price_in_another_currency_is_none_here() {
    let euro = item("]C101095060001343523932978123456").price.unwrap();
    let expected = ScannedPrice {
        amount: Decimal::new(123_456, 2),
        currency_number: Some(978),
    };
    assert_eq!(euro, expected);
    assert_eq!(euro.minor(Currency::EUR), Some(MinorUnits::new(123_456)));
    assert_eq!(euro.minor(Currency::GBP), None);
}

#[test]
fn two_digits_of_a_year_are_the_nearest_year() {
    for (written, meant) in [
        ("260229", None),
        ("280229", Some("2028-02-29")),
        ("280200", Some("2028-02-29")),
        ("760101", Some("2076-01-01")),
        ("770101", Some("1977-01-01")),
        ("251301", None),
        ("250032", None),
    ] {
        let found = read(&format!("]C1010950600013435217{written}"));
        let found = found
            .ok()
            .map(|_| item(&format!("]C1010950600013435217{written}")))
            .map(|item| item.expires.unwrap().to_string());
        assert_eq!(found.as_deref(), meant, "{written}");
    }
}

#[test]
fn price_and_weight_are_read_out_of_the_stores_own_barcodes() {
    let priced = |code: &str, base: &str, minor| {
        let expected = VariableMeasureItem::Priced {
            gtin: gtin(&ean_13(base)),
            price_minor: MinorUnits::new(minor),
        };
        assert_eq!(read(code), Ok(ScannedCode::VariableMeasure(expected)));
    };
    let weighed = |code: &str, base: &str, kilograms: &str| {
        let expected = VariableMeasureItem::Weighed {
            gtin: gtin(&ean_13(base)),
            quantity: kilograms.parse().unwrap(),
        };
        assert_eq!(read(code), Ok(ScannedCode::VariableMeasure(expected)));
    };
    priced(&ean_13("201234614685"), "201234000000", 14_685);
    priced(&ean_13("211234500499"), "211234500000", 499);
    // UPC-A that begins with 2: twelve digits.
    priced(&ean_13("021234614685")[1..], "021234000000", 14_685);
    weighed(&ean_13("281234501250"), "281234500000", "1.25 kg");
    weighed(&ean_13("291234592875"), "291234500000", "2.875 kg");
    // No rule for 27: a number like any other.
    assert_eq!(
        item(&ean_13("271234500499")).gtin,
        gtin(&ean_13("271234500499"))
    );

    for (code, error) in [
        (
            "201234514685",
            VariableMeasureError::Check {
                found: 5,
                expected: 6,
            },
        ),
        ("211234500000", VariableMeasureError::Nothing),
        ("281234500000", VariableMeasureError::Nothing),
    ] {
        assert_eq!(
            read(&ean_13(code)),
            Err(ScanError::Measured(error)),
            "{code}"
        );
    }
}

#[test]
fn rules_are_read_from_json_and_checked() {
    let json = r#"{"20":{"item_digits":5,"value":"price"},"28":{"item_digits":5,"value":"grams","value_check":true}}"#;
    let rules: VariableMeasureRules = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&rules).unwrap(), json);
    for wrong in [
        r#"{"19":{"item_digits":5,"value":"price"}}"#,
        r#"{"2":{"item_digits":5,"value":"price"}}"#,
        r#"{"20":{"item_digits":3,"value":"price"}}"#,
        r#"{"20":{"item_digits":6,"value":"price","value_check":true}}"#,
    ] {
        assert!(
            serde_json::from_str::<VariableMeasureRules>(wrong).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn short_numbers_and_own_codes() {
    assert_eq!(
        read("4011").unwrap().product_key(),
        Some(ProductKey::Sku("4011".parse().unwrap()))
    );
    assert_eq!(
        read("BANK CHARGES"),
        Ok(ScannedCode::StockCode("BANK CHARGES".parse().unwrap()))
    );
    let order = OrderNumber::from_i64(81_985_529_216_486_895).unwrap();
    for own in [
        OwnCode::Order(order),
        OwnCode::Pickup(PickupCode::from_random([3; 10])),
        OwnCode::Badge(BadgeCode::from_random([9; 10])),
        OwnCode::Customer(CustomerId::new("c-1/2").unwrap()),
    ] {
        let text = own.to_string();
        assert_eq!(read(&text), Ok(ScannedCode::Own(own.clone())), "{text}");
        assert_eq!(read(&format!("]Q1{text}")), Ok(ScannedCode::Own(own)));
    }
    assert_eq!(
        read(&order.to_string()),
        Ok(ScannedCode::Own(OwnCode::Order(order)))
    );
}

#[test]
fn what_can_not_be_read_says_why_and_what_to_do() {
    for (text, code) in [
        ("", "scan_empty"),
        (" \r", "scan_empty"),
        ("4006381333932", "scan_check_digit"),
        ("01234566", "scan_check_digit"),
        ("]E04006381333932", "scan_check_digit"),
        ("]E34006", "scan_check_digit"),
        ("]E112", "scan_add_on"),
        ("123", "scan_digits"),
        ("123456", "scan_digits"),
        ("123456789012345", "scan_digits"),
        ("0401", "scan_price_look_up"),
        ("grün", "scan_unknown"),
        ("]C10", "scan_element"),
        ("]C1010400638133393", "scan_element"),
        ("]C1010400638133393X", "scan_element"),
        ("]C1010400638133393110", "scan_element"),
        ("]C101040063813339311052 9", "scan_element"),
        ("]C10104006381333931310X000001", "scan_element"),
        ("]C101040063813339313109000001", "scan_element"),
        ("]C10104006381333931300", "scan_element"),
        ("]C1010400638133393105AB", "scan_element"),
        ("]C1010400638133393110A\u{1d}10B", "scan_element"),
        ("]C100340067890123456789", "scan_no_item"),
        ("]C10104006381333932", "scan_check_digit"),
        ("https://example.com/", "scan_link"),
        ("https://example.com/01/123", "scan_link"),
        ("https://example.com/01/04006381333931/10", "scan_link"),
        ("https://example.com/01/04006381333931/10/%zz", "scan_link"),
        ("https://example.com/01/04006381333931/10/%+1", "scan_link"),
        ("https://example.com/01/04006381333931/xx/1", "scan_link"),
        ("https://example.com/01/04006381333932", "scan_check_digit"),
        ("HFO03HN2WM000602E", "scan_order_number"),
        ("HFB0", "scan_secret_code"),
        ("HFC", "scan_customer"),
    ] {
        let error = read(text).expect_err(text);
        assert_eq!(error.code(), code, "{text}: {error}");
        assert!(error.what_to_do().ends_with('.'), "{text}");
    }
    assert_eq!(read(&"x".repeat(2_000)), Err(ScanError::TooLong));
    let many = format!("]C10104006381333931{}", "910\u{1d}".repeat(40));
    assert_eq!(read(&many), Err(ScanError::TooManyElements));
    assert!("HFX1".parse::<OwnCode>().is_err() && "é".parse::<OwnCode>().is_err());
}

/// UPC-A to UPC-E, as label printers do it; `None` where the zeros are not there.
fn suppress_zeros(upc_a: &str) -> Option<String> {
    let (company, item, check) = (&upc_a[1..6], &upc_a[6..11], &upc_a[11..]);
    let six = if company.ends_with("00") && company[2..3] < *"3" && item.starts_with("00") {
        format!("{}{}{}", &company[..2], &item[2..], &company[2..3])
    } else if company.ends_with("00") && item.starts_with("000") {
        format!("{}{}3", &company[..3], &item[3..])
    } else if company.ends_with('0') && item.starts_with("0000") {
        format!("{}{}4", &company[..4], &item[4..])
    } else if item.starts_with("0000") && item[4..] > *"4" {
        format!("{company}{}", &item[4..])
    } else {
        return None;
    };
    Some(format!("0{six}{check}"))
}

fn check_digits(digits: &str) -> String {
    let values: Vec<u8> = digits.bytes().map(|byte| byte - b'0').collect();
    format!("{digits}{}", check_digit(&values))
}

proptest! {
    #[test]
    fn zero_suppression_is_undone(company in 0_u32..100_000, item_number in 0_u32..1_000, shape in 0_u32..4) {
        let company = match shape {
            0 => company / 1_000 * 1_000 + company % 3 * 100,
            1 => company / 100 * 100,
            2 => company / 10 * 10,
            _ => company,
        };
        let item_number = match shape { 0 => item_number, 1 => item_number % 100, 2 => item_number % 10, _ => 5 + item_number % 5 };
        let upc_a = check_digits(&format!("0{company:05}{item_number:05}"));
        if let Some(upc_e) = suppress_zeros(&upc_a) {
            prop_assert_eq!(expand_upc_e(&upc_e), Some(upc_a));
        }
    }

    #[test]
    fn every_number_is_read_alike_in_every_form(digits in "[1-9][0-9]{12}") {
        let number = check_digits(&digits);
        let expected = Ok(ScannedCode::Item(Box::new(ScannedItem::new(gtin(&number)))));
        for text in [
            number.clone(),
            format!("]C101{number}"),
            format!("01{number}"),
            format!("https://example.com/a/01/{number}"),
        ] {
            prop_assert_eq!(&read(&text), &expected, "{}", text);
        }
    }

    #[test]
    fn elements_are_read_alike_in_any_order_and_as_a_link(
        batch in "[A-Z0-9/_.-]{1,20}",
        serial in "[a-z0-9]{1,20}",
        grams in 1_u32..1_000_000,
        minor in 1_u32..1_000_000,
        order in Just(vec![0_usize, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let parts = [
            ("01", "09506000134352".to_owned(), false),
            ("10", batch, true),
            ("21", serial, true),
            ("3103", format!("{grams:06}"), false),
            ("3922", minor.to_string(), true),
        ];
        let straight: String = parts.iter().map(|(name, value, _)| format!("{name}{value}\u{1d}")).collect();
        let shuffled: String = order
            .iter()
            .map(|index| &parts[*index])
            .map(|(name, value, separated)| format!("{name}{value}{}", if *separated { "\u{1d}" } else { "" }))
            .collect();
        let escape = |value: &str| value.replace('/', "%2F");
        let link = format!(
            "https://example.com/01/09506000134352/10/{}?21={}&3103={}&3922={}",
            escape(&parts[1].1), parts[2].1, parts[3].1, parts[4].1
        );
        let expected = item(&format!("]C1{straight}"));
        prop_assert_eq!(expected.price.unwrap().minor(Currency::GBP), Some(MinorUnits::new(i64::from(minor))));
        prop_assert_eq!(&item(&format!("]d2{shuffled}")), &expected);
        prop_assert_eq!(&item(&link), &expected);
    }

    #[test]
    fn a_priced_label_gives_back_its_price_and_product(item_number in 0_u32..10_000, minor in 1_u32..100_000) {
        let digits: Vec<u8> = format!("{minor:05}").bytes().map(|byte| byte - b'0').collect();
        // The right check digit is the one of ten that is taken.
        let codes = (0..10).map(|check| ean_13(&format!("20{item_number:04}{check}{minor:05}")));
        let taken: Vec<_> = codes.filter_map(|code| read(&code).ok()).collect();
        let expected = VariableMeasureItem::Priced {
            gtin: gtin(&ean_13(&format!("20{item_number:04}000000"))),
            price_minor: MinorUnits::new(i64::from(minor)),
        };
        prop_assert_eq!(taken, vec![ScannedCode::VariableMeasure(expected)], "{:?}", digits);
    }

    #[test]
    fn nothing_that_is_scanned_is_a_panic(text in "(](C1|e0|E0|E3|Q1))?(HF[OPBC]|https://e.example/|01|)?\\PC{0,40}") {
        let _ = read(&text);
    }

    #[test]
    fn no_element_string_is_a_panic(text in "]C1(01[0-9]{14})?([0-9]{2,10}\u{1d}?){0,6}") {
        let _ = read(&text);
    }
}
