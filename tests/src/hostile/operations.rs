//! Every operation that our writers can write, drawn from the JSON Schemas: each kind, each field, each choice.

use holdfast_schemas::{
    identity::{DocumentId, LogId, NodeNumber, OperationId, OrderNumber},
    json_schema::schema_files,
    operation::{DocumentKind, Operation},
};
use serde_json::{Map, Value, json};

use super::Random;

/// The most items of a drawn list.
const ITEMS_MAX: usize = 4;
/// The longest drawn text, in characters: every length that has its own form in a change is below.
const TEXT_MAX: usize = 64;

/// The letters of a text of any language: one to four bytes each, and what JSON must escape. Control characters are none.
const LETTERS: &[char] = &[
    'a',
    'Z',
    '7',
    ' ',
    '"',
    '\\',
    '/',
    'é',
    'ß',
    '水',
    '\u{2028}',
    '😀',
    '\u{10ffff}',
];
const CODE_LETTERS: &[char] = &['a', 'z', 'A', 'Q', 'Z', '0', '9', '.', '_', '/', '+', '-'];
const SKU_LETTERS: &[char] = &['A', 'Q', 'Z', '0', '9', '-', '"', '\\', '~', '!'];

/// Draws operations from their schema.
#[derive(Debug)]
pub struct OperationGenerator {
    root: Value,
}

impl Default for OperationGenerator {
    fn default() -> Self {
        Self::new()
    }
}

impl OperationGenerator {
    /// Reads the schema of operations.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn new() -> Self {
        let file = schema_files()
            .into_iter()
            .find(|file| file.name == "operation.schema.json")
            .expect("the operations' schema");
        let root = serde_json::from_str(&file.text).expect("a schema is JSON");
        Self { root }
    }

    /// Any operation that can happen to a document of this kind.
    ///
    /// # Panics
    /// Where the schema allows what is no operation: then the schema, or this generator, is wrong.
    pub fn operation(&self, kind: DocumentKind, random: &mut Random) -> Operation {
        let group = match kind {
            DocumentKind::Order => "OrderBody",
            DocumentKind::Return => "ReturnBody",
            DocumentKind::TillSession => "TillSessionBody",
            DocumentKind::Stock => "StockBody",
            DocumentKind::Safe => "SafeBody",
        };
        let mut json = Map::new();
        for field in ["at", "by", "critical"] {
            json.insert(
                field.to_owned(),
                self.draw(&self.root["properties"][field], random),
            );
        }
        if random.one_in(4) {
            json.insert("cause".to_owned(), self.named("ReactionId", random));
        }
        json.insert("body".to_owned(), self.named(group, random));
        let json = Value::Object(json);
        serde_json::from_value(json.clone())
            .unwrap_or_else(|error| panic!("the schema allows {json}, and: {error}"))
    }

    fn named(&self, name: &str, random: &mut Random) -> Value {
        match name {
            "LogPosition" => json!(random.bits() >> (11 + random.below(53))),
            "NodeNumber" => json!(random.below(1 << 20)),
            "PriceListVersion" => json!(random.bits() >> random.below(64)),
            "CutOverHour" => json!(random.below(24)),
            "ReceiptNumber" => json!(format!(
                "{}-{:06}",
                random.below(1 << 20),
                1 + random.below(1_000_000_000)
            )),
            "MinimumAge" => json!(1 + random.below(99)),
            "Timestamp" | "MinorUnits" => json!(any_number(random)),
            "Description" => json!(text(random, LETTERS, 0, TEXT_MAX)),
            "Sku" => json!(text(random, SKU_LETTERS, 1, 64)),
            "BusinessDate" => json!(format!(
                "20{:02}-{:02}-{:02}",
                random.below(100),
                1 + random.below(12),
                1 + random.below(28)
            )),
            "Currency" => json!(random.pick(&["GBP", "EUR", "JPY", "BHD"])),
            "DocumentId" => json!(DocumentId::from_bytes(random.bytes()).to_string()),
            "LogId" => json!(log(random).to_string()),
            "OperationId" => {
                let counter = (random.bits() >> 33).saturating_add(1);
                let counter = counter.try_into().expect("at least 1");
                json!(OperationId::new(counter, log(random)).to_string())
            }
            "OrderNumber" => {
                let bits = i64::try_from(random.bits() >> 1).expect("63 bits");
                json!(OrderNumber::from_i64(bits).expect("63 bits").to_string())
            }
            "ReactionId" => json!(log(random).to_string()),
            "Quantity" => json!(quantity(random)),
            "QuantityChange" if random.one_in(2) => json!(format!("-{}", quantity(random))),
            "QuantityChange" => json!(quantity(random)),
            "Rate" => json!(format!("{}.{}", random.below(100), random.below(10_000))),
            "UnitPrice" => json!(format!(
                "{}.{}",
                random.below(1_000_000),
                random.below(1_000_000)
            )),
            _ => self.draw(&self.root["$defs"][name], random),
        }
    }

    /// Any value that a schema allows.
    fn draw(&self, schema: &Value, random: &mut Random) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.strip_prefix("#/$defs/").expect("a definition");
            return self.named(name, random);
        }
        if let Some(fixed) = schema.get("const") {
            return fixed.clone();
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(parts) = schema[choice].as_array() {
                return self.draw(random.pick(parts), random);
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            return random.pick(values).clone();
        }
        match schema["type"].as_str() {
            Some("null") => Value::Null,
            Some("boolean") => json!(random.one_in(2)),
            Some("integer") => json!(1 + random.below(1_000_000)),
            Some("array") => {
                let count = random.below(ITEMS_MAX + 1);
                (0..count)
                    .map(|_| self.draw(&schema["items"], random))
                    .collect()
            }
            Some("object") => self.object(schema, random),
            Some("string") => code(schema, random),
            other => panic!("this generator does not know the type {other:?}: teach it"),
        }
    }

    fn object(&self, schema: &Value, random: &mut Random) -> Value {
        let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
        let properties = schema["properties"].as_object().into_iter().flatten();
        let mut object = Map::new();
        for (name, property) in properties {
            if required.iter().any(|required| required == name) || random.one_in(2) {
                object.insert(name.clone(), self.draw(property, random));
            }
        }
        Value::Object(object)
    }
}

