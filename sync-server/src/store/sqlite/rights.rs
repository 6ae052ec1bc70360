//! Rights over SQLite.

use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    planted::{self, Planted},
    time::Timestamp,
    wire::{HeldRight, Right, RightKind},
};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    SqliteStore, failed,
    rest::known_store,
    rows::collect,
    values::{Column, column, named},
};
use crate::store::{PageLimit, RightRow, RightsStore, StoreError, TakeOutcome};

/// When a right that is given now counts as given: later than all that were given or learned before.
fn stamp(transaction: &Transaction<'_>, at: Timestamp) -> Result<Timestamp, StoreError> {
    let sql = "UPDATE server SET newest_right = max(?1, newest_right + (newest_right < ?2))
               RETURNING newest_right";
    transaction
        .query_row(sql, params![Column(at), i64::MAX], |row| column(row, 0))
        .map_err(failed("stamp a right"))
}

/// A right that was given by a former epoch's server counts as given before all that follow.
fn learn_stamp(transaction: &Transaction<'_>, since: Timestamp) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE server SET newest_right = max(?1, newest_right)",
            [Column(since)],
        )
        .map_err(failed("learn a right's stamp"))?;
    Ok(())
}

fn is_awaited(transaction: &Transaction<'_>, node: NodeNumber) -> Result<bool, StoreError> {
    transaction
        .query_row(
            "SELECT awaited FROM node WHERE node = ?1",
            [Column(node)],
            |row| row.get(0),
        )
        .optional()
        .map(|awaited| awaited.unwrap_or(false))
        .map_err(failed("read whether a till is awaited"))
}

/// Makes a node the holder, whoever was it before.
fn put_right(
    transaction: &Transaction<'_>,
    right: Right,
    node: NodeNumber,
    since: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO held_right (document, kind, node, since) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (document, kind) DO UPDATE SET node = excluded.node, since = excluded.since",
            params![
                Column(right.document),
                right.kind.name(),
                Column(node),
                Column(since)
            ],
        )
        .map_err(failed("give a right"))?;
    Ok(())
}

fn right_holder(
    transaction: &Transaction<'_>,
    right: Right,
) -> Result<Option<(NodeNumber, Timestamp)>, StoreError> {
    transaction
        .query_row(
            "SELECT node, since FROM held_right WHERE document = ?1 AND kind = ?2",
            params![Column(right.document), right.kind.name()],
            |row| Ok((column(row, 0)?, column(row, 1)?)),
        )
        .optional()
        .map_err(failed("read a right"))
}

impl RightsStore for SqliteStore {
    fn take_right(
        &self,
        right: Right,
        node: NodeNumber,
        at: Timestamp,
    ) -> Result<TakeOutcome, StoreError> {
        self.write(|transaction| match right_holder(transaction, right)? {
            Some((by, since)) if by == node || planted::is(Planted::RightGrantedTwice) => {
                Ok(TakeOutcome::Taken { since })
            }
            Some((by, since)) => Ok(TakeOutcome::Held { by, since }),
            None => {
                let since = stamp(transaction, at)?;
                put_right(transaction, right, node, since)?;
                Ok(TakeOutcome::Taken { since })
            }
        })
    }

    fn pass_right(
        &self,
        right: Right,
        from: NodeNumber,
        to: NodeNumber,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.write(|transaction| match right_holder(transaction, right)? {
            Some((by, _)) if by == from => {
                let since = stamp(transaction, at)?;
                put_right(transaction, right, to, since)?;
                Ok(Some(since))
            }
            Some(_) | None => Ok(None),
        })
    }

    fn claim_rights(
        &self,
        node: NodeNumber,
        claims: &[HeldRight],
    ) -> Result<Vec<Right>, StoreError> {
        self.write(|transaction| {
            let learns = is_awaited(transaction, node)?;
            let mut lost = Vec::new();
            for HeldRight { right, since } in claims {
                let holder = right_holder(transaction, *right)?;
                let is_later = holder.is_none_or(|(_, known)| known < *since);
                if learns && is_later {
                    learn_stamp(transaction, *since)?;
                    put_right(transaction, *right, node, *since)?;
                } else if holder.is_none_or(|(by, _)| by != node) {
                    lost.push(*right);
                }
            }
            Ok(lost)
        })
    }

    fn rights(&self, after: Option<Right>, limit: PageLimit) -> Result<Vec<RightRow>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT document, kind, node, since FROM held_right
                       WHERE ?1 IS NULL OR (document, kind) > (?1, ?2)
                       ORDER BY document, kind LIMIT ?3";
            let document = after.map(|after| Column(after.document));
            let kind = after.map(|after| after.kind.name());
            collect(
                transaction,
                "list the rights",
                sql,
                &[&document, &kind, &limit.get()],
                |row| {
                    Ok(RightRow {
                        right: Right {
                            document: column(row, 0)?,
                            kind: named(row, 1, &RightKind::ALL, RightKind::name)?,
                        },
                        node: column(row, 2)?,
                        since: column(row, 3)?,
                    })
                },
            )
        })
    }

    fn release_right(&self, right: Right, node: NodeNumber) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let released = transaction
                .execute(
                    "DELETE FROM held_right WHERE document = ?1 AND kind = ?2 AND node = ?3",
                    params![Column(right.document), right.kind.name(), Column(node)],
                )
                .map_err(failed("take back a right"))?;
            Ok(released == 1)
        })
    }

    fn awaited(&self) -> Result<Vec<NodeNumber>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT node FROM node WHERE awaited AND revoked_at IS NULL ORDER BY node";
            collect(
                transaction,
                "read which tills are awaited",
                sql,
                &[],
                |row| column(row, 0),
            )
        })
    }

    fn open_rights(&self, store: &StoreId) -> Result<Vec<NodeNumber>, StoreError> {
        self.write(|transaction| {
            known_store(transaction, store)?;
            let sql = "UPDATE node SET awaited = 0 WHERE store = ?1 AND awaited RETURNING node";
            let mut nodes = collect(
                transaction,
                "open a store's rights",
                sql,
                &[&store.as_str()],
                |row| column(row, 0),
            )?;
            nodes.sort_unstable();
            Ok(nodes)
        })
    }
}
