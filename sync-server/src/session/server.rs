//! The tills' server as a whole: endpoint, accept loop, tasks, and its end.

use std::{collections::BTreeSet, io, net::SocketAddr, sync::Arc, time::Duration};

use holdfast_schemas::{
    identity::{NodeNumber, PriceListVersion},
    sync::server::ServerIdentity,
    wire::{ALPN, Dialect, enrol::ENROL_ALPN},
};
use quinn::{
    AsyncUdpSocket, Endpoint, EndpointConfig, Runtime, ServerConfig,
    crypto::rustls::QuicServerConfig,
};
use rustls::time_provider::TimeProvider;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time,
};

use super::{
    connection::{self, CLOSE_SHUTDOWN},
    contacts::Contacts,
    live::LiveTable,
    outside::{self, Bells},
    transport,
    writer::{Worker, WriterPlace},
};
use crate::{
    clock::Clock,
    ingest::{FeedBells, Ingest},
    metrics::Metrics,
    pki::{Authority, PkiError, ServerCertificate, ServerSigner, sync_tls},
    random,
    react::Reactor,
    store::{CursorName, EntryNumber, Store, StoreError},
};

/// From this many waiting handshakes on, newcomers must first prove their address.
const INCOMING_RETRY_FROM: usize = 32;
/// From this many on they are not answered at all; they try again.
const INCOMING_IGNORE_FROM: usize = 512;
/// How long sessions have to acknowledge what they are storing when the server ends.
const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(5);

/// What a server is made of.
pub struct SyncServerParts {
    /// What it keeps.
    pub store: Arc<dyn Store>,
    /// What signs tills' certificates.
    pub authority: Arc<Authority>,
    /// What it shows to tills.
    pub certificate: ServerCertificate,
    /// What signs the heads of its own logs.
    pub signer: Arc<ServerSigner>,
    /// Its clocks.
    pub clock: Arc<dyn Clock>,
    /// The time by which certificates are checked.
    pub tls_time: Arc<dyn TimeProvider>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
    /// Where what comes in is committed, and what follows from it made.
    pub writer: WriterPlace,
    /// What the program speaks.
    pub dialect: Dialect,
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store.
    #[error("the store can't be read")]
    Store(#[from] StoreError),
    /// Certificates.
    #[error("TLS can't be set up")]
    Pki(#[from] PkiError),
    /// The TLS settings are not fit for QUIC.
    #[error("TLS is not fit for QUIC")]
    Quic(#[from] quinn::crypto::rustls::NoInitialCipherSuite),
    /// The address, or a thread, could not be had.
    #[error("the address can't be listened on")]
    Listen(#[from] io::Error),
}

/// What every session shares.
pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) authority: Arc<Authority>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) identity: ServerIdentity,
    pub(super) signer: Arc<ServerSigner>,
    pub(super) ingest: Ingest,
    pub(super) live: LiveTable,
    /// Places of enrolments.
    pub(super) enrolling: Semaphore,
    pub(super) metrics: Arc<Metrics>,
    pub(super) contacts: Arc<Contacts>,
    pub(super) feeds: Arc<FeedBells>,
    pub(super) signals: Signals,
}

/// The ends at which sessions hear what happened elsewhere.
#[derive(Clone)]
pub(super) struct Signals {
    pub(super) stop: watch::Receiver<bool>,
    pub(super) revoked: watch::Receiver<Arc<BTreeSet<NodeNumber>>>,
    pub(super) projected: watch::Receiver<EntryNumber>,
    pub(super) reference: watch::Receiver<PriceListVersion>,
}

/// A running server. Dropping it ends it at once; [`SyncServer::shutdown`] ends it in order.
pub struct SyncServer {
    address: SocketAddr,
    endpoint: Endpoint,
    stop: watch::Sender<bool>,
    accepting: JoinSet<()>,
    background: JoinSet<()>,
    writer: Worker,
    /// Projection and reactions, behind the log.
    follower: Worker,
    live: LiveTable,
    committed: watch::Receiver<EntryNumber>,
    contacts: Arc<Contacts>,
    store: Arc<dyn Store>,
}

impl SyncServer {
    /// Starts on a socket of the operating system's.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(parts: SyncServerParts, listen: SocketAddr) -> Result<Self, StartError> {
        let socket = std::net::UdpSocket::bind(listen)?;
        transport::enlarge_buffers(&socket);
        let runtime: Arc<dyn Runtime> = Arc::new(quinn::TokioRuntime);
        let socket = runtime.wrap_udp_socket(socket)?;
        Self::start_on(parts, socket, runtime)
    }

