//! No operation can carry a name, an address, a phone number or an e-mail address.
//!
//! An operation is kept for ever and copied to every till of a store, so a person's data must never be in one: it
//! refers to people by id, and what is known of them is reference data that can be erased. This test reads that off
//! the JSON Schemas, which list every property that an operation can have.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::json_schema::schema_files;
use regex::Regex;
use serde_json::Value;

/// Every type of text that an operation may hold, and why it can't hold a person's data.
///
/// A new type of text fails this test until somebody writes down here why it is harmless.
const TEXTS: &[(&str, &str)] = &[
    ("BankBag", "the number that is printed on a bag"),
    ("BusinessDate", "a trading day"),
    ("Channel", "a code that headquarters gives"),
    ("Currency", "three capital letters"),
    ("CustomerId", "the id by which an erasable record is found"),
    ("DepartmentCode", "a code that headquarters gives"),
    ("DiscountCode", "a code that headquarters gives"),
    ("DocumentId", "an id"),
    ("LogId", "an id"),
    ("OperationId", "an id"),
    ("OrderNumber", "an id"),
    ("Quantity", "a number and its measure"),
    ("QuantityChange", "a number and its measure"),
    ("Rate", "a number"),
    ("ReactionId", "a hash"),
    ("ReasonCode", "a code that headquarters gives"),
    ("ReceiptNumber", "an id"),
    ("StoreId", "a code that headquarters gives"),
    ("TaxCode", "a code that headquarters gives"),
    ("TenderReference", "a payment provider's token"),
    ("TimeZoneName", "a name of the IANA list"),
    ("UnitPrice", "a number"),
    ("UserId", "the number by which an erasable record is found"),
];

/// The types whose alphabet would let a person's data through, and where alone they may stand.
const FREE_TEXTS: &[(&str, &[&str])] = &[
    // What a product is called, at the sale: headquarters' text, from the price list.
    (
        "Description",
        &["LineAdded.description", "ReturnLineAdded.description"],
    ),
    // Another system's name of an order. It is that system's, and must be matched as it came.
    ("ExternalValue", &["ExternalRef.value"]),
    // A stock code, of the price list; old catalogues have spaces in them.
    (
        "Sku",
        &[
            "LineAdded.product",
            "ReturnLineAdded.product",
            "StockLine.product",
        ],
    ),
];

/// What no pattern of a type in [`TEXTS`] may let through. All of it is made up.
const PERSONAL: &[&str] = &[
    "Ada Example",
    "1 Example Street, York",
    "ada@example.com",
    "(01632) 960 000",
    "+44 1632 960000",
];

/// Parts of property names that would announce a person's data.
const PERSONAL_WORDS: &[&str] = &[
    "address", "birth", "city", "comment", "contact", "email", "mail", "name", "note", "phone",
    "postcode", "street", "surname", "text", "zip",
];

fn operation_definitions() -> BTreeMap<String, Value> {
    let file = schema_files()
        .into_iter()
        .find(|file| file.name == "operation.schema.json")
        .expect("the operations' schema");
    let Value::Object(mut root) = serde_json::from_str(&file.text).expect("JSON") else {
        panic!("a schema is an object");
    };
    let Some(Value::Object(definitions)) = root.remove("$defs") else {
        panic!("the types of operations are definitions");
    };
    let mut all: BTreeMap<String, Value> = definitions.into_iter().collect();
    all.insert("Operation".to_owned(), Value::Object(root));
    all
}

/// What a schema lets a property be, as far as texts go.
#[derive(Debug, Default)]
struct Texts {
    /// Named types that it refers to.
    references: BTreeSet<String>,
    /// Whether some text is written out in place, other than a fixed word.
    free_in_place: bool,
    /// Properties: the name and its schema.
    properties: Vec<(String, Value)>,
    /// Whether it lets in properties that it does not list.
    open: bool,
}

