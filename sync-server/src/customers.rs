//! Customers' records: reference data that tills write, and that every till gets.

use holdfast_schemas::{
    customer::Customer, identity::CustomerId, reference::ReferenceRecord as Record,
};

use crate::store::{ReferenceKey, ReferenceRecord};

fn key(customer: &CustomerId) -> ReferenceKey {
    ReferenceKey(format!("customer/{customer}").into_boxed_str())
}

/// A customer as a record of the store.
///
/// # Errors
/// What serde says: never for a customer.
pub(crate) fn customer_record(customer: &Customer) -> Result<ReferenceRecord, serde_json::Error> {
    let json = serde_json::to_string(&Record::CustomerPut(Box::new(customer.clone())))?;
    Ok(ReferenceRecord {
        key: key(&customer.customer),
        json: Some(json.into_boxed_str()),
    })
}

/// The record that takes the place of a customer's, with nothing of it but the number.
///
/// # Errors
/// What serde says: never for a number.
pub(crate) fn erased_customer(customer: &CustomerId) -> Result<ReferenceRecord, serde_json::Error> {
    let customer = customer.clone();
    let json = serde_json::to_string(&Record::CustomerRemoved {
        customer: customer.clone(),
    })?;
    Ok(ReferenceRecord {
        key: key(&customer),
        json: Some(json.into_boxed_str()),
    })
}
