//! The yardstick of everything that goes over the line: quinn with the server's own TLS and transport settings, and
//! nothing of ours behind it.

use std::{net::SocketAddr, path::Path, sync::Arc};

use holdfast_schemas::wire::enrol::SERVER_NAME;
use holdfast_server::{clock::Clock, clock::SystemClock, pki::PkiFolder, session::quic_settings};
use quinn::{Connection, Endpoint, RecvStream, SendStream, TokioRuntime};
use rustls::time_provider::DefaultTimeProvider;
use tokio::task::JoinSet;

use super::{
    company::{Member, loopback, serial},
    orders::tenant,
    yardstick::{BATCH_ROWS, BareFile},
};

/// The length before each row on the stream.
const LENGTH_BYTES: usize = 4;
/// How long the hello and the answer are that a bare connection exchanges; ours are of about this length.
const GREETING_BYTES: usize = 512;

/// An endpoint with the settings of a company's server.
pub(super) fn endpoint(data_dir: &Path) -> Endpoint {
    let clock = Arc::new(SystemClock::default());
    let now = clock.now();
    let pki = PkiFolder::of(data_dir);
    let authority = pki.authority(tenant()).expect("an authority");
    let certificate = pki
        .server_certificate(&authority, &[], now, serial())
        .expect("a certificate");
    let time = Arc::new(DefaultTimeProvider);
    let settings = quic_settings(&authority, &certificate, time, clock);
    let (config, server) = settings.expect("settings");
    let socket = std::net::UdpSocket::bind(loopback()).expect("a socket");
    Endpoint::new(config, Some(server), socket, Arc::new(TokioRuntime)).expect("an endpoint")
}

/// Connects as a till does.
pub(super) async fn connect(
    endpoint: &Endpoint,
    server: SocketAddr,
    member: &Member,
) -> Result<Connection, quinn::ConnectionError> {
    endpoint
        .connect_with(member.client_config(), server, SERVER_NAME)
        .expect("an address")
        .await
}

/// One stream, one message each way.
pub(super) async fn greet(connection: &Connection) -> (SendStream, RecvStream) {
    let (mut send, mut receive) = connection.open_bi().await.expect("a stream");
    send.write_all(&[1; GREETING_BYTES]).await.expect("sent");
    let mut answer = [0; GREETING_BYTES];
    receive.read_exact(&mut answer).await.expect("answered");
    (send, receive)
}

/// Answers every connection's greeting, and then waits for its end.
pub(super) async fn serve_greetings(endpoint: &Endpoint) {
    let mut connections = JoinSet::new();
    while let Some(incoming) = endpoint.accept().await {
        connections.spawn(async move {
            let Ok(connection) = incoming.await else {
                return;
            };
            let Ok((mut send, mut receive)) = connection.accept_bi().await else {
                return;
            };
            let mut greeting = [0; GREETING_BYTES];
            if receive.read_exact(&mut greeting).await.is_ok() {
                drop(send.write_all(&greeting).await);
            }
            connection.closed().await;
        });
    }
}

/// Takes rows from one stream into a bare file, a batch a commit, and says when all are durable.
pub(super) async fn copy_to_file(endpoint: &Endpoint, file: &mut BareFile) {
    let incoming = endpoint.accept().await.expect("a connection");
    let connection = incoming.await.expect("let in");
    let (mut send, mut receive) = connection.accept_bi().await.expect("a stream");
    let mut rows: Vec<Vec<u8>> = Vec::with_capacity(BATCH_ROWS);
    loop {
        let mut length = [0; LENGTH_BYTES];
        let more = receive.read_exact(&mut length).await.is_ok();
        if more {
            let length = usize::try_from(u32::from_be_bytes(length)).expect("a short row");
            let mut row = vec![0; length];
            receive.read_exact(&mut row).await.expect("a whole row");
            rows.push(row);
        }
        if rows.len() == BATCH_ROWS || !more {
            file.insert(rows.iter().map(Vec::as_slice));
            rows.clear();
        }
        if !more {
            break;
        }
    }
    send.write_all(&[1]).await.expect("said");
    connection.closed().await;
}

/// Sends rows over one stream, until the other end says that they are durable.
pub(super) async fn send_rows(connection: &Connection, rows: &[Box<[u8]>]) {
    let (mut send, mut receive) = connection.open_bi().await.expect("a stream");
    for row in rows {
        let length = u32::try_from(row.len()).expect("a short row");
        send.write_all(&length.to_be_bytes()).await.expect("sent");
        send.write_all(row).await.expect("sent");
    }
    send.finish().expect("open");
    let mut durable = [0];
    receive.read_exact(&mut durable).await.expect("durable");
    connection.close(0_u32.into(), b"");
}
