//! What can be asked of a till's file.

use holdfast_schemas::{
    change::{Change, recognise},
    document::Document,
    gtin::Gtin,
    identity::{
        ChangeHash, CustomerId, DocumentId, ExternalRef, LogId, LogPosition, NodeNumber,
        OrderNumber, PriceListVersion, Sku, StoreId,
    },
    log::{LogEntry, LogHead},
    operation::LogRange,
    order::OrderStatus,
    reference::{Product, StoreSettings},
    time::BusinessDate,
    value::{Currency, Measure, MinorUnits},
    wire::{Buckets, FeedPosition},
};
use rusqlite::{Row, Transaction, params};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{
    LogState, Quarantined, Store, StoreError, SyncPosition, log, reference, sync,
    value::{from_name, read_count, read_document, read_log, read_position, read_text, to_integer},
};

/// An order as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderSummary {
    /// Its document.
    pub document: DocumentId,
    /// The number that it goes by.
    pub number: OrderNumber,
    /// The store that sold.
    pub store: StoreId,
    /// The trading day.
    pub business_date: BusinessDate,
    /// The customer, by reference.
    pub customer: Option<CustomerId>,
    /// Where it stands.
    pub status: OrderStatus,
    /// The currency of its amounts.
    pub currency: Currency,
    /// What its lines cost.
    pub total_minor: MinorUnits,
    /// The money that is held for it.
    pub held_minor: MinorUnits,
}

/// A till session, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionSummary {
    /// The session's document.
    pub document: DocumentId,
    /// Whose session it is.
    pub till: NodeNumber,
    /// The till's store.
    pub store: StoreId,
    /// The trading day that it fixed.
    pub business_date: BusinessDate,
    /// The currency of its drawer.
    pub currency: Currency,
    /// Whether it is open.
    pub is_open: bool,
}

/// Stock of one product at one store, as far as this file knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockLevel {
    /// Where.
    pub store: StoreId,
    /// Which product.
    pub product: Sku,
    /// In which measure.
    pub measure: Measure,
    /// How much; negative where more went than came.
    #[serde(with = "rust_decimal::serde::str")]
    pub on_hand: Decimal,
}

/// A misfit of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MisfitRow {
    /// The document.
    pub document: DocumentId,
    /// The misfit, as the core writes it: an object with a stable `code`.
    pub misfit: serde_json::Value,
}

impl Store {
    /// A document, whole, of every change that is here.
    ///
    /// # Errors
    /// [`StoreError`]; a change of our own file that is not recognised is damage.
    pub fn document(&self, document: DocumentId) -> Result<Option<Document>, StoreError> {
        self.read(|transaction| read_whole(transaction, document))
    }

