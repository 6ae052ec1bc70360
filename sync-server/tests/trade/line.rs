//! The whole server over real QUIC on loopback, with real certificates.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use holdfast_schemas::{
    identity::{LogPosition, NodeNumber, PriceListVersion},
    wire::{
        ALPN, Capabilities, Dialect, FeedPage, FeedPosition, FrameDecoder, Hello, Message,
        ProtocolRange, PullFeed, Push, PushAck, PushOutcome, Refuse, Welcome, encode,
        enrol::SERVER_NAME,
    },
};
use holdfast_server::{
    clock::{Clock, SystemClock},
    metrics::Metrics,
    pki::{Authority, CertificateSerial, TillRequest, TillSubject},
    random,
    session::{CLOSE_ACCESS, SyncServer, SyncServerParts, WriterPlace},
    store::{PageLimit, QuarantineNumber, Store, sqlite::SqliteStore},
};
use quinn::{Connection, ConnectionError, Endpoint, RecvStream, SendStream, TransportConfig};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use rustls::time_provider::DefaultTimeProvider;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::shop::{Company, OPENED, Till, database, key_der, position, signer, store_id, tenant};

/// Whatever takes longer on loopback does not come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(crate) fn serial() -> CertificateSerial {
    CertificateSerial(random::bytes())
}

/// A running server, and what signs its certificates.
pub(crate) struct Server {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) authority: Arc<Authority>,
    metrics: Arc<Metrics>,
    pub(crate) sync: SyncServer,
}

/// What a client shows.
pub(crate) struct Shown {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Server {
    pub(crate) fn start(store: Arc<dyn Store>) -> Self {
        let now = SystemClock::default().now();
        let (authority, _) = Authority::create(tenant(), now, serial()).expect("made");
        Self::start_with(store, Arc::new(authority))
    }

    pub(crate) fn start_with(store: Arc<dyn Store>, authority: Arc<Authority>) -> Self {
        let clock = SystemClock::default();
        let certificate = authority
            .issue_server(&[], clock.now(), serial())
            .expect("made");
        let metrics = Arc::new(Metrics::default());
        let parts = SyncServerParts {
            store: Arc::clone(&store),
            authority: Arc::clone(&authority),
            certificate,
            signer: Arc::new(signer()),
            clock: Arc::new(clock),
            tls_time: Arc::new(DefaultTimeProvider),
            metrics: Arc::clone(&metrics),
            writer: WriterPlace::OwnThread,
            dialect: Dialect::OURS,
        };
        let sync = SyncServer::start(parts, loopback()).expect("started");
        Self {
            store,
            authority,
            metrics,
            sync,
        }
    }

    /// A certificate as enrolment would give it.
    pub(crate) fn certificate(&self, node: NodeNumber, store: &str, key: &KeyPair) -> Shown {
        let request = CertificateParams::default()
            .serialize_request(key)
            .expect("a request");
        let request = TillRequest::parse(request.der()).expect("a request");
        let subject = TillSubject {
            store: store_id(store),
            node,
        };
        let now = SystemClock::default().now();
        let certificate = self
            .authority
            .issue_till(&request, &subject, now, serial())
            .expect("issued");
        Shown {
            chain: vec![certificate],
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        }
    }

    async fn connect(&self, shown: Option<Shown>) -> Result<Line, ConnectionError> {
        self.connect_as(ALPN, shown, TransportConfig::default())
            .await
    }

    /// Connects for one protocol, with any settings of QUIC's.
    pub(crate) async fn connect_as(
        &self,
        protocol: &[u8],
        shown: Option<Shown>,
        transport: TransportConfig,
    ) -> Result<Line, ConnectionError> {
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(self.authority.certificate().clone())
            .expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_root_certificates(roots);
        let mut tls = match shown {
            Some(Shown { chain, key }) => {
                builder.with_client_auth_cert(chain, key).expect("a pair")
            }
            None => builder.with_no_client_auth(),
        };
        tls.alpn_protocols = vec![protocol.to_vec()];
        let quic = quinn::crypto::rustls::QuicClientConfig::try_from(tls).expect("QUIC");
        let endpoint = Endpoint::client(loopback()).expect("bound");
        let mut config = quinn::ClientConfig::new(Arc::new(quic));
        config.transport_config(Arc::new(transport));
        let connection = endpoint
            .connect_with(config, self.sync.address(), SERVER_NAME)
            .expect("a configuration")
            .await?;
        let (send, receive) = connection.open_bi().await?;
        Ok(Line {
            connection,
            send,
            receive,
            decoder: FrameDecoder::new(),
            _endpoint: endpoint,
        })
    }

