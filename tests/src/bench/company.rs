//! A company on a real file: enrolled tills with keys and certificates, and its server on loopback.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use holdfast_node::{enrol::TillSigner, net::tls};
use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    wire::{
        ALPN, Dialect, ServerEpoch,
        enrol::{Der, Enrolled},
    },
};
use holdfast_server::{
    clock::{Clock, SystemClock},
    metrics::Metrics,
    pki::{Authority, CertificateSerial, PkiFolder, TillRequest, TillSubject},
    random,
    session::{SyncServer, SyncServerParts, WriterPlace},
    store::{
        EnrolmentCode, EnrolmentRequest, Registry, SecretHash, StoreRecord, sqlite::SqliteStore,
    },
};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use rustls::time_provider::DefaultTimeProvider;

use super::orders::{Book, tenant};

/// The file's name within a server's data folder, where `holdfast-server` looks for it.
const STORE_FILE: &str = "holdfast-server.sqlite";

/// A folder in memory, where there is one: what is only prepared need not be durable.
const MEMORY_FOLDER: &str = "/dev/shm";

/// One enrolled till: who it is, and how it proves it.
pub(super) struct Member {
    pub(super) enrolled: Enrolled,
    pub(super) key: KeyPair,
    pub(super) signer: TillSigner,
}

impl Member {
    pub(super) fn node(&self) -> NodeNumber {
        self.enrolled.node
    }

    /// How it connects.
    pub(super) fn client_config(&self) -> quinn::ClientConfig {
        let time = Arc::new(DefaultTimeProvider);
        tls::enrolled(&self.enrolled, &self.key, ALPN, time).expect("a certificate")
    }

    /// A log of this till's, with its session open.
    pub(super) fn book(&self) -> Book {
        let mut tail = [0; 12];
        tail[..4].copy_from_slice(&self.node().get().to_be_bytes());
        Book::open(self.node(), self.enrolled.store.clone(), tail)
    }
}

/// A server's data folder, and the tills that are enrolled in it.
pub(super) struct Company {
    data_dir: PathBuf,
    pub(super) members: Vec<Arc<Member>>,
}

impl Company {
    /// Founds a company in this folder, which is made: so many stores with so many tills in each.
    pub(super) fn found(data_dir: &Path, stores: usize, tills_a_store: usize) -> Self {
        fs::create_dir(data_dir).expect("a new folder");
        let now = SystemClock::default().now();
        let authority = PkiFolder::of(data_dir)
            .create(tenant(), now, serial())
            .expect("an authority");
        let prepared = prepared_folder();
        let file = prepared.path().join(STORE_FILE);
        let epoch = ServerEpoch::from_bytes(random::bytes());
        let store = SqliteStore::create(&file, &tenant(), epoch).expect("a new file");
        let mut members = Vec::with_capacity(stores * tills_a_store);
        for number in 0..stores {
            let id = StoreId::new(format!("store-{number}")).expect("a store's code");
            let record = StoreRecord {
                store: id.clone(),
                added_at: now,
            };
            store.add_store(&record).expect("kept");
            for _ in 0..tills_a_store {
                members.push(Arc::new(enrol(&store, &authority, &id)));
            }
        }
        // The last connection that is closed empties the write-ahead log, so that one file is all there is to copy.
        drop(store);
        fs::copy(&file, data_dir.join(STORE_FILE)).expect("copied");
        Self {
            data_dir: data_dir.to_owned(),
            members,
        }
    }

    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Opens the file.
    pub(super) fn open_store(&self) -> Arc<SqliteStore> {
        Arc::new(SqliteStore::open(&self.data_dir.join(STORE_FILE)).expect("a store"))
    }

    /// Starts the server within this process, on the runtime that is there.
    pub(super) fn serve(&self, store: Arc<SqliteStore>) -> SyncServer {
        let clock = SystemClock::default();
        let pki = PkiFolder::of(&self.data_dir);
        let authority = pki.authority(tenant()).expect("an authority");
        let certificate = pki
            .server_certificate(&authority, &[], clock.now(), serial())
            .expect("a certificate");
        let signer = pki.log_signer(tenant()).expect("a key");
        let parts = SyncServerParts {
            store,
            signer: Arc::new(signer),
            authority: Arc::new(authority),
            certificate,
            clock: Arc::new(clock),
            tls_time: Arc::new(DefaultTimeProvider),
            metrics: Arc::new(Metrics::default()),
            writer: WriterPlace::OwnThread,
            dialect: Dialect::OURS,
        };
        SyncServer::start(parts, loopback()).expect("started")
    }
}

pub(super) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(super) fn serial() -> CertificateSerial {
    CertificateSerial(random::bytes())
}

fn prepared_folder() -> tempfile::TempDir {
    tempfile::tempdir_in(MEMORY_FOLDER)
        .or_else(|_| tempfile::tempdir())
        .expect("a folder")
}

/// Enrols one till as the server's two doors would: the code's, and the certificate's.
fn enrol(store: &SqliteStore, authority: &Authority, id: &StoreId) -> Member {
    let now = SystemClock::default().now();
    let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let request = CertificateParams::default()
        .serialize_request(&key)
        .expect("a request");
    let request = TillRequest::parse(request.der()).expect("a request");
    let secret = SecretHash(random::bytes());
    let code = EnrolmentCode {
        secret,
        store: id.clone(),
        created_at: now,
        expires_at: now.plus_milliseconds(60_000),
    };
    store.add_enrolment_code(&code).expect("kept");
    let asked = EnrolmentRequest {
        secret,
        public_key: request.public_key(),
        at: now,
    };
    let node = store.enrol(&asked).expect("kept").expect("let in").node;
    let subject = TillSubject {
        store: id.clone(),
        node,
    };
    let issued = authority
        .issue_till(&request, &subject, now, serial())
        .expect("issued");
    let der = |bytes: &[u8]| Der::new(bytes.to_vec()).expect("a short certificate");
    Member {
        enrolled: Enrolled {
            tenant: tenant(),
            store: id.clone(),
            node,
            certificates: vec![der(&issued), der(authority.certificate())],
        },
        signer: TillSigner::new(&key).expect("a signer"),
        key,
    }
}