    /// The entries of a document, by log and position.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn entries_of(&self, document: DocumentId) -> Result<Vec<LogEntry>, StoreError> {
        self.read(|transaction| log::of_document(transaction, document))
    }

    /// Orders, newest first, before one of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn orders_before(
        &self,
        before: Option<DocumentId>,
        orders_max: usize,
    ) -> Result<Vec<OrderSummary>, StoreError> {
        // No document id reaches 16 bytes of ones and a further byte.
        let before = before.map_or_else(|| vec![u8::MAX; 17], |id| id.to_bytes().to_vec());
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document, number, store, business_date, customer, status, currency, total_minor, held_minor
                 FROM order_summary WHERE document < ?1 ORDER BY document DESC LIMIT ?2",
                params![before, to_integer(orders_max)],
                read_order,
            )
        })
    }

    /// A customer's orders, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn orders_of_customer(
        &self,
        customer: &CustomerId,
        orders_max: usize,
    ) -> Result<Vec<OrderSummary>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document, number, store, business_date, customer, status, currency, total_minor, held_minor
                 FROM order_summary WHERE customer = ?1 ORDER BY document LIMIT ?2",
                params![customer.as_str(), to_integer(orders_max)],
                read_order,
            )
        })
    }

    /// The orders and returns that go or went by this number. More than one: a number that was minted twice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn documents_by_number(&self, number: OrderNumber) -> Result<Vec<DocumentId>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document FROM document_number WHERE number = ?1 ORDER BY document",
                [number.to_i64()],
                |row| Ok(read_document(row.get(0)?)),
            )
        })
    }

    /// The orders that another system calls by this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn documents_by_reference(
        &self,
        reference: &ExternalRef,
    ) -> Result<Vec<DocumentId>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document FROM external_reference WHERE channel = ?1 AND value = ?2 ORDER BY document",
                [reference.channel.as_str(), reference.value.as_str()],
                |row| Ok(read_document(row.get(0)?)),
            )
        })
    }

    /// The returns of an order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn returns_of(&self, order: DocumentId) -> Result<Vec<DocumentId>, StoreError> {
        self.read(|transaction| returns_of(transaction, order))
    }

    /// The till's sessions, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sessions(&self, sessions_max: usize) -> Result<Vec<SessionSummary>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document, till, store, business_date, currency, is_open
                 FROM session_summary ORDER BY document DESC LIMIT ?1",
                [to_integer(sessions_max)],
                read_session,
            )
        })
    }

    /// The till's session that is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_session(&self, till: NodeNumber) -> Result<Option<SessionSummary>, StoreError> {
        self.read(|transaction| open_session(transaction, till))
    }

    /// Stock levels by store and product, after one product of one store.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stock_levels(
        &self,
        after: Option<(&StoreId, &Sku)>,
        levels_max: usize,
    ) -> Result<Vec<StockLevel>, StoreError> {
        let (store, product) = after.map_or(("", ""), |(store, product)| {
            (store.as_str(), product.as_str())
        });
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT store, product, measure, thousandths FROM stock_level
                 WHERE (store, product) > (?1, ?2) ORDER BY store, product, measure LIMIT ?3",
                params![store, product, to_integer(levels_max)],
                read_level,
            )
        })
    }

    /// Stock of one product, at every store that this file knows of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stock_of(&self, store: &StoreId, product: &Sku) -> Result<Vec<StockLevel>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT store, product, measure, thousandths FROM stock_level
                 WHERE store = ?1 AND product = ?2 ORDER BY measure",
                [store.as_str(), product.as_str()],
                read_level,
            )
        })
    }

    /// Misfits, by document.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn misfits(&self, misfits_max: usize) -> Result<Vec<MisfitRow>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document, misfit FROM misfit ORDER BY document, line LIMIT ?1",
                [to_integer(misfits_max)],
                |row| {
                    Ok(MisfitRow {
                        document: read_document(row.get(0)?),
                        misfit: serde_json::from_str(&row.get::<_, String>(1)?)
                            .map_err(|error| StoreError::unreadable("misfit", &error))?,
                    })
                },
            )
        })
    }

    /// What came and could not be taken, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn quarantine(&self, changes_max: usize) -> Result<Vec<Quarantined>, StoreError> {
        self.read(|transaction| sync::quarantine(transaction, changes_max))
    }

    /// The product with this stock code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn product(&self, sku: &Sku) -> Result<Option<Product>, StoreError> {
        self.read(|transaction| reference::product(transaction, sku))
    }

    /// The product with this barcode.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn product_by_gtin(&self, gtin: Gtin) -> Result<Option<Product>, StoreError> {
        self.read(|transaction| reference::product_by_gtin(transaction, gtin))
    }

    /// How many products the price list has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn product_count(&self) -> Result<u64, StoreError> {
        self.read(reference::product_count)
    }

    /// A store's settings; the defaults where there are none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settings(&self, store: &StoreId) -> Result<StoreSettings, StoreError> {
        self.read(|transaction| reference::settings(transaction, store))
    }

    /// The version of the reference data.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reference_version(&self) -> Result<PriceListVersion, StoreError> {
        self.read(reference::version)
    }

    /// How far the file is with the server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sync_position(&self) -> Result<SyncPosition, StoreError> {
        self.read(sync::position)
    }

    /// The till's newest logs, newest first: what the hello says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_logs(&self, logs_max: usize) -> Result<Vec<LogState>, StoreError> {
        self.read(|transaction| log::newest(transaction, true, logs_max))
    }

    /// The till's logs of which the server does not have everything yet, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unacknowledged_logs(&self, logs_max: usize) -> Result<Vec<LogState>, StoreError> {
        self.read(|transaction| log::unacknowledged(transaction, logs_max))
    }

    /// Other tills' logs after one of them, ascending, each at its newest signed head up to which it is here without
    /// gaps. Never the server's own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn provable_heads(
        &self,
        after: Option<LogId>,
        logs_max: usize,
    ) -> Result<Vec<LogHead>, StoreError> {
        self.read(|transaction| log::provable_heads(transaction, after, logs_max))
    }

    /// The log of this till that has two histories, and where they differ; the till is frozen then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn fork(&self) -> Result<Option<(LogId, LogPosition)>, StoreError> {
        self.read(log::fork)
    }

    /// What the file knows of one log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn log_state(&self, log: LogId) -> Result<Option<LogState>, StoreError> {
        self.read(|transaction| log::state(transaction, log))
    }

    /// A page of a log after a position: at most so many entries and bytes of changes, but one entry at least, if
    /// there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn entries_after(
        &self,
        log: LogId,
        after: LogPosition,
        entries_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        self.read(|transaction| log::entries_after(transaction, log, after, entries_max, bytes_max))
    }

    /// Those of these changes that are here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn entries_by_hash(&self, hashes: &[ChangeHash]) -> Result<Vec<LogEntry>, StoreError> {
        self.read(|transaction| {
            let found = hashes
                .iter()
                .filter_map(|hash| log::entry_by_hash(transaction, hash).transpose());
            found.collect()
        })
    }

    /// Those of these changes that are not here, or not known to be of the feed yet: what a repair asks for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn missing(&self, hashes: &[ChangeHash]) -> Result<Vec<ChangeHash>, StoreError> {
        self.read(|transaction| {
            let mut missing = Vec::new();
            for hash in hashes {
                if !log::holds_repaired(transaction, hash)? {
                    missing.push(*hash);
                }
            }
            Ok(missing)
        })
    }

    /// The feed's cursor, and the digest of what others wrote up to there, without orders that were only looked up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn digest(&self) -> Result<(FeedPosition, Buckets), StoreError> {
        self.read(|transaction| Ok((sync::position(transaction)?.feed, log::digest(transaction)?)))
    }
}

