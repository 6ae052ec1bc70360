//! What the till's screen and the command line show of the node's state.

use holdfast_schemas::{
    identity::{DocumentId, PriceListVersion},
    time::{BusinessDate, Timestamp},
    value::{Currency, Money},
};
use serde::Serialize;

use crate::store::TillIdentity;

/// The node's state at one moment, after a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeView {
    /// Which till, of which store.
    pub till: TillIdentity,
    /// The session that is open, if one is.
    pub session: Option<SessionSummary>,
    /// What this till wrote and the server does not have durably yet.
    pub pending: Pending,
    /// How many misfits are in this file, for people to settle.
    pub misfits: u64,
    /// How many changes came that could not be taken.
    pub quarantined: u64,
    /// The version of the reference data.
    pub reference: PriceListVersion,
}

/// An open session, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionSummary {
    /// The session's document.
    pub document: DocumentId,
    /// The trading day that it fixed.
    pub business_date: BusinessDate,
    /// The currency of its drawer.
    pub currency: Currency,
}

/// What the server does not have yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// How many changes.
    pub entries: u64,
    /// The money that they took, less what they gave back; one amount a currency.
    pub taken: Vec<Money>,
    /// When the oldest of them was written; its age is what the screen shows.
    pub oldest: Option<Timestamp>,
}
