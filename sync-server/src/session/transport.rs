//! QUIC's settings of the tills' door, each with its reason.

use std::{
    net::UdpSocket,
    sync::Arc,
    time::{Duration, SystemTime},
};

use quinn::{
    EndpointConfig, IdleTimeout, ServerConfig, TimeSource, TransportConfig, VarInt,
    crypto::rustls::QuicServerConfig,
};
use quinn_proto::HashedConnectionIdGenerator;
use ring::hmac;
use socket2::SockRef;

use crate::clock::Clock;

/// What may be on its way from one till: a few pushed frames. The default has no limit.
const RECEIVE_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// There is one stream, and half of the window is enough to keep a line of 40 Mbit/s at 100 ms busy.
const STREAM_RECEIVE_WINDOW_BYTES: u32 = 512 * 1024;
/// What may be on its way to one till unacknowledged: a few pages of the feed.
const SEND_WINDOW_BYTES: u64 = 2 * 1024 * 1024;
/// A till opens one stream; a second one is open for a moment when it asks anew.
const STREAMS_MAX: u32 = 2;
/// After this silence a connection is dropped. A till names 10 s and QUIC takes the shorter of both; this one is for
/// a client that names none, and leaves a slow line its handshake.
const IDLE_TIME_MAX_MS: u32 = 15_000;
/// The most handshakes that wait, and what they may hold: certificate-less floods must not keep tills waiting.
const INCOMING_MAX: usize = 256;
const INCOMING_BUFFER_BYTES: u64 = 64 * 1024;
const INCOMING_BUFFERS_TOTAL_BYTES: u64 = 8 * 1024 * 1024;
/// A token that a Retry handed out is good for this long: a slow line's round trip and more.
const RETRY_TOKEN_LIFETIME: Duration = Duration::from_secs(15);

/// What the system may hold of datagrams that the server has not read, or not sent, yet: thousands of tills that come
/// back at once after a cut would else lose theirs and try again, seconds later. Linux gives as much of it as
/// `net.core.rmem_max` and `net.core.wmem_max` allow.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Asks for large buffers; the server works with what it gets.
pub(super) fn enlarge_buffers(socket: &UdpSocket) {
    let socket = SockRef::from(socket);
    let enlarged = socket
        .set_recv_buffer_size(SOCKET_BUFFER_BYTES)
        .and_then(|()| socket.set_send_buffer_size(SOCKET_BUFFER_BYTES));
    if let Err(error) = enlarged {
        tracing::warn!(%error, "the socket's buffers stay as they are");
    }
}

/// The settings of every connection that the server takes.
fn transport() -> Arc<TransportConfig> {
    let mut transport = TransportConfig::default();
    transport
        .receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES))
        .stream_receive_window(VarInt::from_u32(STREAM_RECEIVE_WINDOW_BYTES))
        .send_window(SEND_WINDOW_BYTES)
        .max_concurrent_bidi_streams(VarInt::from_u32(STREAMS_MAX))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_TIME_MAX_MS))));
    Arc::new(transport)
}

/// The time that a token carries and is checked by.
#[derive(Debug)]
struct TokenTime(Arc<dyn Clock>);

impl TimeSource for TokenTime {
    fn now(&self) -> SystemTime {
        let since = u64::try_from(self.0.now().milliseconds()).unwrap_or(0);
        let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(since));
        at.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// QUIC over a TLS configuration.
pub(super) fn server_config(tls: Arc<QuicServerConfig>, clock: Arc<dyn Clock>) -> ServerConfig {
    let mut config = ServerConfig::with_crypto(tls);
    config
        .time_source(Arc::new(TokenTime(clock)))
        .transport_config(transport())
        .max_incoming(INCOMING_MAX)
        .incoming_buffer_size(INCOMING_BUFFER_BYTES)
        .incoming_buffer_size_total(INCOMING_BUFFERS_TOTAL_BYTES)
        .retry_token_lifetime(RETRY_TOKEN_LIFETIME)
        // Tills change their address when their router restarts; they keep their connection.
        .migration(true);
    config
}

/// The endpoint's own settings: quinn's, but for what a restart must not change.
///
/// A server that was killed said good-bye to nobody. When a till goes on with a connection that the new process does not
/// know, the answer is a stateless reset (RFC 9000, section 10.3), which the till believes only if the process before it
/// announced the same token. So the secrets behind connection ids and tokens come from the server's own key, which
/// outlives the process; with quinn's random ones a till would wait half a minute in vain.
pub(super) fn endpoint_config(server_key: &[u8]) -> EndpointConfig {
    let server_key = hmac::Key::new(hmac::HMAC_SHA256, server_key);
    let reset_key = hmac::sign(&server_key, b"holdfast stateless reset 1");
    let reset_key = hmac::Key::new(hmac::HMAC_SHA256, reset_key.as_ref());
    let id_key = hmac::sign(&server_key, b"holdfast connection ids 1");
    let id_key = id_key
        .as_ref()
        .iter()
        .take(size_of::<u64>())
        .fold(0, |key, byte| key << 8 | u64::from(*byte));
    let mut config = EndpointConfig::new(Arc::new(reset_key));
    config.cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(id_key)));
    config
}