/// A document, whole; none where nothing of it is here.
pub(crate) fn read_whole(
    transaction: &Transaction<'_>,
    document: DocumentId,
) -> Result<Option<Document>, StoreError> {
    let changes = changes_of(transaction, document)?;
    Ok((!changes.is_empty()).then(|| Document::from_changes(document, changes)))
}

/// The changes of a document, by log and position.
pub(crate) fn changes_of(
    transaction: &Transaction<'_>,
    document: DocumentId,
) -> Result<Vec<Change>, StoreError> {
    let entries = log::of_document(transaction, document)?;
    let changes = entries.iter().map(|entry| {
        recognise(&entry.change).map_err(|refusal| StoreError::unreadable("change", &refusal))
    });
    changes.collect()
}

/// The returns of an order.
pub(crate) fn returns_of(
    transaction: &Transaction<'_>,
    order: DocumentId,
) -> Result<Vec<DocumentId>, StoreError> {
    collect(
        transaction,
        "SELECT document FROM return_summary WHERE original = ?1 ORDER BY document",
        [order.to_bytes()],
        |row| Ok(read_document(row.get(0)?)),
    )
}

/// The till's session that is open; the newest, should there be two.
pub(crate) fn open_session(
    transaction: &Transaction<'_>,
    till: NodeNumber,
) -> Result<Option<SessionSummary>, StoreError> {
    let found = collect(
        transaction,
        "SELECT document, till, store, business_date, currency, is_open FROM session_summary
         WHERE till = ?1 AND is_open = 1 ORDER BY document DESC LIMIT 1",
        [till.get()],
        read_session,
    )?;
    Ok(found.into_iter().next())
}

