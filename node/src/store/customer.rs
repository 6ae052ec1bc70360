//! Customers' records: found by words, written here or at headquarters, and erased for good.

use holdfast_schemas::{customer::Customer, identity::CustomerId};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    StoreError,
    value::{read_text, to_integer},
};

/// What headquarters is not told of yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnsentCustomer {
    pub(crate) customer: CustomerId,
    /// The record; none where it was erased.
    pub(crate) record: Option<Customer>,
}

/// Writes a record and the words by which it is found.
fn put(transaction: &Transaction<'_>, customer: &Customer, json: &str) -> Result<(), StoreError> {
    let key = customer.customer.as_str();
    forget_words(transaction, &customer.customer)?;
    transaction
        .prepare_cached(
            "INSERT INTO customer (customer, record) VALUES (?1, ?2)
             ON CONFLICT (customer) DO UPDATE SET record = excluded.record",
        )?
        .execute([key, json])?;
    let mut insert =
        transaction.prepare_cached("INSERT INTO customer_word (word, customer) VALUES (?1, ?2)")?;
    for word in customer.words() {
        insert.execute([word.as_str(), key])?;
    }
    Ok(())
}

/// Writes what headquarters says of a customer; what was written here and is not sent yet is newer.
pub(crate) fn put_known(
    transaction: &Transaction<'_>,
    customer: &Customer,
    json: &str,
) -> Result<(), StoreError> {
    let unsent = transaction
        .prepare_cached("SELECT 1 FROM customer_unsent WHERE customer = ?1")?
        .exists([customer.customer.as_str()])?;
    if unsent {
        return Ok(());
    }
    put(transaction, customer, json)
}

/// Writes a record here, to be sent.
pub(crate) fn put_own(
    transaction: &Transaction<'_>,
    customer: &Customer,
) -> Result<(), StoreError> {
    let json = serde_json::to_string(customer)
        .map_err(|error| StoreError::unreadable("customer", &error))?;
    put(transaction, customer, &json)?;
    put_unsent(transaction, &customer.customer, Some(&json))
}

/// Erases a record here, and has headquarters erase it.
pub(crate) fn erase_own(
    transaction: &Transaction<'_>,
    customer: &CustomerId,
) -> Result<(), StoreError> {
    erase(transaction, customer)?;
    put_unsent(transaction, customer, None)
}

fn put_unsent(
    transaction: &Transaction<'_>,
    customer: &CustomerId,
    json: Option<&str>,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO customer_unsent (customer, record) VALUES (?1, ?2)
             ON CONFLICT (customer) DO UPDATE SET record = excluded.record",
        )?
        .execute(params![customer.as_str(), json])?;
    Ok(())
}

/// Erases all that is known of a customer, also from the pages that it stood on.
pub(crate) fn erase(
    transaction: &Transaction<'_>,
    customer: &CustomerId,
) -> Result<(), StoreError> {
    transaction.pragma_update(None, "secure_delete", true)?;
    let key = customer.as_str();
    let erased = forget_words(transaction, customer).and_then(|()| {
        for statement in [
            "DELETE FROM customer WHERE customer = ?1",
            "DELETE FROM customer_unsent WHERE customer = ?1",
        ] {
            transaction.execute(statement, [key])?;
        }
        Ok(())
    });
    transaction.pragma_update(None, "secure_delete", false)?;
    erased
}

fn forget_words(transaction: &Transaction<'_>, customer: &CustomerId) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM customer_word WHERE customer = ?1")?
        .execute([customer.as_str()])?;
    Ok(())
}

/// The customer with this number.
pub(crate) fn customer(
    transaction: &Transaction<'_>,
    customer: &CustomerId,
) -> Result<Option<Customer>, StoreError> {
    let record = transaction
        .prepare_cached("SELECT record FROM customer WHERE customer = ?1")?
        .query_row([customer.as_str()], |row| row.get::<_, String>(0))
        .optional()?;
    record.map(|record| read(&record)).transpose()
}

/// Customers that have, for each word, one that begins so; by number.
pub(crate) fn customers(
    transaction: &Transaction<'_>,
    words: &[String],
    customers_max: usize,
) -> Result<Vec<Customer>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT DISTINCT customer.customer, record FROM customer_word JOIN customer USING (customer)
         WHERE word >= ?1 AND word < ?1 || char(1114111) ORDER BY customer.customer",
    )?;
    // The longest word has the fewest hits; the others are looked for in these.
    let Some(first) = words.iter().max_by_key(|word| word.len()) else {
        return Ok(Vec::new());
    };
    let mut rows = statement.query([first])?;
    let mut found = Vec::new();
    while found.len() < customers_max
        && let Some(row) = rows.next()?
    {
        let customer = read(&row.get::<_, String>(1)?)?;
        let known = customer.words();
        let all = words.iter().all(|word| {
            let mut known = known.iter();
            known.any(|known| known.starts_with(word.as_str()))
        });
        if all {
            found.push(customer);
        }
    }
    Ok(found)
}

/// What headquarters is to be told next.
pub(crate) fn next_unsent(
    transaction: &Transaction<'_>,
) -> Result<Option<UnsentCustomer>, StoreError> {
    let found = transaction
        .prepare_cached("SELECT customer, record FROM customer_unsent ORDER BY customer LIMIT ?1")?
        .query_row([to_integer(1_usize)], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
        })
        .optional()?;
    let Some((customer, record)) = found else {
        return Ok(None);
    };
    Ok(Some(UnsentCustomer {
        customer: read_text("customer", &customer)?,
        record: record.map(|record| read(&record)).transpose()?,
    }))
}

/// Headquarters was told; what was written meanwhile is still to be said.
pub(crate) fn sent(transaction: &Transaction<'_>, told: &UnsentCustomer) -> Result<(), StoreError> {
    if next_of(transaction, &told.customer)? == Some(told.record.clone()) {
        transaction
            .prepare_cached("DELETE FROM customer_unsent WHERE customer = ?1")?
            .execute([told.customer.as_str()])?;
    }
    Ok(())
}

fn next_of(
    transaction: &Transaction<'_>,
    customer: &CustomerId,
) -> Result<Option<Option<Customer>>, StoreError> {
    let record = transaction
        .prepare_cached("SELECT record FROM customer_unsent WHERE customer = ?1")?
        .query_row([customer.as_str()], |row| row.get::<_, Option<String>>(0))
        .optional()?;
    let read = |record: Option<String>| record.map(|record| read(&record)).transpose();
    record.map(read).transpose()
}

fn read(record: &str) -> Result<Customer, StoreError> {
    serde_json::from_str(record).map_err(|error| StoreError::unreadable("customer", &error))
}
