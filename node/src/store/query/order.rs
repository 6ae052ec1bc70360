//! Orders and returns: lists, and by what they are found.

use holdfast_schemas::{
    identity::{CustomerId, DocumentId, ExternalRef, NodeNumber, OrderNumber, StoreId},
    order::OrderStatus,
    time::BusinessDate,
    value::{Currency, MinorUnits},
};
use rusqlite::{Row, Transaction, params};
use serde::Serialize;

use super::collect;
use crate::store::{
    Store, StoreError,
    value::{from_name, read_document, read_text, to_integer},
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

impl Store {
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

    /// A store's baskets that were put aside and not taken up, the oldest first, each with the till that did it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn suspended_orders(
        &self,
        store: &StoreId,
        orders_max: usize,
    ) -> Result<Vec<(OrderSummary, NodeNumber)>, StoreError> {
        self.read(|transaction| {
            collect(
                transaction,
                "SELECT document, number, store, business_date, customer, status, currency, total_minor, held_minor,
                        suspended_by
                 FROM order_summary WHERE suspended_by IS NOT NULL AND store = ?1 ORDER BY document LIMIT ?2",
                params![store.as_str(), to_integer(orders_max)],
                |row| {
                    let till = NodeNumber::new(row.get(9)?)
                        .map_err(|error| StoreError::unreadable("node number", &error))?;
                    Ok((read_order(row)?, till))
                },
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
