//! The limits of the protocol, each with its unit. Whoever goes over one is refused before anything is allocated.

/// The most bytes of one frame, counted after its length field: message type and payload.
pub const FRAME_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The most bytes of a control message's JSON payload.
pub const CONTROL_BYTES_MAX: usize = 128 * 1024;

/// The most bytes that one compressed block may have once it is unpacked.
pub const BLOCK_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most bytes of one change in a block. One entry always fits into one frame.
pub const ENTRY_BYTES_MAX: usize = 1024 * 1024;

/// The most changes in one push frame, feed page or repair page.
pub const FRAME_CHANGES_MAX: usize = 256;

/// How many bytes of changes, unpacked, a reader of a log or feed stops after. It may go over by its last entry.
pub const PAGE_BYTES_TARGET: usize = 1024 * 1024;

/// How many push frames a till sends without an answer.
pub const PUSH_FRAMES_IN_FLIGHT_MAX: usize = 4;

/// The most own logs that a hello lists.
pub const HELLO_LOGS_MAX: usize = 64;

/// The most optional abilities that a hello or welcome lists.
pub const CAPABILITIES_MAX: usize = 32;

/// The most heads in one offer of logs, and so the most wants in its answer.
pub const OFFER_LOGS_MAX: usize = 256;

/// Of how many logs a server remembers for a connection that its till holds them: those of the hello and of an offer.
/// What is beyond comes back to a till that has it, which does no harm.
pub const HELD_LOGS_MAX: usize = HELLO_LOGS_MAX + OFFER_LOGS_MAX;

/// The most signed heads that come with one feed page.
pub const PAGE_HEADS_MAX: usize = FRAME_CHANGES_MAX;

/// The most change hashes in one answer about a bucket.
pub const HASHES_MAX: usize = 4096;

/// The most changes that are asked for by hash at once.
pub const REPAIR_CHANGES_MAX: usize = FRAME_CHANGES_MAX;

/// The most changes in the answer to a look-up: an order and its returns.
pub const FOUND_CHANGES_MAX: usize = 4096;

/// The most records in one page of reference data.
pub const REFERENCE_RECORDS_MAX: usize = 1024;

/// The most bytes of one record of reference data.
pub const REFERENCE_RECORD_BYTES_MAX: usize = 64 * 1024;

/// The most questions that wait for an answer, in each direction.
pub const ASKS_MAX: usize = 32;

/// The most rights that one till holds, those that it gave up and the server does not know of included: its hello lists
/// them all.
pub const RIGHTS_HELD_MAX: usize = 256;

/// The most bytes of a certificate or signing request.
pub const DER_BYTES_MAX: usize = 8 * 1024;

/// How many feed entries of the till's own a server passes over in silence before it sends an empty page, so that
/// the till's cursor moves on.
pub const FEED_SILENCE_MAX: u64 = 4096;

/// How long a till waits for the welcome, the server for the hello, in milliseconds.
pub const HANDSHAKE_TIMEOUT_MS: i64 = 10_000;

/// After how many milliseconds without a word from the server a till says something.
pub const KEEP_ALIVE_MS: i64 = 15_000;

/// After how many milliseconds without a word the other side counts as gone. A line that is cut is noticed sooner, by
/// QUIC; this is for a program at the other end that hangs while its machine still answers.
pub const IDLE_TIMEOUT_MS: i64 = 45_000;

/// How long a question waits for its answer, in milliseconds. A cashier with a queue stands behind each: over any line
/// that still works an answer takes well under a second, and after three it is better to say "not reachable".
pub const ASK_TIMEOUT_MS: i64 = 3_000;

/// The shortest wait before a till connects again, in milliseconds.
pub const RETRY_MS_MIN: i64 = 500;

/// The longest wait before a till connects again, in milliseconds.
pub const RETRY_MS_MAX: i64 = 60_000;

/// How long a till waits after a refusal that time alone does not mend, in milliseconds.
pub const REFUSED_RETRY_MS: i64 = 10 * 60_000;

/// How often a till compares digests with the server, in milliseconds. The first time is drawn within it.
pub const REPAIR_INTERVAL_MS: i64 = 6 * 60 * 60_000;
