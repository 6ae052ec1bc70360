//! Why bytes are no message.

use super::super::limits::{BLOCK_BYTES_MAX, CONTROL_BYTES_MAX, FRAME_BYTES_MAX};

/// Why bytes are no message, or a message can't be bytes. After one of them the connection is closed: the two ends
/// no longer agree on where the next frame begins, or on what it means.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// A frame says to be longer than any frame is.
    #[error("a frame of {bytes} bytes; at most {FRAME_BYTES_MAX} are allowed")]
    FrameTooLong {
        /// How long it says to be.
        bytes: usize,
    },
    /// A frame without even a type.
    #[error("a frame without a message type")]
    EmptyFrame,
    /// A message that matters, and that this version does not know.
    #[error("message type {kind:#04x} is not known, and is not one to pass over")]
    UnknownKind {
        /// The type byte.
        kind: u8,
    },
    /// A control message that is longer than any is.
    #[error("a {message} of {bytes} bytes; at most {CONTROL_BYTES_MAX} are allowed")]
    ControlTooLong {
        /// The message.
        message: &'static str,
        /// How long it is.
        bytes: usize,
    },
    /// A control message that is not the JSON that it should be, or holds a value that is not allowed.
    #[error("a malformed {message}")]
    Json {
        /// The message.
        message: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A bulk message that is not laid out as it should be.
    #[error("a malformed {message}")]
    Bulk {
        /// The message.
        message: &'static str,
        /// What is wrong.
        source: BulkError,
    },
    /// More bytes were given than one frame and one read can be. A bug of the caller, who should have popped first.
    #[error("more bytes were given than a frame can have")]
    Overrun,
    /// The decoder failed before; nothing after that can be trusted.
    #[error("the stream was malformed before")]
    Broken,
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame, after {bytes} bytes of it")]
    Truncated {
        /// How many bytes of the frame there were.
        bytes: usize,
    },
}

/// What is wrong with a bulk message.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// It ends too early.
    #[error("it ends too early")]
    Truncated,
    /// Something follows its end.
    #[error("{bytes} bytes follow its end")]
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// Too many of something.
    #[error("{count} {what}; at most {count_max} are allowed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many are allowed.
        count_max: usize,
    },
    /// Something is too long.
    #[error("{bytes} bytes of {what}; at most {bytes_max} are allowed")]
    TooLong {
        /// What.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        bytes_max: usize,
    },
    /// A value that is not allowed.
    #[error("its {what} is not allowed")]
    Value {
        /// What.
        what: &'static str,
    },
    /// The compressed block can't be packed or unpacked, or is not as long as it says.
    #[error("its block can't be unpacked to the bytes that it says, at most {BLOCK_BYTES_MAX}")]
    Block,
}
