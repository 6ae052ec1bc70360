//! What must hold between the rows of a database, and between them and what the documents say.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_schemas::identity::{DocumentId, NodeNumber};

use super::{
    intruder,
    ledger::{Ledger, Reading, log_id},
    world::Till,
};

/// Whatever must hold between headquarters' rows.
pub(super) fn check_headquarters(server: &Ledger, readings: &BTreeMap<DocumentId, Reading>) {
    nothing(
        server,
        "logs of which a place is neither an entry nor in quarantine",
        "SELECT hex(log) FROM log WHERE position <>
           (SELECT count(*) FROM entry WHERE entry.log = log.log) +
           (SELECT count(*) FROM quarantine
            WHERE quarantine.log = log.log AND chain IS NOT NULL AND released = 0)",
    );
    nothing(
        server,
        "signed heads that are not their log's",
        "WITH place AS
           (SELECT log, position, chain FROM entry
            UNION ALL SELECT log, position, chain FROM quarantine WHERE chain IS NOT NULL)
         SELECT hex(log_signature.log) FROM log_signature LEFT JOIN place USING (log, position)
         WHERE place.chain IS NOT log_signature.chain",
    );
    nothing(
        server,
        "documents that are not whole in the feed of a store that has them",
        "SELECT hex(document) || ' in ' || document_scope.store
         FROM document_scope JOIN entry USING (document)
         LEFT JOIN feed ON feed.store = document_scope.store AND feed.entry = entry.number
         WHERE feed.entry IS NULL",
    );
    check_returns(server, readings);
}

/// What came back of each order: its money is in the order's row, and where it is more than was sold, people are told.
fn check_returns(server: &Ledger, readings: &BTreeMap<DocumentId, Reading>) {
    let mut refunded: BTreeMap<DocumentId, i64> = BTreeMap::new();
    let mut came_back: BTreeMap<(DocumentId, u64), i64> = BTreeMap::new();
    for reading in readings.values() {
        let Some(order) = reading.original else {
            continue;
        };
        let money: i64 = reading.effects.money_minor.values().sum();
        *refunded.entry(order).or_default() -= money;
        for (line, thousandths) in &reading.came_back {
            *came_back.entry((order, *line)).or_default() += thousandths;
        }
    }
    let sql = "SELECT document, refunded_minor FROM order_row";
    let rows = server.rows(sql, |row| {
        Ok((DocumentId::from_bytes(row.get(0)?), row.get::<_, i64>(1)?))
    });
    for (order, said) in rows {
        let reckoned = refunded.get(&order).copied().unwrap_or(0);
        assert_eq!(said, reckoned, "what was refunded of order {order}");
    }
    let too_much = came_back.iter().filter(|((order, line), back)| {
        let reading = readings.get(order);
        reading.is_some_and(|reading| **back > reading.sold.get(line).copied().unwrap_or(0))
    });
    let too_much: BTreeSet<DocumentId> = too_much.map(|((order, _), _)| *order).collect();
    let sql = "SELECT document FROM misfit_row WHERE name = 'returned_more_than_sold'";
    let told = server.rows(sql, |row| row.get(0).map(DocumentId::from_bytes));
    assert_eq!(
        told.into_iter().collect::<BTreeSet<_>>(),
        too_much,
        "orders of which people are told that more came back than was sold"
    );
}

/// Everything that the intruder tried is in quarantine, each for its own reason.
pub(super) fn check_intruder(server: &Ledger, intruder: Option<NodeNumber>) {
    let Some(node) = intruder else { return };
    let sql = format!("SELECT reason FROM quarantine WHERE delivered_by = {node} ORDER BY number");
    let reasons = server.rows(&sql, |row| row.get::<_, String>(0));
    let wanted: Vec<&str> = intruder::REASONS
        .iter()
        .map(|reason| reason.name())
        .collect();
    assert_eq!(reasons, wanted, "what an intruder brought, in quarantine");
}

/// What a till shows as unsent is what headquarters did not say to have.
pub(super) fn check_unsent(till: &Ledger) {
    nothing(
        till,
        "unsent entries of a till, and what it shows of them",
        "SELECT unsent || ', and it shows ' || shown FROM
           (SELECT coalesce(sum(max(position - acknowledged, 0)), 0) AS unsent FROM log WHERE own = 1),
           (SELECT coalesce(sum(entries), 0) AS shown FROM unsent)
         WHERE unsent <> shown",
    );
}

/// Nothing of a till that was shut out came in later.
pub(super) fn check_revoked(server: &Ledger, till: &Till) {
    let Some(end) = till.revoked_at.get() else {
        return;
    };
    let sql = format!("SELECT log, position FROM entry WHERE number > {end}");
    let later = server.rows(&sql, |row| Ok((log_id(row.get(0)?), row.get::<_, i64>(1)?)));
    for (log, position) in later {
        assert_ne!(
            log.node(),
            till.node,
            "{log}:{position} came in from a till that was shut out"
        );
    }
}

fn nothing(file: &Ledger, what: &str, sql: &str) {
    let found = file.rows(sql, |row| row.get::<_, String>(0));
    assert_eq!(found, Vec::<String>::new(), "{what}");
}
