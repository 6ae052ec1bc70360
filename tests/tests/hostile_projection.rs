//! What a till that was taken over can write within the rules of the log: every operation that the schema allows, in any
//! order and with any value. Headquarters must go on reading, and the store's other tills must go on selling.

use std::{path::Path, sync::Arc};

use holdfast_node::{
    engine::Engine,
    enrol::TillSigner,
    random::SeededRandom,
    store::{self as node_store, StorePlace, TillIdentity},
};
use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{DocumentId, LogId, LogPosition, NodeNumber, StoreId, TenantId},
    log::{LogEntry, LogHead, SignedHead, chain},
    operation::{DocumentKind, Operation},
    time::Timestamp,
    wire::{FeedPage, FeedPosition, Push, ServerEpoch},
};
use holdfast_server::{
    ingest::prepare,
    pki::ServerSigner,
    project,
    react::Reactor,
    store::{
        EnrolmentCode, EnrolmentRequest, FrameOutcome, PublicKey, SecretHash, Store, StoreRecord,
        Upkeep, sqlite::SqliteStore,
    },
};
use holdfast_tests::hostile::{OperationGenerator, Random};
use rcgen::{KeyPair, PKCS_ED25519};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::Value;

/// How many documents the till writes, and how many operations each of them has at the most.
const DOCUMENTS: u64 = 300;
const OPERATIONS_MAX: usize = 16;
const NOW: Timestamp = Timestamp::from_milliseconds(1_767_603_600_000);

fn tenant() -> TenantId {
    TenantId::new("example").expect("a tenant")
}

fn north() -> StoreId {
    StoreId::new("north").expect("a store")
}

/// One till, with its key and what it wrote.
struct Till {
    signer: TillSigner,
    public_key: PublicKey,
    node: NodeNumber,
    head: LogHead,
}

impl Till {
    fn enrol(server: &dyn Store) -> Self {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let public_key = PublicKey(key.public_key_raw().try_into().expect("32 bytes"));
        let (store, secret) = (north(), SecretHash([1; 32]));
        let record = StoreRecord {
            store: store.clone(),
            added_at: NOW,
        };
        server.add_store(&record).expect("kept");
        let code = EnrolmentCode {
            secret,
            store,
            created_at: NOW,
            expires_at: NOW.plus_milliseconds(1),
        };
        server.add_enrolment_code(&code).expect("kept");
        let request = EnrolmentRequest {
            secret,
            public_key,
            at: NOW,
        };
        let node = server.enrol(&request).expect("kept").expect("let in").node;
        Self {
            signer: TillSigner::new(&key).expect("a signer"),
            public_key,
            node,
            head: LogHead::start(LogId::new(node, [1; 12])),
        }
    }

    /// Writes operations as one change, and brings it.
    fn bring(
        &mut self,
        server: &dyn Store,
        document: &mut Document,
        operations: &[Operation],
    ) -> LogEntry {
        let appended = document
            .append(self.head.log, operations)
            .expect("our writer writes it");
        let position = self.head.position.next().expect("in range");
        let after = std::mem::replace(&mut self.head.position, position);
        let hash = appended.change.hash();
        self.head.chain = chain(self.head.chain, position, document.id(), hash);
        document.insert(appended.change);
        let entry = LogEntry {
            log: self.head.log,
            position,
            document: document.id(),
            change: appended.bytes.into(),
        };
        let push = Push {
            after,
            entries: vec![entry.clone()],
            head: SignedHead::sign(self.head, &tenant(), &self.signer),
        };
        let frame = prepare(push, self.node, &[self.public_key], &tenant(), NOW);
        let outcome = server.ingest(&[frame]).expect("kept").remove(0);
        let taken = FrameOutcome::Durable {
            position,
            added: 1,
            quarantined: 0,
        };
        assert_eq!(outcome, taken);
        entry
    }
}

/// Another till of the store, which pulls what the first one wrote.
fn neighbour(folder: &Path) -> Engine {
    let place = StorePlace::on_disk(folder.join("till.db"));
    let mut store = node_store::Store::open(&place, NOW)
        .expect("a new file")
        .store;
    let identity = TillIdentity {
        tenant: tenant(),
        store: north(),
        node: NodeNumber::new(77).expect("in range"),
    };
    store.claim(&identity).expect("a file of nobody's");
    Engine::new(store, &mut SeededRandom::new(1)).expect("an engine")
}

/// A page of the feed with one entry.
fn page(number: u64, entry: LogEntry) -> FeedPage {
    FeedPage {
        after: FeedPosition::new(number - 1),
        through: FeedPosition::new(number),
        end: FeedPosition::new(number),
        entries: vec![entry],
        heads: Vec::new(),
    }
}

/// The same operation, said of the till's own store: another's would go to quarantine.
fn of_north(operation: &Operation) -> Operation {
    fn mend(json: &mut Value) {
        match json {
            Value::Object(object) => {
                for (name, value) in object {
                    if name == "store" && value.is_string() {
                        *value = "north".into();
                    } else {
                        mend(value);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(mend),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut json = serde_json::to_value(operation).expect("JSON");
    mend(&mut json);
    serde_json::from_value(json).expect("an operation still")
}

#[test]
fn whatever_a_till_may_write_headquarters_and_its_neighbours_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.db");
    let epoch = ServerEpoch::from_bytes([1; 16]);
    let store = Arc::new(SqliteStore::create(&file, &tenant(), epoch).expect("a new file"));
    let server: &dyn Store = &*store;
    let mut till = Till::enrol(server);
    let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let signer = ServerSigner::new(tenant(), &key).expect("an Ed25519 key");
    let mut reactor = Reactor::new([1; 12], Arc::new(signer), server).expect("a reactor");
    let (generator, mut random) = (OperationGenerator::new(), Random::new(1));
    let mut neighbour = neighbour(folder.path());
    let (mut written, mut pulled) = (Vec::new(), 0);
    for number in 0..DOCUMENTS {
        let kind = *random.pick(&DocumentKind::ALL);
        let at = Timestamp::from_milliseconds(
            NOW.milliseconds() + i64::try_from(number).expect("small"),
        );
        let mut document = Document::new(DocumentId::new(at, till.node, number));
        for _ in 0..=random.below(2) {
            let count = 1 + random.below(OPERATIONS_MAX);
            let operations: Vec<_> = (0..count)
                .map(|_| of_north(&generator.operation(kind, &mut random)))
                .collect();
            let entry = till.bring(server, &mut document, &operations);
            pulled += 1;
            let applied = neighbour.apply_feed_page(&page(pulled, entry), NOW);
            assert!(applied.is_ok(), "a neighbour applies it: {applied:?}");
        }
        written.push(document.id());
        loop {
            let projected = project::step(server).expect("it is projected");
            let reacted = reactor.step(server, NOW).expect("it is reacted to");
            if !projected.moved && !reacted.moved {
                break;
            }
        }
    }
    assert!(till.head.position > LogPosition::new(DOCUMENTS).expect("in range"));
    for id in written {
        let rows = server.document_rows(id).expect("read");
        assert!(rows.is_some(), "{id} can be read");
        for entry in server.document_entries(id, None).expect("read") {
            assert!(recognise(&entry.bytes).is_ok(), "{id} is as it was written");
        }
    }
    assert_eq!(store.check().expect("checked"), vec![]);
}
