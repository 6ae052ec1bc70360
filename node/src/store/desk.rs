//! The desk's tables: who is at the till, the open basket, tries to sign on, receipt numbers, what is to be printed.

use holdfast_schemas::{
    identity::{DocumentId, NodeNumber, ReceiptNumber, UserId},
    staff::SignOnThrottle,
    time::Timestamp,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    StoreError,
    value::{read_count, read_document, read_text},
};

/// The desk's one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeskRow {
    /// Who is signed on, or locked the till.
    pub(crate) user: Option<UserId>,
    pub(crate) locked: bool,
    pub(crate) training: bool,
    /// The order that a card payment began for the open basket.
    pub(crate) paying: Option<DocumentId>,
    /// What was finished last.
    pub(crate) last: Option<DocumentId>,
}

/// The desk's row.
pub(crate) fn row(transaction: &Transaction<'_>) -> Result<DeskRow, StoreError> {
    let mut statement =
        transaction.prepare_cached("SELECT user, locked, training, paying, last FROM desk")?;
    let mut rows = statement.query([])?;
    rows.next()?.map_or(Ok(DeskRow::default()), read_row)
}

fn read_row(row: &Row<'_>) -> Result<DeskRow, StoreError> {
    let user: Option<String> = row.get(0)?;
    Ok(DeskRow {
        user: user.map(|user| read_text("user", &user)).transpose()?,
        locked: row.get(1)?,
        training: row.get(2)?,
        paying: row.get::<_, Option<[u8; 16]>>(3)?.map(read_document),
        last: row.get::<_, Option<[u8; 16]>>(4)?.map(read_document),
    })
}

/// Writes the desk's row.
pub(crate) fn put_row(transaction: &Transaction<'_>, row: &DeskRow) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE desk SET user = ?1, locked = ?2, training = ?3, paying = ?4, last = ?5",
        )?
        .execute(params![
            row.user.as_ref().map(UserId::as_str),
            row.locked,
            row.training,
            row.paying.map(DocumentId::to_bytes),
            row.last.map(DocumentId::to_bytes),
        ])?;
    Ok(())
}

/// The steps of the open basket, in their order.
pub(crate) fn steps<S: DeserializeOwned>(
    transaction: &Transaction<'_>,
) -> Result<Vec<S>, StoreError> {
    let mut statement = transaction.prepare_cached("SELECT step FROM desk_step ORDER BY number")?;
    let mut rows = statement.query([])?;
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        let step = serde_json::from_str(&row.get::<_, String>(0)?)
            .map_err(|error| StoreError::unreadable("step of the basket", &error))?;
        steps.push(step);
    }
    Ok(steps)
}

/// A step as it is kept.
pub(crate) fn step_text(step: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(step)
        .map_err(|error| StoreError::unreadable("step of the basket", &error))
}

/// Adds a step.
pub(crate) fn add_step(transaction: &Transaction<'_>, step: &str) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT INTO desk_step (step) VALUES (?1)")?
        .execute([step])?;
    Ok(())
}

/// Takes all steps away: the basket is over.
pub(crate) fn clear_steps(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM desk_step")?
        .execute([])?;
    Ok(())
}

/// The wrong tries of a user.
pub(crate) fn throttle(
    transaction: &Transaction<'_>,
    user: &UserId,
) -> Result<SignOnThrottle, StoreError> {
    let text = transaction
        .prepare_cached("SELECT throttle FROM sign_on_try WHERE user = ?1")?
        .query_row([user.as_str()], |row| row.get::<_, String>(0))
        .optional()?;
    match text {
        None => Ok(SignOnThrottle::default()),
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| StoreError::unreadable("tries to sign on", &error)),
    }
}

/// Writes the wrong tries of a user.
pub(crate) fn put_throttle(
    transaction: &Transaction<'_>,
    user: &UserId,
    throttle: &SignOnThrottle,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(throttle)
        .map_err(|error| StoreError::unreadable("tries to sign on", &error))?;
    transaction
        .prepare_cached(
            "INSERT INTO sign_on_try (user, throttle) VALUES (?1, ?2)
             ON CONFLICT (user) DO UPDATE SET throttle = excluded.throttle",
        )?
        .execute([user.as_str(), &text])?;
    Ok(())
}

/// The number of the next receipt: after every one that this till is known to have numbered, also by a file that was
/// lost since.
pub(crate) fn next_receipt(
    transaction: &Transaction<'_>,
    till: NodeNumber,
) -> Result<ReceiptNumber, StoreError> {
    let minted: Option<i64> = transaction
        .prepare_cached("SELECT last_count FROM receipt_mint")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let known: Option<i64> = transaction
        .prepare_cached("SELECT max(count) FROM document_receipt WHERE till = ?1")?
        .query_row([till.get()], |row| row.get(0))?;
    let Some(last) = minted.max(known) else {
        return Ok(ReceiptNumber::first(till));
    };
    let last: ReceiptNumber = read_text("receipt number", &format!("{till}-{last:06}"))?;
    last.next()
        .ok_or_else(|| StoreError::unreadable("receipt number", &"it is the last there can be"))
}

