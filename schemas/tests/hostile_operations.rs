//! Attacks inside operations: values that no till of ours writes, and JSON that is made to hurt its readers.

use holdfast_schemas::operation::{
    OPERATION_BYTES_MAX, OPERATION_DEPTH_MAX, OperationError, Recorded, parse_operation,
};

fn line_added(quantity: &str, price: &str, total: &str) -> String {
    format!(
        r#"{{"at":1,"by":{{"role":"cashier"}},"critical":false,"body":{{"line_added":{{"line":1,"product":"TEA",
        "description":"Tea","kind":"goods","quantity":{quantity},"unit_price":{price},"price_source":"price_list",
        "gross_minor":100,"tax":{{"code":"standard","rate":"20","tax_minor":0}},"total_minor":{total}}}}}}}"#
    )
}

/// An operation of a later version, with this in its body.
fn later(value: &str) -> String {
    format!(r#"{{"at":1,"by":{{"role":"system"}},"critical":false,"body":{{"later":{value}}}}}"#)
}

fn assert_malformed(what: &str, json: &str) {
    let refusal = parse_operation(json).expect_err(what);
    assert!(
        matches!(refusal, OperationError::Malformed(_)),
        "{what}: {refusal}"
    );
}

#[test]
fn numbers_that_are_none_or_beyond_all_are_refused() {
    let good = line_added(r#""1""#, r#""2.50""#, "250");
    assert!(matches!(parse_operation(&good), Ok(Recorded::Known(_))));
    for quantity in [
        r#""-1""#,
        r#""0""#,
        r#""-0""#,
        r#""1000000000000000000""#,
        r#""99999999999999999999999999999999999999""#,
        r#""1e400""#,
        r#""NaN""#,
        r#""Infinity""#,
        r#""1.0000000000000000000000000000001""#,
        r#""0x10""#,
        r#""١""#,
        r#"" 1""#,
        r#""""#,
        "1",
        "NaN",
        "1e400",
        "null",
    ] {
        assert_malformed(quantity, &line_added(quantity, r#""2.50""#, "250"));
    }
    for price in [
        r#""-0.01""#,
        r#""1e400""#,
        r#""NaN""#,
        r#""1000000001""#,
        "2.5",
        "1e400",
    ] {
        assert_malformed(price, &line_added(r#""1""#, price, "250"));
    }
    for total in [
        "NaN",
        "1e400",
        "1e2",
        "2.5",
        "9223372036854775808",
        "-9223372036854775809",
        r#""250""#,
    ] {
        assert_malformed(total, &line_added(r#""1""#, r#""2.50""#, total));
    }
}

/// Found by this attack: what a later version writes was read without looking at its depth.
#[test]
fn json_that_is_nested_without_end_is_refused() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        // The envelope and the body are two.
        let deepest = later(&nested(OPERATION_DEPTH_MAX - 2));
        assert!(matches!(
            parse_operation(&deepest),
            Ok(Recorded::Unknown { .. })
        ));
        for depth in [OPERATION_DEPTH_MAX - 1, 1_000, 10_000] {
            let refusal = parse_operation(&later(&nested(depth))).expect_err("deep");
            assert!(
                matches!(refusal, OperationError::TooDeep),
                "{depth}: {refusal}"
            );
        }
        let refusal = parse_operation(&later(&nested(100_000))).expect_err("deep");
        assert!(
            matches!(refusal, OperationError::TooLong { .. }),
            "{refusal}"
        );
        // In an unknown field of a known operation it is no better.
        let known = line_added(
            r#""1""#,
            r#""2.50""#,
            &format!(r#"250,"later":{}"#, nested(40)),
        );
        assert!(matches!(
            parse_operation(&known),
            Err(OperationError::TooDeep)
        ));
    }
    // Brackets in a text are none, and a quote behind a backslash does not end it.
    let text = format!(r#""\"{}""#, "[{".repeat(1_000));
    assert!(matches!(
        parse_operation(&later(&text)),
        Ok(Recorded::Unknown { .. })
    ));
    // Many that are not nested are as good as few.
    let wide = format!("[{}[]]", "[],".repeat(1_000));
    assert!(matches!(
        parse_operation(&later(&wide)),
        Ok(Recorded::Unknown { .. })
    ));
}

/// Found by this attack: a body with the same unknown name twice was taken.
#[test]
fn keys_that_stand_twice_are_refused() {
    for json in [
        r#"{"at":1,"by":{"role":"system"},"critical":false,"body":{"later":1,"later":2}}"#,
        r#"{"at":1,"by":{"role":"system"},"critical":false,"body":{"later":1,"other":2}}"#,
        r#"{"at":1,"by":{"role":"system"},"critical":false,"critical":true,"body":{"later":1}}"#,
        r#"{"at":1,"by":{"role":"system"},"critical":false,"body":{"later":1},"body":{"later":2}}"#,
        r#"{"at":1,"at":2,"by":{"role":"cashier"},"critical":false,"body":{"order_completed":{}}}"#,
        r#"{"at":1,"by":{"role":"cashier"},"critical":false,"body":{"order_completed":{},"order_completed":{}}}"#,
        r#"{"at":1,"by":{"role":"system"},"critical":false,"body":{}}"#,
        r#"{"at":1,"by":{"role":"system"},"critical":false,"body":[]}"#,
        r#"{"at":1,"by":{"role":"system"},"critical":false,"body":"later"}"#,
        r#"{"at":1,"by":{"role":"system"},"body":{"later":1}}"#,
    ] {
        assert_malformed(json, json);
    }
    let twice = line_added(r#""1","quantity":"2""#, r#""2.50""#, "250");
    assert_malformed("a field twice", &twice);
}

#[test]
fn a_text_that_is_too_long_or_goes_on_is_refused() {
    let long = later(&format!(r#""{}""#, "a".repeat(OPERATION_BYTES_MAX)));
    assert!(matches!(
        parse_operation(&long),
        Err(OperationError::TooLong { .. })
    ));
    for json in [
        "",
        " ",
        "null",
        "[]",
        "{}",
        "\u{feff}{}",
        "{\"at\":1",
        "{}{}",
    ] {
        assert_malformed(json, json);
    }
    let trailing = format!("{}x", later("1"));
    assert_malformed("goes on", &trailing);
}
