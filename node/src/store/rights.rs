//! The rights that this till holds.

use holdfast_schemas::{
    identity::NodeNumber,
    sync::till::{GivenUpRight, TillRights},
    time::Timestamp,
    wire::{HeldRight, Right, ServerEpoch},
};
use rusqlite::{Row, Transaction, params};
use serde::Serialize;

use super::{
    Store, StoreError,
    value::{from_name, read_document, read_text},
};

/// A right in a till's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RightRow {
    /// Which, and since when.
    #[serde(flatten)]
    pub held: HeldRight,
    /// In which epoch the server gave it.
    pub epoch: Option<ServerEpoch>,
    /// Whether the till gave it up, and owes the server to say so.
    pub given_up: bool,
    /// To whom it is passed on, where it was given up.
    pub to: Option<NodeNumber>,
}

impl Store {
    /// The rights that this till holds, and those that it gave up of which the server does not know yet; by document.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rights(&self) -> Result<Vec<RightRow>, StoreError> {
        self.read(rows)
    }
}

fn read_row(row: &Row<'_>) -> Result<RightRow, StoreError> {
    let epoch: Option<String> = row.get(3)?;
    let to: Option<u32> = row.get(5)?;
    Ok(RightRow {
        held: HeldRight {
            right: Right {
                document: read_document(row.get(0)?),
                kind: from_name("right", row.get(1)?)?,
            },
            since: Timestamp::from_milliseconds(row.get(2)?),
        },
        epoch: epoch
            .map(|epoch| read_text("server epoch", &epoch))
            .transpose()?,
        given_up: row.get(4)?,
        to: to
            .map(NodeNumber::new)
            .transpose()
            .map_err(|error| StoreError::unreadable("node number", &error))?,
    })
}

pub(crate) fn rows(transaction: &Transaction<'_>) -> Result<Vec<RightRow>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT document, kind, since, epoch, given_up, heir FROM held_right ORDER BY document, kind",
    )?;
    let mut rows = statement.query([])?;
    let mut rights = Vec::new();
    while let Some(row) = rows.next()? {
        rights.push(read_row(row)?);
    }
    Ok(rights)
}

/// As the sync machine wants them.
pub(crate) fn of_till(transaction: &Transaction<'_>) -> Result<TillRights, StoreError> {
    let mut rights = TillRights::default();
    for row in rows(transaction)? {
        if row.given_up {
            rights.given_up.push(GivenUpRight {
                held: row.held,
                to: row.to,
            });
        } else {
            rights.held.push(row.held);
        }
    }
    Ok(rights)
}

/// Whether this till gave away the right to refund its own sale, which it had without a word of the server.
pub(crate) fn is_away(transaction: &Transaction<'_>, right: &Right) -> Result<bool, StoreError> {
    Ok(transaction
        .prepare_cached("SELECT 1 FROM right_away WHERE document = ?1 AND kind = ?2")?
        .exists(params![right.document.to_bytes(), right.kind.name()])?)
}

/// Writes that it did.
pub(crate) fn put_away(transaction: &Transaction<'_>, right: &Right) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO right_away (document, kind) VALUES (?1, ?2)")?
        .execute(params![right.document.to_bytes(), right.kind.name()])?;
    Ok(())
}

/// Writes a right that the server of the present epoch gave.
pub(crate) fn keep(transaction: &Transaction<'_>, held: &HeldRight) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT INTO held_right (document, kind, since, epoch) SELECT ?1, ?2, ?3, epoch FROM sync
         WHERE true ON CONFLICT (document, kind)
         DO UPDATE SET since = excluded.since, epoch = excluded.epoch, given_up = 0, heir = NULL",
        params![
            held.right.document.to_bytes(),
            held.right.kind.name(),
            held.since.milliseconds(),
        ],
    )?;
    Ok(())
}

/// Writes that a right is held no more, and who is to have it.
pub(crate) fn give_up(
    transaction: &Transaction<'_>,
    right: &Right,
    to: Option<NodeNumber>,
) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE held_right SET given_up = 1, heir = ?3 WHERE document = ?1 AND kind = ?2",
        params![
            right.document.to_bytes(),
            right.kind.name(),
            to.map(NodeNumber::get),
        ],
    )?;
    Ok(())
}

/// Forgets a right.
pub(crate) fn forget(transaction: &Transaction<'_>, right: &Right) -> Result<(), StoreError> {
    transaction.execute(
        "DELETE FROM held_right WHERE document = ?1 AND kind = ?2",
        params![right.document.to_bytes(), right.kind.name()],
    )?;
    Ok(())
}
