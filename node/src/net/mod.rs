//! The network's side of a till: one QUIC endpoint, mutual TLS, and the driver of the sync machine.

mod driver;
mod line;
mod place;
mod storage;
mod sync_handle;
pub mod tls;
mod transport;

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use holdfast_schemas::wire::enrol::SERVER_NAME;
use quinn::{ClientConfig, Connection, Endpoint};

pub use driver::SyncTask;
pub use place::{SteadyClock, SyncPlace};
pub use sync_handle::SyncHandle;

use crate::settings::ServerAddress;

/// How long a name look-up and a handshake may take together: on loopback it takes 1 ms, over a satellite 2 s.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// No UDP socket can be opened.
    #[error("no UDP socket can be opened")]
    Socket(#[source] io::Error),
    /// The server's name can't be looked up.
    #[error("the server's name can't be looked up")]
    Name(#[source] io::Error),
    /// The server's name has no address.
    #[error("the server's name has no address")]
    NoAddress,
    /// No connection can be begun: the endpoint is closed, or the address is not allowed.
    #[error("no connection can be begun")]
    Begin(#[source] quinn::ConnectError),
    /// The server did not answer in time.
    #[error("the server did not answer within {} s", CONNECT_TIME_MAX.as_secs())]
    TimeOut,
    /// The server proved to be another than the one that is trusted.
    #[error("the server is not the one that this till trusts")]
    NotTrusted(#[source] quinn::ConnectionError),
    /// The connection was refused or lost before it stood.
    #[error("the connection was not accepted")]
    NotAccepted(#[source] quinn::ConnectionError),
    /// The connection was lost.
    #[error("the connection broke")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The certificates or the key can't be used for TLS.
    #[error("the certificates can't be used")]
    Tls(#[source] rustls::Error),
}

impl NetError {
    /// A connection that came to no good: TLS alerts are told apart from all the rest.
    fn of_connection(error: quinn::ConnectionError) -> Self {
        match &error {
            quinn::ConnectionError::TransportError(transport)
                if u64::from(transport.code) & !TLS_ALERT_MASK == TLS_ALERT =>
            {
                Self::NotTrusted(error)
            }
            quinn::ConnectionError::TimedOut => Self::TimeOut,
            quinn::ConnectionError::TransportError(_)
            | quinn::ConnectionError::VersionMismatch
            | quinn::ConnectionError::ConnectionClosed(_)
            | quinn::ConnectionError::ApplicationClosed(_)
            | quinn::ConnectionError::Reset
            | quinn::ConnectionError::LocallyClosed
            | quinn::ConnectionError::CidsExhausted => Self::NotAccepted(error),
        }
    }
}

/// QUIC's error codes for TLS alerts: 0x100 and the alert's number (RFC 9000, section 20.1).
const TLS_ALERT: u64 = 0x100;
const TLS_ALERT_MASK: u64 = 0xff;

/// Opens the till's UDP socket, for IPv6 and IPv4 where the machine has both.
///
/// # Errors
/// [`NetError::Socket`].
pub fn endpoint() -> Result<Endpoint, NetError> {
    let both = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let old = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    Endpoint::client(both)
        .or_else(|_| Endpoint::client(old))
        .map_err(NetError::Socket)
}

/// Connects to the server, which must bear the name [`SERVER_NAME`] whatever its address.
///
/// # Errors
/// [`NetError`].
pub(crate) async fn connect(
    endpoint: &Endpoint,
    server: &ServerAddress,
    config: ClientConfig,
) -> Result<Connection, NetError> {
    let connecting = async {
        let address = tokio::net::lookup_host((server.host(), server.port()))
            .await
            .map_err(NetError::Name)?
            .next()
            .ok_or(NetError::NoAddress)?;
        endpoint
            .connect_with(config, address, SERVER_NAME)
            .map_err(NetError::Begin)?
            .await
            .map_err(NetError::of_connection)
    };
    tokio::time::timeout(CONNECT_TIME_MAX, connecting)
        .await
        .unwrap_or(Err(NetError::TimeOut))
}
