//! Reference data: products by stock code and barcode, and each store's settings. Found by index, never loaded whole.

use holdfast_schemas::{
    customer::Customer,
    gtin::Gtin,
    identity::{CustomerId, PriceListVersion, Sku, StoreId, UserId},
    reference::{Product, ReferenceRecord, StoreSettings},
    staff::User,
};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    StoreError, customer, search,
    value::{read_count, to_integer},
};

/// The version of the reference data that the file holds.
pub(crate) fn version(transaction: &Transaction<'_>) -> Result<PriceListVersion, StoreError> {
    let version = transaction
        .prepare_cached("SELECT version FROM reference")?
        .query_row([], |row| row.get(0))?;
    Ok(PriceListVersion::new(read_count(version)?))
}

/// Writes the version that the file now holds.
pub(crate) fn put_version(
    transaction: &Transaction<'_>,
    version: PriceListVersion,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE reference SET version = ?1")?
        .execute([to_integer(version.get())])?;
    Ok(())
}

/// Goes back to before the first version: every record will come again.
pub(crate) fn restart(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    put_version(transaction, PriceListVersion::default())
}

/// A record of reference data, with its JSON as it will be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReferenceRow {
    PutProduct {
        product: Box<Product>,
        json: String,
    },
    RemoveProduct(Sku),
    PutSettings {
        store: StoreId,
        json: String,
    },
    PutUser {
        user: UserId,
        json: String,
    },
    RemoveUser(UserId),
    PutCustomer {
        customer: Box<Customer>,
        json: String,
    },
    RemoveCustomer(CustomerId),
}

impl ReferenceRow {
    /// Writes out what the file will keep.
    pub(crate) fn new(record: ReferenceRecord) -> Result<Self, serde_json::Error> {
        Ok(match record {
            ReferenceRecord::ProductPut(product) => Self::PutProduct {
                json: serde_json::to_string(&product)?,
                product,
            },
            ReferenceRecord::ProductRemoved { sku } => Self::RemoveProduct(sku),
            ReferenceRecord::SettingsPut { store, settings } => Self::PutSettings {
                json: serde_json::to_string(&settings)?,
                store,
            },
            ReferenceRecord::UserPut(user) => Self::PutUser {
                json: serde_json::to_string(&user)?,
                user: user.user,
            },
            ReferenceRecord::UserRemoved { user } => Self::RemoveUser(user),
            ReferenceRecord::CustomerPut(customer) => Self::PutCustomer {
                json: serde_json::to_string(&customer)?,
                customer,
            },
            ReferenceRecord::CustomerRemoved { customer } => Self::RemoveCustomer(customer),
        })
    }
}

/// Writes one record. A barcode that another product had goes to the one that names it last.
pub(crate) fn put(transaction: &Transaction<'_>, row: &ReferenceRow) -> Result<(), StoreError> {
    match row {
        ReferenceRow::PutProduct { product, json } => {
            remove_gtins(transaction, &product.sku)?;
            let number: i64 = transaction
                .prepare_cached(
                    "INSERT INTO product (sku, record) VALUES (?1, ?2)
                     ON CONFLICT (sku) DO UPDATE SET record = excluded.record RETURNING number",
                )?
                .query_row([product.sku.as_str(), json], |row| row.get(0))?;
            search::put(transaction, number, product)?;
            let mut gtin = transaction.prepare_cached(
                "INSERT INTO product_gtin (gtin, sku) VALUES (?1, ?2)
                 ON CONFLICT (gtin) DO UPDATE SET sku = excluded.sku",
            )?;
            for code in product.gtins.iter() {
                gtin.execute(params![to_integer(code.get()), product.sku.as_str()])?;
            }
        }
        ReferenceRow::RemoveProduct(sku) => {
            remove_gtins(transaction, sku)?;
            search::remove(transaction, sku)?;
            transaction
                .prepare_cached("DELETE FROM product WHERE sku = ?1")?
                .execute([sku.as_str()])?;
        }
        ReferenceRow::PutSettings { store, json } => {
            transaction
                .prepare_cached(
                    "INSERT INTO setting (store, record) VALUES (?1, ?2)
                     ON CONFLICT (store) DO UPDATE SET record = excluded.record",
                )?
                .execute([store.as_str(), json])?;
        }
        ReferenceRow::PutUser { user, json } => {
            transaction
                .prepare_cached(
                    "INSERT INTO staff (user, record) VALUES (?1, ?2)
                     ON CONFLICT (user) DO UPDATE SET record = excluded.record",
                )?
                .execute([user.as_str(), json])?;
        }
        ReferenceRow::RemoveUser(user) => {
            transaction
                .prepare_cached("DELETE FROM staff WHERE user = ?1")?
                .execute([user.as_str()])?;
        }
        ReferenceRow::PutCustomer { customer, json } => {
            customer::put_known(transaction, customer, json)?;
        }
        ReferenceRow::RemoveCustomer(customer) => customer::erase(transaction, customer)?,
    }
    Ok(())
}

