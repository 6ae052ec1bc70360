//! T0: brings a file to the newest schema, in one transaction.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;

/// "HDFT": marks the file as a till's.
const APPLICATION_ID: i64 = 0x4844_4654;

/// The steps from an empty file to the newest schema. A step that was released is never edited.
const STEPS: &[&str] = &[include_str!("migrations/0001_first.sql")];

/// The version of the newest schema.
pub(super) fn newest_version() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// T0: all steps that the file lacks, and its version, together or not at all. A file that lacks none is not written to.
///
/// # Errors
/// [`StoreError::Newer`] and [`StoreError::Foreign`] leave the file as it is.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = checked_version(&transaction)?;
    if version == newest_version() {
        return Ok(());
    }
    let done = usize::try_from(version).unwrap_or(STEPS.len());
    for step in &STEPS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", newest_version())?;
    transaction.commit()?;
    Ok(())
}

/// The file's version, checked to be one of ours; 0 for an empty file.
pub(super) fn checked_version(transaction: &Transaction<'_>) -> Result<i64, StoreError> {
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id")?;
    let tables: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (application != 0 || tables != 0) {
        return Err(StoreError::Foreign { found: application });
    }
    let version = pragma("user_version")?;
    if version > newest_version() {
        return Err(StoreError::Newer {
            found: version,
            known: newest_version(),
        });
    }
    if version < 0 {
        return Err(StoreError::unreadable("schema version", &version));
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema_rows(connection: &Connection) -> Vec<(String, String, Option<String>)> {
        connection
            .prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")
            .expect("a statement")
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .expect("rows")
            .collect::<Result<_, _>>()
            .expect("texts")
    }

    #[test]
    fn the_steps_replayed_are_the_newest_schema() {
        let mut stepped = Connection::open_in_memory().expect("memory");
        migrate(&mut stepped).expect("every step");
        let newest = Connection::open_in_memory().expect("memory");
        newest
            .execute_batch(include_str!("schema.sql"))
            .expect("the newest schema");
        assert!(!schema_rows(&stepped).is_empty());
        assert_eq!(schema_rows(&stepped), schema_rows(&newest));
    }

    #[test]
    fn a_second_migration_changes_nothing() {
        let mut connection = Connection::open_in_memory().expect("memory");
        migrate(&mut connection).expect("every step");
        let before = schema_rows(&connection);
        migrate(&mut connection).expect("nothing to do");
        assert_eq!(schema_rows(&connection), before);
    }

    #[test]
    fn a_newer_file_and_a_foreign_file_are_refused() {
        let mut newer = Connection::open_in_memory().expect("memory");
        migrate(&mut newer).expect("every step");
        newer
            .pragma_update(None, "user_version", 99)
            .expect("a pragma");
        assert!(matches!(
            migrate(&mut newer),
            Err(StoreError::Newer { found: 99, .. })
        ));
        let mut foreign = Connection::open_in_memory().expect("memory");
        foreign
            .execute_batch("CREATE TABLE somebody_elses (value)")
            .expect("a table");
        assert!(matches!(
            migrate(&mut foreign),
            Err(StoreError::Foreign { found: 0 })
        ));
    }
}
