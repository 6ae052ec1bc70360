//! What the server keeps, as use cases: each method of these traits is one transaction.
//!
//! Two implementations pass one conformance suite: a model in memory and embedded SQLite. Nothing here names an
//! engine, so that PostgreSQL can be the third. Methods block; whoever calls them
//! decides on which thread (a simulator calls them inline, the server from threads of its own), and no method waits
//! for anything but the disk.
//!
//! | trait | what |
//! |---|---|
//! | [`LogStore`] | S1 and S3's log: entries, heads, feeds, scopes, quarantine |
//! | [`ReadModel`] | S2: rows made from the log, and headquarters' queries over them |
//! | [`Registry`] | stores, nodes, enrolment codes, API keys |
//! | [`ReferenceStore`] | versioned reference data |
//! | [`RightsStore`] | who may resume, refund, hand over |
//! | [`Upkeep`] | epoch, integrity check, backup |

mod feed_page;
mod log;
pub mod memory;
mod read_model;
mod reference;
mod registry;
mod rights;
pub mod sqlite;
mod upkeep;

use std::error::Error;

pub use log::{
    CursorName, Decided, DocumentScope, EntryNumber, EntryVerdict, FeedLimits, FrameOutcome,
    FramePrepared, GroupTaken, LogStore, OwnEntry, PreparedEntry, QuarantineNumber,
    QuarantineReason, Quarantined, RecognisedChange, SignOwnHead, StoredEntry, Stretch,
    TouchedDocument,
};
pub use read_model::{
    AsOf, DocumentRows, MisfitCursor, MisfitRow, MovementRow, OrderFilter, OrderKey, OrderRow,
    Page, PageLimit, ProjectionBatch, ReadModel, ReturnRow, RowText, SessionFilter, SessionRow,
    StockCursor, StockLevel, StockThousandths, StoreDateFilter, SummaryRow, TradingDay,
    TradingDayFilter, TradingDayRows, ViewJson,
};
pub use reference::{ReferenceDelta, ReferenceKey, ReferenceRecord, ReferenceStore};
pub use registry::{
    ApiKeyId, ApiKeyRecord, Contact, EnrolRefusal, Enrolled, EnrolmentCode, EnrolmentRequest,
    FreezeReason, KeyScopes, NodeRecord, PublicKey, Registry, SecretHash, StoreRecord,
};
pub use rights::{RightRow, RightsStore, TakeOutcome};
pub use upkeep::{CheckFinding, ServerIdentity, Upkeep};

/// Why the store could not do what it was asked to. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine or the disk failed.
    #[error("the database could not {attempted}")]
    Database {
        /// What was tried.
        attempted: &'static str,
        /// What the engine said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A stored value is not one that this version writes.
    #[error("a stored {what} can't be read")]
    Stored {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file was written by a later version, and is left as it is.
    #[error("the file has version {found}; this program knows up to {known}")]
    NewerFile {
        /// The file's version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The file is not this tenant's, or no store of this program at all.
    #[error("the file belongs to {found}, not to {wanted}")]
    OtherTenant {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// Another process has the file open, and it is to be opened alone.
    #[error("another command is reading or writing it; try again once it has ended")]
    InUse,
    /// A cursor was moved by somebody else since it was read.
    #[error("the {cursor} cursor was moved meanwhile")]
    CursorMoved {
        /// Which cursor.
        cursor: &'static str,
    },
    /// A store of the company that was never added.
    #[error("store {0} is not known")]
    UnknownStore(holdfast_schemas::identity::StoreId),
    /// A node that was never enrolled.
    #[error("node {0} is not known")]
    UnknownNode(holdfast_schemas::identity::NodeNumber),
    /// A document of which no entry has come in.
    #[error("document {0} is not known")]
    UnknownDocument(holdfast_schemas::identity::DocumentId),
}

/// All that the server keeps.
pub trait Store:
    LogStore + ReadModel + Registry + ReferenceStore + RightsStore + Upkeep + Send + Sync
{
}

impl<T> Store for T where
    T: LogStore + ReadModel + Registry + ReferenceStore + RightsStore + Upkeep + Send + Sync
{
}
