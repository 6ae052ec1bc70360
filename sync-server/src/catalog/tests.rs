use super::*;

const HEADER: &str = "sku,gtins,name,department,tax class,price,unit,age limit,discontinued\n";

fn read(lines: &str) -> Result<Catalog, CatalogError> {
    read_catalog(format!("{HEADER}{lines}").as_bytes())
}

/// The faults as an operator reads them.
fn faults(bytes: &[u8]) -> Vec<String> {
    match read_catalog(bytes) {
        Err(CatalogError::Lines(errors)) => errors.iter().map(ToString::to_string).collect(),
        other => panic!("faults, not {other:?}"),
    }
}

#[test]
fn a_list_becomes_records() {
    let catalog = read(concat!(
        "22423,4006381333931 | 96385074,REGENCY CAKESTAND 3 TIER,HOME,standard,12.75,each,,\n",
        "\"gin-70\",,\"Gin, 70 cl\",,standard,21,each,18,yes\n",
        "apples,,Apples,,zero,1.99,KG,,no\n",
    ))
    .expect("no fault");
    let records = records(catalog).expect("JSON");
    let lines: Vec<_> = records
        .iter()
        .map(|record| format!("{} {}", record.key.0, record.json.as_deref().unwrap_or("-")))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    product/22423 {"product_put":{"sku":"22423","gtins":["00000096385074","04006381333931"],"description":"REGENCY CAKESTAND 3 TIER","kind":"goods","department":"HOME","tax_class":"standard","price":"12.75","measure":"each"}}
    product/GIN-70 {"product_put":{"sku":"GIN-70","description":"Gin, 70 cl","kind":"goods","tax_class":"standard","price":"21","measure":"each","minimum_age":18,"discontinued":true}}
    product/APPLES {"product_put":{"sku":"APPLES","description":"Apples","kind":"goods","tax_class":"zero","price":"1.99","measure":"kilogram"}}
    "#);
}

#[test]
fn a_barcode_of_a_listed_product_that_is_not_in_the_file_is_a_fault() {
    let listed = |line: &str| {
        let products = read(line).expect("no fault").into_products();
        products.into_iter().next().expect("one")
    };
    let mug = listed("MUG-1,4006381333931,Mug,,standard,5.45,each,,\n");
    let new =
        "NEW-1,96385074,New,,standard,1,each,,\nNEW-2,4006381333931,Newer,,standard,1,each,,\n";
    let faults = |lines: &str| -> Vec<String> {
        let clashes = read(lines).expect("no fault by itself").clashes_with(&mug);
        clashes.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        faults(new),
        [
            "line 3: gtins: 04006381333931 belongs to MUG-1, which is not in this file; put that product in too, without it"
        ]
    );
    // Whoever takes the barcode away in the same file may give it to another.
    assert_eq!(
        faults(&format!("{new}MUG-1,,Mug,,standard,5.45,each,,\n")),
        [""; 0]
    );
    assert_eq!(
        faults("MUG-1,4006381333931,Mug,,standard,6,each,,\n"),
        [""; 0]
    );
}

#[test]
fn every_fault_is_named_with_its_line() {
    let text = format!(
        "{HEADER}{}",
        concat!(
            "A1,4006381333931,One,,standard,1,each,,\n",
            "a1,,Again,,standard,1,each,,\n",
            "A2,04006381333931,Same barcode,,standard,1,each,,\n",
            "A3,4006381333930,,bad department,,free,dozen,200,perhaps\n",
            "A4,,\"over\ntwo lines\",,standard,1,each,0,\n",
            "A5,,short,,standard\n",
            ",,No code,,standard,-1,each,x,\n",
        )
    );
    insta::assert_snapshot!(faults(text.as_bytes()).join("\n"), @r#"
    line 3: sku: A1 is on line 2 already
    line 4: gtins: 04006381333931 belongs to A1 on line 2
    line 5: gtins: "4006381333930": the GTIN's check digit is 0, but its other digits call for 1
    line 5: name: empty
    line 5: department: "bad department": department may not hold ' '
    line 5: tax class: empty
    line 5: price: "free": a price is written as a decimal number, such as 2.55
    line 5: unit: "dozen" is none of each, kg, l, m
    line 5: age limit: "200": an age limit is 1 to 99 years, not 200
    line 5: discontinued: "perhaps" is none of yes, no
    line 6: name: "over\ntwo lines": a product's text may not hold '\n'
    line 6: age limit: "0": an age limit is 1 to 99 years, not 0
    line 8: there are 5 cells, but 9 columns
    line 9: sku: empty
    line 9: price: "-1": a price is not negative
    line 9: age limit: "x" is none of 1 to 99
    "#);
}

#[test]
fn one_fault_refuses_the_whole_list() {
    assert!(read("A1,,One,,standard,1,each,,\nA2,,Two,,standard,x,each,,\n").is_err());
}

#[test]
fn the_header_says_which_column_is_which() {
    let shuffled = "Price,Tax_Class,SKU,Name,Age-Limit,unit,GTINs,Discontinued,Department,kind\n1.5,standard,POST,Postage,,each,,,,service\n";
    let catalog = read_catalog(shuffled.as_bytes()).expect("no fault");
    let products = catalog.into_products();
    assert_eq!(products[0].price.to_string(), "1.5");
    assert_eq!(
        products[0].kind,
        holdfast_schemas::operation::LineKind::Service
    );
    insta::assert_snapshot!(faults(b"sku,name,sku,colour,price\n").join("\n"), @r#"
    line 1: "sku" is no column, or is there twice
    line 1: "colour" is no column, or is there twice
    line 1: there is no column gtins
    line 1: there is no column department
    line 1: there is no column tax class
    line 1: there is no column unit
    line 1: there is no column age limit
    line 1: there is no column discontinued
    "#);
    assert_eq!(faults(b"").len(), 9, "an empty file has no column");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_fault() {
    let mut bytes = b"\xEF\xBB\xBF".to_vec();
    bytes.extend_from_slice(HEADER.trim_end().as_bytes());
    bytes.extend_from_slice(b"\r\nA1,,One,,standard,1,each,,\r\n\r\n");
    let catalog = read_catalog(bytes.as_slice()).expect("no fault");
    assert_eq!(catalog.into_products().len(), 1);
}

#[test]
fn what_is_not_utf8_is_a_fault() {
    let mut bytes = HEADER.as_bytes().to_vec();
    bytes.extend_from_slice(b"A1,,Caf\xE9,,standard,1,each,,\n");
    assert_eq!(faults(&bytes), ["line 2: name: not UTF-8"]);
}

#[test]
fn reading_stops_after_so_many_faults() {
    let lines = "A1,,,,,,,,\n".repeat(LINE_ERRORS_MAX);
    let Err(CatalogError::Lines(errors)) = read(&lines) else {
        panic!("faults");
    };
    assert!((LINE_ERRORS_MAX..LINE_ERRORS_MAX + 10).contains(&errors.len()));
}
