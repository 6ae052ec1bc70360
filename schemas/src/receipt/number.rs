//! The receipt's number goes into the document that it is the receipt of.

use crate::{
    identity::ReceiptNumber,
    operation::{Body, OrderBody, ReturnBody},
};

/// Gives what finishes a sale or a return the number of its receipt. The number is minted, and the last one stored, in
/// the same commit: so it has no gaps, and a receipt that is not printed yet has one all the same.
#[must_use]
pub fn number_receipt(mut bodies: Vec<Body>, number: ReceiptNumber) -> Vec<Body> {
    for body in &mut bodies {
        if let Body::Order(OrderBody::OrderCompleted(completed)) = body {
            completed.receipt = Some(number);
        } else if let Body::Return(ReturnBody::ReturnCompleted(completed)) = body {
            completed.receipt = Some(number);
        }
    }
    bodies
}