/// Writes the last receipt that was numbered.
pub(crate) fn put_receipt(
    transaction: &Transaction<'_>,
    number: ReceiptNumber,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO receipt_mint (only, last_count) VALUES (1, ?1)
             ON CONFLICT (only) DO UPDATE SET last_count = excluded.last_count",
        )?
        .execute([number.count()])?;
    Ok(())
}

/// The document whose receipt has this number.
pub(crate) fn document_of_receipt(
    transaction: &Transaction<'_>,
    number: ReceiptNumber,
) -> Result<Option<DocumentId>, StoreError> {
    let found = transaction
        .prepare_cached(
            "SELECT document FROM document_receipt WHERE till = ?1 AND count = ?2 LIMIT 1",
        )?
        .query_row(params![number.till().get(), number.count()], |row| {
            row.get::<_, [u8; 16]>(0)
        })
        .optional()?;
    Ok(found.map(read_document))
}

/// What is to be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewPrint {
    /// Whether it opens the drawer.
    pub(crate) kick: bool,
    /// Whether it is a Z report, of which there is one.
    pub(crate) kept: bool,
    pub(crate) bytes: Vec<u8>,
}

/// What is to be printed, as the queue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PrintJob {
    pub(crate) number: i64,
    pub(crate) queued_at: Timestamp,
    pub(crate) kick: bool,
    /// Whether bytes of it may have reached the printer.
    pub(crate) begun: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Queues something to be printed.
pub(crate) fn queue_print(
    transaction: &Transaction<'_>,
    print: &NewPrint,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO print_job (queued_at, kick, kept, bytes) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            now.milliseconds(),
            print.kick,
            print.kept,
            print.bytes
        ])?;
    Ok(())
}

/// What is to be printed next.
pub(crate) fn next_print(transaction: &Transaction<'_>) -> Result<Option<PrintJob>, StoreError> {
    let found = transaction
        .prepare_cached(
            "SELECT number, queued_at, kick, begun, bytes FROM print_job ORDER BY number LIMIT 1",
        )?
        .query_row([], |row| {
            Ok(PrintJob {
                number: row.get(0)?,
                queued_at: Timestamp::from_milliseconds(row.get(1)?),
                kick: row.get(2)?,
                begun: row.get(3)?,
                bytes: row.get(4)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// Writes that bytes of a job are about to be sent.
pub(crate) fn begin_print(transaction: &Transaction<'_>, number: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE print_job SET begun = 1 WHERE number = ?1")?
        .execute([number])?;
    Ok(())
}

/// Takes a job off the queue; without a number all of which another copy can be printed.
pub(crate) fn end_print(
    transaction: &Transaction<'_>,
    number: Option<i64>,
) -> Result<(), StoreError> {
    match number {
        Some(number) => transaction
            .prepare_cached("DELETE FROM print_job WHERE number = ?1")?
            .execute([number])?,
        None => transaction.execute("DELETE FROM print_job WHERE kept = 0", [])?,
    };
    Ok(())
}

/// Receipts that are to be printed, drawer kicks left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WaitingPrints {
    /// How many.
    pub(crate) receipts: u64,
    /// Since when the first of them waits.
    pub(crate) oldest: Option<Timestamp>,
}

impl WaitingPrints {
    /// What is queued now.
    pub(crate) fn of(prints: &[NewPrint], now: Timestamp) -> Self {
        let receipts = prints.iter().filter(|print| !print.kick).count() as u64;
        Self {
            receipts,
            oldest: (receipts > 0).then_some(now),
        }
    }

    pub(crate) fn plus(self, more: Self) -> Self {
        Self {
            receipts: self.receipts + more.receipts,
            oldest: self.oldest.into_iter().chain(more.oldest).min(),
        }
    }
}

/// The receipts that wait; counted, so that it takes the longer the more there are.
pub(crate) fn waiting_prints(transaction: &Transaction<'_>) -> Result<WaitingPrints, StoreError> {
    let (count, oldest) = transaction
        .prepare_cached("SELECT count(*), min(queued_at) FROM print_job WHERE kick = 0")?
        .query_row([], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?))
        })?;
    Ok(WaitingPrints {
        receipts: read_count(count)?,
        oldest: oldest.map(Timestamp::from_milliseconds),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, StorePlace};

    #[test]
    fn what_is_given_up_of_the_queue_is_never_a_z_report() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = StorePlace::on_disk(directory.path().join("till.db"));
        let now = Timestamp::from_milliseconds(0);
        let mut opened = Store::open(&place, now).expect("a new file");
        let transaction = opened.store.begin().expect("begun");
        for (kick, kept) in [(true, false), (false, false), (false, true)] {
            let print = NewPrint {
                kick,
                kept,
                bytes: vec![u8::from(kept)],
            };
            queue_print(&transaction, &print, now).expect("queued");
        }
        end_print(&transaction, None).expect("given up");
        let left = next_print(&transaction).expect("read").expect("a job");
        assert_eq!(left.bytes, [1]);
        end_print(&transaction, Some(left.number)).expect("printed");
        assert_eq!(next_print(&transaction).expect("read"), None);
    }
}