fn remove_gtins(transaction: &Transaction<'_>, sku: &Sku) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM product_gtin WHERE sku = ?1")?
        .execute([sku.as_str()])?;
    Ok(())
}

const PRODUCT_BY_SKU: &str = "SELECT record FROM product WHERE sku = ?1";
const PRODUCT_BY_GTIN: &str =
    "SELECT record FROM product_gtin JOIN product USING (sku) WHERE gtin = ?1";
const SETTINGS_BY_STORE: &str = "SELECT record FROM setting WHERE store = ?1";

/// The product with this stock code.
pub(crate) fn product(
    transaction: &Transaction<'_>,
    sku: &Sku,
) -> Result<Option<Product>, StoreError> {
    let record = transaction
        .prepare_cached(PRODUCT_BY_SKU)?
        .query_row([sku.as_str()], |row| row.get::<_, String>(0))
        .optional()?;
    record.map(|record| read_product(&record)).transpose()
}

/// The product with this barcode.
pub(crate) fn product_by_gtin(
    transaction: &Transaction<'_>,
    gtin: Gtin,
) -> Result<Option<Product>, StoreError> {
    let record = transaction
        .prepare_cached(PRODUCT_BY_GTIN)?
        .query_row([to_integer(gtin.get())], |row| row.get::<_, String>(0))
        .optional()?;
    record.map(|record| read_product(&record)).transpose()
}

pub(crate) fn read_product(record: &str) -> Result<Product, StoreError> {
    serde_json::from_str(record).map_err(|error| StoreError::unreadable("product", &error))
}

/// A store's settings; the defaults where there are none.
pub(crate) fn settings(
    transaction: &Transaction<'_>,
    store: &StoreId,
) -> Result<StoreSettings, StoreError> {
    let record = transaction
        .prepare_cached(SETTINGS_BY_STORE)?
        .query_row([store.as_str()], |row| row.get::<_, String>(0))
        .optional()?;
    match record {
        None => Ok(StoreSettings::default()),
        Some(record) => serde_json::from_str(&record)
            .map_err(|error| StoreError::unreadable("store's settings", &error)),
    }
}

/// Everybody who works at tills, by number.
pub(crate) fn staff(transaction: &Transaction<'_>) -> Result<Vec<User>, StoreError> {
    let mut statement = transaction.prepare_cached("SELECT record FROM staff ORDER BY user")?;
    let mut rows = statement.query([])?;
    let mut users = Vec::new();
    while let Some(row) = rows.next()? {
        users.push(read_user(&row.get::<_, String>(0)?)?);
    }
    Ok(users)
}

/// The user with this number.
pub(crate) fn user(
    transaction: &Transaction<'_>,
    user: &UserId,
) -> Result<Option<User>, StoreError> {
    let record = transaction
        .prepare_cached("SELECT record FROM staff WHERE user = ?1")?
        .query_row([user.as_str()], |row| row.get::<_, String>(0))
        .optional()?;
    record.map(|record| read_user(&record)).transpose()
}

fn read_user(record: &str) -> Result<User, StoreError> {
    serde_json::from_str(record).map_err(|error| StoreError::unreadable("user", &error))
}

/// How many products there are.
pub(crate) fn product_count(transaction: &Transaction<'_>) -> Result<u64, StoreError> {
    let count = transaction.query_row("SELECT count(*) FROM product", [], |row| row.get(0))?;
    read_count(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, StorePlace};
    use holdfast_schemas::time::Timestamp;

    /// A price list of any size is asked by index: no statement of a scan walks a table.
    #[test]
    fn a_scan_is_a_search_by_index() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = StorePlace::on_disk(directory.path().join("till.db"));
        let opened = Store::open(&place, Timestamp::from_milliseconds(0)).expect("a new file");
        for sql in [PRODUCT_BY_SKU, PRODUCT_BY_GTIN, SETTINGS_BY_STORE] {
            let plan = opened.store.read(|transaction| {
                let mut statement = transaction.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let steps = statement
                    .query_map(["1"], |row| row.get::<_, String>(3))?
                    .collect::<Result<Vec<_>, _>>()?;
                Ok::<_, StoreError>(steps)
            });
            let plan = plan.expect("a plan");
            assert!(!plan.is_empty(), "{sql}");
            for step in &plan {
                assert!(step.starts_with("SEARCH"), "{sql}: {step}");
            }
        }
    }
}
