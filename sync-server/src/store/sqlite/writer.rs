//! The one writing connection, and who comes first.

use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::failed;
use crate::store::StoreError;

/// Whose turn it is when several want to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Somebody waits for it.
    Awaited,
    /// It is made from the log, behind it: it lets those pass for which somebody waits.
    Behind,
}

/// The connection, and who waits for it.
#[derive(Debug)]
pub(super) struct Writer {
    connection: Mutex<Connection>,
    /// How many transactions wait for which somebody waits.
    awaited: AtomicUsize,
    passed: Condvar,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection: Mutex::new(connection),
            awaited: AtomicUsize::new(0),
            passed: Condvar::new(),
        }
    }

    /// Runs one transaction; what it did is kept only where it succeeds.
    pub(super) fn run<T>(
        &self,
        turn: Turn,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.wait(turn);
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed("begin a transaction"))?;
        let done = work(&transaction)?;
        transaction
            .commit()
            .map_err(failed("commit a transaction"))?;
        Ok(done)
    }

    /// Copies what is in the write-ahead log into the file, in a turn of its own. It syncs the log first: were that to fail
    /// beside a commit, the system could take for written what the commit has in the log, and the commit's own sync would
    /// pass it over and succeed.
    pub(super) fn copy_log(&self) -> Result<(), StoreError> {
        let connection = self.wait(Turn::Awaited);
        connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .map_err(failed("copy the write-ahead log into the file"))
    }

    /// Waits for the connection. A panic while it was held rolled its transaction back.
    fn wait(&self, turn: Turn) -> MutexGuard<'_, Connection> {
        let lock = || {
            self.connection
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        match turn {
            Turn::Awaited => {
                self.awaited.fetch_add(1, Ordering::SeqCst);
                let connection = lock();
                self.awaited.fetch_sub(1, Ordering::SeqCst);
                // Whoever let this one pass looks again once the connection is free.
                self.passed.notify_all();
                connection
            }
            Turn::Behind => self
                .passed
                .wait_while(lock(), |_| self.awaited.load(Ordering::SeqCst) > 0)
                .unwrap_or_else(PoisonError::into_inner),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use holdfast_schemas::{identity::TenantId, wire::ServerEpoch};

    use super::*;
    use crate::store::{Upkeep, sqlite::SqliteStore};

    #[test]
    fn the_log_is_never_copied_beside_a_commit() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("server.db");
        let tenant = TenantId::new("example").expect("a tenant");
        let epoch = ServerEpoch::from_bytes([1; 16]);
        let store = &SqliteStore::create(&file, &tenant, epoch).expect("a new file");
        thread::scope(|scope| {
            store.write(|_| {
                let tidying = scope.spawn(|| store.tidy());
                while !tidying.is_finished() && store.writer.awaited.load(Ordering::SeqCst) == 0 {
                    thread::yield_now();
                }
                assert!(!tidying.is_finished(), "it waits for its turn");
                Ok(())
            })
        })
        .expect("written");
    }

    #[test]
    fn what_is_made_from_the_log_lets_pass_what_somebody_waits_for() {
        let connection = Connection::open_in_memory().expect("memory");
        connection
            .execute_batch("CREATE TABLE step (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")
            .expect("a table");
        let writer = &Writer::new(connection);
        let note = |name: &'static str| {
            move |transaction: &Transaction<'_>| {
                transaction
                    .execute("INSERT INTO step (name) VALUES (?1)", [name])
                    .map(drop)
                    .map_err(failed("note a step"))
            }
        };
        let (begun, has_begun) = mpsc::channel();
        thread::scope(|scope| {
            let held = scope.spawn(move || {
                writer.run(Turn::Awaited, |transaction| {
                    begun.send(()).expect("somebody listens");
                    // The one behind waits now, or comes later; the awaited one is counted first.
                    while writer.awaited.load(Ordering::SeqCst) == 0 {
                        thread::yield_now();
                    }
                    note("first")(transaction)
                })
            });
            has_begun.recv().expect("it begins");
            let behind = scope.spawn(move || writer.run(Turn::Behind, note("behind")));
            let awaited = scope.spawn(move || writer.run(Turn::Awaited, note("awaited")));
            for done in [held, behind, awaited] {
                done.join().expect("no panic").expect("written");
            }
        });
        let order = writer.run(Turn::Behind, |transaction| {
            let mut statement = transaction
                .prepare("SELECT name FROM step ORDER BY number")
                .map_err(failed("read the steps"))?;
            let names = statement.query_map([], |row| row.get::<_, String>(0));
            names
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(failed("read the steps"))
        });
        assert_eq!(order.expect("read"), ["first", "awaited", "behind"]);
    }
}