impl Texts {
    /// Reads everything that a value of this schema may hold, down to its properties and references.
    fn read(&mut self, schema: &Value) {
        let Value::Object(keywords) = schema else {
            self.free_in_place |= schema != &Value::Bool(false);
            return;
        };
        let types = match keywords.get("type") {
            Some(Value::Array(types)) => types.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        let fixed = keywords.contains_key("const") || keywords.contains_key("enum");
        self.free_in_place |= types.contains(&"string".into()) && !fixed;
        self.open |= types.contains(&"object".into())
            && keywords.get("additionalProperties") != Some(&Value::Bool(false));
        for (keyword, value) in keywords {
            match (keyword.as_str(), value) {
                ("$ref", Value::String(reference)) => {
                    let name = reference.strip_prefix("#/$defs/").expect("a definition");
                    self.references.insert(name.to_owned());
                }
                ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(parts)) => {
                    parts.iter().for_each(|part| self.read(part));
                }
                ("items", items) => self.read(items),
                ("properties", Value::Object(properties)) => {
                    let pairs = properties
                        .iter()
                        .map(|(name, of)| (name.clone(), of.clone()));
                    self.properties.extend(pairs);
                }
                // Words about the value, and bounds on it.
                (
                    "$schema"
                    | "$id"
                    | "title"
                    | "description"
                    | "type"
                    | "const"
                    | "enum"
                    | "pattern"
                    | "minLength"
                    | "maxLength"
                    | "minimum"
                    | "maximum"
                    | "required"
                    | "default"
                    | "additionalProperties",
                    _,
                ) => {}
                (other, _) => panic!("this test does not know the keyword {other}: teach it"),
            }
        }
    }
}

/// Every property of every operation: where it is, and the named types of which its value may be.
fn properties() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for definition in operation_definitions() {
        let mut waiting = vec![definition];
        while let Some((place, schema)) = waiting.pop() {
            let mut texts = Texts::default();
            texts.read(&schema);
            assert!(
                !texts.open,
                "{place} lets in properties that it does not list"
            );
            if place.contains('.') {
                assert!(
                    !texts.free_in_place,
                    "{place} is a text without a type of its own"
                );
                found.insert(place.clone(), texts.references);
            }
            for (name, property) in texts.properties {
                waiting.push((format!("{place}.{name}"), property));
            }
        }
    }
    found
}

fn text_types() -> BTreeMap<String, Value> {
    operation_definitions()
        .into_iter()
        .filter(|(_, schema)| schema["type"] == "string" && schema.get("enum").is_none())
        .collect()
}

#[test]
fn every_text_of_an_operation_is_of_a_type_that_can_not_hold_personal_data() {
    let allowed: BTreeSet<&str> = TEXTS
        .iter()
        .map(|(name, _)| *name)
        .chain(FREE_TEXTS.iter().map(|(name, _)| *name))
        .collect();
    let found = text_types();
    let found: BTreeSet<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(found, allowed, "left: in operations; right: on the list");
}

#[test]
fn no_pattern_lets_personal_data_through() {
    let types = text_types();
    for (name, why) in TEXTS {
        let pattern = types[*name]["pattern"].as_str().expect("a pattern");
        assert!(pattern.starts_with('^') && pattern.ends_with('$'), "{name}");
        let pattern = Regex::new(pattern).expect("a pattern");
        for personal in PERSONAL {
            assert!(
                !pattern.is_match(personal),
                "{name} ({why}) could hold {personal:?}"
            );
        }
    }
}

#[test]
fn free_text_stands_only_where_a_product_or_a_reference_is_named() {
    let properties = properties();
    for (name, places) in FREE_TEXTS {
        let found: BTreeSet<&str> = properties
            .iter()
            .filter(|(_, types)| types.contains(*name))
            .map(|(place, _)| place.as_str())
            .collect();
        assert_eq!(found, places.iter().copied().collect(), "{name}");
    }
}

#[test]
fn no_property_is_named_after_personal_data() {
    let properties = properties();
    assert!(
        properties.len() > 100,
        "the operations' properties are found: {}",
        properties.len()
    );
    for place in properties.keys() {
        let property = place.rsplit('.').next().expect("a name");
        for word in property.split('_') {
            assert!(
                !PERSONAL_WORDS.contains(&word),
                "{place} sounds like personal data"
            );
        }
    }
}
