//! QUIC's settings of a till's connection, each with its reason.

use std::{sync::Arc, time::Duration};

use quinn::{IdleTimeout, TransportConfig, VarInt};

/// What may be on its way to the till: a few frames of the feed. The default has no limit.
const RECEIVE_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// There is one stream, and half of the window is enough to keep a line of 40 Mbit/s at 100 ms busy.
const STREAM_RECEIVE_WINDOW_BYTES: u32 = 512 * 1024;
/// What the till may have on its way unacknowledged: a few pushed frames.
const SEND_WINDOW_BYTES: u64 = 2 * 1024 * 1024;
/// After this silence the line is taken for dead, and the till tries anew. Shorter than the patience of a person who
/// looks at the till's sign.
const IDLE_TIME_MAX_MS: u32 = 30_000;
/// Routers forget a UDP mapping after 30 s and more (RFC 4787, section 4.3, asks for at least 120): a third of that.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// The settings for every connection that a till opens.
pub(super) fn transport() -> Arc<TransportConfig> {
    let mut transport = TransportConfig::default();
    transport
        .receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES))
        .stream_receive_window(VarInt::from_u32(STREAM_RECEIVE_WINDOW_BYTES))
        .send_window(SEND_WINDOW_BYTES)
        // The till opens the one stream; the server opens none.
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_TIME_MAX_MS))))
        .keep_alive_interval(Some(KEEP_ALIVE_INTERVAL));
    Arc::new(transport)
}
