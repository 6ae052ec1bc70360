//! The yardstick of everything durable: SQLite, and nothing but an insert.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, TransactionBehavior};

use super::clock::time;

/// How many rows one commit of the batched yardstick has.
pub(super) const BATCH_ROWS: usize = 256;

/// A table of bytes with a number before each, as durable as our own files.
pub(super) struct BareFile(Connection);

impl BareFile {
    /// Makes the file.
    #[expect(
        clippy::disallowed_methods,
        reason = "the yardstick is SQLite without anything of ours around it"
    )]
    pub(super) fn create(file: &Path) -> Self {
        let connection = Connection::open(file).expect("a file");
        for (pragma, value) in [("journal_mode", "WAL"), ("synchronous", "FULL")] {
            connection
                .pragma_update(None, pragma, value)
                .expect("a pragma");
        }
        connection
            .execute_batch(
                "CREATE TABLE change (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
            )
            .expect("a table");
        Self(connection)
    }

    /// Inserts rows in one commit; how long that takes.
    pub(super) fn insert<'a>(&mut self, rows: impl IntoIterator<Item = &'a [u8]>) -> Duration {
        let (elapsed, ()) = time(|| {
            let transaction = self
                .0
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .expect("a transaction");
            {
                let mut insert = transaction
                    .prepare_cached("INSERT INTO change (bytes) VALUES (?1)")
                    .expect("a statement");
                for bytes in rows {
                    insert.execute([bytes]).expect("inserted");
                }
            }
            transaction.commit().expect("committed");
        });
        elapsed
    }

    /// Inserts rows, [`BATCH_ROWS`] a commit; how long all of it takes.
    pub(super) fn insert_batched<'a>(
        &mut self,
        rows: impl IntoIterator<Item = &'a [u8]>,
    ) -> Duration {
        let rows: Vec<&[u8]> = rows.into_iter().collect();
        rows.chunks(BATCH_ROWS)
            .map(|batch| self.insert(batch.iter().copied()))
            .sum()
    }
}
