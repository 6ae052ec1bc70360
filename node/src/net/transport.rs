//! QUIC's settings of a till's connection, each with its reason.

use std::{sync::Arc, time::Duration};

use quinn::{IdleTimeout, TransportConfig, VarInt};

/// What may be on its way to the till: a few frames of the feed. The default has no limit.
const RECEIVE_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// There is one stream, and half of the window is enough to keep a line of 40 Mbit/s at 100 ms busy.
const STREAM_RECEIVE_WINDOW_BYTES: u32 = 512 * 1024;
/// What the till may have on its way unacknowledged: a few pushed frames.
const SEND_WINDOW_BYTES: u64 = 2 * 1024 * 1024;
/// After this silence the line is taken for dead, and the till tries anew: while it is not noticed, every question of a
/// cashier waits for its time-out. Three keep-alives have gone unanswered by then, so that one lost packet, or two, cut
/// nothing. The server names a longer time, and QUIC takes the shorter of both for both ends.
const IDLE_TIME_MAX_MS: u32 = 10_000;
/// How long the line may be silent before the till sends a keep-alive. Also far below the 30 s after which the hastiest
/// routers forget a UDP mapping (RFC 4787, section 4.3, asks for at least 120). Some 30 bytes each way: 2 MB a day.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(3);

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
