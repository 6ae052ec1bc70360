//! Products by the beginnings of words, as somebody types them.

use holdfast_schemas::{identity::Sku, reference::Product, search::search_words};
use rusqlite::{Transaction, params};

use super::{StoreError, reference::read_product, value::to_integer};

const PRODUCTS_BY_WORDS: &str = "SELECT product.number, product.record FROM product_word
     JOIN product ON product.number = product_word.rowid
     WHERE product_word MATCH ?1 AND product_word.rowid > ?2 ORDER BY product_word.rowid LIMIT ?3";

/// Makes a product be found by its words.
pub(crate) fn put(
    transaction: &Transaction<'_>,
    number: i64,
    product: &Product,
) -> Result<(), StoreError> {
    let mut words = search_words(product.description.as_str());
    words.extend(search_words(product.sku.as_str()));
    for gtin in product.gtins.iter() {
        // As people read it: zeros that only fill it up to 14 digits are on no package.
        words.push(gtin.to_string().trim_start_matches('0').to_owned());
    }
    let words = words.join(" ");
    transaction
        .prepare_cached("INSERT OR REPLACE INTO product_word (rowid, words) VALUES (?1, ?2)")?
        .execute(params![number, words])?;
    Ok(())
}

/// Makes a product be found no more.
pub(crate) fn remove(transaction: &Transaction<'_>, sku: &Sku) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "DELETE FROM product_word WHERE rowid = (SELECT number FROM product WHERE sku = ?1)",
        )?
        .execute([sku.as_str()])?;
    Ok(())
}

/// Products that have, for each word, one that begins so; in the order of their numbers, after one of them.
pub(crate) fn products(
    transaction: &Transaction<'_>,
    words: &[String],
    after: i64,
    products_max: usize,
) -> Result<Vec<(i64, Product)>, StoreError> {
    // Quoted, so that nothing in a word is a command of the search language.
    let quoted = words.iter().map(|word| format!("\"{word}\"*"));
    let query = quoted.collect::<Vec<_>>().join(" ");
    let mut statement = transaction.prepare_cached(PRODUCTS_BY_WORDS)?;
    let mut rows = statement.query(params![query, after, to_integer(products_max)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((row.get(0)?, read_product(&row.get::<_, String>(1)?)?));
    }
    Ok(found)
}