/// The orders and returns that were opened, or took or gave money, in a session.
pub(crate) fn documents_of_session(
    transaction: &Transaction<'_>,
    session: DocumentId,
) -> Result<Vec<DocumentId>, StoreError> {
    collect(
        transaction,
        "SELECT document FROM session_document WHERE session = ?1 ORDER BY document",
        [session.to_bytes()],
        |row| Ok(read_document(row.get(0)?)),
    )
}

/// The stretches of this till's logs in which a session was written, with its orders and returns.
pub(crate) fn log_ranges_of_session(
    transaction: &Transaction<'_>,
    session: DocumentId,
) -> Result<Vec<LogRange>, StoreError> {
    collect(
        transaction,
        "SELECT log.log, min(entry.position), max(entry.position)
         FROM (SELECT ?1 AS document UNION SELECT document FROM session_document WHERE session = ?1) AS part
         JOIN entry ON entry.document = part.document
         JOIN log ON log.log = entry.log AND log.own = 1
         GROUP BY log.number ORDER BY log.number",
        [session.to_bytes()],
        |row| {
            Ok(LogRange {
                log: read_log(row.get(0)?)?,
                first: read_position(row.get(1)?)?,
                last: read_position(row.get(2)?)?,
            })
        },
    )
}

/// How many misfits there are.
pub(crate) fn misfit_count(transaction: &Transaction<'_>) -> Result<u64, StoreError> {
    let count = transaction
        .prepare_cached("SELECT count(*) FROM misfit")?
        .query_row([], |row| row.get(0))?;
    read_count(count)
}

fn collect<T>(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: impl rusqlite::Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read_order(row: &Row<'_>) -> Result<OrderSummary, StoreError> {
    Ok(OrderSummary {
        document: read_document(row.get(0)?),
        number: OrderNumber::from_i64(row.get(1)?)
            .map_err(|error| StoreError::unreadable("order number", &error))?,
        store: read_text("store", &row.get::<_, String>(2)?)?,
        business_date: read_text("business date", &row.get::<_, String>(3)?)?,
        customer: row
            .get::<_, Option<String>>(4)?
            .map(|customer| read_text("customer", &customer))
            .transpose()?,
        status: from_name("order status", row.get(5)?)?,
        currency: read_text("currency", &row.get::<_, String>(6)?)?,
        total_minor: MinorUnits::new(row.get(7)?),
        held_minor: MinorUnits::new(row.get(8)?),
    })
}

fn read_session(row: &Row<'_>) -> Result<SessionSummary, StoreError> {
    Ok(SessionSummary {
        document: read_document(row.get(0)?),
        till: NodeNumber::new(row.get(1)?)
            .map_err(|error| StoreError::unreadable("node number", &error))?,
        store: read_text("store", &row.get::<_, String>(2)?)?,
        business_date: read_text("business date", &row.get::<_, String>(3)?)?,
        currency: read_text("currency", &row.get::<_, String>(4)?)?,
        is_open: row.get(5)?,
    })
}

fn read_level(row: &Row<'_>) -> Result<StockLevel, StoreError> {
    Ok(StockLevel {
        store: read_text("store", &row.get::<_, String>(0)?)?,
        product: read_text("stock code", &row.get::<_, String>(1)?)?,
        measure: from_name("measure", row.get(2)?)?,
        on_hand: Decimal::new(row.get(3)?, 3).normalize(),
    })
}
