//! How a store is run, from a file that people write: taxes, tenders, reasons, notes and coins, header, keys, rights.
//!
//! TOML with the names of [`StoreSettings`]. The whole file is checked, part by part, so that each part that is wrong is
//! named with its line; nothing is taken in where one is.

use holdfast_schemas::{
    identity::StoreId,
    reference::{ReferenceRecord as Record, StoreSettings},
};
use jiff::tz::TimeZone;

use crate::store::{ReferenceKey, ReferenceRecord};

/// An example with every part, which is also what a test reads.
pub const EXAMPLE: &str = include_str!("../store-settings.example.toml");

/// Every part that a file may have, and the names in it; no names for a part that is no table, or whose names are the
/// store's own.
const PARTS: &[(&str, &[&str])] = &[
    ("currency", &[]),
    ("time_zone", &[]),
    ("cut_over_hour", &[]),
    ("tax_mode", &[]),
    ("tax_rounding", &[]),
    ("tax_rates", &[]),
    ("cash_rounding_step", &[]),
    ("return_policy", &["window_days", "blind_cap_minor"]),
    ("header", &["name", "address", "tax_number", "logo"]),
    ("receipt_texts", &["language", "footer", "return_policy"]),
    (
        "tenders",
        &[
            "kind",
            "label",
            "opens_drawer",
            "amount_max_minor",
            "offline",
        ],
    ),
    ("reasons", &["code", "label", "uses"]),
    ("departments", &["code", "label"]),
    ("quick_keys", &["label", "keys"]),
    ("denominations", &["worth_minor", "kind"]),
    ("variable_measure", &[]),
    ("rights", &["actions", "limits"]),
];

/// Something that is wrong in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFault {
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// A stretch of lines that is read by itself: what stands before the first heading, or a heading with what is below it.
struct Part<'a> {
    /// The line of its heading, from 0.
    first: usize,
    lines: Vec<&'a str>,
    name: Option<String>,
}

/// Reads and checks a file.
///
/// # Errors
/// Every part that is wrong, in the order of the file.
pub fn read_store_settings(text: &str) -> Result<StoreSettings, Vec<SettingsFault>> {
    let parts = parts(text);
    let mut faults: Vec<SettingsFault> = parts.iter().flat_map(check).collect();
    if faults.is_empty() {
        // Together: what is there twice, and what does not fit.
        match toml::from_str::<StoreSettings>(text) {
            Ok(settings) => match TimeZone::get(settings.time_zone.as_str()) {
                Ok(_) => return Ok(settings),
                Err(_) => faults.push(SettingsFault {
                    line: line_of_key(text.lines(), "time_zone").unwrap_or(0) + 1,
                    message: format!("there is no time zone {}", settings.time_zone),
                }),
            },
            Err(error) => faults.push(fault(text, &error, 0)),
        }
    }
    Err(faults)
}

/// A store's settings as a record of the store.
///
/// # Errors
/// What serde says: never for settings that were read.
pub fn settings_record(
    store: StoreId,
    settings: StoreSettings,
) -> Result<ReferenceRecord, serde_json::Error> {
    let key = ReferenceKey(format!("settings/{store}").into_boxed_str());
    let settings = Box::new(settings);
    let json = serde_json::to_string(&Record::SettingsPut { store, settings })?;
    Ok(ReferenceRecord {
        key,
        json: Some(json.into_boxed_str()),
    })
}

/// A heading's first name, and whether it begins an entry of a list.
fn heading(line: &str) -> Option<(String, bool)> {
    let line = line.split('#').next()?.trim();
    let list = line.starts_with("[[");
    let inner = line.strip_prefix('[')?.strip_suffix(']')?;
    let inner = inner.trim_start_matches('[').trim_end_matches(']');
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-.\" ".contains(character);
    let named = !inner.is_empty() && inner.chars().all(plain);
    let name = inner.split('.').next()?.trim().trim_matches('"');
    named.then(|| (name.to_owned(), list && !inner.contains('.')))
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = vec![Part {
        first: 0,
        lines: Vec::new(),
        name: None,
    }];
    for (number, line) in text.lines().enumerate() {
        if let Some((name, entry)) = heading(line) {
            let goes_on = parts
                .last()
                .is_some_and(|part| part.name.as_ref() == Some(&name));
            if entry || !goes_on {
                parts.push(Part {
                    first: number,
                    lines: Vec::new(),
                    name: Some(name),
                });
            }
        }
        if let Some(part) = parts.last_mut() {
            part.lines.push(line);
        }
    }
    parts
}

