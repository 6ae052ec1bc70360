//! What a database holds, read without the product: by plain SQL, and by Automerge.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ROOT, ReadDoc};
use holdfast_schemas::{
    identity::{ChangeHash, DocumentId, LogId, StoreId},
    operation::TenderKind,
};
use holdfast_server::store::sqlite::made_beside;
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::Value;

use super::{
    machine::Machine,
    model::{Effects, Tag},
    vfs::VFS,
};

/// An entry of somebody's log.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) log: LogId,
    pub(super) position: u64,
    pub(super) document: DocumentId,
    pub(super) hash: ChangeHash,
    pub(super) bytes: Vec<u8>,
}

/// A copy of a machine's database file. To look at the file itself would be one more thing that can go wrong with it.
pub(super) struct Ledger {
    connection: Connection,
    copy: Machine,
}

/// What a document says, reckoned from its operations.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) tag: Option<Tag>,
    pub(super) effects: Effects,
    /// How much was sold, by an order's lines, in thousandths.
    pub(super) sold: BTreeMap<u64, i64>,
    /// Of which order a return is.
    pub(super) original: Option<DocumentId>,
    /// How much comes back, by that order's lines, in thousandths.
    pub(super) came_back: BTreeMap<u64, i64>,
}

impl Ledger {
    pub(super) fn of(machine: &Machine, file: &str) -> Self {
        let copy = machine.copy("auditor");
        let path = copy.path(file);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags_and_vfs(&path, flags, VFS);
        let connection = connection
            .unwrap_or_else(|error| panic!("{file} of {} can't be opened: {error}", machine.name));
        Self { connection, copy }
    }

    /// A copy of headquarters' files: the log, and what was made from it.
    pub(super) fn of_headquarters(machine: &Machine, file: &str) -> Self {
        let ledger = Self::of(machine, file);
        let made = made_beside(ledger.copy.path(file).into());
        let made = made.to_str().expect("a path of ours");
        ledger
            .connection
            .execute("ATTACH ?1 AS made", [made])
            .unwrap_or_else(|error| panic!("{made} can't be opened: {error}"));
        ledger
    }

    /// All rows of a question.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Vec<T> {
        let mut statement = self.connection.prepare(sql).expect("SQL");
        let rows = statement.query_map([], |row| read(row)).expect("rows");
        rows.collect::<Result<_, _>>().expect("whole rows")
    }

    /// What SQLite itself finds wrong with the file.
    pub(super) fn damage(&self) -> Vec<String> {
        let mut found = self.rows("PRAGMA integrity_check", |row| row.get::<_, String>(0));
        found.retain(|line| line != "ok");
        found
    }

    pub(super) fn entries(&self, bytes: &str) -> Vec<Entry> {
        let sql =
            format!("SELECT log, position, document, hash, {bytes} FROM entry ORDER BY number");
        self.rows(&sql, |row| {
            Ok(Entry {
                log: log_id(row.get(0)?),
                position: row.get::<_, i64>(1)?.unsigned_abs(),
                document: DocumentId::from_bytes(row.get(2)?),
                hash: ChangeHash::from_bytes(row.get(3)?),
                bytes: row.get(4)?,
            })
        })
    }

    pub(super) fn hashes(&self) -> BTreeSet<ChangeHash> {
        let sql = "SELECT hash FROM entry";
        let hashes = self.rows(sql, |row| row.get(0).map(ChangeHash::from_bytes));
        hashes.into_iter().collect()
    }
}

/// Reads every document by Automerge.
pub(super) fn read(entries: &[Entry]) -> BTreeMap<DocumentId, Reading> {
    let mut documents: BTreeMap<DocumentId, Vec<automerge::Change>> = BTreeMap::new();
    for entry in entries {
        let change = automerge::Change::from_bytes(entry.bytes.clone());
        let change = change.expect("a change that Automerge reads");
        assert_eq!(
            change.hash().0,
            *entry.hash.as_bytes(),
            "the hash of {}:{}",
            entry.log,
            entry.position
        );
        assert_eq!(
            change.actor_id().to_bytes(),
            entry.log.as_bytes(),
            "{}:{} is by somebody else than its log",
            entry.log,
            entry.position
        );
        documents.entry(entry.document).or_default().push(change);
    }
    let read = documents.into_iter().map(|(id, changes)| {
        let mut document = Automerge::new();
        document
            .apply_changes(changes)
            .expect("changes of one document");
        let missing = document.get_missing_deps(&[]);
        assert!(
            missing.is_empty(),
            "document {id} lacks changes: {missing:?}"
        );
        (id, reading(&document))
    });
    read.collect()
}