    /// A till's line, after its hello.
    pub(crate) async fn online(&self, till: &Till) -> (Line, Welcome) {
        let store = till.store.as_str();
        let shown = self.certificate(till.node, store, &key_pair(till));
        let mut line = self.connect(Some(shown)).await.expect("let in");
        line.send(hello(till)).await;
        let Message::Welcome(welcome) = line.next().await else {
            panic!("no welcome");
        };
        (line, *welcome)
    }

    /// Why a client is not let in, as far as TLS lets it see.
    pub(crate) async fn shut_out(&self, shown: Option<Shown>) -> ConnectionError {
        match self.connect(shown).await {
            Err(error) => error,
            Ok(line) => tokio::time::timeout(PATIENCE, line.connection.closed())
                .await
                .expect("the server closes it"),
        }
    }
}

pub(crate) fn key_pair(till: &Till) -> KeyPair {
    KeyPair::from_pkcs8_der_and_sign_algo(&key_der(till), &PKCS_ED25519).expect("a key")
}

pub(crate) fn hello(till: &Till) -> Box<Hello> {
    Box::new(Hello {
        tenant: tenant(),
        store: till.store.clone(),
        node: till.node,
        epoch: None,
        versions: ProtocolRange::OURS,
        capabilities: Capabilities::default(),
        logs: vec![till.head],
        feed: FeedPosition::START,
        reference: PriceListVersion::default(),
        rights: Vec::new(),
    })
}

/// A client's end of the one stream.
pub(crate) struct Line {
    pub(crate) connection: Connection,
    pub(crate) send: SendStream,
    receive: RecvStream,
    decoder: FrameDecoder,
    _endpoint: Endpoint,
}

impl Line {
    pub(crate) async fn send(&mut self, message: impl Into<Message>) {
        let frame = encode(&message.into()).expect("within limits");
        self.send.write_all(&frame).await.expect("sent");
    }

    pub(crate) async fn next(&mut self) -> Message {
        tokio::time::timeout(PATIENCE, self.try_next())
            .await
            .expect("an answer in time")
            .expect("the stream goes on")
    }

    /// The next message; none where the stream ended.
    async fn try_next(&mut self) -> Option<Message> {
        let mut buffer = vec![0; FrameDecoder::READ_BYTES_MAX];
        loop {
            if let Some(message) = self.decoder.pop().expect("a message") {
                return Some(message);
            }
            let bytes = self.receive.read(&mut buffer).await.ok()??;
            self.decoder.push(&buffer[..bytes]).expect("a frame");
        }
    }

    pub(crate) async fn push(&mut self, push: Push) -> PushAck {
        self.send(push).await;
        self.acknowledged().await
    }

    pub(crate) async fn acknowledged(&mut self) -> PushAck {
        let message = self.next().await;
        let Message::PushAck(ack) = message else {
            panic!("{}", message.name());
        };
        ack
    }

    async fn pull(&mut self, after: FeedPosition) -> FeedPage {
        self.send(PullFeed { after }).await;
        let message = self.next().await;
        let Message::FeedPage(page) = message else {
            panic!("{}", message.name());
        };
        page
    }