/// What is wrong with one part, read as if the others were not there.
fn check(part: &Part<'_>) -> Vec<SettingsFault> {
    let text = part.lines.join("\n");
    let table: toml::Table = match toml::from_str(&text) {
        Ok(table) => table,
        Err(error) => return vec![fault(&text, &error, part.first)],
    };
    let unknown = unknown_names(&table);
    if !unknown.is_empty() {
        let at = |name: &str| line_of_key(part.lines.iter().copied(), name).unwrap_or(0);
        let faults = unknown.into_iter().map(|name| SettingsFault {
            line: part.first + at(&name) + 1,
            message: format!("{name:?} is the name of nothing here"),
        });
        return faults.collect();
    }
    match toml::from_str::<StoreSettings>(&text) {
        Ok(_) => Vec::new(),
        Err(error) => vec![fault(&text, &error, part.first)],
    }
}

fn unknown_names(table: &toml::Table) -> Vec<String> {
    let mut unknown = Vec::new();
    for (name, value) in table {
        let Some((_, names)) = PARTS.iter().find(|(known, _)| known == name) else {
            unknown.push(name.clone());
            continue;
        };
        let entries: Vec<&toml::Table> = match value {
            toml::Value::Table(table) => vec![table],
            toml::Value::Array(list) => list.iter().filter_map(toml::Value::as_table).collect(),
            toml::Value::String(_)
            | toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_) => Vec::new(),
        };
        if !names.is_empty() {
            let keys = entries.into_iter().flat_map(toml::Table::keys);
            unknown.extend(keys.filter(|key| !names.contains(&key.as_str())).cloned());
        }
    }
    unknown
}

/// The line, from 0, on which a name is given a value.
fn line_of_key<'a>(mut lines: impl Iterator<Item = &'a str>, name: &str) -> Option<usize> {
    lines.position(|line| {
        let key = line.split('=').next().unwrap_or_default().trim();
        key.trim_matches('"') == name || heading(line).is_some_and(|(heading, _)| heading == name)
    })
}

fn fault(text: &str, error: &toml::de::Error, first: usize) -> SettingsFault {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    SettingsFault {
        line: first + before.matches('\n').count() + 1,
        message: error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_has_every_part_and_is_taken() {
        let settings = read_store_settings(EXAMPLE).expect("a store's settings");
        assert_eq!(settings.quick_keys.pages().count(), 1);
        let table: toml::Table = toml::from_str(EXAMPLE).expect("TOML");
        for (name, _) in PARTS {
            assert!(table.contains_key(*name), "{name}");
        }
        let record = settings_record(StoreId::new("leeds").expect("a store"), settings.clone());
        let json = record.expect("a record").json.expect("JSON");
        let read: Record = serde_json::from_str(&json).expect("a record");
        let Record::SettingsPut { settings: back, .. } = read else {
            panic!("settings");
        };
        assert_eq!(*back, settings);
    }

    #[test]
    fn each_part_that_is_wrong_is_named_with_its_line() {
        let text = "currency = \"GBP\"\ncut_over_hour = 24\n\n[tax_rates]\nstandard = \"20\"\nreduced = \"lots\"\n\n\
                    [headr]\nname = \"Example\"\n\n[header]\nname = \"Example\"\ntaxnumber = \"1\"\n\n\
                    [[reasons]]\ncode = \"ok\"\nlabel = { en = \"Fine\" }\nuses = [\"no_sale\"]\n\n\
                    [[reasons]]\ncode = \"not ok\"\nlabel = { en = \"Space\" }\nuses = [\"no_sale\"]\n";
        let faults = read_store_settings(text).expect_err("wrong");
        let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [2, 6, 8, 13, 21], "{faults:?}");
        let twice = "[[departments]]\ncode = \"a\"\nlabel = { en = \"A\" }\n[[departments]]\ncode = \"a\"\nlabel = { en = \"A\" }\n";
        assert_eq!(read_store_settings(twice).expect_err("twice").len(), 1);
        let nowhere = read_store_settings("time_zone = \"Mars/Olympus\"\n").expect_err("nowhere");
        assert_eq!(nowhere[0].line, 1);
    }
}