fn log(random: &mut Random) -> LogId {
    let node = u32::try_from(random.below(1 << 20)).expect("20 bits");
    LogId::new(NodeNumber::new(node).expect("20 bits"), random.bytes())
}

/// Numbers of every length.
fn any_number(random: &mut Random) -> i64 {
    let bits = random.bits().cast_signed();
    bits >> random.below(64)
}

fn quantity(random: &mut Random) -> String {
    let amount = 1 + random.below(1_000_000);
    match random.below(4) {
        0 => format!("{amount}.{:03} kg", random.below(1_000)),
        1 => format!("{amount}.5 l"),
        2 => format!("{amount} m"),
        _ => amount.to_string(),
    }
}

fn text(random: &mut Random, letters: &[char], min: usize, max: usize) -> String {
    let length = min + random.below(max - min + 1);
    // Short ones are as likely as long ones.
    let length = min.max(length >> random.below(6));
    (0..length).map(|_| random.pick(letters)).collect()
}

/// A code of the one alphabet that codes have.
fn code(schema: &Value, random: &mut Random) -> Value {
    let max = schema["maxLength"].as_u64().unwrap_or(32);
    match schema["pattern"].as_str() {
        Some("^[A-Za-z0-9._/+-]+$" | "^[!-~]+$") => {
            let max = usize::try_from(max).expect("small");
            json!(text(random, CODE_LETTERS, 1, max))
        }
        other => panic!("this generator does not know the pattern {other:?}: teach it"),
    }
}