    /// Everything up to the end of a feed.
    async fn pull_to(&mut self, end: FeedPosition) -> Vec<(LogPosition, NodeNumber)> {
        let (mut after, mut entries) = (FeedPosition::START, Vec::new());
        while after < end {
            let page = self.pull(after).await;
            entries.extend(
                page.entries
                    .iter()
                    .map(|entry| (entry.position, entry.log.node())),
            );
            after = page.through;
        }
        entries
    }
}

pub(crate) fn is_access(closed: &ConnectionError) -> bool {
    matches!(closed, ConnectionError::ApplicationClosed(closed) if closed.error_code == CLOSE_ACCESS)
}

pub(crate) fn stored(durable: u64, quarantined: u32) -> PushOutcome {
    PushOutcome::Stored {
        durable: position(durable),
        quarantined,
    }
}

/// A server on a file, and its company.
pub(crate) fn opened(folder: &tempfile::TempDir) -> (Arc<SqliteStore>, Company) {
    let store = Arc::new(database(folder));
    let company = Company::found(&*store);
    (store, company)
}

#[tokio::test]
async fn what_one_till_pushes_its_neighbour_pulls_and_another_store_does_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, mut company) = opened(&folder);
    let server = Server::start(store);
    for _ in 0..3 {
        company.sell(0, "TEA", 1, None);
    }
    let [first, second, south] = &company.tills[..] else {
        panic!("three tills");
    };
    let (mut line, welcome) = server.online(first).await;
    assert_eq!(welcome.logs[0].position, position(0));
    assert_eq!(line.push(first.push(0, 3)).await.outcome, stored(3, 0));
    assert_eq!(
        line.push(first.push(0, 3)).await.outcome,
        stored(3, 0),
        "again"
    );
    assert_eq!(line.push(first.push(2, 4)).await.outcome, stored(4, 0));

    let (mut neighbour, welcome) = server.online(second).await;
    assert_eq!(welcome.feed_end, FeedPosition::new(4));
    let page = neighbour.pull(FeedPosition::START).await;
    assert_eq!(page.entries, first.entries);
    assert_eq!(
        page.heads.last().map(|signed| signed.head),
        Some(first.head)
    );
    // The author is known to hold them all: nothing travels but that it is complete.
    let after = FeedPosition::START;
    line.send(PullFeed { after }).await;
    assert!(matches!(line.next().await, Message::Pong(pong) if pong.complete));
    let (_, welcome) = server.online(south).await;
    assert_eq!(welcome.feed_end, FeedPosition::START);
    server.sync.shutdown().await;
}

#[tokio::test]
async fn frames_in_flight_are_answered_in_their_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, mut company) = opened(&folder);
    let server = Server::start(store);
    for till in [0, 0, 1] {
        company.sell(till, "TEA", 1, None);
    }
    let (first, second) = (&company.tills[0], &company.tills[1]);
    let (mut line, _) = server.online(first).await;
    // Its own, a gap in its neighbour's, its neighbour's whole, and its own again.
    for push in [
        first.push(0, 2),
        second.push(1, 2),
        second.push(0, 2),
        first.push(0, 3),
    ] {
        line.send(push).await;
    }
    let rewind = PushOutcome::Rewind {
        durable: position(0),
    };
    let expected = [
        (first.head.log, stored(2, 0)),
        (second.head.log, rewind),
        (second.head.log, stored(2, 0)),
        (first.head.log, stored(3, 0)),
    ];
    for (log, outcome) in expected {
        assert_eq!(line.acknowledged().await, PushAck { log, outcome });
    }
    server.sync.shutdown().await;
}

#[tokio::test]
async fn who_shows_the_wrong_certificate_is_shut_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Server::start(store);
    let till = &company.tills[0];
    let other_key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let nobody = NodeNumber::new(99).expect("in range");
    let ours = [
        ("no certificate", None),
        (
            "a node that nobody enrolled",
            Some(server.certificate(nobody, "north", &other_key)),
        ),
        (
            "another key",
            Some(server.certificate(till.node, "north", &other_key)),
        ),
        (
            "another store",
            Some(server.certificate(till.node, "south", &key_pair(till))),
        ),
    ];
    for (what, shown) in ours {
        let refused = server.shut_out(shown).await;
        assert!(is_access(&refused), "{what}: {refused}");
    }

    // TLS itself refuses what the tills' authority did not sign for a client.
    let now = SystemClock::default().now();
    let certificate = server
        .authority
        .issue_server(&[], now, serial())
        .expect("made");
    let server_s_own = Shown {
        chain: vec![certificate.certificate],
        key: certificate.key.into(),
    };
    let (other, _) = Authority::create(tenant(), now, serial()).expect("made");
    let stranger = Server {
        authority: Arc::new(other),
        ..Server::start(Arc::clone(&server.store))
    };
    let forged = stranger.certificate(till.node, "north", &key_pair(till));
    for shown in [server_s_own, forged] {
        let refused = server.shut_out(Some(shown)).await;
        assert!(
            matches!(refused, ConnectionError::ConnectionClosed(_)),
            "{refused}"
        );
    }
    assert_eq!(server.sync.sessions(), 0);
    stranger.sync.shutdown().await;
    server.sync.shutdown().await;
}