fn reading(document: &Automerge) -> Reading {
    let mut bodies = Vec::new();
    for key in document.keys(ROOT) {
        if key.starts_with("op/")
            && let Ok(Some((value, _))) = document.get(ROOT, &key)
            && let Some(text) = value.as_str()
        {
            let operation: Value = serde_json::from_str(text).expect("JSON");
            bodies.push(operation["body"].clone());
        }
    }
    let mut reading = Reading::default();
    for body in &bodies {
        let Some((name, body)) = body.as_object().and_then(|body| body.iter().next()) else {
            continue;
        };
        reading.take(name, body, &bodies);
    }
    reading
}

impl Reading {
    fn take(&mut self, name: &str, body: &Value, all: &[Value]) {
        match name {
            "reference_claimed" => self.tag(&body["reference"]["value"]),
            "line_added" => add_line(&mut self.sold, &body["line"], body),
            "return_opened" => {
                self.tag(&body["customer"]);
                let order = body["original"]["verified"]["order"].as_str();
                self.original = order.map(|order| order.parse().expect("a document's id"));
            }
            "return_line_added" => add_line(&mut self.came_back, &body["original_line"], body),
            "tender_taken" => self.effects.add_money(kind(body), minor(body)),
            "refund_paid" => self.effects.add_money(kind(body), -minor(body)),
            "goods_handed_over" => self.goods(body, all, "line_added", -1),
            "goods_taken_back" => self.goods(body, all, "return_line_added", 1),
            "stock_moved" => {
                self.tag(&body["reason"]);
                for line in body["lines"].as_array().into_iter().flatten() {
                    self.stock(&body["store"], line, "change", 1);
                }
            }
            _ => {}
        }
    }

    fn tag(&mut self, text: &Value) {
        self.tag = text.as_str().map(|text| Tag(text.to_owned()));
    }

    /// All goods of the document: no till here hands over a part.
    fn goods(&mut self, body: &Value, all: &[Value], line: &str, sign: i64) {
        assert!(body["lines"].is_null(), "parts are not handed over here");
        for body_of_line in all.iter().filter_map(|body| body.get(line)) {
            self.stock(&body["store"], body_of_line, "quantity", sign);
        }
    }

    fn stock(&mut self, store: &Value, line: &Value, quantity: &str, sign: i64) {
        let store = store.as_str().expect("a store");
        let store = StoreId::new(store).expect("a store's code");
        let product = line["product"].as_str().expect("a product");
        let amount = thousandths(line[quantity].as_str().expect("a quantity"));
        self.effects.add_stock(&store, product, sign * amount);
    }
}

/// A line that names none of an order's is passed over: nobody looked at the order.
fn add_line(lines: &mut BTreeMap<u64, i64>, line: &Value, body: &Value) {
    if let Some(line) = line.as_u64() {
        let quantity = body["quantity"].as_str().expect("a quantity");
        *lines.entry(line).or_default() += thousandths(quantity);
    }
}

fn kind(body: &Value) -> TenderKind {
    serde_json::from_value(body["kind"].clone()).expect("a kind of money")
}

fn minor(body: &Value) -> i64 {
    body["amount_minor"].as_i64().expect("an amount")
}

/// `3`, `-3` or `0.25 kg`, in thousandths.
fn thousandths(text: &str) -> i64 {
    let number = text.split(' ').next().unwrap_or_default();
    let (sign, number) = match number.strip_prefix('-') {
        Some(number) => (-1, number),
        None => (1, number),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let whole: i64 = whole.parse().expect("digits");
    let part: i64 = format!("{part:0<3}").parse().expect("three digits");
    sign * (whole * 1_000 + part)
}

/// A log's id as it is in a file.
pub(super) fn log_id(bytes: [u8; 16]) -> LogId {
    LogId::from_bytes(bytes).expect("a log's id")
}