    /// Starts on any socket and runtime: a simulation brings its own.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start_on(
        parts: SyncServerParts,
        socket: Arc<dyn AsyncUdpSocket>,
        runtime: Arc<dyn Runtime>,
    ) -> Result<Self, StartError> {
        let SyncServerParts {
            store,
            authority,
            certificate,
            signer,
            clock,
            tls_time,
            metrics,
            writer,
            dialect,
        } = parts;
        let (config, server) =
            quic_settings(&authority, &certificate, tls_time, Arc::clone(&clock))?;
        let endpoint = Endpoint::new_with_abstract_socket(config, Some(server), socket, runtime)?;
        let address = endpoint.local_addr()?;

        let known = store.identity()?;
        let identity = ServerIdentity {
            tenant: known.tenant,
            epoch: known.epoch,
            dialect,
        };
        let (stop, stopped) = watch::channel(false);
        let bells = Arc::new(Bells {
            committed: watch::Sender::new(store.log_end()?),
            feeds: Arc::default(),
            projected: watch::Sender::new(store.cursor(CursorName::Project)?),
            reference: watch::Sender::new(store.reference_version()?),
            revoked: watch::Sender::new(Arc::new(outside::revoked(&*store)?)),
        });
        let (ingest, task) = Ingest::new(
            Arc::clone(&store),
            bells.committed.clone(),
            bells.projected.subscribe(),
            Arc::clone(&bells.feeds),
        );
        let place = writer;
        let writer = Worker::start("ingest", task.run(), place)?;
        let live = LiveTable::new(Arc::clone(&metrics));
        let committed = bells.committed.subscribe();

        let reactor = Reactor::new(random::bytes(), Arc::clone(&signer), &*store)?;
        let follow = outside::follow(
            Arc::clone(&store),
            reactor,
            Arc::clone(&clock),
            Arc::clone(&bells),
            stopped.clone(),
        );
        let follower = Worker::start("project", follow, place)?;
        let mut background = JoinSet::new();
        let contacts = Arc::new(Contacts::default());
        background.spawn(outside::look(
            Arc::clone(&store),
            Arc::clone(&bells),
            Arc::clone(&contacts),
            stopped.clone(),
        ));
        let signals = Signals {
            stop: stopped,
            revoked: bells.revoked.subscribe(),
            projected: bells.projected.subscribe(),
            reference: bells.reference.subscribe(),
        };
        let kept = Arc::clone(&store);
        let shared = Arc::new(Shared {
            store,
            authority,
            clock,
            identity,
            signer,
            ingest,
            live: live.clone(),
            enrolling: Semaphore::new(connection::ENROLMENTS_MAX),
            metrics,
            contacts: Arc::clone(&contacts),
            feeds: Arc::clone(&bells.feeds),
            signals,
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(endpoint.clone(), shared));
        Ok(Self {
            address,
            endpoint,
            stop,
            accepting,
            background,
            writer,
            follower,
            live,
            committed,
            contacts,
            store: kept,
        })
    }

    /// Where tills connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many tills are connected.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.live.count()
    }

    /// Hears of every commit, by its last entry.
    #[must_use]
    pub fn committed(&self) -> watch::Receiver<EntryNumber> {
        self.committed.clone()
    }

    /// Ends in order: takes no more connections, lets sessions acknowledge what they are storing, then waits until the
    /// writer is done. Takes a few seconds at the most.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        let ended = async {
            while self.accepting.join_next().await.is_some() {}
            while self.background.join_next().await.is_some() {}
        };
        if time::timeout(SHUTDOWN_TIME_MAX, ended).await.is_err() {
            tracing::warn!("some sessions did not end in time");
        }
        self.endpoint.close(CLOSE_SHUTDOWN, b"");
        // Aborted sessions let go of the writer's queue; what is in it is stored before the writer ends.
        self.accepting.shutdown().await;
        self.background.shutdown().await;
        self.writer.ended().await;
        self.follower.ended().await;
        if let Err(error) = self.contacts.write_down(&*self.store) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the last contacts can't be written down"
            );
        }
    }
}

/// QUIC as the tills' door speaks it: the settings of its endpoint, and of every connection.
///
/// # Errors
/// [`StartError::Pki`] and [`StartError::Quic`].
pub fn quic_settings(
    authority: &Authority,
    certificate: &ServerCertificate,
    tls_time: Arc<dyn TimeProvider>,
    clock: Arc<dyn Clock>,
) -> Result<(EndpointConfig, ServerConfig), StartError> {
    let tls = sync_tls(authority, certificate, &[ALPN, ENROL_ALPN], tls_time)?;
    let quic = Arc::new(QuicServerConfig::try_from(tls)?);
    let endpoint = transport::endpoint_config(certificate.key.secret_pkcs8_der());
    Ok((endpoint, transport::server_config(quic, clock)))
}

async fn accept(endpoint: Endpoint, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    let mut stop = shared.signals.stop.clone();
    loop {
        let incoming = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = sessions.join_next() => continue,
            incoming = endpoint.accept() => incoming,
        };
        let Some(incoming) = incoming else { break };
        let waiting = endpoint
            .open_connections()
            .saturating_sub(shared.live.count());
        if waiting > INCOMING_IGNORE_FROM {
            incoming.ignore();
        } else if waiting > INCOMING_RETRY_FROM && !incoming.remote_address_validated() {
            // It can only fail where the address is validated already.
            drop(incoming.retry());
        } else {
            sessions.spawn(connection::serve(incoming, Arc::clone(&shared)));
        }
    }
    while sessions.join_next().await.is_some() {}
}
