//! Why bytes are no change of ours.

use super::{CHANGE_BYTES_MAX, COUNTER_MAX, DEPS_PER_CHANGE_MAX, OPERATIONS_PER_CHANGE_MAX};
use crate::{
    identity::{LogIdError, OperationId},
    operation::OperationError,
};

/// Why bytes are refused as a change. What is refused may go into quarantine, and never into a document.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRefusal {
    /// More than [`CHANGE_BYTES_MAX`].
    #[error("a change has {bytes} bytes; at most {CHANGE_BYTES_MAX} are allowed")]
    TooLong {
        /// How many there are.
        bytes: usize,
    },
    /// The bytes don't begin like an Automerge chunk.
    #[error("the bytes are no Automerge chunk")]
    Magic,
    /// Another type of chunk: a document, a compressed change, a bundle, or none that there is.
    #[error("a chunk of type {0} is no plain change")]
    ChunkType(u8),
    /// The bytes end too early, or a length points beyond the end.
    #[error("the change ends within its {0}")]
    Truncated(&'static str),
    /// Bytes after the end.
    #[error("there are bytes after the end of the {0}")]
    Trailing(&'static str),
    /// A number that is over 64 bits.
    #[error("the {0} is no number")]
    Number(&'static str),
    /// The checksum is not the start of the hash: the change is damaged.
    #[error("the checksum does not fit the bytes")]
    Checksum,
    /// The author is no log of ours.
    #[error("the author is no log")]
    Author(#[source] LogIdError),
    /// The author has another length than a log id.
    #[error("the author has {0} bytes; a log has 16")]
    AuthorLength(u64),
    /// More than [`DEPS_PER_CHANGE_MAX`] dependencies.
    #[error("the change depends on {0} changes; at most {DEPS_PER_CHANGE_MAX} are allowed")]
    TooManyDeps(u64),
    /// The dependencies are not ascending, each once.
    #[error("the dependencies are not in order")]
    DepsOrder,
    /// No operation, or more than [`OPERATIONS_PER_CHANGE_MAX`].
    #[error("the change has {0} operations; 1 to {OPERATIONS_PER_CHANGE_MAX} are allowed")]
    OperationCount(u64),
    /// The sequence number or a counter is 0 or over [`COUNTER_MAX`].
    #[error("the {0} is not within 1 to {COUNTER_MAX}")]
    CounterRange(&'static str),
    /// It begins a document, but not as its first change; or it goes on with none.
    #[error("only a change without dependencies begins a document, with counter and sequence 1")]
    Start,
    /// The values of `kind` and `schema` could be of no version.
    #[error("the document's kind or schema is malformed")]
    StartValues,
    /// Something that Automerge allows and our changes never have.
    #[error("the change has {0}")]
    Shape(&'static str),
    /// A text is not UTF-8.
    #[error("a {0} is not UTF-8")]
    Text(&'static str),
    /// A put under another key than its own operation id gives it.
    #[error("put {index} of the change is not under the key of its own operation id")]
    Key {
        /// Which put, from 0.
        index: usize,
    },
    /// An operation that no version could have written.
    #[error("operation {id} is refused")]
    Operation {
        /// Which one.
        id: OperationId,
        /// Why.
        #[source]
        source: OperationError,
    },
    /// The same change can be written in other bytes, and so would have two hashes.
    #[error("the change is not written in the one canonical way")]
    NotCanonical,
}

impl ChangeRefusal {
    /// A short stable name, for quarantine and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::Magic => "magic",
            Self::ChunkType(_) => "chunk_type",
            Self::Truncated(_) => "truncated",
            Self::Trailing(_) => "trailing",
            Self::Number(_) => "number",
            Self::Checksum => "checksum",
            Self::Author(_) | Self::AuthorLength(_) => "author",
            Self::TooManyDeps(_) => "too_many_deps",
            Self::DepsOrder => "deps_order",
            Self::OperationCount(_) => "operation_count",
            Self::CounterRange(_) => "counter_range",
            Self::Start | Self::StartValues => "start",
            Self::Shape(_) => "shape",
            Self::Text(_) => "text",
            Self::Key { .. } => "key",
            Self::Operation { .. } => "operation",
            Self::NotCanonical => "not_canonical",
        }
    }
}