#[tokio::test]
async fn a_hello_that_names_another_till_than_the_certificate_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Server::start(store);
    let till = &company.tills[0];
    let shown = server.certificate(till.node, "north", &key_pair(till));
    let mut line = server.connect(Some(shown)).await.expect("let in");
    line.send(hello(&company.tills[1])).await;
    assert_eq!(line.next().await, Message::Refuse(Refuse::Node));
    server.sync.shutdown().await;
}

#[tokio::test]
async fn a_till_that_is_revoked_while_it_is_connected_is_cut_off_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Server::start(store);
    let till = &company.tills[0];
    let (mut line, _) = server.online(till).await;
    let (_neighbour, _) = server.online(&company.tills[1]).await;
    server.store.revoke_node(till.node, OPENED).expect("kept");
    assert_eq!(line.next().await, Message::Refuse(Refuse::Revoked));
    tokio::time::timeout(PATIENCE, line.connection.closed())
        .await
        .expect("the server closes it");
    let again = server.certificate(till.node, "north", &key_pair(till));
    let refused = server.shut_out(Some(again)).await;
    assert!(is_access(&refused), "{refused}");
    assert_eq!(server.sync.sessions(), 1, "the neighbour's goes on");
    server.sync.shutdown().await;
}

#[tokio::test]
async fn what_goes_to_quarantine_does_not_stop_the_till() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, mut company) = opened(&folder);
    let server = Server::start(store);
    company.sell(0, "TEA", 1, None);
    let id = company.new_document(0);
    company.till(0).log(id, vec![9; 40].into());
    company.sell(0, "MUG", 1, None);
    let till = &company.tills[0];
    let (mut line, _) = server.online(till).await;
    assert_eq!(line.push(till.push(0, 3)).await.outcome, stored(3, 1));
    assert_eq!(line.push(till.push(3, 4)).await.outcome, stored(4, 0));
    let aside = server
        .store
        .quarantined(QuarantineNumber::START, PageLimit::MAX)
        .expect("a page");
    assert_eq!((aside.len(), aside[0].position), (1, position(3)));
    let text = server.metrics.text(&holdfast_server::metrics::Figures {
        as_of: server.store.as_of().expect("read"),
        reacted: holdfast_server::store::EntryNumber::START,
        nodes: &[],
    });
    for line in [
        "holdfast_sessions_connected 1",
        "holdfast_entries_ingested_total 4",
        "holdfast_entries_quarantined_total 1",
    ] {
        assert!(
            text.lines().any(|written| written == line),
            "{line} in {text}"
        );
    }
    server.sync.shutdown().await;
}

#[tokio::test]
async fn bytes_that_are_no_message_end_that_session_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, company) = opened(&folder);
    let server = Server::start(store);
    let (mut neighbour, _) = server.online(&company.tills[1]).await;
    let (mut line, _) = server.online(&company.tills[0]).await;
    line.send.write_all(&[0xff; 64]).await.expect("sent");
    tokio::time::timeout(PATIENCE, line.connection.closed())
        .await
        .expect("the server closes it");
    neighbour.send(holdfast_schemas::wire::Ping {}).await;
    assert!(matches!(neighbour.next().await, Message::Pong(_)));
    server.sync.shutdown().await;
}

#[tokio::test]
async fn a_server_that_starts_again_has_all_that_it_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, mut company) = opened(&folder);
    let server = Server::start(store);
    company.sell(0, "TEA", 1, None);
    let (mut line, _) = server.online(&company.tills[0]).await;
    let outcome = line.push(company.tills[0].push(0, 2)).await.outcome;
    assert_eq!(outcome, stored(2, 0));
    let authority = Arc::clone(&server.authority);
    server.sync.shutdown().await;

    let store = SqliteStore::open(&folder.path().join("server.db")).expect("the same file");
    let server = Server::start_with(Arc::new(store), authority);
    company.sell(0, "TEA", 1, None);
    let till = &company.tills[0];
    let (mut line, welcome) = server.online(till).await;
    assert_eq!(welcome.logs[0].position, position(2));
    assert_eq!(line.push(till.push(2, 3)).await.outcome, stored(3, 0));
    let (mut neighbour, welcome) = server.online(&company.tills[1]).await;
    let pulled = neighbour.pull_to(welcome.feed_end).await;
    let expected = (1..=3).map(|number| (position(number), till.node));
    assert_eq!(pulled, expected.collect::<Vec<_>>());
    server.sync.shutdown().await;
}
